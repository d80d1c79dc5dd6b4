#!/usr/bin/env python3
"""What `check` of a module of about 2 MB costs with every report at once, and what each report adds:
the least of some runs, in milliseconds. A bench: times of a busy machine prove nothing. The goal is
150 ms for all.

reports.py [--program PATH] [--module FILE]     Default: of build/corpus the one nearest to 2 MB."""
import argparse
import os
import pathlib
import resource
import subprocess
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
FORMATS = ("text", "json", "markdown", "sarif", "junit", "html", "github")
GOAL, RUNS, SIZE = 150, 9, 2 << 20


def nearest():
    modules = list((ROOT / "build" / "corpus").glob("*.wasm"))
    return min(modules, key=lambda path: abs(path.stat().st_size - SIZE), default=None)


def least(program, module, formats, folder):
    """Wall and processor time of the quickest run."""
    words = [word for form in formats for word in ("--report", f"{form}={folder}/{form}")]
    best = (float("inf"), float("inf"))
    for _ in range(RUNS):
        before, start = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
        subprocess.run([program, "check", str(module), *words], stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL, check=False)
        wall, after = time.monotonic() - start, resource.getrusage(resource.RUSAGE_CHILDREN)
        used = after.ru_utime - before.ru_utime + after.ru_stime - before.ru_stime
        best = min(best, (wall * 1000, used * 1000))
    return best


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", default=str(ROOT / "build" / "edge-deploy"))
    parser.add_argument("--module", type=pathlib.Path, default=nearest())
    options = parser.parse_args()
    if not options.module or abs(options.module.stat().st_size - SIZE) > SIZE // 4:
        print("SKIPPED: no module of about 2 MB in build/corpus: run make test SUITES=corpus")
        return 0
    program = os.path.abspath(options.program)
    with tempfile.TemporaryDirectory() as folder:
        wall, used = least(program, options.module, FORMATS, folder)
        print(f"check of {options.module.stat().st_size:,} bytes on all platforms, all reports: "
              f"{wall:.0f} ms ({used:.0f} ms of processor; goal {GOAL} ms)")
        bare, base = least(program, options.module, (), folder)
        print(f"  no report {bare:5.0f} ms ({base:.0f} ms of processor)")
        for form in FORMATS:
            wall, used = least(program, options.module, (form,), folder)
            size = os.path.getsize(os.path.join(folder, form))
            print(f"  {form:9} {used - base:+5.0f} ms of processor, {size:,} bytes")
    return 0


if __name__ == "__main__":
    sys.exit(main())
