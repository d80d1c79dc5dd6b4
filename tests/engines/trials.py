"""`check --run` on every probe: what a runtime made of it there is what the engine said when the tests asked, and
no refusal is a surprise to its profile. One that only compiles there, because its imports cannot be stood in for,
says so."""
import concurrent.futures
import json
import os
import pathlib
import subprocess
import tempfile

import engines

# The target, the engine as run.py names it, and how `proofs` name it.
NODES = (18, 20, 22, 24, 26)
TARGETS = [*((f"lambda-edge@nodejs{major}.x", f"node{major}", f"node {major}.") for major in NODES),
           ("cloudflare", "workerd", "workerd ")]
# Modules with an entry of our glue: how they are linked is ours, so it is tried too. What is expected of all.
COMMAND = '(memory (export "memory") 1) (func (export "_start"))'
WITH_GLUE = [
    ("a command that imports all of WASI", "%s " + COMMAND, "taken", "with the imports of our glue"),
    ("HTTP bytes", '(memory (export "memory") 1) (func (export "edge_alloc") (param i32) (result i32) i32.const 0)'
                   '(func (export "edge_handle") (param i32 i32) (result i64) i64.const 0)', "taken", "no imports"),
    ("a command whose _start would trap", '(memory (export "memory") 1) (func (export "_start") unreachable)',
     "taken", "instantiated"),
    ("a command whose start section traps", COMMAND + " (func $start unreachable) (start $start)", "refused", "unreachable"),
    ("a command whose data lies outside", COMMAND + ' (data (i32.const 65536) "x")', "refused", "out of bounds"),
    ("a command that imports what nobody has", '(import "env" "nothing" (func)) ' + COMMAND, "refused", "env"),
]

# What can be no refusal and no instantiation either.
UNSTUBBED = ("it compiles, and does not link with stubs", "it compiles, and stops with stubs",
             "it compiles, and this cannot be stubbed", "a component", "within the limits of the trial")


def found():
    """The targets that can be proved here, the variables that name the runtimes, and why others cannot."""
    targets, nodes, missing, variables = [], [], [], {}
    for row in TARGETS:
        try:
            if row[1] == "workerd":
                variables["EDGE_DEPLOY_WORKERD"] = str(engines.workerd_program())
            else:
                nodes.append(str(engines.node_program(int(row[1][4:]))))
            targets.append(row)
        except engines.Missing as reason:
            missing.append(f"check --run for {row[0]}: {reason}")
    if nodes:
        variables["EDGE_DEPLOY_NODE"] = ":".join(nodes)
    return targets, variables, missing


def ask(program, path, targets, variables):
    words = [word for row in targets for word in ("--platform", row[0])]
    done = subprocess.run([program, "check", path, "--run", "--format", "json", *words], capture_output=True,
                          text=True, timeout=300, check=False, env=dict(os.environ, **variables))
    said = json.loads(done.stdout)
    return {target["target"]: target for target in said.get("targets", [])}


def fault(target, row, engine_says):
    """Why the proof does not agree with the engine, or None."""
    for finding in target["findings"]:
        if "mistake of edge-deploy" in (finding["cause"] or ""):
            return f"an error that is said to be ours: {finding['message']}"
    proofs = [proof for proof in target.get("proofs", []) if proof["runtime"].startswith(row[2])]
    if len(proofs) != 1:
        return f"{len(proofs)} proofs by {row[1]}"
    answer, message = proofs[0]["answer"], proofs[0]["message"] or ""
    if answer == "not proved":
        return None if message.startswith(UNSTUBBED) else f"not proved: {message}"
    compiles = not engine_says.startswith("CompileError")
    if answer == "taken" and not compiles:
        return f"taken, and the engine says {engine_says[:120]}"
    if answer == "refused" and engine_says == "runs":
        return f"refused ({message[:120]}), and the engine runs it"
    return None


def all_of_wasi():
    """An import of each function that the profile says our glue supplies."""
    profile = json.loads((engines.ROOT / "platforms" / "lambda-edge" / "profile.json").read_text())
    imports = []
    for name, function in profile["imports"]["modules"]["wasi_snapshot_preview1"].items():
        parameters, results = (function["type"] if isinstance(function, dict) else function).split("->")
        lists = [words[1:-1].replace(",", " ") for words in (parameters, results)]
        imports.append(f'(import "wasi_snapshot_preview1" "{name}" (func (param {lists[0]}) (result {lists[1]})))')
    return " ".join(imports)


def write_with_glue(folder, number):
    text = WITH_GLUE[number][1]
    if "%s" in text:
        text = text % all_of_wasi()
    source = pathlib.Path(folder) / f"glue{number}.wat"
    source.write_text(f"(module {text})")
    subprocess.run(["wat2wasm", source, "-o", source.with_suffix(".wasm")], check=True)
    return source.with_suffix(".wasm")


def check_with_glue(program, folder, targets, variables, count):
    for number, (name, _, answer, words) in enumerate(WITH_GLUE):
        said = ask(program, write_with_glue(folder, number), targets, variables)
        for row in targets:
            proofs = [each for each in said[row[0]].get("proofs", []) if each["runtime"].startswith(row[2])]
            right = len(proofs) == 1 and proofs[0]["answer"] == answer and words in str(proofs[0])
            ours = [each for each in said[row[0]]["findings"] if "mistake of edge-deploy" in (each["cause"] or "")]
            count.check(f"check --run {name} in {row[1]}", None if right and not ours else f"{proofs} {ours}")


def check(program, probes, answers, count):
    """`answers`: {engine: {probe: "runs" or its words}}, as the engines were asked before."""
    targets, variables, missing = found()
    for reason in missing:
        count.skip(reason, len(probes))
    tried = dict.fromkeys(("taken", "refused", "not proved"), 0)
    if not targets:
        return
    with tempfile.TemporaryDirectory() as folder, concurrent.futures.ThreadPoolExecutor(2) as pool:
        paths = []
        for number, probe in enumerate(probes):
            paths.append(pathlib.Path(folder) / f"{number}.wasm")
            paths[-1].write_bytes(probe["bytes"])
        check_with_glue(program, folder, targets, variables, count)
        for probe, said in zip(probes, pool.map(lambda path: ask(program, path, targets, variables), paths)):
            for row in targets if said else ():
                count.check(f"check --run {probe['name']} in {row[1]}",
                            fault(said[row[0]], row, answers[row[1]][probe["name"]]))
                for proof in said[row[0]].get("proofs", []):
                    tried[proof["answer"]] += proof["runtime"].startswith(row[2])
    print("check --run: " + ", ".join(f"{number} {word}" for word, number in tried.items()))
