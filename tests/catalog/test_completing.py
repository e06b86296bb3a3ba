"""What the search box offers for the word that somebody is writing."""

from __future__ import annotations

import pytest

from remiss.catalog.query.completing import MOST, KnownValues, completions, key_of
from remiss.catalog.query.parsing import parse

KNOWN = KnownValues(
    fields=("inputs.carrier", "context.airport", "context.two words"),
    values={
        "context.airport": [("EWR", "3 cases"), ("JFK", "2 cases"), ("New York", "1 case")],
        "criterion": [("missed-delay", "A connection was missed."), ("slow", "")],
        "model_version": [("1", ""), ("2.*", "")],
    },
)


def offered(word: str) -> list[str]:
    return [offer.text for offer in completions(word, KNOWN)]


@pytest.mark.parametrize(
    ("word", "first"),
    [
        ("sev", "severity:"),
        ("Sev", "severity:"),
        ("airp", "context.airport:"),
        ("crit", "criterion:"),
        ("context.t", 'context."two words":'),
        ("status:ca", "status:candidate"),
        ("severity:<", "severity:<=2"),
        ("context.airport:", "context.airport:EWR"),
        ("context.airport:ew", "context.airport:EWR"),
        ("context.airport:yo", 'context.airport:"New York"'),
        ("criterion:del", "criterion:missed-delay"),
        ("model_version:2", 'model_version:"2.*"'),
        ("occurred:>", "occurred:>=2013-06-03"),
        ("confidence:", "confidence:<"),
        ("has:lab", "has:label"),
    ],
)
def test_the_likeliest_comes_first(word, first):
    assert offered(word)[0] == first


def test_what_is_offered_as_whole_is_read_as_a_query():
    for word in ("status:", "severity:", "context.airport:", "criterion:", "model_version:", "has:"):
        whole = [offer.text for offer in completions(word, KNOWN) if offer.whole]
        assert whole
        for text in whole:
            parse(text)


@pytest.mark.parametrize("word", ["colour:red", "status:candidate", "severity:<=2", "nothing like it", "<script>"])
def test_nothing_is_offered_where_nothing_fits_or_nothing_is_missing(word):
    assert offered(word) == []


def test_there_are_never_more_than_fit():
    assert len(offered("")) == MOST


def test_a_word_has_a_key_only_once_it_has_its_colon():
    assert key_of("context.airport:E") == "context.airport"
    assert key_of("context.airport") is None
    assert key_of("colour:red") is None
