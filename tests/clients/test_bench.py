"""edge-deploy bench on the real runtimes: what it measures and what not, budgets, and modules that
never answer. No time is compared with another: machines differ."""
import json
import os
import signal
import subprocess
import tempfile
import time
import unittest

from support import NODE, PROGRAM, VICEROY, WORKERD, environment, needs, run, wasm

# "HTTP bytes": each request gets the same answer.
ANSWERS = r'''(module (memory (export "memory") 2)
  (func (export "edge_alloc") (param i32) (result i32) (i32.const 65536))
  (data (i32.const 16) "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n\r\nhello")
  (func (export "edge_handle") (param i32 i32) (result i64) BODY
    (i64.or (i64.shl (i64.const 16) (i64.const 32)) (i64.const 50))))'''
HANGS = "(loop $forever (br $forever))"
LIBRARY = '(module (import "env" "f" (func (param i32) (result i32))) (func (export "g") (param i32) (result i32) (call 0 (local.get 0))))'
# Answers with the platform's own functions.
PROGRAM_OF_ITS_OWN = '''(module
  (import "fastly_http_resp" "new" (func $response (param i32) (result i32)))
  (import "fastly_http_body" "new" (func $body (param i32) (result i32)))
  (import "fastly_http_resp" "send_downstream" (func $send (param i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (func (export "_start")
    (drop (call $response (i32.const 0))) (drop (call $body (i32.const 4)))
    (drop (call $send (i32.load (i32.const 0)) (i32.load (i32.const 4)) (i32.const 0)))))'''
MEASURES = ["compile", "instantiate", "cold_start", "cold_start_cpu", "first_call", "throughput", "request_cpu", "memory"]
TARGETS = {
    "workerd": {"platform": "cloudflare", "account_id": "0" * 32, "compatibility_date": "2026-11-01"},
    "node": {"platform": "lambda-edge", "runtime": "nodejs22.x", "event": "viewer-request", "distribution": "E2QWRUHAPOMQZL"},
}


class Bench(unittest.TestCase):
    def setUp(self):
        self.temporary = tempfile.TemporaryDirectory()
        self.addCleanup(self.temporary.cleanup)
        self.folder = self.temporary.name
        os.makedirs(os.path.join(self.folder, "tmp"))
        runtimes = {"NODE": NODE[22], "WORKERD": WORKERD, "VICEROY": VICEROY}
        named = {f"EDGE_DEPLOY_{name}": path for name, path in runtimes.items() if path}
        self.env = {**environment(os.path.join(self.folder, "home"), named), "TMPDIR": os.path.join(self.folder, "tmp")}

    def write(self, runtime, text=ANSWERS.replace("BODY", ""), **more):
        with open(os.path.join(self.folder, "app.wasm"), "wb") as file:
            file.write(wasm(text))
        manifest = {"name": "app", "module": "app.wasm", "targets": {"one": TARGETS[runtime]}, **more}
        with open(os.path.join(self.folder, "edge-deploy.json"), "w", encoding="utf-8") as file:
            json.dump(manifest, file)

    def bench(self, *options):
        ended = run([PROGRAM, "bench", "--format", "json", *options], self.folder, self.env, 400)
        self.assertEqual(os.listdir(self.env["TMPDIR"]), [], "what was made for the runtimes is removed")
        return ended

    def measured(self, ended):
        self.assertIn(ended.code, (0, 3), str(ended))
        runtime, = ended.json["bench"]["targets"][0]["runtimes"]
        return {row["measure"]: row for row in runtime["rows"]}, runtime

    def check_number(self, number, over_empty=False):
        self.assertEqual(set(number), {"p25", "median", "low", "high", "count", "unit"})
        self.assertGreaterEqual(number["count"], 3)
        self.assertLessEqual(number["low"], number["high"])
        if not over_empty:
            self.assertGreater(number["p25"], 0)

    def check_all(self, rows, lacking):
        self.assertEqual(list(rows), MEASURES)
        for name, row in rows.items():
            if name in lacking:
                self.assertIsNone(row["shipped"], name)
                self.assertTrue(row["note"], name)
                continue
            for form in ("original", "shipped"):
                self.assertIsNotNone(row[form], row)
                self.check_number(row[form], over_empty=name == "compile" or name.startswith("cold"))

    def check_entry(self, runtime, lacking=()):
        self.write(runtime, ANSWERS.replace("BODY", "(nop) (nop)"), budget={"cold_start_ms": 1e6, "compile_ms": 1e6})
        ended = self.bench()
        self.assertEqual(ended.code, 0, str(ended))
        rows, found = self.measured(ended)
        self.check_all(rows, lacking)
        self.assertGreater(found["reference_compile"]["p25"], 0)
        self.assertGreater(rows["cold_start"]["empty_worker"]["p25"], 0)
        target = ended.json["bench"]["targets"][0]
        self.assertEqual(target["findings"], [])
        self.assertEqual(target["original"]["simd128"], False)
        for size in ("bytes", "gzip_bytes", "zip_bytes"):
            self.assertLessEqual(target["shipped"][size], target["original"][size])

    @needs(22)
    def test_node(self):
        self.check_entry("node")

    @needs("WORKERD")
    def test_workerd(self):
        self.check_entry("workerd", ("instantiate", "first_call"))

    @needs(22)
    def test_budget(self):
        self.write("node", budget={"cold_start_ms": 0.001, "compile_ms": 0.001})
        ended = self.bench()
        self.assertEqual(ended.code, 3, str(ended))
        found = ended.json["bench"]["targets"][0]["findings"]
        self.assertEqual([(each["rule"], each["level"], each["subject"]) for each in found],
                         [("budget", "error", "cold_start_ms"), ("budget", "error", "compile_ms")])

    def check_stubs(self, runtime):
        self.write(runtime, LIBRARY)
        ended = self.bench("app.wasm", "--platform", TARGETS[runtime]["platform"] + "@" +
                           TARGETS[runtime].get("runtime", "2026-11-01"))
        rows, _ = self.measured(ended)
        self.assertEqual(ended.code, 0, str(ended))
        for name in ("compile", "cold_start"):
            self.check_number(rows[name]["shipped"], True)
        for name in ("first_call", "throughput", "memory"):
            self.assertIsNone(rows[name]["shipped"])

    @needs(22)
    def test_library_in_node(self):
        self.check_stubs("node")

    @needs("WORKERD")
    def test_library_in_workerd(self):
        self.check_stubs("workerd")

    def check_hanging(self, runtime):
        self.write(runtime, ANSWERS.replace("BODY", HANGS), optimize={"level": "none"})
        ended = self.bench()
        self.assertEqual(ended.code, 0, str(ended))
        rows, found = self.measured(ended)
        self.assertEqual(rows, {})
        self.assertIn("did not answer", found["problem"])

    @needs(22)
    def test_hanging_in_node(self):
        self.check_hanging("node")

    @needs("WORKERD")
    def test_hanging_in_workerd(self):
        self.check_hanging("workerd")

    @needs("WORKERD")
    def test_interrupted(self):
        self.write("workerd")
        process = subprocess.Popen([PROGRAM, "bench", "-q"], cwd=self.folder, env=self.env,
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 60
        while not os.listdir(self.env["TMPDIR"]) and time.monotonic() < deadline:
            time.sleep(0.05)
        time.sleep(1)
        process.send_signal(signal.SIGINT)
        self.assertEqual(process.wait(30), 130)
        self.assertEqual(os.listdir(self.env["TMPDIR"]), [])

    @needs("VICEROY")
    def test_viceroy(self):
        with open(os.path.join(self.folder, "app.wasm"), "wb") as file:
            file.write(wasm(PROGRAM_OF_ITS_OWN))
        ended = self.bench("app.wasm", "--platform", "fastly")
        self.assertEqual(ended.code, 0, str(ended))
        viceroy = ended.json["bench"]["targets"][0]["runtimes"][0]
        self.check_all({row["measure"]: row for row in viceroy["rows"]}, ("compile", "instantiate", "first_call"))

    @needs(22)
    def test_body(self):
        self.write("node", bench={"method": "POST", "path": "/x?y=1", "body": "body.bin"})
        self.assertEqual(self.bench().code, 2)  # it is not there
        with open(os.path.join(self.folder, "body.bin"), "wb") as file:
            file.write(bytes(range(256)) * 100)
        rows, _ = self.measured(self.bench())
        self.check_number(rows["throughput"]["shipped"])
