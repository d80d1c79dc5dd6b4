"""What somebody else has set up between two publishes of ours, with the vendors' clients and through
the APIs: our next publish keeps it, whatever kind of setting it is."""
import json
import os
import subprocess

import test_aws
from support import CLIENTS, FASTLY, HERE, NODE, WRANGLER, ClientCase, Project, needs, run, wasm

MAIN = '(module (memory (export "memory") 1) (func (export "_start")) (data (i32.const 0) "WORD"))'


class Kept(ClientCase):
    """`target` is published, `theirs` changes things, and what `settings` sees stays."""

    def publish(self, project, word, *options):
        project.write({"main.wasm": wasm(MAIN.replace("WORD", word))})
        project.commit(word)
        return project.publish(*options)

    def keep(self, target, theirs, settings):
        project = Project(os.path.join(self.folder, "project"), self.env,
                          {"name": "kept", "targets": {"only": target}, "module": "main.wasm", "optimize": {"level": "none"}})
        first = self.succeed(self.publish(project, "one")).json["deployments"][0]
        before = settings(first)
        theirs(project, first)
        changed = settings(first)
        self.assertEqual([key for key in before if before[key] == changed[key]], [], "they changed nothing")
        ended = self.publish(project, "two")
        if ended.code == 2:  # it counts as a deployment of theirs: both sides are named, and nothing was sent
            self.assertIn("--overwrite", ended.json["error"]["hint"])
            self.assertIn(first["version"], ended.json["error"]["message"] + ended.err)
            self.assertEqual(settings(first), changed)
            ended = project.publish("--overwrite")
        second = self.succeed(ended).json["deployments"][0]
        self.assertNotEqual(first["version"], second["version"])
        self.assertEqual(settings(second), changed)
        again = self.succeed(project.publish("--force")).json["deployments"][0]
        self.assertEqual(settings(again), changed)


@needs("WRANGLER", 22)
class Cloudflare(Kept):
    ZONE = "/cf/client/v4/zones/5a4db0c5a4db0c5a4db0c5a4db0ca001/workers/routes"

    def script(self, path, method="GET", body=None, media_type="application/json"):
        whole = f"/cf/client/v4/accounts/{self.env['CLOUDFLARE_ACCOUNT_ID']}/workers/scripts/kept{path}"
        status, document = self.ask(whole, method, body, media_type if body else None)
        self.assertEqual(status, 200, document)
        return document["result"]

    def settings(self, _):
        live = self.script("/deployments")["deployments"][0]["versions"][0]["version_id"]
        bindings = self.script(f"/versions/{live}")["resources"]["bindings"]
        return {"bindings": sorted((json.dumps(each, sort_keys=True) for each in bindings)),
                "routes": [(each["pattern"], each["script"]) for each in self.ask(self.ZONE)[1]["result"]],
                "schedules": [each["cron"] for each in self.script("/schedules")["schedules"]],
                "logpush": self.script("/script-settings")["logpush"]}

    def theirs(self, project, _):
        bindings = [{"name": "GREETING", "type": "plain_text", "text": "hello"}, {"name": "OBJECT", "type": "json", "json": {"a": 1}},
                    {"name": "KV", "type": "kv_namespace", "namespace_id": "0" * 32},
                    {"name": "BUCKET", "type": "r2_bucket", "bucket_name": "b"}, {"name": "OTHER", "type": "service", "service": "other"}]
        form = ('--b\r\nContent-Disposition: form-data; name="settings"; filename="settings"\r\n'
                f'Content-Type: application/json\r\n\r\n{json.dumps({"bindings": bindings})}\r\n--b--\r\n')
        self.script("/settings", "PATCH", form.encode(), "multipart/form-data; boundary=b")
        put = subprocess.run([NODE[22], WRANGLER, "secret", "put", "TOKEN", "--name", "kept"], cwd=project.folder, env=self.env,
                             input="hunter2", capture_output=True, text=True, timeout=180, check=False)
        self.assertEqual(put.returncode, 0, put)
        self.script("/schedules", "PUT", b'[{"cron": "*/5 * * * *"}]')
        self.script("/script-settings", "PATCH", b'{"logpush": true}')
        body = b'{"pattern": "kept.example.com/*", "script": "kept"}'
        self.assertEqual(self.ask(self.ZONE, "POST", body, "application/json")[0], 200)

    def test_kept(self):
        self.keep({"platform": "cloudflare", "compatibility_date": "2026-11-01"}, self.theirs, self.settings)


@needs("FASTLY")
class Fastly(Kept):
    def settings(self, deployment):
        service = f"/fastly/service/{deployment['resource']}"
        versions = self.ask(f"{service}/version")[1]
        version = f"{service}/version/{next(each['number'] for each in versions if each['active'])}"
        backends, domains, links = (self.ask(f"{version}/{word}")[1] for word in ("backend", "domain", "resource"))
        return {"backends": sorted((each["name"], each["address"], each["port"], each.get("comment")) for each in backends),
                "domains": sorted(each["name"] for each in domains),
                "links": sorted((each["name"], each["resource_id"]) for each in links)}

    def theirs(self, project, deployment):
        def fastly(*words):
            return self.succeed(run([FASTLY, *words, "-i"], project.folder, self.env))

        version = ("--service-id", deployment["resource"], "--version", "2")
        fastly("service", "version", "clone", "--service-id", deployment["resource"], "--version", "1")
        fastly("service", "backend", "create", *version, "--name", "theirs", "--address", "b.example.com", "--port", "443",
               "--comment", "by hand")
        fastly("service", "domain", "create", *version, "--name", "theirs.example.com")
        store = fastly("config-store", "create", "--name", "settings", "--json").json["id"]
        fastly("service", "resource-link", "create", *version, "--resource-id", store, "--name", "settings")
        fastly("service", "version", "activate", *version)

    def test_kept(self):
        self.keep({"platform": "fastly", "domains": ["kept.edgecompute.app"]}, self.theirs, self.settings)


@needs(22)
class LambdaEdge(Kept):
    def settings(self, _):
        """The whole distribution, but for our function's version."""
        ended = self.run_in(self.folder, NODE[22], os.path.join(HERE, "aws_distribution.mjs"), "{}",
                            env={**self.env, "CLIENTS": CLIENTS})
        config = self.succeed(ended).json
        for each in config["DefaultCacheBehavior"]["LambdaFunctionAssociations"].get("Items", []):
            if each["LambdaFunctionARN"].split(":")[6] == "kept":
                each["LambdaFunctionARN"] = each["LambdaFunctionARN"].rsplit(":", 1)[0]
        return {"behavior": config.pop("DefaultCacheBehavior"), "others": config.pop("CacheBehaviors"), "rest": config}

    def theirs(self, _, deployment):
        archive = os.path.join(self.folder, "function.zip")
        with open(archive, "wb") as file:
            file.write(test_aws.archive({"index.mjs": "export const handler = () => ({ status: '204' });"}))
        job = {**test_aws.JOB, "function": "theirs", "event": "origin-request", "step": "deploy", "zip": archive, "add": True}
        self.succeed(self.run_in(self.folder, NODE[22], os.path.join(HERE, "aws_distribution.mjs"), json.dumps(job),
                                 env={**self.env, "CLIENTS": CLIENTS}))

    def test_kept(self):
        if not test_aws.SDK:
            self.skipTest("@aws-sdk is not installed")
        self.keep({"platform": "lambda-edge", "role": test_aws.JOB["role"], "distribution": test_aws.DISTRIBUTION,
                   "event": "viewer-request"}, self.theirs, self.settings)


del Kept  # not a case of its own
