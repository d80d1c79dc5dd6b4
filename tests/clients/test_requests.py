"""For the same job (a first deployment, then another), what our drivers send and what the vendors'
own clients send: the differences are exactly those that the platform's README lists in the table
below "differs from". How often a request is sent (waits) is not compared."""
import json
import os
import re

import test_aws
from recorder import Recorder, differences
from support import (CLIENTS, FASTLY, HERE, NODE, ROOT, WRANGLER, ClientCase, Project, Sandbox, needs, run, wasm)

ADD = '(module (func (export "add") (param i32 i32) (result i32) local.get 0 local.get 1 i32.add))'
WORKER = 'import add from "./add.wasm";\nexport default { fetch: () => new Response("WORD " + !!add) };\n'
MAIN = '(module (memory (export "memory") 1) (func (export "_start")) (data (i32.const 0) "WORD"))'
TOML = """manifest_version = 3
name = "same"
language = "other"
authors = []
description = ""

[setup.backends.origin]
address = "origin.example.com"
port = 443
"""


def listed(platform):
    """The rows of the README's table of differences."""
    with open(os.path.join(ROOT, "platforms", platform, "README.md"), encoding="utf-8") as file:
        text = file.read()
    table = re.search(r"How this differs from[^|]*\n\n((?:\|.*\n)+)", text)
    return table.group(1).splitlines()[2:] if table else []


class Requests(ClientCase):
    """The two clients have a sandbox each, and deploy the same by the same name."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        folder = os.path.join(cls.folder, "other")
        os.makedirs(folder)
        cls.other = Sandbox(folder)
        cls.addClassCleanup(cls.other.stop)

    def record(self, sandbox, job):
        with Recorder(sandbox) as recorder:
            self.succeed(job({**self.env, **recorder.environment}))
        return recorder.requests

    def deploy_twice(self, project, source, change, theirs):
        """Our requests and theirs; `theirs(env)` runs their client."""
        mine, yours = [], []
        for word in ("one", "two"):
            project.write({source: change(word)})
            project.commit(word)
            mine += self.record(self.sandbox, lambda env: project.publish(env=env))
            yours += self.record(self.other, theirs)
        return mine, yours

    def compare(self, platform, requests, names, expected, unseen=()):
        """`expected`: words of a row in the README -> the differences that it is about. `unseen`: rows
        about other jobs."""
        found = differences(*requests, names)
        known = [each for every in expected.values() for each in every]
        self.assertEqual(sorted(found), sorted(known))
        rows, words = listed(platform), [*expected, *unseen]
        self.assertEqual([word for word in words if not any(word in row for row in rows)], [], "not in the README")
        self.assertEqual([row for row in rows if not any(word in row for word in words)], [], "no such difference")


@needs("WRANGLER", 22)
class Cloudflare(Requests):
    def test_same_requests(self):
        target = {"platform": "cloudflare", "compatibility_date": "2026-11-01", "main": "worker.mjs", "modules": ["add.wasm"]}
        config = {"name": "same", "main": "worker.mjs", "compatibility_date": "2026-11-01", "no_bundle": True,
                  "rules": [{"type": "CompiledWasm", "globs": ["**/*.wasm"], "fallthrough": False}]}
        project = Project(os.path.join(self.folder, "project"), self.env,
                          {"name": "same", "targets": {"edge": target}, "optimize": {"level": "none"}},
                          {"add.wasm": wasm(ADD), "worker.mjs": WORKER, "wrangler.json": json.dumps(config)})
        requests = self.deploy_twice(project, "worker.mjs", lambda word: WORKER.replace("WORD", word),
                                     lambda env: run([NODE[22], WRANGLER, "deploy"], project.folder, env))
        names = ((".*/accounts/[0-9a-f]+", "A"), ("A/workers/scripts/same", "S"), ("/same$", "/NAME"))
        self.compare("cloudflare", requests, names, {
            "`GET S/settings`": ["only theirs: GET A/workers/services/NAME", "only theirs: GET S/settings"],
            "`GET S/versions/{id}`": ["only ours: GET S/versions/UUID"],
            "`GET S/versions` never": ["only ours: GET S/versions"],
            "with `code_update_strategy`": [f"{line}: body '{part}code_update_strategy.{key}' only theirs"
                                            for line, part in (("POST S/deployments", ""), ("PUT S", "metadata."))
                                            for key in ("mode", "max_delay")],
            "`keep_bindings`": ["PUT S: body 'metadata.keep_bindings' differs",
                                "POST S/versions: body 'metadata.keep_bindings' differs"],
            "`keep_assets`": ["POST S/versions: body 'metadata.keep_assets' only ours"],
            "`PATCH S/script-settings`": ["only theirs: PATCH S/script-settings"],
            "`GET S/subdomain`": ["only theirs: GET A/workers/workers/NAME", "only ours: GET S/subdomain"],
            "no annotations": ["POST S/deployments: body 'annotations' only theirs",
                               "POST S/deployments: body 'annotations.workers/message' only ours",
                               "PUT S: body 'metadata.annotations.workers/message' only ours",
                               "PUT S: body 'metadata.annotations.workers/tag' only ours",
                               "POST S/versions: body 'metadata.annotations.workers/message' only ours",
                               "POST S/versions: body 'metadata.annotations.workers/tag' only ours",
                               "POST S/versions: body 'metadata.annotations.workers/commit_sha' only ours"],
            "`User-Agent`": ["header 'user-agent: wrangler' only theirs",
                             "header 'user-agent: edge-deploy' only ours"],
            "`Cloudflare-Workers-Script-Api-Date`": ["header 'cloudflare-workers-script-api-date' only theirs",
                                                     *(f"header '{name}' only theirs" for name in (
                                                         "accept-encoding", "accept-language", "connection",
                                                         "sec-fetch-mode"))],
        }, unseen=("`PUT S/routes`", "`./SHA1-name.wasm`"))


@needs("FASTLY")
class Fastly(Requests):
    def test_same_requests(self):
        target = {"platform": "fastly", "module": "main.wasm", "domains": ["same.edgecompute.app"],
                  "backends": [{"name": "origin", "address": "origin.example.com", "port": 443}]}
        project = Project(os.path.join(self.folder, "project"), self.env,
                          {"name": "same", "targets": {"fast": target}, "optimize": {"level": "none"}},
                          {"main.wasm": wasm(MAIN)})

        def theirs(env):
            self.succeed(project.deploy("package", "-o", "out"))
            if not os.path.exists(os.path.join(project.folder, "fastly.toml")):
                project.write({"fastly.toml": TOML})
            return run([FASTLY, "compute", "deploy", "-i", "--package", "out/fast/same.tar.gz", "--comment", "x",
                        "--status-check-off", "--domain", "same.edgecompute.app"], project.folder, env)

        requests = self.deploy_twice(project, "main.wasm", lambda word: wasm(MAIN.replace("WORD", word)), theirs)
        names = (("/fastly", ""), ("/service/[0-9A-Za-z]{22}", "S"), ("S/version/[0-9]+", "V"))
        self.compare("fastly", requests, names, {
            "openid-configuration": ["only theirs: GET /realms/.well-known/openid-configuration"],
            "`GET /service/search`": ["only ours: GET /service/search"],
            "`?filter": ["GET S/details: query 'filter%5Bversions.active%5D=true' only theirs"],
            "`comment`": ["POST /service: body 'comment' only ours", "PUT V: body 'comment' differs"],
            "`GET V/backend`": ["only ours: GET V/backend"],
            "`use_ssl`": ["POST V/backend: body 'use_ssl' only ours"],
            "`override_host`": ["POST V/backend: body 'override_host' only theirs"],
            "`GET V/validate`": ["only ours: GET V/validate"],
            "`User-Agent`": ["header 'user-agent: FastlyCLI' only theirs",
                             "header 'user-agent: edge-deploy' only ours",
                             "header 'accept: application/json' only ours", "header 'accept-encoding' only theirs"],
        }, unseen=("`GET V/package`",))  # both send it, of other versions


@needs(22)
class LambdaEdge(Requests):
    def test_same_requests(self):
        if not test_aws.SDK:
            self.skipTest("@aws-sdk is not installed")
        target = {"platform": "lambda-edge", "role": test_aws.JOB["role"], "runtime": "nodejs22.x", "module": "main.wasm",
                  "distribution": test_aws.DISTRIBUTION, "event": "viewer-request"}
        project = Project(os.path.join(self.folder, "project"), self.env,
                          {"name": "same", "targets": {"lambda": target}, "optimize": {"level": "none"}},
                          {"main.wasm": wasm(MAIN)})
        job = {**test_aws.JOB, "function": "same", "step": "deploy",
               "zip": os.path.join(project.folder, "out/lambda/function.zip")}

        def theirs(env):
            self.succeed(project.deploy("package", "-o", "out"))
            return run([NODE[22], os.path.join(HERE, "aws.mjs"), json.dumps(job)], project.folder,
                       {**env, "CLIENTS": CLIENTS})

        requests = self.deploy_twice(project, "main.wasm", lambda word: wasm(MAIN.replace("WORD", word)), theirs)
        names = (("/aws", ""), ("/same", "/NAME"), ("/E[0-9A-Z]{13}", "/ID"))
        functions = "/2015-03-31/functions"
        self.compare("lambda-edge", requests, names, {
            "`PUT functions/NAME/configuration`": [f"only theirs: PUT {functions}/NAME/configuration"],
            "`Description`": [f"POST {functions}/NAME/versions: body 'Description' differs",
                              f"POST {functions}: body 'Description' only ours"],
            "`RevisionId`": [f"PUT {functions}/NAME/code: body 'RevisionId' only ours",
                             f"POST {functions}/NAME/versions: body 'RevisionId' only ours"],
            "`GetRole`": ["only ours: POST /"],
            "`GET distribution/ID`": ["only ours: GET /2020-05-31/distribution/ID"],
            "`Publish`": [f"POST {functions}: body 'Publish' only ours", f"PUT {functions}/NAME/code: body 'Publish' only ours",
                          f"PUT {functions}/NAME/code: body 'DryRun' only ours"],
            "`X-Amz-Content-Sha256`": [f"header '{name}' only theirs" for name in (
                "x-amz-content-sha256", "x-amz-user-agent", "amz-sdk-invocation-id", "amz-sdk-request", "connection")],
            "`User-Agent`": ["header 'user-agent: aws-sdk-js' only theirs",
                             "header 'user-agent: edge-deploy' only ours", "header 'accept: */*' only ours"],
        })
