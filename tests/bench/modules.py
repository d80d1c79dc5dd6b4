#!/usr/bin/env python3
"""Our pass over modules against what others need to validate or load them, in one run, pinned to
one core: MB a second, and in brackets the ratio to V8's WebAssembly.validate.

modules.py [--rounds N] [WORD...]     only files whose path holds one of the words

Inside their processes, the file being in memory, are timed: ours (tests/bench/scan.c) and V8's.
The others are whole processes, which start and read the file too. What is measured is processor
time, of all threads, and the best of all rounds counts: what disturbs a run only makes it longer. Hashing and compression are left out. The files are
npm packages of pinned version and digest (files.json). What is not there is said and left out.
"""
import argparse
import json
import os
import pathlib
import resource
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
HERE = ROOT / "tests" / "bench"
sys.path.insert(0, str(ROOT / "tests" / "corpus"))
import corpus  # noqa: E402

SLOW_SECONDS = 4  # a command that needs longer is run once


def pin():
    """To the last core we may use; children inherit it."""
    if not hasattr(os, "sched_setaffinity"):
        return "not pinned: this system cannot"
    core = max(os.sched_getaffinity(0))
    os.sched_setaffinity(0, {core})
    return f"pinned to core {core}"


def node():
    """The newest that the tests install, pinned by digest; else the one on PATH."""
    program = ROOT / "build" / "engines" / "node_modules" / "node26" / "bin" / "node"
    subprocess.run(["sh", ROOT / "tests" / "clients" / "install.sh", "engines"], capture_output=True, check=False)
    return str(program) if program.exists() else shutil.which("node")


def wasm_tools():
    """Built once, in minutes; else the one on PATH."""
    program = ROOT / "build" / "wasm-tools" / "bin" / "wasm-tools"
    done = subprocess.run(["sh", ROOT / "tests" / "wasm-tools.sh"], capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return str(program)
    print(f"SKIPPED: {done.stdout.strip()}")
    return shutil.which("wasm-tools")


def version_of(command):
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return done.stdout.strip().split("\n")[0]


def inside(command):
    """Times that the process prints: {name: least nanoseconds}, or a refusal's text."""
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}: exit {done.returncode}\n{done.stderr}")
    times = {}
    for line in done.stdout.splitlines():
        name, least, *rest = line.rsplit(" ", 2) if "refused" not in line else (line, None)
        times[name] = float(least) / 1e9 if rest else name
    return times


def process(command):
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    seconds = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return seconds if done.returncode == 0 else "refused"


class Column:
    """A competitor: how it is called, and the best time so far."""

    def __init__(self, title, command, key=None):
        self.title, self.command, self.key = title, command, key
        self.best = None

    def run(self, path, turn):
        if turn and isinstance(self.best, float) and self.best > SLOW_SECONDS:
            return
        command = [part.replace("FILE", str(path)) for part in self.command]
        self.keep(inside(command).get(self.key, "refused") if self.key else process(command))

    def keep(self, result):
        if not isinstance(result, float):
            self.best = "refused"
        elif not isinstance(self.best, float) or result < self.best:
            self.best = result


def columns(runs):
    ours = [str(ROOT / "build" / "bench-scan"), str(runs), "FILE"]
    engine = node()
    found = [Column("scan", ours, "scan"), Column("scan and validation", ours, "validate")]
    if engine:
        found.append(Column(f"V8 {version_of([engine, '-p', 'process.versions.v8'])}",
                            [engine, str(HERE / "validate.mjs"), str(runs), "FILE"], "validate"))
    tools = wasm_tools()
    if tools:
        found.append(Column(f"wasm-tools {version_of([tools, '--version']).split(' ')[1]}",
                            [tools, "validate", "--features", "all", "FILE"]))
    if shutil.which("wasm-validate"):
        found.append(Column(f"wasm-validate {version_of(['wasm-validate', '--version'])}",
                            ["wasm-validate", "--enable-all", "FILE"]))
    if shutil.which("wasm-opt"):
        found.append(Column(version_of(["wasm-opt", "--version"]).replace("version ", ""),
                            ["wasm-opt", "--all-features", "--quiet", "FILE"]))
    return found


def cell(column, row, v8):
    if not isinstance(column.best, float):
        return column.best or "-"
    rate = row["bytes"] / 1e6 / column.best
    ratio = f" ({v8 / column.best:.2g})" if isinstance(v8, float) else ""
    return f"{rate:,.0f}{ratio}" if rate >= 10 else f"{rate:.1f}{ratio}"


def race(row, competitors, rounds):
    path = corpus.CACHE / f"{row['sha256']}.wasm"
    for column in competitors:
        column.best = None
    for turn in range(rounds):
        for column in competitors:
            column.run(path, turn)
    v8 = next((c.best for c in competitors if c.title.startswith("V8")), None)
    cells = [cell(column, row, v8) for column in competitors]
    name = pathlib.Path(row["path"]).name
    print(f"| {name} | {row['bytes'] / 1e6:.0f} | {' | '.join(cells)} |", flush=True)
    if not isinstance(v8, float):
        return []
    wanted = {"scan": 2.5, "scan and validation": 1}
    return [f"{name}: {column.title} is {v8 / column.best:.2f} times V8's speed, wanted {wanted[column.title]}"
            for column in competitors if column.title in wanted and isinstance(column.best, float)
            and v8 / column.best < wanted[column.title]]


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--runs", type=int, default=5, help="passes in a round, of ours and V8's")
    parser.add_argument("words", nargs="*")
    options = parser.parse_args()
    rows = json.loads((HERE / "files.json").read_text())
    rows = [r for r in rows if not options.words or any(w in r["path"] for w in options.words)]
    corpus.CACHE.mkdir(parents=True, exist_ok=True)
    reasons = corpus.fill_cache(rows)
    competitors = columns(options.runs)
    print(f"{pin()}; best of {options.rounds} rounds of {options.runs} passes; MB/s, in brackets the ratio to V8's")
    print(f"| file | MB | {' | '.join(c.title for c in competitors)} |")
    print(f"|---|{'---:|' * (len(competitors) + 1)}")
    missed = []
    for row in rows:
        if not (corpus.CACHE / f"{row['sha256']}.wasm").exists():
            reason = reasons.get((row["package"], row["version"])) or "other bytes"
            print(f"SKIPPED: {row['package']}@{row['version']}/{row['path']}: {reason}")
            continue
        missed += race(row, competitors, options.rounds)
    for line in missed:
        print(f"MISSED {line}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
