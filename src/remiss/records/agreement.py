"""Agreement between people who labelled the same cases independently: how often, beyond chance, they say the same."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from remiss.records.labelling import Verdict
from remiss.records.published import Count, Share, published


class Field(StrEnum):
    """What of a labelling people agree on or not."""

    VERDICT = "verdict"
    MODE = "mode"  # the primary one, where both found a failure
    SEVERITY = "severity"
    MODES = "modes"  # the primary one and all others, as a set


class By(StrEnum):
    """What agreement is told apart by."""

    MODE = "mode"
    PAIR = "pair"
    MONTH = "month"


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What one of two people said of a case."""

    person: str
    verdict: Verdict
    mode: str | None = None
    modes: tuple[str, ...] = ()
    severity: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Double:
    """A case that two people labelled independently, the second `at`.

    `weight` is one divided by its chance to be captured, annotated and chosen for a second labelling; None where it has none that
    is known: no run in force drew it, it was labelled out of turn, or nobody chose it.

    `visible` says whether the asker may know what each of the two said.
    """

    case: str
    weight: float | None
    at: datetime
    first: Given
    second: Given
    visible: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Looks:
    """How often who annotated or verified cases that are decided by now said what they are, and how often they could not."""

    told: int = 0
    not_told: int = 0

    @property
    def share(self) -> float | None:
        """Which share could not tell; None where nobody has looked."""
        looks = self.told + self.not_told
        return self.not_told / looks if looks else None


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """A figure with its 95 % interval; `value` is None where it is undefined, the ends where there is no interval."""

    value: float | None = None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AgreementRow:
    """Agreement in one field, of all cases or of those of one key.

    `cases` have two labels of that field; where they are too few for a figure, those that the asker may know. `agreed` is the
    share of them on which both say the same; by mode, how often the other says it too where one says it. `alpha` is
    Krippendorff's, `ac` Gwet's AC1, or AC2 where labels may be near. `note` says why a figure or an interval is not there.
    """

    key: str | None
    field: Field
    cases: Count
    agreed: Figure
    alpha: Figure
    ac: Figure
    note: str = ""


@published("own-agreement")
@dataclass(frozen=True, slots=True, kw_only=True)
class OwnAgreement:
    """How often another person labelled a case as somebody did, of the cases of theirs that are settled by now.

    `agreed` counts these; it is None while too few are settled to say. `different` are those that the other labelled
    differently, the latest first.
    """

    person: str
    position: Count
    settled: Count
    agreed: Count | None
    different: tuple[str, ...] = ()


@published("agreement")
@dataclass(frozen=True, slots=True, kw_only=True)
class Agreement:
    """How far people agree on the cases that match a query: `cases` were labelled twice and drawn by a run in force.

    `cannot_tell` is which share of the independent labellings of cases that are decided said so: these are in no figure. None
    where no such case is decided.
    """

    query: str
    by: By | None
    position: Count
    cases: Count
    rows: tuple[AgreementRow, ...]
    cannot_tell: Share | None = None
    notes: tuple[str, ...] = ()
