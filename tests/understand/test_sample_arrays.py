"""Sampled events as arrays: what is asked of the same events is gathered once."""

from __future__ import annotations

from dataclasses import replace

from remiss.catalog.query.parsing import parse
from remiss.records.estimate import PROCESS, SAMPLE
from remiss.understand.domain import build_domain
from remiss.understand.question import Question, settle
from remiss.understand.sample_arrays import Gathered
from tests.understand.logs import RULES, census_of, flights, seen

EVENTS = flights(120)


def test_events_are_gathered_once_for_both_variances_and_anew_for_another_question_or_other_marks():
    census, kept = census_of(EVENTS)

    def asked(text, variance=SAMPLE, by="inputs.carrier"):
        plan = settle(Question(query=parse(text), by=by, variance=variance), RULES)
        return build_domain(plan, census)

    marked = seen(EVENTS, kept, parse("criterion:missed"), None, "inputs.carrier")
    field = asked("criterion:missed").holding(marked)
    gathered = Gathered()
    arrays = gathered.arrays(field)
    assert len(arrays.listed) == len(field.sampled) > 10
    assert gathered.arrays(asked("criterion:missed", PROCESS).holding(marked)) is arrays
    for other in (
        asked("criterion:slow").holding(marked),
        asked("criterion:missed", by="context.airport").holding(marked),
        field.holding(marked[1:]),
        field.holding([replace(each, inside=not each.inside) for each in marked]),
        replace(field, windows=field.windows[1:]).holding(marked),
    ):
        assert gathered.arrays(other) is not arrays
