"""The workflows by actionlint, ours and those that `init` writes, and action.yml by the schema of actions.
Both tools are fetched, pinned by version and digest; what cannot be had is skipped, loudly."""
import glob
import os
import re
import shutil
import subprocess
import tempfile
import unittest

from scene import ACTION, ROOT

HERE = os.path.dirname(os.path.abspath(__file__))
BUILD = os.path.join(ROOT, "build", "action")


def run(*words, **options):
    return subprocess.run(words, capture_output=True, text=True, check=False, **options)


def actionlint():
    """The program, made from sources that go.sum pins."""
    program = os.path.join(BUILD, "actionlint")
    if not os.path.exists(program):
        if not shutil.which("go"):
            raise unittest.SkipTest("Go is not installed: actionlint is built with it")
        done = run("go", "build", "-mod=readonly", "-o", program, "github.com/rhysd/actionlint/cmd/actionlint",
                   cwd=os.path.join(HERE, "actionlint"), env={**os.environ, "GOTOOLCHAIN": "local", "GOFLAGS": ""})
        if done.returncode:
            raise unittest.SkipTest(f"actionlint cannot be built: {done.stderr[-300:]}")
    return program


def validator():
    """The program, and with it the schema, as package-lock.json pins them."""
    lock, stamp = os.path.join(HERE, "package-lock.json"), os.path.join(BUILD, "installed")
    program = os.path.join(BUILD, "node_modules", ".bin", "action-validator")
    with open(lock, encoding="utf-8") as file:
        wanted = file.read()
    if os.path.exists(stamp):
        with open(stamp, encoding="utf-8") as file:
            if file.read() == wanted:
                return program
    if not shutil.which("npm"):
        raise unittest.SkipTest("npm is not installed: the schema of actions comes with a package")
    os.makedirs(BUILD, exist_ok=True)
    for path in (lock, os.path.join(HERE, "package.json"), os.path.join(ROOT, "tests", "clients", ".npmrc")):
        shutil.copy(path, BUILD)
    done = run("npm", "ci", "--no-fund", "--no-audit", "--loglevel=error", cwd=BUILD)
    if done.returncode:
        raise unittest.SkipTest(f"the schema of actions cannot be had: {done.stderr[-300:]}")
    shutil.copy(lock, stamp)
    return program


class Workflows(unittest.TestCase):
    def lint(self, workflows, change=lambda text: text):
        """actionlint's words on the workflows in a repository that has our action where they look for it."""
        with tempfile.TemporaryDirectory() as folder:
            run("git", "init", "-q", folder)
            for before in ("", ".edge-deploy-action"):
                shutil.copytree(ACTION, os.path.join(folder, before, ".github", "actions", "edge-deploy"))
            os.mkdir(os.path.join(folder, ".github", "workflows"))
            for path in workflows:
                with open(path, encoding="utf-8") as file:
                    text = change(file.read())
                with open(os.path.join(folder, ".github", "workflows", os.path.basename(path)), "w",
                          encoding="utf-8") as file:
                    file.write(text)
            done = run(actionlint(), "-no-color", cwd=folder)
            return done.stdout + done.stderr

    def templates(self):
        found = sorted(glob.glob(os.path.join(ROOT, "templates", "*", ".github", "workflows", "*.yml")))
        self.assertGreaterEqual(len(found), 3)
        return found

    def test_ours(self):
        self.assertEqual(self.lint(glob.glob(os.path.join(ROOT, ".github", "workflows", "*.yml"))), "")

    def test_templates(self):
        for path in self.templates():
            self.assertEqual(self.lint([path]), "", path)

    def test_the_lint_sees_our_inputs_and_outputs(self):
        path = self.templates()[0]
        self.assertIn("reportz", self.lint([path], lambda text: text.replace("reports:", "reportz:")))
        self.assertIn("url-nowhere", self.lint([path], lambda text: text.replace("url-cloudflare", "url-nowhere")))

    def test_actions_are_pinned_and_permissions_said(self):
        for path in self.templates() + glob.glob(os.path.join(ROOT, ".github", "workflows", "*.yml")):
            with open(path, encoding="utf-8") as file:
                text = file.read()
            for used in re.findall(r"uses: (.*)", text):
                self.assertRegex(used, r"^(\./[^ ]+|[^@ ]+@[0-9a-f]{40} # v\d+\.\d+\.\d+)$", path)
            self.assertIn("permissions:\n  contents: read\n", text, path)
            self.assertNotIn("pull_request_target", text, path)

    def test_templates_publish_with_care(self):
        for path in self.templates():
            with open(path, encoding="utf-8") as file:
                publish = file.read().split("\n  publish:\n")[1]
            for word in ("cancel-in-progress: false", "environment:", "contents: write", "id-token: write",
                         "command: publish"):
                self.assertIn(word, publish, path)

    def test_action_by_the_schema(self):
        program = validator()
        done = run(program, os.path.join(ACTION, "action.yml"))
        self.assertEqual((done.returncode, done.stdout + done.stderr), (0, ""))
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "action.yml")
            with open(os.path.join(ACTION, "action.yml"), encoding="utf-8") as file:
                broken = file.read().replace("shell: sh", "shel: sh")
            with open(path, "w", encoding="utf-8") as file:
                file.write(broken)
            done = run(program, path)
            self.assertNotEqual(done.returncode, 0)
            self.assertIn("shel", done.stdout + done.stderr)
