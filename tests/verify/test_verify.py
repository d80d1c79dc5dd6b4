"""publish, verify and rollback against addresses that answer with what was published."""
import json
import os
import shutil
import tempfile

from runtimes import Reply
from support import ClientCase, Project, needs, wasm
from world import World, first, slow

import unittest

SOURCE = """(module
  (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
  (memory (export "memory") 1)
  (data (i32.const 0) "\\10\\00\\00\\00\\%02x\\00\\00\\00")
  (data (i32.const 16) "%s")
  (func (export "_start") (drop (call $write (i32.const 1) (i32.const 0) (i32.const 1) (i32.const 8)))))"""
TARGETS = {
    "edge": {"platform": "cloudflare", "compatibility_date": "2026-11-01"},
    "fast": {"platform": "fastly", "domains": ["hello.edgecompute.app"]},
    "lambda": {"platform": "lambda-edge", "role": "arn:aws:iam::123456789012:role/edge",
               "distribution": "E2QWRUHAPOMQZL", "event": "viewer-request"},
}


def module(word, status=200):
    text = f"Status: {status}\nContent-Type: text/plain\n\n{word}\n"
    return wasm(SOURCE % (len(text), text.replace("\n", "\\n")))


@unittest.skipUnless(shutil.which("openssl"), "openssl not installed")
@needs("WORKERD", 24)
class Verification(ClientCase):
    """Each test has a sandbox, a world and a project of its own."""

    @classmethod
    def setUpClass(cls):
        pass

    def setUp(self):
        super().setUpClass.__func__(type(self))
        folder = tempfile.mkdtemp(dir=self.folder)
        self.world = World(folder, self.sandbox)
        self.addCleanup(self.doClassCleanups)
        self.addCleanup(self.world.close)
        self.env = {**self.env, **self.world.environment}

    def project(self, *targets, **verify):
        self.manifest = {"name": "hello", "module": "app.wasm", "optimize": {"level": "none"},
                    "verify": {"path": "/", "contains": "one", "timeout_s": 30, **verify},
                    "targets": {name: TARGETS[name] for name in targets or TARGETS}}
        return Project(os.path.join(self.folder, "project"), self.env, self.manifest, {"app.wasm": module("one")})

    def change(self, project, word, status=200, timeout_s=30):
        """Another module, which says `word`, and how long to wait for it; committed."""
        self.manifest["verify"]["timeout_s"] = timeout_s
        project.write({"app.wasm": module(word, status), "edge-deploy.json": json.dumps(self.manifest)})
        project.commit(word)

    def expect(self, ended, code, **words):
        """The exit code, and of each target named its verification."""
        self.assertEqual(ended.code, code, ended)
        rows = {each["target"]: each for each in ended.json["deployments"]}
        for target, word in words.items():
            self.assertEqual(rows[target].get("verification"), word, ended)
        return rows

    def test_just_this_version_answers(self):
        project = self.project()
        rows = self.expect(project.publish(), 0, edge="ok", fast="ok", **{"lambda": "ok"})
        for name in ("edge", "lambda"):
            self.assertEqual(rows[name]["answered"], "sha256:" + rows[name]["artifact_sha256"])
            self.assertEqual(rows[name]["probe"], "ok")
        self.assertNotIn("answered", rows["fast"])
        asked = [each for each in self.world.seen if "edge-deploy-version" in each.headers]
        self.assertEqual({each.host.split(".", 1)[1] for each in asked},
                         {"edge-deploy-sandbox.workers.dev", "cloudfront.net"})
        for each in asked:
            each.headers.pop("edge-deploy-version")
            reply = self.world.answer(each)
            self.assertEqual((reply.status, reply.body), (200, b"one\n"))
            self.assertNotIn("edge-deploy-version", reply.headers)

    def test_stale_for_a_while(self):
        project = self.project("edge", "lambda")
        self.expect(project.publish(), 0)
        old = {each: self.world.worker_of("hello", each) if "workers" in each.host else self.world.live_function()
               for each in {request.host: request for request in self.world.seen}.values()}
        earlier = {request.host: key for request, key in old.items()}

        def stale(request):
            return self.world.ask(earlier[request.host], request)

        self.change(project, "one more")
        self.world.seen = []
        self.world.behave = first(5, stale, self.world.answer)
        ended = project.publish()
        self.expect(ended, 0, edge="ok", **{"lambda": "ok"})
        self.assertIn("is answered by another version", ended.err)
        self.assertGreaterEqual(len(self.world.seen), 7)
        self.world.behave = stale
        self.change(project, "one again", timeout_s=3)
        ended = project.publish()
        rows = self.expect(ended, 5, edge="stale", **{"lambda": "stale"})
        self.assertIn("asked", rows["edge"]["error"])
        self.assertNotEqual(rows["edge"]["answered"], "sha256:" + rows["edge"]["artifact_sha256"])
        self.world.reset()
        self.expect(project.deploy("verify"), 0, edge="ok", **{"lambda": "ok"})

    def test_broken_is_rolled_back(self):
        project = self.project("edge", "lambda", on_failure="rollback")
        live = self.expect(project.publish(), 0)
        self.change(project, "one, but badly", 500, timeout_s=3)
        ended = project.publish()
        rows = self.expect(ended, 5, edge="broken", **{"lambda": "broken"})
        for name, row in rows.items():
            self.assertEqual((row["state"], row["version"]), ("rolled-back", live[name]["version"]))
        self.assertIn("answers with status 500, 200 is expected", ended.json["error"]["message"])
        self.assertIn("is live again", ended.json["error"]["hint"])
        rows = self.expect(project.deploy("verify"), 0, edge="ok", **{"lambda": "ok"})
        for name, row in rows.items():
            self.assertEqual(row["answered"], "sha256:" + live[name]["artifact_sha256"])
            self.assertEqual(row["matches"], {"live_recorded": True, "live_local": False, "local_recorded": False})

    def test_broken_is_reported(self):
        project = self.project("edge", contains="two", timeout_s=2)
        ended = project.publish()
        rows = self.expect(ended, 5, edge="broken")
        self.assertEqual(rows["edge"]["state"], "live")
        self.assertEqual(rows["edge"]["answered"], "sha256:" + rows["edge"]["artifact_sha256"])
        self.assertIn("it is this version that answers so", ended.json["error"]["hint"])

    def test_slow(self):
        project = self.project("edge", timeout_s=1)
        self.world.behave = slow(3, self.world.answer)
        ended = project.publish()
        self.expect(ended, 5, edge="slow")
        self.assertIn("does not answer within 1 s", ended.json["error"]["message"])

    def test_a_new_address_comes_late(self):
        project = self.project("edge", on_failure="rollback", timeout_s=2)
        gone = iter(range(3))
        self.world.refused = [r".*\.workers\.dev"]

        def later(request):
            return Reply(404, {}, b"nothing yet\n") if next(gone, None) is not None else self.world.answer(request)

        ended = project.publish()
        rows = self.expect(ended, 5, edge="unreachable")
        self.assertEqual(rows["edge"]["state"], "live")  # nothing was live before
        self.assertIn("nothing was live before", ended.err)
        self.world.refused, self.world.behave, self.world.seen = [], later, []
        self.expect(project.deploy("verify", "--timeout", "60"), 0, edge="ok")
        self.assertEqual(len(self.world.seen), 4)

    def test_hangs_up(self):
        project = self.project("edge", timeout_s=2)
        self.world.behave = lambda request: None
        self.expect(project.publish(), 5, edge="unreachable")

    def switch_previews(self, on):
        """Only where they are on has each version of a Worker an address."""
        account = self.env["CLOUDFLARE_ACCOUNT_ID"]
        done = self.ask(f"/cf/client/v4/accounts/{account}/workers/scripts/hello/subdomain", "POST",
                        json.dumps({"enabled": True, "previews_enabled": on}).encode(), "application/json")
        self.assertEqual(done[0], 200, done)

    def test_staged(self):
        project = self.project("edge")
        ended = project.deploy("verify", "--staged")
        self.assertEqual((ended.code, ended.json["deployments"][0]["verification"]), (5, "missing"), ended)
        live = self.expect(project.publish(), 0)["edge"]
        self.change(project, "one, staged")
        staged = self.expect(project.publish("--stage"), 0)["edge"]
        self.assertEqual(staged["state"], "uploaded")
        self.switch_previews(False)
        ended = project.deploy("verify", "--staged")
        self.expect(ended, 5, edge="unknown")
        self.assertIn("has no address", ended.json["error"]["message"])
        self.switch_previews(True)
        self.world.seen = []
        rows = self.expect(project.deploy("verify", "--staged"), 0, edge="ok")
        self.assertEqual(rows["edge"]["answered"], "sha256:" + staged["artifact_sha256"])
        self.assertEqual((rows["edge"]["staged"]["percent"], rows["edge"]["live"]["percent"]), (0, 100))
        self.assertEqual((rows["edge"]["version"], rows["edge"]["live"]["version"]),
                         (staged["version"], live["version"]))
        self.assertEqual(rows["edge"]["matches"],
                         {"live_staged": False, "live_local": False, "local_staged": True})
        self.assertEqual(self.expect(project.deploy("verify"), 0, edge="ok")["edge"]["version"], live["version"])
        self.change(project, "badly", 500, timeout_s=2)
        self.expect(project.publish("--stage"), 0)
        self.expect(project.deploy("verify", "--staged"), 5, edge="broken")
        self.assertEqual(self.expect(project.deploy("verify"), 0, edge="ok")["edge"]["version"], live["version"])

    def test_staged_at_another_address(self):
        project = self.project("fast")
        self.expect(project.publish(), 0)
        self.assertEqual(self.world.seen[-1].place, "hello.edgecompute.app")
        self.change(project, "one, staged")
        self.expect(project.publish("--stage"), 0)
        self.expect(project.deploy("verify", "--staged"), 0, fast="ok")
        asked = self.world.seen[-1]
        self.assertRegex(asked.place, r"^[0-9.]+$")
        self.assertEqual(asked.host, "hello.edgecompute.app")

    def test_what_cannot_be_staged(self):
        project = self.project("lambda")
        ended = project.deploy("verify", "--staged")
        self.assertEqual(ended.code, 2, ended)
        self.assertIn("nothing can be staged on", ended.json["error"]["message"])

    def test_a_share_of_the_traffic(self):
        project = self.project("edge")
        self.expect(project.publish(), 0)
        self.change(project, "one, for some")
        self.world.seen = []
        row = self.expect(project.publish("--traffic", "10"), 0, edge="ok")["edge"]
        self.assertEqual(row["answered"], "sha256:" + row["artifact_sha256"])
        pin = f'hello="{row["version"]}"'
        self.assertEqual(self.world.seen[-1].headers.get("cloudflare-workers-version-overrides"), pin)
        row = self.expect(project.deploy("verify"), 0, edge="ok")["edge"]
        self.assertEqual(row["answered"], "sha256:" + row["artifact_sha256"])

    def test_what_lies_here(self):
        project = self.project("edge")
        row = self.expect(project.publish(), 0)["edge"]
        same = self.expect(project.deploy("verify"), 0)["edge"]
        self.assertEqual([same[side]["artifact_sha256"] for side in ("recorded", "live", "local")],
                         [row["artifact_sha256"]] * 3)
        self.assertEqual(same["matches"], {"live_recorded": True, "live_local": True, "local_recorded": True})
        project.write({"app.wasm": module("two")})
        other = self.expect(project.deploy("verify"), 0)["edge"]
        self.assertEqual(other["matches"], {"live_recorded": True, "live_local": False, "local_recorded": False})
        os.unlink(os.path.join(project.folder, "app.wasm"))
        none = self.expect(project.deploy("verify"), 0)["edge"]
        self.assertIsNone(none["local"]["artifact_sha256"])
        self.assertIn("app.wasm", none["local"]["why_not"])
        self.assertEqual(none["matches"], {"live_recorded": True, "live_local": None, "local_recorded": None})
