"""An estimate reads everything first and computes then: no question reaches the catalog from inside the arithmetic."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

import pytest

from remiss import capture
from remiss.catalog.query.expression import EVERYTHING
from remiss.understand import actions as understand
from remiss.understand import flagged
from remiss.understand.domain import MOST_VALUES, key_of
from remiss.understand.two_phase import rows
from tests.edges.stores.listening import overheard
from tests.stories.logs import MONDAY, WEEK, small_log

ARITHMETIC = (flagged.estimate_rows, rows.confirmed_rows)


@pytest.fixture
def captured(ws, tmp_path, once):
    """Three weeks, one of them captured apart."""
    log = small_log(tmp_path / "log")

    def make():
        capture.capture(ws, log.protocol, since=MONDAY, until=MONDAY + 2 * WEEK)
        return capture.capture(ws, log.protocol, since=MONDAY + 2 * WEEK, until=MONDAY + 3 * WEEK).id

    once(ws, "two_weeks_and_one", make)


@contextmanager
def around(functions: tuple[Callable[..., Any], ...], note: Callable[[], None]) -> Iterator[None]:
    """Take a note whenever this thread begins or ends one of some functions."""
    codes = {each.__code__ for each in functions}

    def listen(frame: FrameType, event: str, _: object) -> None:
        if event in {"call", "return"} and frame.f_code in codes:
            note()

    sys.setprofile(listen)
    try:
        yield
    finally:
        sys.setprofile(None)


@pytest.mark.parametrize(
    "asked",
    [
        {"query": "criterion:slow"},
        {"query": "criterion:slow inputs.carrier:UA"},
        {"query": "criterion:slow inputs.carrier:UA", "rate": True, "by": "week"},
        {"query": "occurred:>=2013-06-10 inputs.carrier:UA", "by": "criterion", "variance": "process"},
        {"query": "criterion:slow", "confirmed": True},
        {"query": "criterion:slow", "confirmed": True, "by": "month"},
        {"query": "occurred:>=2013-06-10", "confirmed": True, "by": "criterion", "variance": "process", "rate": True},
    ],
)
def test_an_estimate_asks_the_catalog_nothing_once_it_computes(ws, captured, asked):
    heard_by_then = []
    with overheard(ws) as heard, around(ARITHMETIC, lambda: heard_by_then.append(len(heard))):
        understand.estimate(ws, **asked)
    assert heard_by_then[0] == heard_by_then[-1] > 0


@pytest.mark.parametrize("at_first", [100_000, 1])
def test_how_many_values_fields_have_is_what_all_their_sampled_events_show_up_to_the_most(ws, captured, monkeypatch, at_first):
    monkeypatch.setattr("remiss.edges.stores.sampled.evidence.LOOKED_AT", at_first)
    position = ws.evidence.position()
    [frame] = ws.evidence.frames(position)
    names = ("inputs.carrier", "context.airport", "inputs.distance", "label", "output", "confidence", "model_version", "model")
    found = {
        name: len({key_of(each.key) for each in ws.evidence.sampled(frame, EVERYTHING, None, name, position)}) for name in names
    }
    assert ws.evidence.value_counts(frame, names, 10_000, position) == found
    assert ws.evidence.value_counts(frame, names, 2, position) == {name: min(count, 3) for name, count in found.items()}
    fields = ("month", "criterion", "mode", *names)
    assert understand.answerable(ws, fields=fields, source=None, protocol="arrival-delay", as_of=position) == {
        "month",
        "criterion",
        "mode",
        *(name for name in names if found[name] <= MOST_VALUES),
    }
