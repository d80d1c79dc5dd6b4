"""Runs that are ended from outside: killed at each request, before it is done and after, and at each
write to a file; interrupted and terminated. Whatever was reached, status tells the truth, and
publish and rollback go on from there."""
import os
import re
import shutil
import signal
import subprocess
import time

import judge
import scene

SIGNALS = {"KILL": signal.SIGKILL, "INT": signal.SIGINT, "TERM": signal.SIGTERM}
RUNS = ("first", "change", "rollback", "traffic")
# Where the request is when the signal comes: asked and not done, or done and not answered.
MOMENTS = {"before": "hang", "after": "stall"}
ENDS = (("KILL", "before"), ("KILL", "after"), ("INT", "before"), ("TERM", "after"))
WRITES = ("openat", "write", "pwrite64", "rename", "renameat", "renameat2", "link", "linkat",
          "unlink", "unlinkat", "mkdir", "mkdirat", "ftruncate", "chmod", "fchmod")


def age_locks(project):
    """A lock that a killed run has left is an old one when somebody comes back."""
    for here, _, names in os.walk(os.path.join(project.work, ".git")):
        for name in names:
            if name.endswith(".lock"):
                old = time.time() - 600
                os.utime(os.path.join(here, name), (old, old))


def after_kill(scenario, project):
    """What status says now, then the run once more, then back to what was live before."""
    age_locks(project)
    now = scenario.look(project)
    status = project.call("status")
    wrong = list(status.wrong)
    taking = getattr(now, "shares", None) or {now.live: 100}  # of two, status shows the larger share
    if status.code != 0 or (status.row.get("live") or {}).get("version") not in taking:
        wrong.append(f"status shows {status.row.get('live')}; live is {now.live}")
    again = project.call(*scenario.words)
    wrong += judge.healed(scenario, project, status, again)
    told = [str(status), str(again)]
    if scenario.name == "change" and scenario.before.live:
        back = project.call("rollback")
        wrong += back.wrong
        told.append(str(back))
        live = scenario.look(project).live
        if back.code != 0 or live != scenario.before.live or judge.newest(project.records()) != live:
            wrong.append(f"rollback makes {live} live, before it was {scenario.before.live}")
    return wrong, told


def roll_back_at_once(scenario, project):
    """Another one rolls back instead of running it again; then the run is done after all."""
    age_locks(project)
    before = scenario.look(project)
    back = project.call("rollback")
    now = scenario.look(project)
    wrong = list(back.wrong)
    if back.code == 0 and (now.live != back.row.get("version") or judge.newest(project.records()) != now.live):
        wrong.append(f"rollback: live is {now.live}, recorded {judge.newest(project.records())}")
    if back.code != 0 and now.live != before.live:
        wrong.append(f"rollback fails, but {now.live} is live and no longer {before.live}")
    again = project.call(*scenario.words)
    live, records = scenario.look(project), project.records()
    wrong += again.wrong
    if again.code != 0 or live.content != scenario.wanted.content or judge.newest(records) != live.live:
        wrong.append(f"then live is {live.live}, recorded {judge.newest(records)}")
    return wrong, [str(back), str(again)]


def interrupted(scenario, project, outcome, name):
    """What a run says that was asked to stop."""
    now, records = scenario.look(project), project.records()
    wrong = list(outcome.wrong) + judge.of_row(scenario, outcome, "edge", now)
    if outcome.code != 128 + SIGNALS[name]:
        wrong.append(f"ends with {outcome.code} after SIG{name}")
    told = judge.says_unknown(outcome)
    is_new = now.live != scenario.before.live
    if is_new and judge.newest(records) != now.live and not told:
        wrong.append(f"version {now.live} is live, not recorded, and not told to be perhaps live")
    if not is_new and outcome.row.get("state") == "live":
        wrong.append("nothing new is live, and it says so")
    return wrong


class Ending:
    """One scenario, ended at each request."""

    def __init__(self, scenario):
        self.scenario = scenario

    def trials(self):
        return [(name, moment, number) for name, moment in ENDS
                for number in range(1, len(self.scenario.requests) + 1)]

    def end(self, project, name, moment, number):
        action = MOMENTS[moment]
        project.serve(f"* *#{number}={action}")
        process = project.start(*self.scenario.words)
        reached = scene.wait_for(lambda: any(r[3] == action for r in project.requests()) or
                                 process.poll() is not None)
        process.send_signal(SIGNALS[name])
        outcome = project.finish(process, *self.scenario.words)
        return outcome, reached

    def attempt(self, name, moment, number):
        project = self.scenario.open(f"{name}-{moment}-{number}")
        try:
            outcome, reached = self.end(project, name, moment, number)
            wrong, told = [], [str(outcome)]
            if not reached:
                wrong.append("the request never came")
            elif name != "KILL":
                wrong += interrupted(self.scenario, project, outcome, name)
            at_once = name == "TERM" and self.scenario.name == "change"
            more, then = (roll_back_at_once if at_once else after_kill)(self.scenario, project)
            return wrong + more + told + then if wrong or more else []
        except (OSError, ValueError, KeyError) as problem:
            return [scene.cannot_run(problem)]
        finally:
            project.close()


class Writing:
    """One scenario, killed at each write to a file, as strace sees them in the main thread, which
    does all of them."""

    def __init__(self, scenario):
        self.scenario = scenario
        self.points = self.learn()

    def traced(self, log, *more):
        return ("strace", "-qq", "-y", "-o", log, "-e", "trace=" + ",".join(WRITES), *more)

    def learn(self):
        """(system call, its number, what it does) for each that touches a file of the project."""
        project = self.scenario.open("writes")
        try:
            project.serve()
            log = os.path.join(project.folder, "strace")
            outcome = project.finish(project.start(*self.scenario.words, before=self.traced(log)),
                                     *self.scenario.words)
            if outcome.code:
                raise ValueError(f"fails under strace: {outcome}")
            with open(log, encoding="utf-8", errors="replace") as file:
                return points_of(file, project.work)
        finally:
            project.close()

    def trials(self):
        return self.points

    def attempt(self, call, number, _):
        project = self.scenario.open(f"{call}-{number}")
        try:
            project.serve()
            log = os.path.join(project.folder, "strace")
            process = project.start(*self.scenario.words, before=self.traced(
                log, "-e", f"inject={call}:signal=KILL:when={number}"))
            outcome = project.finish(process, *self.scenario.words)
            wrong = []
            killed = process.returncode in (-signal.SIGKILL, 128 + signal.SIGKILL)
            # How many folders git makes depends on the names of its objects.
            if not killed and (call != "mkdir" or outcome.code):
                wrong.append(f"was not killed: {outcome}")
            more, told = after_kill(self.scenario, project)
            return wrong + more + told if wrong or more else []
        except (OSError, ValueError, KeyError) as problem:
            return [scene.cannot_run(problem)]
        finally:
            project.close()


def points_of(lines, work):
    seen, points = {}, []
    for line in lines:
        found = re.match(r"(\w+)\((.*)", line)
        if not found:
            continue
        call = found.group(1)
        seen[call] = seen.get(call, 0) + 1
        writes = call != "openat" or re.search(r"O_CREAT|O_WRONLY|O_RDWR|O_TRUNC", line)
        if work in line and writes:
            points.append((call, seen[call], shorten(line, work)))
    return points


def shorten(line, work):
    return line.strip().replace(work + "/", "")[:100]


def can_trace(folder):
    """Whether there is a strace that may trace."""
    if not shutil.which("strace"):
        return False
    log = os.path.join(folder, "strace")
    return subprocess.run(["strace", "-o", log, "true"], capture_output=True, check=False).returncode == 0
