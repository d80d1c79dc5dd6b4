#!/usr/bin/env python3
"""What three platforms together cost against the slowest alone, on one sandbox that waits before each answer.

together.py [--runs N] [--latency MS]. CloudFront's propagation, which nobody can speed up, is left out
(--no-wait). A run is a publish of a changed module; one before it has made script, service and function.
"""
import argparse
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
TARGETS = {
    "edge": {"platform": "cloudflare", "compatibility_date": "2026-11-01"},
    "fast": {"platform": "fastly", "domains": ["bench.edgecompute.app"]},
    "lambda": {"platform": "lambda-edge", "role": "arn:aws:iam::123456789012:role/edge",
               "distribution": "E2QWRUHAPOMQZL", "event": "viewer-request"}}
WANTED = 1.2


def run(command, folder, env):
    start = time.monotonic()
    done = subprocess.run(command, cwd=folder, env=env, stdin=subprocess.DEVNULL,
                          capture_output=True, text=True, check=False)
    if done.returncode != 0:
        sys.exit(f"{' '.join(command)}: exit {done.returncode}\n{done.stdout}{done.stderr}")
    return time.monotonic() - start, done.stdout


def change(folder, env, number):
    path = os.path.join(folder, "app.wat")
    with open(path, "w", encoding="utf-8") as file:
        file.write('(module (memory (export "memory") 1) (func (export "_start")'
                   f' (i32.store (i32.const 0) (i32.const {number}))))')
    run(["wat2wasm", "app.wat"], folder, env)
    run(["git", "add", "-A"], folder, env)
    run(["git", "commit", "-qm", f"{number}"], folder, env)


def prepare(folder, env):
    with open(os.path.join(folder, "edge-deploy.json"), "w", encoding="utf-8") as file:
        json.dump({"name": "bench", "module": "app.wasm", "optimize": {"level": "none"},
                   "targets": TARGETS}, file)
    run(["git", "init", "-q"], folder, env)


def publish(folder, env, targets):
    words = [word for target in targets for word in ("-t", target)]
    seconds, text = run([PROGRAM, "publish", "-q", "--no-wait", "--format", "json", *words], folder,
                        env)
    return seconds, sum(row["requests"] for row in json.loads(text)["deployments"])


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawTextHelpFormatter)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--latency", type=int, default=50)
    options = parser.parse_args()
    folder = tempfile.mkdtemp(prefix="edge-deploy-bench-")
    project = os.path.join(folder, "project")
    os.makedirs(project)
    server = subprocess.Popen([PROGRAM, "sandbox", "--port", "0", "--latency", str(options.latency),
                               "--state", os.path.join(folder, "state")],
                              stdout=subprocess.PIPE, text=True)
    try:
        env = {**json.loads(server.stdout.readline())["env"], "HOME": folder,
               "PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8",
               "GIT_AUTHOR_NAME": "Ada", "GIT_AUTHOR_EMAIL": "ada@example.com",
               "GIT_COMMITTER_NAME": "Ada", "GIT_COMMITTER_EMAIL": "ada@example.com"}
        prepare(project, env)
        groups = [[name] for name in TARGETS] + [list(TARGETS)]
        times = [[] for _ in groups]
        requests = [0] * len(groups)
        change(project, env, 0)
        publish(project, env, list(TARGETS))
        for turn in range(options.runs):
            for index, group in enumerate(groups):
                change(project, env, 1 + turn * len(groups) + index)
                # The others follow untimed, so that each group finds all as the last run left it.
                seconds, requests[index] = publish(project, env, group)
                times[index].append(seconds)
                publish(project, env, list(TARGETS))
    finally:
        server.terminate()
        server.wait()
        shutil.rmtree(folder, ignore_errors=True)
    medians = [statistics.median(row) for row in times]
    print(f"medians of {options.runs} runs, {options.latency} ms before each answer")
    for group, seconds, count in zip(groups, medians, requests):
        print(f"{'+'.join(group):20} {seconds * 1000:8.0f} ms {count:4} requests")
    ratio = medians[-1] / max(medians[:-1])
    verdict = "ok" if ratio <= WANTED else "MISSED"
    print(f"together / slowest    {ratio:8.2f}     wanted {WANTED} {verdict}")
    return 0 if ratio <= WANTED else 1


if __name__ == "__main__":
    sys.exit(main())
