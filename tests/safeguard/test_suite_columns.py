"""Suites are built by columns; each row, family and digest is what it would be if the events were taken one by one."""

from __future__ import annotations

import hashlib
import json
import math
import re
from collections import Counter
from datetime import UTC, datetime, timedelta

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from remiss.protocol.terms import Kind
from remiss.records.expectation import Expectation, ExpectationKind
from remiss.records.identity import case_id, format_time
from remiss.records.states import Status
from remiss.records.suite import APART, SuiteCriterion, SuitePart
from remiss.safeguard import suite_columns, suite_content
from remiss.safeguard.expectations import by_default
from remiss.safeguard.suite_assembly import SuiteParts, as_array, assembled, contents, met_by_log, sealed_rows
from remiss.safeguard.suite_building import TAKEN, drawn_of, told_of, usable
from remiss.safeguard.suite_columns import case_ids, coded, families, objects, times, together

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
SECRET = b"a secret of the catalog"
HOSTILE = (
    *(
        'a "quoted" \\ text',
        "line\nbreak\ttab\x00\x1f\x7f",
        "\u2028\u2029",
        "é 😀 \ufeff",
        "half \ud800 alone",
        "İSTANBUL Straße",
        "  ",
    ),
    *("gate 12 closed", "Gate ٣٤ CLOSED", "int:9007199254740993", "float:nan", "call [email:3f9a]", "[B:12]", "null", "{}", ""),
)
NUMBERS = (
    0,
    -0.0,
    0.0,
    1,
    1.0,
    True,
    2**53,
    -(2**53) - 1,
    2**63,
    -(2**70),
    1e16,
    1e-7,
    5e-324,
    1.7e308,
    1004.2,
    1003.8,
    0.1 + 0.2,
)
ODD = (math.nan, math.inf, -math.inf, None, [1, "two", None], {"deep": [{"er": 1.5}]})
TEXTS = st.text(alphabet='aB 10٣"\\\n[:]\x00é😀\ud800', max_size=12)
SCALARS = st.one_of(st.sampled_from([*HOSTILE, *NUMBERS, *ODD]), TEXTS, st.floats(), st.integers(-(2**70), 2**70), st.booleans())
NAMES = st.sampled_from(["carrier", "distance", 'a "name"', "ü", "b"])
CRITERIA = (
    SuiteCriterion(name="missed", kind=Kind.MISCLASSIFICATION, severity=2, mode=None, why="w", when="output = 'x'", among=None),
    SuiteCriterion(name="slow", kind=Kind.LATENCY, severity=3, mode=None, why="w", when="latency_ms > 1", among=None),
    SuiteCriterion(name="odd", kind=Kind.ANOMALY, severity=3, mode=None, why="w", when=None, among=None, unjudged="it cannot"),
)
STATUSES = st.sampled_from([None, "candidate", "verified", "regressed", "resolved", "control", "cleared"])
EVENTS = st.lists(
    st.fixed_dictionaries(
        {
            "event": st.one_of(st.sampled_from(HOSTILE), TEXTS).map(lambda text: text.replace("\ud800", "?")),  # ids are text
            "recurrence": st.sampled_from([0, 0, 0, 7]),
            "occurred": st.one_of(st.integers(-(10**15), 2 * 10**15), st.sampled_from([0, 1, 10**6])),
            "window": st.sampled_from([0, 604_800_000_000]),
            "stratum": st.sampled_from(["{}", '{"b": 1, "a": "x"}']),
            "criteria": st.sampled_from(["", "missed", "missed, slow", "odd"]),
            "undecided": st.sampled_from(["", "slow"]),
            "weight": st.sampled_from([1.0, 1 / 0.3, 1e16, 40.25]),
            "model_version": st.sampled_from([None, "1", '2 "b"']),
            "output": SCALARS,
            "label": SCALARS,
            "text": st.one_of(st.none(), st.sampled_from(HOSTILE), TEXTS),
            "status": STATUSES,
            "mode": st.sampled_from([None, "remiss:data/label-noise"]),
            "severity": st.sampled_from([None, 1, 4]),
            "inputs": st.one_of(st.dictionaries(NAMES, SCALARS, max_size=3), st.fixed_dictionaries({"b": SCALARS, "ü": SCALARS})),
            "context": st.dictionaries(NAMES, st.sampled_from(["EWR", 1, 1.0, None]), max_size=1),
            "chosen": st.booleans(),
            "written": st.sampled_from([False, False, True]),
            "met": st.sampled_from([1, 0, -1]),
        }
    ),
    max_size=14,
)
WRITTEN = (Expectation(kind=ExpectationKind.ONE_OF, value=["late", 3]),)


# What follows takes one event after the other, by nothing of what builds suites but what an answer is expected to be.


def as_json(value):
    match value:
        case bool() | None | str():
            return value
        case int():
            return value if abs(value) < 2**53 else f"int:{value}"
        case float():
            return value if math.isfinite(value) else f"float:{value}"
        case dict():
            return {name: as_json(each) for name, each in value.items()}
        case list() | tuple():
            return [as_json(each) for each in value]


def dumped(value):
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def coarse(value):
    match value:
        case str() if " " in value:
            return sorted(set(re.sub(r"\d+", "0", value.casefold()).split()))
        case int() | float() if not isinstance(value, bool):
            return f"{float(value):.2e}" if math.isfinite(value) else str(value)
        case _:
            return value


def family_of(inputs, text):
    words = sorted(set(re.sub(r"\d+", "0", text.casefold()).split())) if text else None
    content = dumped([{name: coarse(value) for name, value in inputs.items()}, words]).encode("utf-8", "surrogatepass")
    bits, letters = int.from_bytes(hashlib.sha256(content).digest()[:8]) >> 4, "0123456789abcdefghjkmnpqrstvwxyz"
    return "".join(letters[bits >> 5 * at & 31] for at in reversed(range(12)))


def marked(value):
    return isinstance(value, str) and re.search(r"\[[a-z][a-z0-9-]{0,39}:[0-9a-f]{4}\]", value) is not None


def is_marked(event):
    return any(map(marked, event["inputs"].values()))


def is_apart(event):
    return is_marked(event) and event["chosen"] and event["status"] in {"verified", "regressed", "resolved"}


def left_out(event):
    if not event["inputs"]:
        return "nothing of their inputs is in the catalog"
    if is_marked(event) and not is_apart(event):
        return "redaction touched an input"
    return "redaction touched the label or the answer" if marked(event["output"]) or marked(event["label"]) else None


def line_of(event, at):
    by_name = {each.name: each for each in CRITERIA}
    met = event["criteria"].split(", ") if event["criteria"] else []
    role = "candidate" if met else "undecided" if event["undecided"] else "control"
    part, expected, missing = "production", (), False
    if event["chosen"] and event["status"] in {"verified", "regressed", "resolved"}:
        expected = WRITTEN if event["written"] else by_default(met, event["output"], event["label"], by_name)
        part, missing = ("cases", False) if expected else (part, True)
    elif role == "control" and event["label"] is not None and event["status"] in {None, "control", "cleared"}:
        expected = by_default((), event["output"], event["label"], by_name)
        part = "controls" if expected else part
    said = {
        **{name: event[name] for name in ("event", "model_version", "status", "mode", "severity", "text", "weight")},
        **{name: as_json(event[name]) for name in ("inputs", "context", "output", "label")},
        **{name: format_time(EPOCH + timedelta(microseconds=event[name])) for name in ("occurred", "window")},
        "id": case_id("log", f"{at} {event['event']}", event["recurrence"]),
        "part": part,
        "role": role,
        "family": family_of(event["inputs"], event["text"]),
        "stratum": dumped(json.loads(event["stratum"])),
        "model": "delay",
        "criteria": met,
        "audited": event["status"] == "cleared",
        "met_by_log": {"missed": None if is_marked(event) else {1: True, 0: False, -1: None}[event["met"]]},
        "expectations": [as_json(each.as_plain()) for each in expected],
    }
    said["event"] = f"{at} {event['event']}"
    return said, missing


def read_of(events):
    made = [
        {**each, "event": f"{at} {each['event']}", "key": at, "source": "log", "model": "delay", "hidden": None}
        for at, each in enumerate(events)
    ]
    numbers = {"key": np.int64, "occurred": np.int64, "window": np.int64, "weight": np.float64}
    return {name: as_array([each[name] for each in made], numbers.get(name, object)) for name in TAKEN}


def built(events):
    read = read_of(events)
    drawn, production = drawn_of(read)
    asked = as_array([each["chosen"] for each in events], bool)
    texts = objects(read["inputs"])
    kept, touched, reasons = usable(read, texts, asked)
    texts, read = texts.where(kept), {name: column[kept] for name, column in read.items()}
    drawn = suite_columns.Coded(drawn.values, drawn.codes[kept])
    ids, chosen = case_ids(read["source"], read["event"], read["recurrence"]), asked[kept]
    wrote = dict(zip(ids, as_array([e["written"] for e in events], bool)[kept], strict=True))
    told = told_of(read, drawn, ids, chosen, CRITERIA, lambda those: {each: WRITTEN for each in those if wrote[each]})
    states = np.where(touched, -1, np.array([each["met"] for each in events], dtype=np.int8))[kept]
    return assembled(read, texts, drawn, ids, told, met_by_log({"missed": states})), reasons, production, told


@pytest.fixture(autouse=True, scope="module")
def small_pieces():
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(suite_content, "AT_ONCE", 5)
        patched.setattr(suite_columns, "FEW", 3)
        yield


@given(events=EVENTS)
@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_rows_families_and_digests_are_those_of_events_taken_one_by_one(events):
    found, reasons, production, told = built(events)
    why = [left_out(each) for each in events]
    apart = reasons.pop(APART, 0)
    assert apart == sum(is_apart(each) for at, each in enumerate(events) if why[at] is None)
    assert +reasons == Counter(reason for reason in why if reason is not None)
    weights = {}
    for each in events:
        role = "candidate" if each["criteria"] else "undecided" if each["undecided"] else "control"
        weights[role] = weights.get(role, 0.0) + each["weight"]
    assert production == weights
    lines = [line_of(each, at) for at, each in enumerate(events) if why[at] is None]
    assert int(told.flags(lambda each: each.missing).sum()) == sum(missing for _, missing in lines)
    rows = sorted((line for line, _ in lines), key=lambda each: each["id"])
    assert [row.family for row in found] == [each["family"] for each in rows]
    parts = SuiteParts(every=found, inside=sealed_rows(found, 0.4, SECRET))
    outside = [each for each, inside in zip(rows, parts.inside, strict=True) if not inside]
    files, _ = contents(parts, 0.4, SECRET)
    for part, file in zip(SuitePart, files, strict=True):
        own = [each for each in outside if each["part"] == part]
        content = b"".join(f"{dumped(each)}\n".encode("utf-8", "surrogatepass") for each in own)
        assert (file.rows, file.digest) == (len(own), f"sha256:{hashlib.sha256(content).hexdigest()}")
        assert (file.families, file.weight) == (len({each["family"] for each in own}), sum(each["weight"] for each in own))


@given(events=EVENTS)
@settings(max_examples=40, deadline=None)
def test_rows_one_by_one_have_the_values_that_were_read(events):
    found, *_ = built(events)
    by_event = {f"{at} {each['event']}": each for at, each in enumerate(events)}
    for row in found:
        event = by_event[row.event]
        for name in ("inputs", "context", "output", "label", "text", "status", "severity"):
            assert repr(getattr(row, name)) == repr(event[name])
        assert row.occurred == EPOCH + timedelta(microseconds=event["occurred"])
        assert row.audited is (row.status == Status.CLEARED)
    assert [row.id for row in found[1:3]] == [row.id for row in [*found][1:3]]
    assert not len(found) or repr(found[-1]) == repr([*found][-1])


@given(values=st.lists(SCALARS, max_size=20))
def test_a_column_by_its_distinct_values_says_the_same(values):
    found = coded(values)
    assert [repr(found.values[code]) for code in found.codes] == [repr(value) for value in values]
    both = together(found, coded(list(range(len(values)))))
    assert [repr(both.values[code]) for code in both.codes] == [repr((value, at)) for at, value in enumerate(values)]


@given(rows=st.lists(st.dictionaries(NAMES, SCALARS, max_size=3), max_size=12))
def test_values_are_the_json_that_each_by_itself_would_be(rows):
    cells, alike = objects(as_array(rows))
    assert [each.decode("utf-8", "surrogatepass") for each in cells.to_pylist()] == [dumped(as_json(row)) for row in rows]
    assert families(alike, [None] * len(rows)) == [family_of(row, None) for row in rows]


@given(aware=st.lists(st.datetimes(timezones=st.just(UTC)), max_size=8))
def test_times_are_spelled_as_one_by_one(aware):
    micros = np.array([(each - EPOCH) // timedelta(microseconds=1) for each in aware], dtype=np.int64)
    assert times(micros).to_pylist() == [f'"{format_time(each)}"'.encode() for each in aware]
    assert pa.types.is_large_binary(times(micros).type)
