"""Whether what a run says is true of what the sandbox holds on its disk, and whether the run after
it has healed everything. All for each target of the project."""
import scene

UNKNOWN = ("not known", "unknown")


def newest(records, target="edge"):
    """The version of the target's newest record; of the same time the later line."""
    rows = [record for record in records if record.get("target") == target]
    return max(rows, key=lambda record: record["time"])["version"] if rows else None


def says_unknown(outcome):
    return any(word in outcome.message for word in UNKNOWN)


def of_target(scenario, outcome, name, now, records):
    """What exit code and document promise for one target."""
    before, wanted, row = scenario.befores[name], scenario.wanteds[name], outcome.rows.get(name, {})
    wrong, is_new, recorded = [], now.live != before.live, newest(records, name)
    if outcome.code == 0 and (now.content != wanted.content or recorded != now.live):
        wrong.append(f"0, but live is {now.live}, recorded is {recorded}, as wanted: "
                     f"{now.content == wanted.content}")
    if outcome.code == 0 and scenario.name == "stage" and now.staged != wanted.staged:
        wrong.append("0, but what was to be staged is not there")
    if outcome.code == 1 and is_new:
        wrong.append(f"1, but version {now.live} is live")
    if outcome.code == 5 and scenario.name != "verify" and (not now.live or recorded != now.live):
        wrong.append(f"5, but live is {now.live} and recorded {recorded}")
    if is_new and outcome.document.get("recorded") and recorded != now.live and not says_unknown(outcome):
        wrong.append(f"it is recorded, but recorded is {recorded}, live is {now.live}")
    return wrong + of_row(scenario, outcome, name, now)


def of_row(scenario, outcome, name, now):
    """What the document's row says of the target."""
    row, wrong = outcome.rows.get(name, {}), []
    is_new = now.live != scenario.befores[name].live
    if row.get("state") in ("live", "rolled-back", "unchanged") and row.get("version") != now.live:
        wrong.append(f"the document has version {row.get('version')} as {row['state']}; live is {now.live}")
    if row.get("state") not in ("live", "rolled-back", "unchanged") and is_new and not says_unknown(outcome):
        wrong.append(f"the document says {row.get('state')}, but version {now.live} is live")
    return wrong


def of_code(scenario, outcome, looks, sent):
    """What the exit code promises for all targets together."""
    wrong = []
    new = [name for name, now in looks.items() if now.live != scenario.befores[name].live]
    if outcome.code == 2 and sent:
        wrong.append(f"2, but {sent[0][0]} {sent[0][1]} was sent")
    if outcome.code == 4 and not new and not says_unknown(outcome):
        wrong.append("4, but nothing new is live")
    return wrong


def of_records(scenario, outcome, looks, records):
    added, wrong = len(records) - len(scenario.records), []
    if bool(added) != outcome.document.get("recorded", False) and scenario.name not in ("status", "verify"):
        wrong.append(f"recorded is {outcome.document.get('recorded')}, and {added} records were added")
    for name, now in looks.items():
        before = newest(scenario.records, name)
        if newest(records, name) not in (before, now.live):
            wrong.append(f"recorded is {newest(records, name)}, live {now.live}")
    if scenario.reads and added:
        wrong.append("a reading run has recorded something")
    return wrong


def of_foreign(scenario, name, now):
    before, wanted = scenario.befores[name].foreign, scenario.wanteds[name].foreign
    changed = {key: value for key, value in now.foreign.items()
               if value not in (before.get(key), wanted.get(key))}
    return [f"others' settings: {difference(before, changed)}"] if changed else []


def disturbed(scenario, project, outcome, unseen=False):
    """`unseen`: a change may have been tried that never came to the sandbox."""
    looks, records, requests = scenario.looks(project), project.records(), project.requests()
    wrong = list(outcome.wrong)
    sent = [request for request in requests if scene.is_change(request)]
    for name, now in looks.items():
        if scenario.name != "status":
            wrong += of_target(scenario, outcome, name, now, records)
        elif outcome.code == 0 and (outcome.rows.get(name, {}).get("live") or {}).get("version") != now.live:
            wrong.append(f"status shows {outcome.rows.get(name, {}).get('live')}; live is {now.live}")
        wrong += of_foreign(scenario, name, now)
        if scenario.reads and now.live != scenario.befores[name].live:
            wrong.append("a reading run has changed what is live")
    if scenario.name != "status":
        wrong += of_code(scenario, outcome, looks, sent)
    wrong += of_records(scenario, outcome, looks, records)
    attempted = outcome.document.get("mutation_attempted", False)
    if attempted != bool(sent) and not (attempted and unseen):
        wrong.append(f"mutation_attempted is {attempted}; sent: {[' '.join(s[:2]) for s in sent][:3]}")
    if scenario.reads and sent:
        wrong.append("a reading run has sent a change")
    if any(r[2] == 429 and not r[3] for r in requests):
        wrong.append("the sandbox's own quota was hit")
    return wrong


def difference(before, after):
    rows = [f"{key}: {before.get(key)} -> {after.get(key)}" for key in after
            if before.get(key) != after.get(key)]
    return "; ".join(rows)[:1500]


def unnamed(before, wanted, now, outcomes):
    """Versions that nothing needs, that were not there before, and of which no message tells."""
    extra = [version for version in now.spare if version not in before.spare]
    usual = [version for version in wanted.spare if version not in before.spare]
    told = [version for version in extra
            if any(f"'{version}'" in outcome.text for outcome in outcomes)]
    return [version for version in extra if version not in told][len(usual):]


def healed(scenario, project, first, outcome):
    records, wrong = project.records(), list(outcome.wrong)
    if outcome.code != 0:
        wrong.append(f"the run after it ends with {outcome.code}")
    if len(records) != len(scenario.learnt):
        wrong.append(f"then there are {len(records)} records, not {len(scenario.learnt)}")
    for name, now in scenario.looks(project).items():
        wrong += healed_target(scenario, name, now, records, (first, outcome))
    return wrong


def healed_target(scenario, name, now, records, outcomes):
    before, wanted, wrong = scenario.befores[name], scenario.wanteds[name], []
    if now.content != wanted.content:
        wrong.append("then live is not what was wanted: "
                     f"{difference(wanted.content or {}, now.content or {})}")
    if scenario.name == "stage" and now.staged != wanted.staged:
        wrong.append(f"then staged is {len(now.staged)} versions, not what was wanted")
    if newest(records, name) != now.live:
        wrong.append(f"then live is {now.live}, recorded {newest(records, name)}")
    if now.holders != wanted.holders:
        wrong.append(f"then there are {now.holders} scripts, services or functions")
    spare = unnamed(before, wanted, now, outcomes)
    if spare:
        wrong.append(f"then these versions are left and named nowhere: {', '.join(spare)}")
    if now.foreign != wanted.foreign:
        wrong.append(f"then others' settings: {difference(wanted.foreign, now.foreign)}")
    return wrong
