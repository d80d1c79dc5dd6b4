#!/usr/bin/env python3
"""Runs the golden cases: the real binary, word for word.

A case is a folder tests/cases/COMMAND/NAME with
  cmd           a shell line; edge-deploy is on PATH
  *             whatever files the user would have; NAME.wat also becomes NAME.wasm
  http.json     a list of exchanges: the request expected, then the reply played (class Server)
  sandbox       present: `edge-deploy sandbox` answers instead; what it holds are further options
and what is expected of it, a missing file meaning empty or 0:
  stdout  stderr  exit
  note.json     the record of HEAD; looked at below publish/, and elsewhere when the file is there
  requests      with `sandbox`: what it was asked
  files/*       files that the command has written, by their names in its folder

A request not listed fails; an exchange not used fails. Each case runs in a fresh git repository with
one commit, fixed author and clock, HOME empty, waits virtual. What differs from run to run is
replaced by words (VARIABLE); the same value gets the same word.

run.py [--program FILE] [--update] [--keep] [WORD...]     only cases whose path holds a WORD
--update rewrites the expectations; read the diff like code. --keep leaves the folders to look into.
"""
import argparse
import concurrent.futures
import difflib
import http.server
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import threading

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
CASES = os.path.join(ROOT, "tests", "cases")
EXPECTATIONS = ("stdout", "stderr", "exit", "note.json", "requests")
OLD_OPTIMIZER = os.path.join(ROOT, "tests", "wasm-opt-108")
EPOCH = "1795348800"  # 2026-11-22T12:00:00Z

# What differs from run to run, and the word that stands for it: WORD-1, WORD-2, ... in the order in
# which the values appear; those with a lower-case word are not told apart.
VARIABLE = (
    (r"127\.0\.0\.1:\d+", "127.0.0.1:port"),
    (r'"port": ?\d+', '"port": port'),
    (r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", "UUID"),
    (r"\b[0-9a-f]{64}\b", "SHA256"),
    (r"\b[0-9a-f]{40}\b", "COMMIT"),
    (r"\b[0-9a-f]{32}\b", "HEX"),
    (r"\b[0-9a-f]{8}-[0-9a-f]{4}\b(?!-)", "UUID-SHORT"),
    (r"\b(?=\d*[a-f])(?=[a-f]*\d)[0-9a-f]{12}\b", "DIGEST"),
    (r"(?<=://)[0-9a-f]{8}(?=-)", "SHORT"),  # of a version's own address, also when it is all digits
    (r"\b(?=\d*[a-f])(?=[a-f]*\d)[0-9a-f]{8}\b", "SHORT"),
    (r"\b(?=\w*[A-Z])(?=\w*[a-z])[0-9A-Za-z]{22}\b", "ID"),
    (r"\bd[0-9a-z]{13}\.cloudfront\.net\b", "DOMAIN"),
    (r'"seconds": ?[0-9.e+-]+', '"seconds": seconds'),
    (r"\b\d+(\.\d+)? (s|ms|min)\b", "some time"),
    (r"\b2\d{3}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z", "TIME"),
    (r"(?<=wasm-opt )version \d+", "version"),
)


class Words:
    """Replaces what is variable, over all texts of one case."""

    def __init__(self, folder):
        self.folder = folder
        self.seen = {}

    def word(self, kind, text):
        if not kind.isupper():
            return kind
        values = self.seen.setdefault(kind, [])
        if text not in values:
            values.append(text)
        return f"{kind}-{values.index(text) + 1}"

    def normalise(self, text):
        text = text.replace(self.folder, "FOLDER")
        for pattern, kind in VARIABLE:
            text = re.sub(pattern, lambda found, kind=kind: self.word(kind, found.group()), text)
        return text


class Server(http.server.ThreadingHTTPServer):
    """Plays the exchanges of http.json; keeps what went wrong in `complaints`.

    An exchange is {"request": {"method", "path" (with query), "contains": [words of the body],
    "headers": {name: value}}, "reply": {"status", "headers", "body" (text or JSON), "reset": true}}.
    The first one not used yet that fits method and path is played; "times" N: that often.
    """

    daemon_threads = True

    def __init__(self, exchanges):
        super().__init__(("127.0.0.1", 0), Handler)
        self.exchanges = [dict(e, left=e.get("times", 1)) for e in exchanges]
        self.complaints = []
        self.lock = threading.Lock()

    def check(self, name, wanted, headers, body):
        for word in wanted.get("contains", []):
            if word.encode() not in body:
                self.complaints.append(f"{name}: the body lacks {word!r}")
        for key, value in wanted.get("headers", {}).items():
            if headers.get(key) != value:
                self.complaints.append(f"{name}: {key} is {headers.get(key)!r}, not {value!r}")

    def take(self, method, path, headers, body):
        with self.lock:
            for exchange in self.exchanges:
                wanted = exchange["request"]
                if not exchange["left"] or wanted["method"] != method or wanted["path"] != path:
                    continue
                exchange["left"] -= 1
                self.check(f"{method} {path}", wanted, headers, body)
                return exchange["reply"]
            self.complaints.append(f"not listed in http.json: {method} {path}")
            return {"status": 404, "body": "not listed in http.json"}

    def finish(self):
        self.shutdown()
        self.server_close()
        for exchange in self.exchanges:
            if exchange["left"]:
                wanted = exchange["request"]
                self.complaints.append(f"never asked: {wanted['method']} {wanted['path']}")
        return self.complaints


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        size = int(self.headers.get("Content-Length") or 0)
        reply = self.server.take(self.command, self.path, self.headers, self.rfile.read(size))
        if reply.get("reset"):
            self.close_connection = True
            self.connection.close()
            return
        content = reply.get("body", "")
        data = (content if isinstance(content, str) else json.dumps(content)).encode()
        self.send_response(reply.get("status", 200))
        for name, value in reply.get("headers", {}).items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    do_GET = do_PUT = do_POST = do_DELETE = do_PATCH = answer

    def log_message(self, *_):
        pass


class Sandbox:
    """`edge-deploy sandbox` as a process of its own, with its state and journal in the folder."""

    def __init__(self, options, program, folder, env):
        env = {name: value for name, value in env.items() if name != "EDGE_DEPLOY_CLOCK"}
        self.journal = os.path.join(folder, "journal")
        self.process = subprocess.Popen(
            [program, "sandbox", "--port", "0", "--state", os.path.join(folder, "state"),
             "--journal", self.journal, *shlex.split(options)],
            cwd=folder, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, text=True)
        ready = self.process.stdout.readline()
        if not ready:
            raise ValueError(f"the sandbox did not start: exit {self.process.wait()}")
        self.env = json.loads(ready)["env"]

    def finish(self):
        self.process.terminate()
        code = self.process.wait(30)
        self.process.stdout.close()
        return [f"the sandbox ended with exit code {code}"] if code else []

    def requests(self):
        if not os.path.exists(self.journal):
            return ""
        with open(self.journal, encoding="utf-8") as file:
            rows = [json.loads(line) for line in file]
        return "".join(f"{row['method']} {row['path']}{'?' if row['query'] else ''}{row['query']} "
                       f"{row['status']}\n" for row in rows)


def environment(folder, program):
    home = os.path.join(folder, "home")
    os.mkdir(home)
    return {
        "PATH": os.path.dirname(program) + os.pathsep + os.environ["PATH"],
        "HOME": home,
        "LC_ALL": "C.UTF-8",
        "TZ": "UTC",
        "TMPDIR": folder,
        "SOURCE_DATE_EPOCH": EPOCH,
        "EDGE_DEPLOY_CLOCK": "virtual",
        "AWS_EC2_METADATA_DISABLED": "true",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_NAME": "Ada",
        "GIT_AUTHOR_EMAIL": "ada@example.com",
        "GIT_COMMITTER_NAME": "Ada",
        "GIT_COMMITTER_EMAIL": "ada@example.com",
        "GIT_AUTHOR_DATE": EPOCH + " +0000",
        "GIT_COMMITTER_DATE": EPOCH + " +0000",
    }


def endpoints(port):
    base = f"http://127.0.0.1:{port}"
    return {
        "CLOUDFLARE_API_BASE_URL": base + "/cf/client/v4",
        "CLOUDFLARE_API_TOKEN": "case-cloudflare-token",
        "CLOUDFLARE_ACCOUNT_ID": "0123456789abcdef0123456789abcdef",
        "FASTLY_API_ENDPOINT": base + "/fastly",
        "FASTLY_API_TOKEN": "case-fastly-token",
        "AWS_ENDPOINT_URL": base + "/aws",
        "AWS_ACCESS_KEY_ID": "AKIDCASE",
        "AWS_SECRET_ACCESS_KEY": "case-aws-secret",
    }


# Whatever a case does, the values of these do not appear.
SECRETS = ("CLOUDFLARE_API_TOKEN", "FASTLY_API_TOKEN", "AWS_SECRET_ACCESS_KEY")


def prepare(case, work, env):
    own = shutil.ignore_patterns("cmd", "http.json", "sandbox", "files", *EXPECTATIONS)
    shutil.copytree(case, work, ignore=own)
    for folder, _, names in os.walk(work):
        for name in sorted(names):
            path = os.path.join(folder, name)
            if name.endswith(".wat"):
                subprocess.run(["wat2wasm", "--enable-all", path, "-o", path[:-4] + ".wasm"],
                               check=True)
    for command in (["init", "-q", "-b", "main"], ["add", "-A"],
                    ["commit", "-q", "--allow-empty", "-m", "First"]):
        subprocess.run(["git", *command], cwd=work, env=env, check=True)


def read_note(work, env):
    notes = subprocess.run(["git", "notes", "--ref=edge-deploy", "show", "HEAD"], cwd=work, env=env,
                           capture_output=True, text=True, check=False)
    return notes.stdout if notes.returncode == 0 else ""


def read(case, name, fallback=""):
    path = os.path.join(case, name)
    if not os.path.exists(path):
        return fallback
    with open(path, encoding="utf-8") as file:
        return file.read()


def start_platforms(case, program, folder, env):
    """What answers in the platforms' stead, and the variables that point there."""
    options = read(case, "sandbox", None)
    if options is not None:
        sandbox = Sandbox(options, program, folder, env)
        return sandbox, sandbox.env
    server = Server(json.loads(read(case, "http.json", "[]")))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server, endpoints(server.server_address[1])


def expected_files(case):
    """"files/NAME" for each."""
    folder = os.path.join(case, "files")
    return [f"files/{name}" for name in sorted(os.listdir(folder))] if os.path.isdir(folder) else []


def wants_old_optimizer(case):
    """Where nothing is optimized, which optimizer is installed must not show in what is said."""
    command = os.path.basename(os.path.dirname(case))
    return command in ("check", "report") or '"level": "none"' in read(case, "edge-deploy.json")


def run_case(case, program, folder):
    """What the case gave: its expectations' texts, and complaints about requests."""
    env = environment(folder, program)
    work = os.path.join(folder, "tree")
    prepare(case, work, env)
    platforms, variables = start_platforms(case, program, folder, env)
    env.update(variables)
    if wants_old_optimizer(case):
        env["EDGE_DEPLOY_WASM_OPT"] = OLD_OPTIMIZER
    try:
        done = subprocess.run(["sh", "-c", read(case, "cmd")], cwd=work, env=env,
                              stdin=subprocess.DEVNULL, capture_output=True, timeout=120,
                              check=False)
    finally:
        complaints = platforms.finish()
    texts = {
        "stdout": done.stdout.decode("utf-8", "replace"),
        "stderr": done.stderr.decode("utf-8", "replace"),
        "exit": f"{done.returncode}\n" if done.returncode else "",
        "note.json": read_note(work, env),
        "requests": platforms.requests() if isinstance(platforms, Sandbox) else "",
    }
    for name in expected_files(case):
        texts[name] = read(work, name[len("files/"):], "there is no such file\n")
    for name, text in texts.items():
        if any(env[secret] in text for secret in SECRETS):
            complaints.append(f"a secret stands in {name}")
    words = Words(folder)
    return {name: words.normalise(text) for name, text in texts.items()}, complaints


def judged(case):
    """The expectations that count for this case."""
    in_publish = os.path.basename(os.path.dirname(case)) == "publish"
    has_note = in_publish or os.path.exists(os.path.join(case, "note.json"))
    return [name for name in EXPECTATIONS if name != "note.json" or has_note] + expected_files(case)


def update(case, got):
    for name in judged(case):
        text = got[name]
        path = os.path.join(case, name)
        if text or name.startswith("files/"):
            with open(path, "w", encoding="utf-8") as file:
                file.write(text)
        elif os.path.exists(path):
            os.remove(path)


def dateless(text):
    """When a profile's facts were measured is data that `make evidence` writes, no matter of these cases."""
    return re.sub(r"\bas(?: of|_of\":)\s+(?:<time datetime=\"[-\d]+\">|\")?\d{4}-\d\d-\d\d", "as of DATE", text)


def compare(case, got):
    lines = []
    for name in judged(case):
        want = read(case, name)
        if dateless(want) != dateless(got[name]):
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
    return complaints + compare(case, got)


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
    if not shutil.which("wat2wasm"):
        print(f"SKIPPED: wat2wasm (wabt) is not installed\n0 passed, 0 failed, {len(cases)} skipped")
        return 0
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
