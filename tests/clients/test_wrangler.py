"""The real wrangler, complete against the sandbox: deploy, deploy again, versions, shares, rollback.
What it left is asked for through the API."""
import json
import os
import re

from support import NODE, WRANGLER, ClientCase, needs, wasm

ADD = '(module (func (export "add") (param i32 i32) (result i32) local.get 0 local.get 1 i32.add))'
WORKER = """import add from "./add.wasm";
const { exports } = new WebAssembly.Instance(add);
export default { fetch: () => new Response("VERSION " + exports.add(40, 2)) };
"""
CONFIG = {
    "name": "edge-wrangler", "main": "worker.mjs", "compatibility_date": "2026-11-01", "no_bundle": True,
    "workers_dev": True, "rules": [{"type": "CompiledWasm", "globs": ["**/*.wasm"], "fallthrough": False}],
}


@needs("WRANGLER", 22)
class Wrangler(ClientCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.place = os.path.join(cls.folder, "project")
        os.makedirs(cls.place)
        cls.save("wrangler.json", json.dumps(CONFIG))
        with open(os.path.join(cls.place, "add.wasm"), "wb") as file:
            file.write(wasm(ADD))

    @classmethod
    def save(cls, name, text):
        with open(os.path.join(cls.place, name), "w", encoding="utf-8") as file:
            file.write(text)

    def wrangler(self, *words, version=None):
        if version:
            self.save("worker.mjs", WORKER.replace("VERSION", version))
        ended = self.succeed(self.run_in(self.place, NODE[22], WRANGLER, *words))
        found = re.search(r"Version ID: *([0-9a-f-]{36})", ended.out)
        return found and found.group(1)

    def script(self, path):
        account = self.env["CLOUDFLARE_ACCOUNT_ID"]
        status, document = self.ask(f"/cf/client/v4/accounts/{account}/workers/scripts/edge-wrangler{path}")
        self.assertEqual((status, document["success"]), (200, True), document)
        return document["result"]

    def live(self):
        newest = self.script("/deployments")["deployments"][0]
        return {each["version_id"]: each["percentage"] for each in newest["versions"]}

    def test_all(self):
        first = self.wrangler("deploy", version="one")
        self.assertEqual(self.live(), {first: 100})
        self.assertTrue(self.script("/subdomain")["enabled"])

        second = self.wrangler("deploy", version="two")
        self.assertNotEqual(first, second)
        self.assertEqual(self.live(), {second: 100})

        third = self.wrangler("versions", "upload", "--message", "canary", "--tag", "c1", version="three")
        self.assertEqual(self.live(), {second: 100}, "an upload deploys nothing")
        annotations = self.script(f"/versions/{third}")["annotations"]
        self.assertEqual((annotations["workers/message"], annotations["workers/tag"]), ("canary", "c1"))

        self.wrangler("versions", "deploy", f"{third}@10%", f"{second}@90%", "-y", "--message", "a tenth")
        self.assertEqual(self.live(), {third: 10, second: 90})

        self.wrangler("rollback", first, "-y", "--message", "back")
        self.assertEqual(self.live(), {first: 100})
        self.assertEqual(self.script("/deployments")["deployments"][0]["annotations"]["workers/message"], "back")

        versions = [each["id"] for each in self.script("/versions")["items"]]
        self.assertEqual(versions, [third, second, first])
        self.assertEqual([each for each in self.sandbox.journal() if each["status"] >= 400 and each["status"] != 404], [])
