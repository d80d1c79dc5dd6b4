"""A proxy on loopback between a client and the sandbox that keeps each request and reply; and what can
be said of requests without what differs from run to run: method, path, query, header names and
the shape of the body."""
import contextlib
import http.client
import http.server
import json
import re
import threading
import urllib.parse
import xml.etree.ElementTree

# What differs from run to run, or says only when and by whom.
VARIABLE = (
    (r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}", "UUID"),
    (r"\b[0-9a-f]{64}\b", "SHA256"), (r"\b[0-9a-f]{40}\b", "COMMIT"), (r"\b[0-9a-f]{8}-[0-9a-f]{4}\b", "TAG"),
    (r"127\.0\.0\.1:\d+", "HOST"),
)


class Reply:
    def __init__(self, status, headers, body):
        self.status, self.body = status, body
        self.headers = {name.lower(): value for name, value in headers}


class Request:
    def __init__(self, method, target, headers, body):
        self.method, self.body = method, body
        self.path, _, self.query = target.partition("?")
        self.headers = {name.lower(): value for name, value in headers}

    def line(self, names):
        """`names`: what stands for parts of the path, [(regular expression, word)]."""
        path = self.path
        for pattern, word in (*names, *VARIABLE):
            path = re.sub(pattern, word, path)
        return f"{self.method} {path}"


class Recorder(http.server.ThreadingHTTPServer):
    """`requests` are those since it was started, in the order of their ends; `replies` are theirs."""
    daemon_threads = True

    def __init__(self, sandbox):
        super().__init__(("127.0.0.1", 0), Handler)
        self.port, self.requests, self.replies = int(sandbox.base.rsplit(":", 1)[1]), [], []
        base = f"http://127.0.0.1:{self.server_address[1]}"
        self.environment = {name: value.replace(sandbox.base, base) for name, value in sandbox.environment.items()}

    def interrupt(self, method, path):
        """For tests that have something happen just before a request arrives."""

    def __enter__(self):
        threading.Thread(target=self.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_):
        self.shutdown()
        self.server_close()


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def pass_on(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        self.server.interrupt(self.command, self.path)
        connection = http.client.HTTPConnection("127.0.0.1", self.server.port, timeout=120)
        with contextlib.closing(connection):
            connection.putrequest(self.command, self.path, skip_host=True, skip_accept_encoding=True)
            for name, value in self.headers.items():
                connection.putheader(name, value)
            connection.endheaders(body)
            reply = connection.getresponse()
            answer = reply.read()
        self.server.requests.append(Request(self.command, self.path, self.headers.items(), body))
        self.server.replies.append(Reply(reply.status, reply.getheaders(), answer))
        self.send_response_only(reply.status)
        for name, value in reply.getheaders():
            if name.lower() not in ("content-length", "transfer-encoding", "connection"):
                self.send_header(name, value)
        if reply.status != 204:
            self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = pass_on


def flatten(value, at=""):
    """A document as {path: leaf}."""
    if isinstance(value, dict):
        items = [(f"{at}.{key}" if at else key, each) for key, each in value.items()]
    elif isinstance(value, list) and any(isinstance(each, (dict, list)) for each in value):
        items = [(f"{at}[{i}]", each) for i, each in enumerate(value)]
    else:
        return {at: value}
    out = {}
    for path, each in items:
        out.update(flatten(each, path))
    return out if items else {at: value}


def parts_of(request):
    boundary = re.search(r'boundary="?([^";]+)', request.headers["content-type"]).group(1)
    for part in request.body.split(b"--" + boundary.encode())[1:-1]:
        head, _, body = part[2:-2].partition(b"\r\n\r\n")
        fields = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
        fields = {name.lower(): value for name, value in fields.items()}
        yield re.search(r'name="([^"]*)"', fields["content-disposition"]).group(1), fields, body


def multipart(request):
    out = {"parts in order": " ".join(name for name, _, _ in parts_of(request))}
    for name, fields, body in parts_of(request):
        for field, value in fields.items():
            out[f"part {name}: {field}"] = value
        if "content-type" in fields:
            out[f"part {name}: body"] = body
        else:
            out.update(flatten(json.loads(body), name))
    return out


def elements(body):
    def walk(node, at):
        name = f"{at}/{node.tag.rsplit('}', 1)[-1]}"
        out = {} if len(node) else {name: node.text or ""}
        for child in node:
            out.update(walk(child, name))
        return out

    return walk(xml.etree.ElementTree.fromstring(body), "")


def body_of(request):
    """The body as {what: value}."""
    media_type = request.headers.get("content-type", "")
    if not request.body:
        return {}
    if media_type.startswith("multipart/form-data"):
        return multipart(request)
    if request.body[:1] == b"<":
        return elements(request.body)
    if "urlencoded" in media_type:
        return dict(urllib.parse.parse_qsl(request.body.decode(), keep_blank_values=True))
    return flatten(json.loads(request.body))


def settle(value):
    if isinstance(value, str):
        for pattern, word in VARIABLE:
            value = re.sub(pattern, word, value)
    return value


def by_line(requests, names):
    out = {}
    for request in requests:
        out.setdefault(request.line(names), []).append(request)
    return out


def pair(line, mine, yours, out):
    """What differs in one request that both sent."""
    for one, side in (("ours", (mine, yours)), ("theirs", (yours, mine))):
        first, second = (set(each.query.split("&")) - {""} for each in side)
        out.update(f"{line}: query '{word}' only {one}" for word in first - second)
    mine, yours = body_of(mine), body_of(yours)
    for key in {**mine, **yours}:
        if key not in yours:
            out.add(f"{line}: body '{key}' only ours")
        elif key not in mine:
            out.add(f"{line}: body '{key}' only theirs")
        elif settle(mine[key]) != settle(yours[key]):
            out.add(f"{line}: body '{key}' differs")


VALUED = ("accept", "content-type", "user-agent")  # the others' values are credentials, sizes, times


def header_names(request):
    """Of those above with the value, without what a client makes up for each request."""
    out = set(request.headers) - set(VALUED)
    for name in set(request.headers) & set(VALUED):
        value = re.sub(r"boundary=.*", "boundary=", request.headers[name])
        out.add(f"{name}: {value.split('/')[0] if name == 'user-agent' else value}")
    return out


def differences(ours, theirs, names):
    """Two lists of requests for the same job: what is in one only, a sentence each. Headers are
    summed up over all requests that both sent."""
    out, headers = set(), {"ours": set(), "theirs": set()}
    first, second = by_line(ours, names), by_line(theirs, names)
    for line in {**first, **second}:
        if line not in second:
            out.add(f"only ours: {line}")
        elif line not in first:
            out.add(f"only theirs: {line}")
        else:
            pair(line, first[line][0], second[line][0], out)
            mine, yours = header_names(first[line][0]), header_names(second[line][0])
            headers["ours"] |= mine - yours
            headers["theirs"] |= yours - mine
    out |= {f"header '{name}' only {side}" for side, every in headers.items() for name in every}
    return out
