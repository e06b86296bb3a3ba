"""Ids, words, orders and page tokens: the pure parts of looking cases up."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remiss.catalog.full_text import (
    LETTER_LIMIT,
    VALUE_WORD_LIMIT,
    WORD_LIMIT,
    mentions,
    searchable,
    searchable_values,
    words_of,
)
from remiss.catalog.identifying import only, prefix_of
from remiss.catalog.listing import check_fields
from remiss.errors import Ambiguous, InputError, NotFound
from remiss.records.event import to_text
from remiss.records.identity import case_id
from remiss.records.rows import Turn, token, turn


@given(event=st.text(max_size=20), length=st.integers(6, 12))
def test_the_beginning_of_an_id_means_the_ids_that_begin_so(event, length):
    case = case_id("log", event)
    letters = case.replace("-", "")[:length]
    assert case.startswith(prefix_of(letters))
    assert prefix_of(letters.upper()) == prefix_of(letters)
    assert prefix_of(case) == case


def test_letters_that_people_confuse_are_read_as_what_was_meant():
    assert prefix_of("kOm4-ilx") == "k0m4-11x"


def test_one_id_is_found_none_and_several_are_told():
    assert only("k7m4qp", ["a"]) == "a"
    with pytest.raises(NotFound):
        only("k7m4qp", [])
    with pytest.raises(Ambiguous, match="a, b, c, d, e and more"):
        only("k7m4qp", list("abcdef"))


@given(last=st.lists(st.integers(-(2**63) + 1, 2**63 - 1), min_size=1, max_size=3), total=st.none() | st.integers(0, 10**9))
def test_a_token_says_where_its_page_begins(last, total):
    there = Turn(of="list", position=None, total=total, last=tuple(last))
    assert turn(token(there), "list", (int,) * len(last)) == there
    assert turn(token(there, b"key"), "list", (int,) * len(last), b"key") == there
    for other in (b"another", None):
        with pytest.raises(InputError, match="page token"):
            turn(token(there, b"key"), "list", (int,) * len(last), other)


@given(text=st.text(max_size=30) | st.text("ABCabc0123_-=", max_size=30))
def test_whatever_is_given_as_a_token_is_refused_not_crashed_on(text):
    with pytest.raises(InputError, match="page token"):
        turn(text, "list", (int, int))
    with pytest.raises(InputError, match="page token"):
        turn(text, "list", (int, int), b"key")


@given(texts=st.lists(st.text(max_size=40), min_size=1, max_size=3))
def test_a_text_mentions_every_run_of_its_own_words(texts):
    document = searchable(*texts)
    words = document.split(" ") if document else []
    assert words == [word for text in texts for word in words_of(text)]
    for start in range(len(words)):
        assert mentions(document, " ".join(words[start : start + 3]))


def test_the_end_of_a_very_long_text_is_not_searched():
    long = searchable("w " * (WORD_LIMIT + 5) + "end")
    assert len(long.split(" ")) == WORD_LIMIT
    assert words_of("x" * 100) == ("x" * LETTER_LIMIT,)
    assert len(searchable_values("w " * 5_000, None, {"a": "end"}).split(" ")) == VALUE_WORD_LIMIT


@given(values=st.lists(st.none() | st.booleans() | st.integers() | st.text(), min_size=2, max_size=5))
def test_a_phrase_of_values_is_one_of_a_single_value(values):
    document = searchable_values(*values[:2], dict(enumerate(map(str, values[2:]))))
    said = [words_of(to_text(value) or "") for value in (*values[:2], *map(str, values[2:]))]
    assert all(not words or mentions(document, " ".join(words)) for words in said)
    for phrase in ("", *(f"{one[-1]} {other[0]}" for one in said for other in said if one and other)):
        assert mentions(document, phrase) == any(mentions(" ".join(words), phrase) for words in said)


def test_cases_are_counted_by_known_fields_and_by_any_input_and_context():
    assert check_fields(("status", "context.airport", "status")) == ("status", "context.airport")
    assert check_fields(("inputs.carrier",)) == ("inputs.carrier",)
    for name in ("confidence", "inputs.", "context.", "occurred"):
        with pytest.raises(InputError, match="cannot be counted"):
            check_fields((name,))
