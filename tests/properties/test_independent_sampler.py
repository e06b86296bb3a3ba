"""What a capture files and an estimate prints is what plain Python says of the log, written from the definition alone."""

from __future__ import annotations

import csv
import json
import random
import shutil
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select

import remiss
from remiss import capture
from remiss.edges.stores import tables
from remiss.understand import actions as understand
from tests.properties import plain

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
WIDTHS = {"12 hours": timedelta(hours=12), "1 day": timedelta(days=1), "1 week": timedelta(weeks=1)}
LAG = timedelta(hours=30)
CAPTURED = 3
SEEDS = [pytest.param(seed, marks=[pytest.mark.soak] if seed > 6 else []) for seed in range(1, 41)]
PROTOCOL = """\
protocol: plain
version: 1
model: plain
source: {{name: plain, format: jsonl, uri: log}}
labels: {{format: csv, uri: labels.csv, key: {{events: key, labels: key}}, time: known_at, lag: 30 hours}}
{admit}{duplicates}fields:
  id: call.id
  time: call.at
  model_version: version
  output: said
  label: labels.truth
  latency_ms: ms
  inputs: {{size: size, carrier: carrier, key: key}}
  context: {{place: place}}
require: [id, time, model_version, output]
criteria:
{criteria}sampling: {{window: {window}, strata: [{strata}], keep: {keep}, control: {control}, undecided: {undecided},
  population: {population}, seed: "{seed}"}}
redaction: none
"""


def anded(*parts):
    """Return AND of true, false and None, as SQL has it."""
    return False if False in parts else None if None in parts else True


def above(value, bound):
    return None if value is None else value > bound


def differ(one, other):
    return None if None in {one, other} else one != other


def criteria(rng):
    """Return criteria as a protocol writes them and as plain Python judges: four of six, in the order of the protocol."""
    slow, beyond, reference = rng.choice([200, 300]), rng.choice([3, 5]), rng.choice(["current", "previous"])
    every = [
        (
            """kind: misclassification, when: "output = 'no' AND label = 'yes'", among: "output = 'no'", severity: 2""",
            plain.Rule(
                name="wrong",
                when=lambda event, label: anded(event["output"] == "no", label == "yes"),
                among=lambda event, label: event["output"] == "no",
                reads_label=True,
            ),
        ),
        (
            f"kind: latency, when: latency_ms > {slow}, severity: 3",
            plain.Rule(name="slow", when=lambda event, label: above(event["latency_ms"], slow)),
        ),
        (
            f"kind: anomaly, of: inputs.size, beyond: {beyond}, reference: {reference}, severity: 3",
            plain.Rule(name="odd", of="inputs.size", beyond=beyond, previous=reference == "previous"),
        ),
        (
            "kind: custom, when: output <> label AND latency_ms > 50, severity: 2",
            plain.Rule(
                name="split",
                when=lambda event, label: anded(differ(event["output"], label), above(event["latency_ms"], 50)),
                reads_label=True,
                labels=(None,),
            ),
        ),
        (
            """kind: custom, when: inputs.size > 14, among: "context.place <> 'south'", nulls: undecided, severity: 4""",
            plain.Rule(
                name="strict",
                when=lambda event, label: above(event["inputs.size"], 14),
                among=lambda event, label: differ(event["context.place"], "south"),
                undecided_nulls=True,
            ),
        ),
        (
            """kind: custom, when: "output = 'no' AND inputs.carrier <> 'UA'", among: label = 'yes', severity: 1""",
            plain.Rule(
                name="escaped",
                when=lambda event, label: anded(event["output"] == "no", differ(event["inputs.carrier"], "UA")),
                among=lambda event, label: None if label is None else label == "yes",
                reads_label=True,
            ),
        ),
    ]
    return [every[at] for at in sorted(rng.sample(range(len(every)), 4))]


def chosen(seed):
    """Return a protocol and the same as a plan for plain Python; every seed has another one."""
    rng = random.Random(seed)
    window = rng.choice(list(WIDTHS))
    strata = rng.choice([(), ("context.place",), ("context.place", "model_version")])
    amounts = {name: rng.randint(3, 7) for name in ("keep", "control", "undecided")} | {"population": rng.randint(20, 60)}
    duplicates, live = ("refuse", "first", "last")[seed % 3], seed % 2 == 0
    written = criteria(rng)
    rules = tuple(rule for _, rule in written)
    plan = plain.Plan(
        seed=f"s{seed}",
        width=WIDTHS[window],
        lag=LAG,
        strata=strata,
        keep={
            **{rule.name: amounts["keep"] for rule in rules},
            "control": amounts["control"],
            "undecided": amounts["undecided"],
            "all": amounts["population"],
        },
        rules=rules,
        admit=(lambda row: None if row["traffic"] is None else row["traffic"] == "live") if live else lambda row: True,
        duplicates=duplicates,
        required=("id", "time", "model_version", "output"),
    )
    text = PROTOCOL.format(
        admit="admit: call.traffic = 'live'\n" if live else "",
        duplicates="" if duplicates == "refuse" else f"duplicates: {{keep: {duplicates}, by: call.attempt}}\n",
        criteria="".join(f"  - {{name: {rule.name}, {line}, why: It may happen.}}\n" for line, rule in written),
        window=window,
        strata=", ".join(strata),
        seed=plan.seed,
        **amounts,
    )
    return text, plan


def write(folder, seed, width, a_window=260):
    """Write a log of five windows, of which the middle three are captured, with its labels; copies, retries and shadows in it."""
    rng = random.Random(f"log {seed}")
    lines, truths = [], []
    for at in range(5 * a_window):
        moment = MONDAY - width + timedelta(seconds=rng.randrange(int(5 * width.total_seconds())))
        said = rng.choice(["yes", "no", "no"])
        row = {
            "call": {
                "id": f"call {at}",
                "at": moment.isoformat(),
                "attempt": 1,
                "traffic": rng.choice(["live"] * 6 + ["shadow", None]),
            },
            "said": said if rng.random() > 0.02 else None,
            "version": rng.choice(["7", "7.10"]),
            "ms": None if rng.random() < 0.05 else round(rng.gammavariate(3, 40), 1),
            "place": rng.choice(["north", "south", "south", None, ""]),
            "size": None if rng.random() < 0.1 else round(rng.gauss(10, 3), 2),
            "carrier": rng.choices(["UA", "DL", "ZZ"], [60, 39, 1])[0],
            "key": f"k{at}",
        }
        lines.append(row)
        if row["said"] and rng.random() < 0.15:
            again = json.loads(json.dumps(row))
            again["call"] |= {
                "attempt": rng.choice([2, 2, 2, 1, None]),
                "at": (moment + rng.choice([timedelta(0), timedelta(minutes=3), width, 3 * width])).isoformat(),
            }
            again["ms"] = round(rng.gammavariate(5, 80), 1)
            lines.extend([again] * rng.choice([1, 1, 2]))
        if rng.random() < 0.05:
            lines.append(row)
        for known, chance in ((timedelta(hours=1), 0.85), (timedelta(hours=20), 0.1), (timedelta(hours=40), 0.1)):
            if rng.random() < chance:
                truths.append((f"k{at}", rng.choice([said, "yes", "no"]), (moment + known).isoformat()))
    rng.shuffle(lines)
    (folder / "log").mkdir()
    for part in range(3):
        (folder / "log" / f"{part}.jsonl").write_text("".join(f"{json.dumps(row)}\n" for row in lines[part::3]))
    with (folder / "labels.csv").open("w", newline="") as file:
        csv.writer(file).writerows([("key", "truth", "known_at"), *truths])


def filed_members(ws):
    """Return what the catalog keeps of the sampled events of its only run."""
    seen, kept = tables.observations, tables.samples
    with ws._store.reading() as connection:
        ids = dict(map(tuple, connection.execute(select(tables.events.c.key, tables.events.c.event_id))))
        groups = {}
        for key, criterion in connection.execute(select(kept.c.event_key, kept.c.criterion)):
            groups.setdefault(key, []).append(criterion)
        found = connection.execute(select(seen)).mappings().all()
    return sorted(
        (
            row["window_start"],
            row["priority"],
            ids[row["event_key"]],
            tuple(sorted(groups[row["event_key"]])),
            row["inclusion_probability"],
            *(sorted(row[f"criteria_{name}"] or ()) for name in ("met", "undecided", "outside", "ruled_out")),
            row["label"],
        )
        for row in found
    )


def filed_nulls(ws):
    """Return how many nulls each criterion read for another reason than a label."""
    with ws._store.reading() as connection:
        return sum(
            (Counter(nulls or {}) for nulls in connection.execute(select(tables.run_windows.c.nulls)).scalars()), Counter()
        )


def filed_cells(ws):
    with ws._store.reading() as connection:
        found = connection.execute(select(tables.cells)).mappings().all()
    return {
        (
            row["window_start"],
            tuple(json.loads(row["stratum"]).values()),
            *(tuple(json.loads(row[f"criteria_{name}"])) for name in ("met", "undecided", "outside")),
            tuple(json.loads(row["model_version"])),
        ): [row["population"], row["labelled"], row["ruled_out"] or {}]
        for row in found
    }


def figure(row):
    """Return what a row says; of what is exact, the value is both ends."""
    low, high = (row.value, row.value) if row.low is None else (row.low, row.high)
    return (row.value, low, high, row.sampled, row.judged, row.bounds)


def of(carrier, matches=lambda event: True):
    """Return whether an event is of a carrier, and something else besides."""
    return lambda event: event["inputs.carrier"] == carrier and matches(event)


def near(figure):
    """Return a figure to compare with one that was reckoned in another order."""
    one = (figure.value, figure.low, figure.high, figure.sampled, figure.judged, figure.bounds)
    return tuple(each if each is None or isinstance(each, int) else pytest.approx(each, rel=1e-9, abs=1e-12) for each in one)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_capture_and_its_estimates_are_those_of_plain_python(tmp_path, sqlite_template, seed):
    text, plan = chosen(seed)
    write(tmp_path, seed, plan.width)
    (tmp_path / "plain.yaml").write_text(text)
    until = MONDAY + CAPTURED * plan.width
    told = plain.draw(tmp_path / "log", tmp_path / "labels.csv", plan, MONDAY, until)
    shutil.copy(sqlite_template, tmp_path / "remiss.db")
    with remiss.open(str(tmp_path / "remiss.db"), environment={}) as ws:
        run = capture.capture(ws, str(tmp_path / "plain.yaml"), since=MONDAY, until=until)
        agree_on_what_was_filed(ws, run, told)
        agree_on_totals(ws, plan, told)
        agree_on_rates(ws, plan, told)


def agree_on_what_was_filed(ws, run, told):
    manifest = run.manifest
    assert (manifest.rows, manifest.left_out, manifest.left_out_null) == (told.rows, told.left_out, told.left_out_null)
    assert (manifest.merged, manifest.resolved) == (told.merged, told.resolved)
    assert run.refused == {reason: count for reason, count in told.refused.items() if count}
    assert {
        (group.window, tuple(group.stratum.values()), group.criterion): (
            group.population,
            group.labelled,
            group.kept,
            group.threshold,
        )
        for group in run.groups
    } == told.groups
    assert filed_cells(ws) == told.cells
    assert filed_nulls(ws) == +told.nulls
    assert filed_members(ws) == sorted(
        (
            event["window"],
            event["priority"],
            event["id"],
            tuple(sorted(event["groups"])),
            event["p"],
            *(sorted(event[name]) for name in ("met", "undecided", "outside", "ruled_out")),
            event["label"],
        )
        for event in told.members
    )


def agree_on_totals(ws, plan, told):
    for rule in plan.rules:
        [row] = understand.estimate(ws, f"criterion:{rule.name}").rows
        met = sum(rule.name in event["met"] for event in told.events)
        assert (row.value, row.low, row.high, row.method) == (met, None, None, "counted")
    one, other = plan.rules[0].name, plan.rules[1].name
    by_version = Counter(event["model_version"] for event in told.events if one in event["met"])
    rows = understand.estimate(ws, f"criterion:{one}", by="model_version", variance="sample").rows
    assert {row.key: (row.value, row.method) for row in rows} == {name: (by_version[name], "counted") for name in ("7", "7.10")}
    asked = {
        "": lambda event: True,
        f"criterion:{one}": lambda event: one in event["met"],
        f"-criterion:{other}": lambda event: other not in event["met"],
    }
    for query, matches in asked.items():
        rows = understand.estimate(ws, query, by="inputs.carrier", variance="sample").rows
        # A carrier that was sampled, but nothing of it that matches, has a row of 0 and an upper end.
        assert {row.key for row in rows} == {event["inputs.carrier"] for event in told.members}
        for row in rows:
            own = plain.total(told, of(row.key, matches), matches)
            assert figure(row) == near(own)
    [row] = understand.estimate(ws, f"criterion:{other} inputs.carrier:nobody").rows
    assert figure(row) == near(plain.total(told, lambda event: False, lambda event: other in event["met"]))


def agree_on_rates(ws, plan, told):
    for name in (rule.name for rule in plan.rules):
        [row] = understand.estimate(ws, f"criterion:{name}", rate=True).rows
        at_risk = [event for event in told.events if name not in event["outside"]]
        judged = [event for event in at_risk if name not in event["undecided"]]
        met, doubt = sum(name in event["met"] for event in judged), len(at_risk) - len(judged)
        possible = doubt - sum(name in event["ruled_out"] for event in at_risk)
        assert row.value == (met / len(judged) if judged else None)
        assert row.judged == (len(judged) / len(at_risk) if doubt else None)
        assert row.bounds == ((met / len(at_risk), (met + possible) / len(at_risk)) if doubt else None)
    for name in (rule.name for rule in plan.rules[:2]):
        for each in understand.estimate(ws, f"criterion:{name}", rate=True, by="inputs.carrier", variance="sample").rows:
            own = plain.rate(told, name, of(each.key), lambda event: True)
            assert figure(each) == near(own)
