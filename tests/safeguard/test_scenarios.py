"""Scenarios are made of a suite by recipes: what operators do to values, what they refuse, and that nothing but names decides."""

from __future__ import annotations

import os
import random
import re
import statistics
import subprocess
import sys
import textwrap
import unicodedata
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import jsonschema
import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from remiss.codec import published
from remiss.errors import InputError
from remiss.records.expectation import Expectation, ExpectationKind
from remiss.records.suite import CaptureRole, SealedPart, Suite, SuitePart, SuiteRow
from remiss.safeguard.scenarios import changes, texts
from remiss.safeguard.scenarios.changes import Draws
from remiss.safeguard.scenarios.document import OPERATORS, read
from remiss.safeguard.scenarios.making import make
from remiss.safeguard.scenarios.profile import profile_of

AT = datetime(2013, 6, 3, tzinfo=UTC)
WEEK = timedelta(weeks=1)
CARRIERS = ["UA"] * 8 + ["DL"] * 5 + ["B6"] * 6 + ["OO"]
REMARKS = "Late again. The crew of flight 12 waited for a gate.\nNobody told us why!"


def row(at: int, **more) -> SuiteRow:
    late = at % 2 == 0
    given = {
        "id": f"{at:04}-0000-0000",
        "part": SuitePart.CONTROLS if late else SuitePart.CASES,
        "event": f"F{at}",
        "occurred": AT,
        "window": AT + (at % 2) * WEEK,
        "role": CaptureRole.CONTROL,
        "weight": 2.0,
        "family": f"family{at // 2}",
        "stratum": "{}",
        "model": "delay",
        "model_version": "1",
        "inputs": {
            "distance": 100 + 10 * at,
            "wind": 1.5 * (at % 13) + (at % 2) * 10,
            "carrier": CARRIERS[at % len(CARRIERS)],
            "left": AT + timedelta(hours=at),
            "remarks": f"{REMARKS} {at}",
            "hub": late,
        },
        "context": {"airport": "EWR" if at % 3 else "JFK"},
        "text": None,
        "output": "late",
        "label": "late",
        "status": None if late else "verified",
        "mode": None if late else "remiss:model/weak-slice",
        "severity": None,
        "criteria": (),
        "expectations": (Expectation(kind=ExpectationKind.EQUALS, value="late"),),
    }
    return SuiteRow(**{**given, **more})


ROWS = [row(at) for at in range(80)]
SUITE = Suite(
    name="arrivals",
    digest="sha256:" + "0" * 64,
    protocol="arrival-delay",
    protocol_version=1,
    protocol_digest="0" * 64,
    taxonomy_digest="0" * 64,
    source="arrival-predictions",
    model="delay",
    team="default",
    query="",
    within="",
    position=7,
    since=AT,
    until=AT + 2 * WEEK,
    sensitivity="internal",
    criteria=(),
    files=(),
    sealed=SealedPart(share=0.0, families=(), rows={}, strata={}, digest=""),
    production={},
    modes={},
    severities={},
    power=(),
)
DOCUMENT = """\
scenarios: robust
seed: 7
recipes:
  - name: noisy
    parents: {part: controls, slice: {context.airport: [EWR, JFK]}}
    apply: [{operator: jitter, field: inputs.wind, spreads: 0.2}, {operator: swap-category, field: carrier}]
    copies: 3
    expect: invariance
  - name: blown
    parents: {mode: "remiss:model/weak-slice", most: 10}
    apply: [{operator: out-of-range, field: wind, side: above}]
    expect: {kind: directional, goes: up, of: confidence, by: 0.1}
  - name: mistyped
    apply: [{operator: typos, field: remarks, count: 3}, {operator: zero-width, field: remarks}]
    expect: same-as-parent
"""


def made(text=DOCUMENT, rows=ROWS):
    return make(text, "scenarios.yaml", SUITE, rows)


def one(apply: str, rows=ROWS, parents="{}", expect="invariance"):
    """Return the scenarios of a single recipe."""
    recipe = f"{{name: one, parents: {parents}, apply: [{apply}], expect: {expect}}}"
    return made(f"scenarios: robust\nrecipes:\n  - {recipe}\n", rows)


def afters(found):
    """Return, by parent, the one value that was changed."""
    return {each.parent: each.changed[0].after for each in found.scenarios}


@settings(max_examples=8, deadline=None)
@given(order=st.randoms(use_true_random=False))
def test_the_same_document_makes_the_same_scenarios_of_the_same_suite_in_any_order(order):
    found = made()
    again = made(rows=order.sample(ROWS, len(ROWS)))
    assert again == found
    assert len({each.id for each in found.scenarios}) == len(found.scenarios) == found.made.scenarios
    assert [each.scenarios for each in found.made.recipes] == [120, 10, 80]


def test_another_process_with_another_hash_seed_makes_the_same():
    code = "from tests.safeguard.test_scenarios import made; print(made().made.digest)"
    told = {
        subprocess.run(
            [sys.executable, "-c", code], env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, text=True, check=True
        ).stdout.strip()
        for seed in ("1", "2")
    }
    assert told == {made().made.digest}


def test_an_event_more_changes_no_scenario_of_the_others_but_by_what_production_is_like():
    shift = "{operator: time-shift, field: left, by: -2 hours}, {operator: casing, field: remarks, to: random}"
    few, all_ = one(shift, ROWS[:40]), one(shift)
    assert set(few.scenarios) < set(all_.scenarios)
    other = made(DOCUMENT.replace("seed: 7", "seed: 8"))
    assert len(set(other.scenarios) & set(made().scenarios)) < 20


def test_parents_stay_as_they_are_and_everything_else_of_a_scenario_is_theirs():
    by_id = {each.id: each for each in ROWS}
    for each in made().scenarios:
        parent = by_id[each.parent]
        assert each.family == parent.family
        assert all(change.before == parent.inputs[change.field] != change.after for change in each.changed)
    assert [row(at) for at in range(80)] == ROWS


@pytest.mark.parametrize("spreads", [0.1, 0.5])
def test_jitter_is_scaled_to_the_spread_of_production_and_stays_in_its_range(spreads):
    rows = [row(at, inputs={"x": random.Random(at).gauss(0, 40)}) for at in range(2_000)]
    found = one(f"{{operator: jitter, field: x, spreads: {spreads}}}", rows)
    before = {each.id: each.inputs["x"] for each in rows}
    moved = [value - before[parent] for parent, value in afters(found).items()]
    assert statistics.stdev(moved) == pytest.approx(spreads * 40, rel=0.1)
    assert abs(statistics.fmean(moved)) < 3 * spreads * 40 / len(moved) ** 0.5
    assert min(before.values()) <= min(afters(found).values()) and max(afters(found).values()) <= max(before.values())
    whole = one("{operator: jitter, field: distance}")
    assert all(type(value) is int for value in afters(whole).values())


def test_the_spread_is_that_of_production_by_the_weights_of_the_sample():
    common = [row(at, inputs={"x": float(at % 10)}, weight=1_000.0) for at in range(50)]
    failures = [row(50 + at, inputs={"x": 1e6 * at}, weight=1.0) for at in range(100)]
    assert profile_of("x", common + failures).spread == pytest.approx(profile_of("x", common).spread, rel=0.3)


def test_a_swapped_category_is_another_known_one_a_rare_one_is_rare_and_an_unseen_one_is_in_no_event():
    before, known = {each.id: each.inputs["carrier"] for each in ROWS}, set(CARRIERS)
    swapped = afters(one("{operator: swap-category, field: carrier}"))
    assert len(swapped) == len(ROWS)
    assert all(value in known and value != before[parent] for parent, value in swapped.items())
    assert set(swapped.values()) == known
    assert set(afters(one("{operator: rare-category, field: carrier}")).values()) == {"OO"}
    unseen = afters(one("{operator: unseen-category, field: carrier}"))
    assert known.isdisjoint(unseen.values())
    assert all(len(value) == 2 for value in unseen.values())
    named = afters(one("{operator: unseen-category, field: carrier, values: [UA, ZZ]}"))
    assert set(named.values()) == {"ZZ"}


def test_units_ranges_times_and_missing_values():
    before = {each.id: each.inputs for each in ROWS}
    kilometres = afters(one("{operator: unit-error, field: distance, of: mi, to: km}"))
    assert all(value == round(before[at]["distance"] * 1.609344) for at, value in kilometres.items())
    assert changes.conversion("F", "C") == pytest.approx((5 / 9, -160 / 9))
    wind = profile_of("wind", ROWS)
    beyond = afters(one("{operator: out-of-range, field: wind, ranges: 0.5}"))
    assert not any(wind.numbers[0] <= value <= wind.numbers[-1] for value in beyond.values())
    later = afters(one("{operator: time-shift, field: left, by: 1 day}"))
    assert all(value == before[at]["left"] + timedelta(days=1) for at, value in later.items())
    assert set(afters(one("{operator: missing, field: hub}")).values()) == {None}
    texts_of_times = [row(at, inputs={"sent": f"2013-06-{1 + at % 28:02}T23:59:00.5+02:00"}) for at in range(40)]
    shifted = afters(one("{operator: time-shift, field: sent, by: -1 hour}", texts_of_times))
    assert set(shifted.values()) == {f"2013-06-{day:02}T22:59:00.500000+02:00" for day in range(1, 29)}


def test_drift_gives_a_slice_the_profile_that_it_has_in_another_window():
    rows = [
        row(at, inputs={"x": random.Random(at).gauss(10 * (at % 2), 1 + at % 2), "c": "AB"[(at // 2) % (2 + 3 * (at % 2)) > 0]})
        for at in range(1_200)
    ]
    rows += [row(2_000 + at, inputs={"x": 1e9, "c": "Z"}, context={"airport": "LGA"}) for at in range(100)]
    parents = "{slice: {context.airport: [EWR, JFK]}}"
    found = one("{operator: drift, field: x, window: last}", rows, parents)
    there = [each.inputs["x"] for each in rows[:1_200] if each.window > AT]
    assert len(found.scenarios) == 600
    assert {each.parent for each in found.scenarios} == {each.id for each in rows[:1_200] if each.window == AT}
    assert statistics.quantiles(afters(found).values()) == pytest.approx(statistics.quantiles(there), abs=0.1)
    moved = one("{operator: drift, field: c, window: last}", rows, parents)
    assert {each.changed[0].before + each.changed[0].after for each in moved.scenarios} == {"AB"}
    # From one half to four fifths: so many stay as can.
    assert dict(moved.made.recipes[0].left_out)["nothing is changed in the end"] == 600 - len(moved.scenarios)
    assert len(moved.scenarios) / 600 == pytest.approx(0.3, abs=0.05)


HOSTILE = st.text(st.characters(), max_size=60) | st.sampled_from(
    [REMARKS, "naïve café e\u0301te\u0301", "家族👩‍👩‍👧 は。二つ\uff01", "\u202etfel", "مرحبا بالعالم", "ÄÖÜß", "a\u200bb", ""]
)


def test_the_published_schema_takes_what_the_how_to_shows_and_refuses_what_the_document_refuses():
    page = Path(__file__).parents[2] / "docs" / "how-to" / "make-scenarios.md"
    document = yaml.safe_load(textwrap.dedent(page.read_text("utf-8").split("## Write the recipes\n")[1].split("\n`parents`")[0]))
    schema = published("scenarios")
    jsonschema.validate(document, schema, jsonschema.Draft202012Validator)
    for wrong in ({"expect": "directional"}, {"copies": 0}, {"apply": []}, {"apply": [{"operator": "shuffle", "field": "a"}]}):
        refused = document | {"recipes": [document["recipes"][0] | wrong]}
        with pytest.raises(jsonschema.ValidationError):
            jsonschema.validate(refused, schema, jsonschema.Draft202012Validator)
        with pytest.raises(InputError):
            read(yaml.safe_dump(refused), "scenarios.yaml")


def changed(change, text):
    """Return what becomes of a text; None where nothing does."""
    try:
        return change(text)
    except changes.Unchanged:
        return None


@given(text=HOSTILE, seed=st.integers(0, 99))
def test_no_text_breaks_an_operator_and_what_is_disguised_reads_the_same(text, seed):
    def draws():
        return Draws(seed, text)

    typed = changed(lambda given: texts.mistyped(given, 2, draws()), text)
    assert typed is None or typed != text
    hidden = changed(lambda given: texts.with_zero_width(given, 2, draws()), text)
    assert hidden is None or (texts.skeleton(hidden) == texts.skeleton(text) and len(hidden) > len(text))
    assert hidden is None or all(unicodedata.category(each) == "Cf" for each in set(hidden) - set(text))
    alike = changed(lambda given: texts.alike(given, 0.3, draws()), text)
    assert alike is None or (texts.skeleton(alike) == texts.skeleton(text) and len(alike) == len(text) and alike != text)
    cut = changed(lambda given: texts.truncated(given, 0.5), text)
    assert cut is None or (text.startswith(cut) and cut and not (text[len(cut) :][:1] and unicodedata.combining(text[len(cut)])))
    assert "".join(texts.sentences(text)) == text
    again = changed(lambda given: texts.with_a_sentence_repeated(given, 1, draws()), text)
    assert again is None or len(again) > len(text)
    gone = changed(lambda given: texts.without_a_sentence(given, 1, draws()), text)
    assert gone is None or 0 < len(gone) < len(text)
    for case in ("upper", "lower", "title", "swapped", "random"):
        other = changed(lambda given, case=case: texts.recased(given, case, draws()), text)
        assert other is None or other != text
    assert "".join(texts.clusters(text)) == text


def test_what_makes_no_scenario_is_counted_with_its_reason():
    rows = [replace(each, inputs={**each.inputs, "wind": None if at < 5 else 3.0 * at}) for at, each in enumerate(ROWS)]
    [recipe] = one("{operator: jitter, field: wind}", rows).made.recipes
    assert (recipe.scenarios, dict(recipe.left_out)) == (75, {"wind is missing": 5})
    [recipe] = made(
        "scenarios: robust\nrecipes:\n  - {name: gone, copies: 3, apply: [{operator: missing, field: hub}], expect: invariance}\n"
    ).made.recipes
    assert (recipe.scenarios, dict(recipe.left_out)) == (80, {"a copy that is the same again": 160})
    bare = [replace(each, expectations=()) for each in ROWS]
    [recipe] = one("{operator: missing, field: hub}", bare, expect="same-as-parent").made.recipes
    assert dict(recipe.left_out) == {"nothing is expected of the parent": 80}


@pytest.mark.parametrize(
    ("text", "line", "says", "do"),
    [
        (DOCUMENT.replace("field: inputs.wind", "field: wnd"), 6, "no event has the input wnd", "write wind"),
        (DOCUMENT.replace("field: carrier", "field: wind"), 6, "swap-category cannot be done to wind: it is number", "another"),
        (DOCUMENT.replace("field: wind, side", "field: remarks, side"), 11, "it is text, and this is for number", "another"),
        (DOCUMENT.replace("spreads: 0.2", "spread: 0.2"), 6, r"unknown key spread in recipes\[1\].apply\[1\]", "write spreads"),
        (DOCUMENT.replace("name: noisy", "nam: noisy"), 4, r"unknown key nam in recipes\[1\]", "write name"),
        (DOCUMENT.replace("operator: jitter, ", ""), 6, r"recipes\[1\].apply\[1\] lacks operator", "add it"),
        (DOCUMENT.replace("operator: jitter", "operator: wobble"), 6, "wobble", "one of missing, jitter"),
        (DOCUMENT.replace("expect: invariance", "expect: same"), 8, "same", "one of invariance"),
        (DOCUMENT.replace("goes: up", "goes: sideways"), 12, "goes is sideways", "use one of up, down"),
        (DOCUMENT.replace("name: blown", "name: noisy"), 3, "two recipes called noisy", "a name of its own"),
        (DOCUMENT.replace("weak-slice", "gone"), 10, "no event in the suite's files is such a parent", "ask for less"),
        (DOCUMENT.replace("part: controls", "part: sealed"), 5, "is sealed, which is not known", "use one of cases"),
        ("[", 1, "no YAML", ""),
        ("- 1", None, "no mapping", "begin with"),
    ],
)
def test_a_document_that_cannot_be_followed_is_refused_with_its_line(text, line, says, do):
    with pytest.raises(InputError, match=says) as refused:
        made(text)
    assert refused.value.where.line == line
    assert do in (refused.value.do or "")


def test_an_input_of_several_types_can_be_missing_and_nothing_else():
    mixed = [row(at, inputs={"x": at if at % 2 else str(at)}) for at in range(20)]
    assert len(one("{operator: missing, field: x}", mixed).scenarios) == 20
    with pytest.raises(InputError, match="it is of several types"):
        one("{operator: typos, field: x}", mixed)


def test_the_how_to_names_every_operator():
    page = (Path(__file__).parents[2] / "docs" / "how-to" / "make-scenarios.md").read_text("utf-8")
    assert set(re.findall(r"^\| `([a-z-]+)` \|", page, re.MULTILINE)) == set(OPERATORS)


def test_units_of_two_kinds_and_a_window_that_is_not_there_are_refused():
    for apply, says in (
        ("{operator: unit-error, field: distance, of: mi, to: kg}", "units of two kinds"),
        ("{operator: unit-error, field: distance, of: parsec, to: km}", "unknown unit parsec"),
        ("{operator: unit-error, field: distance}", "needs either"),
        ("{operator: time-shift, field: left, by: soon}", "is not a number of"),
        ("{operator: drift, field: wind, window: 2013-06-04}", "no window that begins at 2013-06-04"),
        ("{operator: unseen-category, field: hub}", "yes and no are all"),
        ("{operator: rare-category, field: carrier, share: 0.01}", "as rare as 0.01"),
    ):
        with pytest.raises(InputError, match=says):
            one(apply)
    few = ROWS[:2] + ROWS[2::2]
    with pytest.raises(InputError, match="the suite has 1 such events"):
        one("{operator: drift, field: wind, window: last}", few)
