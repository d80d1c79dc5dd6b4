"""Where the program comes from: a released archive whose checksum the action has, and nothing else."""
import hashlib
import os
import platform
import shutil
import subprocess

import runner
from scene import ACTION, ROOT, Scene

NAME = f"edge-deploy-9.8.7-linux-{platform.machine()}"
FAKE = '#!/bin/sh\necho "edge-deploy 9.8.7 $0"\n'


class Install(Scene):
    def setUp(self):
        super().setUp()
        self.seed()
        self.archive = self.path(NAME + ".tar.gz")
        self.pack(FAKE)
        self.place = self.path("source", ".github", "actions", "edge-deploy")
        shutil.copytree(ACTION, self.place)
        shutil.copy(os.path.join(ROOT, "Makefile"), self.path("source", "Makefile"))
        self.action = runner.Action(self.place)

    def pack(self, text):
        folder = self.path(NAME, "bin")
        os.makedirs(folder, exist_ok=True)
        with open(os.path.join(folder, "edge-deploy"), "w", encoding="utf-8") as file:
            file.write(text)
        os.chmod(os.path.join(folder, "edge-deploy"), 0o755)
        subprocess.run(["tar", "-czf", self.archive, "-C", self.folder, NAME], check=True)

    def know(self, name=NAME + ".tar.gz"):
        with open(self.archive, "rb") as file:
            digest = hashlib.sha256(file.read()).hexdigest()
        with open(os.path.join(self.place, "checksums.txt"), "a", encoding="utf-8") as file:
            file.write(f"{digest}  {name}\n")

    def install(self, version="9.8.7", archive=None):
        return self.run_action(inputs={"version": version, "archive": self.archive if archive is None else archive})

    def test_known_archive(self):
        self.know()
        ended = self.install()
        self.assertEqual((ended.code, ended.codes["install"]), (0, 0), ended)
        program = ended.steps["install"]["outputs"]["program"]
        self.assertEqual(program, self.path("temp", "edge-deploy", NAME, "bin", "edge-deploy"))
        os.remove(self.archive)
        self.assertEqual(self.install().code, 0, "a second step takes what is there")

    def refused(self, ended, word):
        self.assertEqual(ended.codes, {"install": 2, "finish": 0}, ended)
        self.assertIn(word, ended.annotations("error")[0])
        self.assertFalse(os.path.exists(self.path("temp", "edge-deploy", NAME)))
        self.assertEqual(ended.outputs["mutation-attempted"], "")

    def test_changed_archive(self):
        self.know()
        self.pack(FAKE + "# and more\n")
        self.refused(self.install(), "is not what was released")

    def test_unknown_version(self):
        self.refused(self.install(), "no checksum")
        self.know("edge-deploy-9.8.7-linux-somewhere-else.tar.gz")
        self.refused(self.install(), "no checksum")

    def test_hostile_version_and_archive(self):
        self.know()
        for version in ("../../x", "9.8.7\n::error::x", "$(touch built.txt)", "`touch built.txt`", "9 8", "x/y"):
            self.refused(self.install(version), "is no version")
        for archive in ("http://127.0.0.1/x", "file:///etc/passwd", "ext::sh -c 'touch built.txt'"):
            ended = self.install(archive=archive)
            self.assertNotEqual(ended.codes["install"], 0, ended)
        self.assertFalse(os.path.exists(self.path("work", "built.txt")))
