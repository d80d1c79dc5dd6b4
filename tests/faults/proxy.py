"""What stands between a run and the sandbox where --fault does not reach: TLS with a private
authority that goes wrong at one request, and a gate that holds one request back. Each connection
carries one request."""
import os
import socket
import ssl
import struct
import subprocess
import threading

# What of TLS goes wrong; a certificate of that name is made, "cut" ends the handshake.
TLS = ("tls-untrusted", "tls-name", "tls-expired", "tls-cut")


def make_certificates(folder):
    """An authority, and certificates of its and of another one's; None without openssl."""
    os.makedirs(folder)

    def openssl(*words):
        subprocess.run(["openssl", *words], cwd=folder, check=True, capture_output=True)

    key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
    for authority in ("ours", "theirs"):
        openssl("req", "-x509", *key, "-keyout", f"{authority}.key", "-out", f"{authority}.pem",
                "-days", "2", "-subj", f"/CN={authority}")
    for name, authority, host, days in (("good", "ours", "localhost", "1"),
                                        ("tls-untrusted", "theirs", "localhost", "1"),
                                        ("tls-name", "ours", "other.example", "1"),
                                        ("tls-expired", "ours", "localhost", "-1")):
        with open(os.path.join(folder, "names"), "w", encoding="utf-8") as file:
            file.write(f"subjectAltName=DNS:{host}\n")
        openssl("req", "-new", *key, "-keyout", f"{name}.key", "-out", "request", "-subj", f"/CN={host}")
        openssl("x509", "-req", "-in", "request", "-CA", f"{authority}.pem", "-CAkey",
                f"{authority}.key", "-CAcreateserial", "-days", days, "-extfile", "names",
                "-out", f"{name}.pem")


def context(folder, name):
    out = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    out.load_cert_chain(os.path.join(folder, f"{name}.pem"), os.path.join(folder, f"{name}.key"))
    return out


def read_message(connection):
    """Head and body of a request, None when it does not come whole."""
    data = b""
    while b"\r\n\r\n" not in data:
        piece = connection.recv(65536)
        if not piece:
            return None
        data += piece
    head, _, body = data.partition(b"\r\n\r\n")
    lines = head.split(b"\r\n")
    size = 0
    for line in lines:
        name, _, value = line.partition(b":")
        if name.lower() == b"content-length":
            size = int(value)
    while len(body) < size:
        piece = connection.recv(65536)
        if not piece:
            return None
        body += piece
    lines = [line for line in lines if not line.lower().startswith((b"connection:", b"expect:"))]
    return b"\r\n".join(lines + [b"Connection: close"]) + b"\r\n\r\n" + body


class Proxy:
    """Listens until close(); counts its connections from 1."""

    def __init__(self, port):
        self.port, self.count, self.lock = port, 0, threading.Lock()
        self.socket = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.own_port = self.socket.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                connection = self.socket.accept()[0]
            except OSError:
                return
            connection.settimeout(60)
            threading.Thread(target=self.serve, args=(connection,), daemon=True).start()

    def serve(self, connection):
        with self.lock:
            self.count += 1
            number = self.count
        try:
            with connection:
                self.pass_on(connection, number)
        except (OSError, ssl.SSLError):
            pass

    def forward(self, connection, message):
        with socket.create_connection(("127.0.0.1", self.port), timeout=60) as other:
            other.sendall(message)
            while True:
                piece = other.recv(65536)
                if not piece:
                    return
                connection.sendall(piece)

    def close(self):
        # A plain close would leave the accepting thread in its call.
        try:
            self.socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self.socket.close()


class TlsProxy(Proxy):
    def __init__(self, port, folder, kind, number):
        self.kind, self.number = kind, number
        self.good = context(folder, "good")
        self.bad = None if kind == "tls-cut" else context(folder, kind)
        super().__init__(port)

    def pass_on(self, connection, number):
        bad = number == self.number
        if bad and not self.bad:
            connection.recv(65536)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            return
        with (self.bad if bad else self.good).wrap_socket(connection, server_side=True) as safe:
            message = read_message(safe)
            if message:
                self.forward(safe, message)


class Gate(Proxy):
    """Holds one request back until it is opened."""

    def __init__(self, port, number):
        self.number, self.held, self.opened = number, threading.Event(), threading.Event()
        super().__init__(port)

    def pass_on(self, connection, number):
        message = read_message(connection)
        if number == self.number:
            self.held.set()
            self.opened.wait(60)
        if message:
            self.forward(connection, message)


def endpoints(env, base):
    """The variables that lead to the sandbox, led elsewhere."""
    port = port_of(env)
    return {name: value.replace(f"http://127.0.0.1:{port}", base) for name, value in env.items()
            if f"http://127.0.0.1:{port}" in value}


def port_of(env):
    return int(env["AWS_ENDPOINT_URL"].split(":")[2].split("/")[0])
