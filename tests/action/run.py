#!/usr/bin/env python3
"""The suite `action`: the steps of the GitHub Action, run with the runner's files and variables, against
`edge-deploy sandbox` and a bare repository as the remote.

run.py [WORD...]     only tests whose name holds a WORD
"""
import os
import sys
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.dirname(HERE)]


class Result(unittest.TestResult):
    def __init__(self):
        super().__init__()
        self.passed = 0

    def addSuccess(self, test):
        super().addSuccess(test)
        self.passed += 1

    def say(self, test, details):
        print(f"FAIL {test.id()}\n{details}", flush=True)

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.say(test, self.failures[-1][1])

    def addError(self, test, err):
        super().addError(test, err)
        self.say(test, self.errors[-1][1])

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        print(f"SKIPPED: {test.id()}: {reason}", flush=True)


def flatten(suite):
    for item in suite:
        if isinstance(item, unittest.TestSuite):
            yield from flatten(item)
        else:
            yield item


def main():
    found = unittest.defaultTestLoader.discover(HERE, "test_*.py", top_level_dir=HERE)
    words = sys.argv[1:]
    tests = [test for test in flatten(found) if not words or any(word in test.id() for word in words)]
    result = Result()
    unittest.TestSuite(tests).run(result)
    failed = len(result.failures) + len(result.errors)
    print(f"{result.passed} passed, {failed} failed, {len(result.skipped)} skipped")
    return 1 if failed or not tests else 0


sys.exit(main())
