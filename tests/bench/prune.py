#!/usr/bin/env python3
"""What is left of four modules when only what one function needs is kept, and that it still works.

prune.py [WORD...]     only those whose name holds a word

prune.json names packages of pinned version and digest, and the exports that the package's own JavaScript
uses for that function: they are the manifest's keep_exports. The same function is then called by that
JavaScript in Node.js with the package's module and with the pruned one (prune.mjs); both must give the
same. Bytes are raw and compressed (zlib 9, in a gzip file without name and time): of the module as it
comes, of plain `wasm-opt -Oz` by the newest one found that reads it, and of what we ship by the same one. Exit code
1 when a result differs or nothing is saved; what cannot be had is said and left out."""
import gzip
import json
import pathlib
import shutil
import subprocess
import sys
import tarfile
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
HERE = ROOT / "tests" / "bench"
PROGRAM = ROOT / "build" / "edge-deploy"
sys.path.insert(0, str(HERE))
sys.path.insert(0, str(ROOT / "tests" / "corpus"))
import corpus  # noqa: E402
import optimize  # noqa: E402

SECONDS = 1800
TARGET = {"platform": "cloudflare", "account_id": "0" * 32, "compatibility_date": "2026-11-01",
          "main": "index.js", "modules": ["app.wasm"]}


def run(argv, folder):
    return subprocess.run(argv, cwd=folder, capture_output=True, text=True, timeout=SECONDS, check=False)


def unpack(row, folder):
    """The package's files in `folder`; why not, or None."""
    corpus.run(["npm", "pack", "--silent", "--ignore-scripts", f"{row['package']}@{row['version']}"], folder)
    with tarfile.open(next(folder.glob("*.tgz"))) as archive:
        for member in archive.getmembers():
            if member.isfile() and ".." not in member.name:
                target = folder / member.name.split("/", 1)[-1]
                target.parent.mkdir(parents=True, exist_ok=True)
                target.write_bytes(archive.extractfile(member).read())
    same = corpus.digest(folder / row["path"]) == row["sha256"]
    return None if same else "the package's module is not the pinned one"


def plain(source, folder, found):
    """Plain -Oz by the newest that reads the module: (version, bytes), or None."""
    for version in sorted(found, key=int, reverse=True):
        done = run([found[version], str(source), "-Oz", *optimize.PLAIN, "-o", "plain.wasm"], folder)
        if done.returncode == 0:
            return version, (folder / "plain.wasm").read_bytes()
    return None


def ours(row, source, folder, found, version):
    """What we ship with only those exports, and what is said of it."""
    shutil.copy(source, folder / "app.wasm")
    (folder / "index.js").write_text("export default {};\n")
    (folder / "edge-deploy.json").write_text(json.dumps(
        {"name": "app", "optimize": {"keep_exports": row["keep"]}, "targets": {"edge": TARGET}}))
    named = ["--optimizer", found[version]] if version else []
    done = run([PROGRAM, "package", "-o", "out", "--format", "json", *named], folder)
    if done.returncode != 0:
        raise OSError(f"edge-deploy: {done.stderr.strip()[-300:]}")
    removed = len(json.loads(done.stdout)["artifacts"][0]["removed_exports"])
    return removed, (folder / "out" / "edge" / "app.wasm").read_bytes()


def result(row, folder):
    done = run(["node", HERE / "prune.mjs", row["name"], folder], folder)
    return done.stdout.strip() if done.returncode == 0 else f"failed: {done.stderr.strip()[-300:]}"


def words(before, after):
    return f"{len(after):9} {100 * (len(after) / len(before) - 1):6.1f} %"


def line(data, before):
    small = gzip.compress(data, 9, mtime=0)
    return f"{words(before, data)} {words(gzip.compress(before, 9, mtime=0), small)}"


def measure(row, folder, found):
    package, work = folder / "package", folder / "work"
    package.mkdir()
    work.mkdir()
    why = unpack(row, package)
    if why:
        raise OSError(why)
    source = package / row["path"]
    before, expected = source.read_bytes(), result(row, package)
    baseline = plain(source, work, found)
    removed, pruned = ours(row, source, work, found, baseline and baseline[0])
    source.write_bytes(pruned)
    got = result(row, package)
    print(f"{row['name']} ({row['what']}; {row['package']}@{row['version']})")
    print(f"  as it comes          {line(before, before)}")
    if baseline:
        print(f"  wasm-opt {baseline[0]} -Oz     {line(baseline[1], before)}")
    print(f"  {removed:3} exports removed  {line(pruned, before)}   "
          f"{'the same result' if got == expected else f'FAILED: {got}, with the original {expected}'}")
    return got == expected and not got.startswith("failed") and removed > 0 and len(pruned) < len(before)


def main():
    wanted = sys.argv[1:]
    rows = [row for row in json.loads((HERE / "prune.json").read_text())
            if not wanted or any(word in row["name"] for word in wanted)]
    missing = [tool for tool in ("npm", "node") if not shutil.which(tool)]
    if missing:
        print(f"SKIPPED: {', '.join(missing)} not found")
        return 0
    found = optimize.optimizers()
    failed = 0
    print("                               raw               zlib 9")
    for row in rows:
        with tempfile.TemporaryDirectory() as folder:
            try:
                failed += not measure(row, pathlib.Path(folder), found)
            except OSError as reason:
                print(f"SKIPPED: {row['name']}: {reason}")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
