"""Labellings: what people independently say of a case: whether it is a failure, of which mode, how grave, why.

The first is the annotation; the second, by somebody who has not seen the first, the verification; a third settles what the
two see differently.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Annotated, ClassVar, Self

from remiss.errors import InputError
from remiss.parameters import Grade, Help, Option
from remiss.records.published import Count

_IMPACT = re.compile(r"\s*(\S+)\s+to\s+(\S+)\s+(\S.*?)\s*")


class Verdict(StrEnum):
    """What a person found an event to be. Only the first counts as a failure; of the last nobody knows."""

    FAILURE = "failure"
    NOT_A_FAILURE = "not-a-failure"
    WRONG_LABEL = "wrong-label"  # the ground truth is at fault, not the model
    SAME_EVENT = "same-event"  # another case is of this very event
    CANNOT_TELL = "cannot-tell"  # the evidence does not say: another person's turn


class LabellingKind(StrEnum):
    """Which labelling of a case one is."""

    ANNOTATION = "annotation"
    VERIFICATION = "verification"
    ADJUDICATION = "adjudication"


class Reproduced(StrEnum):
    """Whether a verifier could make the failure happen again."""

    YES = "yes"
    NO = "no"
    NOT_TRIED = "not-tried"


class Relation(StrEnum):
    """How one case hangs on another."""

    ALIKE = "alike"  # another event, the same problem: takes the other's verdict, keeps its own weight
    SAME_EVENT = "same-event"  # the same event twice: counts as no failure


@dataclass(frozen=True, slots=True, kw_only=True)
class Impact:
    """What one occurrence costs: from `low` to `high`, in a unit that the protocol names."""

    TEXT: ClassVar = "LOW to HIGH UNIT"

    low: float
    high: float
    unit: str

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Return the impact that a person typed.

        Raises
        ------
        InputError

        >>> Impact.from_text("10 to 40 minutes").high
        40.0
        """
        found = _IMPACT.fullmatch(text)
        try:
            if found is not None:
                return cls(low=float(found[1]), high=float(found[2]), unit=found[3])
        except ValueError:
            pass
        raise InputError(f"invalid impact: {text!r}", do=f"write {cls.TEXT}, for example '10 to 40 minutes'")


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    """Words of the evidence, letter by letter, and in which field they stand, for example `text` or `inputs.remarks`."""

    field: str
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What a person gives when they label a case.

    A failure has a primary `mode`, perhaps others in `modes`, and an answer to each question of the rubric (`answers`:
    question to answer, by their ids), from which its severity follows. `quotes` are exact pieces of the redacted evidence.
    `target` is the case that `same-event` speaks of. Who cannot tell says why in `rationale`.
    Verifiers say in `reproduced` whether they could reproduce it.
    """

    verdict: Annotated[Verdict, Help("What the event is.")]
    mode: Annotated[str, Help("Primary failure mode, for example remiss:model/weak-slice.")] | None = None
    modes: Annotated[tuple[str, ...], Option("--other-mode", "MODE"), Help("Another failure mode.")] = ()
    answers: Annotated[
        Mapping[str, str],
        Option("--answer", "QUESTION=ANSWER"),
        Help("An answer to the severity rubric, for example harm=loss; one for each of its questions."),
    ] = field(default_factory=dict)
    impact: Annotated[Impact, Help("What one occurrence costs, for example '10 to 40 minutes'.")] | None = None
    rationale: Annotated[str, Help("Why, in a sentence.")] = ""
    quotes: Annotated[tuple[str, ...], Option("--quote", "TEXT"), Help("Words of the evidence, exactly.")] = ()
    target: Annotated[str, Option(metavar="CASE"), Help("The other case, for same-event.")] | None = None
    reproduced: Annotated[Reproduced, Help("Whether you could make it happen again.")] = Reproduced.NOT_TRIED


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelling:
    """One labelling as the catalog holds it.

    `round` counts how often the case was begun anew, `attempt` how often its author has redone it. `severity` is 1 (critical)
    to 4 (minor), of a failure alone, and `severity_reason` says how it follows. `superseded` says why it is not in force any
    more: `redone`, `stale` or `reopened`. Rationale and quotes are gone when they were erased.
    """

    kind: LabellingKind
    person: str
    at: datetime
    position: Count
    verdict: Verdict
    round: Count = 1
    attempt: Count = 1
    mode: str | None = None
    modes: tuple[str, ...] = ()
    answers: Mapping[str, str] = field(default_factory=dict)
    severity: Grade | None = None
    severity_reason: str = ""
    impact: Impact | None = None
    rationale: str = ""
    quotes: tuple[Quote, ...] = ()
    target: str | None = None
    reproduced: Reproduced = Reproduced.NOT_TRIED
    superseded: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Labelled:
    """What of the labellings in force of a case one may see: all, or one's own and why the others are `hidden`."""

    labellings: tuple[Labelling, ...] = ()
    hidden: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """How a case hangs on another, seen from one of the two: `outgoing` from the one that takes the other's verdict."""

    relation: Relation
    case: str
    outgoing: bool
    person: str
    at: datetime
