#!/usr/bin/env python3
"""Real modules from packages of pinned versions: does the program find the features that the lists
expect? A list (../shared/wasm/corpus.jsonl, and extra.json here for toolchains that it lacks) gives
package, version, path, digest and the answer. Packages are fetched with `npm pack` and `pip download`
into build/corpus and kept there.

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
import zipfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
SHARED = pathlib.Path(os.environ.get("EDGE_DEPLOY_SHARED", ROOT.parent / "shared"))
EXTRA = ROOT / "tests" / "corpus" / "extra.json"
CACHE = ROOT / "build" / "corpus"

# Differences that are right, by package and path: what we find more or less, and why. One that no
# longer occurs is a failure too.
EXPLAINED = {}


def digest(path):
    return hashlib.sha256(path.read_bytes()).hexdigest()


def run(command, folder):
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=600, check=False)
    if done.returncode != 0:
        raise OSError(f"{' '.join(command)}: {done.stderr.strip()[-200:]}")


def npm_files(name, version, folder):
    """The files of a package of npm, as (path, how to read it)."""
    run(["npm", "pack", "--silent", "--ignore-scripts", f"{name}@{version}"], folder)
    with tarfile.open(next(folder.glob("*.tgz"))) as archive:
        for member in archive.getmembers():
            if member.isfile():
                yield member.name.split("/", 1)[-1], lambda member=member: archive.extractfile(member).read()


def pypi_files(name, version, folder):
    """The files of a wheel."""
    run([sys.executable, "-m", "pip", "download", "--quiet", "--disable-pip-version-check", "--no-deps",
         "--only-binary", ":all:", f"{name}=={version}"], folder)
    with zipfile.ZipFile(next(folder.glob("*.whl"))) as archive:
        for path in archive.namelist():
            yield path, lambda path=path: archive.read(path)


def fetch(rows):
    """Takes all of `rows`, which are of one package and version, into the cache."""
    files = {"npm": npm_files, "pypi": pypi_files}[rows[0].get("registry", "npm")]
    wanted = {row["path"]: row for row in rows}
    with tempfile.TemporaryDirectory() as folder:
        for path, read in files(rows[0]["package"], rows[0]["version"], pathlib.Path(folder)):
            if path in wanted:
                data = read()
                if hashlib.sha256(data).hexdigest() == wanted[path]["sha256"]:
                    (CACHE / f"{wanted[path]['sha256']}.wasm").write_bytes(data)


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
            fetch(group)
        except (OSError, StopIteration, subprocess.SubprocessError, tarfile.TarError,
                zipfile.BadZipFile) as failure:
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
    for name, why in row.get("why", {}).items():
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
    passed = failed = skipped = 0
    listing = SHARED / "wasm" / "corpus.jsonl"
    rows = json.loads(EXTRA.read_text())[1:]
    if listing.exists():
        rows += [json.loads(line) for line in listing.read_text().splitlines()]
    else:
        print("SKIPPED: the modules of ../shared/wasm/corpus.jsonl: it is not there")
        skipped += 1
    rows = [r for r in rows if not options.words or any(w in r["package"] for w in options.words)]
    CACHE.mkdir(parents=True, exist_ok=True)
    reasons = {} if options.offline else fill_cache(rows)
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
