"""Credentials are where they belong: in requests to their platform. Whatever ends well or badly, and
however much is said, they are in no output, file, record, journal or process list."""
import base64
import glob
import hashlib
import os
import re
import subprocess
import threading
import time

from recorder import Recorder
from support import PROGRAM, ClientCase, Project, environment, run, wasm

MAIN = '(module (memory (export "memory") 1) (func (export "_start")) (data (i32.const 0) "WORD"))'
TARGETS = {
    "edge": {"platform": "cloudflare", "compatibility_date": "2026-11-01"},
    "fast": {"platform": "fastly", "domains": ["secrets.edgecompute.app"]},
    "lambda": {"platform": "lambda-edge", "role": "arn:aws:iam::123456789012:role/edge",
               "distribution": "E2QWRUHAPOMQZL", "event": "viewer-request"},
}
# AWS's own example, the one that the sandbox takes with its lasting key.
SESSION_TOKEN = (
    "AQoDYXdzEPT//////////wEXAMPLEtc764bNrC9SAPBSM22wDOk4x4HIZ8j4FZTwdQWLWsKWHGBuFqwAeMicRXmxfpS"
    "PfIeoIYRqTflfKD8YUuwthAx7mSEI/qkPpKPi/kMcGdQrmGdeehM4IC1NtBmUpp2wUE8phUZampKsburEDy0KPkyQDYw"
    "T7WZ0wq5VSXDvp75YU9HFvlRd8Tx6q6fE8YQcHNVXAkiY9q6d+xo0rKwT38xVqr7ZD0u0iPPkUL64lIZbqBAz+scqKml"
    "zm8FDrypNC9Yjc8fPOLn9FX9KSYvKTr4rvx3iSIlTJabIQwj2ICCR/oLxBA==")
SECRET = ("CLOUDFLARE_API_TOKEN", "FASTLY_API_TOKEN", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")


class Watch:
    """Collects every command line of a process that lives while the block runs."""

    def __enter__(self):
        self.seen, self.ended = set(), threading.Event()
        self.thread = threading.Thread(target=self.look)
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.thread.join()

    def look(self):
        while not self.ended.is_set():
            for path in glob.glob("/proc/[0-9]*/cmdline"):
                try:
                    with open(path, "rb") as file:
                        self.seen.add(file.read())
                except OSError:
                    pass
            time.sleep(0.002)


def spellings(secret):
    """A secret as it is, and encoded as one might by mistake."""
    raw = secret.encode()
    return {raw, base64.b64encode(raw), raw.hex().encode(), hashlib.sha256(raw).hexdigest().encode(),
            re.sub(rb"[^A-Za-z0-9_.~-]", lambda found: b"%%%02X" % found.group()[0], raw)}


def files_below(*folders):
    for folder in folders:
        for place, _, names in os.walk(folder):
            for name in names:
                path = os.path.join(place, name)
                if os.path.isfile(path):
                    with open(path, "rb") as file:
                        yield path, file.read()


class Secrets(ClientCase):
    def setUp(self):
        # What the sandbox takes is public; those that it does not take have a mark of this run.
        mark = os.urandom(12).hex()
        self.home = os.path.join(self.folder, f"home-{mark}")
        self.good = environment(self.home, {**self.sandbox.environment, "AWS_SESSION_TOKEN": SESSION_TOKEN})
        self.bad = {**self.good, "CLOUDFLARE_API_TOKEN": f"cf-{mark}-{'x' * 12}", "FASTLY_API_TOKEN": f"fastly/{mark}+",
                    "AWS_SECRET_ACCESS_KEY": f"aws/{mark}/+secret", "AWS_SESSION_TOKEN": f"session+{mark}/x=="}
        self.project = Project(os.path.join(self.folder, f"project-{mark}"), self.good,
                               {"name": f"s{mark}", "targets": TARGETS, "module": "main.wasm"}, {"main.wasm": wasm(MAIN)})

    def check(self, env, ended, watch):
        places = [self.project.folder, self.home]
        texts = [(f"output of {' '.join(each.command[1:])}", (each.out + each.err).encode()) for each in ended]
        texts += [("a command line", each) for each in watch.seen]
        texts += files_below(*places)
        objects = ["git", "cat-file", "--batch-all-objects", "--batch"]  # in the files they are compressed
        texts.append(("git's objects", subprocess.check_output(objects, cwd=self.project.folder, env=self.good)))
        with open(self.sandbox.journal_path, "rb") as file:
            texts.append(("the journal", file.read()))
        self.assertTrue(any(b"edge-deploy" in each for each in watch.seen), "the watch saw no process of ours")
        for name in SECRET:
            for spelling in spellings(env[name]):
                self.assertEqual([what for what, text in texts if spelling in text], [], name)

    def ran(self, env):
        commands = ["publish", "status", "verify", "log", "doctor", "rollback", "platforms"]
        return [run([PROGRAM, command, "-v", *options], self.project.folder, env) for command in commands
                for options in ([], ["--format", "json"])]

    def test_when_it_works(self):
        with Watch() as watch, Recorder(self.sandbox) as recorder:
            env = {**self.good, **{name: value for name, value in recorder.environment.items() if name not in SECRET}}
            ended = [self.succeed(run([PROGRAM, "publish", "-v"], self.project.folder, env))]
            ended += self.ran(env)
        self.check(env, ended, watch)
        sent = {name for request in recorder.requests for name, value in request.headers.items()
                for secret in SECRET if env[secret] in value}
        self.assertEqual(sent, {"authorization", "fastly-key", "x-amz-security-token"}, "and nowhere else")
        for request in recorder.requests:
            for name in SECRET:
                self.assertNotIn(env[name], request.path + request.query)
                self.assertNotIn(env[name].encode(), request.body)

    def test_when_tokens_are_wrong(self):
        with Watch() as watch:
            ended = self.ran(self.bad)
        self.assertEqual([each.code for each in ended[:2]], [1, 1], ended[0])
        self.check(self.bad, ended, watch)

    def test_when_the_network_fails(self):
        nowhere = {name: "http://127.0.0.1:9" for name in (
            "CLOUDFLARE_API_BASE_URL", "FASTLY_API_ENDPOINT", "AWS_ENDPOINT_URL")}
        with Watch() as watch:
            ended = [self.project.publish("-v", env={**self.bad, **nowhere})]
        self.assertEqual(ended[0].code, 1, ended[0])
        self.check(self.bad, ended, watch)
