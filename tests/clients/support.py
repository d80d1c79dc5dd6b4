"""What the tests with real clients share: where things lie, a sandbox in a process of its own, an
environment without anything of the user's, a project in a git repository, and a test case that
shows what a failing command said. Python's standard library only."""
import json
import os
import shutil
import subprocess
import tempfile
import threading
import unittest
import urllib.error
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
BUILD = os.path.join(ROOT, "build")
PROGRAM = os.environ.get("EDGE_DEPLOY") or os.path.join(BUILD, "edge-deploy")
CLIENTS = os.path.join(BUILD, "clients")
MODULES = os.path.join(CLIENTS, "node_modules")
INPUTS = os.path.join(BUILD, "inputs")
SHARED = os.environ.get("EDGE_DEPLOY_SHARED") or os.path.join(os.path.dirname(ROOT), "shared")


def find(*candidates):
    """The first that exists: a path, or a program's name to look for on PATH."""
    for candidate in candidates:
        path = candidate if os.sep in (candidate or "") else shutil.which(candidate or "")
        if path and os.path.exists(path):
            return path
    return None


NODE = {major: find(os.path.join(MODULES, f"node{major}/bin/node")) for major in (22, 24)}
WRANGLER = find(os.path.join(MODULES, "wrangler/bin/wrangler.js"))
# The programs themselves: what npm links are scripts, which do not pass on a signal.
FASTLY = find(os.path.join(MODULES, "@fastly/cli-linux-x64/fastly"), "fastly")
WORKERD = find(os.path.join(MODULES, "@cloudflare/workerd-linux-64/bin/workerd"), "workerd")
VICEROY = find(os.environ.get("VICEROY"), "viceroy")


def needs(*tools):
    """Skips the test, loudly, when one of the tools, by its name here, is missing."""
    missing = [tool for tool in tools if not (NODE.get(tool) if isinstance(tool, int) else globals()[tool])]
    names = ", ".join(f"node {tool}" if isinstance(tool, int) else tool.lower() for tool in missing)
    return unittest.skipIf(missing, f"{names} not installed")


def environment(home, extra=None):
    """Nothing of the user's but where to find programs."""
    path = [os.path.join(MODULES, "node22/bin"), os.path.join(MODULES, ".bin"), os.environ.get("PATH", "")]
    out = {
        "PATH": os.pathsep.join(path), "HOME": home, "TMPDIR": os.path.join(home, "tmp"), "LANG": "C.UTF-8",
        "CI": "1", "NO_COLOR": "1", "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull,
        "WRANGLER_SEND_METRICS": "false", "FASTLY_WASM_METADATA_DISABLE": "true",
        "AWS_EC2_METADATA_DISABLED": "true",
    }
    for name in ("AUTHOR", "COMMITTER"):
        out[f"GIT_{name}_NAME"], out[f"GIT_{name}_EMAIL"] = "Tester", "tester@example.com"
    os.makedirs(out["TMPDIR"], exist_ok=True)
    return {**out, **(extra or {})}


class Ended:
    """A process that has ended."""

    def __init__(self, command, code, out, err):
        self.command, self.code, self.out, self.err = command, code, out, err

    @property
    def json(self):
        return json.loads(self.out)

    def __str__(self):
        return f"$ {' '.join(self.command)}\nexit {self.code}\n--- stdout\n{self.out}\n--- stderr\n{self.err}"


def run(command, cwd, env, timeout=180):
    done = subprocess.run(command, cwd=cwd, env=env, stdin=subprocess.DEVNULL, capture_output=True,
                          timeout=timeout, check=False)
    return Ended(command, done.returncode, done.stdout.decode("utf-8", "replace"),
                 done.stderr.decode("utf-8", "replace"))


class State:
    """What a sandbox keeps on disk."""

    def __init__(self, path):
        self.state = path

    def document(self, key):
        with open(os.path.join(self.state, key + ".json"), encoding="utf-8") as file:
            return json.load(file)

    def blob(self, key):
        with open(os.path.join(self.state, key + ".blob"), "rb") as file:
            return file.read()

    def names(self, key):
        """The keys directly below `key`."""
        names = os.listdir(os.path.join(self.state, key))
        return sorted({name.rsplit(".", 1)[0] if name.endswith((".json", ".blob")) else name for name in names})


class Sandbox(State):
    """`edge-deploy sandbox` in a process of its own."""

    def __init__(self, folder, *options):
        super().__init__(os.path.join(folder, "state"))
        self.journal_path = os.path.join(folder, "journal")
        self.log = open(os.path.join(folder, "sandbox.log"), "wb")
        command = [PROGRAM, "sandbox", "--port", "0", "--state", self.state, "--journal", self.journal_path, *options]
        self.process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=self.log,
                                        env=environment(os.path.join(folder, "sandbox-home")))
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"the sandbox does not start: see {self.log.name}")
        ready = json.loads(line)
        self.base, self.environment = f"http://127.0.0.1:{ready['port']}", ready["env"]

    def journal(self):
        with open(self.journal_path, encoding="utf-8") as file:
            return [json.loads(line) for line in file]

    def stop(self):
        self.process.terminate()
        self.process.wait(20)
        self.process.stdout.close()
        self.log.close()


class Project:
    """A folder with a user's files in a git repository of one commit."""

    def __init__(self, folder, env, manifest, files=()):
        self.folder, self.env = folder, env
        os.makedirs(folder, exist_ok=True)
        self.write({"edge-deploy.json": json.dumps(manifest, indent=1), **dict(files)})
        self.git("init", "-q", ".")
        self.commit("first")

    def write(self, files):
        for name, body in files.items():
            path = os.path.join(self.folder, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as file:
                file.write(body.encode() if isinstance(body, str) else body)

    def git(self, *words):
        return subprocess.check_output(["git", *words], cwd=self.folder, env=self.env, text=True).strip()

    def commit(self, message):
        self.git("add", "-A")
        self.git("commit", "-q", "--allow-empty", "-m", message)
        return self.git("rev-parse", "HEAD")

    def deploy(self, command, *options, env=None):
        return run([PROGRAM, command, "--format", "json", *options], self.folder, env or self.env)

    def publish(self, *options, env=None):
        return self.deploy("publish", *options, env=env)


class ClientCase(unittest.TestCase):
    """A folder and a sandbox for each class; `self.env` is the sandbox's, with HOME empty."""
    sandbox_options = ()

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="edge-deploy-clients-")
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        cls.sandbox = Sandbox(cls.folder, *cls.sandbox_options)
        cls.addClassCleanup(cls.sandbox.stop)
        cls.env = environment(os.path.join(cls.folder, "home"), cls.sandbox.environment)

    def succeed(self, ended):
        self.assertEqual(ended.code, 0, ended)
        return ended

    def run_in(self, place, *command, env=None):
        return run(list(command), place, env or self.env)

    def ask(self, path, method="GET", body=None, media_type=None):
        """The sandbox's API, as Cloudflare or Fastly have it, asked by us: (status, document)."""
        token = {"Fastly-Key": self.env.get("FASTLY_API_TOKEN", ""),
                 "Authorization": f"Bearer {self.env.get('CLOUDFLARE_API_TOKEN', '')}"}
        if media_type:
            token["Content-Type"] = media_type
        request = urllib.request.Request(self.sandbox.base + path, method=method, data=body, headers=token)
        try:
            with urllib.request.urlopen(request, timeout=20) as reply:
                return reply.status, json.load(reply)
        except urllib.error.HTTPError as error:
            return error.code, json.load(error)


def both(first, second):
    """Runs two functions at once; their results."""
    results = [None, None]

    def keep(place, function):
        results[place] = function()

    threads = [threading.Thread(target=keep, args=each) for each in enumerate((first, second))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return results


def wasm(text):
    """A module from its text, by wat2wasm."""
    with tempfile.TemporaryDirectory() as folder:
        source, target = os.path.join(folder, "m.wat"), os.path.join(folder, "m.wasm")
        with open(source, "w", encoding="utf-8") as file:
            file.write(text)
        subprocess.run(["wat2wasm", source, "-o", target], check=True)
        with open(target, "rb") as file:
            return file.read()
