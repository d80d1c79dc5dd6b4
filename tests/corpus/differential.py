#!/usr/bin/env python3
"""Two validators, one answer: modules of the specification's test suite with a few bytes changed,
judged by the program and by the V8 of the `node` on PATH. What V8 takes the program may not refuse;
what V8 refuses the program may call valid only when it uses a feature that this V8 may not have, or
when V8 names a limit of its own.

usage: differential.py [--program PATH] [--count N] [--seed N]
Prints `N passed, N failed`, and what was skipped and why. Exit code 1 when one failed."""

import argparse
import json
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tarfile
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
SHARED = pathlib.Path(os.environ.get("EDGE_DEPLOY_SHARED", ROOT.parent / "shared"))
ARCHIVE = SHARED / "wasm" / "spec-modules.tar.xz"

# In every V8 since 11.3; whoever uses more may be refused there.
COMMON = {"mutable-globals", "sign-ext", "nontrapping-fptoint", "multivalue", "bulk-memory",
          "bulk-memory-opt", "call-indirect-overlong", "reference-types", "simd128", "tail-call",
          "extended-const", "atomics", "exception-handling", "exception-handling-legacy",
          "branch-hinting", "js-string-builtins"}
# Words of V8 for what the JavaScript interface limits and the specification does not.
LIMITS = ("implementation limit", "larger than", "exceeds", "maximum", "too many")
ASK_V8 = """
const fs = require("fs");
for (const path of fs.readFileSync(0, "utf8").trim().split("\\n")) {
  let why = "";
  try { new WebAssembly.Module(fs.readFileSync(path)); } catch (error) { why = error.message; }
  console.log(JSON.stringify({valid: WebAssembly.validate(fs.readFileSync(path)), why}));
}
"""


def originals():
    """The valid and invalid modules that are small enough for a change to matter."""
    with tarfile.open(ARCHIVE) as archive:
        files = {m.name: archive.extractfile(m).read() for m in archive if m.isfile()}
    manifest = files["spec-modules/manifest.jsonl"].decode().splitlines()
    rows = (json.loads(line) for line in manifest)
    return [files["spec-modules/" + row["file"]] for row in rows
            if row["expect"] != "malformed" and 16 < len(files["spec-modules/" + row["file"]]) < 3000]


def mutate(module, chance):
    """One or two bytes changed, more often in the second half, where the code is."""
    data = bytearray(module)
    for _ in range(chance.choice((1, 1, 2))):
        at = chance.randrange(len(data) // 2 if chance.random() < 0.7 else 8, len(data))
        data[at] = chance.choice((chance.randrange(256), (data[at] + 1) & 255, 0x7e, 0x7f, 0x40,
                                  0x1a, 0x0b, 0x20))
    return bytes(data)


def ask_program(program, path):
    done = subprocess.run([program, "inspect", "--format", "json", path], capture_output=True,
                          text=True, check=False)
    document = json.loads(done.stdout)
    if done.returncode not in (0, 2):
        return f"exit code {done.returncode}", set()
    if done.returncode == 2:
        return document["error"]["message"], set()
    return document["module"]["validation"], {f["name"] for f in document["module"]["features"]}


def disagreement(ours, features, v8):
    if ours.startswith("not judged"):
        return False
    if v8["valid"]:
        return ours != "valid"
    explained = features - COMMON or any(word in v8["why"] for word in LIMITS)
    return ours == "valid" and not explained


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", default=str(ROOT / "build" / "edge-deploy"))
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    missing = None if shutil.which("node") else "node is not installed"
    if not ARCHIVE.exists():
        missing = "the specification's modules are not there"
    if missing:
        print(f"SKIPPED: {missing}")
        print("differential: 0 passed, 0 failed, 1 skipped")
        return 0
    chance, failed, valid = random.Random(options.seed), 0, 0
    modules = originals()
    with tempfile.TemporaryDirectory() as folder:
        paths = [os.path.join(folder, f"{i}.wasm") for i in range(options.count)]
        for path in paths:
            pathlib.Path(path).write_bytes(mutate(chance.choice(modules), chance))
        asked = subprocess.run(["node", "-e", ASK_V8], input="\n".join(paths), text=True,
                               capture_output=True, check=True)
        for path, line in zip(paths, asked.stdout.splitlines(), strict=True):
            v8 = json.loads(line)
            ours, features = ask_program(options.program, path)
            valid += ours == "valid"
            if disagreement(ours, features, v8):
                failed += 1
                print(f"FAIL {pathlib.Path(path).read_bytes().hex()}\n  we: {ours}\n  V8: {v8}")
    print(f"differential: {valid} of {options.count} mutants are valid")
    print(f"differential: {options.count - failed} passed, {failed} failed, 0 skipped")
    return 1 if failed or valid == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
