"""What the suites credentials and security share: a project to try, servers, a run of the program
that measures its memory and looks for secrets in what it says."""
import json
import os
import pathlib
import shutil
import signal
import socket
import ssl
import subprocess
import sys
import tempfile
import threading
import time
import traceback

ROOT = pathlib.Path(__file__).resolve().parents[1]
PROGRAM = os.environ.get("EDGE_DEPLOY", str(ROOT / "build" / "edge-deploy"))
HUNG_S = 120  # a run that takes longer has hung
MODULE = ('(module (import "wasi_snapshot_preview1" "proc_exit" (func (param i32)))'
          ' (memory (export "memory") 1) (func (export "_start")))')


# A process begins with the peak memory of the one it was forked from, which is ours, with all that
# the servers send: a small one in between starts the program, and writes down what it took.
LAUNCHER = """import os, sys
child = os.posix_spawn(sys.argv[2], sys.argv[2:], os.environ)
_, status, usage = os.wait4(child, 0)
with open(sys.argv[1], "w") as file:
    file.write(f"{os.waitstatus_to_exitcode(status)} {usage.ru_maxrss}")
"""


class Failed(Exception):
    pass


def check(fine, what):
    if not fine:
        raise Failed(what)


def holds(text, *words):
    for word in words:
        check(word in text, f"{word!r} is not in:\n{text}")


def lacks(text, *words):
    for word in words:
        check(word not in text, f"{word!r} is in:\n{text}")


class Done:
    """How a run ended. `rss` is the peak memory of the program itself, in bytes."""

    def __init__(self, code, output, errors, rss):
        self.code, self.output, self.errors, self.rss = code, output, errors, rss
        self.all = output + errors


class Project:
    """A fresh git repository with one commit, an empty home, and a clean environment."""

    def __init__(self, targets, secrets=()):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="edge-deploy-trial-"))
        self.work, self.home = self.folder / "work", self.folder / "home"
        self.work.mkdir()
        self.home.mkdir()
        self.secrets = list(secrets)
        self.env = {"PATH": os.environ["PATH"], "HOME": str(self.home), "LC_ALL": "C.UTF-8",
                    "TMPDIR": str(self.folder), "EDGE_DEPLOY_CLOCK": "virtual",
                    "AWS_EC2_METADATA_DISABLED": "true", "GIT_CONFIG_NOSYSTEM": "1",
                    "GIT_AUTHOR_NAME": "Ada", "GIT_AUTHOR_EMAIL": "ada@example.com",
                    "GIT_COMMITTER_NAME": "Ada", "GIT_COMMITTER_EMAIL": "ada@example.com"}
        for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS"):
            if name in os.environ:
                self.env[name] = os.environ[name]
        self.manifest(targets)
        (self.folder / "app.wat").write_text(MODULE)
        subprocess.run(["wat2wasm", str(self.folder / "app.wat"), "-o",
                        str(self.work / "app.wasm")], check=True)
        for command in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "one"]):
            subprocess.run(["git", *command], cwd=self.work, env=self.env, check=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        shutil.rmtree(self.folder, ignore_errors=True)

    def manifest(self, targets, **more):
        document = {"name": "trial", "module": "app.wasm", "optimize": {"level": "none"},
                    "targets": targets, **more}
        (self.work / "edge-deploy.json").write_text(json.dumps(document))

    def write(self, name, text, base=None):
        path = (base or self.home) / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return path

    def run(self, *arguments, secrets=(), **env):
        """The program with those words; a secret in what it says is a failure."""
        variables = {**self.env, **{name: value for name, value in env.items() if value is not None}}
        for name in [name for name, value in env.items() if value is None]:
            variables.pop(name, None)
        with open(self.folder / "out", "wb+") as out, open(self.folder / "err", "wb+") as err, \
                open(os.devnull, "rb") as null:
            ended = self.folder / "ended"
            ended.write_text("-9 0")
            child = subprocess.Popen([sys.executable, "-S", "-E", "-c", LAUNCHER, str(ended), PROGRAM,
                                      *arguments], cwd=self.work, env=variables, stdin=null,
                                     stdout=out, stderr=err, start_new_session=True)
            try:
                child.wait(HUNG_S)
            except subprocess.TimeoutExpired:
                os.killpg(child.pid, signal.SIGKILL)
                child.wait()
            out.seek(0)
            err.seek(0)
            code, rss = map(int, ended.read_text().split())
            done = Done(code, out.read().decode(errors="replace"),
                        err.read().decode(errors="replace"), rss * 1024)
        check(done.code >= 0, f"killed by signal {-done.code} (9: it hung):\n{done.all[-2000:]}")
        lacks(done.all, *self.secrets, *secrets)
        return done

    def wait_free(self, *arguments, **env):
        return json.loads(self.run(*arguments, **env).output)


class Server:
    """Accepts connections on loopback and gives each to `serve(connection, server)`, a thread each."""

    def __init__(self, serve, context=None):
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.serve, self.context, self.requests = serve, context, []
        self.stopped = threading.Event()
        threading.Thread(target=self.accept, daemon=True).start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stopped.set()
        self.listener.close()

    def accept(self):
        while not self.stopped.is_set():
            try:
                connection, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.handle, args=(connection,), daemon=True).start()

    def handle(self, connection):
        try:
            connection.settimeout(HUNG_S)
            if self.context:
                connection = self.context.wrap_socket(connection, server_side=True)
            self.serve(connection, self)
        except (OSError, ssl.SSLError):
            pass
        finally:
            try:
                connection.close()
            except OSError:
                pass


class Request:
    def __init__(self, head, body):
        lines = head.decode("latin-1").split("\r\n")
        self.method, self.path, _ = lines[0].split(" ", 2)
        self.headers = {}
        for line in lines[1:]:
            name, _, value = line.partition(":")
            self.headers[name.lower()] = value.strip()
        self.body, self.raw = body, head + b"\r\n\r\n" + body


def read_request(connection):
    """None at the end."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = connection.recv(65536)
        if not more:
            return None
        data += more
    head, _, body = data.partition(b"\r\n\r\n")
    request = Request(head, body)
    wanted = int(request.headers.get("content-length", 0))
    while len(request.body) < wanted:
        more = connection.recv(65536)
        if not more:
            return None
        request.body += more
    return request


def reply(status, body=b"", headers=()):
    if isinstance(body, (dict, list)):
        body = json.dumps(body).encode()
    if isinstance(body, str):
        body = body.encode()
    lines = [f"HTTP/1.1 {status} X", f"Content-Length: {len(body)}"]
    lines += [f"{name}: {value}" for name, value in headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def answering(answer):
    """For Server: each request is kept, and gets what answer(request) says: bytes."""
    def serve(connection, server):
        while True:
            request = read_request(connection)
            if not request:
                return
            server.requests.append(request)
            connection.sendall(answer(request))
    return serve


class Sandbox:
    """`edge-deploy sandbox`, with a journal."""

    def __init__(self, project, *options):
        self.journal = project.folder / "journal"
        self.process = subprocess.Popen(
            [PROGRAM, "sandbox", "--port", "0", "--state", str(project.folder / "state"),
             "--journal", str(self.journal), *options], cwd=project.folder,
            env={**project.env, "EDGE_DEPLOY_CLOCK": ""}, stdout=subprocess.PIPE, text=True)
        self.env = json.loads(self.process.stdout.readline())["env"]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait(20)

    def requests(self):
        return self.journal.read_text().splitlines() if self.journal.exists() else []


def authority(folder, names):
    """A private certificate authority: (its file, a server's context for these names)."""
    def openssl(*words):
        subprocess.run(["openssl", *words], check=True, cwd=folder, stdout=subprocess.DEVNULL,
                       stderr=subprocess.DEVNULL)
    folder = pathlib.Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    openssl("req", "-x509", "-newkey", "rsa:2048", "-nodes", "-keyout", "ca.key", "-out", "ca.pem",
            "-subj", "/CN=Trial CA", "-days", "3650")
    openssl("req", "-newkey", "rsa:2048", "-nodes", "-keyout", "server.key", "-out", "server.csr",
            "-subj", "/CN=" + names[0])
    (folder / "names").write_text("subjectAltName=" + ",".join(
        ("IP:" if name[0].isdigit() else "DNS:") + name for name in names))
    openssl("x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key",
            "-CAcreateserial", "-out", "server.pem", "-days", "3650", "-extfile", "names")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem", folder / "server.key")
    return folder / "ca.pem", context


def proxy(port, user=None):
    """For Server: a CONNECT proxy that leads everywhere to `port` of this machine. `user` is what
    Proxy-Authorization must be."""
    def serve(connection, server):
        request = read_request(connection)
        if not request:
            return
        server.requests.append(request)
        if user and request.headers.get("proxy-authorization") != user:
            connection.sendall(b"HTTP/1.1 407 No\r\nProxy-Authenticate: Basic realm=\"x\"\r\n"
                               b"Content-Length: 0\r\n\r\n")
            return
        if request.method != "CONNECT":
            connection.sendall(reply(405))
            return
        other = socket.create_connection(("127.0.0.1", port))
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        threading.Thread(target=pump, args=(other, connection), daemon=True).start()
        pump(connection, other)
    return serve


def pump(source, sink):
    try:
        while True:
            data = source.recv(65536)
            if not data:
                break
            sink.sendall(data)
    except OSError:
        pass
    for end in (source, sink):
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def main(tests):
    """Runs the functions whose name holds one of the words given; prints what failed and counts."""
    words = sys.argv[1:]
    passed = failed = 0
    for test in tests:
        if words and not any(word in test.__name__ for word in words):
            continue
        began = time.monotonic()
        try:
            test()
            passed += 1
            if words:
                print(f"ok {test.__name__} ({time.monotonic() - began:.1f} s)")
        except Exception as error:  # the next test shall still run
            failed += 1
            print(f"FAIL {test.__name__}")
            print(str(error) if isinstance(error, Failed) else traceback.format_exc())
    print(f"{passed} passed, {failed} failed")
    sys.exit(1 if failed else 0)
