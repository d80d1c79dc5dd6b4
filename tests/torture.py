#!/usr/bin/env python3
"""Lets every request of a publish go wrong, one at a time, and looks whether the words still hold.

For each case publish/NAME-requests, each of its N requests and each kind of failure: publish to a
sandbox in which just that request fails. Whatever comes of it,
  - the exit code is one of the contract, stdout one JSON document, no secret is printed;
  - 0 means that what is live is what was recorded, 1 that nothing is live;
  - publishing again, undisturbed, ends with 0 and leaves one service or function, live as recorded.

torture.py [--program FILE] [--all] [WORD...]     --all: every kind of failure, not the main ones
"""
import argparse
import concurrent.futures
import json
import os
import shutil
import subprocess
import sys
import tempfile

import run

MAIN = ("lost", "status:500", "malformed")
ALL = MAIN + ("reset-during", "reset-before", "refuse", "truncate", "html", "status:503",
              "status:429:retry-after=1", "status:403")
OUTCOMES = (0, 1, 4, 5)


class Trial:
    """One folder, one sandbox with one fault."""

    def __init__(self, case, program, fault):
        self.folder = os.path.realpath(tempfile.mkdtemp(prefix="edge-deploy-torture-"))
        self.program = program
        self.env = run.environment(self.folder, program)
        self.work = os.path.join(self.folder, "work")
        run.prepare(case, self.work, self.env)
        options = f'--fault "{fault}"' if fault else ""
        self.sandbox = run.Sandbox(options, program, self.folder, self.env)
        self.env.update(self.sandbox.env)

    def call(self, *words):
        """Exit code, the document, and what is wrong with the way it was said."""
        done = subprocess.run([self.program, *words, "-q", "--format", "json"], cwd=self.work,
                              env=self.env, stdin=subprocess.DEVNULL, capture_output=True,
                              timeout=120, check=False)
        wrong = []
        text = done.stdout.decode("utf-8", "replace") + done.stderr.decode("utf-8", "replace")
        if any(self.env[secret] in text for secret in run.SECRETS):
            wrong.append(f"{words[0]} prints a secret")
        if done.returncode not in OUTCOMES or "Sanitizer" in text or "runtime error" in text:
            wrong.append(f"{words[0]} ends with {done.returncode}: {text[-2000:]}")
        try:
            document = json.loads(done.stdout)
        except ValueError:
            document = {}
            wrong.append(f"{words[0]} does not print one document: {done.stdout[:300]!r}")
        return done.returncode, document, wrong

    def live(self):
        """The versions live and recorded, as `status` has them."""
        _, document, wrong = self.call("status")
        row = (document.get("deployments") or [{}])[0]
        live, recorded = row.get("live") or {}, row.get("recorded") or {}
        return live.get("version"), recorded.get("version"), wrong

    def count(self):
        """How many services, functions or scripts there are."""
        state = os.path.join(self.folder, "state")
        places = ("fastly/services", "lambda-edge/functions", "cloudflare/scripts")
        return sum(name.endswith(".json") for place in places
                   for name in (os.listdir(os.path.join(state, place))
                                if os.path.isdir(os.path.join(state, place)) else ()))

    def close(self):
        self.sandbox.finish()
        shutil.rmtree(self.folder, ignore_errors=True)


def judge(trial):
    code, document, wrong = trial.call("publish")
    live, recorded, more = trial.live()
    wrong += more
    message = json.dumps(document.get("error") or [row.get("probe") for row in
                                                   document.get("deployments", [])])
    if code == 0 and (not live or live != recorded):
        wrong.append(f"0, but live is {live} and recorded {recorded}")
    if code == 1 and live:
        wrong.append(f"1, but version {live} is live: {message}")
    if code in (4, 5) and not live:
        wrong.append(f"{code}, but nothing is live: {message}")
    again, document, more = trial.call("publish")
    wrong += more
    live, recorded, more = trial.live()
    wrong += more
    if again != 0 or not live or live != recorded:
        wrong.append(f"then {again}, live {live}, recorded {recorded}: {document.get('error')}")
    if trial.count() != 1:
        wrong.append(f"there are {trial.count()} services, functions or scripts")
    return code, wrong


def attempt(case, program, number, kind):
    trial = Trial(case, program, f"* *#{number}={kind}")
    try:
        return judge(trial)
    except (subprocess.SubprocessError, OSError, ValueError) as problem:
        return None, [f"cannot run: {problem}"]
    finally:
        trial.close()


def requests_of(case, program):
    trial = Trial(case, program, None)
    try:
        trial.call("publish")
        return trial.sandbox.requests().splitlines()
    finally:
        trial.close()


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--program", default=os.path.join(run.ROOT, "build", "edge-deploy"))
    parser.add_argument("--all", action="store_true")
    parser.add_argument("words", nargs="*")
    options = parser.parse_args()
    program = os.path.abspath(options.program)
    cases = [case for case in run.find_cases(options.words) if case.endswith("-requests")]
    passed = failed = 0
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for case in cases:
            lines = requests_of(case, program)
            trials = [(number, kind) for number in range(1, len(lines) + 1)
                      for kind in (ALL if options.all else MAIN)]
            outcomes = pool.map(lambda t, c=case: attempt(c, program, *t), trials)
            for (number, kind), (code, wrong) in zip(trials, outcomes):
                passed, failed = (passed, failed + 1) if wrong else (passed + 1, failed)
                if wrong:
                    print(f"FAIL {os.path.basename(case)}: {kind} at {lines[number - 1]} "
                          f"(request {number}), exit {code}")
                    print("\n".join("  " + line for line in wrong))
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
