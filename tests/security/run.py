#!/usr/bin/env python3
"""What must hold whoever is on the other side: verification, proxies and redirects (tls.py), paths
(paths.py), servers that mean harm (hostile.py). What git does when a record is pushed is git's own.

run.py [WORD...]     only the tests whose name holds a WORD"""
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
import hostile  # noqa: E402
import paths  # noqa: E402
import tls  # noqa: E402
from trials import main  # noqa: E402

if __name__ == "__main__":
    main(tls.TESTS + paths.TESTS + hostile.TESTS)
