"""A team's own patterns, where marks stand, and what names a policy."""

import re
import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remiss.errors import InputError
from remiss.govern.redaction.detectors import DETECTORS, check_pattern
from remiss.govern.redaction.event_fields import redactions
from remiss.govern.redaction.policy import TextPattern, policy_of, policy_version
from remiss.govern.redaction.redactor import Redactor, redact

KEY = b"k" * 32
TICKET = TextPattern("ticket", "T-[0-9]{6}")


def by(*patterns, detectors=("email", "phone")):
    return Redactor(policy_of(detectors, patterns), KEY)


def test_what_a_pattern_finds_becomes_a_mark_of_its_name():
    redacted = redact("see T-123456 and T-123456, T-12", by(TICKET))
    assert re.fullmatch(r"see (\[ticket:[0-9a-f]{4}\]) and \1, T-12", redacted)


def test_a_pattern_sees_what_detectors_see():
    assert redact("T\u2010\uff11\uff12\uff134\u200d56 caf\u00e9", by(TICKET)).endswith("] caf\u00e9")
    assert redact("\u00fc\U0001f600 T-123456 \ud800 T-123457 \u00fc", by(TICKET)).count("[ticket:") == 2


def test_a_pattern_may_go_over_lines_and_take_marks_with_it():
    redacted = redact("BEGIN ana@example.org\nbo@example.org END [email:3f9a]", by(TextPattern("block", "(?s)BEGIN.*END")))
    assert re.fullmatch(r"\[block:[0-9a-f]{4}\] \[email:3f9a\]", redacted)


@pytest.mark.parametrize("pattern", ["(a+)+$", "(a|aa)+$", "(.*a){20}x", "([a-z]+)*[0-9]"])
def test_no_pattern_takes_longer_than_the_text_is_long(pattern):
    check_pattern(pattern)
    for text in ("a" * 100_000 + "!", "ab" * 50_000):
        started = time.process_time()
        redact(text, by(TextPattern("mean", pattern), detectors=()))
        assert time.process_time() - started < 0.05 * (1 if pattern == "(a+)+$" else 20)


@pytest.mark.parametrize(
    ("pattern", "what"),
    [
        ("(?=a)b", "is not a pattern of RE2"),
        (r"(a)\1", "is not a pattern of RE2"),
        ("[a-", "is not a pattern of RE2"),
        ("(?:a{1000}){1000}", "is not a pattern of RE2"),
        (".{0,1000}" * 100 + "x", "repetitions"),
        (".{0,1000}" * 2 + "x", "repetitions"),
        ("(?:[a-z]{1,100}){1,10}" * 20, "repetitions"),
        ("a*", "matches where nothing stands"),
        ("", "has 0 characters"),
        ("a" * 1001, "has 1001 characters"),
        (r"\C", "takes characters apart"),
        ("\ud800", "is not a pattern of RE2"),
    ],
)
def test_what_is_no_pattern_is_refused_with_the_reason(pattern, what):
    with pytest.raises(InputError) as refused:
        check_pattern(pattern)
    assert what in refused.value.what
    assert refused.value.do


def test_a_pattern_of_many_repetitions_is_refused_before_it_is_compiled_whole():
    began = time.process_time()
    for last in "xyz":
        with pytest.raises(InputError, match="repetitions"):
            check_pattern(".{0,1000}" * 100 + last)
    assert time.process_time() - began < 0.2


def test_the_largest_patterns_read_a_text_in_little_time():
    text = "ab " * 7_000
    for pattern in (".{0,1000}x", "(?:.{0,100}){10}x", ".{0,200}" * 5 + "x", r"\w{1,200}@\w{1,200}", "[ab]*a[ab ]{900}x"):
        check_pattern(pattern)
        began = time.process_time()
        redact(text, by(TextPattern("large", pattern), detectors=()))
        assert time.process_time() - began < 0.2, pattern


PATTERNS = st.sampled_from(
    [TICKET, TextPattern("word", r"\w+"), TextPattern("all", ".+"), TextPattern("mean", "[a-z:]+ ?"), TextPattern("end", r"\d+$")]
)
TEXTS = st.lists(
    st.one_of(
        st.sampled_from(["T-123456", "ana@example.org", "[ip:beef]", "[word:0000]", "+1 212 555 0123", "\n"]), st.text(max_size=8)
    )
).map(" ".join)


@settings(max_examples=200, deadline=None)
@given(TEXTS, st.lists(PATTERNS, max_size=3, unique_by=lambda each: each.name))
def test_redacting_twice_changes_nothing_whatever_the_patterns(text, patterns):
    redactor = by(*patterns)
    once = redact(text, redactor)
    assert redact(once, redactor) == once


@settings(max_examples=200, deadline=None)
@given(TEXTS)
def test_each_redaction_says_where_its_mark_stands(text):
    redactor = by(TICKET)
    redacted = redact(text, redactor)
    found = redactions({"text": redacted, "confidence": 0.5, "label": None}, redactor)
    assert len(found) >= redacted.count("[ticket:")
    for each in found:
        assert re.fullmatch(rf"\[{each.detector}:[0-9a-f]{{4}}\]", redacted[each.start : each.end])
        assert (each.field, each.policy) == ("text", redactor.version)


def test_a_policy_is_named_by_all_that_it_looks_for():
    names = {
        policy_version(policy_of([])),
        policy_version(policy_of(["email"])),
        policy_version(policy_of(["email", "ip"])),
        policy_version(policy_of(["email"], [TICKET])),
        policy_version(policy_of(["email"], [TextPattern("ticket", "T-[0-9]{7}")])),
        policy_version(policy_of(["person"]), "small 1"),
        policy_version(policy_of(["person"]), "small 2"),
    }
    assert len(names) == 7
    assert policy_version(policy_of(["ip", "email"])) == policy_version(policy_of(["email", "ip", "ip"]))


def test_the_key_is_in_no_text_that_python_makes_of_a_redactor():
    assert "kkkk" not in repr(by(TICKET))


def test_detectors_know_their_version():
    assert all(each.version >= 1 for each in DETECTORS.values())
