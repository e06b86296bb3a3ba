"""Breakdowns of many rows: what rows share is looked through once, a row comes out as if it were alone, and there is a bound."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import asdict, dataclass, replace

import pytest

from remiss.catalog.query.parsing import parse
from remiss.errors import FigureRefused
from remiss.protocol.terms import UNPLANNED
from remiss.records.estimate import THIS_LOG, UNKNOWN
from remiss.records.labelling import Verdict
from remiss.understand.domain import MOST_VALUES, build_domain, check_breadth, key_of
from remiss.understand.question import Question, settle
from remiss.understand.rows import Confirmed, compared
from remiss.understand.sampling_facts import Judged, pattern_of
from remiss.understand.two_phase.domain import in_denominator, labelled_domain_of, own_key
from remiss.understand.two_phase.labelling_order import CriterionCounts, LabellingPlan, labelling_order_of
from remiss.understand.two_phase.process import existed
from tests.understand.logs import RULES, SAMPLING, WEEK, Logged, ask, census_of, flights, seen

PLAN = LabellingPlan(labelling=replace(UNPLANNED, verify=dict.fromkeys(UNPLANNED.verify, 1.0)), seed="2026", width=WEEK)


class Looked(list):
    """A list that counts how often all of it was looked through."""

    def __init__(self, those):
        super().__init__(those)
        self.times = 0

    def __iter__(self):
        self.times += 1
        return super().__iter__()


def confirmed(events, text="", *, of=None, by="inputs.carrier", variance="process", rate=False, sampling=SAMPLING):
    """Return a confirmed question about a log of which two people have labelled all that was sampled."""
    census, kept = census_of(events, sampling)
    question = Question(query=parse(text), of=None if of is None else parse(of), by=by, variance=variance, rate=rate)
    plan = settle(question, RULES)
    marked = seen(events, kept, question.query, plan.among, by)
    those = [event for event in events if event.id in kept]
    judged = [
        Judged(
            **asdict(each),
            event=event.id,
            at=event.at,
            agreed=each.inside,
            annotated=True,
            severity=2 if at % 3 else None,
            final=Verdict.FAILURE if at % 3 else Verdict.NOT_A_FAILURE,
            again=True,
            cleared=False,
            chooser=event.id,
        )
        for at, (event, each) in enumerate(zip(those, marked, strict=True))
    ]
    order = labelling_order_of(judged, PLAN, CriterionCounts.of(census.groups))
    order = replace(order, events=Looked(order.events))
    return Confirmed(
        view=labelled_domain_of(build_domain(plan, census), Verdict.FAILURE, order), frame=census.frame, criterion=None
    )


def carriers(count):
    return [f"C{at:03}" for at in range(count)]


ASKED = [
    {"text": "criterion:missed"},
    {"text": ""},
    {"text": "criterion:missed", "rate": True},
    {"text": "", "rate": True, "of": "context.airport:EWR"},
    {"text": "criterion:missed", "by": "context.airport", "rate": True},
    {"text": "", "by": "context.airport"},
]


@pytest.mark.parametrize("asked", ASKED)
def test_more_rows_do_not_look_through_the_events_more_often(asked):
    if asked.get("by") == "context.airport":
        few, many = (flights(900, airports=carriers(count)) for count in (2, 9))
    else:
        few, many = (flights(900, carriers=carriers(count)) for count in (3, 40))
    looks = []
    for events in (few, many):
        read = confirmed(events, **asked)
        before = read.view.order.events.times
        assert len(read.rows()) > 1
        looks.append(read.view.order.events.times - before)
    assert looks[1] <= looks[0]


@pytest.mark.parametrize("asked", ASKED)
def test_what_a_row_is_made_of_is_what_looking_through_everything_finds(asked):
    log = flights(900, weeks=12, carriers=["UA", "AA", "DL", None], unlabelled=9, elsewhere=13)
    view = confirmed([each for each in log if each.carrier != "DL" or each.at < log[500].at], **asked).view
    plan, events = view.field.plan, list(view.order.events)
    keys = {own_key(plan, each) for each in events}
    assert len(keys) > 1
    for key in keys:
        for starts in (view.windows, view.windows[2:5], ()):
            own = [at for at, each in enumerate(events) if each.window in starts and own_key(plan, each) == key]
            among = [at for at in own if in_denominator(plan, events[at])]
            assert view.among(key, starts) == among
            assert view.numbers(key, starts) == [at for at in (among if plan.question.rate else own) if view.holds(events[at])]
            there = [events[at].window for at in own if events[at].of or view.holds(events[at])]
            known = tuple(start for start in starts if min(there) <= start <= max(there)) if there else tuple(starts)
            assert existed(view, key, starts) == known
            cells = tuple(each for each in view.field.cells if each.cell.window in starts and each.key in {None, key})
            assert view.cells(key, starts) == cells
            assert all(one is other for one, other in zip(view.cells(key, starts), cells, strict=True))
            check_pools(view, [each for each in cells if not each.cell.met])


def check_pools(view, own):
    """Compare the pools of some cells with those that looking through all cells for them alone finds."""

    def pool(placed):
        return placed.cell.window, min(placed.probability, view.order.least(placed.cell))

    population, mine, annotated, alike = defaultdict(int), defaultdict(int), defaultdict(int), {}
    for placed in view.field.cells:
        if not placed.cell.met:
            cell = placed.cell
            alike[pattern_of(cell.window, cell.stratum, cell.met, cell.undecided, ())] = pool(placed)
            population[pool(placed)] += cell.population
    for placed in own:
        mine[pool(placed)] += placed.cell.population
    for pattern, count in view.order.unflagged_in_prefix.items():
        if pattern in alike:
            annotated[alike[pattern]] += count
    found = view.unflagged.pools(own)
    assert found.populations.tolist() == list(mine.values())
    assert found.chances.tolist() == [min(1.0, annotated[each] / population[each]) for each in mine]


def test_a_row_of_a_breakdown_is_the_row_that_it_is_alone():
    read = confirmed(flights(900, weeks=12, carriers=carriers(12)), rate=True, of="")
    rows = read.rows()
    for row in rows:
        [alone] = confirmed(flights(900, weeks=12, carriers=carriers(12)), rate=True, of="").rows({key_of(row.key)})
        assert alone == row


def comparison():
    """Return a comparison in which two rows of seven are of three weeks, and have no history."""
    log = [
        Logged(id=f"{name}-{week}-{at}", at=each.at, carrier=name, met=("slow",) if at % 3 == 0 else ())
        for week, first in enumerate(flights(26, weeks=26))
        for name in carriers(7)
        if name < "C005" or week < 3
        for at, each in enumerate([first] * 12)
    ]
    return confirmed(log, "criterion:slow", sampling=replace(SAMPLING, keep=24))


@dataclass(frozen=True)
class Counting:
    """What rows are computed from, with how many were."""

    read: Confirmed
    asked: Counter

    def rows(self, only=None):
        found = self.read.rows(only)
        self.asked[self.read.plan.question.variance] += len(found)
        return found

    def of_sample(self):
        return Counting(self.read.of_sample(), self.asked)


def test_rows_without_a_history_are_computed_anew_and_no_others():
    read = Counting(comparison(), Counter())
    rows, of_log = read.read.rows(), read.read.of_sample().rows()
    lacking = [row.interval == UNKNOWN for row in rows]
    assert 0 < 2 * sum(lacking) < len(rows)
    pairs = zip(rows, of_log, lacking, strict=True)
    expected = [replace(other, notes=(THIS_LOG, *other.notes)) if lacks else row for row, other, lacks in pairs]
    assert list(compared(read)) == expected
    assert read.asked == {"process": len(rows), "sample": sum(lacking)}


def test_a_breakdown_by_a_field_of_too_many_values_is_refused_with_what_to_do():
    log = flights(2 * (MOST_VALUES + 1), carriers=carriers(MOST_VALUES + 1))
    everything = replace(SAMPLING, keep=len(log), control=len(log), undecided=len(log), population=len(log))
    with pytest.raises(FigureRefused, match=rf"inputs.carrier has {MOST_VALUES + 1} values .* at most {MOST_VALUES}") as refused:
        ask(log, "", by="inputs.carrier", sampling=everything)
    assert "inputs.carrier:A*" in refused.value.do
    assert "chart heatmap" not in refused.value.do
    assert refused.value.field == "by"
    assert len(ask(log, "inputs.carrier:C1*", by="inputs.carrier", sampling=everything)) == 100


def test_of_numbers_the_refusal_says_to_ask_for_a_range_or_for_bins():
    numbers = [key_of(None), *(key_of(at + 0.5) for at in range(MOST_VALUES))]
    with pytest.raises(FigureRefused) as refused:
        check_breadth("confidence", numbers)
    assert "confidence:FROM..TO" in refused.value.do
    assert "chart heatmap" in refused.value.do


@pytest.mark.parametrize("by", ["day", "week", "month", "window", "criterion", "model_version", "mode", "severity", None])
def test_what_is_no_field_may_have_as_many_rows_as_there_are(by):
    check_breadth(by, [key_of(at) for at in range(10 * MOST_VALUES)])


def test_at_the_bound_there_is_an_answer():
    check_breadth("inputs.flight", [key_of(at) for at in [*range(MOST_VALUES)] * 2])
    with pytest.raises(FigureRefused):
        check_breadth("inputs.flight", [key_of(at) for at in range(MOST_VALUES + 1)])
