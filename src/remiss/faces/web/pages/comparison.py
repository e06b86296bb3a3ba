"""A case beside controls: what differs stands out, what all have in common is said once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar

from remiss.present import sampling
from remiss.records.comparison import Comparison
from remiss.records.event import Event, Scalar


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparedCell:
    """What one control has in a field, and whether that differs from the case."""

    value: Scalar
    differs: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One field of a case beside its controls."""

    name: str
    own: Scalar
    others: tuple[ComparedCell, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlsPart:
    """case/controls.html: the case beside the controls that are most like it; `same` is what all have in common."""

    template: ClassVar[str] = "case/controls.html"
    case: str
    controls: tuple[tuple[str, float], ...]
    rows: tuple[Row, ...]
    same: tuple[tuple[str, Scalar], ...]
    where: str
    hidden: str | None


def controls_of(found: Comparison) -> ControlsPart:
    """Return a case beside its controls: fields that differ somewhere, then what all have in common."""
    events = [found.event, *(control.event for control in found.controls)]
    rows, same = [], []
    for name, values in compared(events):
        own, *others = values
        if name in {"predicted", "actual"} or any(value != own for value in others):
            rows.append(
                Row(name=name, own=own, others=tuple(ComparedCell(value=value, differs=value != own) for value in others))
            )
        elif own is not None:
            same.append((name, own))
    return ControlsPart(
        case=found.case,
        controls=tuple((control.event.id, control.likeness) for control in found.controls),
        rows=tuple(rows),
        same=tuple(same),
        where=f"{sampling.period(found)}{sampling.where(found)}",
        hidden=found.hidden,
    )


def compared(events: list[Event]) -> Iterator[tuple[str, list[Scalar]]]:
    """Yield what is known of some events, field by field."""
    for words, name in (("predicted", "output"), ("actual", "label"), ("confidence", "confidence"), ("happened", "at")):
        yield words, [getattr(event, name) for event in events]
    for family in ("inputs", "context"):
        names = dict.fromkeys(name for event in events for name in getattr(event, family))
        for name in names:
            yield f"{family}.{name}", [getattr(event, family).get(name) for event in events]
    for words, name in (("version", "model_version"), ("latency, ms", "latency_ms"), ("text", "text")):
        yield words, [getattr(event, name) for event in events]
