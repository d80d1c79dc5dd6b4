#!/usr/bin/env python3
"""A Rust module whose SIMD comes through a dependency, checked against a platform without SIMD: the finding must
name the crate, the function and what to do; with debug information the source line too. Without DWARF, and
without names, it must say what is missing. The dependency is pinned by version and
digest.

usage: dependency.py [--program PATH]
Prints `N passed, N failed, N skipped`."""
import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
SOURCES = ROOT / "tests" / "corpus" / "dependency"
WORK = ROOT / "build" / "dependency"
TARGET = "wasm32-unknown-unknown"
DIGEST = "f665ee40bc4a3c5590afb1e9677db74a508659dfd71e126420da8274909a0167"  # of memchr 2.6.4
counts = {"passed": 0, "failed": 0, "skipped": 0}


class Missing(Exception):
    pass


def run(*command):
    try:
        done = subprocess.run([str(word) for word in command], cwd=WORK, capture_output=True, text=True, timeout=600,
                              check=False)
    except OSError as problem:
        raise Missing(f"{command[0]}: {problem}") from problem
    if done.returncode != 0:
        raise Missing(f"{command[0]}: {(done.stderr or done.stdout).strip()[-300:]}")
    return done.stdout


def rustc():
    """Debian's comes with the target's standard library, rustup's only when it is asked to."""
    for program in ("/usr/bin/rustc", "rustc"):
        try:
            sysroot = pathlib.Path(run(program, "--print", "sysroot").strip())
        except Missing:
            continue
        if (sysroot / "lib" / "rustlib" / TARGET).exists():
            return program
    raise Missing(f"no rustc has the target {TARGET}")


def build(compiler, name, *flags):
    """app.wasm over a memchr of its own, both with SIMD."""
    crate = WORK / "vendor" / "memchr" / "src" / "lib.rs"
    library, out = WORK / f"libmemchr-{name}.rlib", WORK / f"{name}.wasm"
    command = [compiler, "--edition", "2021", "--target", TARGET, "--cap-lints", "allow", "-C", "opt-level=3",
               "-C", "target-feature=+simd128", *flags]
    run(*command, "--crate-name", "memchr", "--crate-type", "rlib", "--cfg", 'feature="std"', "--cfg", 'feature="alloc"',
        crate, "-o", library)
    run(*command, "--crate-name", "app", "--crate-type", "cdylib", "--extern", f"memchr={library}",
        SOURCES / "src" / "lib.rs", "-o", out)
    return out


def fetch():
    """The dependency's source, into WORK."""
    shutil.copytree(SOURCES, WORK / "app", dirs_exist_ok=True)
    run("cargo", "vendor", "--quiet", "--manifest-path", WORK / "app" / "Cargo.toml", WORK / "vendor")
    found = json.loads((WORK / "vendor" / "memchr" / ".cargo-checksum.json").read_text())["package"]
    if found != DIGEST:
        raise Missing(f"memchr has the digest {found}")


def without_simd():
    """A platform as they were once."""
    profile = json.loads((ROOT / "platforms" / "fastly" / "profile.json").read_text())
    profile["features"]["simd128"] = {"support": "no", "evidence": "made up for a test", "as_of": "2026-11-22"}
    path = WORK / "profile.json"
    path.write_text(json.dumps(profile))
    return path


def report(program, module, form):
    done = subprocess.run([program, "check", str(module), "--platform", "fastly", "--profile", str(without_simd()),
                           "--format", form, "--no-color"], cwd=WORK, capture_output=True, text=True, check=False)
    expect(f"{module.name} as {form}: exit", done.returncode == 3, f"{done.returncode}: {done.stderr}")
    return done.stdout


def expect(what, true, found):
    counts["passed" if true else "failed"] += 1
    if not true:
        print(f"failed: {what}: {found}")


def simd_finding(program, module):
    findings = json.loads(report(program, module, "json"))["targets"][0]["findings"]
    return next(f for f in findings if f["rule"] == "feature" and f["subject"] == "simd128")


def check_named(name, finding):
    where, cure = finding["where"], json.dumps(finding["cure"])
    expect(f"{name}: crate", where["crate"] == "memchr", where)
    expect(f"{name}: function", where["function_name"].startswith("memchr::memmem::"), where)
    expect(f"{name}: switch", "-C target-feature=-simd128" in cure, cure)
    expect(f"{name}: crate's own cure", "crate memchr before 2.7.2" in cure, cure)
    expect(f"{name}: extent", "in 6 functions" in finding["cause"] or finding["functions"] > 1, finding)


def check_all(program):
    compiler = rustc()
    fetch()
    module = build(compiler, "dwarf", "-C", "debuginfo=1")
    finding = simd_finding(program, module)
    check_named("dwarf", finding)
    where = finding["where"]
    expect("dwarf: line", "memchr/src/" in (where["source_file"] or "") and where["source_line"] > 0, where)

    module = build(compiler, "names", "-C", "strip=debuginfo")
    finding = simd_finding(program, module)
    check_named("names", finding)
    expect("names: no line", finding["where"]["source_file"] is None, finding["where"])
    text = report(program, module, "text")
    expect("names: says so", "no source lines" in text, text)

    module = build(compiler, "stripped", "-C", "strip=symbols")
    finding, text = simd_finding(program, module), report(program, module, "text")
    expect("stripped: no name", finding["where"]["function_name"] is None, finding["where"])
    expect("stripped: switch", "-C target-feature=-simd128" in json.dumps(finding["cure"]), finding["cure"])
    expect("stripped: says so", "no names, no source lines" in text, text)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", default=str(ROOT / "build" / "edge-deploy"))
    program = os.path.abspath(parser.parse_args().program)
    WORK.mkdir(parents=True, exist_ok=True)
    try:
        check_all(program)
    except Missing as problem:
        counts["skipped"] += 1
        print(f"SKIPPED: {problem}")
    print(f"dependency: {counts['passed']} passed, {counts['failed']} failed, {counts['skipped']} skipped")
    return 1 if counts["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
