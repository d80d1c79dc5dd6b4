"""What the sandbox answers, held against the platforms' own descriptions: every reply of our own
publish, status and rollback, and of calls that only others make."""
import base64
import datetime
import hashlib
import hmac
import json
import os
import re
import unittest
import urllib.error
import urllib.parse
import urllib.request

import models
import test_aws
from recorder import Recorder, Reply, Request
from support import ClientCase, Project, wasm

MAIN = '(module (memory (export "memory") 1) (func (export "_start")) (data (i32.const 0) "WORD"))'
TARGETS = {
    "edge": {"platform": "cloudflare", "compatibility_date": "2026-11-01"},
    "fast": {"platform": "fastly", "domains": ["models.edgecompute.app"]},
    "lambda": {"platform": "lambda-edge", "role": test_aws.JOB["role"], "distribution": test_aws.DISTRIBUTION,
               "event": "viewer-request"},
}
# Where the platform has moved on since the document of 2024: what is said then -> why that is right.
NEWER = {
    r"annotations\.workers/message: .* is too long": "1000 bytes now (contract section 3)",
    r"usage_model: 'standard' does not match": "the only one since (contract section 4)",
}


def signed(env, service, method, url, body, headers, token=None):
    """Signature Version 4, once more and apart from ours."""
    now = datetime.datetime.now(datetime.timezone.utc)
    stamp, day = now.strftime("%Y%m%dT%H%M%SZ"), now.strftime("%Y%m%d")
    parts = urllib.parse.urlsplit(url)
    headers = {"host": parts.netloc, "x-amz-date": stamp, **headers, **({"x-amz-security-token": token} if token else {})}
    names = ";".join(sorted(headers))
    path = urllib.parse.quote(parts.path or "/", safe="/-_.~")
    query = "&".join(sorted(parts.query.split("&")))
    canonical = "\n".join([method, path, query, *(f"{name}:{headers[name]}" for name in sorted(headers)), "", names,
                           hashlib.sha256(body).hexdigest()])
    scope = f"{day}/us-east-1/{service}/aws4_request"
    key = ("AWS4" + env["AWS_SECRET_ACCESS_KEY"]).encode()
    for word in scope.split("/"):
        key = hmac.new(key, word.encode(), hashlib.sha256).digest()
    text = f"AWS4-HMAC-SHA256\n{stamp}\n{scope}\n{hashlib.sha256(canonical.encode()).hexdigest()}"
    signature = hmac.new(key, text.encode(), hashlib.sha256).hexdigest()
    headers["Authorization"] = (f"AWS4-HMAC-SHA256 Credential={env['AWS_ACCESS_KEY_ID']}/{scope}, "
                                f"SignedHeaders={names}, Signature={signature}")
    return headers


class Models(ClientCase):
    maxDiff = None

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        if not os.path.exists(os.path.join(models.CONTRACTS, "cloudflare/openapi.json")):
            raise unittest.SkipTest("no descriptions of the platforms' APIs beside the checkout")
        cls.exchanges = cls.publish_all()

    @classmethod
    def publish_all(cls):
        """Requests and replies of our own program."""
        project = Project(os.path.join(cls.folder, "project"), cls.env,
                          {"name": "models", "targets": TARGETS, "module": "main.wasm", "optimize": {"level": "none"}},
                          {"main.wasm": wasm(MAIN)})
        with Recorder(cls.sandbox) as recorder:
            env = {**cls.env, **recorder.environment}
            for word in ("one", "two"):
                project.write({"main.wasm": wasm(MAIN.replace("WORD", word))})
                project.commit(word)
                ended = project.publish(env=env)
                assert ended.code == 0, ended
            for command in ("status", "rollback"):
                ended = project.deploy(command, env=env)
                assert ended.code == 0, ended
        return list(zip(recorder.requests, recorder.replies))

    def send(self, method, path, headers, body=b""):
        """One request of a client that is neither ours nor theirs."""
        request = urllib.request.Request(self.sandbox.base + path, method=method, data=body or None, headers=headers)
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                reply = Reply(answer.status, answer.getheaders(), answer.read())
        except urllib.error.HTTPError as error:
            reply = Reply(error.code, error.headers.items(), error.read())
        return Request(method, path, headers.items(), body), reply

    def report(self, problems, seen, least):
        """`least` operations must have been seen, so that nobody checks nothing."""
        self.assertEqual(sorted(problems), [])
        self.assertGreaterEqual(len(seen), least, sorted(seen))


class Cloudflare(Models):
    SCRIPT = "workers/scripts/models"
    ZONE = "zones/5a4db0c5a4db0c5a4db0c5a4db0ca001/workers/routes"

    def call(self, method, path, body=None, token=None):
        account = f"accounts/{self.env['CLOUDFLARE_ACCOUNT_ID']}/"
        path = "/cf/client/v4/" + (path if path.startswith(("zones", "user")) else account + path)
        headers = {"Authorization": f"Bearer {token or self.env['CLOUDFLARE_API_TOKEN']}"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        return self.send(method, path, headers, b"" if body is None else json.dumps(body).encode())

    def calls(self):
        """What others ask, good and bad."""
        S = self.SCRIPT
        yield self.call("GET", "workers/scripts")
        yield self.call("GET", "workers/account-settings")
        yield self.call("GET", f"{S}/settings")
        yield self.call("GET", f"{S}/script-settings")
        yield self.call("PATCH", f"{S}/script-settings", {"logpush": False})
        yield self.call("PUT", f"{S}/schedules", [{"cron": "*/5 * * * *"}])
        yield self.call("GET", f"{S}/schedules")
        yield self.call("GET", f"{S}/versions?page=1&per_page=1")
        listed = self.call("GET", f"{S}/versions?deployable=true")
        yield listed
        versions = [each["id"] for each in json.loads(listed[1].body)["result"]["items"]]
        shares = [{"version_id": each, "percentage": 50} for each in versions[:2]]
        yield self.call("POST", f"{S}/deployments", {"strategy": "percentage", "versions": shares})
        yield self.call("POST", f"{S}/deployments", {"strategy": "percentage", "versions": shares[:1]})
        yield self.call("GET", f"{S}/versions/{versions[0]}")
        yield self.call("GET", f"{S}/versions/00000000-0000-4000-8000-000000000000")
        yield self.call("GET", "workers/scripts/none/deployments")
        yield self.call("GET", "workers/scripts/none/settings")
        yield self.call("POST", self.ZONE, {"pattern": "example.com/*", "script": "models"})
        listed = self.call("GET", self.ZONE)
        yield listed
        route = json.loads(listed[1].body)["result"][0]["id"]
        yield self.call("GET", f"{self.ZONE}/{route}")
        yield self.call("PUT", f"{self.ZONE}/{route}", {"pattern": "example.com/a", "script": "models"})
        yield self.call("DELETE", f"{self.ZONE}/{route}")
        yield self.call("DELETE", f"{self.ZONE}/{route}")
        yield self.call("PUT", "workers/domains", {"hostname": "m.example.com", "service": "models", "zone_id": "x"})
        yield self.call("GET", "workers/domains")
        yield self.call("GET", "workers/subdomain")
        yield self.call("PUT", "workers/subdomain", {"subdomain": "mine"})
        yield self.call("GET", "workers/subdomain", token="wrong")
        yield self.call("DELETE", "workers/scripts/none")
        yield self.call("DELETE", S)

    def test_replies(self):
        try:
            api = models.OpenApi()
        except ImportError:
            self.skipTest("python3-jsonschema is not installed: the replies are not held against OpenAPI")
        problems, seen, without = set(), set(), set()
        for request, reply in [*self.exchanges, *self.calls()]:
            if not request.path.startswith("/cf/"):
                continue
            name = api.find(request.method, request.path.removeprefix("/cf/client/v4"))
            if not name:
                without.add(f"{request.method} {request.path}")
                continue
            seen.add(name)
            problems.update(f"{' '.join(name)} {reply.status}: {each}" for each in api.check(name, reply))
        self.report([each for each in problems if not any(re.search(known, each) for known in NEWER)], seen, 23)


class Aws(Models):
    SERVICES = {"/aws/2015-03-31/": "lambda", "/aws/2020-05-31/": "cloudfront"}

    def call(self, method, path, body=b"", headers=None, service=None):
        path = "/aws" + path
        service = service or next((name for start, name in self.SERVICES.items() if path.startswith(start)), "sts")
        if isinstance(body, dict):
            body = json.dumps(body).encode()
        return self.send(method, path, signed(self.env, service, method, self.sandbox.base + path, body, headers or {}), body)

    def query(self, service, **fields):
        return self.call("POST", "/", urllib.parse.urlencode(fields).encode(),
                         {"content-type": "application/x-www-form-urlencoded"}, service)

    def calls(self):
        functions, distribution = "/2015-03-31/functions", f"/2020-05-31/distribution/{test_aws.DISTRIBUTION}"
        zipped = base64.b64encode(test_aws.archive({"index.mjs": "export const handler = 1;"})).decode()
        new = {"FunctionName": "direct", "Runtime": "nodejs24.x", "Role": test_aws.JOB["role"], "Handler": "index.handler",
               "Code": {"ZipFile": zipped}}
        yield self.call("POST", functions, new)
        yield self.call("POST", functions, new)
        yield self.call("PUT", f"{functions}/direct/configuration", {"Timeout": 5})
        for _ in range(2):
            yield self.call("GET", f"{functions}/direct")
        yield self.call("PUT", f"{functions}/direct/configuration", {"Timeout": 5, "RevisionId": "stale"})
        yield self.call("PUT", f"{functions}/direct/configuration", {"Timeout": 5, "Environment": {"Variables": {"A": "b"}}})
        yield self.call("GET", f"{functions}/models/versions?MaxItems=1")
        yield self.call("GET", f"{functions}/none/configuration")
        yield self.call("DELETE", f"{functions}/direct?Qualifier=%24LATEST")
        yield self.call("DELETE", f"{functions}/models")
        yield self.call("DELETE", f"{functions}/direct")
        yield self.call("GET", "/2020-05-31/distribution")
        yield self.call("GET", distribution)
        yield self.call("GET", "/2020-05-31/distribution/ENONE/config")
        yield self.call("PUT", f"{distribution}/config", b"<DistributionConfig/>", {"if-match": "ESTALE"})
        yield self.call("PUT", f"{distribution}/config", b"<DistributionConfig/>")
        batch = b"<InvalidationBatch><Paths><Quantity>1</Quantity><Items><Path>/*</Path></Items></Paths>" \
            b"<CallerReference>r</CallerReference></InvalidationBatch>"
        made = self.call("POST", f"{distribution}/invalidation", batch)
        yield made
        yield self.call("GET", f"{distribution}/invalidation/{made[1].headers['location'].rsplit('/', 1)[1]}")
        yield self.call("GET", f"{distribution}/invalidation/INONE")

    def check(self, named, exchanges, least):
        problems, seen = set(), set()
        for request, reply in exchanges:
            service = next((name for start, name in self.SERVICES.items() if request.path.startswith(start)), None)
            if not service:
                continue
            request = Request(request.method, request.path.removeprefix("/aws"), request.headers.items(), request.body)
            name = named[service].find(request)
            if not name:
                problems.add(f"{request.method} {request.path}: no such operation")
                continue
            seen.add(name)
            problems.update(f"{name} {reply.status}: {each}" for each in named[service].check(name, reply))
        self.report(problems, seen, least)

    def test_replies(self):
        named = {word: models.Model(models.load(f"lambda-edge/service-model-{word}.json")) for word in ("lambda", "cloudfront")}
        self.check(named, [*self.exchanges, *self.calls()], 14)

    def test_sts(self):
        model = models.Model(models.load("lambda-edge/service-model-sts.json"))
        request, reply = self.query("sts", Action="GetCallerIdentity", Version="2011-06-15")
        self.assertEqual(model.check(model.find(request), reply), [])

    def test_botocore_understands(self):
        """Of STS and IAM the contracts have no whole model: AWS's SDK for Python brings its own."""
        try:
            import botocore.session  # pylint: disable=import-outside-toplevel
        except ImportError:
            self.skipTest("botocore is not installed")
        loader = botocore.session.get_session().get_component("data_loader")
        for service, calls in {
            "sts": [("AssumeRole", {"RoleArn": "arn:aws:iam::123456789012:role/deploy", "RoleSessionName": "ci"}),
                    ("AssumeRole", {"RoleArn": "arn:aws:iam::123456789012:role/untrusted", "RoleSessionName": "ci"}),
                    ("GetCallerIdentity", {})],
            "iam": [("GetRole", {"RoleName": "edge"}), ("GetRole", {"RoleName": "missing"}),
                    ("GetRole", {"RoleName": "unreadable"})],
        }.items():
            model = models.Model(loader.load_service_model(service, "service-2"))
            version = model.document["metadata"]["apiVersion"]
            for action, fields in calls:
                request, reply = self.query(service, Action=action, Version=version, **fields)
                self.assertEqual(model.check(model.find(request), reply), [], (action, fields, reply.body))


class Fastly(Models):
    """No description of this API is at hand: the shapes are those of the captured answers."""

    @staticmethod
    def name_of(line):
        return re.sub(r"/version/\d+", "/version/N", re.sub(r"/service/[0-9A-Za-z]{20,}", "/service/ID", line.split("?")[0]))

    @classmethod
    def captured(cls):
        out = {}
        for word in ("create", "redeploy", "versions"):
            for scenario in models.load(f"fastly/capture-{word}.json")["scenarios"]:
                for request in scenario["requests"]:
                    if request.get("status") in (200, 201) and isinstance(request.get("stub_response"), (dict, list)):
                        out.setdefault(cls.name_of(request["req"]), request["stub_response"])
        return out

    def compare(self, wanted, got, at):
        """What the captured answer has and ours has not, or has of another type."""
        if isinstance(wanted, list) and isinstance(got, list):
            return [each for item in got for each in self.compare(wanted[0], item, f"{at}[]")] if wanted else []
        if wanted is None or got is None:
            return []
        if type(wanted) is not type(got):
            return [f"{at}: {type(got).__name__}, not {type(wanted).__name__}"]
        if not isinstance(wanted, dict):
            return []
        out = [f"{at}.{key} is missing" for key in wanted if key not in got]
        return out + [each for key in wanted if key in got for each in self.compare(wanted[key], got[key], f"{at}.{key}")]

    def calls(self):
        headers = {"Fastly-Key": self.env["FASTLY_API_TOKEN"]}
        form = {**headers, "Content-Type": "application/x-www-form-urlencoded"}
        yield self.send("POST", "/fastly/resources/stores/config", form, b"name=settings")
        yield self.send("POST", "/fastly/resources/stores/kv", {**headers, "Content-Type": "application/json"}, b'{"name":"kv"}')
        listed = self.send("GET", "/fastly/service", headers)
        yield listed
        service = f"/fastly/service/{json.loads(listed[1].body)[0]['id']}"
        for path in ("", "/details", "/version", "/version/1", "/version/1/domain", "/version/1/backend", "/version/1/package"):
            yield self.send("GET", service + path, headers)
        drawn = self.send("PUT", f"{service}/version/1/clone", headers)
        yield drawn
        draft = f"{service}/version/{json.loads(drawn[1].body)['number']}"
        yield self.send("POST", f"{draft}/backend", form, b"name=o&address=o.example.com&port=443")
        yield self.send("PUT", f"{draft}/activate/staging", headers)
        yield self.send("PUT", f"{draft}/deactivate/staging", headers)

    def test_shapes(self):
        wanted, problems, seen = self.captured(), set(), set()
        for request, reply in [*self.exchanges, *self.calls()]:
            name = self.name_of(f"{request.method} {request.path.removeprefix('/fastly')}")
            if name in wanted and reply.status in (200, 201) and request.path.startswith("/fastly"):
                seen.add(name)
                problems.update(f"{name}: {each}" for each in self.compare(wanted[name], json.loads(reply.body), ""))
        self.report(problems, seen, 12)


del Models  # not a case of its own
