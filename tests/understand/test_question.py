"""Questions: what is asked must be clear before any number is looked at."""

from __future__ import annotations

import pytest

from remiss.catalog.query.expression import EVERYTHING
from remiss.catalog.query.parsing import parse
from remiss.errors import QueryError
from remiss.understand.question import Question, settle
from tests.understand.logs import RULES


def plan(text, *, of=None, **asked):
    return settle(Question(query=parse(text), of=None if of is None else parse(of), **asked), RULES)


@pytest.mark.parametrize(
    ("text", "asked", "says"),
    [
        ("severity:1", {}, "decided by people"),
        ("status:candidate OR criterion:slow", {}, "decided by people"),
        ("criterion:slow mode:remiss:model/*", {}, "decided by people"),
        ("criterion:slwo", {}, "no criterion is named slwo"),
        ("criterion:gone*", {}, "no criterion is named gone"),
        ("inputs.carier:UA", {}, "no field inputs.carier"),
        ("inputs.passenger:ana", {}, "never reaches the catalog"),
        ("criterion:slow", {"by": "inputs.carier"}, "no field inputs.carier"),
        ("criterion:slow", {"by": "severity"}, "no field severity"),
        ("criterion:slow", {"by": "id"}, "id is called event_id"),
        ("criterion:slow", {"by": "time"}, "time is called occurred"),
        ("criterion:slow", {"variance": "hunch"}, "variance is 'hunch'"),
        ("criterion:slow", {"of": ""}, "no rate was asked"),
        ("inputs.carrier:UA", {"rate": True}, "names no criterion"),
        ("criterion:slow OR inputs.carrier:UA", {"rate": True}, "tangles"),
        ("-(criterion:slow inputs.carrier:UA)", {"rate": True}, "tangles"),
        ("criterion:slow criterion:missed", {"rate": True}, "2 criteria"),
        ("criterion:*", {"rate": True}, "3 criteria"),
        ("criterion:slow", {"rate": True, "of": "status:verified"}, "decided by people"),
    ],
)
def test_a_question_without_an_honest_answer_is_refused_with_advice(text, asked, says):
    with pytest.raises(QueryError, match=says) as refused:
        plan(text, **asked)
    assert refused.value.do


@pytest.mark.parametrize(
    ("text", "denominator"),
    [
        ("criterion:slow", ""),
        ("criterion:slow inputs.carrier:UA", "inputs.carrier:UA"),
        ("inputs.carrier:UA criterion:slow occurred:2013-06", "inputs.carrier:UA occurred:2013-06"),
        ("criterion:slow -inputs.carrier:UA (output:late OR output:early)", "-inputs.carrier:UA (output:late OR output:early)"),
        ("-criterion:slow label:late", "label:late"),
        ("criterion:slow (inputs.carrier:UA criterion:slow)", "inputs.carrier:UA"),
    ],
)
def test_without_a_second_query_the_denominator_is_the_event_level_terms(text, denominator):
    found = plan(text, rate=True)
    assert found.among == parse(denominator)
    assert found.risk == "slow"


def test_a_denominator_is_said_in_words():
    assert plan("criterion:slow", rate=True).denominator == (
        "all admitted events, as far as slow applies to them and could be judged"
    )
    assert plan("criterion:slow", rate=True, of="").denominator == "all admitted events, as far as slow could be judged"
    assert plan("inputs.carrier:UA", rate=True, of="").denominator == "all admitted events"


def test_a_second_query_takes_any_number_of_criteria():
    found = plan("criterion:slow OR criterion:missed", rate=True, of="")
    assert (found.among, found.named, found.risk) == (EVERYTHING, ("missed", "slow"), None)


def test_a_total_marks_what_it_could_be_about_so_that_empty_keys_are_seen():
    assert plan("criterion:slow inputs.carrier:UA").among == parse("inputs.carrier:UA")
    assert plan("criterion:slow OR inputs.carrier:UA").among is None


def test_a_rate_that_compares_labels_is_among_labelled_events():
    found = plan("label:late", rate=True, of="output:early")
    assert found.needs_label
    assert found.denominator == "events where output is early, as far as the label could be judged"
    assert not plan("has:label", rate=True, of="").needs_label
