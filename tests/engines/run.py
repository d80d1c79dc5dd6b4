#!/usr/bin/env python3
"""The profiles against the engines themselves: what an engine refuses its profile must refuse, and what it
runs its profile must not. Also: what `inspect` says of every probe is what the probe's text says.
Falsified profiles are caught (falsified.py), and `edge-deploy probe` measures the same.
Differences that are right stand in differences.json with the reason; one that is no longer there fails.

usage: run.py [--program PATH] [WORD...]    only probes whose name holds one of the words
Prints `N passed, N failed, N skipped`; exit code 1 when one failed."""
import argparse
import fnmatch
import json
import pathlib
import subprocess
import sys
import tempfile

import engines
import falsified
import probes
import trials
from count import Count

ROOT = pathlib.Path(__file__).resolve().parents[2]

# An engine, the profile that must agree with it, and the rules of `check` that speak of engines: what our
# glue lacks, or a platform's size limit, is no matter of theirs.
RULES = {"feature", "component", "malformed", "invalid"}
PAIRS = [
    *((f"node{major}", f"lambda-edge@nodejs{major}.x", lambda all_, major=major: engines.node(major, all_), RULES)
      for major in (18, 20, 22, 24, 26)),
    ("workerd", "cloudflare", engines.workerd, RULES),
    ("wasmtime", "fastly", engines.wasmtime, RULES),
    ("viceroy", "fastly", engines.viceroy, RULES | {"import", "size"}),
]


def document(program, *words):
    done = subprocess.run([program, *words, "--format", "json"], capture_output=True, text=True, timeout=60, check=False)
    try:
        return json.loads(done.stdout)
    except ValueError:
        return {"ok": False, "error": {"message": f"exit {done.returncode}: {done.stderr.strip()[:200]}"}}


def found_uses(module):
    return {feature["name"]: {use["reason"] + (f": {use['what']}" if use["what"] else ""): use["count"]
                              for use in feature["uses"]} for feature in module["features"]}


def inspect_fault(program, path, probe):
    """What `inspect` says other than the probe's text, or None."""
    said = document(program, "inspect", path)
    if not said.get("module"):
        return said.get("error", {}).get("message", "no module")
    uses = found_uses(said["module"])
    missing = [each for each in probe.get("needs", []) if each not in uses]
    if missing:
        return f"misses {missing}, finds {sorted(uses)}"
    if "features" in probe and sorted(uses) != probe["features"]:
        return f"finds {sorted(uses)}, expected {probe['features']}"
    if "uses" in probe and uses != probe["uses"]:
        return f"finds {uses}, expected {probe['uses']}"
    for feature in said["module"]["features"]:
        if feature["count"] != sum(use["count"] for use in feature["uses"]):
            return f"the uses of {feature['name']} do not add up"
    return None


def verdicts(program, path):
    """By platform: the messages of all findings that are errors, by rule; warnings as `warning`."""
    wanted = [word for pair in PAIRS for word in ("--platform", pair[1])]
    said = document(program, "check", path, *wanted)
    return {target["target"]: target["findings"] for target in said.get("targets", [])}


def refusals(findings, rules):
    return [each["message"] for each in findings if each["level"] == "error" and each["rule"] in rules]


class Differences:
    """differences.json: rows of engine, probe (both patterns), `engine` runs or not, and why."""

    def __init__(self, path):
        self.rows = json.loads(path.read_text())
        self.unused = set(range(len(self.rows)))

    def explain(self, engine, probe, runs):
        found = [number for number, row in enumerate(self.rows)
                 if fnmatch.fnmatch(engine, row["engine"]) and fnmatch.fnmatch(probe, row["probe"])
                 and runs == row["runs"]]
        self.unused -= set(found)
        return bool(found)


def compare(name, probe, answer, findings, rules, differences):
    refused = refusals(findings, rules)
    runs = answer == "runs"
    if runs != bool(refused) or (differences and differences.explain(name, probe, runs)):
        return None
    if runs:
        return f"{name} runs it, its profile refuses it: {refused[0]}"
    return f"{name} refuses it ({answer[:160]}), its profile does not"


def check_engines(options, chosen, findings, count):
    differences, asked = Differences(ROOT / "tests" / "engines" / "differences.json"), {}
    bodies = {probe["name"]: probe["bytes"] for probe in chosen}
    absent = []
    for name, platform, ask, rules in PAIRS:
        try:
            answers = asked[name] = ask(bodies)
        except engines.Missing as reason:
            count.skip(f"{name}, {len(bodies)} probes: {reason}", len(bodies))
            absent.append(name)
            continue
        for probe in bodies:
            count.check(f"{probe} in {name}", compare(name, probe, answers[probe], findings[probe][platform], rules,
                                                      differences))
        runs = sum(answer == "runs" for answer in answers.values())
        print(f"{name}: runs {runs} of {len(bodies)}; profile {platform}")
    if not options.words and probes.has_shared() and not absent:
        for number in sorted(differences.unused):
            count.check("differences.json", f"no longer occurs: {differences.rows[number]}")
    if not options.words:
        pairs = [(name, platform, asked[name], rules) for name, platform, _, rules in PAIRS if name in asked]
        falsified.check(options.program, pairs, compare, refusals, count)
    trials.check(options.program, chosen, asked, count)


REAL_MOST = 12 << 20  # bytes of a real module: larger ones need minutes on a busy machine


def check_real(options, count):
    """The modules that the suite `corpus` has fetched, in every Node: what one refuses its profile refuses."""
    paths = sorted(path for path in (ROOT / "build" / "corpus").glob("*.wasm")
                   if path.stat().st_size <= REAL_MOST and path.read_bytes()[4:8] == b"\1\0\0\0")
    if not paths:
        count.skip("real modules: the suite 'corpus' has not fetched any")
        return
    findings = {path.stem: verdicts(options.program, path) for path in paths}
    for name, platform, ask, rules in PAIRS:
        if not name.startswith("node"):
            continue
        try:
            answers = ask({path.stem: path for path in paths})
        except engines.Missing as reason:
            count.skip(f"{name}, {len(paths)} real modules: {reason}", len(paths))
            continue
        for path in paths:
            fault = compare(name, path.stem, answers[path.stem], findings[path.stem][platform], rules, None)
            count.check(f"{path.stem[:12]}.wasm in {name}", fault)
        runs = sum(answer == "runs" for answer in answers.values())
        print(f"{name}: compiles {runs} of {len(paths)} real modules")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", default=str(ROOT / "build" / "edge-deploy"))
    parser.add_argument("words", nargs="*")
    options = parser.parse_args()
    count, findings = Count(), {}
    chosen = [*probes.own(), *probes.written(), *probes.shared()]
    chosen = [p for p in chosen if not options.words or any(word in p["name"] for word in options.words)]
    if not probes.has_shared():
        count.skip("the probes of ../shared/evidence and micro.json: they are not there")
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "probe.wasm"
        for probe in chosen:
            path.write_bytes(probe["bytes"])
            count.check(f"inspect {probe['name']}", inspect_fault(options.program, path, probe))
            findings[probe["name"]] = verdicts(options.program, path)
    check_engines(options, chosen, findings, count)
    if not options.words:
        check_real(options, count)
    print(f"engines: {count}")
    return 1 if count.failed else 0


if __name__ == "__main__":
    sys.exit(main())
