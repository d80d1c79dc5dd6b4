#!/usr/bin/env python3
"""Real modules from npm packages of pinned versions: does the program find the features that the
list expects? The list (../shared/wasm/corpus.jsonl) gives package, version, path, digest and the
answer. Packages are fetched with `npm pack` into build/corpus and kept there.

usage: corpus.py [--program PATH] [--offline] [WORD...]    only packages that hold one of the words
Prints `N passed, N failed`, and what was skipped and why. Exit code 1 when one failed."""

import argparse
import hashlib
import json
import os
import pathlib
import subprocess
import sys
import tarfile
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
SHARED = pathlib.Path(os.environ.get("EDGE_DEPLOY_SHARED", ROOT.parent / "shared"))
CACHE = ROOT / "build" / "corpus"

# Differences that are right, by package and path: what we find more or less, and why. One that no
# longer occurs is a failure too.
EXPLAINED = {}


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def fetch_package(row, folder):
    """The package's tarball, or None with the reason."""
    name = f"{row['package']}@{row['version']}"
    done = subprocess.run(["npm", "pack", "--silent", "--ignore-scripts", name], cwd=folder,
                          capture_output=True, text=True, timeout=600, check=False)
    tarballs = list(pathlib.Path(folder).glob("*.tgz"))
    if done.returncode != 0 or len(tarballs) != 1:
        return None, f"npm pack {name}: {done.stderr.strip()[-200:] or 'no tarball'}"
    return tarballs[0], None


def fetch(rows):
    """Takes all of `rows`, which are of one package and version, into the cache."""
    with tempfile.TemporaryDirectory() as folder:
        tarball, reason = fetch_package(rows[0], folder)
        if not tarball:
            return reason
        with tarfile.open(tarball) as archive:
            members = {m.name.split("/", 1)[-1]: m for m in archive.getmembers() if m.isfile()}
            for row in rows:
                member = members.get(row["path"])
                if member:
                    data = archive.extractfile(member).read()
                    if hashlib.sha256(data).hexdigest() == row["sha256"]:
                        (CACHE / f"{row['sha256']}.wasm").write_bytes(data)
    return None


def fill_cache(rows):
    """Why a package could not be had, by (package, version)."""
    reasons = {}
    wanted = {}
    for row in rows:
        if not (CACHE / f"{row['sha256']}.wasm").exists():
            wanted.setdefault((row["package"], row["version"]), []).append(row)
    for key, group in wanted.items():
        print(f"fetching {key[0]}@{key[1]}", file=sys.stderr)
        try:
            reasons[key] = fetch(group)
        except (OSError, subprocess.SubprocessError, tarfile.TarError) as failure:
            reasons[key] = str(failure)
    return reasons


def inspect(program, path):
    done = subprocess.run([program, "inspect", "--format", "json", str(path)],
                          capture_output=True, text=True, timeout=300, check=False)
    try:
        document = json.loads(done.stdout)
    except ValueError:
        return None, f"exit {done.returncode}, no JSON: {done.stderr.strip()[:200]}"
    if not document.get("ok"):
        return None, document.get("error", {}).get("message", "not ok")
    return document["module"], None


def expected_imports(row):
    return row.get("counts", {}).get("imports")


def compare(row, module):
    """What differs, as sentences; and the feature sets' difference."""
    found = {use["name"]: use for use in module["features"]}
    more = sorted(set(found) - set(row["features"]))
    less = sorted(set(row["features"]) - set(found))
    faults = []
    for name, why in row["why"].items():
        use = found.get(name)
        if why["first"] == "umbrella":
            continue  # no use of its own: the list gives no place
        # The list counts the umbrella itself once when one of the encodings is there.
        both = name == "exception-handling" and "exception-handling-legacy" in row["features"]
        count = why["count"] - (1 if both else 0)
        if use and (use["count"], use["first"]["offset"]) != (count, why["offset"]):
            faults.append(f"{name}: {use['count']} uses, first at {use['first']['offset']}; "
                          f"expected {count} and {why['offset']} ({why['first']})")
    if expected_imports(row) not in (None, len(module["imports"])):
        faults.append(f"{len(module['imports'])} imports, expected {expected_imports(row)}")
    return more, less, faults


def check(program, row):
    """None, or what is wrong."""
    module, reason = inspect(program, CACHE / f"{row['sha256']}.wasm")
    if not module:
        return reason
    more, less, faults = compare(row, module)
    explained = EXPLAINED.get(f"{row['package']}/{row['path']}", {})
    if more != explained.get("more", []):
        faults.append(f"finds too much: {more}")
    if less != explained.get("less", []):
        faults.append(f"misses: {less}")
    return "; ".join(faults) or None


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", default=str(ROOT / "build" / "edge-deploy"))
    parser.add_argument("--offline", action="store_true", help="use what is in the cache")
    parser.add_argument("words", nargs="*")
    options = parser.parse_args()
    listing = SHARED / "wasm" / "corpus.jsonl"
    if not listing.exists():
        print(f"SKIPPED: all of the corpus: {listing} is not there\n0 passed, 0 failed, 1 skipped")
        return 0
    rows = [json.loads(line) for line in listing.read_text().splitlines()]
    rows = [r for r in rows if not options.words or any(w in r["package"] for w in options.words)]
    CACHE.mkdir(parents=True, exist_ok=True)
    reasons = {} if options.offline else fill_cache(rows)
    passed = failed = skipped = 0
    for row in rows:
        name = f"{row['package']}@{row['version']}/{row['path']}"
        path = CACHE / f"{row['sha256']}.wasm"
        if not path.exists() or digest(path) != row["sha256"]:
            reason = reasons.get((row["package"], row["version"])) or "not there, or other bytes"
            print(f"SKIPPED: {name}: {'not cached' if options.offline else reason}")
            skipped += 1
            continue
        fault = check(options.program, row)
        if fault:
            print(f"failed: {name}: {fault}")
            failed += 1
        else:
            passed += 1
    print(f"corpus: {passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
