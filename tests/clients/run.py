#!/usr/bin/env python3
"""Runs tests/clients/test_*.py, a line a test, and ends with `N passed, N failed, N skipped`.

run.py [WORD...]     only tests whose name (file.class.function) holds a WORD
"""
import os
import sys
import time
import unittest

sys.dont_write_bytecode = True
import prepare  # noqa: E402
import support  # noqa: E402


class Result(unittest.TestResult):
    def __init__(self):
        super().__init__()
        self.passed = 0
        self.begun = 0.0

    def startTest(self, test):
        super().startTest(test)
        self.begun = time.monotonic()

    def say(self, word, test, reason=""):
        print(f"{word} {name_of(test)} ({time.monotonic() - self.begun:.1f} s){reason}", flush=True)

    def addSuccess(self, test):
        self.passed += 1
        self.say("ok", test)

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        print(f"SKIPPED: {name_of(test)}: {reason}", flush=True)

    def complain(self, test, error):
        self.say("FAIL", test)
        print(self._exc_info_to_string(error, test), flush=True)

    def addFailure(self, test, error):
        super().addFailure(test, error)
        self.complain(test, error)

    def addError(self, test, error):
        super().addError(test, error)
        self.complain(test, error)

    def addSubTest(self, test, subtest, error):
        super().addSubTest(test, subtest, error)
        if error:
            self.complain(subtest, error)


def name_of(test):
    return test.id() if hasattr(test, "id") else str(test)


def flatten(suite):
    for item in suite:
        if isinstance(item, unittest.TestSuite):
            yield from flatten(item)
        else:
            yield item


def main():
    words = sys.argv[1:]
    place = os.path.abspath(os.environ.get("TESTS", support.HERE))
    found = unittest.defaultTestLoader.discover(place, "test_*.py", top_level_dir=place)
    tests = [test for test in flatten(found) if not words or any(word in test.id() for word in words)]
    if not os.access(support.PROGRAM, os.X_OK):
        print(f"FAIL {support.PROGRAM} is not built")
        print("0 passed, 1 failed, 0 skipped")
        return 1
    if any(test.id().startswith("test_inputs.") for test in tests):
        prepare.begin()
    result = Result()
    unittest.TestSuite(tests).run(result)
    failed = len(result.failures) + len(result.errors) + len(result.unexpectedSuccesses)
    print(f"{result.passed} passed, {failed} failed, {len(result.skipped)} skipped")
    return 1 if failed or not tests else 0


sys.exit(main())
