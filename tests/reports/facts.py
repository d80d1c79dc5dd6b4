#!/usr/bin/env python3
"""The same facts in every format, whatever the names are; and what each format demands of itself.

Checks the demo cases of tests/cases/report and modules with hostile names, writes all formats in one
run, reads each back (extract.py) and compares it with the JSON. With build/reports (install.sh) the
SARIF is held against the official schema and the JUnit XML against Jenkins' XSD; what is missing is
a loud skip.
"""
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import unicodedata
import xml.parsers.expat

import extract

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
PROGRAM = os.path.join(ROOT, "build", "edge-deploy")
INSTALLED = os.path.join(ROOT, "build", "reports")
CASES = os.path.join(ROOT, "tests", "cases", "report")
DEMOS = ("compatible", "incompatible", "component", "over-budget")
COUNTS = {"passed": 0, "failed": 0, "skipped": 0}


def check(condition, words):
    COUNTS["passed" if condition else "failed"] += 1
    if not condition:
        print(f"failed: {words}")


def skip(reason):
    COUNTS["skipped"] += 1
    print(f"SKIPPED: {reason}")


# --- modules made here ---

def number(value):
    out = b""
    while True:
        out += bytes([value & 127 | (128 if value > 127 else 0)])
        value >>= 7
        if not value:
            return out


def name(text):
    data = text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")
    return number(len(data)) + data


def section(kind, data):
    return bytes([kind]) + number(len(data)) + data


def module(imports, function="f", producer="p", filler=0):
    """Imports functions, and has one that is named so and uses a second memory. `filler`: bytes of
    code that do nothing."""
    body = b"\x00" + b"\x01" * filler + b"\x41\x00\x28\x42\x01\x00\x1a\x0b"  # i32.load of memory 1
    names = section(0, name("name") + b"\x01" + number(len(number(1) + number(len(imports)) +
                                                              name(function))) +
                    number(1) + number(len(imports)) + name(function))
    return (b"\0asm\1\0\0\0" + section(1, b"\x01\x60\0\0") +
            section(2, number(len(imports)) +
                    b"".join(name(m) + name(n) + b"\0\0" for m, n in imports)) +
            section(3, b"\x01\0") + section(5, b"\x02\0\x01\0\x01") +
            section(7, b"\x01" + name("memory") + b"\x02\0") +
            section(10, b"\x01" + number(len(body)) + body) + names +
            section(0, name("producers") + b"\x01" + name("language") + b"\x01" + name(producer) +
                    name(producer)))


UNKNOWN = bytes.fromhex("0061736d0100000001090260000060016400000303020001050301000107"
                        "1302065f73746172740000066d656d6f727902000a070202000b02000b")  # typed references

HOSTILE = ("\x1b[31mred\x1b[0m", "a\n::error::forged", "::error file=x::forged", "##[error]forged",
           "<script>alert(1)</script>", "]]>", "--><b>", "a|b|c", "``code``", "\u202eexe.gnp",
           "x\u2066y\u2069", "[click](https://evil.example)", "@everyone", "a,b=c;d%0A::error::e",
           "&amp;&#10;<!--", "\x00nul", "'\"quoted\"'", "\\u{1b}", "https://evil.example/#1", "％ｗｉｄｅ",
           "e\u0301\u0302", "\ufffe\uffff", "${{ secrets.X }}", "$(id)", "{0} {{1}}", "~~~~", "***",
           "# title", "\u2028line", "\ud7ff\U0010fffd", "1. list", "www.evil.example", "|---|", "日本語の名前")


# --- running ---

def write_reports(work, arguments):
    formats = [w for f in extract.READERS for w in ("--report", f"{f}=report.{f}")]
    env = {"PATH": os.environ["PATH"], "HOME": work, "LC_ALL": "C.UTF-8",
           "SOURCE_DATE_EPOCH": "1795348800"}
    done = subprocess.run([PROGRAM, "check", *formats, *arguments], cwd=work, env=env,
                          capture_output=True, check=False)
    reports = {}
    for form in extract.READERS:
        with open(os.path.join(work, f"report.{form}"), encoding="utf-8", newline="") as file:
            reports[form] = file.read()
    return done, reports


def compare(case, reports, few=True):
    wanted = extract.READERS["json"](reports["json"])
    check(wanted.verdicts and wanted.modules, f"{case}: the JSON has targets and modules")
    for form, read in extract.READERS.items():
        got = read(reports[form])
        check(got.verdicts == wanted.verdicts, f"{case}: {form}: verdicts {got.verdicts}")
        check(got.modules == wanted.modules, f"{case}: {form}: modules {got.modules}\n"
                                             f"  wanted {wanted.modules}")
        check(got.starts == wanted.starts, f"{case}: {form}: estimates {got.starts}, wanted {wanted.starts}")
        if form == "github" and not few:
            check(set(got.findings) <= set(wanted.findings), f"{case}: {form}: findings are known")
        else:
            check(got.findings == wanted.findings, f"{case}: {form}: findings differ:\n"
                  f"  got    {got.findings}\n  wanted {wanted.findings}")


# --- what single formats demand ---

def columns(character):
    """Of code points that are no characters yet Python says that they are wide."""
    if unicodedata.combining(character):
        return 0
    wide = unicodedata.east_asian_width(character) in "WF" and unicodedata.category(character) != "Cn"
    return 2 if wide else 1


def width(line):
    return sum(map(columns, line))


def demand_text(case, text):
    widest = max(map(width, text.split("\n")))
    check(widest <= 80, f"{case}: a line of {widest} columns")


def demand_markdown(case, text):
    check(len(text) <= 65536, f"{case}: {len(text)} characters of Markdown")
    outside = re.sub(r"</?(details|details open|summary|code|sub)>|<!-- (edge-deploy )?-->", "", text)
    check("<" not in outside, f"{case}: Markdown has markup that is not ours")
    check("](" not in outside and "://" not in outside, f"{case}: Markdown has a link")
    check(text.count("<details") == text.count("</details>"), f"{case}: details are not closed")
    for line in text.split("\n"):
        if line.startswith("|"):
            check(line.count("|") == 5, f"{case}: a table's row of {line.count('|') - 1} cells")


def demand_github(case, text):
    counts = {"error": 0, "warning": 0, "notice": 0}
    for line in text.split("\n")[:-1]:
        found = re.match(r"^::(error|warning|notice) ((?:file=[^,:]+,line=\d+,)?title=[^,:]*)::[^\r\n]+$",
                         line)
        check(found, f"{case}: no annotation: {line!r}")
        counts[line[2:].split(" ")[0]] += 1
    check(max(counts.values()) <= 10, f"{case}: annotations over the limit: {counts}")


def demand_sarif(case, text):
    """What GitHub wants beyond the schema."""
    log = json.loads(text)
    check(log["version"] == "2.1.0" and len(log["runs"]) == 1, f"{case}: SARIF version and runs")
    run = log["runs"][0]
    check(run["automationDetails"]["id"].endswith("/"), f"{case}: SARIF category")
    check(len(run["results"]) <= 25000 and len(text) < 10 << 20, f"{case}: SARIF size")
    for rule in run["tool"]["driver"]["rules"]:
        check(rule["id"] and rule["help"]["text"] and rule["shortDescription"]["text"],
              f"{case}: SARIF rule {rule['id']}")
    for result in run["results"]:
        place = result["locations"][0]["physicalLocation"]
        check(place["region"]["startLine"] >= 1 and place["artifactLocation"]["uriBaseId"] ==
              "%SRCROOT%" and not place["artifactLocation"]["uri"].startswith(("/", "..")),
              f"{case}: SARIF location")
        check(re.fullmatch("[0-9a-f]{64}", result["partialFingerprints"]["edgeDeploy/v1"]),
              f"{case}: SARIF fingerprint")
        check("](" not in result["message"]["text"], f"{case}: SARIF message with a link")


def demand_junit(case, text):
    parser = xml.parsers.expat.ParserCreate()
    parser.Parse(text.encode(), True)
    root = extract.xml.etree.ElementTree.fromstring(text.encode())
    sums = {"tests": 0, "failures": 0, "errors": 0}
    for suite in root:
        cases = suite.findall("testcase")
        found = {"tests": len(cases), "failures": len(suite.findall("testcase/failure")),
                 "errors": len(suite.findall("testcase/error")),
                 "skipped": len(suite.findall("testcase/skipped"))}
        for key, count in found.items():
            check(suite.get(key) == str(count), f"{case}: JUnit: {key} of a suite")
            sums[key] = sums.get(key, 0) + count
    check(all(root.get(key) == str(sums[key]) for key in ("tests", "failures", "errors")),
          f"{case}: JUnit: sums")


def demand_all(case, reports):
    demand_text(case, reports["text"])
    demand_markdown(case, reports["markdown"])
    demand_github(case, reports["github"])
    demand_sarif(case, reports["sarif"])
    demand_junit(case, reports["junit"])
    for form, text in reports.items():
        control = re.search("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufffe\uffff]", text)
        check(not control, f"{case}: {form}: a character that is obeyed: {control!r}")


# --- official schemas ---

def sarif_validator():
    path = os.path.join(INSTALLED, "sarif-2.1.0.json")
    try:
        import jsonschema  # pylint: disable=import-outside-toplevel
    except ImportError:
        skip("python3-jsonschema is not installed: SARIF is not held against its schema")
        return None
    if not os.path.exists(path):
        skip("no SARIF schema: tests/reports/install.sh could not fetch it")
        return None
    with open(path, encoding="utf-8") as file:
        schema = json.load(file)
    return jsonschema.Draft4Validator(schema)


def validate_sarif(validator, case, text):
    problems = [f"{list(e.path)}: {e.message}" for e in validator.iter_errors(json.loads(text))]
    check(not problems, f"{case}: SARIF schema: {problems[:3]}")


def validate_junit(case, text):
    """The XSD knows no file and line of a case, which GitLab and others read, and no message of what
    was skipped, which Jenkins itself reads by now."""
    plain = re.sub(r'(<testcase [^>]*?) file="[^"]*" line="\d+"', r"\1", text)
    plain = re.sub(r'<skipped message="[^"]*"', "<skipped", plain)
    done = subprocess.run(["xmllint", "--noout", "--schema",
                           os.path.join(INSTALLED, "jenkins-junit.xsd"), "-"],
                          input=plain.encode(), capture_output=True, check=False)
    check(done.returncode == 0, f"{case}: JUnit XSD: {done.stderr.decode()[:300]}")


def validators():
    """Functions of case and reports."""
    found = []
    sarif = sarif_validator()
    if sarif:
        found.append(lambda case, reports: validate_sarif(sarif, case, reports["sarif"]))
    if not shutil.which("xmllint"):
        skip("xmllint (libxml2-utils) is not installed: JUnit XML is not held against its XSD")
    elif not os.path.exists(os.path.join(INSTALLED, "jenkins-junit.xsd")):
        skip("no JUnit XSD: tests/reports/install.sh could not fetch it")
    else:
        found.append(lambda case, reports: validate_junit(case, reports["junit"]))
    return found


# --- cases ---

def run_demo(folder, case):
    work = os.path.join(folder, case)
    shutil.copytree(os.path.join(CASES, case), work)
    with open(os.path.join(work, "cmd"), encoding="utf-8") as file:
        before = [line for line in file.read().split("\n") if not line.startswith("edge-deploy ")]
    if os.path.exists(os.path.join(work, "app.wat")):
        subprocess.run(["wat2wasm", "--enable-all", "app.wat"], cwd=work, check=True)
    made = "\n".join(line for line in before if line.startswith(("wat2wasm ", "printf ")))
    subprocess.run(["sh", "-c", made], cwd=work, check=True)
    return write_reports(work, [])[1]


def run_module(folder, case, data, arguments=(), path="app.wasm"):
    work = os.path.join(folder, case)
    os.makedirs(work)
    with open(os.path.join(work, path), "wb") as file:
        file.write(data)
    return write_reports(work, [*arguments, "--", path])[1]


def run_manifest(folder, case, name_of_folder):
    """The manifest in a folder of that name, below the repository's root."""
    work = os.path.join(folder, case, name_of_folder)
    shutil.copytree(os.path.join(CASES, "over-budget"), work)
    subprocess.run(["wat2wasm", "app.wat"], cwd=work, check=True)
    subprocess.run(["git", "init", "-q", os.path.join(folder, case)], check=True)
    return write_reports(work, [])[1]


def test_folder(case, name_of_folder, reports):
    """Places are told from the root of the repository."""
    result = json.loads(reports["sarif"])["runs"][0]["results"][0]
    uri = result["locations"][0]["physicalLocation"]["artifactLocation"]["uri"]
    wanted = name_of_folder + "/edge-deploy.json"
    check(extract.urllib.parse.unquote(uri) == wanted, f"{case}: SARIF: {uri}")
    found = re.search(r"file=([^,]*),line=(\d+)", reports["github"])
    check(found and extract.decode(found.group(1)) == extract.safe(wanted) and found.group(2) == "5",
          f"{case}: GitHub: {found}")


def judge(case, reports, checks, few=True):
    compare(case, reports, few)
    demand_all(case, reports)
    for run in checks:
        run(case, reports)


def test_stable_fingerprints(folder):
    """A change elsewhere in the module moves offsets and no fingerprint."""
    def prints(case, data):
        run = json.loads(run_module(folder, case, data)["sarif"])["runs"][0]
        return [r["partialFingerprints"]["edgeDeploy/v1"] for r in run["results"]]

    one = prints("before", module([("env", "host")]))
    two = prints("after", module([("env", "host")], function="a much longer name", producer="other"))
    check(one and one == two, "fingerprints stay when something else changes")
    check(len(set(one)) == len(one), "fingerprints tell findings apart")


def main():
    if not shutil.which("wat2wasm"):
        skip("wat2wasm (wabt) is not installed")
        print("0 passed, 0 failed, 1 skipped")
        return 0
    checks = validators()
    with tempfile.TemporaryDirectory(prefix="edge-deploy-reports-") as folder:
        for case in DEMOS:
            judge(case, run_demo(folder, case), checks)
        for at, text in enumerate(HOSTILE):
            data = module([("env", text)], text, text)
            judge(f"name {text!r}", run_module(folder, f"name-{at}", data), checks)
            if "/" not in text and "\0" not in text:
                judge(f"path {text!r}",
                      run_module(folder, f"path-{at}", data, path=text + ".wasm"), checks)
            if "/" not in text and "\0" not in text:
                reports = run_manifest(folder, f"folder-{at}", text)
                demand_all(f"folder {text!r}", reports)
                test_folder(f"folder {text!r}", text, reports)
        many = module([("env", f"host_{i}_" + "x" * 300) for i in range(2000)])
        large = run_module(folder, "large", module([("env", "host")], filler=1 << 20))
        judge("large", large, checks)
        check(extract.READERS["json"](large["json"]).starts == [("cloudflare", 20), ("lambda-edge", 12)],
              "the estimates follow from the sizes")
        judge("nobody knows", run_module(folder, "unknown", UNKNOWN, ["--platform", "fastly"]), checks)
        judge("many", run_module(folder, "many", many), checks, few=False)
        test_stable_fingerprints(folder)
    print("{passed} passed, {failed} failed, {skipped} skipped".format(**COUNTS))
    return 1 if COUNTS["failed"] else 0


if __name__ == "__main__":
    sys.exit(main())
