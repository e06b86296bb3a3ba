"""What a criterion is on an event: outside, undecided, not met or met, against the rules of three truth values."""

from __future__ import annotations

from collections import Counter
from itertools import product

import pytest

from tests.edges.engines.worlds import HOUR, MONDAY, captured, protocol, write

# Every combination of what an event said, what was true of it, and which plan it was of; None is a null.
EVENTS = [
    {"id": f"e{at}", "at": MONDAY + at * HOUR, "said": said, "actual": actual, "plan": plan}
    for at, (said, actual, plan) in enumerate(product(("yes", "no", None), repeat=3))
]


def same(value, other):
    return None if value is None else value == other


def both(left, right):
    return False if False in (left, right) else None if None in (left, right) else True


def opposite(value):
    return None if value is None else not value


def either(left, right):
    return opposite(both(opposite(left), opposite(right)))


# For each: `when`, `among`, other keys, which of the two read the label, and both as functions of an event.
CRITERIA = {
    "wrong": (
        "output = 'no' AND label = 'yes'",
        None,
        "",
        lambda e: both(same(e["said"], "no"), same(e["actual"], "yes")),
        None,
    ),
    "wrong-of-some": (
        "output = 'no' AND label = 'yes'",
        "inputs.plan = 'yes'",
        "",
        lambda e: both(same(e["said"], "no"), same(e["actual"], "yes")),
        lambda e: same(e["plan"], "yes"),
    ),
    "nested": (
        "label = 'yes' OR NOT (output = 'no' OR label = 'no')",
        "inputs.plan <> 'no'",
        "",
        lambda e: either(same(e["actual"], "yes"), opposite(either(same(e["said"], "no"), same(e["actual"], "no")))),
        lambda e: opposite(same(e["plan"], "no")),
    ),
    "among-labelled": (
        "output = 'no'",
        "label = 'yes' AND inputs.plan = 'yes'",
        "",
        lambda e: same(e["said"], "no"),
        lambda e: both(same(e["actual"], "yes"), same(e["plan"], "yes")),
    ),
    "plain": ("output = 'no'", None, "", lambda e: same(e["said"], "no"), None),
    "strict": ("output = 'no'", None, "nulls: undecided", lambda e: same(e["said"], "no"), None),
}


def expected(name, event):
    """Return what a criterion is on an event, by design section 3: its state, whether it is ruled out, whether it is null."""
    when, among, keys, is_met, is_among = CRITERIA[name]
    missing = event["actual"] is None and "label" in f"{when} {among}"
    at_risk = True if is_among is None else is_among(event)
    if at_risk is False or (at_risk is None and not (missing and "label" in str(among))):
        return "outside", False, False
    if missing:
        return "undecided", is_met(event) is False, False
    if is_met(event) is None:
        return ("undecided" if keys else "not met"), False, True
    return ("met" if is_met(event) else "not met"), False, False


@pytest.fixture(scope="module")
def found(tmp_path_factory):
    folder = tmp_path_factory.mktemp("states")
    write(folder / "log.parquet", EVENTS)
    criteria = [
        f'{{name: {name}, kind: custom, when: "{when}", {f"""among: "{among}", """ if among else ""}{f"{keys}, " if keys else ""}'
        "severity: 3, why: To see.}"
        for name, (when, among, keys, _, _) in CRITERIA.items()
    ]
    text = protocol(fields=["label: actual", "inputs: [plan]"], criteria=criteria, population=100)
    return captured(folder, text)


def state(member, name):
    states = {"met": member.met, "undecided": member.undecided, "outside": member.outside}
    return next((said for said, names in states.items() if name in names), "not met")


@pytest.mark.parametrize("name", CRITERIA)
def test_every_event_is_what_the_first_rule_that_holds_makes_it(found, name):
    members = {one.member.event.id: one.member for one in found.sampled}
    assert {event["id"]: (state(members[event["id"]], name), name in members[event["id"]].ruled_out) for event in EVENTS} == {
        event["id"]: expected(name, event)[:2] for event in EVENTS
    }


@pytest.mark.parametrize("name", CRITERIA)
def test_cells_and_windows_count_the_same(found, name):
    every = [expected(name, event) for event in EVENTS]
    cells = Counter()
    for cell in found.cells:
        cells[state(cell, name)] += cell.population
    assert cells == Counter(said for said, _, _ in every)
    assert sum(cell.ruled_out.get(name, 0) for cell in found.cells) == sum(ruled for _, ruled, _ in every)
    assert found.windows[0].nulls.get(name, 0) == sum(null for _, _, null in every)


def test_a_log_without_the_answer_of_some_calls_still_has_controls(tmp_path):
    # A nullable error column once made every event without an error undecided, and the rate of errors 100 %.
    errors = [None] * 260 + ["timeout"]
    write(tmp_path / "log.parquet", [{"id": f"e{at}", "at": MONDAY, "said": "yes", "error": e} for at, e in enumerate(errors)])
    criterion = "{name: timeout, kind: error, when: \"context.error = 'timeout'\", severity: 1, why: Nothing is shown.}"
    drawn = captured(tmp_path, protocol(fields=["context: [error]"], criteria=[criterion]))
    assert {group.criterion: group.population for group in drawn.groups} == {"all": 261, "control": 260, "timeout": 1}
    assert drawn.windows[0].nulls == {"timeout": 260}
