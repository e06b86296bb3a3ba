"""Events: one prediction as production logged it, after the protocol named its parts and redaction read it.

Spelling: how a plain value is written where the catalog keeps it as text, and compares it as such.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TypeAlias

from remiss.records.identity import format_time
from remiss.records.published import Count

Scalar: TypeAlias = str | int | float | bool | datetime | None
Values: TypeAlias = Mapping[str, Scalar]

# What stands in a text where a value was hidden: its detector, and four digits that tell such values apart.
MARK = re.compile(r"\[([a-z][a-z0-9-]{0,39}):[0-9a-f]{4}\]")
# The source of events that people filed: no log is called so.
BY_HAND = "by-hand"
# PostgreSQL holds no text with a NUL, and JSON of one is read by few. It is kept as the character that readers show for what
# they cannot, on every database, so that a log that has one can be captured and is read and found alike everywhere. This is
# in the strata of runs, and thus in their digests: another character would make other runs of the same logs.
NUL, REPLACEMENT = "\0", "\N{REPLACEMENT CHARACTER}"


def without_nul(text: str) -> str:
    r"""Return a text as the catalog keeps it, no matter who brings it.

    >>> without_nul("gate\0closed") == "gate\ufffdclosed"
    True
    """
    return text.replace(NUL, REPLACEMENT)


def is_text(value: str) -> bool:
    r"""Return whether every database can hold a text: it has no NUL and no half of a surrogate pair.

    >>> is_text("run-4f7q2m"), is_text("run-\x00"), is_text("run-\udcff")
    (True, False, False)
    """
    try:
        return b"\0" not in value.encode()
    except UnicodeEncodeError:
        return False


@dataclass(frozen=True, slots=True)
class ModelVersion:
    """The model version that some events have; None is having none, which is something else than not knowing it."""

    name: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Redaction:
    """A mark in the text of an event: from `start` to before `end`, in characters of the text as it is kept.

    `field` is a canonical name; `policy` the version of all that was looked for, how, and by which of a team's patterns.
    """

    field: str
    detector: str
    start: Count
    end: Count
    policy: str


# That there is none says something of an answer and of a label: in these words, everywhere.
NONE_OF = {"output": "no answer", "label": "no label yet"}
NOT_KNOWN = "not known"
# A text of no letters is a value of its own, and is called so where it would be nothing to read or to follow.
EMPTY = "(empty)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One prediction, redacted: what the catalog may hold of it.

    `inputs` and `context` map the names of the protocol (without the `inputs.` and `context.` prefix) to plain values.
    Fields that the protocol grades restricted or secret are absent, not null.
    """

    id: str
    at: datetime
    model: str
    model_version: str | None = None
    model_digest: str | None = None
    features: str | None = None
    output: Scalar = None
    label: Scalar = None
    confidence: float | None = None
    latency_ms: float | None = None
    status: str | None = None
    trace_id: str | None = None
    inputs: Values = field(default_factory=dict)
    context: Values = field(default_factory=dict)
    text: str | None = None
    redactions: tuple[Redaction, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldLabel:
    """How a field is shown to people: what they call it, and in which unit it is.

    Of the confidence, `of` is the answer that it is the probability of, and `threshold` the least with which that is given. Both
    are for showing: nothing is computed with them.
    """

    label: str | None = None
    unit: str | None = None
    of: str | None = None
    threshold: float | None = None


def to_text(value: Scalar) -> str | None:
    """Return the text of a value: truths as `true` and `false`, times as RFC 3339; None stays None.

    >>> to_text(True), to_text(3), to_text("late")
    ('true', '3', 'late')
    """
    match value:
        case None | str():
            return value
        case bool():
            return "true" if value else "false"
        case datetime():
            return format_time(value)
        case _:
            return str(value)
