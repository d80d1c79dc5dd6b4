#!/usr/bin/env python3
"""Cold start and throughput in workerd and Node.js, by `edge-deploy bench`: the samples of `init` and five
modules of the corpus, as built against as shipped; and of the image samples the processor time of a
request in the SIMD kernel against the scalar one, both in one run.

coldstart.py [--program PATH] [WORD...]     only what has one of the words in its name

Exit code 1 when a SIMD kernel takes more than a third of the scalar one's time. Compilers and runtimes
that are missing are said and left out. Modules of the corpus come with a main of ours, whose stubs do
nothing: they are compiled and instantiated, and not called."""
import argparse
import json
import os
import pathlib
import shutil
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
HERE = ROOT / "tests" / "bench"
sys.path[:0] = [str(ROOT / "tests" / folder) for folder in ("corpus", "engines", "clients", "samples")]
import corpus  # noqa: E402
import engines  # noqa: E402

SAMPLES = ("rust", "c", "assemblyscript")
PACKAGES = ("yoga-wasm-web", "@jsquash/png", "html-rewriter-wasm", "brotli-wasm", "@cf-wasm/photon")
MOST_RATIO = 1 / 3
SHOWN = ("compile", "instantiate", "cold_start", "cold_start_cpu", "first_call", "throughput", "request_cpu", "memory")

STUBS = """const imports = {};
for (const { module: from, name } of WebAssembly.Module.imports(module)) (imports[from] ??= {})[name] = () => 0;
const instance = new WebAssembly.Instance(module, imports);
"""
WORKER = "import module from './module.wasm';\n" + STUBS + """
export default { fetch: () => new Response(`${Object.keys(instance.exports).length} exports`) };
"""
HANDLER = """import { readFileSync } from 'node:fs';
const module = new WebAssembly.Module(readFileSync(new URL('./module.wasm', import.meta.url)));
""" + STUBS + """
export const handler = async () => ({ status: '200', body: `${Object.keys(instance.exports).length} exports` });
"""
LAMBDA = {"platform": "lambda-edge", "role": "arn:aws:iam::123456789012:role/bench", "runtime": "nodejs24.x",
          "event": "origin-request", "include_body": True, "distribution": "E2QWRUHAPOMQZL"}
WORKERS = {"platform": "cloudflare", "compatibility_date": "2026-11-01"}


def variables():
    """What names the runtimes found, and why others are not."""
    for what in ("clients", "engines", "inputs"):
        subprocess.run(["sh", ROOT / "tests" / "clients" / "install.sh", what], capture_output=True, check=False)
    found = {}
    for name, program in (("EDGE_DEPLOY_WORKERD", engines.workerd_program),
                          ("EDGE_DEPLOY_NODE", lambda: engines.node_program(24))):
        try:
            found[name] = str(program())
        except engines.Missing as reason:
            print(f"SKIPPED: {reason}")
    return found


def bench(program, folder, environment, *words):
    """The targets of the JSON, by name; or what it failed with."""
    done = subprocess.run([program, "bench", "--format", "json", "-q", *words], cwd=folder, env=environment,
                          capture_output=True, text=True, timeout=3600, check=False)
    try:
        document = json.loads(done.stdout)
        return {target["target"]: target for target in document["bench"]["targets"]}, None
    except (ValueError, KeyError, TypeError):
        return {}, (done.stderr.strip() or done.stdout.strip() or f"exit {done.returncode}")[-300:]


def cell(row):
    """As built, then as shipped; what is within the noise is no difference."""
    was, now = row["original"], row["shipped"]
    figures = [value(row["measure"], number) for number in (was, now) if number]
    if not figures:
        return "-"
    if len(set(figures)) == 1 or row["within_noise"]:
        return figures[0]
    return " → ".join(figures)


def value(measure, number):
    figure = number["median" if measure == "throughput" else "p25"]
    return f"{figure:.3g}" if abs(figure) < 1000 else f"{figure:,.0f}"


def print_target(name, target):
    if target.get("problem"):
        print(f"SKIPPED: {name} on {target['platform']}: {target['problem']}")
    for runtime in target["runtimes"]:
        if runtime["problem"]:
            print(f"SKIPPED: {name} in {runtime['name']}: {runtime['problem']}")
            continue
        rows = {row["measure"]: row for row in runtime["rows"]}
        size = target["original"]["bytes"], target["shipped"]["bytes"]
        sizes = f"{size[0]:,}" if size[0] == size[1] else f"{size[0]:,} → {size[1]:,}"
        print(f"| {name} | {runtime['name']} {runtime['version']} | {sizes} | "
              f"{' | '.join(cell(rows[m]) if m in rows else '-' for m in SHOWN)} |", flush=True)


# --- the corpus ---

def fetched(words):
    rows = [r for r in json.loads((HERE / "optimize.json").read_text()) if r["package"] in PACKAGES and
            (not words or any(word in r["package"] for word in words))]
    corpus.CACHE.mkdir(parents=True, exist_ok=True)
    reasons = corpus.fill_cache(rows)
    for row in rows:
        path = corpus.CACHE / f"{row['sha256']}.wasm"
        if path.exists():
            yield row, path
        else:
            print(f"SKIPPED: {row['package']}: {reasons.get((row['package'], row['version'])) or 'other bytes'}")


def bench_module(program, row, path, environment):
    with tempfile.TemporaryDirectory() as folder:
        subprocess.run(["git", "init", "-q", folder], check=True)
        place = pathlib.Path(folder)
        shutil.copy(path, place / "module.wasm")
        (place / "worker.mjs").write_text(WORKER)
        (place / "index.mjs").write_text(HANDLER)
        (place / "edge-deploy.json").write_text(json.dumps({"name": "bench", "targets": {
            "workers": {**WORKERS, "main": "worker.mjs", "modules": ["module.wasm"]},
            "lambda": {**LAMBDA, "main": "index.mjs", "modules": ["module.wasm"]}}}))
        targets, why = bench(program, folder, environment)
        if why:
            print(f"SKIPPED: {row['package']}: {why}")
        for target in targets.values():
            print_target(row["package"], target)


# --- the samples ---

def build(program, template, language, folder, environment):
    """The project made and built, and what is needed to build it; or why it could not be."""
    import compilers  # pylint: disable=import-outside-toplevel
    extra, missing = getattr(compilers, language)(folder)
    if missing:
        return None, missing
    place = pathlib.Path(folder) / "project"
    place.mkdir()
    env = {**environment, **extra}
    subprocess.run(["git", "init", "-q", str(place)], check=True)
    subprocess.run([program, "init", "--template", template], cwd=place, env=env, capture_output=True, check=True)
    if language == "assemblyscript":
        os.symlink(compilers.PACKAGES, place / "node_modules")
    manifest = json.loads((place / "edge-deploy.json").read_text())
    done = subprocess.run(["sh", "-c", manifest["build"]["command"]], cwd=place, env=env, capture_output=True,
                          text=True, check=False)
    if done.returncode != 0:
        return None, f"its build failed: {done.stderr.strip()[-200:]}"
    return place, None


def write_manifest(place, template):
    """Workers and Lambda; of a picture's sample both kernels, side by side."""
    manifest = json.loads((place / "edge-deploy.json").read_text())
    scalar = manifest.get("environments", {}).get("scalar", {}).get("module")
    kernels = {"simd": manifest["module"], "scalar": scalar} if scalar else {"": manifest["module"]}
    targets = {}
    for kernel, module in kernels.items():
        for name, settings in (("workers", WORKERS), ("lambda", LAMBDA)):
            targets[f"{name}-{kernel}" if kernel else name] = {**settings, "module": module}
    new = {"name": "bench", "optimize": manifest.get("optimize", {}), "targets": targets}
    if template.startswith("image-"):
        new["bench"] = {"method": "POST", "path": "/denoise", "body": "build/sample.ppm"}
    (place / "edge-deploy.json").write_text(json.dumps(new))


def request_cpu(target):
    """{runtime: milliseconds a request} as shipped."""
    found = {}
    for runtime in target["runtimes"]:
        for row in runtime.get("rows") or []:
            if row["measure"] == "request_cpu" and row["shipped"]:
                found[f"{runtime['name']} {runtime['version']}"] = row["shipped"]["p25"]
    return found


def compare_kernels(template, targets):
    missed = []
    for place in ("workers", "lambda"):
        if f"{place}-simd" not in targets or f"{place}-scalar" not in targets:
            continue
        scalar = request_cpu(targets[f"{place}-scalar"])
        for runtime, simd in request_cpu(targets[f"{place}-simd"]).items():
            if not scalar.get(runtime):
                continue
            ratio = simd / scalar[runtime]
            print(f"{template} in {runtime}: {simd:.2f} ms of processor a request by SIMD, {scalar[runtime]:.2f} "
                  f"scalar: {ratio:.2f} of it (at most {MOST_RATIO:.2f})", flush=True)
            if ratio > MOST_RATIO:
                missed.append(f"{template} in {runtime}: {ratio:.2f} of the scalar kernel's time")
    return missed


def bench_sample(program, template, language, environment):
    with tempfile.TemporaryDirectory() as folder:
        place, why = build(program, template, language, folder, environment)
        if not why:
            write_manifest(place, template)
            targets, why = bench(program, place, environment)
        if why:
            print(f"SKIPPED: {template}: {why}")
            return []
        for name, target in targets.items():
            print_target(f"{template} {name.partition('-')[2]}".strip(), target)
        return compare_kernels(template, targets)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--program", default=str(ROOT / "build" / "edge-deploy"))
    parser.add_argument("words", nargs="*")
    options = parser.parse_args()
    environment = {**os.environ, "XDG_CACHE_HOME": str(ROOT / "build" / "bench-cache"), **variables()}
    print("times in ms (25th percentile; cold start over an empty worker), throughput in requests a second\n"
          "(ten at a time), memory in MB; as built → as shipped where they differ beyond the noise")
    print(f"| module | runtime | bytes | {' | '.join(m.replace('_', ' ') for m in SHOWN)} |")
    print(f"|---|---|---:|{'---:|' * len(SHOWN)}", flush=True)
    missed = []
    for template, language in [(f"{kind}{language}", language) for kind in ("", "image-") for language in SAMPLES]:
        if not options.words or any(word in template for word in options.words):
            missed += bench_sample(options.program, template, language, environment)
    for row, path in fetched(options.words):
        bench_module(options.program, row, path, environment)
    for line in missed:
        print(f"MISSED {line}")
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
