#!/usr/bin/env python3
"""What `edge-deploy optimize` makes of real modules, against plain `wasm-opt -Oz` of the same binary:
raw and compressed bytes, and the geometric mean of the ratios; and whether the module does the same as before
when all that it exports is called (tests/optimize/exercise.js, in Node.js).

optimize.py [--most BYTES] [--offline] [WORD...]     only files up to that size, or whose name holds a word

Fixed are: the modules (optimize.json: packages of pinned version and digest), the compressor (zlib 9,
in a gzip file without a name and time), the optimizers (Debian's wasm-opt 108 and binaryen 132 of npm,
pinned by build/optimize's lock) and the flags of plain -Oz (PLAIN, and what else a module needs). Exit
code 1 when a module ships larger than it came, raw or compressed, or gives other results, or a mean misses its
target (TARGETS).
A module that an optimizer cannot read is listed as such and is not in its mean; what ships for it
must not be larger either. What is not there is said and left out.

Plain -Oz is kept in build/bench-cache by digest, ours by that of the program too: a second run is quick.
The first takes half an hour on two cores (20 s a MB for binaryen 132, and several tries for ours)."""
import argparse
import collections
import gzip
import hashlib
import json
import math
import os
import pathlib
import re
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
HERE = ROOT / "tests" / "bench"
CACHE = ROOT / "build" / "bench-cache"
sys.path.insert(0, str(ROOT / "tests" / "corpus"))
sys.path.insert(0, str(ROOT / "tests" / "optimize"))
import behaviour  # noqa: E402
import corpus  # noqa: E402

PLAIN = ("--enable-bulk-memory --enable-sign-ext --enable-mutable-globals --enable-nontrapping-float-to-int "
         "--enable-simd --enable-reference-types --enable-multivalue --strip-debug --strip-producers "
         "--strip-target-features").split()
MORE = {"atomics": "--enable-threads", "exception-handling": "--enable-exception-handling",
        "tail-call": "--enable-tail-call", "extended-const": "--enable-extended-const",
        "gc": "--enable-gc", "typed-function-references": "--enable-gc",
        "multimemory": "--enable-multimemory", "memory64": "--enable-memory64",
        "relaxed-simd": "--enable-relaxed-simd"}
TARGETS = {"108": 1.5, "132": 1.0}  # per cent below plain -Oz of the same binary, compressed
SECONDS = 1800
DISTURBED = "a candidate met its limit of wall time: this machine has too much else to do"

Size = collections.namedtuple("Size", "raw gz")


def optimizers():
    """{version: path} of what is there."""
    found = {}
    debian = shutil.which("wasm-opt")
    subprocess.run(["sh", ROOT / "tests" / "clients" / "install.sh", "optimize"], capture_output=True, check=False)
    newest = ROOT / "build" / "optimize" / "node_modules" / ".bin" / "wasm-opt"
    for wanted, path in (("108", debian), ("132", str(newest) if newest.exists() else None)):
        said = subprocess.run([path, "--version"], capture_output=True, text=True, check=False).stdout if path else ""
        version = re.search(r"version (\d+)", said)
        if version and version.group(1) == wanted:
            found[wanted] = path
        else:
            print(f"SKIPPED: wasm-opt {wanted}: {'it says ' + said.strip() if said else 'not found'}")
    return found


def size_of(data):
    return Size(len(data), len(gzip.compress(data, 9, mtime=0)))


def kept(key, make):
    """What `make` writes to the path that it is given, or its refusal, kept under that key."""
    path = CACHE / f"{hashlib.sha256(key.encode()).hexdigest()}.wasm"
    refusal = path.with_suffix(".refused")
    if refusal.exists():
        return None, refusal.read_text()
    if not path.exists():
        scratch = path.with_suffix(f".{os.getpid()}.new")
        why = make(str(scratch))
        if why:
            scratch.unlink(missing_ok=True)
            if why != DISTURBED:
                refusal.write_text(why)
            return None, why
        scratch.rename(path)
    return path.read_bytes(), None


def run(command, **more):
    """Why it failed, or None; and what it printed."""
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=SECONDS, check=False, **more)
    except subprocess.TimeoutExpired:
        return f"more than {SECONDS} s", ""
    said = (done.stderr.strip() or done.stdout.strip() or f"exit {done.returncode}").split("\n")[0]
    return (said[:160] if done.returncode else None), done.stdout


def features(program, path):
    _, out = run([program, "inspect", "--format", "json", path])
    return [use["name"] for use in json.loads(out)["module"]["features"]]


def plain(version, optimizer, row, path, program):
    flags = PLAIN + sorted({MORE[f] for f in features(program, path) if f in MORE})
    command = [optimizer, path, *flags, "-Oz", "-o"]
    return kept(f"{row['sha256']} {version} {' '.join(flags)}", lambda out: run(command + [out])[0])


def without_cache(program):
    return ["--no-cache"] if "--no-cache" in run([program, "optimize", "--help"])[1] else []


def ours(version, optimizer, row, path, program):
    """What ships, and how it was made."""
    build = corpus.digest(pathlib.Path(program))
    how = CACHE / f"{hashlib.sha256(f'{row} {version} {build}'.encode()).hexdigest()}.how"

    def make(out):
        why, said = run([program, "optimize", path, "-o", out, "--optimizer", optimizer, "--format", "json",
                         *without_cache(program)], cwd=CACHE)
        if not why:
            document = json.loads(said)
            if any("did not end within" in (c["problem"] or "") for c in document.get("candidates", [])):
                return DISTURBED
            how.write_text(document["how"] + (f"; {document['why_not']}" if document.get("why_not") else ""))
        return why

    data, why = kept(f"{row['sha256']} {version} {build}", make)
    return data, why or how.read_text()


def behaviour_of(program, path, data):
    """{"difference", "calls", "answered"}, or {"refusal"}: kept by the digests of both and of what is called."""
    script = (behaviour.HERE / "exercise.js").read_bytes()
    said = CACHE / f"{hashlib.sha256(path.read_bytes() + data + script).hexdigest()}.calls"
    if not said.exists():
        original = behaviour.Original(program, path)
        if original.refusal:
            return {"refusal": original.refusal}
        shipped = CACHE / f"{os.getpid()}.shipped"
        shipped.write_bytes(data)
        calls, answered = original.calls()
        said.write_text(json.dumps({"difference": original.difference(shipped), "calls": calls, "answered": answered}))
        shipped.unlink()
    return json.loads(said.read_text())


class Table:
    """A row a module; what is missed is remembered."""

    def __init__(self, versions):
        self.versions, self.missed, self.larger = versions, [], {"raw": 0, "compressed": 0}
        self.ratios = {v: [] for v in versions}
        self.against_original = {v: [] for v in versions}
        self.unread, self.disturbed, self.same = [], [], collections.Counter()
        print("bytes, raw / compressed; in brackets ours against plain -Oz of the same binary, compressed")
        heads = " | ".join(f"{v} -Oz | ours with {v}" for v in versions)
        print(f"| module | original | {heads} |")
        print(f"|---|---:|{'---:|---:|' * len(versions)}", flush=True)

    def compare(self, name, original, shipped, version):
        for what, before, after in (("raw", original.raw, shipped.raw), ("compressed", original.gz, shipped.gz)):
            if after > before:
                self.larger[what] += 1
                self.missed.append(f"{name} with {version} is larger than it came, {what}: {before} to {after}")
        self.against_original[version].append(shipped.gz / original.gz)

    def judge(self, name, said):
        if "refusal" in said:
            print(f"SKIPPED: {name}: no engine runs it: {said['refusal']}")
        elif said["difference"]:
            self.missed.append(f"{name} does not give the same results: {said['difference']}")
        else:
            self.same.update(modules=1, calls=said["calls"], answered=said["answered"])

    def cells(self, version, name, original, plain_result, our_result):
        (base, why), (data, how) = plain_result, our_result
        if how == DISTURBED:
            self.disturbed.append(f"{name} with {version}")
            return ["-" if base is None else "{} / {}".format(*size_of(base)), "disturbed"]
        if data is None:
            self.missed.append(f"{name} with {version}: {how}")
            return ["-" if base is None else "{} / {}".format(*size_of(base)), "failed"]
        shipped = size_of(data)
        self.compare(name, original, shipped, version)
        if base is None:
            self.unread.append(f"{name}: {version} does not read it ({why}); ships: {how}")
            return ["not read", f"{shipped.raw} / {shipped.gz}"]
        base = size_of(base)
        self.ratios[version].append((shipped.gz / base.gz, name, how))
        return [f"{base.raw} / {base.gz}",
                f"{shipped.raw} / {shipped.gz} ({100 * shipped.gz / base.gz - 100:+.1f} %)"]

    def row(self, name, original, results):
        cells = [f"{original.raw} / {original.gz}"]
        for version in self.versions:
            cells += self.cells(version, name, original, *results[version])
        print(f"| {name} | {' | '.join(cells)} |", flush=True)

    def sum_up(self, whole):
        for line in self.unread:
            print(line)
        for line in self.disturbed:
            print(f"SKIPPED: {line}: {DISTURBED}")
        for version in self.versions:
            self.sum_up_one(version, whole)
        print(f"the same results as the original when all exports are called: {self.same['modules']} modules, "
              f"{self.same['calls']} calls, of which {self.same['answered']} come back with a result")
        for what, count in self.larger.items():
            print(f"larger than it came, {what}: {count}")
        for line in self.missed:
            print(f"MISSED {line}")
        return 1 if self.missed else 0

    def sum_up_one(self, version, whole):
        ratios = self.ratios[version]
        if not ratios:
            return
        mean, first = geometric([r for r, _, _ in ratios]), geometric(self.against_original[version])
        best, worst = min(ratios), max(ratios)
        print(f"with {version}: {mean:+.2f} % against plain -Oz, compressed, geometric mean of {len(ratios)} modules "
              f"(target {-TARGETS[version]:+.1f} %); {first:+.2f} % against the originals")
        for word, (ratio, name, how) in (("best", best), ("worst", worst)):
            print(f"  {word}: {100 * ratio - 100:+.2f} % {name} ({how})")
        if mean > -TARGETS[version] and whole:
            self.missed.append(f"with {version}: {mean:+.2f} %, wanted {-TARGETS[version]:+.1f} %")


def geometric(ratios):
    return 100 * math.exp(sum(map(math.log, ratios)) / len(ratios)) - 100


def listed():
    return json.loads((HERE / "optimize.json").read_text())


def chosen(options):
    return [r for r in listed() if r["bytes"] <= options.most and
            (not options.words or any(w in f"{r['package']}/{r['path']}" for w in options.words))]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--most", type=int, default=1 << 30, metavar="BYTES")
    parser.add_argument("--program", default=str(ROOT / "build" / "edge-deploy"))
    parser.add_argument("--offline", action="store_true", help="use what is in build/corpus")
    parser.add_argument("--plain", action="store_true", help="only make what plain -Oz gives, for later")
    parser.add_argument("words", nargs="*")
    options = parser.parse_args()
    rows, found = chosen(options), optimizers()
    for folder in (CACHE, corpus.CACHE):
        folder.mkdir(parents=True, exist_ok=True)
    reasons = {} if options.offline else corpus.fill_cache(rows)
    table = Table(sorted(found))
    skipped = 0
    for row in rows:
        path = corpus.CACHE / f"{row['sha256']}.wasm"
        if not path.exists():
            reason = reasons.get((row["package"], row["version"])) or "not there, or other bytes"
            print(f"SKIPPED: {row['package']}@{row['version']}/{row['path']}: {reason}")
            skipped += 1
            continue
        results = {v: [plain(v, o, row, str(path), options.program), None] for v, o in found.items()}
        if options.plain:
            continue
        name = f"{row['package']} {path_name(row)}"
        for version, optimizer in found.items():
            results[version][1] = ours(version, optimizer, row, str(path), options.program)
            data = results[version][1][0]
            if data:
                table.judge(f"{name} with {version}", behaviour_of(options.program, path, data))
        table.row(name, size_of(path.read_bytes()), results)
    if skipped:
        print(f"{skipped} of {len(rows)} modules skipped")
    return table.sum_up(whole=len(rows) == len(listed()))


def path_name(row):
    return pathlib.PurePath(row["path"]).name


if __name__ == "__main__":
    sys.exit(main())
