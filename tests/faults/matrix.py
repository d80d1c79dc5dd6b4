"""Each request of each run fails in each way, once and from there on; what is said of it is held
against what the sandbox then holds, and the run after it must heal all."""
import os

import judge
import proxy
import scene
import state

# By --fault at one request. What is spoiled was done; a status was not.
SINGLE = ("refuse", "reset-before", "reset-during", "lost", "hang", "stall", "slow:500000", "html",
          "truncate", "malformed", "empty", "list", "types:1", "types:2", "types:3", "status:401",
          "status:403", "status:404", "status:409", "status:412", "status:429",
          "status:429:retry-after=2", "status:429:retry-after=3600", "status:500", "status:502",
          "status:503")
# From one request on, until the run ends.
LASTING = ("refuse", "lost", "malformed", "status:401", "status:403",
           "status:429:retry-after=3600", "status:500")
SILENT = {"EDGE_DEPLOY_IDLE_MS": "300"}

EVERYWHERE = ("cloudflare", "fastly", "lambda-edge", "together")
# Where a project has all platforms at once, each request fails in these ways only: what one platform
# does in all others is known, and what becomes of the other two shows in these.
TOGETHER = ("lost", "status:403", "all-refuse", "cut")
# And in these, where a run sends what another one sends too.
RELATED = ("traffic", "promote", "return", "unchanged", "status", "verify")
SHORT = ("refuse", "lost", "stall", "malformed", "list", "types:2", "status:403", "status:404",
         "status:409", "status:429", "status:500", "all-refuse", "all-status:500", "cut", "tls-cut")
# Name: the state before, the words of the run and of the one after it, and where it can be.
SCENARIOS = {
    "first": ("empty", ("publish",), EVERYWHERE),
    "change": ("changed", ("publish",), EVERYWHERE),
    "rollback": ("published", ("rollback", "--to", "OLD"), EVERYWHERE),
    "stage": ("changed", ("publish", "--stage"), ("cloudflare", "fastly")),
    "traffic": ("changed", ("publish", "--traffic", "20"), ("cloudflare",)),
    "promote": ("split", ("publish", "--traffic", "100"), ("cloudflare",)),
    "return": ("split", ("rollback", "--to", "OLD"), ("cloudflare",)),
    "unchanged": ("published", ("publish",), EVERYWHERE),
    "status": ("published", ("status",), EVERYWHERE),
    "verify": ("published", ("verify",), EVERYWHERE),
}
READS = ("unchanged", "status", "verify")


def specifications():
    """Name of a fault -> number of the request -> what --fault gets."""
    out = {kind: "* *#{0}=" + kind for kind in SINGLE}
    out.update({"all-" + kind: "* *#{0}-999999=" + kind for kind in LASTING})
    # Done, and nobody answers any more: nothing can be found out.
    out["cut"] = "* *#{0}=lost,* *#{1}-999999=refuse"
    out.update({kind: None for kind in proxy.TLS})
    return out


FAULTS = specifications()


class Scenario:
    """One platform, one run: learnt once, disturbed often."""

    def __init__(self, platform, name, folders, program, scratch):
        self.platform, self.name, self.program, self.scratch = platform, name, program, scratch
        begin, words, _ = SCENARIOS[name]
        self.source = folders[begin]
        self.certificates = os.path.join(scratch, "certificates")
        self.reads = name in READS
        project = self.open("learn")
        try:
            self.commits = project.git("rev-list", "--reverse", "HEAD").split()
            self.befores, self.records = self.looks(project), project.records()
            self.words = tuple(self.old() if word == "OLD" else word for word in words)
            if platform == "together":
                self.words += ("--jobs", "1") if words[0] == "publish" else ()
            project.serve()
            self.outcome = project.call(*self.words)
            self.requests = project.requests()
            self.wanteds = self.looks(project)
            self.learnt = project.records()
        finally:
            project.close()
        if self.outcome.code or self.outcome.wrong:
            raise ValueError(f"{platform} {name} fails undisturbed: {self.outcome} {self.outcome.wrong}")

    def open(self, name):
        return scene.Scene(os.path.join(self.scratch, f"{self.platform}-{self.name}-{name}"),
                           self.program, self.source)

    def old(self):
        """What the last record but one is of: a version, or with several targets its commit."""
        live = {now.live for now in self.befores.values()}
        rows = [record for record in sorted(self.records, key=lambda record: record["time"])
                if record["version"] not in live]
        if self.platform == "together":
            return self.commits[-2]
        return rows[-1]["version"]

    def looks(self, project):
        """Target -> what there is."""
        if self.platform == "together":
            return {name: reader(project.state) for name, reader in state.PLATFORMS.items()}
        return {"edge": state.PLATFORMS[self.platform](project.state)}

    def look(self, project):
        return self.looks(project)["edge"]

    @property
    def before(self):
        return self.befores["edge"]

    @property
    def wanted(self):
        return self.wanteds["edge"]

    def kinds(self, chosen):
        if self.platform == "together":
            return [kind for kind in chosen if kind in TOGETHER]
        return [kind for kind in chosen if self.name not in RELATED or kind in SHORT]

    def disturb_tls(self, kind, number, project):
        project.serve()
        between = proxy.TlsProxy(proxy.port_of(project.env), self.certificates, kind, number)
        try:
            extra = proxy.endpoints(project.env, f"https://localhost:{between.own_port}")
            extra["SSL_CERT_FILE"] = os.path.join(self.certificates, "ours.pem")
            outcome = project.call(*self.words, extra=extra)
        finally:
            between.close()
        unseen = scene.is_change(self.requests[number - 1])
        return outcome, judge.disturbed(self, project, outcome, unseen)

    def disturb(self, kind, number, project):
        """The run with the fault, and what is wrong with what it said."""
        if kind in proxy.TLS:
            return self.disturb_tls(kind, number, project)
        project.serve(FAULTS[kind].format(number, number + 1))
        outcome = project.call(*self.words, extra=SILENT if kind in ("hang", "stall") else None)
        return outcome, judge.disturbed(self, project, outcome)

    def heal(self, kind, project, first):
        if kind.startswith("all-") or kind == "cut":
            project.serve()
        outcome = project.call(*self.words)
        return outcome, judge.healed(self, project, first, outcome)

    def attempt(self, kind, number):
        """What is wrong, as lines; none when all is right."""
        project = None
        try:
            project = self.open(f"{kind.replace(':', '-')}-{number}")
            first, wrong = self.disturb(kind, number, project)
            again, more = self.heal(kind, project, first)
            if wrong or more:
                wrong = wrong + more + [str(first), str(again)]
            return wrong
        except (OSError, ValueError, KeyError) as problem:
            return [scene.cannot_run(problem)]
        finally:
            if project:
                project.close()
