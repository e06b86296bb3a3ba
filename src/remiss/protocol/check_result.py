"""What checking a protocol gives: its expressions with their types, and the findings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from remiss.parameters import OneOf
from remiss.protocol.terms import Criterion, Protocol, Type
from remiss.records.published import Count, Several, published


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
    which is kept (`Protocol.duplicates`).
    """

    protocol: Protocol
    fields: Mapping[str, CheckedExpression]
    criteria: tuple[CheckedCriterion, ...]
    keys: tuple[CheckedExpression, CheckedExpression] | None = None
    admit: CheckedExpression | None = None
    by: CheckedExpression | None = None

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


Findings = Annotated[tuple[Finding, ...], Several("findings")]
