#!/usr/bin/env python3
"""The suite `archive`: builds the released archive and runs what is in it where none of our libraries
are: in a root that holds the C library, a shell and nothing else.

archive.py [ROOT]     in that root instead, such as one of debootstrap's; it is written to
"""
import glob
import hashlib
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unittest

HERE = os.path.dirname(os.path.abspath(__file__))
TOP = os.path.dirname(HERE)
DIST = os.path.join(TOP, "build", "dist")
DEVICES = (("null", 3), ("zero", 5), ("random", 8), ("urandom", 9))
GLIBC = (2, 36)  # of Debian 12; Ubuntu 24.04 has 2.39
MANIFEST = {"name": "app", "module": "app.wasm", "build": {"command": "echo built >built.txt"},
            "targets": {"edge": {"platform": "cloudflare", "compatibility_date": "2026-11-01"},
                        "fast": {"platform": "fastly", "domains": ["app.edgecompute.app"]},
                        "lambda": {"platform": "lambda-edge", "role": "arn:aws:iam::123456789012:role/edge",
                                   "distribution": "E2QWRUHAPOMQZL", "event": "origin-request"}}}
given_root = None


def run(*words, **options):
    return subprocess.run(words, check=True, capture_output=True, text=True, **options).stdout


def make_root(root):
    """What `dpkg -L` says of the packages of the C library and the shell."""
    for folder in ("bin", "sbin", "lib", "lib64"):
        os.makedirs(os.path.join(root, "usr", folder))
        os.symlink("usr/" + folder, os.path.join(root, folder))
    for package in ("libc6", "dash"):
        for path in run("dpkg", "-L", package).splitlines():
            if os.path.isfile(path) and not path.startswith("/usr/share/"):
                to = root + path
                os.makedirs(os.path.dirname(to), exist_ok=True)
                shutil.copy2(path, to, follow_symlinks=True)
    os.makedirs(os.path.join(root, "dev"), exist_ok=True)
    os.makedirs(os.path.join(root, "tmp"), exist_ok=True)
    os.makedirs(os.path.join(root, "etc"), exist_ok=True)
    for name, minor in DEVICES:
        run("mknod", "-m", "666", os.path.join(root, "dev", name), "c", "1", str(minor))


class Archive(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        if os.geteuid() != 0 or not shutil.which("dpkg"):
            raise unittest.SkipTest("needs root, for chroot, and dpkg")
        cls.folder = tempfile.mkdtemp(prefix="edge-deploy-archive-")
        cls.addClassCleanup(shutil.rmtree, cls.folder)
        made = subprocess.run(["make", "--no-print-directory", "dist-archive"], cwd=TOP, capture_output=True, text=True, check=False)
        if made.returncode:
            raise AssertionError(made.stdout[-2000:] + made.stderr[-2000:])
        cls.sum, cls.name = made.stdout.split()[-2:]
        cls.file = os.path.join(DIST, cls.name)
        cls.root = given_root or os.path.join(cls.folder, "root")
        if not given_root:
            try:
                make_root(cls.root)
            except subprocess.CalledProcessError as problem:
                raise unittest.SkipTest(f"cannot make a root: {problem.stderr}") from problem
        opt = os.path.join(cls.root, "opt")
        os.makedirs(opt, exist_ok=True)
        run("tar", "-xzf", cls.file, "-C", opt)
        cls.tree = os.path.join(opt, cls.name.removesuffix(".tar.gz"))
        cls.program = cls.tree.removeprefix(cls.root) + "/bin/edge-deploy"
        # How the loader learns where a program lies; to mount it would need more than root here.
        exe = os.path.join(cls.root, "proc", "self", "exe")
        os.makedirs(os.path.dirname(exe), exist_ok=True)
        if not os.path.lexists(exe):
            os.symlink(cls.program, exe)
        cls.work = os.path.join(cls.root, "work")
        shutil.rmtree(cls.work, ignore_errors=True)
        os.mkdir(cls.work)
        cls.make_work()

    @classmethod
    def make_work(cls):
        with open(os.path.join(cls.work, "edge-deploy.json"), "w", encoding="utf-8") as file:
            json.dump(MANIFEST, file)
        run("wat2wasm", os.path.join(HERE, "cases", "publish", "all-platforms", "app.wat"),
            "-o", os.path.join(cls.work, "app.wasm"))
        author = ["git", "-C", cls.work, "-c", "user.name=Ada", "-c", "user.email=ada@example.com"]
        for words in (["init", "-q", "-b", "main"], ["add", "-A"], ["commit", "-q", "-m", "First"]):
            run(*author, *words)

    def start(self, *words, code=0, **env):
        """The program in the root, with nothing of this machine's environment."""
        def enter():
            os.chroot(self.root)
            os.chdir("/work")

        done = subprocess.run(["/bin/sh", "-c", 'exec "$0" "$@"', self.program, *words],
                              env={"PATH": "/usr/bin:/bin", "HOME": "/tmp", "LC_ALL": "C.UTF-8", **env},
                              preexec_fn=enter, capture_output=True, text=True,
                              timeout=120, check=False)
        self.assertEqual(done.returncode, code, done)
        return done.stdout

    def test_starts(self):
        with open(os.path.join(TOP, "Makefile"), encoding="utf-8") as file:
            version = re.search(r"^VERSION := (.*)$", file.read(), re.M).group(1)
        self.assertEqual(self.start("--version").split(), ["edge-deploy", version])
        self.assertEqual(self.name.split("-linux-")[0], "edge-deploy-" + version)

    def test_checks(self):
        document = json.loads(self.start("check", "--format", "json"))
        self.assertEqual([row["verdict"] for row in document["targets"]], ["compatible"] * 3)

    def test_publishes(self):
        document = json.loads(self.start("publish", "--sandbox", "--format", "json"))
        self.assertEqual([row["state"] for row in document["deployments"]], ["live"] * 3)
        self.assertTrue(document["recorded"])
        self.assertEqual(len(json.loads(self.start("log", "--format", "json"))["records"]), 3)

    def test_speaks_https(self):
        """Nobody listens there: a failure of the network, not of what is loaded for TLS."""
        document = json.loads(self.start(
            "publish", "-t", "edge", "--format", "json", code=1, EDGE_DEPLOY_CLOCK="virtual",
            CLOUDFLARE_API_BASE_URL="https://127.0.0.1:1/client/v4", CLOUDFLARE_API_TOKEN="made-up",
            CLOUDFLARE_ACCOUNT_ID="0123456789abcdef0123456789abcdef"))
        self.assertIn("onnect", document["error"]["message"])
        self.assertFalse(document["mutation_attempted"])

    def test_libraries(self):
        """Nothing is missing, nothing is glibc's, each has its licence; no newer glibc is needed."""
        files = [os.path.join(self.tree, "bin", "edge-deploy"), *glob.glob(self.tree + "/lib/edge-deploy/*")]
        beside = {os.path.basename(path) for path in files[1:]}
        libc = set(run("dpkg", "-L", "libc6").split())
        libc = {os.path.basename(path) for path in libc}
        self.assertFalse(beside & libc)
        for path in files:
            text = run("readelf", "-dW", "--version-info", path)
            needed = set(re.findall(r"\(NEEDED\).*\[(.*)\]", text))
            self.assertLessEqual(needed, beside | libc, path)
            for version in re.findall(r"Name: GLIBC_([0-9.]+)", text):
                self.assertLessEqual(tuple(int(part) for part in version.split(".")), GLIBC, path)
        with open(self.tree + "/share/doc/edge-deploy/libraries.txt", encoding="utf-8") as file:
            rows = [line.split() for line in file if not line.startswith("#")]
        self.assertEqual({row[0] for row in rows}, beside)
        for row in rows:
            self.assertGreater(os.path.getsize(f"{self.tree}/share/doc/edge-deploy/licenses/{row[1]}.txt"), 300)

    def test_what_else_is_in_it(self):
        for path in ("share/man/man1/edge-deploy.1", "share/doc/edge-deploy/README.md",
                     "share/doc/edge-deploy/LICENSE", "share/zsh/site-functions/_edge-deploy",
                     "share/bash-completion/completions/edge-deploy",
                     "share/fish/vendor_completions.d/edge-deploy.fish"):
            self.assertGreater(os.path.getsize(os.path.join(self.tree, path)), 200, path)
        for path in glob.glob(self.tree + "/bin/*"):
            with open(path, "rb") as file:
                self.assertNotIn(TOP.encode(), file.read(), "a path of this machine")

    def test_same_bytes_again(self):
        """Packed once more, elsewhere in time."""
        with open(self.file, "rb") as file:
            self.assertEqual(hashlib.sha256(file.read()).hexdigest(), self.sum)
        version = self.start("--version").split()[1]
        again = run("sh", "release/archive.sh", version, cwd=TOP, env={**os.environ, "TZ": "Asia/Tokyo"})
        self.assertEqual(again.split(), [self.sum, self.name])


def main():
    global given_root
    given_root = os.path.abspath(sys.argv[1]) if len(sys.argv) > 1 else None
    result = unittest.TestResult()
    tests = unittest.defaultTestLoader.loadTestsFromTestCase(Archive)
    count = tests.countTestCases()
    tests.run(result)
    for test, details in result.failures + result.errors:
        print(f"FAIL {test.id()}\n{details}")
    for test, reason in result.skipped:
        print(f"SKIPPED: {test.id()}: {reason}")
    failed = len(result.failures) + len(result.errors)
    skipped = count if result.skipped and not result.testsRun else len(result.skipped)
    passed = max(result.testsRun - failed - len(result.skipped), 0)
    print(f"{passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
