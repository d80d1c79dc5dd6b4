"""The image samples: three languages, two kernels, three platforms, one answer."""
import functools
import json
import os
import shutil
import tempfile
import unittest

import compilers
from runtimes import Function, live_function, live_package, live_worker, validate, viceroy, workerd
from support import FASTLY, NODE, PROGRAM, Project, State, environment, needs, run

HERE = os.path.dirname(os.path.abspath(__file__))
KERNELS = {"simd": (), "scalar": ("--env", "scalar")}
BODY_LIMIT = 1 << 20


def noise(size, seed=1):
    out = bytearray(size)
    for at in range(size):
        seed = seed * 16807 % 2147483647
        out[at] = seed & 0xff
    return bytes(out)


def picture(kind, width, height, head=b"P%d\n%d %d\n255\n"):
    return head % (kind, width, height) + noise(width * height * (1 if kind == 5 else 3), width * 31 + height)


def median(body, kind, width, height):
    """By sorting: nothing of how the samples do it."""
    colours = 1 if kind == 5 else 3
    stride = width * colours
    samples = body[len(body) - stride * height:]
    out = bytearray()
    for y in range(height):
        rows = [samples[min(max(each, 0), height - 1) * stride:][:stride] for each in (y - 1, y, y + 1)]
        for x in range(stride):
            near = [each if 0 <= each < stride else x for each in (x - colours, x, x + colours)]
            out.append(sorted(row[each] for row in rows for each in near)[4])
    return body[:len(body) - stride * height] + bytes(out)


@functools.lru_cache
def answer_to(sample):
    return median(sample, 6, 590, 590)


# All widths around the kernel's sixteen samples, and pictures of one row, column and pixel.
SIZES = [(5, 1, 1), (6, 1, 1), (5, 1, 9), (6, 1, 5), (5, 7, 1), (6, 40, 1), (6, 2, 2), (5, 64, 48), (6, 97, 61),
         *((5, width, 4) for width in range(14, 38)), *((6, width, 3) for width in range(5, 15))]
GOOD = [(picture(*each), each) for each in SIZES]
GOOD.append((picture(6, 4, 3, b"P%d # a comment\r\n#\n \t%d %d # another\n255\n"), (6, 4, 3)))
EXPECTED = [(body, median(body, *size)) for body, size in GOOD]
BAD = {
    b"": 415, b"P": 415, b"P4\n1 1\n": 415, b"P7\nWIDTH 1\n": 415, b"\x89PNG\r\n\x1a\n": 415, b"p6\n1 1\n255\nabc": 415,
    b"P6": 400, b"P6\n": 400, b"P6\n1": 400, b"P6\n1 1": 400, b"P6\n1 1\n255": 400, b"P6\n1 1\n255\n": 400,
    b"P6\n1 1\n255\nab": 400, b"P6\n1 1\n254\nabc": 400, b"P6\n1 1\n65535\nabcdef": 400, b"P6\n0 1\n255\nabc": 400,
    b"P6\n1 0\n255\nabc": 400, b"P6\n-1 1\n255\nabc": 400, b"P6\n1 1\n255xabc": 400, b"P6 #": 400, b"P6 # 1 1 255 abc": 400,
    b"P6\n65535 65535\n255\nabc": 400, b"P6\n65536 1\n255\nabc": 400, b"P6\n99999999999999999999 1\n255\nabc": 400,
    b"P6\n1431655766 3\n255\nabc": 400, b"P5\n4294967297 1\n255\nabc": 400, b"P6\n21845 65535\n255\n" + bytes(64): 400,
    b"P6\n1 1\n" + b"0" * 5000: 400, b"P5\n" + b" " * 70000: 400,
}


class Sample:
    """Mixed into a test case for each language."""

    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.mkdtemp(prefix="edge-deploy-samples-")
        cls.addClassCleanup(shutil.rmtree, cls.folder, ignore_errors=True)
        extra, missing = getattr(compilers, cls.language)(cls.folder)
        if missing:
            raise unittest.SkipTest(missing)
        cls.env = environment(os.path.join(cls.folder, "home"), extra)
        place = os.path.join(cls.folder, "project")
        os.makedirs(place)
        made = run([PROGRAM, "init", "--template", f"image-{cls.language}"], place, cls.env)
        assert made.code == 0, made
        if cls.language == "assemblyscript":
            os.symlink(compilers.PACKAGES, os.path.join(place, "node_modules"))
        with open(os.path.join(place, "edge-deploy.json"), encoding="utf-8") as file:
            cls.project = Project(place, cls.env, json.load(file))
        cls.published, cls.stored = {}, {}
        sandbox = State(os.path.join(place, ".edge-deploy/sandbox"))
        for kernel, options in KERNELS.items():
            if kernel == "scalar":
                cls.without_build()  # it has built both
            cls.published[kernel] = cls.project.publish("--sandbox", *options)
            assert cls.published[kernel].code == 0, cls.published[kernel]
            name = "edge-image" if kernel == "simd" else "edge-image-scalar"
            service = next(each["resource"] for each in cls.published[kernel].json["deployments"]
                           if each["target"] == "fast")
            cls.stored[kernel] = (live_worker(sandbox, name), live_function(sandbox, name),
                                  live_package(sandbox, service)[1])

    @classmethod
    def without_build(cls):
        with open(os.path.join(cls.project.folder, "edge-deploy.json"), encoding="utf-8") as file:
            manifest = json.load(file)
        del manifest["build"]
        cls.project.write({"edge-deploy.json": json.dumps(manifest)})

    def converse(self, runtime):
        hello = runtime.ask("/")
        self.assertEqual((hello.status, hello.headers["content-type"]), (200, "text/plain; charset=utf-8"), hello)
        self.assertEqual(runtime.ask("/health?x=1").body, b"ok\n")
        self.assertEqual(runtime.ask("/nowhere").status, 404)
        self.assertEqual(runtime.ask("/denoise").status, 405)
        for body, expected in EXPECTED:
            got = runtime.ask("/denoise?x=1", "POST", body)
            self.assertEqual((got.status, got.headers["content-type"]), (200, "image/x-portable-anymap"), body[:40])
            self.assertTrue(got.body == expected, f"another answer to {body[:20]!r}")
        for body, status in BAD.items():
            got = runtime.ask("/denoise", "POST", body)
            self.assertEqual((got.status, got.headers["content-type"]), (status, "text/plain; charset=utf-8"), body[:40])
        self.assertEqual(runtime.ask("/health").body, b"ok\n")

    def converse_at_the_limit(self, runtime):
        """A picture of nearly a mebibyte, and bodies that are too large, in between and again and again."""
        with open(os.path.join(self.project.folder, "build/sample.ppm"), "rb") as file:
            body = file.read()
        expected = answer_to(body)
        for size in (BODY_LIMIT, BODY_LIMIT + 1, *[4 * BODY_LIMIT] * 12, 0):
            if size:
                got = runtime.ask("/denoise", "POST", bytes(size))
                self.assertEqual(got.status, 413 if size > BODY_LIMIT else 415, got)
            self.assertTrue(runtime.ask("/denoise", "POST", body).body == expected, "another answer to the sample")

    def module(self, kernel):
        """The path of the module in what is stored of the Worker."""
        path = os.path.join(self.folder, f"{kernel}.wasm")
        with open(path, "wb") as file:
            file.write(next(body for part, body in self.stored[kernel][0][1] if part["media_type"] == "application/wasm"))
        return path

    def test_published(self):
        for ended in self.published.values():
            document = ended.json
            self.assertTrue(document["ok"])
            self.assertEqual([each["state"] for each in document["deployments"]], ["live"] * 3)

    def test_compatible(self):
        for options in KERNELS.values():
            targets = self.project.deploy("check", *options).json["targets"]
            self.assertEqual([each["verdict"] for each in targets], ["compatible"] * 3, targets)

    def test_kernels(self):
        """What ships uses SIMD, or does not."""
        for kernel in KERNELS:
            path = self.module(kernel)
            features = run([PROGRAM, "inspect", "--format", "json", path], self.folder, self.env).json["module"]["features"]
            self.assertEqual("simd128" in [each["name"] for each in features], kernel == "simd", features)

    @needs(24)
    def test_benched(self):
        """What `bench` prints of it; how fast it is, is no test's business."""
        ended = self.project.deploy("bench", "--target", "lambda", env={**self.env, "EDGE_DEPLOY_NODE": NODE[24]})
        self.assertEqual(ended.code, 0, ended)
        target, = ended.json["bench"]["targets"]
        self.assertTrue(target["shipped"]["simd128"], target)
        runtime, = (each for each in target["runtimes"] if each["name"] == "node")
        self.assertIsNone(runtime["problem"], runtime)
        medians = {row["measure"]: row["shipped"]["median"] for row in runtime["rows"] if row["shipped"]}
        for measure in ("compile", "cold_start", "first_call", "throughput", "request_cpu"):
            self.assertGreater(medians[measure], 0, measure)

    @needs(22)
    def test_memory_stays(self):
        for kernel in KERNELS:
            ended = run([NODE[22], os.path.join(HERE, "memory.mjs"), self.module(kernel)], self.folder, self.env)
            self.assertEqual(ended.code, 0, ended)
            early, late = ended.json
            self.assertEqual(early, late, kernel)
            self.assertLess(late, 600, kernel)

    @needs("WORKERD")
    def test_in_workerd(self):
        for kernel, (worker, _, _) in self.stored.items():
            with workerd(os.path.join(self.folder, f"workerd-{kernel}"), *worker) as runtime:
                self.converse(runtime)
                self.converse_at_the_limit(runtime)

    def in_node(self, major):
        for kernel, (_, function, _) in self.stored.items():
            with Function(os.path.join(self.folder, f"node{major}-{kernel}"), *function, major) as runtime:
                self.converse(runtime)
                self.converse_at_the_limit(runtime)

    @needs(22)
    def test_in_node_22(self):
        self.in_node(22)

    @needs(24)
    def test_in_node_24(self):
        self.in_node(24)

    @needs("VICEROY")
    def test_in_viceroy(self):
        for kernel, (_, _, package) in self.stored.items():
            with viceroy(os.path.join(self.folder, f"viceroy-{kernel}"), package) as runtime:
                self.converse(runtime)
                self.converse_at_the_limit(runtime)

    @needs("FASTLY")
    def test_package_validates(self):
        for _, _, package in self.stored.values():
            ended = validate(FASTLY, self.folder, package, self.env)
            self.assertEqual(ended.code, 0, ended)


class C(Sample, unittest.TestCase):
    language = "c"


class Rust(Sample, unittest.TestCase):
    language = "rust"


class AssemblyScript(Sample, unittest.TestCase):
    language = "assemblyscript"
