"""What estimates ask of a query."""

import pytest

from remiss.catalog.parsing import parse
from remiss.catalog.printing import unparse, words
from remiss.catalog.query import EVERYTHING, Level, criteria, event_terms, levels


def test_event_level_terms_leave_out_criteria_grades_and_people():
    query = parse("model:a context.airport:EWR criterion:slow severity:<=2 status:candidate mode:remiss:x missed")
    assert unparse(event_terms(query)) == "model:a context.airport:EWR"


def test_a_part_that_mixes_levels_is_no_event_level_term():
    assert event_terms(parse("(criterion:slow OR model:a) -label:late")) == parse("-label:late")


@pytest.mark.parametrize("text", ["criterion:slow", "criterion:slow OR model:a", ""])
def test_without_event_level_terms_the_denominator_is_everything(text):
    assert event_terms(parse(text)) == EVERYTHING


def test_criteria_are_named_in_order_and_once():
    assert criteria(parse("criterion:slow (criterion:odd OR -criterion:slow) has:criterion")) == ("slow", "odd")


def test_phrases_are_found_in_what_people_wrote_too():
    assert levels(parse("delayed")) == {Level.EVENT, Level.PEOPLE}
    assert levels(parse("model:a criterion:b -severity:1")) == set(Level)


@pytest.mark.parametrize(
    ("text", "spoken"),
    [
        ("", "everything"),
        ("label:late", "label is late"),
        ("occurred:2013-06-01..2013-06-30", "occurred is from 2013-06-01 and occurred is before 2013-07-01"),
        ("confidence:<0.6 OR -has:label", "confidence is below 0.6 or not (label is known)"),
        ("(a OR b) model:c*", '(the text says "a" or the text says "b") and model is like c*'),
    ],
)
def test_a_query_is_printed_in_words(text, spoken):
    assert words(parse(text)) == spoken
