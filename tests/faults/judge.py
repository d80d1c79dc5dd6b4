"""Whether what a run says is true of what the sandbox holds on its disk, and whether the run after
it has healed everything."""
import scene

UNKNOWN = ("not known", "unknown")


def of_target(records):
    return [record for record in records if record.get("target") == "edge"]


def newest(records):
    """The version of the newest record; of the same time the later line."""
    rows = of_target(records)
    return max(rows, key=lambda record: record["time"])["version"] if rows else None


def says_unknown(outcome):
    return any(word in outcome.message for word in UNKNOWN)


def of_code(scenario, outcome, now, records, sent):
    """What each exit code promises."""
    before, wrong = scenario.before, []
    is_new = now.live != before.live
    recorded = newest(records) == now.live
    reads = scenario.name in ("status", "verify")
    if outcome.code == 0 and (now.content != scenario.wanted.content or not recorded):
        wrong.append(f"0, but live is {now.live}, recorded is {newest(records)}, as wanted: "
                     f"{now.content == scenario.wanted.content}")
    if outcome.code == 0 and scenario.name == "stage" and now.staged != scenario.wanted.staged:
        wrong.append("0, but what was to be staged is not there")
    if outcome.code == 1 and is_new:
        wrong.append(f"1, but version {now.live} is live")
    if outcome.code == 2 and sent:
        wrong.append(f"2, but {sent[0][0]} {sent[0][1]} was sent")
    if outcome.code == 4 and not is_new and not says_unknown(outcome):
        wrong.append("4, but nothing new is live")
    if outcome.code == 4 and is_new and not says_unknown(outcome) and outcome.row.get("version") != now.live:
        wrong.append(f"4, and names version {outcome.row.get('version')}; live is {now.live}")
    if outcome.code == 5 and not reads and (not now.live or not recorded):
        wrong.append(f"5, but live is {now.live} and recorded {newest(records)}")
    return wrong


def of_row(scenario, outcome, now):
    """What the document's row says of the target."""
    row, before, wrong = outcome.row, scenario.before, []
    if row.get("state") in ("live", "rolled-back", "unchanged") and row.get("version") != now.live:
        wrong.append(f"the document has version {row.get('version')} as {row['state']}; live is {now.live}")
    if row.get("state") in ("failed", "uploaded") and now.live != before.live and not says_unknown(outcome):
        wrong.append(f"the document says {row['state']}, but version {now.live} is live")
    return wrong


def disturbed(scenario, project, outcome, unseen=False):
    """`unseen`: a change may have been tried that never came to the sandbox."""
    now, records = scenario.look(project), project.records()
    wrong = list(outcome.wrong)
    requests = project.requests()
    sent = [request for request in requests if scene.is_change(request)]
    if scenario.name == "status":
        if outcome.code == 0 and (outcome.row.get("live") or {}).get("version") != now.live:
            wrong.append(f"status shows {outcome.row.get('live')}; live is {now.live}")
    else:
        wrong += of_code(scenario, outcome, now, records, sent)
        wrong += of_row(scenario, outcome, now)
    attempted = outcome.document.get("mutation_attempted", False)
    if attempted != bool(sent) and not (attempted and unseen):
        wrong.append(f"mutation_attempted is {outcome.document.get('mutation_attempted')}; sent: "
                     f"{[' '.join(s[:2]) for s in sent][:3]}")
    added = len(records) - len(scenario.records)
    if bool(added) != outcome.document.get("recorded", False) and scenario.name not in ("status", "verify"):
        wrong.append(f"recorded is {outcome.document.get('recorded')}, and {added} records were added")
    if added and newest(records) != now.live:
        wrong.append(f"recorded is {newest(records)}, live {now.live}")
    if scenario.reads and (sent or added or now.live != scenario.before.live):
        wrong.append("a reading run has changed something")
    changed = {key: value for key, value in now.foreign.items()
               if value not in (scenario.before.foreign.get(key), scenario.wanted.foreign.get(key))}
    if changed:
        wrong.append(f"others' settings: {difference(scenario.before.foreign, changed)}")
    if any(r[2] == 429 and not r[3] for r in requests):
        wrong.append("the sandbox's own quota was hit")
    return wrong


def difference(before, after):
    rows = [f"{key}: {before.get(key)} -> {after.get(key)}" for key in after
            if before.get(key) != after.get(key)]
    return "; ".join(rows)[:1500]


def unnamed(scenario, now, outcomes):
    """Versions that nothing needs, that were not there before, and of which no message tells."""
    extra = [version for version in now.spare if version not in scenario.before.spare]
    usual = [version for version in scenario.wanted.spare if version not in scenario.before.spare]
    told = [version for version in extra
            if any(f"'{version}'" in outcome.text for outcome in outcomes)]
    return [version for version in extra if version not in told][len(usual):]


def healed(scenario, project, first, outcome):
    now, records = scenario.look(project), project.records()
    wrong = list(outcome.wrong)
    if outcome.code != 0:
        wrong.append(f"the run after it ends with {outcome.code}")
    if now.content != scenario.wanted.content:
        wrong.append(f"then live is not what was wanted: {difference(scenario.wanted.content or {}, now.content or {})}")
    if scenario.name == "stage" and now.staged != scenario.wanted.staged:
        wrong.append(f"then staged is {len(now.staged)} versions, not what was wanted")
    if newest(records) != now.live:
        wrong.append(f"then live is {now.live}, recorded {newest(records)}")
    if len(records) != len(scenario.learnt):
        wrong.append(f"then there are {len(records)} records, not {len(scenario.learnt)}")
    if now.holders != scenario.wanted.holders:
        wrong.append(f"then there are {now.holders} scripts, services or functions")
    spare = unnamed(scenario, now, (first, outcome))
    if spare:
        wrong.append(f"then these versions are left and named nowhere: {', '.join(spare)}")
    if now.foreign != scenario.wanted.foreign:
        wrong.append(f"then others' settings: {difference(scenario.wanted.foreign, now.foreign)}")
    return wrong
