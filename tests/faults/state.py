"""What the sandbox holds, read from its folder and not asked of it: the truth that words are held
against. One class a platform; each says

  live       the version that takes the traffic, of two the newer one; None when nothing is live
  staged     what is there to be tried and takes none
  content    what that version is made of and how it is reached, as far as the manifest says it
  foreign    everything else there: nobody asked for it to be changed
  holders    how many scripts, services or functions there are
  spare      versions that nothing needs, by name: open drafts, second copies of one artifact
"""
import json
import os
import re

ROUTES = ("example.com/ours/*", "example.com/more/*")
OWN_NAMES = ("hello.edgecompute.app", "origin", "second")


def load(path):
    with open(path, encoding="utf-8") as file:
        return json.load(file)


def documents(folder):
    """name -> document of all below the folder."""
    if not os.path.isdir(folder):
        return {}
    return {name[:-5]: load(os.path.join(folder, name)) for name in sorted(os.listdir(folder))
            if name.endswith(".json")}


def repeated(made, live):
    """Of versions that hold the same all but one, which is the live one if that is among them."""
    groups = {}
    for version, key in made:
        groups.setdefault(key, []).append(version)
    return [version for group in groups.values()
            for version in group if version != (live if live in group else group[0])]


class Cloudflare:
    prefix = "cloudflare"

    def __init__(self, folder):
        folder = os.path.join(folder, self.prefix)
        scripts = documents(os.path.join(folder, "scripts"))
        versions = documents(os.path.join(folder, "versions"))
        script = scripts.get("hello", {})
        self.holders = len(scripts)
        shares = (script.get("deployments") or [{}])[0].get("versions", [])
        self.shares = {row["version_id"]: row["percentage"] for row in shares}
        self.live = max(self.shares, key=lambda name: versions[name]["number"]) if self.shares else None
        routes = [dict(route, zone=zone) for zone in self.zones(folder)
                  for route in documents(os.path.join(folder, "zones", zone, "routes")).values()]
        version = versions.get(self.live, {})
        self.content = version and {
            "version": self.version(version), "shares": sorted(self.shares.values()),
            "routes": sorted(r["pattern"] for r in routes
                             if r["pattern"] in ROUTES and r["script"] == "hello"),
            "reachable": script["subdomain"]}
        self.foreign = {
            "routes": sorted((r["pattern"], r["script"]) for r in routes if r["pattern"] not in ROUTES),
            "bindings": version.get("resources", {}).get("bindings", []),
            "domains": list(documents(os.path.join(folder, "domains")).values()),
            "around": {key: script.get(key) for key in ("settings", "schedules")}}
        ours = [(v["id"], self.version(v)) for v in
                sorted(versions.values(), key=lambda v: v.get("number", 0))
                if "sha256:" in v.get("annotations", {}).get("workers/message", "")]
        deployed = {row["version_id"] for deployment in script.get("deployments", [])
                    for row in deployment["versions"]}
        self.staged = [made for name, made in ours if name not in deployed]
        self.spare = repeated([(name, json.dumps(made, sort_keys=True)) for name, made in ours],
                              self.live)

    @staticmethod
    def zones(folder):
        folder = os.path.join(folder, "zones")
        return sorted(os.listdir(folder)) if os.path.isdir(folder) else []

    @staticmethod
    def version(version):
        """Without what differs from one making to the next."""
        return {"parts": [(p["name"], p["media_type"], p["sha256"]) for p in version["parts"]],
                "runtime": version["resources"]["script_runtime"],
                "message": version.get("annotations", {}).get("workers/message")}


class Fastly:
    prefix = "fastly"

    def __init__(self, folder):
        folder = os.path.join(folder, self.prefix)
        services = documents(os.path.join(folder, "services"))
        self.holders = len(services)
        self.live, self.content, self.spare, self.staged = None, {}, [], []
        self.foreign = {"stores": self.stores(folder)}
        for service in services:
            self.read(documents(os.path.join(folder, "services", service, "versions")))

    def read(self, versions):
        rows = sorted(versions.values(), key=lambda row: row["public"]["number"])
        for row in rows:
            public = row["public"]
            if public["active"]:
                self.live = str(public["number"])
                self.content = {"message": public["comment"].split(" tag:")[0],
                                "package": row.get("package", {}).get("metadata", {}).get("files_hash"),
                                **self.own(row, True)}
                self.foreign["settings"] = self.own(row, False)
            elif public["staging"]:
                self.staged.append({"message": public["comment"].split(" tag:")[0],
                                    **self.own(row, True)})
            elif not public["locked"]:
                self.spare.append(str(public["number"]))
        made = [(str(row["public"]["number"]), row["public"]["comment"].split(" tag:")[0])
                for row in rows if "sha256:" in row["public"]["comment"] and row["public"]["locked"]]
        self.spare += repeated(made, self.live)

    @staticmethod
    def own(row, ours):
        """Of domains, backends and resources those that the manifest names, or the others."""
        hidden = ("created_at", "updated_at", "version", "id")
        out = {}
        for kind in ("domains", "backends", "resources"):
            out[kind] = sorted(json.dumps({k: v for k, v in item.items() if k not in hidden},
                                          sort_keys=True)
                               for item in row.get(kind, []) if (item["name"] in OWN_NAMES) == ours)
        return out

    @staticmethod
    def stores(folder):
        found = {}
        for here, _, names in os.walk(os.path.join(folder, "stores")):
            for name in names:
                with open(os.path.join(here, name), "rb") as file:
                    found[name] = file.read().decode("utf-8", "replace")
        return found


class LambdaEdge:
    prefix = "lambda-edge"
    distribution = "E2QWRUHAPOMQZL"

    def __init__(self, folder):
        self.staged = []
        folder = os.path.join(folder, self.prefix)
        functions = documents(os.path.join(folder, "functions"))
        self.holders = len([name for name in functions if name != "others"])
        versions = documents(os.path.join(folder, "functions", "hello", "versions"))
        config = self.config(folder)
        found = re.search(r"<LambdaFunctionAssociation><LambdaFunctionARN>[^<]*:function:hello:(\d+)"
                          r"</LambdaFunctionARN>.*?</LambdaFunctionAssociation>", config)
        self.live = found.group(1) if found else None
        version = versions.get(self.live, {}).get("configuration", {})
        self.content = version and {
            "association": found.group().replace(f"hello:{self.live}<", "hello:N<"),
            **{key: version.get(key) for key in ("CodeSha256", "Runtime", "Timeout", "MemorySize",
                                                 "Handler", "Description")}}
        if found:
            config = config.replace(found.group(), "")
        config = re.sub(r"(<LambdaFunctionAssociations>)<Quantity>\d</Quantity>(<Items></Items>|<Items/>)?",
                        r"\1", config)
        self.foreign = {"distribution": config, "tags": functions.get("hello", {}).get("tags"),
                        "others": functions.get("others")}
        made = [(number, row["configuration"].get("Description", "") + row["configuration"]["CodeSha256"])
                for number, row in sorted(versions.items(), key=lambda item: int(item[0]))]
        self.spare = repeated(made, self.live)

    def config(self, folder):
        path = os.path.join(folder, "distributions", self.distribution, "config.blob")
        if not os.path.exists(path):
            return ""
        with open(path, encoding="utf-8") as file:
            return file.read()


PLATFORMS = {reader.prefix: reader for reader in (Cloudflare, Fastly, LambdaEdge)}
