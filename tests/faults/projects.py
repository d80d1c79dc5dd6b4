"""The projects that go wrong, and the states from which a run may start. A state is prepared once
and copied for each trial:

  empty      committed, nothing live
  live       published; then other people's settings have come, and a publish over them
  changed    live, and a commit with another module and more settings that is not published
  published  that is published too
  split      or it has a fifth of the traffic, where the platform can
"""
import json
import os
import subprocess

import scene

APP = '(module (memory (export "memory") 1) (func (export "_start") {}))\n'
CONFIG_MEDIA = "application/x-www-form-urlencoded"
ROLE = "arn:aws:iam::123456789012:role/edge"


def cloudflare(more):
    routes = ["example.com/ours/*"] + (["example.com/more/*"] if more else [])
    return {"platform": "cloudflare", "compatibility_date": "2026-11-01",
            "routes": [{"pattern": route, "zone_name": "example.com"} for route in routes]}


def fastly(more):
    backends = [{"name": "origin", "address": "example.com", "port": 443}]
    if more:
        backends.append({"name": "second", "address": "example.org", "port": 443})
    return {"platform": "fastly", "domains": ["hello.edgecompute.app"], "backends": backends}


def lambda_edge(more):
    return {"platform": "lambda-edge", "role": ROLE, "distribution": "E2QWRUHAPOMQZL",
            "event": "origin-request", "timeout_s": 20 if more else 5}


def plant_cloudflare(project):
    account = "/accounts/" + project.env["CLOUDFLARE_ACCOUNT_ID"]
    script = account + "/workers/scripts/hello"
    bearer = {"Authorization": "Bearer " + project.env["CLOUDFLARE_API_TOKEN"]}

    def send(method, path, body):
        return project.send(method, "CLOUDFLARE_API_BASE_URL", path, body, headers=bearer)

    send("PUT", script + "/secrets", {"name": "TOKEN", "text": "kept", "type": "secret_text"})
    send("PUT", script + "/schedules", [{"cron": "0 3 * * *"}])
    zone = send("GET", "/zones?name=example.com", None)["result"][0]["id"]
    send("POST", f"/zones/{zone}/workers/routes", {"pattern": "example.com/theirs/*",
                                                   "script": "hello"})
    send("PUT", account + "/workers/domains", {"hostname": "kept.example.net", "service": "hello",
                                               "zone_name": "example.net",
                                               "environment": "production"})


def plant_fastly(project):
    key = {"Fastly-Key": project.env["FASTLY_API_TOKEN"]}

    def send(method, path, body=""):
        return project.send(method, "FASTLY_API_ENDPOINT", path, body.encode(), CONFIG_MEDIA, key)

    service = send("GET", "/service/search?name=hello")["id"]
    number = send("PUT", f"/service/{service}/version/1/clone")["number"]
    version = f"/service/{service}/version/{number}"
    send("POST", version + "/domain", "name=kept.example.com&comment=by+hand")
    send("POST", version + "/backend", "name=theirs&address=example.net&port=8443")
    store = send("POST", "/resources/stores/config", "name=settings")["id"]
    send("POST", f"/resources/stores/config/{store}/item", "item_key=a&item_value=b")
    send("POST", version + "/resource", f"name=settings&resource_id={store}")
    send("PUT", version, "comment=by+hand")
    send("PUT", version + "/activate")
    # Somebody is at work on a version of his own.
    number = send("PUT", f"/service/{service}/version/{number}/clone")["number"]
    send("PUT", f"/service/{service}/version/{number}", "comment=not+ready")


def plant_lambda_edge(project):
    path = os.path.join(project.state, "lambda-edge/distributions/E2QWRUHAPOMQZL/config.blob")
    with open(path, encoding="utf-8") as file:
        text = file.read()
    changed = text.replace("<Comment>site &amp; test</Comment>",
                           "<Comment>site &amp; \u00e9t\u00e9 &#x26; more</Comment>\n ")
    assert changed != text
    with open(path, "w", encoding="utf-8") as file:
        file.write(changed)
    path = os.path.join(project.state, "lambda-edge/functions/hello.json")
    with open(path, encoding="utf-8") as file:
        function = json.load(file)
    function["tags"] = {"team": "web"}
    with open(path, "w", encoding="utf-8") as file:
        json.dump(function, file)


TARGETS = {"cloudflare": (cloudflare, plant_cloudflare), "fastly": (fastly, plant_fastly),
           "lambda-edge": (lambda_edge, plant_lambda_edge)}


def targets(platform, more):
    if platform == "together":
        return {name: make(more) for name, (make, _) in TARGETS.items()}
    return {"edge": TARGETS[platform][0](more)}


def commit(project, platform, number, work=None):
    """Writes manifest and module and commits them; number 1 has more settings."""
    work = work or project.work
    manifest = {"name": "hello", "module": "app.wasm", "optimize": {"level": "none"},
                "targets": targets(platform, number == 1)}
    with open(os.path.join(work, "edge-deploy.json"), "w", encoding="utf-8") as file:
        json.dump(manifest, file, indent=1)
    with open(os.path.join(work, "app.wat"), "w", encoding="utf-8") as file:
        file.write(APP.format("nop " * number))
    subprocess.run(["wat2wasm", "app.wat", "-o", "app.wasm"], cwd=work, env=project.env, check=True)
    project.git("add", "-A", work=work)
    project.git("commit", "-q", "-m", f"Change {number}", work=work)


def must(outcome):
    if outcome.code or outcome.wrong:
        raise ValueError(f"a state can't be prepared: {outcome} {outcome.wrong}")


def make_empty(project, platform):
    os.makedirs(project.work)
    project.git("init", "-q", "-b", "main", "--template=")
    with open(os.path.join(project.work, ".gitignore"), "w", encoding="utf-8") as file:
        file.write(".edge-deploy/\n")
    commit(project, platform, 0)
    project.serve()
    must(project.call("status"))  # what the platform holds from the start is there now


def make_live(project, platform):
    must(project.call("publish"))
    for plant in [TARGETS[platform][1]] if platform in TARGETS else [p for _, p in TARGETS.values()]:
        plant(project)
    commit(project, platform, 2)
    project.serve()
    must(project.call("publish", "--overwrite"))


def make_changed(project, platform):
    commit(project, platform, 1)


def make_published(project, _):
    must(project.call("publish"))


def make_split(project, _):
    must(project.call("publish", "--traffic", "20"))


STATES = {"empty": (None, make_empty), "live": ("empty", make_live), "changed": ("live", make_changed),
          "published": ("changed", make_published), "split": ("changed", make_split)}


def prepare(folder, program, platform):
    """state -> folder to copy."""
    folders = {}
    for name, (before, make) in STATES.items():
        if name == "split" and platform != "cloudflare":
            continue
        target = os.path.join(folder, f"{platform}-{name}")
        project = scene.Scene(target, program, folders.get(before))
        try:
            if name != "empty":
                project.serve()
            make(project, platform)
        finally:
            project.stop()
        if os.path.exists(project.journal):
            os.remove(project.journal)
        project.git("repack", "-adq")  # fewer files to copy
        folders[name] = target
    return folders
