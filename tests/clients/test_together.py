"""Two publishes of one project at once to one sandbox: both end, both say truly what became of
theirs, and what both recorded is there."""
import os

from recorder import Recorder
from support import ClientCase, Project, both, wasm

MAIN = '(module (memory (export "memory") 1) (func (export "_start")) (data (i32.const 0) "WORD"))'
TARGETS = {
    "edge": {"platform": "cloudflare", "compatibility_date": "2026-11-01"},
    "fast": {"platform": "fastly", "domains": ["both.edgecompute.app"]},
    "lambda": {"platform": "lambda-edge", "role": "arn:aws:iam::123456789012:role/edge",
               "distribution": "E2QWRUHAPOMQZL", "event": "viewer-request"},
}


class Together(ClientCase):
    sandbox_options = ("--latency", "20")

    def setUp(self):
        self.project = Project(os.path.join(self.folder, "project"), self.env,
                               {"name": "together", "module": "main.wasm", "targets": TARGETS,
                                "optimize": {"level": "none"}}, {"main.wasm": wasm(MAIN)})

    def live(self):
        ended = self.project.deploy("status")
        return {each["target"]: each["live"] and each["live"]["version"] for each in ended.json["deployments"]}

    def records(self):
        return self.succeed(self.project.deploy("log")).json["records"]

    def publish_twice(self):
        before = len(self.records())
        ended = both(self.project.publish, self.project.publish)
        claimed = []
        for each in ended:
            document = each.json
            states = {deployment["state"] for deployment in document["deployments"]}
            if each.code == 0:
                self.assertLessEqual(states, {"live", "unchanged"}, each)
            else:
                self.assertIn(each.code, (1, 4, 5), each)
                self.assertTrue(document["error"]["message"] and document["error"]["hint"], each)
                self.assertIn(document["error"]["message"], each.err)
                self.assertEqual(each.code == 1, "live" not in states, each)
            claimed += [(deployment["target"], deployment["version"]) for deployment in document["deployments"]
                        if deployment["state"] == "live"]
        said = "\n".join(str(each) for each in ended)
        self.assertIn(0, [each.code for each in ended], "one of them must come through:\n" + said)
        records = [(each["target"], each["version"]) for each in self.records()]
        self.assertEqual(len(records) - before, len(claimed), said)
        self.assertLessEqual(set(claimed), set(records), said)
        for target, version in self.live().items():
            self.assertIn((target, version), claimed, said)


class First(Together):
    def test_at_once(self):
        self.publish_twice()


class Next(Together):
    def test_at_once(self):
        self.succeed(self.project.publish())
        self.project.write({"main.wasm": wasm(MAIN.replace("WORD", "two"))})
        self.project.commit("two")
        self.publish_twice()


class Shared(ClientCase):
    """A first publish that fails leaves the service that it made when another has begun to fill it."""
    sandbox_options = ("--fault", "PUT */package=status:422")

    def test_service_stays(self):
        test = self

        class Meddler(Recorder):
            def interrupt(self, method, path):
                if path.endswith("/package"):
                    comment = "comment=edge-deploy+sha256%3A" + "0" * 64 + "+tag%3Aother+base%3A0"
                    test.ask(path.rsplit("/", 1)[0], "PUT", comment.encode(), "application/x-www-form-urlencoded")

        with Meddler(self.sandbox) as recorder:
            env = {**self.env, **recorder.environment}
            project = Project(os.path.join(self.folder, "shared"), env,
                              {"name": "shared", "targets": {"fast": TARGETS["fast"]}, "module": "main.wasm"},
                              {"main.wasm": wasm(MAIN)})
            ended = project.publish()
        self.assertEqual(ended.code, 1, ended)
        self.assertIn("is left behind", ended.err)
        self.assertEqual(len(self.ask("/fastly/service")[1]), 1)
