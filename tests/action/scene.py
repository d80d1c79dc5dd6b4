"""A workspace as actions/checkout leaves it, its remote, and the platforms on loopback."""
import json
import os
import shutil
import subprocess
import tempfile
import unittest

import runner

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
ACTION = os.path.join(ROOT, ".github", "actions", "edge-deploy")
PROGRAM = os.path.join(ROOT, "build", "edge-deploy")
NOTES = "refs/notes/edge-deploy"
HEAD_SHA = "0123456789abcdef0123456789abcdef01234567"

EDGE = {"platform": "cloudflare", "compatibility_date": "2026-11-01"}
FAST = {"platform": "fastly", "domains": ["app.edgecompute.app"]}
LAMBDA = {"platform": "lambda-edge", "role": "arn:aws:iam::123456789012:role/edge",
          "distribution": "E2QWRUHAPOMQZL", "event": "origin-request"}
NODE20 = {**LAMBDA, "runtime": "nodejs20.x"}

PLAIN = '(module (memory (export "memory") 1) (func (export "_start")))'
# Node 20 does not run a module with two memories.
TWO_MEMORIES = '(module (memory (export "memory") 1) (memory 1) (func (export "_start")))'


def wasm(text):
    with tempfile.TemporaryDirectory() as folder:
        path = os.path.join(folder, "app.wat")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        subprocess.run(["wat2wasm", "--enable-all", path, "-o", path + ".wasm"], check=True)
        with open(path + ".wasm", "rb") as file:
            return file.read()


class Scene(unittest.TestCase):
    """One folder a test: remote.git, the workspace `work`, and RUNNER_TEMP."""

    def setUp(self):
        self.folder = os.path.realpath(tempfile.mkdtemp(prefix="edge-deploy-action-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        for name in ("home", "temp", "seed"):
            os.mkdir(os.path.join(self.folder, name))
        self.env = {"PATH": os.environ["PATH"], "HOME": os.path.join(self.folder, "home"),
                    "RUNNER_TEMP": os.path.join(self.folder, "temp"), "LC_ALL": "C.UTF-8",
                    "GIT_CONFIG_NOSYSTEM": "1", "EDGE_DEPLOY_CLOCK": "virtual"}
        self.action = runner.Action(ACTION)

    # --- the repository ---

    def path(self, *names):
        return os.path.join(self.folder, *names)

    def git(self, where, *words, check=True):
        author = ["-c", "user.name=Ada", "-c", "user.email=ada@example.com"]
        done = subprocess.run(["git", *author, *words], cwd=self.path(where), env=self.env,
                              capture_output=True, text=True, check=False)
        if check and done.returncode:
            raise AssertionError(f"git {words}: {done.stderr}")
        return done.stdout.strip()

    def seed(self, targets=None, module=PLAIN, **manifest):
        """The remote with one commit, and its checkout in `work`."""
        content = {"name": "app", "module": "app.wasm", "optimize": {"level": "none"},
                   "build": {"command": "echo built >>built.txt"},
                   "targets": targets or {"edge": EDGE}, **manifest}
        self.git("seed", "init", "-q", "-b", "main")
        self.commit(content, module)
        self.git("", "clone", "-q", "--bare", "seed", "remote.git")
        return self.checkout("work")

    def commit(self, content, module):
        with open(self.path("seed", "edge-deploy.json"), "w", encoding="utf-8") as file:
            json.dump(content, file)
        with open(self.path("seed", "app.wasm"), "wb") as file:
            file.write(wasm(module))
        self.git("seed", "add", "-A")
        self.git("seed", "commit", "-q", "-m", "An edit")

    def checkout(self, name):
        """One commit and no notes, as actions/checkout does it."""
        os.mkdir(self.path(name))
        self.git(name, "init", "-q", "-b", "main")
        self.git(name, "remote", "add", "origin", "file://" + self.path("remote.git"))
        self.git(name, "fetch", "-q", "--depth=1", "--no-tags", "origin", "+main:refs/remotes/origin/main")
        self.git(name, "checkout", "-q", "--detach", "origin/main")
        return self.path(name)

    def notes(self, where="remote.git"):
        """The records on all commits."""
        listed = self.git(where, "notes", "--ref=" + NOTES, "list", check=False)
        rows = []
        for line in listed.splitlines():
            text = self.git(where, "cat-file", "blob", line.split()[0])
            rows += [json.loads(row) for row in text.splitlines() if row]
        return rows

    # --- the platforms ---

    def platforms(self, *faults):
        """Starts them; the variables that point there are in self.env."""
        options = ["--fault", ",".join(faults)] if faults else []
        env = {name: value for name, value in self.env.items() if name != "EDGE_DEPLOY_CLOCK"}
        process = subprocess.Popen(
            [PROGRAM, "sandbox", "--port", "0", "--state", self.path("state"), "--journal",
             self.path("journal"), *options],
            env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait, 30)
        self.addCleanup(process.terminate)
        self.env.update(json.loads(process.stdout.readline())["env"])
        return process

    def requests(self, *methods):
        if not os.path.exists(self.path("journal")):
            return []
        with open(self.path("journal"), encoding="utf-8") as file:
            rows = [json.loads(line) for line in file]
        return [f"{row['method']} {row['path']}" for row in rows
                if not methods or row["method"] in methods]

    def changes(self):
        return self.requests("POST", "PUT", "PATCH", "DELETE")

    # --- the action ---

    def run_action(self, work="work", **options):
        given = options.pop("inputs", {})
        env = {"GITHUB_SHA": self.git(work, "rev-parse", "HEAD"), **self.env, **options.pop("env", {})}
        ended = self.action.run(given, env, self.path(work), **options)
        known = {"error", "warning", "notice", "group", "endgroup"}
        self.assertLessEqual({command for command, _, _ in ended.commands}, known, ended)
        return ended

    def pull_request(self, name="pull_request", **options):
        return self.run_action(event_name=name, event={"pull_request": {"head": {"sha": HEAD_SHA}}},
                               **options)

    def report(self, ended):
        with open(ended.outputs["report"], encoding="utf-8") as file:
            return json.load(file)
