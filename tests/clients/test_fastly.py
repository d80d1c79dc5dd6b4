"""The real fastly CLI, complete against the sandbox: a new service, another version of it, back to
the older one. What it left is asked for through the API."""
import os
import re

from support import FASTLY, ClientCase, needs, wasm

TOML = """manifest_version = 3
name = "edge-fastly"
language = "other"
authors = []
description = ""
service_id = ""

[setup.backends.origin]
address = "origin.example.com"
port = 443
"""
EMPTY = '(module (memory (export "memory") 1) (func (export "_start")) (data (i32.const 0) "%s"))'


@needs("FASTLY")
class Fastly(ClientCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.place = os.path.join(cls.folder, "project")
        os.makedirs(cls.place)
        with open(os.path.join(cls.place, "fastly.toml"), "w", encoding="utf-8") as file:
            file.write(TOML)

    def fastly(self, *words):
        return self.succeed(self.run_in(self.place, FASTLY, *words, "-i"))

    def pack(self, word):
        with open(os.path.join(self.place, "main.wasm"), "wb") as file:
            file.write(wasm(EMPTY % word))
        self.fastly("compute", "pack", "--wasm-binary", "main.wasm")
        return os.path.join(self.place, "pkg", "edge-fastly.tar.gz")

    def deploy(self, word):
        package = self.pack(word)
        ended = self.fastly("compute", "deploy", "--package", package, "--comment", word, "--status-check-off")
        return re.search(r"Deployed package \(service (\w+), version (\d+)\)", ended.out).groups(), package

    def service(self, service, path=""):
        status, document = self.ask(f"/fastly/service/{service}{path}")
        self.assertEqual(status, 200, document)
        return document

    def active(self, service):
        return [each["number"] for each in self.service(service, "/version") if each["active"]]

    def test_all(self):
        (service, number), package = self.deploy("one")
        self.assertEqual((number, self.active(service)), ("1", [1]))
        self.assertEqual([each["name"] for each in self.service(service, "/version/1/backend")], ["origin"])
        with open(package, "rb") as file:
            self.assertEqual(self.sandbox.blob(f"fastly/services/{service}/versions/1/package"), file.read())

        (again, number), package = self.deploy("two")
        self.assertEqual((again, number, self.active(service)), (service, "2", [2]))
        self.assertEqual([each["comment"] for each in self.service(service, "/version")], ["one", "two"])
        with open(package, "rb") as file:
            self.assertEqual(self.sandbox.blob(f"fastly/services/{service}/versions/2/package"), file.read())

        skipped = self.fastly("compute", "deploy", "--package", package)
        self.assertIn("local and service version are identical", skipped.out + skipped.err)
        self.assertEqual(self.active(service), [2])

        self.fastly("service", "version", "activate", "--service-id", service, "--version", "1")
        self.assertEqual(self.active(service), [1])
        self.assertEqual([each for each in self.sandbox.journal() if each["status"] >= 400], [])

        self.fastly("service", "version", "deactivate", "--service-id", service, "--version", "1")
        self.assertEqual(self.active(service), [])
