"""Two publishes of one project at once. The first is held back at one of its requests; meanwhile the
second runs from its beginning to its end; then the first goes on. One of them wins and the other
says so, or both come one after the other; nobody's record is lost.

  clone same    one folder, one commit          clones same    two clones, one commit
  clone next    one folder, the second has a    clones next    two clones, each with a commit of
                newer commit                                   its own
"""
import os

import judge
import projects
import proxy
import scene

WAYS = ("clone-same", "clone-next", "clones-same", "clones-next")


def clock(seconds):
    """Two clones cannot know of each other's records: their clocks tell what was later."""
    return {"SOURCE_DATE_EPOCH": str(int(scene.run.EPOCH) + seconds)}


def set_up(project, platform, way):
    """The second one's folder; clones push their notes to a common repository."""
    other = project.work
    if way.startswith("clones"):
        common, other = (os.path.join(project.folder, name) for name in ("common", "other"))
        project.git("clone", "-q", "--bare", project.work, common)
        project.git("push", "-q", common, scene.REF, work=project.work)
        project.git("remote", "add", "origin", common)
        project.git("clone", "-q", common, other)
        project.git("fetch", "-q", "origin", f"{scene.REF}:{scene.REF}", work=other)
        if way == "clones-next":
            projects.commit(project, platform, 3, other)
    return other


def judge_both(scenario, project, first, second, places, number):
    """What is right whoever has won. Who was held at his last request, behind the switch, has seen
    all that he looks at."""
    now = scenario.look(project)
    records = [record for place in places for record in project.records(place)]
    known = {record["version"] for record in records}
    wrong = first.wrong + second.wrong
    if first.code and second.code:
        wrong.append("nobody has won")
    for name, outcome in (("first", first), ("second", second)):
        made = outcome.row.get("state") == "live"
        if outcome.document.get("recorded") and outcome.row.get("version") not in known:
            wrong.append(f"the {name}'s record is lost")
        if made and outcome.code == 0 and not outcome.document.get("recorded"):
            wrong.append(f"the {name} is live and not recorded")
    last = number == len(scenario.requests)
    if first.code == 0 and first.row.get("version") != now.live and not last:
        wrong.append(f"the first ends with 0 and version {first.row.get('version')}, live is {now.live}")
    if second.code == 0 and first.code in (1, 2) and second.row.get("version") != now.live:
        wrong.append(f"only the second has won with {second.row.get('version')}, live is {now.live}")
    if first.code == 0 and second.code == 0 and second.row.get("state") == "live" and \
            second.row.get("version") != now.live and first.row.get("state") == "live" and \
            first.row.get("previous_version") != second.row.get("version") and not last:
        wrong.append(f"the first replaced {first.row.get('previous_version')} by its words, and the "
                     f"second's {second.row.get('version')} in truth")
    if now.holders != 1:
        wrong.append(f"there are {now.holders} scripts, services or functions")
    if now.foreign != scenario.wanted.foreign:
        wrong.append(f"others' settings: {judge.difference(scenario.wanted.foreign, now.foreign)}")
    return wrong


def judge_after(scenario, project, way, other, both):
    """The next publish knows both: where both have gone live, their notes are merged."""
    if way.startswith("clones"):
        for place in (project.work, other):
            project.git("fetch", "-q", "origin", f"+{scene.REF}:refs/notes/theirs", work=place)
            project.git("notes", "--ref=edge-deploy", "merge", "-q", "-s", "cat_sort_uniq",
                        "refs/notes/theirs", work=place, check=False)
    third = project.call("publish", "--overwrite", extra=clock(40))
    now, records = scenario.look(project), project.records()
    wrong = list(third.wrong)
    if third.code != 0 or judge.newest(records) != now.live:
        wrong.append(f"then live is {now.live}, recorded {judge.newest(records)}")
    for version in {record["version"] for record in records}:
        rows = [record for record in records if record["version"] == version]
        if len({record["artifact_sha256"] for record in rows if record["event"] == "publish"}) > 1:
            wrong.append(f"version {version} is recorded as two different artifacts")
        claims = sum(outcome.document.get("recorded", False) and outcome.row.get("version") == version
                     for outcome in (*both, third))
        if len(rows) > max(claims, 1):
            wrong.append(f"version {version} is recorded {len(rows)} times")
    return wrong, str(third)


class Writers:
    """One scenario of a platform, in one of the ways."""

    def __init__(self, scenario, way):
        self.scenario, self.way = scenario, way

    def trials(self):
        return [(self.way, number) for number in range(1, len(self.scenario.requests) + 1)]

    def run_both(self, project, other, number):
        gate = proxy.Gate(proxy.port_of(project.env), number)
        words = ["publish"] + (["--push-record"] if other != project.work else [])
        held = proxy.endpoints(project.env, f"http://127.0.0.1:{gate.own_port}")
        try:
            process = project.start(*words, extra={**held, **(clock(20) if other != project.work else {})})
            reached = scene.wait_for(lambda: gate.held.is_set() or process.poll() is not None)
            first_is_done = len(project.records()) > len(self.scenario.records)
            if self.way == "clone-next":
                projects.commit(project, self.scenario.platform, 3)
            later = {} if other == project.work else clock(30 if first_is_done else 10)
            second = project.finish(project.start(*words, work=other, extra=later), *words)
            gate.opened.set()
            return project.finish(process, *words), second, reached
        finally:
            gate.opened.set()
            gate.close()

    def attempt(self, _, number):
        project = self.scenario.open(f"{self.way}-{number}")
        try:
            project.serve()
            other = set_up(project, self.scenario.platform, self.way)
            first, second, reached = self.run_both(project, other, number)
            places = [project.work] + ([other] if other != project.work else [])
            wrong = judge_both(self.scenario, project, first, second, places, number)
            more, third = judge_after(self.scenario, project, self.way, other,
                                      (first, second))
            wrong += more
            if not reached:
                wrong.append("the request never came")
            return wrong + [str(first), str(second), third] if wrong else []
        except (OSError, ValueError, KeyError) as problem:
            return [scene.cannot_run(problem)]
        finally:
            project.close()
