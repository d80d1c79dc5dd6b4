"""Inputs of somebody who may choose them: they stay words, whatever is in them."""
import os

from scene import PROGRAM, Scene

HOSTILE = ("$(touch built.txt)", "`touch built.txt`", "x; touch built.txt", "x\ntouch built.txt",
           "x' 'y\" \"z", "x\n::set-output name=changed::true", "::error::forged", "x\r\n::add-mask::e",
           "x%0A::error::forged", "--no-record", "-h", "--help", "$RUNNER_TEMP", "*", "~", "a\\nb", "x\u202ey", "")
TEXTS = ("command", "working-directory", "config", "env", "targets", "reports", "remote")
SWITCHES = ("strict", "sizes", "sandbox")


class Hostile(Scene):
    def judge(self, ended):
        self.assertFalse(os.path.exists(self.path("work", "built.txt")), ended)
        self.assertEqual((ended.outputs["changed"], ended.outputs["mutation-attempted"]), ("false", "false"))
        self.assertNotIn("forged", [message for _, _, message in ended.commands])
        self.assertNotIn("usage:", ended.log)
        self.assertEqual(self.notes("work"), [])

    def test_every_text(self):
        """No word is run, none becomes an option, none an order to the runner (run_action looks)."""
        self.seed()
        for name in TEXTS:
            for value in HOSTILE:
                with self.subTest(input=name, value=value):
                    self.judge(self.run_action(program=PROGRAM, inputs={name: value}))

    def test_switches_are_true_or_false(self):
        self.seed()
        for name in SWITCHES:
            for value in ("yes", "True", "", "$(touch built.txt)", "true\nfalse"):
                with self.subTest(input=name, value=value):
                    ended = self.run_action(program=PROGRAM, inputs={name: value})
                    self.judge(ended)
                    self.assertEqual(ended.codes["run"], 2)
                    self.assertIn(f"input {name}", ended.annotations("error")[0])

    def test_numbers_of_publish(self):
        self.seed()
        self.platforms()
        for name in ("traffic", "jobs"):
            for value in ("$(touch built.txt)", "1 --force", "0x10", "-1", "99999999999999999999"):
                ended = self.run_action(program=PROGRAM, inputs={"command": "publish", name: value})
                self.judge(ended)
                self.assertEqual(ended.codes["run"], 2, ended)
        self.assertEqual(self.requests(), [])

    def test_what_a_server_says_is_one_line(self):
        """A version or url with line breaks forges no further output."""
        self.seed({"x": {"platform": "cloudflare", "compatibility_date": "2026-11-01", "script": "x"}})
        self.platforms("PUT */scripts/*=html")
        ended = self.run_action(program=PROGRAM, inputs={"command": "publish"})
        self.assertEqual(ended.outputs["changed"], "false", ended)
        self.assertLessEqual(set(ended.steps["run"]["outputs"]), {
            "mutation-attempted", "changed", "commit", "verdict", "deployments", "report-file", "version-x",
            "previous-version-x", "url-x", "version-cloudflare", "previous-version-cloudflare", "url-cloudflare"})
