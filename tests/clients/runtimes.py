"""What the sandbox keeps after a publish, run in the platforms' own runtimes: a Worker's parts in
workerd, a zip in Node as Lambda@Edge would, a package in Viceroy. Each answers
ask(path, method, body, headers) with a Reply."""
import base64
import contextlib
import http.client
import io
import json
import os
import socket
import subprocess
import tarfile
import time
import zipfile

from support import NODE, VICEROY, WORKERD, environment, run


class Reply:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def __repr__(self):
        return f"{self.status} {self.headers} {self.body[:400]!r}"


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Server:
    """A runtime that serves HTTP on a port of its own, until its `with` block ends."""

    def __init__(self, command, folder, port):
        self.port, self.log = port, os.path.join(folder, "runtime.log")
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            env=environment(os.path.join(folder, "runtime-home")))

    def __enter__(self):
        deadline = time.monotonic() + 150  # a module of 11 MB compiles for half a minute on a busy machine
        while time.monotonic() < deadline:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 1):
                return self
            if self.process.poll() is not None:
                break
            time.sleep(0.05)
        self.__exit__()
        raise RuntimeError(f"{self.process.args[0]} does not serve: {self.complaints()}")

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()

    def complaints(self):
        with open(self.log, encoding="utf-8", errors="replace") as file:
            return file.read()

    def ask(self, path, method="GET", body=None, headers=()):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        with contextlib.closing(connection):
            connection.request(method, path, body, dict(headers))
            reply = connection.getresponse()
            return Reply(reply.status, {name.lower(): value for name, value in reply.getheaders()}, reply.read())


# How a part's media type is written in workerd's configuration.
KINDS = {
    "application/javascript+module": "esModule", "application/javascript": "commonJsModule",
    "application/wasm": "wasm", "text/plain": "text", "application/octet-stream": "data",
}


def live_worker(sandbox, script):
    """What is live of a script: the version's document and [(part, bytes)], main first."""
    deployment = sandbox.document(f"cloudflare/scripts/{script}")["deployments"][0]
    version = sandbox.document(f"cloudflare/versions/{deployment['versions'][0]['version_id']}")
    parts = sorted(version["parts"], key=lambda part: part["name"] != version["main"])
    return version, [(part, sandbox.blob(part["blob"])) for part in parts]


def workerd(folder, version, parts):
    os.makedirs(folder)
    modules, port = [], free_port()
    for number, (part, body) in enumerate(parts):
        kind = KINDS.get(part["media_type"])
        if kind is None:
            continue
        with open(os.path.join(folder, f"part{number}"), "wb") as file:
            file.write(body)
        modules.append(f'(name = {json.dumps(part["name"])}, {kind} = embed "part{number}")')
    sent = version["sent"]
    flags = ", ".join(json.dumps(flag) for flag in sent.get("compatibility_flags", []))
    with open(os.path.join(folder, "config.capnp"), "w", encoding="utf-8") as file:
        file.write(f"""using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "main", worker = (
    compatibilityDate = "{sent["compatibility_date"]}", compatibilityFlags = [{flags}],
    modules = [{", ".join(modules)}]))],
  sockets = [(name = "http", address = "127.0.0.1:{port}", http = (), service = "main")]);
""")
    return Server([WORKERD, "serve", "config.capnp"], folder, port)


def live_function(sandbox, name, distribution="E2QWRUHAPOMQZL"):
    """The version that the distribution has for `name`, and its zip."""
    config = sandbox.blob(f"lambda-edge/distributions/{distribution}/config").decode()
    number = config.split(f":function:{name}:")[1].split("<")[0]
    key = f"lambda-edge/functions/{name}/versions/{number}"
    return sandbox.document(key)["configuration"], sandbox.blob(key + "/code")


# Lambda's part: loads the handler once, and answers an event a line.
HOST = """
import { createInterface } from "node:readline";
const [name, member] = process.argv[1].split(".");
const { existsSync } = await import("node:fs");
const file = [".mjs", ".js"].map((end) => `${process.cwd()}/${name}${end}`).find((path) => existsSync(path));
const handler = (await import(file))[member];
for await (const line of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(await handler(JSON.parse(line))));
}
"""


class Function:
    """A function's zip unpacked in the Node of that major version."""

    def __init__(self, folder, configuration, code, major, event="origin-request"):
        self.event = event
        with zipfile.ZipFile(io.BytesIO(code)) as archive:
            archive.extractall(folder)
        command = [NODE[major], "--input-type=module", "-e", HOST, configuration["Handler"]]
        self.process = subprocess.Popen(command, cwd=folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                        env=environment(os.path.join(folder, ".home")))

    def __enter__(self):
        return self

    def __exit__(self, *_):
        for pipe in (self.process.stdin, self.process.stdout):
            pipe.close()
        self.process.kill()
        self.process.wait()

    def send(self, event):
        """An event as CloudFront has it; the handler's answer as it is."""
        self.process.stdin.write(json.dumps(event).encode() + b"\n")
        self.process.stdin.flush()
        line = self.process.stdout.readline()
        if not line:
            raise RuntimeError(f"the handler ended with {self.process.wait()}")
        return json.loads(line)

    def ask(self, path, method="GET", body=None, headers=()):
        uri, _, query = path.partition("?")
        every = {"Host": "www.example.com", **dict(headers)}
        request = {
            "clientIp": "203.0.113.178", "method": method, "uri": uri, "querystring": query,
            "headers": {name.lower(): [{"key": name, "value": value}] for name, value in every.items()},
        }
        if body is not None:
            request["body"] = {"action": "read-only", "encoding": "base64", "inputTruncated": False,
                               "data": base64.b64encode(body).decode()}
        config = {"distributionDomainName": "d111111abcdef8.cloudfront.net", "distributionId": "EDFDVBD6EXAMPLE",
                  "eventType": self.event, "requestId": "4TyzHTaYWb1GX1qTfsHhEqV6HUDd_BzoBZnwfnvQc_1oF26ClkoUSEQ=="}
        answer = self.send({"Records": [{"cf": {"config": config, "request": request}}]})
        got = answer.get("body", "")
        got = base64.b64decode(got) if answer.get("bodyEncoding") == "base64" else got.encode()
        fields = {name: each[0]["value"] for name, each in answer.get("headers", {}).items()}
        return Reply(int(answer["status"]), fields, got)


def live_package(sandbox, service):
    """The active version's number and package of a service; of the only one, when `service` is None."""
    service = service or sandbox.names("fastly/services")[0]
    for number in sandbox.names(f"fastly/services/{service}/versions"):
        key = f"fastly/services/{service}/versions/{number}"
        if sandbox.document(key)["public"]["active"]:
            return int(number), sandbox.blob(key + "/package")
    raise LookupError(f"no version of {service} is active")


def viceroy(folder, package):
    os.makedirs(folder)
    with tarfile.open(fileobj=io.BytesIO(package)) as archive:
        name = next(name for name in archive.getnames() if name.endswith("/bin/main.wasm"))
        with open(os.path.join(folder, "main.wasm"), "wb") as file:
            file.write(archive.extractfile(name).read())
    port = free_port()
    return Server([VICEROY, "serve", "--addr", f"127.0.0.1:{port}", "main.wasm"], folder, port)


def validate(fastly, folder, package, env):
    """`fastly compute validate` on a package."""
    path = os.path.join(folder, "validate.tar.gz")
    with open(path, "wb") as file:
        file.write(package)
    return run([fastly, "compute", "validate", "--package", path, "-i"], folder, env)
