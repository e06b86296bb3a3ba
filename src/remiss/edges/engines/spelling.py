"""Spelling: how numbers are written in a column of text, and whether each number is written in one way only.

A file that writes 1.1 beside 1.10 tells two things apart that are one number. A column is read as numbers only where all
its values are of one spelling in which no two texts are the same number; any other column stays text.
"""

from __future__ import annotations

from collections.abc import Sequence

# Doubles hold 15 digits of any decimal; with the sign and the point.
LONGEST = 16
TEXT, ANY, WHOLE, BOOLEAN = "text", "any", "whole", "boolean"
TYPES = {TEXT: "VARCHAR", WHOLE: "BIGINT", BOOLEAN: "BOOLEAN"}


def type_of(spelling: str) -> str:
    """Return the engine's type for values of a spelling."""
    return TYPES.get(spelling, "DOUBLE")


def holds(value: str, spelling: str) -> str:
    """Return SQL that says whether a text is of a spelling, null for a null.

    Parameters
    ----------
    value : SQL that gives the text
    spelling : `text`, `boolean` (true, false), `whole` (7), `short` (7, 7.5), `long` (7.0, 7.5), `fixed:2` (7.50), or `any`
        number; but for `any` and `text` no two texts of one spelling are the same value
    """
    number = f"TRY_CAST({value} AS DOUBLE)"
    shortest = f"CAST({number} AS VARCHAR)"
    name, _, digits = spelling.partition(":")
    spelled = {
        TEXT: "TRUE",
        BOOLEAN: f"lower({value}) IN ('true', 'false')",
        WHOLE: f"CAST(TRY_CAST({value} AS BIGINT) AS VARCHAR) = {value}",
        "short": f"({shortest} IN ({value}, {value} || '.0') AND NOT ends_with({value}, '.0'))",
        "long": f"{shortest} = {value}",
        "fixed": f"(regexp_matches({value}, '^-?(0|[1-9][0-9]*)[.][0-9]{{{digits or '1,'}}}$') AND length({value}) <= {LONGEST})",
        ANY: f"({number} IS NOT NULL AND NOT regexp_matches({value}, '\\s'))",
    }[name]
    # What is no finite number is missing, however it is written.
    none = f" OR NOT isfinite({number})" if type_of(spelling) == "DOUBLE" else ""
    return f"CASE WHEN {value} IS NOT NULL THEN COALESCE({spelled}{none}, FALSE) END"


def narrowest(value: str, *, number: bool) -> str:
    """Return the aggregate that names the narrowest spelling of all values of a column; empty when all are null.

    `number` takes any spelling of numbers for good: two that are one number are meant to be.
    """

    def all_are(spelling: str) -> str:
        return f"bool_and({holds(value, spelling)})"

    places = f"CASE WHEN isfinite(TRY_CAST({value} AS DOUBLE)) THEN length({value}) - instr({value}, '.') END"
    asked = [ANY] if number else [WHOLE, "short", "long"]
    cases = " ".join(f"WHEN {all_are(one)} THEN '{one}'" for one in asked)
    fixed = f"WHEN {all_are('fixed')} AND MIN({places}) = MAX({places}) THEN 'fixed:' || MIN({places})"
    return f"CASE WHEN COUNT({value}) = 0 THEN '' {cases} {fixed} WHEN {all_are(BOOLEAN)} THEN '{BOOLEAN}' ELSE '{TEXT}' END"


def common(spellings: Sequence[str]) -> str:
    """Return the spelling of a column from those that it has in several files.

    >>> common(["whole", "short"]), common(["short", "fixed:2"]), common([])
    ('short', 'text', 'text')
    """
    found = set(spellings)
    if found == {WHOLE, "short"}:
        return "short"
    return found.pop() if len(found) == 1 else TEXT
