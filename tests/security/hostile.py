"""A server that means harm costs bounded memory, ends by the contract's exit codes, and gets nothing
secret said."""
import gzip
import itertools
import json
import time

from tls import ALL, KEYS, SECRETS, endpoints
from trials import Project, Server, check, read_request

MIB = 1 << 20
# A reply may be 8 MiB; half a million of JSON's values are the most that are read of it.
MOST = 128 * MIB
OK = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n"


def sized(body, head=OK):
    return head + b"Content-Length: %d\r\n\r\n" % len(body) + body


def forever(first, again):
    def send(connection, _request):
        connection.sendall(first)
        for _ in itertools.repeat(None):
            connection.sendall(again)
    return send


def once(data):
    return lambda connection, _request: connection.sendall(data)


def drip(connection, _request):
    connection.sendall(OK + b"Content-Length: 100000\r\n\r\n")
    for _ in itertools.repeat(None):
        connection.sendall(b" ")
        time.sleep(0.05)


def drip_head(connection, _request):
    connection.sendall(OK)
    for _ in itertools.repeat(None):
        connection.sendall(b"X")
        time.sleep(0.05)


def silence(_connection, _request):
    time.sleep(30)


def echo(status):
    """All that came, back as the platforms write their errors."""
    def send(connection, request):
        text = request.raw.decode("latin-1")
        listed = json.dumps({"success": False, "result": None, "messages": [], "msg": text,
                             "detail": text, "message": text, "Message": text, "__type": text,
                             "errors": [{"code": 10000, "message": text}]}).encode()
        if "2020-05-31" in request.path or request.method == "POST" and request.path == "/":
            listed = ("<ErrorResponse><Error><Code>AccessDenied</Code><Message>" +
                      text.replace("&", "").replace("<", "") +
                      "</Message></Error></ErrorResponse>").encode()
        head = f"HTTP/1.1 {status} {text.splitlines()[1][:200]}\r\nX-Amzn-Errortype: {text.split()[0]}"
        for line in text.split("\r\n")[1:]:
            if ":" in line:
                head += "\r\nX-Echo-" + line[:2000]
        connection.sendall(sized(listed, head.encode("latin-1") + b"\r\n"))
    return send


ESCAPES = "\x1b[2J\x1b]0;gone\x07 ‮ \x9b31m \r\n::error::forged\n##[error]forged\x00 \x7f"


def escapes(status):
    listed = json.dumps({"success": False, "msg": ESCAPES, "detail": ESCAPES, "message": ESCAPES,
                         "Message": ESCAPES, "errors": [{"code": 7, "message": ESCAPES}],
                         "result": [], "messages": []}).encode()
    return once(sized(listed, f"HTTP/1.1 {status} \x1b[31mred\r\nX-Amzn-Errortype: \x1b[31m:x\r\n"
                      "X-Amzn-Requestid: \x1b[31m\r\nRetry-After: \x1b[31m\r\n".encode()))


def laughs():
    names = "abcdefghij"
    entities = "".join(f'<!ENTITY {b} "{f"&{a};" * 10}">' for a, b in zip(names, names[1:]))
    return (f'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "lol">{entities}]>'
            "<DistributionConfig>&j;</DistributionConfig>").encode()


BOMB = gzip.compress(b" " * (256 * MIB), 9)
CHUNK = b"10000\r\n" + b"[" * 65536 + b"\r\n"
SERVERS = {
    "endless-body": forever(OK + b"Content-Length: 99999999999\r\n\r\n", b"[" * 65536),
    "endless-until-closed": forever(OK + b"Connection: close\r\n\r\n", b" " * 65536),
    "endless-chunks": forever(OK + b"Transfer-Encoding: chunked\r\n\r\n", CHUNK),
    "endless-trailers": forever(OK + b"Transfer-Encoding: chunked\r\n\r\n0\r\n", b"X: y\r\n" * 999),
    "chunk-extension": forever(OK + b"Transfer-Encoding: chunked\r\n\r\n1;", b"x" * 65536),
    "endless-headers": forever(OK, b"X-A: b\r\n" * 1000),
    "endless-header": forever(OK + b"X-A: ", b"b" * 65536),
    "endless-status": forever(b"HTTP/1.1 200 ", b"b" * 65536),
    "endless-interim": forever(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1000),
    "endless-hints": forever(b"", b"HTTP/1.1 103 Early Hints\r\nLink: <x>\r\n\r\n" * 1000),
    "gzip-bomb": once(sized(BOMB, OK + b"Content-Encoding: gzip\r\n")),
    "transfer-bomb": once(OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n%x\r\n" % len(BOMB) + BOMB +
                          b"\r\n0\r\n\r\n"),
    "deep-json": once(sized(b"[" * 7 * MIB)),
    "deep-object": once(sized(b'{"a":' * MIB)),
    "wide-json": once(sized(b"[" + b"[]," * (2 * MIB) + b"1]")),
    "wide-object": once(sized(b'{"result":[' + b'{"a":0},' * (800 << 10) + b"1]}")),
    "long-string": once(sized(b'{"id":"' + b"x" * 7 * MIB + b'"}')),
    "duplicate-keys": once(sized(b'{"result":{},"result":[],"success":true,"success":false}')),
    "long-number": once(sized(b'{"result":' + b"9" * MIB + b"}")),
    "deep-xml": once(sized(b"<a>" * MIB)),
    "wide-xml": once(sized(b"<DistributionConfig>" + b"<a/>" * MIB + b"</DistributionConfig>",
                           OK + b"ETag: E1\r\n")),
    "laughs": once(sized(laughs(), OK + b"ETag: E1\r\n")),
    "outside-entity": once(sized(b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a SYSTEM '
                                 b'"file:///etc/passwd">]><DistributionConfig>&a;'
                                 b"</DistributionConfig>", OK + b"ETag: E1\r\n")),
    "attributes": once(sized(b"<a " + b"".join(b'a%d="" ' % i for i in range(500000)) + b"/>")),
    "drip": drip, "drip-head": drip_head, "silence": silence,
    "hang-up": once(b""), "half-a-line": once(b"HTTP/1.1 2"), "no-http": once(b"\0\xff" * 5000),
    "negative-size": once(b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\nx"),
    "two-sizes": once(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 9\r\n\r\n{}"),
    "no-content": once(b"HTTP/1.1 204 No\r\n\r\n"), "switching": once(
        b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n"),
    "loop": once(b"HTTP/1.1 302 X\r\nLocation: /\r\nContent-Length: 0\r\n\r\n"),
    "later": once(b"HTTP/1.1 429 X\r\nRetry-After: 99999999\r\nContent-Length: 0\r\n\r\n"),
    "long-ago": once(b"HTTP/1.1 503 X\r\nRetry-After: -99999999999999999999\r\n"
                     b"Content-Length: 0\r\n\r\n"),
    "echo-401": echo(401), "echo-403": echo(403), "echo-400": echo(400), "echo-500": echo(500),
    "escapes-400": escapes(400), "escapes-403": escapes(403), "escapes-200": escapes(200),
}


def attempt(project, command, send, what):
    def serve(connection, server):
        request = read_request(connection)
        if request:
            server.requests.append(request)
            send(connection, request)

    with Server(serve) as server:
        done = project.run(*command, **KEYS, **endpoints(server.url), EDGE_DEPLOY_IDLE_MS="300")
        check(server.requests, f"{what}: nothing was asked\n{done.all}")
    check(done.code == 1, f"{what}: exit {done.code}\n{done.all[-3000:]}")
    check(done.rss < MOST, f"{what}: {done.rss // MIB} MiB")
    for sign in ("\x1b", "\x9b", "\x07", "‮", "\n::error::forged", "\n##[error]", "root:"):
        check(sign not in done.all, f"{what}: {sign!r} is shown\n{done.all!r}")
    check(len(done.all) < 64 << 10, f"{what}: {len(done.all)} characters are said")
    return done.rss


def servers():
    """Every kind of harm to every platform's driver, reading and publishing."""
    most = (0, "")
    for name, target in ALL.items():
        with Project({name: target}, SECRETS) as project:
            for harm, send in SERVERS.items():
                for command in (["status"], ["publish"], ["publish", "--format", "json"]):
                    what = f"{name}, {' '.join(command)}, {harm}"
                    most = max(most, (attempt(project, command, send, what), what))
    print(f"{len(SERVERS)} servers; the most memory: {most[0] // MIB} MiB ({most[1]})")


def credential_services():
    """The same to who asks for credentials."""
    lambda_only = {"lambda": ALL["lambda"]}
    with Project(lambda_only, ["web-token-which-is-secret", "runner-token-which-is-secret"]) as project:
        file = str(project.write("token", "web-token-which-is-secret"))
        role = "arn:aws:iam::123456789012:role/x"
        for harm, send in SERVERS.items():
            def serve(connection, server, send=send):
                request = read_request(connection)
                server.requests.append(request)
                send(connection, request)

            with Server(serve) as server:
                for env in ({"AWS_ENDPOINT_URL_STS": server.url, "AWS_ROLE_ARN": role,
                             "AWS_WEB_IDENTITY_TOKEN_FILE": file},
                            {"ACTIONS_ID_TOKEN_REQUEST_URL": server.url, "AWS_ROLE_ARN": role,
                             "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "runner-token-which-is-secret"},
                            {"AWS_CONTAINER_CREDENTIALS_FULL_URI": server.url},
                            {"AWS_EC2_METADATA_SERVICE_ENDPOINT": server.url,
                             "AWS_EC2_METADATA_DISABLED": None}):
                    done = project.run("status", **env, EDGE_DEPLOY_IDLE_MS="300")
                    what = f"{harm}, {next(iter(env))}"
                    check(done.code == 1, f"{what}: exit {done.code}\n{done.all[-3000:]}")
                    check(done.rss < MOST, f"{what}: {done.rss // MIB} MiB")
                    check("\x1b" not in done.all, f"{what}: an escape is shown")


TESTS = [servers, credential_services]
