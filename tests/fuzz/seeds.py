#!/usr/bin/env python3
"""Seeds of the fuzzers that read modules, into build/fuzz/corpus/NAME: our own small modules
(tests/modules), the specification's (../shared/wasm/spec-modules.tar.xz) and generated ones
(`wasm-tools smith`), where those are there. What is not is said. Does nothing the second time."""
import os
import pathlib
import random
import shutil
import subprocess
import sys
import tarfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
SHARED = pathlib.Path(os.environ.get("EDGE_DEPLOY_SHARED", ROOT.parent / "shared"))
CORPUS = ROOT / "build" / "fuzz" / "corpus"
FUZZERS = ("wasm", "validator", "rewrite")
SIZE_MOST = 8192
SMITH_COUNT = 200


def keep(kind, number, data):
    if len(data) <= SIZE_MOST:
        for fuzzer in FUZZERS:
            (CORPUS / fuzzer / f"seed-{kind}-{number}").write_bytes(data)


def name_section(data):
    """The content of the module's name section, b"" when there is none."""
    at = data.rfind(b"\x04name")
    return data[at + 5:] if at >= 0 else b""


def own():
    out = CORPUS / "module.tmp"
    for number, text in enumerate(sorted((ROOT / "tests" / "modules").glob("*.wat"))):
        done = subprocess.run(["wat2wasm", "--enable-all", "--debug-names", str(text), "-o", str(out)],
                              capture_output=True, check=False)
        if done.returncode == 0:
            keep("own", number, out.read_bytes())
            (CORPUS / "names" / f"seed-own-{number}").write_bytes(name_section(out.read_bytes()))
    out.unlink(missing_ok=True)


def specification():
    archive = SHARED / "wasm" / "spec-modules.tar.xz"
    if not archive.exists():
        print(f"SKIPPED: seeds of the specification: {archive} is not there")
        return
    with tarfile.open(archive) as modules:
        for number, member in enumerate(modules):
            if member.isfile() and member.name.endswith(".wasm"):
                keep("spec", number, modules.extractfile(member).read())


def smith():
    tool = ROOT / "build" / "wasm-tools" / "bin" / "wasm-tools"
    tool = str(tool) if tool.exists() else shutil.which("wasm-tools")
    if not tool:
        print("SKIPPED: seeds of wasm-tools smith: it is not installed")
        return
    source = random.Random(1)
    for number in range(SMITH_COUNT):
        done = subprocess.run([tool, "smith"], input=source.randbytes(600), capture_output=True, check=False)
        if done.returncode == 0:
            keep("smith", number, done.stdout)


def main():
    done = CORPUS / ".seeds"
    if done.exists():
        return 0
    for fuzzer in (*FUZZERS, "names"):
        (CORPUS / fuzzer).mkdir(parents=True, exist_ok=True)
    for make in (own, specification, smith):
        make()
    done.touch()
    return 0


if __name__ == "__main__":
    sys.exit(main())
