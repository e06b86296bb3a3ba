"""Regular expressions that every engine reads alike."""

from __future__ import annotations

import pytest

from remiss.errors import ProtocolError
from remiss.protocol.expressions.patterns import check_pattern


@pytest.mark.parametrize(
    "pattern",
    [
        "late",
        "^a.*b$",
        "[a-z]+",
        "[^0-9]",
        r"\d{3}-\d{4}",
        "(a|b)?",
        "(?:ab)+",
        "a{2,}",
        "a+?",
        r"\.",
        r"[\]]",
        r"x\z",
        "",
        "[a-]",
        r"\bno\b",
    ],
)
def test_what_engines_share_is_allowed(pattern):
    check_pattern(pattern)


@pytest.mark.parametrize(
    "pattern",
    [
        "(?=a)", "(?!a)", "(?<=a)b", "(?>a)", "(?P<n>a)", "(?i)a", "(?#x)", r"(a)\1", "a++", "a**", "a{2}{3}", "a{1,2000}", "a{",
        "a{,3}", "[a", "(a", "a)", "[]a]", "[[:alpha:]]", "[a&&b]", r"\p{L}", r"\Z", r"\u1234", "*a", "a\\", r"[z-a]", "a{3,2}",
    ],
)  # fmt: skip
def test_what_one_engine_alone_knows_or_none_is_refused(pattern):
    with pytest.raises(ProtocolError, match="not one that every engine reads alike"):
        check_pattern(pattern)
