"""The world in which what was published answers: a proxy that takes CONNECT to the platforms' addresses, ends TLS
there with an authority of its own, and hands each request to what the sandbox has stored, run in workerd or Node."""
import contextlib
import os
import re
import socket
import ssl
import subprocess
import threading
import time

from runtimes import Function, Reply, workerd

NAMES = ("*.edge-deploy-sandbox.workers.dev", "*.cloudfront.net", "*.edgecompute.app")


def make_authority(folder):
    """CA and certificate by openssl; their paths."""
    def openssl(*words):
        subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)

    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
    with open(os.path.join(folder, "names"), "w", encoding="ascii") as file:
        file.write("subjectAltName=" + ",".join(f"DNS:{name}" for name in NAMES) + "\n")
    openssl("req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.pem", "-days", "2", "-subj", "/CN=test authority",
            "-addext", "basicConstraints=critical,CA:TRUE")
    openssl("req", *key, "-keyout", "leaf.key", "-out", "leaf.csr", "-subj", "/CN=test")
    openssl("x509", "-req", "-in", "leaf.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2",
            "-extfile", "names", "-out", "leaf.pem")
    return [os.path.join(folder, name) for name in ("ca.pem", "leaf.pem", "leaf.key")]


class Request:
    """`place`: what was connected to."""

    def __init__(self, place, method, target, headers):
        self.place, self.host = place, headers["host"]
        self.method, self.target, self.headers = method, target, headers


class World:
    """`behave` is asked for each request; what it returns is sent: a Reply, or None to hang up. `seen`: all requests."""

    def __init__(self, folder, sandbox):
        self.folder, self.sandbox = folder, sandbox
        authority, certificate, key = make_authority(folder)
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(certificate, key)
        self.listener = socket.create_server(("127.0.0.1", 0))
        proxy = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.environment = {"HTTPS_PROXY": proxy, "https_proxy": proxy, "SSL_CERT_FILE": authority}
        self.runtimes, self.lock = {}, threading.Lock()
        self.reset()
        threading.Thread(target=self.accept, daemon=True).start()

    def reset(self):
        self.behave, self.seen, self.refused = self.answer, [], []

    def close(self):
        self.listener.close()
        for runtime in self.runtimes.values():
            runtime.__exit__()

    def accept(self):
        with contextlib.suppress(OSError):
            while True:
                threading.Thread(target=self.converse, args=self.listener.accept()[:1], daemon=True).start()

    def converse(self, raw):
        with contextlib.suppress(OSError, ValueError), raw:
            line, _ = read_head(raw)
            place = line.split()[1].rsplit(":", 1)[0]
            if any(re.fullmatch(each, place) for each in self.refused):
                raw.sendall(b"HTTP/1.1 502 No Such Host\r\nContent-Length: 0\r\n\r\n")
                return
            raw.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
            with self.context.wrap_socket(raw, server_side=True) as connection:
                while self.converse_once(connection, place):
                    pass

    def converse_once(self, connection, place):
        line, headers = read_head(connection)
        method, target, _ = line.split()
        request = Request(place, method, target, headers)
        self.seen.append(request)
        reply = self.behave(request)
        if reply is None:
            return False
        lines = [f"HTTP/1.1 {reply.status} Words"]
        drop = ("content-length", "transfer-encoding", "connection")
        lines += [f"{name}: {value}" for name, value in reply.headers.items() if name.lower() not in drop]
        connection.sendall("\r\n".join([*lines, f"Content-Length: {len(reply.body)}", "", ""]).encode() + reply.body)
        return True

    def answer(self, request):
        """What the platform would answer: what is live there, or what the request pins."""
        name, _, domain = request.host.partition(".")
        if domain == "edgecompute.app":
            return Reply(200, {"Content-Type": "text/plain"}, b"one two\n")
        if domain == "cloudfront.net":
            return self.ask(self.live_function(), request)
        return self.ask(self.worker_of(name, request), request)

    def ask(self, key, request):
        if key is None:
            return Reply(404, {}, b"nothing here\n")
        with self.lock:
            if key not in self.runtimes:
                self.runtimes[key] = (self.start_worker if key[0] == "worker" else self.start_function)(key)
            return self.runtimes[key].ask(request.target, request.method, None, request.headers)

    def worker_of(self, name, request):
        """SCRIPT, or the first digits of a version, a dash and SCRIPT; a header may name one that has a share."""
        preview = re.fullmatch(r"([0-9a-f]{8})-(.*)", name)
        script = preview.group(2) if preview else name
        path = f"cloudflare/scripts/{script}"
        if not os.path.exists(os.path.join(self.sandbox.state, path + ".json")):
            return None
        shares = self.sandbox.document(path)["deployments"][0]["versions"]
        pinned = re.fullmatch(rf'{script}="([0-9a-f-]+)"',
                              request.headers.get("cloudflare-workers-version-overrides", ""))
        if preview:
            every = self.sandbox.names("cloudflare/versions")
            return ("worker", next(each for each in every if each.startswith(preview.group(1))))
        if pinned and any(each["version_id"] == pinned.group(1) for each in shares):
            return ("worker", pinned.group(1))
        return ("worker", max(shares, key=lambda each: each["percentage"])["version_id"])

    def place(self, key):
        return os.path.join(self.folder, "-".join(key))

    def start_worker(self, key):
        version = self.sandbox.document(f"cloudflare/versions/{key[1]}")
        parts = sorted(version["parts"], key=lambda part: part["name"] != version["main"])
        bodies = [(part, self.sandbox.blob(part["blob"])) for part in parts]
        return workerd(self.place(key), version, bodies).__enter__()

    def live_function(self, name="hello", distribution="E2QWRUHAPOMQZL"):
        config = self.sandbox.blob(f"lambda-edge/distributions/{distribution}/config").decode()
        found = re.search(rf":function:{name}:(\d+)<", config)
        return ("function", name, found.group(1)) if found else None

    def start_function(self, key):
        path = f"lambda-edge/functions/{key[1]}/versions/{key[2]}"
        configuration = self.sandbox.document(path)["configuration"]
        return Function(self.place(key), configuration, self.sandbox.blob(path + "/code"), 24, "viewer-request")


def read_head(connection):
    """The first line and the headers; no body is expected."""
    data = b""
    while b"\r\n\r\n" not in data:
        more = connection.recv(65536)
        if not more:
            raise OSError("closed")
        data += more
    first, *lines = data.split(b"\r\n\r\n")[0].decode("latin-1").split("\r\n")
    pairs = (line.split(":", 1) for line in lines)
    return first, {name.strip().lower(): value.strip() for name, value in pairs}


def first(count, other, then):
    """A behaviour: `other` for the first `count` requests, then `then`."""
    left = [count]

    def behave(request):
        left[0] -= 1
        return other(request) if left[0] >= 0 else then(request)

    return behave


def slow(seconds, then):
    def behave(request):
        time.sleep(seconds)
        return then(request)

    return behave
