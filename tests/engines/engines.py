"""The engines. Each is asked once for all probes: {name: bytes} -> {name: "runs" or the engine's words};
Node also takes {name: path}, of modules that are only compiled.
One that is not there raises Missing with the reason."""
import base64
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
HERE = ROOT / "tests" / "engines"
ENGINES = ROOT / "build" / "engines"
CLIENTS = ROOT / "build" / "clients" / "node_modules"


class Missing(Exception):
    pass


def encode(probes):
    return json.dumps({name: {"file": str(module)} if isinstance(module, pathlib.Path)
                       else base64.b64encode(module).decode() for name, module in probes.items()})


def ask(command, probes, environment=None):
    done = subprocess.run(command, input=encode(probes), capture_output=True, text=True, timeout=300, check=False,
                          env=dict(os.environ, **(environment or {})))
    if done.returncode != 0:
        raise RuntimeError(f"{command[0]} ends with {done.returncode}: {done.stderr.strip()[-400:]}")
    return json.loads(done.stdout)


def node_program(major):
    """From our own packages, else from those of the client tests."""
    for folder in (ENGINES / "node_modules", CLIENTS):
        program = folder / f"node{major}" / "bin" / "node"
        if program.exists():
            return program
    raise Missing(f"Node {major} is not installed: there is no package for this machine")


def node(major, probes):
    return ask([node_program(major), HERE / "node.mjs"], probes)


def workerd_program():
    """The program itself where npm has it: the one in .bin may be a script that starts it."""
    for program in (*CLIENTS.glob("@cloudflare/workerd-*/bin/workerd"), CLIENTS / ".bin" / "workerd"):
        if program.exists():
            return program
    raise Missing("workerd is not installed")


def workerd(probes):
    """From bytes, and what is not refused once more as parts of a Worker, which is how it is deployed."""
    program = workerd_program()
    with tempfile.TemporaryDirectory() as folder:
        answers = serve(program, pathlib.Path(folder), probes)
        parts = {name: module for name, module in probes.items() if answers[name] == "runs"}
        as_parts = serve_parts(program, pathlib.Path(folder), parts)
    return dict(answers, **as_parts)


CONFIG = """using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (services = [(name = "main", worker = (
  compatibilityDate = "2026-11-01", compatibilityFlags = [], modules = [%s]))]);
"""


def test_worker(program, folder, modules):
    embedded = ", ".join(f'(name = "{name}", {kind} = embed "{name}")' for name, kind in modules)
    (folder / "config.capnp").write_text(CONFIG % embedded)
    shutil.copy(HERE / "host.mjs", folder)
    done = subprocess.run([program, "test", "config.capnp"], cwd=folder, capture_output=True, text=True, timeout=300,
                          check=False)
    lines = [line for line in (done.stdout + done.stderr).splitlines() if line.startswith("{")]
    if done.returncode != 0 or not lines:
        raise RuntimeError(f"workerd ends with {done.returncode}: {done.stderr.strip()[-600:]}")
    return json.loads(lines[0])


def serve(program, folder, probes):
    (folder / "probes.json").write_text(encode(probes))
    shutil.copy(HERE / "worker.mjs", folder)
    return test_worker(program, folder, [("worker.mjs", "esModule"), ("host.mjs", "esModule"),
                                         ("probes.json", "json")])


def serve_parts(program, folder, probes):
    lines, modules = ['import { run } from "host.mjs";'], [("parts.mjs", "esModule"), ("host.mjs", "esModule")]
    for number, (name, module) in enumerate(probes.items()):
        (folder / f"p{number}.wasm").write_bytes(module)
        modules.append((f"p{number}.wasm", "wasm"))
        lines.append(f'import p{number} from "p{number}.wasm";')
    pairs = ", ".join(f"{json.dumps(name)}: run(p{number})" for number, name in enumerate(probes))
    lines.append(f"export default {{ test() {{ console.log(JSON.stringify({{{pairs}}})); }} }};")
    (folder / "parts.mjs").write_text("\n".join(lines))
    return test_worker(program, folder, modules)


def wasmtime(probes):
    if not (ENGINES / "python" / "wasmtime").exists():
        raise Missing("Wasmtime is not installed: pip has no package of it for this machine")
    return ask([sys.executable, HERE / "wasmtime_engine.py"], probes, {"PYTHONPATH": str(ENGINES / "python")})


def viceroy(probes):
    """A process for each: it takes 15 ms. None of them has a _start, which is looked for when all else is right."""
    program = os.environ.get("VICEROY") or shutil.which("viceroy")
    if not program:
        raise Missing("viceroy is not installed: 'cargo install --locked viceroy' builds it in some 15 to 30 minutes, "
                      "and VICEROY=PATH names it")
    answers = {}
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder) / "probe.wasm"
        for name, module in probes.items():
            path.write_bytes(module)
            done = subprocess.run([program, "run", path], capture_output=True, text=True, timeout=60, check=False)
            said = re.sub(r"\x1b\[[0-9;]*m", "", done.stderr + done.stdout).strip()
            reached = done.returncode == 0 or "failed to find function export `_start`" in said
            answers[name] = "runs" if reached else said.replace("\n", " ")[-300:]
    return answers
