"""The probe modules: pkg/proof/probes.json, tests/modules/*.wat, and, where ../shared is there, the
modules of its evidence and of micro.json. Each is a dictionary with `name`, `bytes`, and what is known of
it: `features`, and `uses` (probes.json says what they mean)."""
import json
import os
import pathlib
import re
import subprocess
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
SHARED = pathlib.Path(os.environ.get("EDGE_DEPLOY_SHARED", ROOT.parent / "shared"))
PROBES = ROOT / "pkg" / "proof" / "probes.json"
MACROS = {"$type": "01{01 60 00 01 7f}", "$function": "03{01 00}", "$t": "01{01 60 00 01 7f} 03{01 00}",
          "$run": "07{01 'run' 00 00}"}


def leb(number):
    out = bytearray()
    while True:
        number, low = number >> 7, number & 0x7F
        out.append(low | (0x80 if number else 0))
        if not number:
            return bytes(out)


def assemble(text):
    """A module in the notation of probes.json."""
    for word, meaning in MACROS.items():
        text = text.replace(word, meaning)
    stack = [b"" if text.startswith("!") else b"\0asm\1\0\0\0"]
    for token in re.findall(r"'[^']*'|[0-9a-f]{2}|[{}]", text.removeprefix("!")):
        if token == "{":
            stack.append(b"")
        elif token == "}":
            inner = stack.pop()
            stack[-1] += leb(len(inner)) + inner
        elif token[0] == "'":
            stack[-1] += leb(len(token) - 2) + token[1:-1].encode()
        else:
            stack[-1] += bytes.fromhex(token)
    if len(stack) != 1:
        raise ValueError(f"braces do not fit: {text}")
    return stack[0]


def own():
    rows = json.loads(PROBES.read_text())[1:]
    for row in rows:
        features = row["features"].split() if "features" in row else row["uses"]
        yield dict(row, bytes=assemble(row["module"]), features=sorted(features))


def written():
    """tests/modules, whose first line names the features."""
    with tempfile.TemporaryDirectory() as folder:
        for source in sorted((ROOT / "tests" / "modules").glob("*.wat")):
            output = pathlib.Path(folder) / "module.wasm"
            subprocess.run(["wat2wasm", "--enable-all", source, "-o", output], check=True)
            features = source.read_text().splitlines()[0].removeprefix(";; features:").split()
            yield {"name": f"modules/{source.stem}", "bytes": output.read_bytes(), "features": sorted(features)}


NAMES = SHARED / "evidence" / "probes" / "names.json"
MICRO = SHARED / "wasm" / "micro.json"


def has_shared():
    return NAMES.exists() and MICRO.exists()


def shared():
    """What ../shared has, or nothing."""
    if not has_shared():
        return
    needs = {}
    for feature, probes in json.loads(NAMES.read_text())["probes"].items():
        for name in probes:
            needs.setdefault(name, []).append(feature)
    for path in sorted(NAMES.parent.glob("*.wasm")):
        yield {"name": f"evidence/{path.stem}", "bytes": path.read_bytes(),
               "needs": [each for each in needs.get(path.stem, []) if each != "mvp"]}
    for row in json.loads(MICRO.read_text())["modules"]:
        yield {"name": f"micro/{row['name']}", "bytes": bytes.fromhex(row["hex"]), "features": sorted(row["features"])}
