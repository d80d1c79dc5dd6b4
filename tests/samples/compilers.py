"""What builds the samples: how each compiler is found, and the environment in which `build.sh` finds it. For Rust that
is cargo, where a toolchain has both targets; else Debian's rustc, which comes without cargo, behind a stand-in."""
import os
import subprocess
import sys

from support import ROOT, find

STAND_IN = os.path.join(os.path.dirname(os.path.abspath(__file__)), "cargo.py")
PACKAGES = os.path.join(ROOT, "build", "inputs", "node_modules")


def has_targets(rustc, *targets):
    try:
        root = subprocess.run([rustc, "--print", "sysroot"], capture_output=True, text=True, timeout=60, check=True).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return False
    return all(os.path.isdir(os.path.join(root, "lib", "rustlib", target, "lib")) for target in targets)


def path_with(folder):
    return {"PATH": os.pathsep.join([folder, os.environ.get("PATH", "")])}


def c(_folder):
    if not (find("clang") and find("wasm-ld", "wasm-ld-14")):
        return None, "no clang with wasm-ld"
    return {}, None


def rust(folder):
    home = {name: os.environ.get(name, os.path.expanduser(default))
            for name, default in (("CARGO_HOME", "~/.cargo"), ("RUSTUP_HOME", "~/.rustup"))}
    if not os.environ.get("EDGE_DEPLOY_TEST_RUSTC") and find("cargo") and find("rustc") and has_targets(
            "rustc", "wasm32-unknown-unknown", "wasm32-wasip1"):
        return home, None
    rustc = os.environ.get("EDGE_DEPLOY_TEST_RUSTC", "/usr/bin/rustc")
    linker = find("wasm-ld", "wasm-ld-14")
    if not (linker and has_targets(rustc, "wasm32-unknown-unknown", "wasm32-wasi")):
        return None, "no rustc with the standard libraries for wasm32-unknown-unknown and wasm32-wasi"
    with open(os.path.join(folder, "cargo"), "w", encoding="utf-8") as file:
        file.write(f'#!/bin/sh\nexec "{sys.executable}" "{STAND_IN}" "$@"\n')
    os.chmod(os.path.join(folder, "cargo"), 0o755)
    return {**path_with(folder), "RUSTC": rustc, "RUST_LINKER": linker}, None


def assemblyscript(_folder):
    if not (find("npm") and os.path.exists(os.path.join(PACKAGES, ".bin", "asc"))):
        return None, "no npm, or the pinned AssemblyScript is not installed"
    return {}, None
