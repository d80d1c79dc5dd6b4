"""Runs a composite action as the runner of GitHub Actions does, as far as ours needs it: reads its
metadata, evaluates `if:` and `${{ }}`, gives each step files and variables of its own, reads back
outputs and commands. Whatever is not known here is an error, not a guess.
"""
import json
import os
import re
import signal
import subprocess
import time
import uuid


# --- the part of YAML that action.yml is written in ---

def scalar(text):
    text = text.strip()
    if text.startswith('"'):
        return json.loads(text)
    if text.startswith("'"):
        return text[1:-1].replace("''", "'")
    if text[:1] in "[{&*!|>%@`" and text:
        raise ValueError(f"YAML that this reader does not know: {text}")
    return text


def lines_of(text):
    for line in text.splitlines():
        bare = line.lstrip(" ")
        if bare and not bare.startswith("#"):
            yield len(line) - len(bare), bare


def read_block(lines, at, indent):
    """The mapping or the list whose lines stand at `indent`, and where it ends."""
    if lines[at][1].startswith("- "):
        items = []
        while at < len(lines) and lines[at][0] == indent and lines[at][1].startswith("- "):
            lines[at] = (indent + 2, lines[at][1][2:])
            item, at = read_block(lines, at, indent + 2)
            items.append(item)
        return items, at
    mapping = {}
    while at < len(lines) and lines[at][0] == indent:
        key, _, rest = lines[at][1].partition(":")
        if key in mapping:
            raise ValueError(f"the key {key} stands twice")
        at += 1
        if rest.strip():
            mapping[key] = scalar(rest)
        elif at < len(lines) and lines[at][0] > indent:
            mapping[key], at = read_block(lines, at, lines[at][0])
        else:
            mapping[key] = ""
    return mapping, at


def read_yaml(text):
    lines = list(lines_of(text))
    document, end = read_block(lines, 0, 0)
    if end != len(lines):
        raise ValueError(f"YAML that this reader does not know: {lines[end][1]}")
    return document


# --- expressions ---

def look_up(context, path):
    value = context
    for word in path.split("."):
        value = value.get(word) if isinstance(value, dict) else None
    return "" if value is None else value


def evaluate(expression, context):
    expression = expression.strip()
    if expression in ("always()", "success()", "failure()", "cancelled()"):
        return context["status"][expression]
    if not re.fullmatch(r"(inputs|github|steps)(\.[A-Za-z0-9_-]+)+", expression):
        raise ValueError(f"an expression that this runner does not know: {expression}")
    return look_up(context, expression)


def expand(text, context):
    return re.sub(r"\$\{\{(.*?)\}\}", lambda m: str(evaluate(m.group(1), context)), text)


# --- what a step leaves behind ---

def read_outputs(text):
    """name=value, or name<<WORD, lines, WORD; a later value takes the place of an earlier one."""
    outputs, lines = {}, iter(text.split("\n"))
    for line in lines:
        if not line:
            continue
        name, between, value = re.match(r"([^=<]*)(=|<<|)(.*)", line, re.S).groups()
        if between == "=":
            outputs[name] = value
        elif between == "<<":
            held = []
            for inner in lines:
                if inner == value:
                    break
                held.append(inner)
            else:
                raise ValueError(f"the output {name} has no end")
            outputs[name] = "\n".join(held)
        else:
            raise ValueError(f"no output: {line!r}")
    return outputs


COMMAND = re.compile(r"^\s*::([^ :]+)(?: ([^:]*(?::[^:]+)*?))?::(.*)$")


def read_commands(log):
    """(command, properties, message) of each line that the runner would obey."""
    found = []
    for line in re.split(r"\r\n|\n|\r", log):
        if match := COMMAND.match(line):
            found.append((match.group(1), match.group(2) or "", match.group(3)))
    return found


class Ended:
    """How a run of the action ended."""

    def __init__(self, codes, log, outputs, summary, steps):
        self.codes, self.log, self.outputs, self.summary = codes, log, outputs, summary
        self.steps = steps
        self.code = next((code for code in codes.values() if code), 0)
        self.commands = read_commands(log)

    def annotations(self, level):
        return [message for command, _, message in self.commands if command == level]

    def __repr__(self):
        return f"codes {self.codes}\noutputs {self.outputs}\n{self.log}"


class Action:
    def __init__(self, folder):
        self.folder = folder
        with open(os.path.join(folder, "action.yml"), encoding="utf-8") as file:
            self.data = read_yaml(file.read())

    def inputs(self, given):
        known = self.data["inputs"]
        if unknown := set(given) - set(known):
            raise ValueError(f"no such input: {unknown}")
        return {name: given.get(name, row.get("default", "")) for name, row in known.items()}

    def run(self, given, env, workspace, event_name="push", event=None, interrupt=None,
            program=None):
        """`interrupt` is (seen, signals): once seen(outputs file, log so far) is true in the step
        `run`, the signals are sent to the step's process, one after the other.
        With `program` the step `install` is not run: that program is taken."""
        temp = env["RUNNER_TEMP"]
        event_file = os.path.join(temp, f"event-{uuid.uuid4()}.json")
        with open(event_file, "w", encoding="utf-8") as file:
            json.dump(event or {}, file)
        env = {**env, "CI": "true", "GITHUB_ACTIONS": "true", "GITHUB_WORKSPACE": workspace,
               "GITHUB_EVENT_NAME": event_name, "GITHUB_EVENT_PATH": event_file,
               "GITHUB_ACTION_PATH": self.folder, "GITHUB_SERVER_URL": "https://example.com",
               "GITHUB_REPOSITORY": "ada/app", "GITHUB_RUN_ID": "77"}
        context = {"inputs": self.inputs(given), "steps": {},
                   "github": {"action_repository": "", "event": event or {}, "event_name": event_name}}
        codes, log, summary, failed = {}, "", "", False
        for step in self.data["runs"]["steps"]:
            context["status"] = {"always()": True, "success()": not failed, "failure()": failed}
            condition = step.get("if", "success()").removeprefix("${{").removesuffix("}}")
            context["steps"][step["id"]] = {"outputs": {}}
            if program and step["id"] == "install":
                context["steps"]["install"]["outputs"] = {"program": program}
                continue
            if not evaluate(condition, context):
                continue
            code, text, outputs, said = self.step(step, env, context, workspace,
                                                  interrupt if step["id"] == "run" else None)
            context["steps"][step["id"]]["outputs"] = outputs
            codes[step["id"]], log, summary = code, log + text, summary + said
            failed = failed or code != 0
        outputs = {name: expand(row["value"], context) for name, row in self.data["outputs"].items()}
        return Ended(codes, log, outputs, summary, context["steps"])

    def step(self, step, env, context, workspace, interrupt):
        """Exit code, log, outputs and summary of one step."""
        files = {name: os.path.join(env["RUNNER_TEMP"], f"{name}-{uuid.uuid4()}")
                 for name in ("GITHUB_OUTPUT", "GITHUB_ENV", "GITHUB_PATH", "GITHUB_STEP_SUMMARY")}
        for path in files.values():
            open(path, "w", encoding="utf-8").close()
        own = {name: expand(value, context) for name, value in step.get("env", {}).items()}
        script = os.path.join(env["RUNNER_TEMP"], f"script-{uuid.uuid4()}.sh")
        with open(script, "w", encoding="utf-8") as file:
            file.write(expand(step["run"], context) + "\n")
        shells = {"sh": ["sh", "-e", script],
                  "bash": ["bash", "--noprofile", "--norc", "-e", "-o", "pipefail", script]}
        process = subprocess.Popen(shells[step["shell"]], cwd=workspace, env={**env, **files, **own},
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT)
        if interrupt:
            self.interrupt(process, files["GITHUB_OUTPUT"], *interrupt)
        try:
            log = process.communicate(timeout=300)[0].decode("utf-8", "replace")
        except subprocess.TimeoutExpired:
            process.kill()
            raise
        texts = {}
        for name, path in files.items():
            with open(path, encoding="utf-8") as file:
                texts[name] = file.read()
        if texts["GITHUB_ENV"] or texts["GITHUB_PATH"]:
            raise ValueError("the action changes the environment of later steps")
        code = 128 - process.returncode if process.returncode < 0 else process.returncode
        return code, log, read_outputs(texts["GITHUB_OUTPUT"]), texts["GITHUB_STEP_SUMMARY"]

    @staticmethod
    def interrupt(process, outputs, seen, signals):
        end = time.monotonic() + 120
        while process.poll() is None and not seen(outputs):
            if time.monotonic() > end:
                process.kill()
                raise ValueError("what was waited for did not come")
            time.sleep(0.02)
        for number in signals:
            if process.poll() is None:
                process.send_signal(number)
                time.sleep(0.05 if number == signal.SIGKILL else 0.2)
