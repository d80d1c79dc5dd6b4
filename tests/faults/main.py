#!/usr/bin/env python3
"""The fault matrix: platform x run x request x fault, with its size (tests/faults/matrix.py).

main.py [--program FILE] [--workers N] [WORD...]     words choose: cloudflare fastly lambda-edge,
  a run (first change rollback unchanged status verify), a fault (lost, status, all-refuse, cut),
  a request's number
"""
import argparse
import concurrent.futures
import os
import shutil
import sys
import tempfile
import time

import matrix
import projects
import scene


def chosen(words, names):
    """Those of the names that begin with one of the words; all when no word is one of theirs."""
    picked = [name for name in names if any(name == word or name.startswith(word) for word in words)]
    return picked or list(names)


class Tally:
    """Rows of the table, and what failed."""

    def __init__(self):
        self.rows, self.passed, self.failed = [], 0, 0

    def show(self, scenario, outcomes, seconds):
        bad = [(trial, wrong) for trial, wrong in outcomes if wrong]
        for (kind, number), wrong in bad:
            method, path = scenario.requests[number - 1][:2]
            print(f"FAIL {scenario.platform} {scenario.name} {kind} {number}: {method} {path}")
            print("\n".join("  " + line for line in wrong))
        kinds = {kind for (kind, _), _ in outcomes}
        self.rows.append((scenario.platform, scenario.name, len(scenario.requests), len(kinds),
                          len(outcomes), len(bad), seconds))
        self.passed += len(outcomes) - len(bad)
        self.failed += len(bad)
        sys.stdout.flush()

    def table(self):
        print("\nplatform     run        requests  faults  trials  failed  seconds")
        for row in self.rows:
            print("%-12s %-10s %8d %7d %7d %7d %8.1f" % row)
        print("%-12s %-10s %8d %7s %7d %7d %8.1f" % (
            "all", "", sum(r[2] for r in self.rows), "", sum(r[4] for r in self.rows),
            sum(r[5] for r in self.rows), sum(r[6] for r in self.rows)))


def run_matrix(options, folder, tally, pool):
    numbers = [int(word) for word in options.words if word.isdigit()]
    names = chosen(options.words, matrix.SCENARIOS)
    kinds = chosen(options.words, matrix.FAULTS)
    for platform in chosen(options.words, projects.TARGETS):
        try:
            folders = projects.prepare(folder, options.program, platform)
        except (OSError, ValueError) as problem:
            print(f"FAIL {platform}: {problem}")
            tally.failed += 1
            continue
        for name in names:
            start = time.monotonic()
            try:
                scenario = matrix.Scenario(platform, name, folders, options.program, folder)
            except (OSError, ValueError) as problem:
                print(f"FAIL {problem}")
                tally.failed += 1
                continue
            trials = [(kind, number) for number in range(1, len(scenario.requests) + 1)
                      if not numbers or number in numbers for kind in kinds]
            outcomes = list(zip(trials, pool.map(lambda t, s=scenario: s.attempt(*t), trials)))
            tally.show(scenario, outcomes, time.monotonic() - start)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--program", default=os.path.join(scene.ROOT, "build", "edge-deploy"))
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("words", nargs="*")
    options = parser.parse_args()
    options.program = os.path.abspath(options.program)
    folder = os.path.realpath(tempfile.mkdtemp(prefix="edge-deploy-faults-"))
    tally = Tally()
    try:
        with concurrent.futures.ThreadPoolExecutor(options.workers) as pool:
            run_matrix(options, folder, tally, pool)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    tally.table()
    print(f"{tally.passed} passed, {tally.failed} failed")
    return 1 if tally.failed or not tally.passed else 0


if __name__ == "__main__":
    sys.exit(main())
