"""Real programs, published to the sandbox and run in the platforms' own runtimes: a Rust codec with
its own glue, an application of the vendor's JavaScript toolchain, and bare modules of three
compilers behind our glue."""
import base64
import os
import struct
import zlib

import prepare
from runtimes import Function, live_function, live_package, live_worker, validate, viceroy, workerd
from support import FASTLY, NODE, VICEROY, WORKERD, ClientCase, Project, needs

BINARY = bytes(range(256)) * 40 + b"\0\r\n\r\n\xff"
CLOUDFLARE = {"platform": "cloudflare", "compatibility_date": "2026-11-01"}
LAMBDA = {"platform": "lambda-edge", "role": "arn:aws:iam::123456789012:role/edge", "distribution": "E2QWRUHAPOMQZL",
          "event": "origin-request", "include_body": True}


def read(path):
    with open(path, "rb") as file:
        return file.read()


class Inputs(ClientCase):
    def publish(self, name, targets, files, **manifest):
        project = Project(os.path.join(self.folder, name), self.env, {"name": name, "targets": targets, **manifest}, files)
        return self.succeed(project.publish()).json["deployments"]

    def on_both(self, name, converse):
        """`converse(runtime)` with what is live of that name in workerd, Node 22 and Node 24."""
        runtimes = []
        if WORKERD:
            runtimes.append(("workerd", lambda place: workerd(place, *live_worker(self.sandbox, name))))
        for major in (major for major in NODE if NODE[major]):
            runtimes.append((f"node{major}", lambda place, major=major: Function(
                place, *live_function(self.sandbox, name), major)))
        for runtime, start in runtimes:
            with self.subTest(runtime), start(os.path.join(self.folder, f"{name}-{runtime}")) as running:
                converse(running)
        if len(runtimes) < 3:
            self.skipTest(f"ran only in {', '.join(each for each, _ in runtimes) or 'nothing'}")


class Bare(Inputs):
    """A module behind our glue."""

    def check(self, name, expected, media_type):
        path = prepare.module(name)
        self.publish(name, {"edge": {**CLOUDFLARE, "script": name}, "lambda": LAMBDA}, {"m.wasm": read(path)}, module="m.wasm")

        def converse(runtime):
            for body in (BINARY, b"", b"\xff" * 3):
                reply = runtime.ask("/work", "POST", body, {"Content-Type": "application/octet-stream"})
                self.assertEqual((reply.status, reply.body), (200, expected(body)))
                self.assertEqual(reply.headers["content-type"], media_type)

        self.on_both(name, converse)

    def test_c(self):
        self.check("c", lambda body: b"%08x %s\n" % (
            zlib.crc32(body), b" ".join(b"%d" % body.count(bytes([each])) for each in range(256))), "text/plain")

    def test_assemblyscript(self):
        self.check("assemblyscript", lambda body: bytes(each ^ 0xff for each in body), "application/octet-stream")

    def test_rust(self):
        self.check("rust", base64.b64encode, "text/plain")


def png(width, height, pixels):
    """An RGBA picture."""
    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(b"\0" + pixels[at:at + 4 * width] for at in range(0, len(pixels), 4 * width))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 6, 0, 0, 0)) +
            chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


def predict(kind, left, up, corner):
    nearest = min((left, up, corner), key=lambda each: abs(left + up - corner - each))
    return (0, left, up, (left + up) // 2, nearest)[kind]


def pixels_of(picture):
    """Width, height and the bytes of an RGBA picture (PNG specification, 9: filters)."""
    width, height, depth, colour = struct.unpack(">IIBB", picture[16:26])
    assert (depth, colour) == (8, 6), (depth, colour)
    data, at = b"", 8
    while at < len(picture):
        size, kind = struct.unpack(">I4s", picture[at:at + 8])
        data += picture[at + 8:at + 8 + size] if kind == b"IDAT" else b""
        at += size + 12
    data, stride, rows = zlib.decompress(data), 4 * width, [bytes(4 * width)]
    for start in range(0, height * (stride + 1), stride + 1):
        row = bytearray(4)
        for i in range(stride):
            up, corner = rows[-1][i], rows[-1][i - 4] if i >= 4 else 0
            row.append((data[start + 1 + i] + predict(data[start], row[i], up, corner)) & 255)
        rows.append(bytes(row[4:]))
    return width, height, b"".join(rows[1:])


class OwnGlue(Inputs):
    """@jsquash/png: Rust's png crate, with what wasm-bindgen wrote around it, as a user's own main."""

    def test_png(self):
        codec = prepare.package("@jsquash/png/codec/pkg")
        names = {"squoosh_png.js": codec, "squoosh_png_bg.wasm": codec}
        for name in ("png.mjs", "worker.mjs", "index.mjs", "package.json"):
            names[name] = os.path.join(prepare.SOURCES, "png")
        files = {name: read(os.path.join(folder, name)) for name, folder in names.items()}
        shared = {"modules": ["*.wasm"], "files": ["squoosh_png.js", "png.mjs"]}
        self.publish("png", {
            "edge": {**CLOUDFLARE, "main": "worker.mjs", **shared},
            "lambda": {**LAMBDA, "main": "index.mjs", **shared, "files": [*shared["files"], "package.json"]},
        }, files)
        width, height = 33, 17
        pixels = bytes((i * i // 7 + i) & 255 for i in range(4 * width * height))
        inverted = bytes(each if i % 4 == 3 else 255 - each for i, each in enumerate(pixels))

        def converse(runtime):
            reply = runtime.ask("/", "POST", png(width, height, pixels), {"Content-Type": "image/png"})
            self.assertEqual((reply.status, reply.headers["content-type"]), (200, "image/png"))
            self.assertEqual(pixels_of(reply.body), (width, height, inverted))

        self.on_both("png", converse)


class Application(Inputs):
    """Built by @fastly/js-compute: 11 MB with a JavaScript engine in it."""

    @needs("FASTLY")
    def test_js_compute(self):
        module = read(prepare.module("js-compute"))
        self.assertGreater(len(module), 10_000_000)
        target = {"platform": "fastly", "domains": ["js.edgecompute.app"], "module": "main.wasm"}
        deployments = self.publish("js", {"fast": target}, {"main.wasm": module}, optimize={"level": "none"})
        _, package = live_package(self.sandbox, deployments[0]["resource"])
        self.succeed(validate(FASTLY, self.folder, package, self.env))
        if not VICEROY:
            self.skipTest("validated by the fastly CLI, but not run: viceroy not installed")
        with viceroy(os.path.join(self.folder, "viceroy"), package) as runtime:
            reply = runtime.ask("/crc", "POST", BINARY)
            self.assertEqual((reply.status, reply.body), (200, b"%08x" % zlib.crc32(BINARY)))
            self.assertEqual(runtime.ask("/other").status, 404)
