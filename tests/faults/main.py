#!/usr/bin/env python3
"""What may go wrong, generated, with its size:

  matrix   each request of each run fails in each way              (matrix.py)
  kill     a run is killed, interrupted, terminated at each request (kill.py)
  write    a run is killed at each write to a file, with strace     (kill.py)
  writers  two publishes at once, held at each request              (writers.py)

main.py [--program FILE] [--workers N] [WORD...]     words choose: a part; cloudflare fastly
  lambda-edge together; a run (first change rollback stage traffic promote return unchanged status
  verify); a fault (lost, status,
  all-refuse, cut, tls; KILL, INT, TERM; clone-same); a request's number
"""
import argparse
import concurrent.futures
import os
import shutil
import subprocess
import sys
import tempfile
import time

import kill
import matrix
import projects
import proxy
import scene
import writers

PARTS = ("matrix", "kill", "write", "writers")


def chosen(words, names):
    """Those of the names that begin with one of the words; all when no word is one of theirs."""
    exact = [name for name in names if name in words]
    picked = exact or [name for name in names if any(name.startswith(word) for word in words)]
    return picked or list(names)


class Tally:
    """Rows of the table, and what failed."""

    def __init__(self):
        self.rows, self.passed, self.failed, self.skipped = [], 0, 0, 0

    def fail(self, what):
        print(f"FAIL {what}")
        self.failed += 1

    def skip(self, what):
        print(f"SKIPPED: {what}")
        self.skipped += 1

    def show(self, part, scenario, name, outcomes, seconds):
        bad = [(trial, wrong) for trial, wrong in outcomes if wrong]
        for trial, wrong in bad:
            number = trial[-1] if isinstance(trial[-1], int) else 0
            at = " ".join(scenario.requests[number - 1][:2]) if number else ""
            print(f"FAIL {part} {scenario.platform} {scenario.name} "
                  f"{' '.join(str(word) for word in trial)}: {at}")
            print("\n".join("  " + line for line in wrong))
        kinds = {trial[:-1] for trial, _ in outcomes}
        self.rows.append((part, scenario.platform, name, len(scenario.requests), len(kinds),
                          len(outcomes), len(bad), seconds))
        self.passed += len(outcomes) - len(bad)
        self.failed += len(bad)
        sys.stdout.flush()

    def table(self):
        print("\npart     platform     run                requests  faults  trials  failed  seconds")
        for row in self.rows:
            print("%-8s %-12s %-18s %8d %7d %7d %7d %8.1f" % row)
        print("%-8s %-12s %-18s %8s %7s %7d %7d %8.1f" % (
            "all", "", "", "", "", sum(r[5] for r in self.rows), sum(r[6] for r in self.rows),
            sum(r[7] for r in self.rows)))


class Session:
    """What was asked for, and what is learnt once."""

    def __init__(self, options, folder, pool):
        self.options, self.folder, self.pool, self.tally = options, folder, pool, Tally()
        self.numbers = [int(word) for word in options.words if word.isdigit()]
        self.parts = chosen(options.words, PARTS)
        self.names = chosen(options.words, matrix.SCENARIOS)

    def scenario(self, platform, name, folders):
        """None when it fails without any fault."""
        try:
            return matrix.Scenario(platform, name, folders, self.options.program, self.folder)
        except (OSError, ValueError) as problem:
            self.tally.fail(problem)
            return None

    def go(self, part, scenario, name, trials, attempt):
        start = time.monotonic()
        if self.numbers:
            trials = [trial for trial in trials if self.numbers[0] in trial]
        outcomes = list(zip(trials, self.pool.map(lambda trial: attempt(*trial), trials)))
        if outcomes:
            self.tally.show(part, scenario, name, outcomes, time.monotonic() - start)

    def run_matrix(self, scenario):
        kinds = scenario.kinds(chosen(self.options.words, matrix.FAULTS))
        if not shutil.which("openssl"):
            kinds = [kind for kind in kinds if kind not in proxy.TLS]
        trials = [(kind, number) for number in range(1, len(scenario.requests) + 1)
                  for kind in kinds]
        self.go("matrix", scenario, scenario.name, trials, scenario.attempt)

    def run_kills(self, scenario):
        ending = kill.Ending(scenario)
        names = chosen(self.options.words, kill.SIGNALS)
        trials = [trial for trial in ending.trials() if trial[0] in names]
        self.go("kill", scenario, scenario.name, trials, ending.attempt)

    def run_writes(self, scenario):
        writing = kill.Writing(scenario)
        self.go("write", scenario, scenario.name, writing.trials(), writing.attempt)

    def run_writers(self, scenario):
        for way in chosen(self.options.words, writers.WAYS):
            both = writers.Writers(scenario, way)
            self.go("writers", scenario, f"{scenario.name} {way}", both.trials(), both.attempt)

    def run_platform(self, platform, traced):
        folders = projects.prepare(self.folder, self.options.program, platform)
        for name in self.names:
            if platform not in matrix.SCENARIOS[name][2]:
                continue
            scenario = self.scenario(platform, name, folders)
            if not scenario:
                continue
            if "matrix" in self.parts:
                self.run_matrix(scenario)
            if platform == "together":
                continue
            if "kill" in self.parts and name in kill.RUNS:
                self.run_kills(scenario)
            if "write" in self.parts and name in kill.RUNS and traced:
                self.run_writes(scenario)
            if "writers" in self.parts and name == "change":
                self.run_writers(scenario)

    def run(self):
        traced = "write" in self.parts and kill.can_trace(self.folder)
        if "write" in self.parts and not traced:
            self.tally.skip("the kills at file writes: there is no strace, or it may not trace")
        if "matrix" in self.parts and shutil.which("openssl"):
            proxy.make_certificates(os.path.join(self.folder, "certificates"))
        elif "matrix" in self.parts:
            self.tally.skip("the faults of TLS: openssl is not installed")
        for platform in chosen(self.options.words, matrix.EVERYWHERE):
            try:
                self.run_platform(platform, traced)
            except (OSError, ValueError, subprocess.SubprocessError) as problem:
                self.tally.fail(f"{platform}: {problem}")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--program", default=os.path.join(scene.ROOT, "build", "edge-deploy"))
    parser.add_argument("--workers", type=int, default=2 * (os.cpu_count() or 1))
    parser.add_argument("words", nargs="*")
    options = parser.parse_args()
    options.program = os.path.abspath(options.program)
    folder = os.path.realpath(tempfile.mkdtemp(prefix="edge-deploy-faults-"))
    start = time.monotonic()
    try:
        with concurrent.futures.ThreadPoolExecutor(options.workers) as pool:
            session = Session(options, folder, pool)
            session.run()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    tally = session.tally
    tally.table()
    print(f"{time.monotonic() - start:.0f} s")
    skipped = f", {tally.skipped} skipped" if tally.skipped else ""
    print(f"{tally.passed} passed, {tally.failed} failed{skipped}")
    return 1 if tally.failed or not tally.passed else 0


if __name__ == "__main__":
    sys.exit(main())
