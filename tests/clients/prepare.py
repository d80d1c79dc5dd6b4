"""The real input of the tests, made once in build/inputs: packages pinned by version and digest, an
application built by the vendor's toolchain, and modules from three compilers. begin() starts that
in the background; module(NAME) waits for it."""
import concurrent.futures
import hashlib
import os
import subprocess
import unittest

from support import HERE, INPUTS, NODE, environment, find

SOURCES = os.path.join(HERE, "inputs")
PACKAGES = os.path.join(INPUTS, "node_modules")
RUSTC = find(os.environ.get("RUSTC"), "/usr/bin/rustc", "rustc")
LINKER = find("wasm-ld", "wasm-ld-14", "rust-lld")
ASC = os.path.join(PACKAGES, "assemblyscript/bin/asc.js")
JS_COMPUTE = os.path.join(PACKAGES, "@fastly/js-compute/dist/cli/js-compute-runtime-cli.js")

# name: (source, command; SOURCE and TARGET stand for the paths, what must be there)
MODULES = {
    "c": ("hash.c", ["clang", "--target=wasm32-wasi", "-O2", "-Wall", "-Wextra", "-o", "TARGET", "SOURCE"], ()),
    "rust": ("work.rs", [RUSTC, "--target", "wasm32-wasi", "-O", "-C", f"linker={LINKER}", "-o", "TARGET", "SOURCE"],
             (RUSTC, LINKER)),
    "assemblyscript": ("work.ts", [NODE[22], ASC, "SOURCE", "-O", "--runtime", "minimal", "--use", "abort=", "-o",
                                   "TARGET"], (NODE[22], ASC)),
    "js-compute": ("compute.js", [NODE[22], JS_COMPUTE, "SOURCE", "TARGET"], (NODE[22], JS_COMPUTE)),
}
pool = concurrent.futures.ThreadPoolExecutor(1)
begun = {}


def install():
    ended = subprocess.run(["sh", os.path.join(HERE, "install.sh"), "inputs"], capture_output=True, text=True, check=False)
    return None if ended.returncode == 0 else (ended.stdout + ended.stderr).strip()


def stamp_of(path):
    """Of the source and of the packages' lock."""
    digest = hashlib.sha256()
    for each in (path, os.path.join(SOURCES, "package-lock.json"), __file__):
        with open(each, "rb") as file:
            digest.update(file.read())
    return digest.hexdigest()


def build(name):
    """The path of the module; it is built anew when source or packages have changed."""
    source, command, _ = MODULES[name]
    source, target = os.path.join(SOURCES, source), os.path.join(INPUTS, f"{name}.wasm")
    stamp, path = stamp_of(source), os.path.join(INPUTS, f"{name}.stamp")
    if os.path.exists(path) and os.path.exists(target):
        with open(path, encoding="utf-8") as file:
            if file.read() == stamp:
                return target
    words = [{"SOURCE": source, "TARGET": target}.get(word, word) for word in command]
    env = environment(os.path.join(INPUTS, "home"))
    subprocess.run(words, cwd=INPUTS, env=env, check=True, capture_output=True, text=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(stamp)
    return target


def begin():
    if not begun:
        os.makedirs(INPUTS, exist_ok=True)
        begun["packages"] = pool.submit(install)
        for name in MODULES:
            begun[name] = pool.submit(attempt, name)


def attempt(name):
    missing = [each or "a compiler" for each in MODULES[name][2] if not each or not os.path.exists(each)]
    return (None, f"{', '.join(missing)} not installed") if missing else (build(name), None)


def package(path):
    """A file of an installed package."""
    begin()
    problem = begun["packages"].result()
    if problem:
        raise unittest.SkipTest(problem.splitlines()[0])
    return os.path.join(PACKAGES, path)


def module(name):
    begin()
    try:
        path, problem = begun[name].result()
    except subprocess.CalledProcessError as error:
        raise AssertionError(f"{name} does not build: {error.stderr}") from None
    if problem:
        raise unittest.SkipTest(problem)
    return path
