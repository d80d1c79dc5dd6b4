"""What the action does: on success, incompatibility, failure, interruption, and on pull requests."""
import os
import signal
import threading

from scene import EDGE, FAST, HEAD_SHA, LAMBDA, NODE20, TWO_MEMORIES, Scene

ALL = {"edge": EDGE, "fast": FAST, "lambda": LAMBDA}
UPLOAD = "PUT */scripts/*"


class Check(Scene):
    def test_success(self):
        self.seed(ALL)
        self.platforms()
        ended = self.run_action(inputs={"reports": "json=out.json\n\n text=notes/out.txt \n"})
        self.assertEqual(ended.code, 0, ended)
        self.assertEqual(ended.outputs["verdict"], "compatible")
        self.assertEqual(ended.outputs["commit"], self.git("work", "rev-parse", "HEAD"))
        self.assertEqual((ended.outputs["mutation-attempted"], ended.outputs["changed"]), ("false", "false"))
        self.assertEqual(ended.outputs["version-cloudflare"], "")
        report = self.report(ended)
        self.assertEqual((report["ok"], [row["target"] for row in report["targets"]]), (True, list(ALL)))
        self.assertTrue(os.path.getsize(self.path("work", "out.json")))
        self.assertTrue(os.path.getsize(self.path("work", "notes", "out.txt")))
        self.assertIn("edge", ended.summary)
        self.assertEqual(self.requests(), [])
        self.assertFalse(os.path.exists(self.path("work", "built.txt")))

    def test_incompatible(self):
        self.seed({"edge": EDGE, "lambda": NODE20}, TWO_MEMORIES)
        ended = self.run_action()
        self.assertEqual(ended.codes, {"install": 0, "run": 3, "finish": 0}, ended)
        self.assertEqual(ended.outputs["verdict"], "incompatible")
        self.assertTrue(any("multimemory" in text for text in ended.annotations("error")), ended)
        self.assertFalse(self.report(ended)["ok"])
        self.assertIn("multimemory", ended.summary)

    def test_only_some_targets_and_an_environment(self):
        self.seed({"edge": EDGE, "lambda": NODE20}, TWO_MEMORIES,
                  environments={"staging": {"targets": {"lambda": {"runtime": "nodejs24.x"}}}})
        ended = self.run_action(inputs={"targets": " edge ,\n"})
        self.assertEqual((ended.code, ended.outputs["verdict"]), (0, "compatible"), ended)
        ended = self.run_action(inputs={"env": "staging", "targets": "edge,lambda"})
        self.assertEqual((ended.code, ended.outputs["verdict"]), (0, "compatible"), ended)

    def test_another_folder_and_manifest(self):
        self.seed()
        os.mkdir(self.path("work", "-odd name"))
        os.rename(self.path("work", "edge-deploy.json"), self.path("work", "-odd name", "my.json"))
        os.rename(self.path("work", "app.wasm"), self.path("work", "-odd name", "app.wasm"))
        ended = self.run_action(inputs={"working-directory": "-odd name", "config": "my.json"})
        self.assertEqual((ended.code, ended.outputs["verdict"]), (0, "compatible"), ended)

    def test_unusable_manifest(self):
        self.seed()
        with open(self.path("work", "edge-deploy.json"), "w", encoding="utf-8") as file:
            file.write("{")
        ended = self.run_action()
        self.assertEqual((ended.code, ended.outputs["verdict"]), (2, ""), ended)
        self.assertEqual(ended.outputs["mutation-attempted"], "false")


class Publish(Scene):
    def test_success_then_nothing_new_then_an_edit(self):
        self.seed(ALL)
        self.platforms()
        first = self.run_action(inputs={"command": "publish"})
        self.assertEqual(first.code, 0, first)
        outputs = first.outputs
        self.assertEqual((outputs["verdict"], outputs["changed"], outputs["mutation-attempted"]),
                         ("compatible", "true", "true"))
        self.assertEqual((outputs["version-fastly"], outputs["version-lambda-edge"]), ("1", "1"))
        self.assertEqual(outputs["url-fastly"], "https://app.edgecompute.app")
        self.assertEqual(outputs["previous-version-cloudflare"], "")
        # By the target's own name in the step, which is what a step without the action has.
        self.assertEqual(first.steps["run"]["outputs"]["version-edge"], outputs["version-cloudflare"])
        self.assertEqual({row["target"] for row in self.notes()}, set(ALL))
        self.assertTrue(os.path.exists(self.path("work", "built.txt")))

        # Another machine: a clone without notes, which the action fetches.
        self.checkout("second")
        again = self.run_action("second", inputs={"command": "publish"})
        self.assertEqual((again.code, again.outputs["changed"], again.outputs["mutation-attempted"]),
                         (0, "false", "false"), again)
        self.assertEqual(again.outputs["version-cloudflare"], outputs["version-cloudflare"])
        self.assertEqual(len(self.notes("second")), 3)
        self.assertEqual(self.git("second", "rev-parse", "refs/notes/origin/edge-deploy"),
                         self.git("remote.git", "rev-parse", "refs/notes/edge-deploy"))

        self.commit({"name": "app", "module": "app.wasm", "optimize": {"level": "none"},
                     "targets": {"edge": EDGE}}, '(module (memory (export "memory") 2) (func (export "_start")))')
        self.git("seed", "push", "-q", self.path("remote.git"), "main")
        self.checkout("third")
        edited = self.run_action("third", inputs={"command": "publish"})
        self.assertEqual((edited.code, edited.outputs["changed"]), (0, "true"), edited)
        self.assertEqual(edited.outputs["previous-version-cloudflare"], outputs["version-cloudflare"])
        self.assertEqual(edited.outputs["version-fastly"], "")
        self.assertEqual(len(self.notes()), 4)

    def test_platform_named_by_two_targets(self):
        self.seed({"one": {**EDGE, "script": "one"}, "two": {**EDGE, "script": "two"}})
        self.platforms()
        ended = self.run_action(inputs={"command": "publish"})
        self.assertEqual((ended.code, ended.outputs["version-cloudflare"]), (0, ""), ended)
        self.assertIn('"two":{"platform":"cloudflare","state":"live"', ended.outputs["deployments"])

    def test_incompatible(self):
        self.seed({"edge": EDGE, "lambda": NODE20}, TWO_MEMORIES)
        self.platforms()
        ended = self.run_action(inputs={"command": "publish"})
        self.assertEqual((ended.code, ended.outputs["verdict"]), (3, "incompatible"), ended)
        self.assertEqual((ended.outputs["mutation-attempted"], self.requests()), ("false", []))

    def test_platform_fails(self):
        self.seed()
        self.platforms(UPLOAD + "=status:500")
        ended = self.run_action(inputs={"command": "publish"})
        self.assertEqual(ended.code, 1, ended)
        outputs = ended.outputs
        self.assertEqual((outputs["mutation-attempted"], outputs["changed"]), ("true", "false"))
        self.assertIn('"state":"failed"', outputs["deployments"])
        self.assertEqual((self.notes(), outputs["verdict"]), ([], "compatible"))
        self.assertTrue(ended.annotations("error"), ended)

    def test_platform_fails_before_anything_is_sent(self):
        self.seed()
        self.platforms("GET */deployments=status:500")
        ended = self.run_action(inputs={"command": "publish"})
        self.assertEqual((ended.code, self.changes()), (1, []), ended)
        self.assertEqual((ended.outputs["mutation-attempted"], ended.outputs["changed"]), ("false", "false"))

    def test_remote_that_cannot_be_reached(self):
        self.seed()
        self.platforms()
        os.rename(self.path("remote.git"), self.path("away.git"))
        ended = self.run_action(inputs={"command": "publish"})
        self.assertEqual((ended.code, self.requests()), (1, []), ended)
        self.assertIn("nothing was sent", ended.annotations("error")[0])
        ended = self.run_action()
        self.assertEqual((ended.code, ended.outputs["verdict"]), (0, "compatible"), ended)
        self.assertIn("could not be fetched", ended.annotations("warning")[0])

    def test_two_at_once(self):
        """Both records arrive, whoever pushes first."""
        self.seed({"one": {**EDGE, "script": "one"}, "two": FAST})
        self.platforms()
        self.checkout("other")
        ended = {}

        def publish(work, target):
            ended[work] = self.run_action(work, inputs={"command": "publish", "targets": target})

        threads = [threading.Thread(target=publish, args=pair) for pair in (("work", "one"), ("other", "two"))]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual([ended[work].code for work in ("work", "other")], [0, 0], ended)
        self.assertEqual({row["target"] for row in self.notes()}, {"one", "two"})

    def test_notes_that_both_sides_have(self):
        """Local notes that were never pushed are merged with the remote's, and both stay."""
        self.seed({"one": {**EDGE, "script": "one"}, "two": FAST})
        self.platforms()
        self.run_action(inputs={"command": "publish", "targets": "one", "push-record": "false"})
        self.assertEqual((self.notes(), len(self.notes("work"))), ([], 1))
        self.checkout("other")
        self.run_action("other", inputs={"command": "publish", "targets": "two"})
        self.run_action()
        self.assertEqual({row["target"] for row in self.notes("work")}, {"one", "two"})
        self.assertEqual({row["target"] for row in self.notes()}, {"two"})

    def test_dry_run_and_no_record(self):
        self.seed()
        self.platforms()
        ended = self.run_action(inputs={"command": "publish", "dry-run": "true"})
        self.assertEqual((ended.code, self.changes(), ended.outputs["changed"]), (0, [], "false"), ended)
        ended = self.run_action(inputs={"command": "publish", "record": "false", "wait": "false", "jobs": "1"})
        self.assertEqual((ended.code, self.notes("work"), ended.outputs["changed"]), (0, [], "true"), ended)

    def test_sandbox_pushes_nothing(self):
        self.seed(ALL)
        ended = self.run_action(inputs={"command": "publish", "sandbox": "true"})
        self.assertEqual((ended.code, self.notes(), len(self.notes("work"))), (0, [], 3), ended)


class Interruption(Scene):
    def interrupt(self, fault, seen, *signals):
        self.seed()
        self.platforms(fault)
        self.env.pop("EDGE_DEPLOY_CLOCK")
        return self.run_action(inputs={"command": "publish"}, interrupt=(seen, signals))

    @staticmethod
    def attempted(outputs):
        with open(outputs, encoding="utf-8") as file:
            return "mutation-attempted=true\n" in file.read()

    def after_the_first_change(self, number, code):
        ended = self.interrupt(UPLOAD + "=hang", self.attempted, number)
        self.assertEqual(ended.codes, {"install": 0, "run": code, "finish": 0}, ended)
        self.assertEqual((ended.outputs["mutation-attempted"], ended.outputs["changed"]), ("true", "false"))
        self.assertEqual(self.notes("work"), [])
        return ended

    def test_cancelled(self):
        ended = self.after_the_first_change(signal.SIGINT, 130)
        self.assertFalse(self.report(ended)["ok"])
        self.assertEqual(ended.outputs["verdict"], "compatible")

    def test_terminated(self):
        self.after_the_first_change(signal.SIGTERM, 143)

    def test_killed(self):
        ended = self.after_the_first_change(signal.SIGKILL, 137)
        self.assertEqual((ended.outputs["report"], ended.outputs["verdict"]), ("", ""))

    def test_before_the_first_change(self):
        seen = []

        def waits(_):
            """The program has been asking for a while."""
            seen.append(1)
            return len(seen) > 100

        ended = self.interrupt("GET */deployments=hang", waits, signal.SIGINT)
        self.assertEqual((ended.codes["run"], self.changes()), (130, []), ended)
        self.assertEqual((ended.outputs["mutation-attempted"], ended.outputs["changed"]), ("false", "false"))


class PullRequest(Scene):
    def looks_only(self, event, ended):
        self.assertEqual((ended.code, ended.outputs["verdict"]), (0, "compatible"), ended)
        self.assertIn(event, ended.annotations("notice")[0])
        self.assertEqual((ended.outputs["mutation-attempted"], ended.outputs["changed"]), ("false", "false"))
        self.assertEqual((self.requests(), self.notes("work"), self.notes()), ([], [], []))
        self.assertFalse(os.path.exists(self.path("work", "built.txt")), "build.command was run")

    def test_publish_only_checks(self):
        self.seed(ALL)
        self.platforms()
        for event in ("pull_request", "pull_request_target"):
            ended = self.pull_request(event, inputs={"command": "publish"})
            self.looks_only(event, ended)
            self.assertEqual(ended.outputs["commit"], HEAD_SHA)

    def test_merge_queue(self):
        self.seed()
        self.platforms()
        ended = self.run_action(event_name="merge_group", event={"merge_group": {"head_sha": HEAD_SHA}},
                                inputs={"command": "publish"})
        self.looks_only("merge_group", ended)
        self.assertEqual(ended.outputs["commit"], HEAD_SHA)

    def test_nothing_of_the_work_tree_is_run(self):
        """Programs beside the manifest that have the names of those that the action starts."""
        self.seed()
        for name in ("git", "sh", "wasm-opt", "wasm-tools", "edge-deploy", "mktemp", "awk"):
            path = self.path("work", name)
            with open(path, "w", encoding="utf-8") as file:
                file.write("#!/bin/sh\necho run >>built.txt\n")
            os.chmod(path, 0o755)
        self.platforms()
        self.looks_only("pull_request", self.pull_request(inputs={"command": "publish"}))

    def test_hostile_event(self):
        self.seed()
        for sha in ("x\n::error::y", "$(touch built.txt)", 7, None, "0" * 39, "A" * 40):
            ended = self.run_action(event_name="pull_request", event={"pull_request": {"head": {"sha": sha}}},
                                    env={"GITHUB_SHA": "b" * 40})
            self.assertEqual((ended.code, ended.outputs["commit"]), (0, "b" * 40), ended)
