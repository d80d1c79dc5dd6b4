#!/usr/bin/env python3
"""How much memory inspect and check take beside what the program takes anyway: the file, a tenth of
it, and 4 MiB. Generated modules, real ones where the corpus has been fetched (build/corpus).

memory.py [--program PATH]     Prints `N passed, N failed, N skipped`."""
import argparse
import json
import os
import pathlib
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
MIB = 1 << 20


def leb(number):
    out = bytearray()
    while number >= 0x80:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes(out) + bytes([number])


def section(kind, body):
    return bytes([kind]) + leb(len(body)) + body


def mostly_data():
    data = bytes(range(256)) * (64 * MIB // 256)
    return b"\0asm\1\0\0\0\5\4\1\0\x80\x08" + section(11, b"\1\0\x41\0\x0b" + leb(len(data)) + data)


def mostly_code():
    """60,000 functions, all exported by long names, with a name section that has them once more."""
    count = 60000
    body = b"\1\4\x7f" + b"\x20\0\x41\x2a\x6a\x21\1\x02\x40\x20\1\x45\x0d\0\x0b" * 30 + b"\x0b"
    names = [b"_ZN5crate6module8function%040d" % i for i in range(count)]
    bodies = leb(len(body)) + body
    exports = b"".join(leb(len(name)) + name + b"\0" + leb(i) for i, name in enumerate(names))
    listed = b"".join(leb(i) + leb(len(name)) + name for i, name in enumerate(names))
    listed = leb(count) + listed
    return (b"\0asm\1\0\0\0\1\5\1\x60\1\x7f\0" + section(3, leb(count) + b"\0" * count)
            + section(7, leb(count) + exports) + section(10, leb(count) + bodies * count)
            + section(0, b"\4name\1" + leb(len(listed)) + listed))


def peak(arguments):
    """Of one process, in bytes; its children are not counted."""
    with open(os.devnull, "r+b") as null:
        child = os.posix_spawn(arguments[0], arguments, os.environ, file_actions=[
            (os.POSIX_SPAWN_DUP2, null.fileno(), fd) for fd in (0, 1, 2)])
    _, status, usage = os.wait4(child, 0)
    code = os.waitstatus_to_exitcode(status)
    scale = 1 if sys.platform == "darwin" else 1024
    return usage.ru_maxrss * scale if code in (0, 3) else f"exit {code}"


def inputs(folder):
    """The modules are made in a process of their own: a child's peak is never below its parent's."""
    subprocess.run([sys.executable, __file__, "--make", str(folder)], check=True)
    for path in sorted(folder.glob("*.wasm")):
        yield path.stem, path
    for row in json.loads((ROOT / "tests" / "bench" / "files.json").read_text()):
        yield row["path"], ROOT / "build" / "corpus" / f"{row['sha256']}.wasm"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", default=str(ROOT / "build" / "edge-deploy"))
    parser.add_argument("--make", metavar="FOLDER", type=pathlib.Path, help="make the modules and end")
    options = parser.parse_args()
    if options.make:
        for make in (mostly_data, mostly_code):
            (options.make / f"{make.__name__}.wasm").write_bytes(make())
        return 0
    program = os.path.abspath(options.program)
    passed = failed = skipped = 0
    base = peak([program, "--version"])
    with tempfile.TemporaryDirectory() as name:
        for title, path in inputs(pathlib.Path(name)):
            if not path.exists():
                print(f"SKIPPED: {title}: not in build/corpus: 'make bench BENCH=modules' fetches it")
                skipped += 1
                continue
            size = path.stat().st_size
            allowed = size + size // 10 + 4 * MIB
            for words in (["inspect"], ["check", "--platform", "lambda-edge"]):
                taken = peak([program, *words, str(path)])
                fine = isinstance(taken, int) and taken - base <= allowed
                passed, failed = passed + fine, failed + (not fine)
                more = f"{(taken - base - size) / MIB:.1f} MiB more than the file" if isinstance(taken, int) else taken
                print(f"{'ok' if fine else 'failed:'} {words[0]} {title}: {more},"
                      f" {(allowed - size) / MIB:.1f} allowed")
    print(f"memory: {passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
