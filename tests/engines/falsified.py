"""The suite's own teeth: every entry of every profile has a probe, a profile that says the opposite of an engine is
caught, and what `edge-deploy probe` measures is what the engine said when the tests asked."""
import copy
import json
import pathlib
import subprocess
import tempfile

import engines
import evidence
import probes

ROOT = pathlib.Path(__file__).resolve().parents[2]
OPPOSITE = {"yes": "no", "no": "yes"}
# Entries that are turned round in a file that `check --profile` then judges every probe with.
TURNED = (("simd128", None, None), ("custom-page-sizes", None, None), ("exception-handling-legacy", None, "exnref"),
          ("atomics", "memory limits flag: shared", None))


def profiles():
    for path in sorted((ROOT / "platforms").glob("*/profile.json")):
        yield json.loads(path.read_text())


def turn(profile, number):
    """The profile with its entry of that number saying the opposite, and that entry; or None."""
    turned = copy.deepcopy(profile)
    entry = list(evidence.entries(turned))[number]
    if entry[3]["support"] not in OPPOSITE:
        return None, entry
    entry[3]["support"] = OPPOSITE[entry[3]["support"]]
    return turned, entry


def check_entries(runtimes, count):
    """Each entry on its own."""
    measured = {(row["measures"], row.get("use"), row.get("with")) for row in probes.own() if "measures" in row}
    for profile in profiles():
        for number, (path, variant, case, row) in enumerate(evidence.entries(profile)):
            name = f"{profile['name']} {'.'.join(path)}"
            count.check(f"{name} has a probe", None if case in measured else "none measures it")
            turned, _ = turn(profile, number)
            mine = [each for each in runtimes if each.platform == profile["name"] and case in each.answers
                    and evidence.stands_for(each, profile, variant, case) and not each.only_engine]
            if not turned or not mine:
                continue
            against = [each for each in evidence.contradictions(turned, runtimes) if each.case == case]
            count.check(f"{name} as '{OPPOSITE[row['support']]}'", None if against else "nobody contradicts it")
        against = [evidence.sentence(each) for each in evidence.contradictions(profile, runtimes)]
        count.check(f"{profile['name']} against its engines", "; ".join(against) or None)


def findings(program, path, platform, profile):
    done = subprocess.run([program, "check", path, "--platform", platform, "--profile", profile, "--format", "json"],
                          capture_output=True, text=True, timeout=60, check=False)
    return json.loads(done.stdout)["targets"][0]["findings"]


def check_turned(program, pairs, chosen, compare, count):
    """Through the program: the comparison that the suite makes of every probe must see it."""
    with tempfile.TemporaryDirectory() as folder:
        module, file = pathlib.Path(folder) / "probe.wasm", pathlib.Path(folder) / "profile.json"
        for name, platform, answers, rules in pairs:
            profile = next(each for each in profiles() if each["name"] == platform.split("@")[0])
            own = evidence.of_answers(name, platform, answers)
            for number, (_, variant, case, _) in enumerate(evidence.entries(profile)):
                turned, entry = turn(profile, number)
                if case not in TURNED or not turned or not evidence.stands_for(own, profile, variant, case) or \
                        OPPOSITE.get(own.answers[case][0]) != entry[3]["support"]:
                    continue
                file.write_text(json.dumps(turned))
                faults = []
                for probe in chosen:
                    if (probe.get("measures"), probe.get("use"), probe.get("with")) == case:
                        module.write_bytes(probe["bytes"])
                        said = findings(program, module, platform, file)
                        faults.append(compare(name, probe, answers[probe["name"]], said, rules, None))
                count.check(f"check with {case} turned round for {name}", None if any(faults) else "nothing is seen")


def check_measured(program, pairs, chosen, refusals, count):
    """`edge-deploy probe` in some of them: the same answers, and a profile that judges every probe as ours does."""
    with tempfile.TemporaryDirectory() as folder:
        module, file = pathlib.Path(folder) / "probe.wasm", pathlib.Path(folder) / "profile.json"
        for name, platform, answers, rules in pairs:
            program_path = engines.workerd_program() if name == "workerd" else engines.node_program(int(name[4:]))
            done = subprocess.run([program, "probe", program_path, "-q", "-o", file, "--format", "json"],
                                  capture_output=True, text=True, timeout=600, check=False)
            said = json.loads(done.stdout)
            rows = {evidence.case_of(row): row for row in said["features"]}
            for case, (answer, words) in evidence.counted(answers).items():
                count.check(f"probe {name} {case}", None if rows[case]["measured"] == answer else
                            f"measured {rows[case]['measured']}, the engine says {answer} ({words})")
            differing = [row["name"] for row in said["features"] if row["differs"]]
            count.check(f"probe {name} against its profile", f"differs in {differing}" if differing else None)
            for probe in chosen:
                module.write_bytes(probe["bytes"])
                refused = refusals(findings(program, module, platform, file), rules)
                runs = answers[probe["name"]] == "runs"
                count.check(f"{probe['name']} by the measured profile of {name}",
                            None if runs != bool(refused) else f"runs: {runs}; {refused}")
            print(f"probe {name}: {said['runtime']['version']}, {len(rows)} features and cases")


def check(program, pairs, compare, refusals, count):
    """`pairs`: (engine, platform, its answers, rules) of those that were asked."""
    own = list(probes.own())
    check_entries([evidence.of_answers(name, platform, answers) for name, platform, answers, _ in pairs], count)
    check_turned(program, pairs, own, compare, count)
    check_measured(program, [row for row in pairs if row[0] in ("node20", "node22", "workerd")], own, refusals, count)
