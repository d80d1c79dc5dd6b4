#!/usr/bin/env python3
"""The cost of hostile modules grows as they do: processor time of inspect, which validates too, at
n, 2n and 4n, and the ratio of the last to the first: linear is 4, quadratic 16. A bench, since times
of a busy machine prove nothing; what proves it counts steps (tests/unit/test_wasm_validation.c).

linear.py [--program PATH]     Prints a line a kind of module."""
import argparse
import os
import pathlib
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests"))
from limits import VOID, function, leb, many, module, section  # noqa: E402

def chain(count):
    """Each type is a subtype of the one before."""
    types = [b"\x50\0\x5f\0"] + [b"\x50\1" + leb(i) + b"\x5f\0" for i in range(count)]
    return module(section(1, leb(count + 1) + b"".join(types)))


def locals_of(count):
    """Functions of many locals each, in few bytes."""
    body = b"\1" + leb(50000) + b"\x7f\x0b"
    return module(VOID, section(3, many(count, b"\0")), section(10, many(count, leb(len(body)) + body)))


def exports(count):
    """Long names that differ only at the end."""
    names = (b"a" * 200 + b"%08d" % i for i in range(count))
    body = leb(count) + b"".join(leb(len(name)) + name + b"\0\0" for name in names)
    return module(VOID, b"\3\2\1\0", section(7, body), b"\x0a\4\1\2\0\x0b")


# Name: what makes it of n, and n.
KINDS = {
    "nested blocks": (lambda n: function(b"\0" + b"\2\x40" * n + b"\x0b" * (n + 1)), 400000),
    "labels of a br_table": (lambda n: function(b"\0\x41\0\x0e" + many(n, b"\0") + b"\0\x0b"), 1500000),
    "many br_tables": (lambda n: function(b"\0" + (b"\2\x40\x41\0\x0e\x40" + b"\0" * 65 + b"\x0b") * n + b"\x0b"), 20000),
    "many locals": (locals_of, 40000),
    "a chain of types": (chain, 150000),
    "a group of types": (lambda n: module(section(1, b"\1\x4e" + many(n, b"\x60\0\0"))), 200000),
    "exports": (exports, 40000),
    "operands": (lambda n: function(b"\0" + b"\x41\0" * n + b"\x1a" * n + b"\x0b"), 500000),
    "unreachable code": (lambda n: function(b"\0\0" + b"\x6a\x45\x0c\0" * n + b"\x0b"), 300000),
    "a wide signature": (lambda n: module(section(1, b"\1\x60\0" + many(900, b"\x7f")), section(3, b"\1\0"),
                                          section(10, b"\1" + leb(2 + 2 * n + 1) + b"\0\0" + b"\x10\0" * n + b"\x0b")), 100000),
}


def seconds(program, path):
    """The least of three runs."""
    times = []
    for _ in range(3):
        with open(os.devnull, "r+b") as null:
            child = os.posix_spawn(program, [program, "inspect", str(path)], os.environ, file_actions=[
                (os.POSIX_SPAWN_DUP2, null.fileno(), fd) for fd in (0, 1, 2)])
        _, _, usage = os.wait4(child, 0)
        times.append(usage.ru_utime + usage.ru_stime)
    return min(times)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", default=str(ROOT / "build" / "edge-deploy"))
    program = os.path.abspath(parser.parse_args().program)
    with tempfile.TemporaryDirectory() as name:
        path = pathlib.Path(name) / "m.wasm"
        path.write_bytes(module())
        base = seconds(program, path)
        for kind, (make, count) in KINDS.items():
            times = []
            for factor in (1, 2, 4):
                path.write_bytes(make(count * factor))
                times.append(max(seconds(program, path) - base, 0.002))
            print(f"{kind:22} {' '.join(f'{t * 1000:5.0f}' for t in times)} ms at {count:,} times 1, 2, 4:"
                  f" {times[2] / times[0]:.1f}", flush=True)


if __name__ == "__main__":
    main()
