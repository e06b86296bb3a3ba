"""Members: sampled events with their content, from the rows that an engine brought."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from remiss.capture import sampling, scan
from remiss.capture.sampling import DIGITS, Selection
from remiss.capture.scan import Plan, Shape
from remiss.capture.values import value_of
from remiss.protocol.terms import CONTEXT, INPUTS
from remiss.records.event import Event, Scalar
from remiss.records.identity import canonical, from_micros
from remiss.records.run import Member

TEXTS = ("model_version", "model_digest", "features", "status", "trace_id", "text")


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawing:
    """A sampled event before redaction: `member.event` holds raw values, restricted fields too.

    `raw` is the row of the source as JSON text, for the vault; `file` and `row` say where it stands.
    """

    member: Member
    raw: str
    file: str
    row: int


def drawings(
    plan: Plan, rows: Sequence[Mapping[str, object]], selected: Sequence[Selection], starts: Mapping[int, datetime]
) -> tuple[Drawing, ...]:
    """Return the sampled events in the order of `selected`: by window and priority.

    Parameters
    ----------
    rows : what `scan.fetch` brought, each id once
    selected : what was sampled, each id once
    starts : the start of each window by its number in the plan
    """
    content = {str(row["id"]): row for row in rows}
    return tuple(_drawing(plan, content[sampling.event_of(one.key)], one, starts[one.window]) for one in selected)


def revisits(
    plan: Plan, rows: Sequence[Mapping[str, object]], selected: Sequence[Selection], starts: Mapping[int, datetime]
) -> tuple[Drawing, ...]:
    """Return the events that were fetched and not sampled, by window and priority: in no group, of probability 0."""
    sampled = {sampling.event_of(one.key) for one in selected}
    seed = plan.checked.protocol.sampling.seed
    others = [
        (
            Selection(key=sampling.key(seed, str(row["id"])), window=int(str(row["remiss_window"])), groups=(), probability=0.0),
            row,
        )
        for row in rows
        if row["id"] not in sampled
    ]
    others.sort(key=lambda one: (one[0].window, one[0].key))
    return tuple(_drawing(plan, row, one, starts[one.window]) for one, row in others)


def _drawing(plan: Plan, row: Mapping[str, object], chosen: Selection, window: datetime) -> Drawing:
    values = {one: value_of(row[one], plan.shapes[one]) for one in plan.checked.fields if one not in ("id", "time")}
    names = [one.criterion.name for one in plan.checked.criteria]
    states = [row[f"remiss_state_{at}"] for at in range(len(names))]

    def having(state: int) -> tuple[str, ...]:
        return tuple(name for name, its in zip(names, states, strict=True) if its == state)

    def value(field_name: str) -> Scalar:
        # A stratum by the id or the time is possible, if seldom wise.
        return values[field_name] if field_name in values else value_of(row[f"{field_name}"], Shape.TEXT)

    member = Member(
        event=_event(plan, row, values),
        priority=chosen.key[:DIGITS],
        window=window,
        stratum={one: value(one) for one in plan.checked.protocol.sampling.strata},
        groups=chosen.groups,
        probability=chosen.probability,
        met=having(scan.MET),
        undecided=having(scan.UNDECIDED),
        outside=having(scan.OUTSIDE),
    )
    return Drawing(
        member=member, raw=_strict(str(row["remiss_raw"])), file=str(row["remiss_file"]), row=int(str(row["remiss_row"]))
    )


def _strict(raw: str) -> str:
    """Return a row as JSON that every reader takes: the engine writes NaN and Infinity, which JSON does not know."""
    if "NaN" not in raw and "Infinity" not in raw:
        return raw
    return canonical(json.loads(raw)).decode()


def _event(plan: Plan, row: Mapping[str, object], values: Mapping[str, Scalar]) -> Event:
    def text(field_name: str) -> str | None:
        value = values.get(field_name)
        return None if value is None else str(value)

    def number(field_name: str) -> float | None:
        value = values.get(field_name)
        return float(value) if isinstance(value, int | float) else None

    return Event(
        id=str(row["id"]),
        at=from_micros(int(str(row["remiss_at"]))),
        model=plan.checked.protocol.model,
        **{one: text(one) for one in TEXTS},  # type: ignore[arg-type]
        output=values.get("output"),
        label=values.get("label"),
        confidence=number("confidence"),
        latency_ms=number("latency_ms"),
        inputs={one.removeprefix(INPUTS): value for one, value in values.items() if one.startswith(INPUTS)},
        context={one.removeprefix(CONTEXT): value for one, value in values.items() if one.startswith(CONTEXT)},
    )
