"""What a module does when all that it exports is called (exercise.js), and where two differ."""
import json
import pathlib
import re
import subprocess

ROOT = pathlib.Path(__file__).resolve().parents[2]
HERE = ROOT / "tests" / "optimize"
BUILD = ROOT / "build"
ENGINES = ("24", "26", "26 --experimental-wasm-wasmfx --experimental-wasm-custom-descriptors --experimental-wasm-shared "
           "--experimental-wasm-memory-control --experimental-wasm-fp16 --experimental-wasm-stringref")
REFUSALS = ("refused", "instantiation error LinkError")  # the latter by our stubs for what it imports
SECONDS = 8  # that a module may run; what does not end does not end in either
START_SECONDS = 60  # with an engine that is read from a slow disk


def node(major):
    for folder in ("optimize", "engines", "clients"):
        program = BUILD / folder / "node_modules" / f"node{major}" / "bin" / "node"
        if program.exists():
            return program
    return None


def has_engine(words):
    return node(words.split()[0]) is not None


def start(engine, path, facts, seconds):
    """What it printed, its exit code (None: it did not end), and what it complained of."""
    words = engine.split()
    with subprocess.Popen([node(words[0]), *words[1:], HERE / "exercise.js", path], stdin=subprocess.PIPE,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE) as child:
        try:
            out, err = child.communicate(json.dumps(facts).encode(), timeout=seconds)
            return out.decode().splitlines(), child.returncode, err.decode()
        except subprocess.TimeoutExpired:
            child.kill()
            return child.communicate()[0].decode().splitlines(), None, ""


def exercise(engine, path, facts):
    """The lines that exercise.js says, and whether it came to its end. One that has said nothing may have been slow
    to start: it is given time once more."""
    lines, code, complaint = start(engine, path, facts, SECONDS)
    if code is None and not lines:
        lines, code, complaint = start(engine, path, facts, START_SECONDS)
    if code is None:
        return lines or ["nothing is said"], False
    if code != 0 and not lines:
        return [f"engine ends with {code}: {complaint[-300:]}"], True
    return lines, True


def coarse(line):
    """Traps are traps; their kind may change where instructions were replaced."""
    return re.sub(r" trap .* imports", " trap imports", line)


def difference(before, after, normal=lambda line: line):
    """None, or where two runs part; of one that did not end only what it did is compared."""
    (left, left_ended), (right, right_ended) = before, after
    for number, (a, b) in enumerate(zip(left, right)):
        if normal(a) != normal(b):
            return f"line {number}: {a!r} became {b!r}"
    if left_ended and right_ended and len(left) != len(right):
        return f"{len(left)} lines became {len(right)}"
    return None


def facts_of(program, path):
    done = subprocess.run([program, "inspect", path, "--format", "json"], capture_output=True, text=True, timeout=120,
                          check=False)
    module = json.loads(done.stdout).get("module") or {}
    return {"imports": module.get("imports", []), "exports": module.get("exports", []),
            "features": [each["name"] for each in module.get("features", [])]}


class Original:
    """A module as the first engine runs it that does."""

    def __init__(self, program, path):
        self.refusal = "no engine is installed"
        self.facts = facts_of(program, path)
        for self.engine in filter(has_engine, ENGINES):
            self.run = exercise(self.engine, path, self.facts)
            first = self.run[0][0]
            self.refusal = first if first.startswith(REFUSALS) else None
            if not self.refusal:
                return

    def calls(self):
        """How many there were, and how many of them came back with a result."""
        calls = [line for line in self.run[0] if " imports " in line]
        return len(calls), sum(not re.search(r" (trap|error|stack|exception)\b", line) for line in calls)

    def difference(self, path):
        """None, or what the module at `path` does otherwise."""
        return difference(self.run, exercise(self.engine, path, self.facts), coarse)
