#!/usr/bin/env python3
"""`make evidence`: measures every runtime found here with `edge-deploy probe`, and rewrites, in the profiles, the
evidence that names such a runtime: its version and the day. All else keeps its form. A profile that an answer
contradicts is for a person to decide: then it says so, writes nothing and ends with 1.

usage: evidence.py [--program PATH] [--check] [PLATFORM=PROFILE...]
--check writes nothing: is there a contradiction? PROFILE: another file than the shipped one."""
import argparse
import collections
import fnmatch
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import time

import engines
import probes

ROOT = pathlib.Path(__file__).resolve().parents[2]
NODES = (18, 20, 22, 24, 26)
TITLES = {"node": "Node", "workerd": "workerd", "viceroy": "Viceroy", "wasmtime": "wasmtime"}
VERSION = r"\d[\d.-]*\d|\d"
# "probes: Node 22.23.3, 24.21.0: ...", and not "probe: Node 22.19.0 has it, 22.18.0 has not", which stays.
EVIDENCE = re.compile(rf"probes?: ({'|'.join(TITLES.values())}) ((?:{VERSION})(?:, (?:{VERSION}))*)(?!\S*\d)(?! has )"
                      r"( \(V8 [\d.]+\))?(.*)$")

Found = collections.namedtuple("Found", "name version engine platform variant answers only_engine")
Contradiction = collections.namedtuple("Contradiction", "platform variant case support found answer said")


# --- the runtimes ---

def programs():
    """(name, path) of each that is here, and why others are not."""
    wanted = [("node", lambda major=major: engines.node_program(major)) for major in NODES]
    wanted += [("workerd", engines.workerd_program)]
    for name in ("viceroy", "wasmtime"):
        path = os.environ.get(f"EDGE_DEPLOY_{name.upper()}") or os.environ.get(name.upper()) or shutil.which(name)
        if path:
            yield name, path
        else:
            print(f"SKIPPED: {name}: it is not installed")
    for name, find in wanted:
        try:
            yield name, find()
        except engines.Missing as reason:
            print(f"SKIPPED: {reason}")


def case_of(row):
    return row["name"], row["use"], row["with"]


def probe(program, name, path):
    done = subprocess.run([program, "probe", path, "-q", "--format", "json"], capture_output=True, text=True,
                          timeout=600, check=False)
    said = json.loads(done.stdout)
    if not said["ok"]:
        raise SystemExit(f"evidence: {path}: {said['error']['message']}")
    answers = {case_of(row): (row["measured"], row["message"]) for row in said["features"]
               if row["measured"] != "unknown"}
    runtime, profile = said["runtime"], said["profile"]
    only_engine = profile["runtimes"][name].get("engine_only", False)
    print(f"{name} {runtime['version']}: {len(answers)} of {len(said['features'])} measured")
    return Found(name, runtime["version"], runtime["engine"], said["platform"], said["variant"], answers, only_engine)


def counted(answers):
    """What an engine of engines.py answered ({probe: "runs" or its words}), as `probe` counts it. Whether an engine
    has builtins of its own cannot be told: there they are supplied."""
    out = collections.defaultdict(list)
    for row in probes.own():
        if "measures" in row and row["measures"] != "mvp" and "otherwise" not in row and row["name"] in answers:
            out[row["measures"], row.get("use"), row.get("with")].append(answers[row["name"]])
    return {case: ("yes" if set(words) == {"runs"} else "partial" if "runs" in words else "no",
                   next((word for word in words if word != "runs"), None)) for case, words in out.items()}


def of_answers(name, platform, answers):
    """The same of an engine of engines.py: `name` as run.py has it ("node22"), `platform` the profile's."""
    kind = name.rstrip("0123456789")
    base, _, variant = platform.partition("@")
    if kind == "wasmtime":  # the library compiles core modules only
        answers = {probe: said for probe, said in answers.items() if "component" not in probe}
    return Found(kind, name[len(kind):] or "library", None, base, variant or None, counted(answers), kind == "wasmtime")


def library():
    """Wasmtime as a library: it may contradict, and is no evidence."""
    try:
        found = of_answers("wasmtime", "fastly", engines.wasmtime({row["name"]: row["bytes"] for row in probes.own()}))
    except engines.Missing as reason:
        print(f"SKIPPED: {reason}")
        return []
    print(f"wasmtime as a library: {len(found.answers)} measured")
    return [found]


# --- the profiles ---

def entries(profile):
    """Of all that is said of features: path, variant or None, (feature, use, with), what is said."""
    def of(features, path, variant):
        for feature, row in features.items():
            yield (*path, feature), variant, (feature, None, None), row
            for kind, place in (("uses", 1), ("with", 2)):
                for other, instead in row.get(kind, {}).items():
                    case = [feature, None, None]
                    case[place] = other
                    yield (*path, feature, kind, other), variant, tuple(case), instead
    yield from of(profile["features"], ("features",), None)
    for name, variant in profile.get("variants", {}).get("entries", {}).items():
        yield from of(variant.get("features", {}), ("variants", "entries", name, "features"), name)
    if "components" in profile:
        yield ("components",), None, ("component-model", None, None), profile["components"]


def stands_for(found, profile, variant, case):
    """Whether what it says is about that entry: the base's are of all variants that have none of their own."""
    own = profile.get("variants", {}).get("entries", {}).get(found.variant, {}).get("features", {})
    if variant is None:
        return case[0] not in own
    return found.variant == variant


def contradicts(support, answer, only_engine):
    if support == "yes":
        return answer in ("no", "partial")
    if support == "partial":
        return answer == "no"
    return support == "no" and answer in ("yes", "partial") and not only_engine


def contradictions(profile, runtimes):
    for _, variant, case, row in entries(profile):
        for found in runtimes:
            if found.platform != profile["name"] or not stands_for(found, profile, variant, case):
                continue
            answer, said = found.answers.get(case, (None, None))
            if answer and contradicts(row["support"], answer, found.only_engine):
                yield Contradiction(profile["name"], variant, case, row["support"], found, answer, said)
    yield from silent_cases(profile, runtimes)


def silent_cases(profile, runtimes):
    """What a runtime refuses in one way only, and the profile knows nothing of."""
    known = {(variant, case) for _, variant, case, _ in entries(profile)}
    support = {(variant, case): row["support"] for _, variant, case, row in entries(profile)}
    for found in runtimes:
        for case, (answer, said) in found.answers.items():
            feature = (case[0], None, None)
            if found.platform != profile["name"] or answer != "no" or case == feature:
                continue
            where = found.variant if (found.variant, feature) in known else None
            other = support.get((found.variant, (case[2], None, None)), support.get((None, (case[2], None, None))))
            if (where, case) not in known and support.get((where, feature)) == "yes" and other != "no":
                yield Contradiction(profile["name"], where, case, "yes", found, answer, said)


def sentence(row):
    feature, use, other = row.case
    name = feature + (f" ({use})" if use else "") + (f" with {other}" if other else "")
    return (f"{row.platform}{'@' + row.variant if row.variant else ''}: {name} is '{row.support}', and "
            f"{row.found.name} {row.found.version} says {row.answer}{': ' + row.said if row.said else ''}")


# --- what is written ---

def number_of(version):
    return [int(part) for part in re.findall(r"\d+", version)]


def line_of(found_or_name, version):
    """Versions that replace each other: Node's of one major, all of another's."""
    return version.split(".")[0] if found_or_name == "node" else ""


def confirms(support, answer):
    return {"yes": answer == "yes", "no": answer == "no", "partial": answer in ("yes", "partial")}.get(support, True)


def new_evidence(row, case, runtimes):
    """The evidence as the runtimes found here have it now, or None: it is not theirs."""
    match = EVIDENCE.match(row["evidence"])
    if not match:
        return None
    title, versions, engine, rest = match.groups()
    name = next(key for key, value in TITLES.items() if value == title)
    asked = [found for found in runtimes if found.name == name and case in found.answers]
    if not asked:
        return None
    lines = {line_of(name, version): version for version in versions.split(", ")}
    for found in asked:
        lines[line_of(name, found.version)] = found.version
    listed = sorted(lines.values(), key=number_of)
    if engine and listed != versions.split(", "):
        engine = f" ({asked[0].engine})" if asked[0].engine else ""
    return f"{'probes' if len(listed) > 1 else 'probe'}: {title} {', '.join(listed)}{engine or ''}{rest}"


def texts(text):
    """Where each text of a document stands: {path: (start, end)} of what is between the quotes."""
    found, decoder, stack, at = {}, json.JSONDecoder(), [], 0
    while at < len(text):
        letter = text[at]
        if letter in "{[":
            stack.append([letter, 0 if letter == "[" else None])
        elif letter in "}]":
            stack.pop()
        elif letter == "," and stack[-1][0] == "[":
            stack[-1][1] += 1
        elif letter == '"':
            value, end = decoder.raw_decode(text, at)
            if stack[-1][0] == "{" and text[end:].lstrip().startswith(":"):
                stack[-1][1] = value
            else:
                found[tuple(key for _, key in stack)] = (at + 1, end - 1)
            at = end - 1
        at += 1
    return found


def rewrite(text, profile, runtimes, today):
    changes = {}
    for path, variant, case, row in entries(profile):
        mine = [found for found in runtimes if found.platform == profile["name"] and not found.version == "library"
                and stands_for(found, profile, variant, case)
                and confirms(row["support"], found.answers.get(case, ("", None))[0])]
        evidence = new_evidence(row, case, mine)
        if evidence:
            changes[(*path, "evidence")] = evidence
            changes[(*path, "as_of")] = today
    for name, runtime in profile.get("runtimes", {}).items():
        for place, version in enumerate(runtime.get("probed", [])):
            for found in runtimes:
                if found.name == name and found.version != "library" and \
                        line_of(name, found.version) == line_of(name, version):
                    changes["runtimes", name, "probed", place] = found.version
    places = texts(text)
    for path in sorted(changes, key=lambda path: -places[path][0]):
        start, end = places[path]
        text = text[:start] + json.dumps(changes[path], ensure_ascii=False)[1:-1] + text[end:]
    return text


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", default=str(ROOT / "build" / "edge-deploy"))
    parser.add_argument("--check", action="store_true")
    parser.add_argument("profiles", nargs="*", metavar="PLATFORM=PROFILE")
    options = parser.parse_args()
    paths = {path.parent.name: path for path in sorted((ROOT / "platforms").glob("*/profile.json"))}
    paths.update((name, pathlib.Path(path)) for name, path in (each.split("=", 1) for each in options.profiles))
    runtimes = [probe(options.program, name, path) for name, path in programs()] + library()
    documents = {path: path.read_text() for path in paths.values()}
    against = [row for text in documents.values() for row in contradictions(json.loads(text), runtimes)]
    for row in against:
        print(f"CONTRADICTED {sentence(row)}")
    if against:
        print(f"{len(against)} contradictions: nothing is written; see what is right, and change 'support' by hand")
        return 1
    today = time.strftime("%Y-%m-%d", time.gmtime(int(os.environ.get("SOURCE_DATE_EPOCH", time.time()))))
    for path, text in documents.items():
        changed = text if options.check else rewrite(text, json.loads(text), runtimes, today)
        if changed != text:
            path.with_suffix(".new").write_text(changed)
            path.with_suffix(".new").replace(path)
        lines = sum(a != b for a, b in zip(text.splitlines(), changed.splitlines()))
        print(f"{path}: {'no contradiction' if options.check else f'{lines} lines changed'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
