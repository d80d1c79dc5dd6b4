#!/usr/bin/env python3
"""Engine limits: for every limit of a profile that bounds what stands in a module, a module at the
limit must pass `check` and one above must be found, at its place; and the engines of that platform
which are on this machine must say the same of both.

limits.py [--program PATH] [WORD...]   only limits whose platform and name hold one of the words
Prints `N passed, N failed, N skipped`. Engines: what the suites `clients` and
`engines` installed, the node on PATH, and the Python package wasmtime, where they are."""
import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[1]
CLIENTS = ROOT / "build" / "clients" / "node_modules"
ENGINES = ROOT / "build" / "engines"
PYTHON = {**os.environ, "PYTHONPATH": str(ENGINES / "python")}
VOID = b"\1\4\1\x60\0\0"
WORKERD = """using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (services = [(name = "main", worker = (
  modules = [(name = "main.js", esModule = embed "main.js"), (name = "./m.wasm", wasm = embed "m.wasm")],
  compatibilityDate = "2026-11-17"))]);
"""
MAIN_JS = 'import m from "./m.wasm";\nexport default { async test() { if (!m) throw new Error(); } };\n'
NODE_JS = """const bytes = require("fs").readFileSync(process.argv[1]);
new WebAssembly.Instance(new WebAssembly.Module(bytes), { m: { f() {} } });"""
# Compiled alone: an instance of so many would need more memory than there is.
NODE_COMPILE_JS = 'new WebAssembly.Module(require("fs").readFileSync(process.argv[1]));'
COMPILED_ONLY = ("memories", "exports", "tags", "defined_tags")


def leb(number):
    out = bytearray()
    while number >= 0x80:
        out.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes(out) + bytes([number])


def section(kind, body):
    return bytes([kind]) + leb(len(body)) + body


def many(count, item):
    return leb(count) + item * count


def module(*sections):
    return b"\0asm\1\0\0\0" + b"".join(sections)


def function(body):
    return module(VOID, b"\3\2\1\0", section(10, b"\1" + leb(len(body)) + body))


def exports(count):
    names = (str(i).encode() for i in range(count))
    body = leb(count) + b"".join(leb(len(name)) + name + b"\3\0" for name in names)
    return module(section(6, b"\1\x7f\0\x41\0\x0b"), section(7, body))


def functions(count):
    return module(VOID, section(3, many(count, b"\0")), section(10, many(count, b"\2\0\x0b")))


def tags(count):
    return module(VOID, section(13, many(count, b"\0\0")))


def globals_of(count):
    return module(section(6, many(count, b"\x7f\0\x41\0\x0b")))


# By what a limit is `of`: a module that has so many, or one so large.
MAKE = {
    "types": lambda n: module(section(1, many(n, b"\x60\0\0"))),
    "functions": functions,
    "defined_functions": functions,
    "imports": lambda n: module(VOID, section(2, many(n, b"\1m\1f\0\0"))),
    "exports": exports,
    "globals": globals_of,
    "defined_globals": globals_of,
    "tags": tags,
    "defined_tags": tags,
    "memories": lambda n: module(section(5, many(n, b"\0\0"))),
    "defined_tables": lambda n: module(section(4, many(n, b"\x70\0\0"))),
    "table_size": lambda n: module(section(4, b"\1\x70\0" + leb(n))),
    "data_segments": lambda n: module(b"\5\3\1\0\1", section(11, many(n, b"\1\0"))),
    "element_segments": lambda n: module(b"\4\4\1\x70\0\1", section(9, many(n, b"\0\x41\0\x0b\0"))),
    "segment_elements": lambda n: module(VOID, b"\3\2\1\0", section(9, b"\1\1\0" + many(n, b"\0")),
                                         b"\x0a\4\1\2\0\x0b"),
    "function_bytes": lambda n: function(b"\0" + b"\1" * (n - 2) + b"\x0b"),
    "function_locals": lambda n: function(b"\1" + leb(n) + b"\x7f\x0b"),
    "function_parameters": lambda n: module(section(1, b"\1\x60" + many(n, b"\x7f") + b"\0")),
    "function_results": lambda n: module(section(1, b"\1\x60\0" + many(n, b"\x7f"))),
    "struct_fields": lambda n: module(section(1, b"\1\x5f" + many(n, b"\x7f\0"))),
    "branch_labels": lambda n: function(b"\0\x41\0\x0e" + many(n, b"\0") + b"\0\x0b"),
    "name_bytes": lambda n: module(section(6, b"\1\x7f\0\x41\0\x0b"),
                                   section(7, b"\1" + leb(n) + b"a" * n + b"\3\0")),
}
IN_A_FUNCTION = ("function_bytes", "function_locals", "branch_labels")
# What shows in the module without the features that older engines lack.
NEWER = {"struct_fields": ("18", "20"), "memories": ("18", "20"), "defined_tags": ()}


def run(command, **options):
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300, **options)


def node_version(program):
    return run([program, "-p", "process.versions.node"]).stdout.strip()


def nodes():
    """The Node.js on this machine by major version, each once."""
    found = {}
    for program in (shutil.which("node"), *CLIENTS.glob("node*/bin/node"),
                    *(ENGINES / "node_modules").glob("node*/bin/node"),
                    *(ROOT / "build" / "bench").glob("node-*")):
        if program:
            found.setdefault(node_version(program).split(".")[0], str(program))
    return found


def ask_node(program, metric, path):
    script = NODE_COMPILE_JS if metric in COMPILED_ONLY else NODE_JS
    return run([program, "-e", script, str(path)]).returncode == 0


def ask_workerd(path):
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        (folder / "config.capnp").write_text(WORKERD)
        (folder / "main.js").write_text(MAIN_JS)
        shutil.copy(path, folder / "m.wasm")
        return run([str(CLIENTS / ".bin" / "workerd"), "test", str(folder / "config.capnp")]).returncode == 0


def ask_wasmtime(path):
    script = "import sys, wasmtime\nc = wasmtime.Config()\nc.wasm_exceptions = True\n" \
             "wasmtime.Module.validate(wasmtime.Engine(c), open(sys.argv[1], 'rb').read())"
    return run([sys.executable, "-c", script, str(path)], env=PYTHON).returncode == 0


def engines(platform, limit, found):
    """[(name, question)] for the engines that the limit is about."""
    metric = limit["of"]
    if platform == "cloudflare" and found["workerd"]:
        return [("workerd", ask_workerd)]
    if platform == "fastly" and found["wasmtime"]:
        return [("wasmtime", ask_wasmtime)]
    if platform != "lambda-edge":
        return []
    runtime = limit.get("when", {}).get("runtime", "nodejs*").removeprefix("nodejs").removesuffix(".x")
    return [(f"node {major}", lambda path, p=program: ask_node(p, metric, path))
            for major, program in found["node"].items()
            if runtime in ("*", major) and major not in NEWER.get(metric, ())
            and not (runtime == "*" and metric in ("imports", "exports") and major in ("18", "20", "22"))]


def check(program, platform, limit, path, folder):
    """The findings of this limit, or a text that says what went wrong."""
    when = limit.get("when", {})
    options = {"cloudflare": {"compatibility_date": "2026-11-17", "account_id": "0" * 32},
               "lambda-edge": {"distribution": "E1234567890", "event": "origin-request"},
               "fastly": {}}[platform]
    (folder / "edge-deploy.json").write_text(json.dumps(
        {"name": "limits", "targets": {"t": {"platform": platform, "module": path.name, **options, **when}}}))
    done = run([program, "check", "--format", "json"], cwd=folder)
    try:
        targets = json.loads(done.stdout)["targets"]
    except (ValueError, KeyError):
        return f"exit {done.returncode}: {done.stdout[:300]} {done.stderr[:300]}"
    return [f for t in targets for f in t["findings"] if f["rule"] in ("size", "memory") and f["subject"] == limit["name"]]


def wrong(program, platform, limit, folder):
    """What our check says wrongly, or None; the two modules lie in `folder` then."""
    for count in (limit["value"], limit["value"] + 1):
        path = folder / f"{count - limit['value']}.wasm"
        path.write_bytes(MAKE[limit["of"]](count))
        found = check(program, platform, limit, path, folder)
        if isinstance(found, str):
            return found
        if len(found) != count - limit["value"]:
            return f"{len(found)} findings at {count}"
        if found and limit["of"] in IN_A_FUNCTION and found[0]["where"]["function"] != 0:
            return f"not in function 0: {found[0]['where']}"
    return None


def limits():
    for profile in sorted((ROOT / "platforms").glob("*/profile.json")):
        for name, limit in json.loads(profile.read_text())["limits"].items():
            if limit.get("of") in MAKE and limit["value"] > 1:
                yield profile.parent.name, {**limit, "name": name}


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--program", default=str(ROOT / "build" / "edge-deploy"))
    parser.add_argument("words", nargs="*")
    options = parser.parse_args()
    program = os.path.abspath(options.program)
    found = {"node": nodes(), "workerd": (CLIENTS / ".bin" / "workerd").exists(),
             "wasmtime": run([sys.executable, "-c", "import wasmtime"], env=PYTHON).returncode == 0}
    counts = {"passed": 0, "failed": 0, "skipped": 0}
    for kind, installed in found.items():
        if not installed:
            counts["skipped"] += 1
            print(f"SKIPPED: {kind} is not installed")
    for platform, limit in limits():
        title = f"{platform} {limit['name']}"
        if options.words and not any(word in title for word in options.words):
            continue
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            faults = [wrong(program, platform, limit, folder)]
            if not faults[0]:
                for engine, ask in engines(platform, limit, found):
                    answers = [ask(folder / "0.wasm"), ask(folder / "1.wasm")]
                    faults.append(None if answers == [True, False] else f"{engine} says {answers}")
        for fault in faults:
            counts["failed" if fault else "passed"] += 1
            if fault:
                print(f"failed: {title}: {fault}", flush=True)
    print(f"limits: {counts['passed']} passed, {counts['failed']} failed, {counts['skipped']} skipped")
    return 1 if counts["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
