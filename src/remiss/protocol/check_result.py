"""What checking a protocol gives: its expressions with their types, the findings, and what its sample can detect."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, overload

from remiss.errors import Location, ProtocolError
from remiss.parameters import OneOf
from remiss.protocol.terms import Criterion, Protocol, Type
from remiss.records.published import Amount, Count, Share, published


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedExpression:
    """An expression after the allow-list and the type check.

    `sql` is canonical text in the DuckDB dialect. For fields its columns are the source's, and the labels' as
    `labels.NAME`; for predicates they are canonical field names quoted as one identifier, for example
    `"inputs.carrier"`. `reads` are those names. `zoned` says of a time whether its values carry a zone.
    """

    sql: str
    type: Type
    reads: frozenset[str]
    zoned: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedCriterion:
    """A criterion whose predicates are checked. `among` None means every event."""

    criterion: Criterion
    when: CheckedExpression | None
    among: CheckedExpression | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Checked:
    """A protocol that its source can answer: every expression typed. `keys` join events and labels, where there are any.

    `admit` is over the source's columns like a field; None admits every row. So is `by`, which tells of several rows of one id
    which is kept (`Protocol.duplicates`). `label_time` is over the labels' columns: since when each is known.
    """

    protocol: Protocol
    fields: Mapping[str, CheckedExpression]
    criteria: tuple[CheckedCriterion, ...]
    keys: tuple[CheckedExpression, CheckedExpression] | None = None
    admit: CheckedExpression | None = None
    by: CheckedExpression | None = None
    label_time: CheckedExpression | None = None

    @property
    def label_fields(self) -> frozenset[str]:
        """The fields that are null where an event has no label yet: `label`, and others that read the labels."""
        of_labels = (name for name, field in self.fields.items() if any(read.startswith("labels.") for read in field.reads))
        return frozenset(("label", *of_labels))


FindingLevel = Annotated[str, OneOf(("error", "note"))]


@published("finding", part=True)
@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that `protocol check` has to say. `level` is `error` or `note`."""

    code: str
    level: FindingLevel
    file: str
    line: Count
    what: str
    do: str


def has_errors(findings: Iterable[Finding]) -> bool:
    """Return whether any finding is an error."""
    return any(finding.level == "error" for finding in findings)


def first_of(findings: Sequence[Finding]) -> ProtocolError:
    """Return the error that carries the first error found and the count of the others."""
    first, *others = [finding for finding in findings if finding.level == "error"]
    more = f" (and {len(others)} more; `remiss protocol check` shows all)" if others else ""
    return ProtocolError(first.what + more, where=Location(first.file, first.line), do=first.do)


Measure = Annotated[str, OneOf(("share", "mean"))]
Question = Annotated[str, OneOf(("production", "guard"))]


@dataclass(frozen=True, slots=True, kw_only=True)
class LeastEffect:
    """The least effect that is detected at one share of the events; None where there are too few."""

    of: Share
    least: Amount | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectableDrift:
    """By how much a field must change from one window to another to be detected.

    A `share` of a category, which was `before`, changes by a difference of shares; a `mean` in standard deviations of the field.
    `sample` compares the uniform sample of a window with that of another, `pooled` with those of 8 windows, `histogram` the exact
    counts of two windows, where they are kept.
    """

    measure: Measure
    before: Share | None
    sample: Amount | None
    pooled: Amount | None
    histogram: Amount | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectableLift:
    """How much oftener than elsewhere events of a slice must meet a criterion to be detected among its sampled failures.

    `failures` are sampled over so many windows, worth as much as `effective` ones without weights; `slices` gives the least ratio
    of the two failure rates by the share of events that lie in the slice.
    """

    criterion: str
    windows: Count
    failures: Count
    effective: Amount
    slices: tuple[LeastEffect, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class DetectableMargin:
    """The least margin of non-inferiority that a version which is as good as the other passes.

    A suite has the `cases` sampled over so many windows: for `production` all decided events, for `guard` the controls.
    `versions` gives the margin, a difference of pass rates, by the share of events on which the two versions differ.
    """

    question: Question
    windows: Count
    cases: Count
    effective: Amount
    versions: tuple[LeastEffect, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Detectable:
    """What the sample can detect at a level with a power, if other windows are like the counted one.

    The counted `window` has so many events, of which the uniform sample has `sampled`.
    """

    window: datetime
    events: Count
    sampled: Count
    level: Share
    power: Share
    drift: tuple[DetectableDrift, ...]
    lifts: tuple[DetectableLift, ...]
    margins: tuple[DetectableMargin, ...]
    notes: tuple[str, ...]


@published("findings")
@dataclass(frozen=True, slots=True, kw_only=True)
class Findings(Sequence[Finding]):
    """All findings on a protocol, and what its sample can detect; None where no event could be counted."""

    items: tuple[Finding, ...]
    detectable: Detectable | None = None

    def __len__(self) -> int:
        return len(self.items)

    @overload
    def __getitem__(self, at: int) -> Finding: ...

    @overload
    def __getitem__(self, at: slice) -> tuple[Finding, ...]: ...

    def __getitem__(self, at: int | slice) -> Finding | tuple[Finding, ...]:
        return self.items[at]
