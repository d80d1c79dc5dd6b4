"""Our program and the vendors' clients on the same script and service: what one left the other can
read, and what somebody else made live is not replaced unasked."""
import json
import os

import test_aws
from support import FASTLY, NODE, WRANGLER, ClientCase, Project, needs, run, wasm

MAIN = '(module (memory (export "memory") 1) (func (export "_start")) (data (i32.const 0) "WORD"))'
TARGETS = {
    "edge": {"platform": "cloudflare", "compatibility_date": "2026-11-01"},
    "fast": {"platform": "fastly", "domains": ["mixed.edgecompute.app"]},
    "lambda": {"platform": "lambda-edge", "role": test_aws.JOB["role"], "distribution": test_aws.DISTRIBUTION,
               "event": "viewer-request"},
}
TOML = 'manifest_version = 3\nname = "mixed"\nlanguage = "other"\nauthors = []\ndescription = ""\nservice_id = "%s"\n'


@needs("WRANGLER", 22, "FASTLY")
class Mixed(ClientCase):
    def publish(self, project, *options):
        ended = project.publish(*options)
        return ended, {each["target"]: each for each in ended.json["deployments"]}

    def live(self, project):
        """What `status` says; whether it is everywhere yet changes by itself."""
        return {each["target"]: {key: value for key, value in each["live"].items() if key != "spreading"}
                for each in project.deploy("status").json["deployments"]}

    def deploy_theirs(self, place, service):
        """The vendors' clients replace what is live."""
        os.makedirs(place)
        with open(os.path.join(place, "main.wasm"), "wb") as file:
            file.write(wasm(MAIN.replace("WORD", "theirs")))
        for name, text in (("worker.mjs", "export default { fetch: () => new Response('theirs') };"),
                           ("fastly.toml", TOML % service),
                           ("wrangler.json", json.dumps({"name": "mixed", "main": "worker.mjs", "no_bundle": True,
                                                         "compatibility_date": "2026-11-01"}))):
            with open(os.path.join(place, name), "w", encoding="utf-8") as file:
                file.write(text)
        self.succeed(run([NODE[22], WRANGLER, "deploy"], place, self.env))
        self.succeed(run([FASTLY, "compute", "pack", "--wasm-binary", "main.wasm", "-i"], place, self.env))
        # Neither says what it is, so the platforms keep our comment and our description.
        self.succeed(run([FASTLY, "compute", "deploy", "-i", "--package", "pkg/mixed.tar.gz"], place, self.env))
        archive = os.path.join(place, "function.zip")
        with open(archive, "wb") as file:
            file.write(test_aws.archive({"index.mjs": "export const handler = () => ({ status: '204' });"}))
        test_aws.sdk(self, self.env, {**test_aws.JOB, "function": "mixed", "step": "deploy", "zip": archive, "description": None})

    def test_all(self):
        project = Project(os.path.join(self.folder, "project"), self.env,
                          {"name": "mixed", "targets": TARGETS, "module": "main.wasm", "optimize": {"level": "none"}},
                          {"main.wasm": wasm(MAIN)})
        if not test_aws.SDK:
            self.skipTest("@aws-sdk is not installed")
        ended, ours = self.publish(project)
        self.succeed(ended)
        listed = self.succeed(run([NODE[22], WRANGLER, "versions", "list", "--name", "mixed"], project.folder, self.env))
        self.assertIn(ours["edge"]["version"], listed.out)
        self.assertIn(f"edge-deploy sha256:{ours['edge']['artifact_sha256']}", listed.out)

        self.deploy_theirs(os.path.join(self.folder, "theirs"), ours["fast"]["resource"])
        live = self.live(project)
        self.assertEqual({name: each["drifted"] for name, each in live.items()}, {name: True for name in TARGETS})

        project.write({"main.wasm": wasm(MAIN.replace("WORD", "next"))})
        project.commit("next")
        ended, _ = self.publish(project)
        self.assertEqual((ended.code, ended.json["mutation_attempted"]), (2, False), ended)
        self.assertIn("--overwrite", ended.json["error"]["hint"])
        told = ended.json["error"]["message"] + ended.err
        self.assertTrue(any(each["version"] in told for each in ours.values()), f"ours is not named\n{ended}")
        self.assertTrue(any(each["version"] in told for each in live.values()), f"theirs is not named\n{ended}")
        self.assertEqual(self.live(project), live, "it changed something all the same")

        ended, again = self.publish(project, "--overwrite")
        self.succeed(ended)
        self.assertEqual({each["previous_version"] for each in again.values()}, {each["version"] for each in live.values()})
        back = self.succeed(project.deploy("rollback")).json["deployments"]
        self.assertEqual({each["target"]: each["version"] for each in back},
                         {name: each["version"] for name, each in ours.items()})
        self.assertEqual({name: (each["version"], each["drifted"]) for name, each in self.live(project).items()},
                         {name: (each["version"], False) for name, each in ours.items()})
