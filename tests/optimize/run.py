#!/usr/bin/env python3
"""Lowered and optimized modules give the same results as the original on the engines.

Lowering: modules/*, whose first line says what is to be lowered, by which passes, and in which Node.js
the original runs and in which only the lowered one does; and tests/modules and probes of the suite engines.
Size: real modules of the suite `corpus`, as our program makes them by size and by speed; and tests/modules, so
that each feature is there, by the newest optimizer.

usage: run.py [--program PATH] [--all] [WORD...]
--all: real modules up to 4 MB, with the newest optimizer too; every probe; the modules of the specification
Prints `N passed, N failed, N skipped`; exit code 1 when one failed."""
import argparse
import collections
import json
import os
import pathlib
import re
import subprocess
import sys
import tarfile
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "tests" / "engines"))

import probes  # noqa: E402
from behaviour import Original, coarse, difference, exercise, facts_of, has_engine  # noqa: E402
from count import Count  # noqa: E402

HERE = ROOT / "tests" / "optimize"
BUILD = ROOT / "build"
NEWEST = BUILD / "optimize" / "node_modules" / ".bin" / "wasm-opt"
HEAD = re.compile(r";; lower: (?P<features>[^;]*); by: (?P<passes>[^;]*); with: (?P<has>[^;]*); without: (?P<lacks>.*)")
CORE_MOST, ALL_MOST = 120_000, 4 << 20


def only_known_pages(lines, of):
    """Behind the pages of the original's memory lie those that were other memories: of each look at the
    memories only as many as the original has then."""
    kept = []
    for line in lines:
        wanted = of[len(kept)] if len(kept) < len(of) else ""
        if not line.startswith("memory ") or wanted.rsplit(" ", 1)[0] == line.rsplit(" ", 1)[0]:
            kept.append(line)
    return kept


def supporting(answers):
    """A profile like Lambda@Edge's, but for the features {name: "yes" or "no"}."""
    profile = json.loads((ROOT / "platforms" / "lambda-edge" / "profile.json").read_text())
    for name, answer in answers.items():
        profile["features"][name] = {"support": answer, "evidence": "as the test wants it", "as_of": "2026-11-23"}
    for entry in profile["variants"]["entries"].values():
        entry.pop("features", None)
    return profile


TARGET = {"platform": "lambda-edge", "runtime": "nodejs24.x", "role": "arn:aws:iam::123456789012:role/edge",
          "distribution": "E2QWRUHAPOMQZL", "event": "origin-request"}


def optimize(options, folder, name, settings, optimizer=None, answers=None):
    """What the program makes of folder/name: {"how", "why_not"}, and the path."""
    manifest = {"name": "test", "module": name, "optimize": settings, "targets": {"t": TARGET}}
    (folder / "edge-deploy.json").write_text(json.dumps(manifest))
    words = [options.program, "optimize", "-o", "out.wasm", "--format", "json", "--no-cache"]
    if answers is not None:
        (folder / "profile.json").write_text(json.dumps(supporting(answers)))
        words += ["--profile", "profile.json"]
    if optimizer:
        words += ["--optimizer", optimizer]
    done = subprocess.run(words, cwd=folder, capture_output=True, text=True, timeout=1800, check=False)
    try:
        document = json.loads(done.stdout)
    except ValueError:
        return {"how": "", "why_not": f"exit {done.returncode}: {done.stderr[-300:]}"}, None
    if not document.get("ok"):
        return {"how": "", "why_not": document.get("error", {}).get("message")}, None
    return document, folder / "out.wasm"


def assemble(source, target):
    if source.suffix == ".hex":  # what wat2wasm cannot write, in the notation of probes.json
        target.write_bytes(probes.assemble(" ".join(source.read_text().splitlines()[1:])))
        return
    subprocess.run(["wat2wasm", "--enable-all", source, "-o", target], check=True)
    if "\n;; overlong\n" in source.read_text():  # as linkers leave it
        data = target.read_bytes()
        at = data.index(b"\x20\x00\x11\x00\x00")
        size, section = data[at - 2], data.rindex(b"\x0a", 0, at - 2)
        target.write_bytes(data[:section + 1] + bytes([data[section + 1] + 4]) + data[section + 2:at - 2]
                           + bytes([size + 4]) + data[at - 1:at + 4] + b"\x80\x80\x80\x80\x00" + data[at + 5:])


def check_lowering(options, source, count, folder):
    found = HEAD.search(source.read_text())
    features, has, lacks = found["features"].split(), found["has"], found["lacks"]
    name = source.stem
    if not has_engine(has) or not has_engine(lacks):
        count.skip(f"{name}: Node {has} or {lacks} is not installed")
        return
    assemble(source, folder / "in.wasm")
    facts = facts_of(options.program, folder / "in.wasm")
    document, out = optimize(options, folder, "in.wasm", {"level": "size"}, NEWEST, dict.fromkeys(features, "no"))
    missing = [word for word in re.findall(r"--[a-z0-9-]+|\(.*\)", found["passes"]) if word not in document["how"]]
    count.check(f"{name}: lowered", f"{missing} not in {document['how']!r}: {document['why_not']}" if missing else None)
    if missing or not out:
        return
    left = [each for each in facts_of(options.program, out)["features"] if each in features]
    count.check(f"{name}: nothing is left", f"{left} is" if left else None)
    refused, _ = exercise(lacks, folder / "in.wasm", facts)
    count.check(f"{name}: Node {lacks} refuses the original",
                None if refused[0].startswith("refused") else f"it says {refused[0]}")
    original, ended = exercise(has, folder / "in.wasm", facts)
    count.check(f"{name}: the original runs", None if ended and original[-1] == "end" else f"it says {original[-1]}")
    lowered, ended = exercise(lacks, out, facts)
    lowered = only_known_pages(lowered, original)
    count.check(f"{name}: the same in Node {lacks}", difference((original, True), (lowered, ended), coarse))
    print(f"{name}: {document['how']}: {len(original)} lines")


def check_by_hand(options, count, folder):
    """What would change results is not done unasked; asked for it is, and it does change them."""
    (folder / "in.wat").write_text('(module (func (export "f") (param f64) (result i32) '
                                   "(i32.trunc_sat_f64_s (local.get 0))))")
    assemble(folder / "in.wat", folder / "in.wasm")
    facts = facts_of(options.program, folder / "in.wasm")
    document, _ = optimize(options, folder, "in.wasm", {}, NEWEST, {"nontrapping-fptoint": "no"})
    count.check("nontrapping-fptoint: not unasked", None if "not lowered unasked" in (document["why_not"] or "") else
                f"how {document['how']}, why_not {document['why_not']}")
    passes = {"passes": ["llvm-nontrapping-fptoint-lowering"]}
    document, out = optimize(options, folder, "in.wasm", passes, NEWEST, {"nontrapping-fptoint": "no"})
    done = out and "nontrapping-fptoint" not in facts_of(options.program, out)["features"]
    count.check("nontrapping-fptoint: asked for", None if done else f"{document['how']}: {document['why_not']}")
    if done and has_engine("24"):
        before, after = exercise("24", folder / "in.wasm", facts), exercise("24", out, facts)
        count.check("nontrapping-fptoint: it is another result", None if difference(before, after) else "it is the same")


def check_growing(options, count, folder):
    """New pages of a memory that others lie behind would hold what those have left there."""
    (folder / "in.wat").write_text('(module (memory 1) (memory 1) (func (export "f") (result i32) '
                                   "(memory.grow 0 (i32.const 1))))")
    assemble(folder / "in.wat", folder / "in.wasm")
    document, _ = optimize(options, folder, "in.wasm", {}, NEWEST, {"multimemory": "no"})
    count.check("multimemory that grows: not unasked", None if "would not be zero" in (document["why_not"] or "") else
                f"how {document['how']}, why_not {document['why_not']}")


def check_table_init(options, count, folder):
    """The newest optimizer asks a second feature's flag for it."""
    (folder / "in.wat").write_text('(module (func $f) (elem $e func $f) (table 2 funcref) (func (export "f") '
                                   "(table.init $e (i32.const 0) (i32.const 0) (i32.const 1)) (drop (i32.const 5))))")
    assemble(folder / "in.wat", folder / "in.wasm")
    document, _ = optimize(options, folder, "in.wasm", {}, NEWEST)
    count.check("table.init: is read", document["why_not"])


def check_probe(options, probe, count, folder, optimizer=NEWEST):
    """What an engine here runs runs as before. The reason why the optimizer's work is not used, or None."""
    (folder / "in.wasm").write_bytes(probe["bytes"])
    original = Original(options.program, folder / "in.wasm")
    if original.refusal:
        return f"no engine runs it: {original.refusal}"
    for level in ("size", "speed") if options.all else ("size",):
        document, out = optimize(options, folder, "in.wasm", {"level": level}, optimizer,
                                 dict.fromkeys(original.facts["features"], "yes"))
        if not out:
            return f"it is not read: {document['why_not']}"
        count.check(f"{probe['name']} {level} ({document['how']})", original.difference(out))
        if document["why_not"]:
            return f"ships without: {document['why_not']}"
    return None


def check_probes(options, count, folder):
    for probe in (*probes.written(), *((*probes.own(), *probes.shared()) if options.all else ())):
        if probe["bytes"][4:8] == b"\1\0\0\0":
            left = check_probe(options, probe, count, folder)
            if left:
                print(f"{probe['name']}: {left}")


def check_specification(options, count, folder):
    """Its valid modules, by the optimizer in PATH."""
    archive = probes.SHARED / "wasm" / "spec-modules.tar.xz"
    if not archive.exists():
        count.skip(f"modules of the specification: {archive} is not there")
        return
    left = collections.Counter()
    with tarfile.open(archive) as modules:
        rows = [json.loads(line) for line in modules.extractfile("spec-modules/manifest.jsonl")]
        for row in rows:
            if row["expect"] == "valid":
                module = modules.extractfile(f"spec-modules/{row['file']}").read()
                left[check_probe(options, {"name": row["file"], "bytes": module}, count, folder, None)] += 1
    for reason, times in left.most_common(40):
        print(f"{times} modules: {reason or 'smaller'}")


def check_real(options, original, path, count, folder, optimizer, level):
    name = f"{path.stem[:12]} {level} {'newest' if optimizer else 'found'}"
    (folder / "in.wasm").write_bytes(path.read_bytes())
    document, out = optimize(options, folder, "in.wasm", {"level": level}, optimizer)
    if not out or document["how"] in ("unchanged", "stripped"):
        print(f"{name}: {document['how'] or 'nothing'}: {document['why_not']}")
        return
    count.check(f"{name} ({document['how']})", original.difference(out))
    lines, ended = original.run
    print(f"{name}: {document['how']}: {len(lines)} lines, {'ended' if ended else 'did not end'}")


def check_corpus(options, count, folder):
    most = ALL_MOST if options.all else CORE_MOST
    paths = sorted((path for path in (BUILD / "corpus").glob("*.wasm") if path.stat().st_size <= most
                    and path.read_bytes()[4:8] == b"\1\0\0\0"), key=lambda path: path.stat().st_size)
    if not paths:
        count.skip("real modules: the suite 'corpus' has not fetched any")
    for path in paths:
        if options.words and not any(word in path.stem for word in options.words):
            continue
        original = Original(options.program, path)
        if original.refusal:
            count.skip(f"{path.stem[:12]}: {original.refusal}")
            continue
        for level in ("size", "speed"):
            check_real(options, original, path, count, folder, None, level)
        if options.all:
            check_real(options, original, path, count, folder, NEWEST, "size")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", default=ROOT / "build" / "edge-deploy", type=pathlib.Path)
    parser.add_argument("--all", action="store_true")
    parser.add_argument("words", nargs="*")
    options = parser.parse_args()
    options.program = options.program.resolve()
    count = Count()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        os.environ["HOME"] = name
        if not NEWEST.exists():
            count.skip("lowering: binaryen is not installed in build/optimize")
        else:
            for source in sorted((HERE / "modules").iterdir()):
                if not options.words or any(word in source.stem for word in options.words):
                    check_lowering(options, source, count, folder)
            if not options.words:
                check_by_hand(options, count, folder)
                check_growing(options, count, folder)
                check_table_init(options, count, folder)
                check_probes(options, count, folder)
        if options.all and not options.words:
            check_specification(options, count, folder)
        check_corpus(options, count, folder)
    print(count)
    return 1 if count.failed else 0


if __name__ == "__main__":
    sys.exit(main())
