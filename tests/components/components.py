"""Components of the real toolchain, and the standard's own tests, against edge-deploy: what is
valid must pass, what is malformed must not, worlds must be recognised, and --wit --world must say
what `wasm-tools component targets` says. Prints a line of counts a part; the last line adds up."""
import collections
import glob
import itertools
import json
import os
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
PLACE = os.path.join(ROOT, "build/components")
PROGRAM = os.path.join(ROOT, "build/edge-deploy")
TOOLS = os.path.join(ROOT, "build/wasm-tools")
WASM_TOOLS = os.path.join(TOOLS, "bin/wasm-tools")
JCO = os.path.join(PLACE, "node_modules/.bin/jco")
WIT = os.path.join(PLACE, "wit/1.35.0")

counts = collections.Counter()


def check(right, what):
    counts["passed" if right else "failed"] += 1
    if not right:
        print("FAIL", what)


def skip(reason):
    counts["skipped"] += 1
    print("SKIPPED:", reason)


def run(*words, **more):
    return subprocess.run(words, capture_output=True, text=True, **more)


def must(*words, **more):
    result = run(*words, **more)
    if result.returncode:
        raise RuntimeError(f"{' '.join(words)}: {result.stderr}")


def inspect(path, *words, tools=TOOLS + "/bin"):
    """Exit code and document of `inspect`; PATH has the encoder alone."""
    result = run(PROGRAM, "inspect", "--format", "json", path, *words, env={**os.environ, "PATH": tools + ":/usr/bin:/bin"})
    return result.returncode, json.loads(result.stdout)


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as file:
        file.write(text)


# --- the standard's tests ---

# Where the encoding of wasm-tools is not the standard's: a value's type without its bound, whose
# bytes 00 and 01 then mean something else.
ENCODED_OTHERWISE = {("values/values.wast", 67)}


def standard(folder):
    """Every binary in the toolchain's test suite of components. What is valid passes; what is
    malformed is refused; of what is invalid as much as there are rules for."""
    suite = os.path.join(TOOLS, "tests-1.263.0")
    if not os.path.isdir(suite):
        skip("the test suite of wasm-tools was not in cargo's registry")
        return
    told = collections.Counter()
    for script in sorted(glob.glob(suite + "/**/*.wast", recursive=True)):
        name = os.path.relpath(script, suite)
        place = os.path.join(folder, name.replace("/", "_"))
        os.makedirs(place)
        if run(WASM_TOOLS, "json-from-wast", script, "--wasm-dir", place, "-o", place + "/list.json").returncode:
            told["not converted"] += 1
            continue
        with open(place + "/list.json") as file:
            commands = json.load(file)["commands"]
        for command in commands:
            kind, file = command["type"], command.get("filename", "")
            if not file.endswith(".wasm") or kind not in ("module", "module_definition", "assert_invalid", "assert_malformed"):
                continue
            if (name, command["line"]) in ENCODED_OTHERWISE:
                told["encoded otherwise"] += 1
                continue
            code, document = inspect(os.path.join(place, file))
            message = document.get("error", {}).get("message", "")
            if kind.startswith("module"):
                check(code == 0, f"{name}:{command['line']}: valid, but: {message}")
            elif kind == "assert_malformed" and "final sub type" not in command["text"]:
                check(code == 2, f"{name}:{command['line']}: malformed ({command['text']}), but passed")
            told[kind + (" refused" if code else " passed")] += 1
    # No rule may get lost: the number only grows.
    check(told["assert_invalid refused"] >= INVALID_REFUSED, f"only {told['assert_invalid refused']} invalid ones refused")
    print("standard:", ", ".join(f"{told[each]} {each}" for each in sorted(told)))


INVALID_REFUSED = 290


# --- worlds ---

WORLDS = [  # version, world, what inspect must say first
    ("0.2.12", "wasi:http/proxy@0.2.12", "wasi:http/proxy@0.2", False),
    ("0.2.12", "wasi:cli/command@0.2.12", "wasi:cli/command@0.2", False),
    ("0.3.0", "wasi:http/service@0.3.0", "wasi:http/service@0.3", True),
    ("0.3.0", "wasi:http/middleware@0.3.0", "wasi:http/middleware@0.3", True),
    ("0.3.0", "wasi:cli/command@0.3.0", "wasi:cli/command@0.3", True),
]


def package(folder, version, world):
    """A WIT package whose world `it` is `world`, beside all of WASI in that version."""
    write(folder + "/it.wit", f"package local:it;\nworld it {{ include {world}; }}\n")
    if not os.path.isdir(folder + "/deps"):
        shutil.copytree(f"{WIT}/{version}", folder + "/deps")
    return folder


def dummy(wit, world, out):
    """The smallest component of a world: every import is there, every export does nothing."""
    must(WASM_TOOLS, "component", "embed", "--dummy", "--world", world, wit, "-o", out + ".core")
    must(WASM_TOOLS, "component", "new", out + ".core", "-o", out)
    return out


def worlds(folder):
    for version, world, expected, is_async in WORLDS:
        wit = package(f"{folder}/{world.replace('/', '-')}", version, world)
        path = dummy(wit, "it", f"{wit}.wasm")
        code, document = inspect(path, "--wit", wit, "--world", "it")
        found = [each["name"] for each in document["module"]["component"]["worlds"] if each["fits"]]
        check(expected in found, f"{world}: {found}")
        features = [each["name"] for each in document["module"]["features"]]
        check(("component-async" in features) == is_async, f"{world}: {features}")
        check(code == 0 and document["module"]["component"]["wit"]["fits"], f"{world} does not fit itself")
    write(folder + "/own/it.wit", """package fastly:compute@0.1.0;
interface log { write: func(line: string); }
interface http-incoming { handle: func(request: u32, body: u32) -> result; }
world service { import log; export http-incoming; }
""")
    code, document = inspect(dummy(folder + "/own", "service", folder + "/own.wasm"))
    found = [each["name"] for each in document["module"]["component"]["worlds"] if each["fits"]]
    check(code == 0 and found == ["fastly:compute/service@0.1.0"], f"the platform's own world: {found}")


# --- --wit and --world against `component targets` ---

BASE = """package local:shop@VERSION;
interface types {
    record item { name: string, COUNT: u32 }
    variant fault { missing, refused(string)CASE }
    resource cart { constructor(owner: string); add: func(it: item) -> result<PUT, fault>;METHOD }
}
interface prices { use types.{item}; price: func(it: item) -> f64; }
interface audit { use types.{cart}; look: func(it: borrow<cart>); }
interface orders { use types.{cart, fault}; order: ASYNCfunc(it: cart) -> result<ID, fault>; }
world shop { IMPORTS EXPORTS }
"""

DEFAULT = {"VERSION": "1.2.0", "COUNT": "count", "CASE": "", "PUT": "u32", "METHOD": "", "ASYNC": "", "ID": "u64",
           "IMPORTS": "import types; import prices;", "EXPORTS": "export orders;"}

VARIANTS = {
    "base": {},
    "fewer-imports": {"IMPORTS": "import types;"},
    "extra-import": {"IMPORTS": "import types; import prices; import audit;"},
    "extra-function": {"IMPORTS": "import types; import prices; import now: func() -> u64;"},
    "other-function": {"IMPORTS": "import types; import prices; import now: func() -> s64;"},
    "no-export": {"EXPORTS": ""},
    "two-exports": {"EXPORTS": "export orders; export audit;"},
    "exported-function": {"EXPORTS": "export orders; export ping: func();"},
    "field": {"COUNT": "amount"},
    "case": {"CASE": ", late"},
    "method": {"METHOD": " size: func() -> u32;"},
    "method-type": {"PUT": "u64"},
    "result": {"ID": "string"},
    "list-result": {"ID": "list<u8>"},
    "async": {"ASYNC": "async "},
    "stream": {"ID": "stream<u8>"},
    "minor": {"VERSION": "1.3.0"},
    "minor-field": {"VERSION": "1.3.0", "COUNT": "amount"},
    "minor-method": {"VERSION": "1.3.0", "METHOD": " size: func() -> u32;"},
    "major": {"VERSION": "2.0.0"},
    "zero": {"VERSION": "0.2.1"},
    "zero-later": {"VERSION": "0.2.6"},
    "zero-other": {"VERSION": "0.3.0"},
    "before": {"VERSION": "1.2.0-rc.1"},
}


def variant(folder, name):
    text = BASE
    for word, value in {**DEFAULT, **VARIANTS[name]}.items():
        text = text.replace(word, value)
    write(f"{folder}/{name}/shop.wit", text)
    return f"{folder}/{name}"


def targets(component, wit, world, *words):
    return run(WASM_TOOLS, "component", "targets", *words, "--world", world, wit, component).returncode == 0


def compare(component, wit, world, told, what):
    code, document = inspect(component, "--wit", wit, "--world", world)
    if not document.get("module"):
        check(False, f"{what}: {document}")
        return
    answer = document["module"]["component"]["wit"]
    tool = targets(component, wit, world, "--semver-compatible")
    check(answer["fits"] == tool, f"{what}: {answer}, but targets --semver-compatible says {tool}")
    exact = targets(component, wit, world)
    check((answer["fits"] and answer["other_versions"] == 0) == exact, f"{what}: {answer}, but targets says {exact}")
    check(code == (0 if tool else 3) and document["ok"] == tool and bool(answer["differences"]) != tool, f"{what}: exit {code}")
    told["fits" if tool else "does not fit"] += 1
    for difference in answer["differences"]:
        told[difference["kind"]] += 1


def comparison(folder):
    wits = {name: variant(folder, name) for name in VARIANTS}
    components = {name: dummy(wits[name], "shop", f"{folder}/{name}.wasm") for name in VARIANTS}
    told = collections.Counter()
    for component, world in itertools.product(VARIANTS, VARIANTS):
        compare(components[component], wits[world], "shop", told, f"{component} in {world}")
    print("comparison:", ", ".join(f"{told[each]} {each}" for each in sorted(told)))
    for kind in ("extra-import", "import-type", "missing-export", "export-type"):
        check(told[kind] > 0, f"no difference of the kind {kind}")
    _, document = inspect(components["field"], "--wit", wits["base"], "--world", "shop")
    items = [each["item"] for each in document["module"]["component"]["wit"]["differences"]]
    check("local:shop/types@1.2.0#item" in items and "local:shop/prices@1.2.0#price" in items, f"named: {items}")


# --- real components ---

HELLO = """import { ResponseOutparam, OutgoingResponse, Fields } from 'wasi:http/types@0.2.12';
export const incomingHandler = {
  handle(request, out) { ResponseOutparam.set(out, { tag: 'ok', val: new OutgoingResponse(new Fields()) }); }
};
"""


def javascript(folder):
    wit = package(folder + "/js", "0.2.12", "wasi:http/proxy@0.2.12")
    write(folder + "/hello.js", HELLO)
    out = folder + "/hello.wasm"
    kept = os.path.join(PLACE, "hello.wasm")
    if not os.path.exists(kept):
        result = run(JCO, "componentize", folder + "/hello.js", "--wit", wit, "--world-name", "it", "--disable", "all", "-o", out)
        if result.returncode:
            check(False, f"componentize: {result.stderr}")
            return
        shutil.move(out, kept)
    code, document = inspect(kept)
    check(code == 0, f"hello: {document.get('error')}")
    component = document["module"]["component"]
    check([each["name"] for each in component["worlds"]] == ["wasi:http/proxy@0.2"], f"hello: {component['worlds']}")
    check("wasi:http/incoming-handler@0.2.12" in component["exports"], f"hello: {component['exports']}")
    check(any(each["bytes"] > 1_000_000 for each in component["modules"]), "hello: no engine in it")
    if os.path.exists(WASM_TOOLS):
        told = collections.Counter()
        compare(kept, wit, "it", told, "hello in proxy")
        compare(kept, package(folder + "/cli", "0.2.12", "wasi:cli/command@0.2.12"), "it", told, "hello in command")
    jco_alone(folder, kept, wit)


def jco_alone(folder, component, wit):
    """The other encoder: only jco is in PATH."""
    tools = folder + "/jco-alone"
    write(tools + "/jco", f'#!/bin/sh\nexec "{shutil.which("node")}" "{os.path.realpath(JCO)}" "$@"\n')
    os.chmod(tools + "/jco", 0o755)
    _, document = inspect(component, "--wit", wit, "--world", "it", tools=tools)
    answer = (document.get("module") or {}).get("component", {}).get("wit") or {}
    check(answer.get("tool") == "jco" and answer.get("fits"), f"with jco: {document.get('error') or answer}")
    os.unlink(tools + "/jco")
    code, document = inspect(component, "--wit", wit, "--world", "it", tools=tools)
    check(code == 2 and "wasm-tools" in document["error"]["hint"], f"without a tool: {document.get('error')}")


def main():
    before = collections.Counter()
    with tempfile.TemporaryDirectory() as folder:
        has_tools, has_jco, has_wit = os.path.exists(WASM_TOOLS), os.path.exists(JCO), os.path.isdir(WIT)
        parts = [(standard, has_tools, "wasm-tools is not installed"),
                 (worlds, has_tools and has_wit, "wasm-tools or the WIT of WASI is not installed"),
                 (comparison, has_tools, "wasm-tools is not installed"),
                 (javascript, has_jco and has_wit, "jco or the WIT of WASI is not installed")]
        for part, possible, reason in parts:
            if len(sys.argv) > 1 and part.__name__ not in sys.argv[1:]:
                continue
            if possible:
                part(os.path.join(folder, part.__name__))
            else:
                skip(f"{part.__name__}: {reason}")
            print(f"{part.__name__}:", ", ".join(f"{counts[each] - before[each]} {each}" for each in ("passed", "failed", "skipped")))
            before = counts.copy()
    print(f"{counts['passed']} passed, {counts['failed']} failed, {counts['skipped']} skipped")
    return 1 if counts["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
