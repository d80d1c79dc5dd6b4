"""Reads what each format of a report says back out of it: targets with their verdicts, findings
(target, rule, level, subject), modules (path, bytes, SHA-256), and the estimates of
the cold start in milliseconds, where a reader would feel it. Each function is written against what
a reader of the format sees, not against the writer."""
import collections
import html
import html.parser
import json
import re
import urllib.parse
import xml.etree.ElementTree

Facts = collections.namedtuple("Facts", "verdicts findings modules starts")
RULES = ("feature", "import", "export", "memory", "size", "artifact", "budget", "runtime", "setting",
         "component", "malformed", "invalid")


START = re.compile(r"[Cc]old start about ([\d,]+) ms more than an? \w+ \w+ \(estimate from section sizes\)")


def facts(verdicts, findings, modules, starts):
    return Facts(dict(verdicts), sorted(findings), sorted(modules), sorted(starts))


def starts_in(target, text):
    """What a reader is told of a target in that text."""
    return [(target, number(ms)) for ms in START.findall(text)]


def safe(text):
    """As the program writes text from outside (text_safe in pkg/base)."""
    out = []
    for at, character in enumerate(text or ""):
        point = ord(character)
        unsafe = (point < 0x20 or 0x7f <= point < 0xa0 or 0x202a <= point <= 0x202e or
                  0x2066 <= point <= 0x2069 or point in (0x200e, 0x200f, 0x61c, 0x2028, 0x2029,
                                                         0xfeff) or
                  point & 0xfffe == 0xfffe or 0xfdd0 <= point <= 0xfdef)
        order = text.startswith("##[", at) or (
            text.startswith("::", at) and (at == 0 or text[at - 1] == " "))
        out.append(f"\\u{{{point:02x}}}" if unsafe or order else character)
    return "".join(out)


def from_json(text):
    document = json.loads(text)
    modules = document.get("modules") or [document["module"]]
    return facts(
        {safe(t["target"]): t["verdict"] for t in document["targets"]},
        [(safe(t["target"]), f["rule"], f["level"], safe(f["subject"]))
         for t in document["targets"] for f in t["findings"]],
        [(safe(m["path"]), m["bytes"], m["sha256"]) for m in modules],
        [(safe(t["target"]), t["estimates"]["cold_start_ms"]) for t in document["targets"]
         if t["estimates"] and t["estimates"]["cold_start_ms"]])


def number(text):
    return int(re.match(r"[\d,]+", text).group().replace(",", ""))


# --- text ---

MATRIX = re.compile(r"^(\S.*?)\s{2,}.*?(?:✓|✗|\?)? ?\b(compatible|incompatible|unknown)(?:\s|$)")


def text_blocks(lines):
    """Each finding's lines, joined, below its target's heading."""
    target, level, words = None, None, []
    for line in lines + [""]:
        begins = re.match(r"^  (error|warning|note) {2,}(.*)", line)
        if level and not begins and line.startswith(" " * 12):
            words.append(line.strip())
            continue
        if level:
            yield target, level, " ".join(words)
            level = None
        heading = re.match(r"^(\S.*) is (compatible|incompatible|unknown) \(", line)
        target = heading.group(1) if heading else target
        if begins:
            level, words = begins.group(1), [begins.group(2)]


def from_text(text):
    lines = text.split("\n")
    head = next(i for i, line in enumerate(lines) if line.startswith("target "))
    matrix = lines[head + 1:lines.index("", head)]
    verdicts = dict(MATRIX.match(line).groups() for line in matrix)
    findings = []
    for target, level, words in text_blocks(lines[head + 1 + len(matrix):]):
        tag = re.search(r"\[(" + "|".join(RULES) + r")(?: (.*))?\]$", words)
        findings.append((target, tag.group(1), level, tag.group(2) or ""))
    starts, target = [], None
    for block in re.split(r"\n(?=\S)", "\n".join(lines[head + 1 + len(matrix):])):
        heading = re.match(r"^(\S.*) is (compatible|incompatible|unknown) \(", block)
        if heading:
            starts += starts_in(heading.group(1), re.sub(r"\s+", " ", block))
    modules = []
    joined = re.sub(r"\n  (?=\S)", " ", "\n".join(lines[:head]))
    for found in re.finditer(r"^(.*?): (?:core module|component), .*?([\d,]+) bytes?\b.*?"
                             r"sha256 ([0-9a-f]{64})", joined, re.M):
        modules.append((found.group(1), number(found.group(2)), found.group(3)))
    return facts(verdicts, findings, modules, starts)


# --- Markdown ---

def plain(text):
    return html.unescape(text.replace("<!-- -->", ""))


def from_markdown(text):
    assert text.startswith("<!-- edge-deploy -->\n")
    verdicts, findings, modules, starts, target, path, size = {}, [], [], [], None, None, None
    for line in text.split("\n"):
        row = re.match(r"^\| (?:✅|❌|⚠️) (\w+) \| <code>(.*?)</code> \| ", line)
        summary = re.match(r"^<summary>(?:✅|❌|⚠️) <code>(.*?)</code> is (\w+)", line)
        finding = re.match(r"^- (?:❌|⚠️|ℹ️) \*\*(\w+)\*\* (\w+) <code>(.*?)</code>: ", line)
        module = re.match(r"^<summary>Module <code>(.*?)</code>: (.*)</summary>", line)
        digest = re.match(r"^- sha256: ([0-9a-f]{64})$", line)
        if row:
            verdicts[plain(row.group(2))] = row.group(1)
        elif summary:
            target = plain(summary.group(1))
            assert verdicts[target] == summary.group(2)
        elif finding:
            findings.append((target, finding.group(2), finding.group(1), plain(finding.group(3))))
        elif module:
            path, size = plain(module.group(1)), number(module.group(2))
        elif digest:
            modules.append((path, size, digest.group(1)))
        elif line.startswith("- start: "):
            starts += starts_in(target, line)
    return facts(verdicts, findings, modules, starts)


# --- SARIF, JUnit ---

def from_sarif(text):
    run = json.loads(text)["runs"][0]
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    for result in run["results"]:
        assert rules[result["ruleIndex"]] == result["ruleId"]
    modules = [a for a in run["artifacts"] if "hashes" in a]
    return facts(
        {t["target"]: t["verdict"] for t in run["properties"]["targets"]},
        [(r["properties"]["target"], r["ruleId"], r["level"], r["properties"]["subject"])
         for r in run["results"]],
        [(safe(urllib.parse.unquote(m["location"]["uri"])), m["length"], m["hashes"]["sha-256"])
         for m in modules],
        [s for t in run["properties"]["targets"] for s in starts_in(t["target"], "\n".join(t["facts"]))])


def from_junit(text):
    verdicts, findings, modules, starts = {}, [], set(), []
    for suite in xml.etree.ElementTree.fromstring(text.encode()):
        properties = [(p.get("name"), p.get("value")) for p in suite.find("properties")]
        verdicts[suite.get("name")] = dict(properties)["verdict"]
        path = size = None
        starts += starts_in(suite.get("name"), dict(properties).get("start", ""))
        for name, value in properties:
            path = value if name == "module" else path
            size = number(value) if name == "size" else size
            if name == "sha256":
                modules.add((path, size, value))
        for case in suite.iter("testcase"):
            said = next((e.text for e in case if e.text), None)
            if said:
                rule, _, subject = case.get("name").partition(" ")
                findings.append((case.get("classname"), rule, said.partition(":")[0], subject))
    return facts(verdicts, findings, modules, starts)


# --- annotations ---

def decode(text):
    for code, character in (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
        text = text.replace(code, character)
    return text


def from_github(text):
    verdicts, findings, modules, starts = {}, [], [], []
    level = {"error": "error", "warning": "warning", "notice": "note"}
    for line in text.splitlines():
        command, properties, message = re.match(r"^::(\w+) (.*?)::(.*)$", line).groups()
        title = decode(dict(p.split("=", 1) for p in properties.split(","))["title"])
        if title.startswith("edge-deploy "):
            for part in decode(message).split("\n")[1:]:
                verdict = re.match(r"^(.*): (compatible|incompatible|unknown) \(", part)
                module = re.match(r"^(.*), size ([\d,]+) .*sha256 ([0-9a-f]{64})$", part)
                if verdict:
                    verdicts[verdict.group(1)] = verdict.group(2)
                    starts += starts_in(verdict.group(1), part)
                elif module:
                    modules.append((module.group(1), number(module.group(2)), module.group(3)))
            continue
        found = re.match(r"^(.*?): (" + "|".join(RULES) + r")(?: (.*))?$", title, re.S)
        findings.append((found.group(1), found.group(2), level[command], found.group(3) or ""))
    return facts(verdicts, findings, modules, starts)


# --- HTML ---

class Page(html.parser.HTMLParser):
    """Follows the sections by their ids and classes."""

    def __init__(self):
        super().__init__()
        self.verdicts, self.findings, self.targets = {}, [], []
        self.heading, self.text, self.everything, self.starts = None, "", [], []

    def handle_starttag(self, tag, attributes):
        named = dict(attributes)
        if tag == "h3":
            self.heading, self.text = named.get("id", ""), ""
        elif tag == "article" and "data-rule" in named:
            level = named["class"].split()[1].replace("no", "error") \
                if named["class"] != "finding note" else "note"
            self.findings.append((self.targets[-1], named["data-rule"], level,
                                  named["data-subject"] or ""))

    def handle_endtag(self, tag):
        if tag == "h3" and self.heading and re.match(r"target-\d+-title$", self.heading):
            target, _, verdict = self.text.strip().rpartition(" ")
            self.targets.append(target)
            self.verdicts[target] = verdict
        if tag == "h3":
            self.heading = None

    def handle_data(self, data):
        self.everything.append(data)
        if self.targets:
            self.starts += starts_in(self.targets[-1], data)
        if self.heading is not None:
            self.text += data


def from_html(text):
    page = Page()
    page.feed(re.sub(r"<style>.*?</style>|<script>.*?</script>", "", text, flags=re.S))
    words = " ".join(page.everything)
    sizes = re.findall(r'data-name="(.*?)" data-bytes="(\d+)"', text)
    digests = re.findall(r"\b[0-9a-f]{64}\b", words)
    modules = [(html.unescape(name), int(size), digest)
               for (name, size), digest in zip(sizes, digests)]
    return facts(page.verdicts, page.findings, modules, page.starts)


READERS = {"text": from_text, "json": from_json, "markdown": from_markdown, "sarif": from_sarif,
           "junit": from_junit, "github": from_github, "html": from_html}
