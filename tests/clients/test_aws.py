"""AWS's own SDK, complete against the sandbox: a new function, new code, versions, associations,
waits, and a change that somebody else's has overtaken."""
import io
import json
import os
import zipfile

from support import CLIENTS, HERE, MODULES, NODE, ClientCase, needs

DISTRIBUTION = "E2QWRUHAPOMQZL"
JOB = {
    "function": "edge-sdk", "runtime": "nodejs22.x", "role": "arn:aws:iam::123456789012:role/edge",
    "distribution": DISTRIBUTION, "event": "viewer-request", "description": "by the SDK",
}
SDK = os.path.isdir(os.path.join(MODULES, "@aws-sdk/client-lambda"))


def archive(files):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        for name, body in files.items():
            info = zipfile.ZipInfo(name)
            info.external_attr = 0o100644 << 16
            file.writestr(info, body)
    return out.getvalue()


def sdk(case, env, job):
    """One step of aws.mjs; what it printed."""
    ended = case.run_in(case.folder, NODE[22], os.path.join(HERE, "aws.mjs"), json.dumps(job), env={**env, "CLIENTS": CLIENTS})
    return case.succeed(ended).json


@needs(22)
class Aws(ClientCase):
    def setUp(self):
        if not SDK:
            self.skipTest("@aws-sdk is not installed")

    def deploy(self, word):
        path = os.path.join(self.folder, "function.zip")
        with open(path, "wb") as file:
            file.write(archive({"index.mjs": f"export const handler = () => ({{ status: '200', body: '{word}' }});"}))
        return sdk(self, self.env, {**JOB, "step": "deploy", "zip": path}), path

    def test_all(self):
        made, path = self.deploy("one")
        self.assertEqual((made["version"], made["states"], made["status"]), ("1", ["Pending", "Pending"], "InProgress"))
        self.assertTrue(made["arn"].endswith(":function:edge-sdk:1"))
        with open(path, "rb") as file:
            self.assertEqual(self.sandbox.blob("lambda-edge/functions/edge-sdk/versions/1/code"), file.read())

        again, _ = self.deploy("two")
        self.assertEqual((again["version"], again["states"]), ("2", ["InProgress", "InProgress", "Pending"]))
        self.assertNotEqual(again["digest"], made["digest"])

        back = sdk(self, self.env, {**JOB, "step": "back", "version": "1"})
        self.assertEqual(back["refusal"], ["PreconditionFailed", 412])
        self.assertEqual(back["status"], "Deployed")
        self.assertEqual([(each["LambdaFunctionARN"], each["EventType"]) for each in back["associations"]],
                         [(made["arn"], "viewer-request")])
        refused = [(each["method"], each["status"]) for each in self.sandbox.journal() if each["status"] >= 400]
        self.assertEqual(refused, [("GET", 404), ("PUT", 412)])
