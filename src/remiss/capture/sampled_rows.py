"""Members: sampled events with their content, which is fetched of them alone."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, TypeAlias

import pyarrow as pa

from remiss.capture import sampling
from remiss.capture.sampling import DIGITS, Selection
from remiss.capture.sql import statements
from remiss.capture.sql.criteria import standing
from remiss.capture.sql.plan import SAMPLE, ScanPlan
from remiss.capture.values import values_of
from remiss.errors import SourceError
from remiss.protocol.ports import Session
from remiss.protocol.terms import CONTEXT, INPUTS
from remiss.records.event import Event, Scalar
from remiss.records.identity import canonical, from_micros, to_micros
from remiss.records.run import Member

TEXTS = ("model_version", "model_digest", "features", "status", "trace_id", "text")
# Texts of millions of ids would make one statement that no parser likes.
SAMPLE_ROWS = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class SampledRow:
    """A sampled event before redaction: `member.event` holds raw values, restricted fields too.

    `raw` is the row of the source as JSON text, for the vault: a line of JSON as it was written, any other row as it was read.
    `file` and `row` say where it stands.
    """

    member: Member
    raw: str
    file: str
    row: int


# The number of a window in the plan, and an event's id.
EventPlace: TypeAlias = tuple[int, str]


class Content:
    """Fetched rows by column, each value as records hold it: whole columns are turned at once, which is twice as fast."""

    def __init__(self, plan: ScanPlan, table: pa.Table, lines: Mapping[int, str]) -> None:
        """Take the answer to `statements.fetch`, in which each id occurs once in a window.

        Parameters
        ----------
        lines : of a source of lines those of the rows, by their marks
        """
        self.plan = plan
        self.ids: list[str] = table.column("id").to_pylist()
        self.windows: list[int] = table.column("remiss_window").to_pylist()
        self.at: list[int] = table.column("remiss_at").to_pylist()
        self.files: list[str] = table.column("remiss_file").to_pylist()
        self.rows: list[int] = table.column("remiss_row").to_pylist()
        self.raws: list[str] = table.column("remiss_raw").to_pylist()
        self.lines: list[str | None] = (
            [lines.get(mark) for mark in table.column("remiss_line").to_pylist()] if plan.of_lines else [None] * len(self.raws)
        )
        by_unit = plan.checked.protocol.sampling.unit is not None
        self.priorities: list[str] | None = table.column("remiss_priority").to_pylist() if by_unit else None
        self.values = {
            one: values_of(table.column(one).to_pylist(), plan.shapes[one])
            for one in plan.checked.fields
            if one not in ("id", "time")
        }
        states = [table.column(f"remiss_state_{at}").to_pylist() for at in range(len(plan.checked.criteria))]
        # Few different ones, each of many events.
        known = {own: standing(plan.checked.criteria, own) for own in set(zip(*states, strict=True))}
        self.standings = [known[own] for own in zip(*states, strict=True)]

    def key(self, at: int) -> str:
        """Return the sampling key of the row at that place."""
        if self.priorities is None:
            return sampling.key(self.plan.checked.protocol.sampling.seed, self.ids[at])
        return f"{self.priorities[at]}:{self.ids[at]}"

    @property
    def places(self) -> Mapping[EventPlace, int]:
        """Where each event stands, by the number of its window and its id."""
        return {place: at for at, place in enumerate(zip(self.windows, self.ids, strict=True))}

    def sampled_row(self, at: int, chosen: Selection, window: datetime) -> SampledRow:
        """Return the row at that place as a sampled event."""
        values = {one: column[at] for one, column in self.values.items()}
        standing = self.standings[at]
        member = Member(
            event=_event(self.plan.checked.protocol.model, self.ids[at], self.at[at], values),
            priority=chosen.key[:DIGITS],
            window=window,
            # A stratum by the id is possible, if seldom wise.
            stratum={one: values[one] if one in values else self.ids[at] for one in self.plan.checked.protocol.sampling.strata},
            groups=chosen.groups,
            probability=chosen.probability,
            met=standing.met,
            undecided=standing.undecided,
            outside=standing.outside,
            ruled_out=standing.ruled_out,
        )
        line = self.lines[at]
        raw = _strict(self.raws[at]) if line is None else line
        return SampledRow(member=member, raw=raw, file=self.files[at], row=self.rows[at])


@dataclass(frozen=True, slots=True, kw_only=True)
class FetchedEvents:
    """The content of sampled events and of those asked for beside them; None when there are none.

    `asked` are those beside the sample, and `outranked` those among them that are no events any more: their rows are there, and a
    row of another window is kept in their place.
    """

    content: Content | None
    asked: frozenset[EventPlace]
    outranked: frozenset[EventPlace]

    def sampled(self, selected: Sequence[Selection], starts: Mapping[int, datetime]) -> tuple[SampledRow, ...]:
        """Return the sampled events in the order of `selected`, each id once in a window: by window and priority.

        Parameters
        ----------
        starts : the start of each window by its number in the plan
        """
        content = self.content
        if content is None:
            return ()
        places = content.places
        return tuple(content.sampled_row(places[place_of(one)], one, starts[one.window]) for one in selected)

    def refreshed(self, starts: Mapping[int, datetime]) -> tuple[SampledRow, ...]:
        """Return the events that were asked for and not sampled, by window and priority: in no group, of probability 0."""
        content = self.content
        if content is None:
            return ()
        places = content.places
        found = [(place[0], places[place]) for place in self.asked if place in places]
        others = sorted((window, content.key(at), at) for window, at in found)
        return tuple(
            content.sampled_row(at, Selection(key=key, window=window, groups=(), probability=0.0), starts[window])
            for window, key, at in others
        )


def place_of(chosen: Selection) -> EventPlace:
    """Return where a sampled event is looked for."""
    return chosen.window, sampling.event_of(chosen.key)


def fetched_events(
    session: Session, plan: ScanPlan, selected: Sequence[Selection], also: Iterable[tuple[str, datetime]]
) -> FetchedEvents:
    """Fetch the content of sampled events, and of `also`, known by id and time.

    Raises
    ------
    SourceError : some of the sampled events are not there any more
    """
    width = plan.width // timedelta(microseconds=1)
    sampled = {place_of(one) for one in selected}
    asked = frozenset(((to_micros(at) - plan.base) // width, one) for one, at in also) - sampled
    content = _content(session, plan, sampled, asked)
    missing = asked if content is None else asked.difference(content.places)
    outranked: frozenset[EventPlace] = frozenset()
    if missing and plan.repeated:
        outranked = missing & {(row["number"], row["id"]) for row in session.run(statements.outranked()).to_pylist()}
    return FetchedEvents(content=content, asked=asked, outranked=outranked)


def _content(session: Session, plan: ScanPlan, sampled: set[EventPlace], asked: frozenset[EventPlace]) -> Content | None:
    ids = sorted({one for _, one in (*sampled, *asked)})
    if not ids:
        return None
    keep_sample(session, ids)
    table = session.run(statements.fetch(plan))
    lines: Mapping[int, str] = {}
    if plan.of_lines:
        files = table.column("remiss_file").unique().to_pylist()
        lines = session.lines(files, table.column("remiss_line").to_pylist())
    content = Content(plan, table, lines)
    missing = sampled.difference(content.places)
    if missing:
        raise SourceError(
            f"{len(missing):,} sampled events did not come back: the log changed while it was read",
            do="nothing was filed; capture again when the writer is done with it",
        )
    return content


def keep_sample(session: Session, ids: Sequence[str]) -> None:
    """Keep these ids, of which there is one at least, as `SAMPLE`."""
    tables: list[str] = []
    for at in range(0, len(ids), SAMPLE_ROWS):
        tables.append(f"{SAMPLE}_{len(tables)}")
        session.keep(tables[-1], statements.sample(ids[at : at + SAMPLE_ROWS]))
    session.keep(SAMPLE, " UNION ALL ".join(f"SELECT id FROM {table}" for table in tables))


def _strict(raw: str) -> str:
    """Return a row as JSON that every reader takes: the engine writes NaN and Infinity, which JSON does not know."""
    if "NaN" not in raw and "Infinity" not in raw:
        return raw
    return canonical(json.loads(raw)).decode()


def _event(model: str, event_id: str, at: int, values: Mapping[str, Scalar]) -> Event:
    def text(field_name: str) -> str | None:
        value = values.get(field_name)
        return value if value is None or isinstance(value, str) else str(value)

    def number(field_name: str) -> float | None:
        value = values.get(field_name)
        return float(value) if isinstance(value, int | float) else None

    texts: dict[str, Any] = {one: text(one) for one in TEXTS}
    return Event(
        id=event_id,
        at=from_micros(at),
        model=model,
        **texts,
        output=values.get("output"),
        label=values.get("label"),
        confidence=number("confidence"),
        latency_ms=number("latency_ms"),
        inputs={one.removeprefix(INPUTS): value for one, value in values.items() if one.startswith(INPUTS)},
        context={one.removeprefix(CONTEXT): value for one, value in values.items() if one.startswith(CONTEXT)},
    )
