"""More of the vendors' own commands, against what our program has published: secrets, triggers,
versions and shares of wrangler; backends, domains, stores, links and staging of the fastly CLI;
revisions, pages, races and deletions of AWS's SDK."""
import json
import os
import subprocess

import test_aws
from support import CLIENTS, FASTLY, HERE, NODE, WRANGLER, ClientCase, Project, needs, run, wasm

MAIN = '(module (memory (export "memory") 1) (func (export "_start")))'
WORKER = "export default { fetch: () => new Response('theirs') };"


class Commands(ClientCase):
    def publish(self, target):
        project = Project(os.path.join(self.folder, "project"), self.env,
                          {"name": "commands", "targets": {"only": target}, "module": "main.wasm", "optimize": {"level": "none"}},
                          {"main.wasm": wasm(MAIN)})
        deployment = self.succeed(project.publish()).json["deployments"][0]
        return project, deployment


@needs("WRANGLER", 22)
class Wrangler(Commands):
    def wrangler(self, *words, stdin="", code=0):
        done = subprocess.run([NODE[22], WRANGLER, *words], cwd=self.place, env=self.env, input=stdin, capture_output=True,
                              text=True, timeout=180, check=False)
        self.assertEqual(done.returncode, code, f"{words}\n{done.stdout}\n{done.stderr}")
        return done.stdout + done.stderr

    def script(self, path):
        status, document = self.ask(f"/cf/client/v4/accounts/{self.env['CLOUDFLARE_ACCOUNT_ID']}/workers/scripts/commands{path}")
        self.assertEqual(status, 200, document)
        return document["result"]

    def live(self):
        return self.script("/deployments")["deployments"][0]

    def test_all(self):
        project, deployment = self.publish({"platform": "cloudflare", "compatibility_date": "2026-11-01"})
        self.place = project.folder
        project.write({"worker.mjs": WORKER, "more.json": '{"B": "b", "C": "c"}', "wrangler.json": json.dumps({
            "name": "commands", "main": "worker.mjs", "compatibility_date": "2026-11-01", "no_bundle": True,
            "workers_dev": True, "triggers": {"crons": ["*/5 * * * *"]},
            "routes": [{"pattern": "commands.example.com/*", "zone_name": "example.com"}]})})

        self.wrangler("secret", "put", "A", stdin="hunter2")
        self.wrangler("secret", "bulk", "more.json")
        self.wrangler("secret", "delete", "C")
        listed = self.wrangler("secret", "list")
        self.assertEqual([each["name"] for each in json.loads(listed[listed.index("["):])], ["A", "B"])
        live = self.live()
        self.assertEqual(live["annotations"]["workers/triggered_by"], "secret")
        version = self.script(f"/versions/{live['versions'][0]['version_id']}")
        first = self.script(f"/versions/{deployment['version']}")
        self.assertNotEqual(version["id"], first["id"])
        self.assertEqual(version["resources"]["script"]["etag"], first["resources"]["script"]["etag"], "the same code")
        self.assertNotIn("hunter2", json.dumps(version))

        self.wrangler("triggers", "deploy")
        self.assertEqual([each["cron"] for each in self.script("/schedules")["schedules"]], ["*/5 * * * *"])
        self.assertIn(f"sha256:{deployment['artifact_sha256']}", self.wrangler("versions", "view", deployment["version"]))

        self.wrangler("versions", "secret", "put", "D", stdin="d")
        self.assertEqual(self.live()["id"], live["id"], "a version's secret deploys nothing")
        self.assertIn("isn't currently deployed", self.wrangler("secret", "put", "E", stdin="e", code=1))
        newest = self.script("/versions?deployable=true")["items"][0]["id"]
        self.wrangler("versions", "deploy", f"{newest}@25%", f"{version['id']}@75%", "-y")
        status = self.wrangler("deployments", "status", "--json")
        shares = {each["version_id"]: each["percentage"] for each in json.loads(status[status.index("{"):])["versions"]}
        self.assertEqual(shares, {newest: 25, version["id"]: 75})


@needs("FASTLY")
class Fastly(Commands):
    def fastly(self, *words, code=0):
        ended = run([FASTLY, *words, "-i"], self.place, self.env)
        self.assertEqual(ended.code, code, ended)
        return ended

    def test_all(self):
        project, deployment = self.publish({"platform": "fastly", "domains": ["commands.edgecompute.app"]})
        self.place = project.folder
        service = ("--service-id", deployment["resource"])
        version = (*service, "--version", "2")
        self.fastly("service", "version", "clone", *service, "--version", "1")
        self.fastly("service", "backend", "create", *version, "--name", "theirs", "--address", "b.example.com", "--port", "443")
        self.fastly("service", "backend", "update", *version, "--name", "theirs", "--comment", "by hand")
        backend = self.fastly("service", "backend", "describe", *version, "--name", "theirs", "--json").json
        self.assertEqual((backend["Address"], backend["Port"], backend["Comment"]), ("b.example.com", 443, "by hand"))
        self.fastly("service", "domain", "create", *version, "--name", "theirs.example.com")
        self.fastly("service", "domain", "update", *version, "--name", "theirs.example.com", "--comment", "x")
        self.fastly("service", "domain", "validate", *version, "--name", "theirs.example.com")
        self.assertEqual({each["Name"] for each in self.fastly("service", "domain", "list", *version, "--json").json},
                         {"commands.edgecompute.app", "theirs.example.com"})

        store = self.fastly("config-store", "create", "--name", "settings", "--json").json["id"]
        self.fastly("config-store-entry", "create", "--store-id", store, "--key", "k", "--value", "v")
        self.fastly("config-store", "update", "--store-id", store, "--name", "renamed")
        self.fastly("service", "resource-link", "create", *version, "--resource-id", store, "--name", "settings")
        self.assertIn(deployment["resource"], self.fastly("config-store", "list-services", "--store-id", store).out)
        values = self.fastly("kv-store", "create", "--name", "values", "--json").json["StoreID"]
        self.fastly("kv-store-entry", "create", "--store-id", values, "--key", "k", "--value", "v")

        refused = self.fastly("service", "version", "stage", *version, code=1)
        self.assertIn("Domain changes cannot be staged", refused.err)
        self.fastly("service", "domain", "delete", *version, "--name", "theirs.example.com")
        self.fastly("service", "version", "stage", *version)
        self.fastly("service", "version", "update", *version, "--comment", "staged, still a draft")
        self.fastly("service", "version", "unstage", *version)
        self.fastly("service", "version", "stage", *version)
        listed = self.fastly("service", "version", "list", *service, "--json").json
        self.assertEqual([(each["Number"], each["Active"], each["Staging"]) for each in listed], [(1, True, False), (2, False, True)])
        self.fastly("service", "version", "activate", *service, "--version", "staged")
        locked = self.fastly("service", "version", "update", *version, "--comment", "late", code=1)
        self.assertIn("locked", locked.err)
        self.fastly("service", "version", "deactivate", *service, "--version", "active")
        self.assertIn(deployment["resource"], self.fastly("service", "search", "--name", "commands").out)


@needs(22)
class Aws(Commands):
    def test_all(self):
        if not test_aws.SDK:
            self.skipTest("@aws-sdk is not installed")
        _, deployment = self.publish({"platform": "lambda-edge", "role": test_aws.JOB["role"], "event": "viewer-request",
                                      "distribution": test_aws.DISTRIBUTION})
        archive = os.path.join(self.folder, "function.zip")
        with open(archive, "wb") as file:
            file.write(test_aws.archive({"index.mjs": "export const handler = () => ({ status: '204' });"}))
        job = {"function": "commands", "distribution": test_aws.DISTRIBUTION, "zip": archive, "live": deployment["version"]}
        found = self.succeed(self.run_in(self.folder, NODE[22], os.path.join(HERE, "aws_commands.mjs"), json.dumps(job),
                                         env={**self.env, "CLIENTS": CLIENTS})).json
        self.assertEqual(found["stale"][:2], ["PreconditionFailedException", 412])
        self.assertEqual(found["versions"], ["$LATEST", "1", "2"])
        self.assertEqual(found["late"][:2], ["PreconditionFailed", 412])
        self.assertEqual(found["comment"], "the first writer's")
        self.assertEqual(found["live"][:2], ["InvalidParameterValueException", 400])
        self.assertIn("because it is a replicated function", found["live"][2])
        self.assertIsNone(found["other"])


del Commands  # not a case of its own
