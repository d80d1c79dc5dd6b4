"""`publish` to the sandbox, and what it left there answers in the platforms' own runtimes."""
import json
import os

from runtimes import Function, live_function, live_package, live_worker, validate, viceroy, workerd
from support import FASTLY, PROGRAM, SHARED, ClientCase, Project, State, environment, needs, run

WIDTH, HEIGHT = 16, 16
PIXELS = bytes(range(256)) * 3  # every byte there is
PPM = b"P6\n%d %d\n255\n" % (WIDTH, HEIGHT) + PIXELS
PGM = b"P5\n%d %d\n255\n" % (WIDTH, HEIGHT) + bytes(
    (PIXELS[i] * 77 + PIXELS[i + 1] * 150 + PIXELS[i + 2] * 29) >> 8 for i in range(0, len(PIXELS), 3))


class Sample(ClientCase):
    """The sample of `edge-deploy init`, published to a sandbox in another process."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        place = os.path.join(cls.folder, "project")
        os.makedirs(place)
        made = run([PROGRAM, "init"], place, cls.env)
        with open(os.path.join(place, "edge-deploy.json"), encoding="utf-8") as file:
            manifest = json.load(file)
        del manifest["verify"]  # would ask the addresses at the real platforms
        cls.project = Project(place, cls.env, manifest)
        cls.published = cls.project.publish()
        assert made.code == 0 and cls.published.code == 0, f"{made}\n{cls.published}"

    def converse(self, runtime):
        """What the sample promises, whatever it runs in."""
        hello = runtime.ask("/")
        self.assertEqual(hello.status, 200, hello)
        self.assertTrue(hello.body.startswith(b"Hello from the edge."), hello)
        self.assertEqual(hello.headers["content-type"], "text/plain; charset=utf-8")
        self.assertEqual(runtime.ask("/health?x=1").body, b"ok\n")
        self.assertEqual(runtime.ask("/nowhere").status, 404)
        grey = runtime.ask("/grey", "POST", PPM, {"Content-Type": "image/x-portable-pixmap"})
        self.assertEqual((grey.status, grey.headers["content-type"]), (200, "image/x-portable-graymap"), grey)
        self.assertEqual(grey.body, PGM)

    def deployment(self, target):
        return next(each for each in self.published.json["deployments"] if each["target"] == target)

    def test_published(self):
        document = self.published.json
        self.assertTrue(document["ok"] and document["recorded"])
        self.assertEqual([each["state"] for each in document["deployments"]], ["live"] * 3)

    @needs("WORKERD")
    def test_worker_in_workerd(self):
        version, parts = live_worker(self.sandbox, "edge-hello")
        self.assertEqual(version["id"], self.deployment("edge")["version"])
        with workerd(os.path.join(self.folder, "workerd"), version, parts) as runtime:
            self.converse(runtime)

    def converse_in_node(self, major):
        configuration, code = live_function(self.sandbox, "edge-hello")
        self.assertEqual(configuration["Version"], self.deployment("lambda")["version"])
        with Function(os.path.join(self.folder, f"node{major}"), configuration, code, major) as runtime:
            self.converse(runtime)
            path = os.path.join(SHARED, "contracts/lambda-edge/events.json")
            if not os.path.exists(path):
                return
            with open(path, encoding="utf-8") as file:
                events = json.load(file)
            self.assertEqual(runtime.send(events["viewer_request"])["status"], "200")
            answer = events["viewer_response"]["Records"][0]["cf"]["response"]
            self.assertEqual(runtime.send(events["viewer_response"]), answer)

    @needs(22)
    def test_function_in_node_22(self):
        self.converse_in_node(22)

    @needs(24)
    def test_function_in_node_24(self):
        self.converse_in_node(24)

    @needs("FASTLY")
    def test_package_validates(self):
        number, package = live_package(self.sandbox, self.deployment("fast")["resource"])
        self.assertEqual(str(number), self.deployment("fast")["version"])
        self.succeed(validate(FASTLY, self.folder, package, self.env))

    @needs("VICEROY")
    def test_package_in_viceroy(self):
        _, package = live_package(self.sandbox, self.deployment("fast")["resource"])
        with viceroy(os.path.join(self.folder, "viceroy"), package) as runtime:
            self.converse(runtime)

    def test_built_in_sandbox_gets_the_same(self):
        """`--sandbox` keeps its state in the project, and stores the same bytes."""
        env = environment(os.path.join(self.folder, "home"))
        ended = self.succeed(self.project.publish("--sandbox", "--force", env=env))
        own = State(os.path.join(self.project.folder, ".edge-deploy/sandbox"))

        def stored(sandbox):
            return ([body for _, body in live_worker(sandbox, "edge-hello")[1]],
                    live_function(sandbox, "edge-hello")[1], live_package(sandbox, None)[1])

        self.assertEqual(stored(own), stored(self.sandbox))
        digests = [[each["artifact_sha256"] for each in ran.json["deployments"]] for ran in (ended, self.published)]
        self.assertEqual(digests[0], digests[1])
