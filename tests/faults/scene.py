"""A project in a git repository and a sandbox of its own, in one folder that can be copied; and how
a run in it is judged by its words alone."""
import json
import os
import shutil
import signal
import subprocess
import sys
import time
import traceback
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
sys.path.insert(0, os.path.join(ROOT, "tests"))
import run  # noqa: E402  (tests/run.py)

REF = "refs/notes/edge-deploy"
CODES = (0, 1, 2, 4, 5)
LONGEST_S = 90


def environment(folder, program):
    env = run.environment(folder, program)
    env["GIT_CONFIG_GLOBAL"] = os.devnull
    env["EDGE_DEPLOY_WASM_OPT"] = run.OLD_OPTIMIZER
    return env


class Outcome:
    """What a run left: exit code, the document, its words, and what is wrong with the form."""

    def __init__(self, words, env, code, stdout, stderr):
        self.words, self.code = words, code
        self.text = stdout.decode("utf-8", "replace") + stderr.decode("utf-8", "replace")
        self.wrong = []
        if any(env.get(secret, "\0") in self.text for secret in run.SECRETS):
            self.wrong.append(f"{words[0]} prints a secret")
        killed = code in (-signal.SIGKILL, 128 + signal.SIGKILL)
        if code not in CODES and not killed and code not in (130, 143):
            self.wrong.append(f"{words[0]} ends with {code}: {self.text[-9000:]}")
        if "Sanitizer" in self.text or "runtime error" in self.text:
            self.wrong.append(f"{words[0]}: {self.text[-3000:]}")
        try:
            self.document = json.loads(stdout)
        except ValueError:
            self.document = {}
            if not killed or b"took too long" in stderr:
                self.wrong.append(f"{words[0]} does not print one document: {self.text[-9000:]}")
        rows = self.document.get("deployments") or [{}]
        self.row, self.rows = rows[0], {row.get("target"): row for row in rows}
        self.error = self.document.get("error") or {}
        self.message = f"{self.error.get('message', '')} / {self.error.get('hint', '')}"
        if code not in (0,) and not self.error.get("message") and self.document:
            self.wrong.append(f"{words[0]} ends with {code} and says nothing")

    def __str__(self):
        states = ", ".join(f"{row.get('state')} {row.get('version')}" for row in self.rows.values())
        return f"{' '.join(self.words)} -> {self.code} {states}: {self.message}"


def cannot_run(problem):
    """What is wrong with the trial and not with the program, and where."""
    where = traceback.extract_tb(problem.__traceback__)[-6:]
    return (f"cannot run: {type(problem).__name__}: {problem} "
            f"({' <- '.join(f'{os.path.basename(at.filename)}:{at.lineno}' for at in reversed(where))})")


class Scene:
    """FOLDER/work, FOLDER/state, FOLDER/journal."""

    def __init__(self, folder, program, source=None):
        self.folder, self.program = folder, program
        if source:
            subprocess.run(["cp", "-r", source, folder], check=True)
            os.environ.setdefault("HOME", folder)
            self.env = dict(environment_of(folder, program))
        else:
            os.makedirs(folder)
            self.env = environment(folder, program)
        self.work, self.state = os.path.join(folder, "work"), os.path.join(folder, "state")
        self.journal = os.path.join(folder, "journal")
        self.sandbox = None

    def serve(self, fault=None):
        """A sandbox process, whose clock every request moves on; the quotas are new."""
        self.stop()
        for name in ("cloudflare", "fastly", "lambda-edge"):
            quota = os.path.join(self.state, name, "quota.json")
            if os.path.exists(quota):
                os.remove(quota)
        self.sandbox = subprocess.Popen(
            [self.program, "sandbox", "--port", "0", "--state", self.state, "--journal",
             self.journal] + (["--fault", fault] if fault else []),
            cwd=self.folder, env=self.env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        ready = self.sandbox.stdout.readline()
        if not ready:
            raise OSError(f"the sandbox did not start with {fault}")
        self.env.update(json.loads(ready)["env"])

    def stop(self):
        if self.sandbox:
            self.sandbox.kill()
            self.sandbox.wait()
            self.sandbox.stdout.close()
            self.sandbox = None

    def start(self, *words, extra=None, work=None, before=()):
        return subprocess.Popen([*before, self.program, *words, "--format", "json"],
                                cwd=work or self.work, env={**self.env, **(extra or {})},
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE)

    def finish(self, process, *words):
        try:
            stdout, stderr = process.communicate(timeout=LONGEST_S)
        except subprocess.TimeoutExpired:
            where = stacks(process.pid) + stacks(self.sandbox.pid if self.sandbox else None)
            process.kill()
            stdout, stderr = process.communicate()
            stderr += b"\n(killed by the test: took too long)\n" + where
        return Outcome(words, self.env, process.returncode, stdout, stderr)

    def call(self, *words, extra=None):
        return self.finish(self.start(*words, extra=extra), *words)

    def requests(self):
        """(method, path with query, status, fault) of all so far."""
        if not os.path.exists(self.journal):
            return []
        with open(self.journal, encoding="utf-8") as file:
            text = file.read()  # in one go: of a line that is being written the rest would look like one
        rows = [json.loads(line) for line in text[:text.rfind("\n") + 1].split("\n") if line]
        return [(r["method"], r["path"] + ("?" + r["query"] if r["query"] else ""), r["status"],
                 r["fault"]) for r in rows]

    def git(self, *words, work=None, check=True):
        return subprocess.run(["git", *words], cwd=work or self.work, env=self.env, check=check,
                              capture_output=True, text=True).stdout

    def records(self, work=None):
        """All lines of the notes."""
        text = self.git("grep", "-h", "", REF, work=work, check=False)
        return [json.loads(line) for line in text.splitlines()]

    def send(self, method, variable, path, body=None, media="application/json", headers=None):
        """A request of somebody else's."""
        request = urllib.request.Request(self.env[variable] + path, method=method)
        for name, value in {"Content-Type": media, **(headers or {})}.items():
            request.add_header(name, value)
        data = body if body is None or isinstance(body, bytes) else json.dumps(body).encode()
        with urllib.request.urlopen(request, data=data, timeout=30) as reply:
            return json.load(reply)

    def close(self):
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)


def stacks(pid):
    """Where the threads of a process that does not end are, if gdb is there to tell."""
    if not pid or not shutil.which("gdb"):
        return b""
    return subprocess.run(["gdb", "-p", str(pid), "-batch", "-ex", "thread apply all bt 12"],
                          stdin=subprocess.DEVNULL, capture_output=True, check=False).stdout[-9000:]


def environment_of(folder, program):
    """Like environment(), in a folder that is there already."""
    home = os.path.join(folder, "home")
    shutil.rmtree(home, ignore_errors=True)
    return environment(folder, program)


def wait_for(condition, seconds=20):
    """Until the condition holds; False when it never does."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.002)
    return False


def is_change(request):
    """Whether a request of the journal may change anything; STS and IAM are asked with POST."""
    method, path = request[0], request[1]
    return method not in ("GET", "HEAD", "OPTIONS") and path.rstrip("/") not in ("/aws", "/aws/sts",
                                                                                 "/aws/iam")
