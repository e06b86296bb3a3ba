"""A case on a model again: what the log has, what the model answers now, and whether that is the same."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import ClassVar

from remiss.records.event import Scalar
from remiss.records.model import ModelAnswer, ModelEnvironment, ModelSpecification
from remiss.records.published import LISTED, Count, Items, published


class ReplayGrade(StrEnum):
    """How an answer that was given again compares with the one in the log."""

    IDENTICAL = "identical"
    EQUIVALENT = "equivalent"  # numbers within a relative 1e-6, text but for case and white space, JSON of equal value
    SAME_VERDICT = "same-verdict"  # another answer that meets the same criteria of the protocol
    NOT_REPRODUCED = "not-reproduced"
    ENVIRONMENT_MISSING = "environment-missing"  # the model does not start here, or its server is not there
    INPUTS_REDACTED = "inputs-redacted"  # the model was not asked: an input is not what it was given


class ReplayCause(StrEnum):
    """What is not as it was when the log was written, and so may be why an answer is another one."""

    OTHER_VERSION = "other-version"  # the log names another model, or another version of it
    REDACTED_INPUTS = "redacted-inputs"  # a mark of redaction stands in an input
    MISSING_INPUTS = "missing-inputs"  # the catalog has not all inputs that the protocol names, or none
    REDACTED_OUTPUT = "redacted-output"  # a mark stands in the output of the log, which cannot be compared
    NOTHING_LOGGED = "nothing-logged"  # the catalog has no output to compare with
    CONFIDENCE = "confidence"  # the output is the same, and the confidence another
    TROUBLE = "trouble"  # the model did not answer


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedAnswer:
    """What production logged of a prediction, as far as the catalog has it."""

    model: str
    model_version: str | None = None
    output: Scalar = None
    confidence: float | None = None


@published("replay", keys={"id": "replay"})
@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """One case on one model version again.

    `answer` is None where the model was not asked, `environment` where it did not run. `grade` is None where there is an answer
    and nothing to compare it with, or nothing to ask; `causes` then say why. `do` says what to do about a trouble. `position` is
    that of the catalog when it was kept; of one that is kept the texts of the answer are redacted, and of the model it is said
    what it was, not how it was asked. `person` is None where it is not visible who asked.
    """

    id: str | None = None
    case: str
    model: ModelSpecification
    logged: LoggedAnswer
    answer: ModelAnswer | None
    environment: ModelEnvironment | None
    grade: ReplayGrade | None
    position: Count
    causes: tuple[ReplayCause, ...] = ()
    do: str = ""
    person: str | None = None
    at: datetime | None = None


@published("list", also=LISTED)
@dataclass(frozen=True, slots=True)
class CaseReplays(Items[Replay]):
    """The replays of a case that were kept, the newest first; `hidden` says why none are shown, whether there are any or not."""

    OF: ClassVar = "replay"

    items: tuple[Replay, ...]
    hidden: str | None = None


@published("case-notebook")
@dataclass(frozen=True, slots=True, kw_only=True)
class CaseNotebook:
    """A notebook about cases: `content` is the file, `cases` are the ids of those in it, `total` how many there were."""

    content: str
    cases: tuple[str, ...]
    total: Count
    position: Count


@published("replay-batch", keys={"id": "replays"})
@dataclass(frozen=True, slots=True, kw_only=True)
class ReplayBatch:
    """Cases that a model was asked about at once: how many were kept, and how many have each grade; `none` is without one."""

    id: str
    model: str
    kept: Count
    grades: Mapping[str, Count]
    position: Count
