"""Replies held against the platforms' own descriptions of their APIs: Cloudflare's OpenAPI document,
AWS's service models. Each check gives a list of sentences, empty when all is right."""
import json
import os
import re
import urllib.parse
import xml.etree.ElementTree

from support import SHARED

CONTRACTS = os.path.join(SHARED, "contracts")
# Common to all AWS services, and in no operation's list.
COMMON_ERRORS = {
    "AccessDeniedException": 403, "AccessDenied": 403, "UnrecognizedClientException": 403, "InvalidClientTokenId": 403,
    "InvalidSignatureException": 403, "SignatureDoesNotMatch": 403, "ExpiredTokenException": 403, "ExpiredToken": 403,
    "MissingAuthenticationTokenException": 403, "MissingAuthenticationToken": 403, "ValidationException": 400,
    "SerializationException": 400, "ValidationError": 400, "Throttling": 400, "InvalidAction": 400,
    "MalformedInput": 400,
}


def load(path):
    with open(os.path.join(CONTRACTS, path), encoding="utf-8") as file:
        return json.load(file)


def pattern_of(template):
    """A path with {words} as a regular expression; {word} is any one word."""
    return re.compile("".join("[^/]+" if part.startswith("{") else re.escape(part)
                              for part in re.split(r"(\{[^}]+\})", template)) + "$")


class OpenApi:
    """Cloudflare's document, of 2024-08-06."""

    def __init__(self):
        import jsonschema  # pylint: disable=import-outside-toplevel
        self.validator, self.document = jsonschema.Draft4Validator, load("cloudflare/openapi.json")
        self.components = self.translated(self.document["components"])
        self.operations = {(method.upper(), template): operation
                           for template, methods in self.document["paths"].items()
                           for method, operation in methods.items() if method != "parameters"}

    def translated(self, node):
        """OpenAPI 3.0's `nullable` as JSON Schema has it."""
        if isinstance(node, list):
            return [self.translated(each) for each in node]
        if not isinstance(node, dict):
            return node
        out = {key: self.translated(value) for key, value in node.items() if key not in ("example", "examples", "nullable")}
        return {"anyOf": [out, {"type": "null"}]} if node.get("nullable") is True else out

    def find(self, method, path):
        """The operation's name; NULL when the document has none."""
        found = [name for name in self.operations if name[0] == method and pattern_of(name[1]).match(path)]
        return min(found, key=lambda name: name[1].count("{")) if found else None

    def check(self, name, reply):
        """A reply to the operation of that name."""
        responses = self.operations[name]["responses"]
        found = responses.get(str(reply.status)) or responses.get(f"{reply.status // 100}XX")
        if not found:
            return [f"status {reply.status} is not documented"]
        kinds = found.get("content", {})
        schema = kinds.get("application/json", {}).get("schema")
        if schema and reply.status >= 400:  # most of these say of a failure that it is a success too
            schema = {"$ref": "#/components/schemas/workers_api-response-common-failure"}
        if not schema:
            return []
        if "json" not in reply.headers.get("content-type", ""):
            return [f"content type {reply.headers.get('content-type')}"]
        whole = {"components": self.components, **self.translated(schema)}
        errors = self.validator(whole).iter_errors(json.loads(reply.body))
        return [f"{'.'.join(map(str, each.absolute_path))}: {each.message[:160]}" for each in errors]


class Model:
    """A service model of AWS."""

    def __init__(self, document):
        self.document, self.shapes = document, document["shapes"]
        self.protocol = document["metadata"]["protocol"]
        self.space = None

    def find(self, request):
        """The operation's name; NULL when the model has none."""
        if self.protocol == "query":
            return dict(urllib.parse.parse_qsl(request.body.decode())).get("Action")
        for name, operation in self.document["operations"].items():
            http = operation["http"]
            if http["method"] == request.method and pattern_of(http["requestUri"].split("?")[0]).match(request.path.rstrip("/")):
                return name
        return None

    def check(self, name, reply):
        operation = self.document["operations"].get(name)
        if not operation:
            return [f"no operation {name}"]
        if reply.status >= 300:
            return self.check_error(operation, reply)
        wanted = operation["http"].get("responseCode", 200)
        # DeleteFunction's 204 became 200 in newer models (contract section 2, "delete version").
        out = [] if reply.status == wanted or (wanted, reply.status) == (200, 204) else [f"status {reply.status}, not {wanted}"]
        if reply.status == 204 or "output" not in operation:
            return out
        shape = self.shapes[operation["output"]["shape"]]
        out += [f"header {each['locationName']} is missing" for each in shape["members"].values()
                if each.get("location") == "header" and each["locationName"].lower() not in reply.headers]
        if self.protocol == "rest-json":
            return out + self.json_value(json.loads(reply.body), operation["output"]["shape"], name)
        root = xml.etree.ElementTree.fromstring(reply.body)
        if self.protocol == "query":
            inner = next((each for each in root if plain(each) == operation["output"].get("resultWrapper")), None)
            if plain(root) != f"{name}Response" or inner is None:
                return out + [f"root {plain(root)} without {operation['output'].get('resultWrapper')}"]
            return out + self.element(inner, operation["output"]["shape"], name)
        payload = shape["members"][shape["payload"]]
        return out + self.element(root, payload["shape"], plain(root))

    def check_error(self, operation, reply):
        if self.protocol == "rest-json":
            code, body = reply.headers.get("x-amzn-errortype", "").split(":")[0], json.loads(reply.body)
        else:
            root = xml.etree.ElementTree.fromstring(reply.body)
            error = next((each for each in root.iter() if plain(each) == "Error"), None)
            if plain(root) != "ErrorResponse" or error is None:
                return [f"an error of another form: {reply.body[:80]!r}"]
            body = {plain(each): each.text for each in error}
            code = body.get("Code")
        known = dict(COMMON_ERRORS)
        for each in operation.get("errors", []):
            error = self.shapes[each["shape"]].get("error", {})
            known[error.get("code", each["shape"])] = error.get("httpStatusCode", reply.status)
        out = [] if code in known else [f"error {code} is not one of the operation's"]
        if known.get(code, reply.status) != reply.status:
            out.append(f"error {code} with status {reply.status}, not {known[code]}")
        return out if body.get("Message") or body.get("message") else out + ["an error without a message"]

    def scalar(self, text, shape, at):
        kind = shape["type"]
        forms = {"integer": r"-?\d+$", "long": r"-?\d+$", "boolean": "(true|false)$",
                 "timestamp": r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d{4})$"}
        if kind in forms and not re.match(forms[kind], text or ""):
            return [f"{at}: {text!r} is no {kind}"]
        if "enum" in shape and text not in shape["enum"]:
            return [f"{at}: {text!r} is none of {', '.join(shape['enum'])[:80]}"]
        if kind == "string" and "pattern" in shape and not re.match(f"(?:{shape['pattern']})$", text or "", re.ASCII):
            return [f"{at}: {text!r} does not match {shape['pattern']}"]
        return []

    def json_value(self, value, shape_name, at):
        shape = self.shapes[shape_name]
        kind = shape["type"]
        types = {"structure": dict, "map": dict, "list": list, "string": str, "boolean": bool, "integer": int, "long": int}
        if kind in types and not isinstance(value, types[kind]):
            return [f"{at}: {value!r} is no {kind}"]
        if kind == "list":
            return [each for item in value for each in self.json_value(item, shape["member"]["shape"], f"{at}[]")]
        if kind != "structure":
            return self.scalar(value if isinstance(value, str) else json.dumps(value), shape, at) if kind != "map" else []
        members = {each.get("locationName", name): each for name, each in shape["members"].items()}
        out = [f"{at}: {name} is missing" for name in shape.get("required", []) if name not in value]
        for name, each in value.items():
            out += self.json_value(each, members[name]["shape"], f"{at}.{name}") if name in members else [f"{at}: unknown {name}"]
        return out

    def element(self, node, shape_name, at):
        shape = self.shapes[shape_name]
        if shape["type"] == "list":
            word = shape["member"].get("locationName", "member")
            return [each for item in node for each in (self.element(item, shape["member"]["shape"], f"{at}/{word}")
                                                       if plain(item) == word else [f"{at}: {plain(item)}, not {word}"])]
        if shape["type"] != "structure":
            return self.scalar(node.text or "", shape, at)
        members = {each.get("locationName", name): each for name, each in shape["members"].items()}
        names = [plain(each) for each in node]
        out = [f"{at}: {name} is missing" for name in shape.get("required", [])
               if shape["members"][name].get("locationName", name) not in names]
        out += [f"{at}: {name} stands twice" for name in set(names) if names.count(name) > 1]
        for item in node:
            name = plain(item)
            out += self.element(item, members[name]["shape"], f"{at}/{name}") if name in members else [f"{at}: unknown {name}"]
        return out


def plain(node):
    return node.tag.rsplit("}", 1)[-1]
