"""What action.yml promises."""
import os
import re
import unittest

import runner
from scene import ACTION, ROOT

NAMED = ("version-", "previous-version-", "url-")
OUTPUTS = {"verdict", "commit", "report", "mutation-attempted", "changed", "deployments"}


class Metadata(unittest.TestCase):
    def setUp(self):
        self.data = runner.Action(ACTION).data
        self.steps = self.data["runs"]["steps"]

    def test_outputs_are_the_contract(self):
        platforms = [name for name in os.listdir(os.path.join(ROOT, "platforms"))
                     if os.path.isdir(os.path.join(ROOT, "platforms", name))]
        named = {before + platform for before in NAMED for platform in platforms}
        self.assertEqual(set(self.data["outputs"]), OUTPUTS | named)
        for name, row in self.data["outputs"].items():
            step = "finish" if name == "report" else "run"
            self.assertEqual(row["value"], "${{ steps.%s.outputs.%s }}" % (step, name))
            self.assertTrue(row["description"])

    def test_inputs_reach_scripts_through_the_environment_only(self):
        passed = {}
        for step in self.steps:
            self.assertNotIn("${{", step["run"])
            self.assertTrue(step["shell"])
            passed.update({value: name for name, value in step["env"].items()})
        for name, row in self.data["inputs"].items():
            self.assertRegex(name, "^[a-z]+(-[a-z]+)*$")
            self.assertTrue(row["description"])
            self.assertIn("default", row)
            variable = "INPUT_" + name.upper().replace("-", "_")
            self.assertEqual(passed["${{ inputs.%s }}" % name], variable)

    def test_scripts_read_every_input(self):
        text = ""
        for name in ("install.sh", "run.sh"):
            with open(os.path.join(ACTION, name), encoding="utf-8") as file:
                text += file.read()
        for name in self.data["inputs"]:
            variable = "INPUT_" + name.upper().replace("-", "_")
            self.assertTrue(re.search(r"\$\{?%s\b" % variable, text), variable)
