#!/usr/bin/env python3
"""Our times against the vendors' own clients, in one run against one sandbox: medians and ratios.

publish.py [--runs N]. Both sides send the same prebuilt code; the optimizer is off on our side, since
the clients have none. Needs build/edge-deploy and the clients of tests/clients/install.sh.
"""
import argparse
import glob
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROGRAM = os.path.join(ROOT, "build", "edge-deploy")
CLIENTS = os.path.join(ROOT, "build", "clients", "node_modules")
NODE22 = os.path.join(CLIENTS, "node22", "bin")
WORKER = 'import m from "./add.wasm";\nconst i = new WebAssembly.Instance(m);\n' \
         'export default { fetch() { return new Response(String(i.exports.add(40, 2))); } };\n'
ADD = '(module (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))'


def sandbox(folder):
    server = subprocess.Popen([PROGRAM, "sandbox", "--port", "0", "--rate-scale", "1",
                               "--state", os.path.join(folder, "state")],
                              stdout=subprocess.PIPE, text=True)
    return server, json.loads(server.stdout.readline())["env"]


def environment(folder, variables):
    home = os.path.join(folder, "home")
    os.makedirs(home, exist_ok=True)
    return {**variables, "HOME": home, "CI": "1", "WRANGLER_SEND_METRICS": "false", "NO_COLOR": "1",
            "FASTLY_WASM_METADATA_DISABLE": "true", "LC_ALL": "C.UTF-8",
            # The fastly program itself before npm's wrapper around it, which costs a Node start.
            "PATH": os.pathsep.join([NODE22, *glob.glob(f"{CLIENTS}/@fastly/cli-*"),
                                     os.path.join(CLIENTS, ".bin"), os.environ["PATH"]]),
            "GIT_AUTHOR_NAME": "Ada", "GIT_AUTHOR_EMAIL": "ada@example.com",
            "GIT_COMMITTER_NAME": "Ada", "GIT_COMMITTER_EMAIL": "ada@example.com"}


def write(path, text):
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)


def run(command, folder, env):
    start = time.monotonic()
    done = subprocess.run(command, cwd=folder, env=env, stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, check=False)
    seconds = time.monotonic() - start
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return seconds, done.stdout + done.stderr


def commit(folder, env):
    for command in (["init", "-q"], ["add", "-A"], ["commit", "-qm", "First"]):
        run(["git", *command], folder, env)


def make_worker(folder, env):
    write(f"{folder}/worker/index.js", WORKER)
    write(f"{folder}/add.wat", ADD)
    run(["wat2wasm", "add.wat", "-o", "worker/add.wasm"], folder, env)
    write(f"{folder}/wrangler.json", json.dumps({
        "name": "bench", "main": "worker/index.js", "compatibility_date": "2026-11-01",
        "workers_dev": True}))
    write(f"{folder}/edge-deploy.json", json.dumps({
        "name": "bench-ours", "optimize": {"level": "none"},
        "targets": {"worker": {"platform": "cloudflare", "main": "worker/index.js",
                               "modules": ["worker/*.wasm"], "compatibility_date": "2026-11-01"}}}))
    commit(folder, env)


# A module of 64 KiB that does not compress: what a small compiled function weighs.
def make_service(folder, env):
    data = "".join(f"\\{byte:02x}" for byte in os.urandom(1 << 16))
    write(f"{folder}/main.wat", f'(module (memory (export "memory") 64) (data (i32.const 0) "{data}")'
                                f'(func (export "_start")))')
    os.makedirs(f"{folder}/bin")
    run(["wat2wasm", "main.wat", "-o", "bin/main.wasm"], folder, env)
    os.remove(f"{folder}/main.wat")
    write(f"{folder}/fastly.toml", 'manifest_version = 3\nname = "bench"\nlanguage = "other"\n'
                                   'authors = []\ndescription = ""\n')
    run(["fastly", "compute", "pack", "--wasm-binary", "bin/main.wasm"], folder, env)
    write(f"{folder}/edge-deploy.json", json.dumps({
        "name": "bench-ours", "optimize": {"level": "none"},
        "targets": {"package": {"platform": "fastly", "service_name": "bench-package", "package": "pkg/bench.tar.gz",
                                "domains": ["bench-package.edgecompute.app"]},
                    "module": {"platform": "fastly", "module": "bin/main.wasm",
                               "service_name": "bench-module",
                               "domains": ["bench-module.edgecompute.app"]}}}))
    commit(folder, env)


def race(title, target, folder, env, runs, ours, theirs):
    """Alternates the two; prints medians and the ratio."""
    times = ([], [])
    for turn in range(runs + 1):
        for side, commands in enumerate((ours, theirs)):
            seconds = sum(run(command, folder, env)[0] for command in commands)
            if turn:
                times[side].append(seconds)
    mine, other = (statistics.median(side) for side in times)
    verdict = "ok" if mine <= other * target else "MISSED"
    print(f"{title:34} {mine * 1000:9.1f} ms {other * 1000:9.1f} ms  1/{other / mine:<6.1f}"
          f" wanted 1/{1 / target:<4.0f} {verdict}", flush=True)
    return verdict == "ok"


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--runs", type=int, default=7)
    options = parser.parse_args()
    if not os.path.exists(os.path.join(CLIENTS, "wrangler")):
        sys.exit("SKIPPED: run tests/clients/install.sh first")
    folder = tempfile.mkdtemp(prefix="edge-deploy-bench-")
    server, variables = sandbox(folder)
    env = environment(folder, variables)
    publish = [PROGRAM, "publish", "--force", "-q", "-t"]
    token = ["--non-interactive"]
    try:
        worker, service = f"{folder}/worker-project", f"{folder}/service-project"
        make_worker(worker, env)
        make_service(service, env)
        print(f"medians of {options.runs} runs      {'edge-deploy':>16} {'vendor':>12}  ratio")
        results = [race("worker: wrangler deploy", 1 / 20, worker, env, options.runs,
                        [publish + ["worker"]], [["wrangler", "deploy"]])]
        run([PROGRAM, "publish", "-q"], service, env)
        run(["fastly", "compute", "deploy", "--package", "pkg/bench.tar.gz", *token,
             "--domain", "bench-vendor.edgecompute.app"], service, env)
        deploy = ["fastly", "compute", "deploy", "--package", "pkg/bench.tar.gz", *token]
        touch = ["sh", "-c", "echo '# again' >>fastly.toml"]
        pack = ["fastly", "compute", "pack", "--wasm-binary", "bin/main.wasm"]
        # Their hash check skips an unchanged package: two take turns.
        run(["cp", "pkg/bench.tar.gz", "pkg/a.tar.gz"], service, env)
        run(touch, service, env)
        run(pack, service, env)
        run(["cp", "pkg/bench.tar.gz", "pkg/b.tar.gz"], service, env)
        turns = ["sh", "-c", "if [ -f turn ]; then rm turn; p=a; else : >turn; p=b; fi; exec fastly"
                             " compute deploy --package pkg/$p.tar.gz --non-interactive"]
        results.append(race("ready package: compute deploy", 1 / 5, service, env, options.runs,
                            [publish + ["package"]], [turns]))
        results.append(race("module: compute pack and deploy", 1, service, env, options.runs,
                            [publish + ["module"]], [touch, pack, deploy]))
    finally:
        server.terminate()
        server.wait()
        shutil.rmtree(folder, ignore_errors=True)
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
