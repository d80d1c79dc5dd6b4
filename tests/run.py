#!/usr/bin/env python3
"""Runs the golden cases: the real binary, word for word.

A case is a folder tests/cases/COMMAND/NAME with `cmd` (a shell line), whatever files the user would
have (*.wat become *.wasm), `http.json` (a list of exchanges: the request expected, then the reply
played), and what is expected: `stdout`, `stderr`, `exit`, `note.json`. A missing file means empty, or
0. A request not listed fails; an exchange not used fails. Each case runs in a fresh git repository
with one commit, fixed author and clock, HOME empty, waits virtual.

run.py [--program FILE] [--update] [--keep] [WORD...]     only cases whose path holds a WORD
--update rewrites the expectations; read the diff like code.
"""
import argparse
import concurrent.futures
import difflib
import http.server
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import threading

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
CASES = os.path.join(ROOT, "tests", "cases")
EXPECTATIONS = ("stdout", "stderr", "exit", "note.json")
EPOCH = "1795348800"  # 2026-11-22T12:00:00Z

# What differs from run to run, and the word that stands for it.
VARIABLE = (
    (re.compile(r"127\.0\.0\.1:\d+"), "127.0.0.1:PORT"),
    (re.compile(r'"port": ?\d+'), '"port": PORT'),
    (re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"), "UUID"),
    (re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}\b(?!-)"), "UUID-SHORT"),
    (re.compile(r"\b[0-9a-f]{64}\b"), "SHA256"),
    (re.compile(r"\b[0-9a-f]{40}\b"), "COMMIT"),
    (re.compile(r"\b[0-9a-f]{12}\b"), "DIGEST"),
    (re.compile(r'"seconds": ?[0-9.e+-]+'), '"seconds": SECONDS'),
)


def normalise(text, folder):
    text = text.replace(folder, "FOLDER")
    for pattern, word in VARIABLE:
        text = pattern.sub(word, text)
    return text


class Server(http.server.ThreadingHTTPServer):
    """Plays the exchanges of http.json; keeps what went wrong in `complaints`."""

    daemon_threads = True

    def __init__(self, exchanges):
        super().__init__(("127.0.0.1", 0), Handler)
        self.exchanges = [dict(e, used=False) for e in exchanges]
        self.complaints = []
        self.lock = threading.Lock()

    def take(self, method, path, body):
        with self.lock:
            for exchange in self.exchanges:
                wanted = exchange["request"]
                if exchange["used"] or wanted["method"] != method or wanted["path"] != path:
                    continue
                exchange["used"] = True
                for word in wanted.get("contains", []):
                    if word.encode() not in body:
                        self.complaints.append(f"{method} {path}: body lacks {word!r}")
                return exchange["reply"]
            self.complaints.append(f"unexpected request: {method} {path}")
            return {"status": 599, "body": "not listed in http.json"}

    def finish(self):
        self.shutdown()
        self.server_close()
        for exchange in self.exchanges:
            if not exchange["used"]:
                wanted = exchange["request"]
                self.complaints.append(f"never asked: {wanted['method']} {wanted['path']}")
        return self.complaints


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        size = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(size)
        reply = self.server.take(self.command, self.path, body)
        if reply.get("reset"):
            self.close_connection = True
            self.connection.close()
            return
        content = reply.get("body", "")
        if not isinstance(content, str):
            content = json.dumps(content)
        data = content.encode()
        self.send_response(reply.get("status", 200))
        for name, value in reply.get("headers", {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_PUT = do_POST = do_DELETE = do_PATCH = answer

    def log_message(self, *_):
        pass


def environment(folder, program, port):
    home = os.path.join(folder, "home")
    os.mkdir(home)
    base = f"http://127.0.0.1:{port}"
    return {
        "PATH": os.path.dirname(program) + os.pathsep + os.environ["PATH"],
        "HOME": home,
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
        "TMPDIR": folder,
        "SOURCE_DATE_EPOCH": EPOCH,
        "EDGE_DEPLOY_CLOCK": "virtual",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_NAME": "Ada",
        "GIT_AUTHOR_EMAIL": "ada@example.com",
        "GIT_COMMITTER_NAME": "Ada",
        "GIT_COMMITTER_EMAIL": "ada@example.com",
        "GIT_AUTHOR_DATE": EPOCH + " +0000",
        "GIT_COMMITTER_DATE": EPOCH + " +0000",
        "CLOUDFLARE_API_BASE_URL": base + "/cf/client/v4",
        "CLOUDFLARE_API_TOKEN": "case-cloudflare-token",
        "FASTLY_API_ENDPOINT": base + "/fastly",
        "FASTLY_API_TOKEN": "case-fastly-token",
        "AWS_ENDPOINT_URL": base + "/aws",
        "AWS_ACCESS_KEY_ID": "AKIDCASE",
        "AWS_SECRET_ACCESS_KEY": "case-aws-secret",
    }


SECRETS = ("case-cloudflare-token", "case-fastly-token", "case-aws-secret")


def prepare(case, work, env):
    shutil.copytree(case, work, ignore=shutil.ignore_patterns("cmd", "http.json", *EXPECTATIONS))
    for name in sorted(os.listdir(work)):
        if name.endswith(".wat"):
            path = os.path.join(work, name)
            subprocess.run(["wat2wasm", "--enable-all", path, "-o", path[:-4] + ".wasm"], check=True)
    for command in (["init", "-q", "-b", "main"], ["add", "-A"],
                    ["commit", "-q", "--allow-empty", "-m", "First"]):
        subprocess.run(["git", *command], cwd=work, env=env, check=True)


def read_note(work, env):
    notes = subprocess.run(["git", "notes", "--ref=edge-deploy", "show", "HEAD"], cwd=work, env=env,
                           capture_output=True, text=True, check=False)
    return notes.stdout if notes.returncode == 0 else ""


def run_case(case, program, folder):
    """What the case gave: its expectations' texts, and complaints about requests."""
    with open(os.path.join(case, "cmd"), encoding="utf-8") as file:
        line = file.read()
    exchanges = []
    if os.path.exists(os.path.join(case, "http.json")):
        with open(os.path.join(case, "http.json"), encoding="utf-8") as file:
            exchanges = json.load(file)
    server = Server(exchanges)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    env = environment(folder, program, server.server_address[1])
    work = os.path.join(folder, "work")
    prepare(case, work, env)
    done = subprocess.run(["sh", "-c", line], cwd=work, env=env, stdin=subprocess.DEVNULL,
                          capture_output=True, timeout=120, check=False)
    note = read_note(work, env)
    complaints = server.finish()
    texts = {
        "stdout": done.stdout.decode("utf-8", "replace"),
        "stderr": done.stderr.decode("utf-8", "replace"),
        "exit": f"{done.returncode}\n" if done.returncode else "",
        "note.json": note,
    }
    for secret in SECRETS:
        for name, text in texts.items():
            if secret in text:
                complaints.append(f"a secret stands in {name}")
    return {name: normalise(text, folder) for name, text in texts.items()}, complaints


def expected(case, name):
    path = os.path.join(case, name)
    if not os.path.exists(path):
        return ""
    with open(path, encoding="utf-8") as file:
        return file.read()


def update(case, got):
    for name, text in got.items():
        path = os.path.join(case, name)
        if text:
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
        elif os.path.exists(path):
            os.remove(path)


def compare(case, got):
    lines = []
    for name in EXPECTATIONS:
        want = expected(case, name)
        if want != got[name]:
            lines += difflib.unified_diff(want.splitlines(), got[name].splitlines(),
                                          f"expected {name}", f"got {name}", lineterm="")
    return lines


def run_one(case, options):
    folder = os.path.realpath(tempfile.mkdtemp(prefix="edge-deploy-case-"))
    try:
        got, complaints = run_case(case, options.program, folder)
    except (subprocess.SubprocessError, OSError, ValueError) as problem:
        return [f"cannot run: {problem}"]
    finally:
        if not options.keep:
            shutil.rmtree(folder, ignore_errors=True)
    if options.update:
        update(case, got)
    return complaints + ([] if options.update else compare(case, got))


def find_cases(words):
    found = sorted(folder for folder, _, files in os.walk(CASES) if "cmd" in files)
    return [c for c in found if not words or any(w in os.path.relpath(c, CASES) for w in words)]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--program", default=os.path.join(ROOT, "build", "edge-deploy"))
    parser.add_argument("--update", action="store_true")
    parser.add_argument("--keep", action="store_true")
    parser.add_argument("words", nargs="*")
    options = parser.parse_args()
    options.program = os.path.abspath(options.program)
    if not os.access(options.program, os.X_OK):
        sys.exit(f"there is no program '{options.program}': run make first")
    cases = find_cases(options.words)
    failed = 0
    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        for case, lines in zip(cases, pool.map(lambda c: run_one(c, options), cases)):
            if lines:
                failed += 1
                print(f"FAIL {os.path.relpath(case, CASES)}")
                print("\n".join("  " + line for line in lines))
    print(f"{len(cases) - failed} passed, {failed} failed")
    return 1 if failed or not cases else 0


if __name__ == "__main__":
    sys.exit(main())
