"""What must hold of estimates for any log and any query."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.understand.logs import SAMPLING, START, Logged, ask, truth

LEAVES = st.sampled_from(
    [
        "criterion:missed",
        "criterion:slow",
        "criterion:*",
        "context.airport:EWR",
        "has:context.airport",
        "inputs.carrier:UA",
        "occurred:<2013-06-10",
        "occurred:>=2013-06-12",
        "label:late",
        "has:label",
    ]
)
QUERIES = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds("({} {})".format, inner, inner),
        st.builds("({} OR {})".format, inner, inner),
        st.builds("-({})".format, inner),
    ),
    max_leaves=5,
)


@st.composite
def logs(draw):
    """Return up to forty events of three weeks."""
    found = []
    for at in range(draw(st.integers(1, 40))):
        doubt = draw(st.booleans())
        met = tuple(name for name in ("missed", "slow") if not (doubt and name == "missed") and draw(st.booleans()))
        found.append(
            Logged(
                id=f"e{at}",
                at=START + timedelta(hours=draw(st.integers(0, 3 * 168 - 1))),
                airport=draw(st.sampled_from(["EWR", "JFK", None])),
                carrier=draw(st.sampled_from(["UA", "AA", None])),
                met=met,
                undecided=("missed",) if doubt else (),
            )
        )
    return found


@settings(max_examples=40, deadline=None)
@given(events=logs(), query=QUERIES)
def test_where_every_event_is_kept_any_query_is_answered_exactly(events, query):
    (row,) = ask(events, query, sampling=replace(SAMPLING, population=1000)) or [None]
    expected = truth(events, query)
    if row is None:
        assert expected == 0
    else:
        assert row.value == pytest.approx(expected)
        assert row.method == "counted" or row.low == row.high == row.value


@settings(max_examples=40, deadline=None)
@given(events=logs(), query=QUERIES, seed=st.integers(0, 99))
def test_an_interval_holds_its_value_and_never_denies_what_was_seen(events, query, seed):
    small = replace(SAMPLING, keep=2, control=2, undecided=2, population=4, seed=str(seed))
    for row in ask(events, query, sampling=small, by="inputs.carrier"):
        seen = sum(event.carrier == row.key for event in events)
        if row.method == "counted":
            assert row.value <= seen
        else:
            assert row.sampled <= row.low <= row.value <= row.high
            assert row.low <= len(events)


@settings(max_examples=25, deadline=None)
@given(events=logs(), seed=st.integers(0, 99))
def test_a_counted_breakdown_adds_up_to_the_whole(events, seed):
    small = replace(SAMPLING, keep=2, control=2, undecided=2, population=4, seed=str(seed))
    rows = ask(events, "criterion:slow", by="context.airport", sampling=small)
    assert {row.method for row in rows} == {"counted"}
    assert sum(row.value for row in rows) == truth(events, "criterion:slow")


@settings(max_examples=25, deadline=None)
@given(events=logs(), seed=st.integers(0, 99), of=st.sampled_from(["", "inputs.carrier:UA", "context.airport:EWR"]))
def test_a_rate_is_a_share_inside_its_interval(events, seed, of):
    small = replace(SAMPLING, keep=2, control=2, undecided=2, population=4, seed=str(seed))
    for row in ask(events, "criterion:missed", rate=True, of=of, sampling=small):
        if row.value is not None:
            assert 0 <= row.value <= 1
        if row.low is not None:
            assert 0 <= row.low <= row.value <= row.high <= 1
