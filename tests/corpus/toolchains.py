#!/usr/bin/env python3
"""Compiles a small program with each toolchain that can be had, and looks whether `inspect` finds the features
that are written here: MoonBit from npm, Go where it is installed, Kotlin and TeaVM (Java) from Maven where a
JDK is, Zig from PyPI. The answers were compared once with what wasm-tools 1.263.0 cannot validate without.

usage: toolchains.py [--program PATH] [WORD...]    only outputs whose name holds one of the words
Prints `N passed, N failed, N skipped`."""
import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
SOURCES = ROOT / "tests" / "corpus" / "toolchains"
WORK = ROOT / "build" / "toolchains"


class Missing(Exception):
    pass


def run(*command, **environment):
    done = subprocess.run([str(word) for word in command], cwd=WORK, capture_output=True, text=True, timeout=600,
                          env=dict(os.environ, **environment), check=False)
    if done.returncode != 0:
        raise OSError(f"{command[0]}: {(done.stderr or done.stdout).strip()[-300:]}")


def need(*programs):
    for program in programs:
        if not shutil.which(program):
            raise Missing(f"{program} is not installed")


def moonbit(target, output):
    need("npm", "node")
    worker = WORK / "package" / "moonc-worker.js"
    if not worker.exists():
        run("npm", "pack", "--silent", "--ignore-scripts", "@moonbit/moonc-worker@0.1.202605123")
        run("tar", "xzf", next(WORK.glob("moonbit-*.tgz")))
    run("node", SOURCES / "moonbit.cjs", worker, SOURCES / "main.mbt", target, output)


def go(system, output):
    need("go")
    run("go", "build", "-trimpath", "-o", output, SOURCES / "main.go", GOOS=system, GOARCH="wasm", GOFLAGS="-mod=mod",
        GO111MODULE="off")


def jars():
    need("mvn", "java", "javac")
    folder = WORK / "jars"
    if not folder.exists():
        run("mvn", "-q", "-B", "-f", SOURCES / "pom.xml", "dependency:copy-dependencies",
            f"-DoutputDirectory={folder}")
    return folder


def teavm(target, output):
    folder, classes = jars(), WORK / "classes"
    run("javac", "-cp", f"{folder}/*", "-d", classes, SOURCES / "Main.java", SOURCES / "Build.java")
    run("java", "-cp", f"{classes}:{folder}/*", "Build", target, WORK / target)
    shutil.copy(WORK / target / "main.wasm", output)


def kotlin(flag, output):
    folder = jars()
    compiler = ["java", "-Xmx1500m", "-cp", f"{folder}/*", "org.jetbrains.kotlin.cli.js.K2JSCompiler", "-Xwasm",
                "-Xwasm-target=wasm-js", "-libraries", folder / "kotlin-stdlib-wasm-js-2.2.21.klib"]
    library = WORK / "kotlin" / "main.klib"
    if not library.exists():
        run(*compiler, "-ir-output-dir", library.parent, "-ir-output-name", "main", "-Xir-produce-klib-file",
            SOURCES / "Main.kt")
    run(*compiler, f"-Xinclude={library}", "-ir-output-dir", WORK / "kotlin-out", "-ir-output-name", "main",
        "-Xir-produce-js", "-Xir-dce", *flag.split())
    shutil.copy(WORK / "kotlin-out" / "main.wasm", output)


def zig(target, output):
    folder = WORK / "zig"
    if not folder.exists():
        run(sys.executable, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps",
            "--only-binary", ":all:", "--target", folder, "ziglang==0.15.2")
    run(sys.executable, folder / "ziglang" / "__main__.py", "build-exe", *target.split(), "-fno-entry", "-rdynamic",
        f"-femit-bin={output}", SOURCES / "main.zig")


GC = "typed-function-references gc"
EITHER = "bulk-memory reference-types simd128 exception-handling"
OUTPUTS = [
    ("moonbit-gc", moonbit, "wasm-gc", f"bulk-memory {GC}"),
    ("moonbit", moonbit, "wasm", "bulk-memory"),
    ("go-js", go, "js", "sign-ext nontrapping-fptoint bulk-memory-opt"),
    ("go-wasip1", go, "wasip1", "sign-ext nontrapping-fptoint bulk-memory-opt"),
    ("teavm-gc", teavm, "WEBASSEMBLY_GC", "mutable-globals bulk-memory reference-types exception-handling "
                                          f"exception-handling-legacy {GC} js-string-builtins"),
    ("teavm", teavm, "WEBASSEMBLY", "nontrapping-fptoint bulk-memory-opt"),
    ("kotlin", kotlin, "", f"{EITHER} exception-handling-legacy {GC}"),
    ("kotlin-exnref", kotlin, "-Xwasm-use-new-exception-proposal", f"{EITHER} exnref {GC}"),
    ("zig", zig, "-target wasm32-freestanding -O ReleaseSmall", "nontrapping-fptoint bulk-memory-opt"),
    ("zig-64", zig, "-target wasm64-freestanding -O ReleaseSmall", "nontrapping-fptoint bulk-memory-opt memory64"),
    ("zig-newest", zig, "-target wasm32-freestanding -O ReleaseFast -mcpu=bleeding_edge",
     "nontrapping-fptoint bulk-memory-opt simd128"),
]


def fault_of(program, path, features):
    done = subprocess.run([program, "inspect", "--format", "json", path], capture_output=True, text=True, timeout=60,
                          check=False)
    module = json.loads(done.stdout).get("module")
    found = sorted(feature["name"] for feature in module["features"]) if module else done.stdout
    return None if found == sorted(features.split()) else f"finds {found}, expected {sorted(features.split())}"


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", default=str(ROOT / "build" / "edge-deploy"))
    parser.add_argument("words", nargs="*")
    options = parser.parse_args()
    WORK.mkdir(parents=True, exist_ok=True)
    passed = failed = skipped = 0
    for name, build, target, features in OUTPUTS:
        if options.words and not any(word in name for word in options.words):
            continue
        try:
            build(target, WORK / f"{name}.wasm")
            fault = fault_of(options.program, WORK / f"{name}.wasm", features)
        except (Missing, OSError, subprocess.SubprocessError) as reason:
            print(f"SKIPPED: {name}: {reason}")
            skipped += 1
            continue
        if fault:
            print(f"FAIL {name}: {fault}")
        failed, passed = failed + bool(fault), passed + (not fault)
    print(f"toolchains: {passed} passed, {failed} failed, {skipped} skipped")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
