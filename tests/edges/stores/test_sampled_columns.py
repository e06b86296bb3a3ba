"""Sampled events by columns are those of the list, event by event, whatever was logged: on every database."""

from __future__ import annotations

import math

import numpy as np
import pytest
from sqlalchemy import delete, select

from remiss.catalog.query.expression import EVERYTHING
from remiss.catalog.query.parsing import parse
from remiss.edges.stores.tables import event_contents, events
from remiss.understand.question import Question, QuestionPlan
from tests.edges.stores.catalogs import fill
from tests.edges.stores.drawing import drawn, file, member

# Few of a family are read as parts, more of them with the whole object.
FEW = ("inputs.distance", "context.airport", "output", "label", "model_version", "confidence", "month", "window")
INPUTS = ("distance", "wind speed", "gone", "a", "b", "c")
MANY = (*(f"inputs.{name}" for name in INPUTS), "context.airport", "context.n", "day", "week")
QUERIES = ("criterion:slow", "output:late OR label:late", "inputs.distance:>1000 -has:context.n")
ODD = (True, 1, 1.0, False, 0, "true", "1", None, math.inf, -math.inf, 1e300, 2**60, "", "ünï\n", "float:inf")


def as_told(value):
    """Return a value such that what is no number equals itself, and true is not 1."""
    return (value.__class__ is bool, "none such" if isinstance(value, float) and not math.isfinite(value) else value)


def recounted(ws, names, query, of):
    """Check the columns of a frame against the list of its sampled events; return how many there are."""
    position, wanted = ws.position(), parse(query)
    among = None if of is None else parse(of)
    frame = ws.evidence.frames(position)[-1]
    plan = QuestionPlan(question=Question(query=wanted), among=among, named=("odd",))
    columns = ws.evidence.sampled_columns(frame, plan, names, position)
    listed = ws.evidence.sampled(frame, wanted, among, None, position)
    assert [columns.windows[at] for at in columns.window.tolist()] == [each.window for each in listed]
    assert columns.probability.tolist() == [each.probability for each in listed]
    assert (columns.inside.tolist(), columns.of.tolist()) == ([each.inside for each in listed], [each.of for each in listed])
    stands = [columns.standings[at] for at in columns.standing.tolist()]
    assert [(each.met, each.outside, each.labelled) for each in stands] == [
        (frozenset(each.met), frozenset(each.outside), each.labelled) for each in listed
    ]
    assert [field.name for field in columns.fields] == list(names)
    for field in columns.fields:
        assert len({as_told(value) for value in field.values}) == len(field.values)
        keys = [each.key for each in ws.evidence.sampled(frame, wanted, among, field.name, position)]
        assert [as_told(field.values[at]) for at in field.codes.tolist()] == [*map(as_told, keys)], field.name
        assert field.codes.dtype == np.intp
    return len(listed)


@pytest.mark.postgresql_in_soak("others send it each of these statements")
@pytest.mark.parametrize("names", [FEW, MANY], ids=["few fields", "many fields"])
@pytest.mark.parametrize("seed", [1, 2])
def test_columns_are_what_a_list_of_the_same_events_says(ws, names, seed):
    fill(ws, seed)
    for query in QUERIES:
        assert recounted(ws, names, query, "context.airport:EWR OR inputs.distance:1200") > 10


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_true_is_not_one_and_what_is_no_number_is_not_missing(ws):
    members = [
        member(at, week=at % 2, inputs={"distance": odd, "wind speed": odd}, context={"airport": odd, "n": at})
        for at, odd in enumerate(ODD)
    ]
    file(ws, drawn(members, weeks=(0, 1)), run="run-aaaaaaaa")
    for names in (FEW, MANY):
        assert recounted(ws, names, "has:output", None) == len(ODD)


def test_what_was_erased_is_no_value_and_not_missing(ws):
    file(ws, drawn([member(at, met=["slow"]) for at in range(1, 5)]), run="run-aaaaaaaa")
    with ws._store.engine.execution_options(writes=True).begin() as connection:
        erased = connection.execute(select(events.c.key).where(events.c.event_id == "e2")).scalar_one()
        connection.execute(delete(event_contents).where(event_contents.c.event_key == erased))
    position = ws.position()
    frame = ws.evidence.frames(position)[0]
    plan = QuestionPlan(question=Question(query=EVERYTHING), among=None, named=())
    for names in (FEW, MANY):
        columns = ws.evidence.sampled_columns(frame, plan, names, position)
        for field in columns.fields:
            told = [field.values[at] for at in field.codes.tolist()]
            if field.name.startswith("inputs.distance"):
                assert sorted(each for each in told if not isinstance(each, float)) == [101, 103, 104]
                assert sum(isinstance(each, float) and math.isnan(each) for each in told) == 1
