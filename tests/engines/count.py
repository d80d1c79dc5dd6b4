"""What a suite counts, and its last line."""


class Count:
    def __init__(self):
        self.passed = self.failed = self.skipped = 0

    def check(self, name, fault):
        if fault:
            print(f"FAIL {name}: {fault}")
            self.failed += 1
        else:
            self.passed += 1

    def skip(self, reason, count=1):
        print(f"SKIPPED: {reason}")
        self.skipped += count

    def __str__(self):
        return f"{self.passed} passed, {self.failed} failed, {self.skipped} skipped"
