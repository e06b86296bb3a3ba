"""What a capture would bring, month by month, against what the protocol plans to label.

What a recapture changes: the sample that was in force, compared with the one just drawn.

`added` was not sampled before; `dropped` is still in the source and no longer sampled, or outranked by another row of its id;
`gone` is no longer in the source, which somebody must accept; `changed` has another output, another label or meets other
criteria.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from remiss.capture.captured import ADDED, CHANGED, DROPPED, GONE, KnownEvent
from remiss.capture.requirements import OF_LABELS
from remiss.capture.schedule import Interval
from remiss.present import html
from remiss.protocol.group_sizes import note_on_former
from remiss.protocol.terms import Protocol
from remiss.records.event import to_text
from remiss.records.published import Count, published
from remiss.records.run import Change, Member
from remiss.records.window import window_of


def compare(
    known: Iterable[KnownEvent], members: Sequence[Member], present: Collection[tuple[str, datetime]], width: timedelta
) -> tuple[Change, ...]:
    """Return every difference, by window and event.

    Parameters
    ----------
    known : what the runs in force had sampled in these windows; empty for a first capture, which has no changes
    members : what was drawn now, redacted as it will be filed
    present : which of the known events, by id and window, the source still holds
    width : of the windows
    """
    before = {(item.event, window_of(item.at, width).start): item for item in known}
    if not before:
        return ()
    now = {(member.event.id, member.window): member for member in members}
    found = [Change(event=place[0], kind=ADDED, window=place[1]) for place in now if place not in before]
    for place, old in before.items():
        if place in now:
            detail = "; ".join(_changed(old, now[place]))
            if detail:
                found.append(Change(event=old.event, kind=CHANGED, window=old.window, detail=detail))
        else:
            found.append(Change(event=old.event, kind=DROPPED if place in present else GONE, window=old.window))
    return tuple(sorted(found, key=lambda change: (change.window, change.event)))


def _changed(old: KnownEvent, new: Member) -> Iterable[str]:
    pairs = (
        ("output", old.output, to_text(new.event.output)),
        ("label", old.label, to_text(new.event.label)),
        ("met", ", ".join(sorted(old.met)), ", ".join(sorted(new.met))),
        ("undecided", ", ".join(sorted(old.undecided)), ", ".join(sorted(new.undecided))),
    )
    return (f"{name}: {before or 'none'} -> {after or 'none'}" for name, before, after in pairs if before != after)


# What people call the facts of a month.
COLUMNS = ("month", "events", "to keep", "cases", "labelling budget")


@dataclass(frozen=True, slots=True, kw_only=True)
class WindowYield:
    """What one window would bring, or the piece of it in one month: admitted events, sampled ones, those that met a criterion,
    and rows left out.
    """

    since: datetime
    until: datetime
    events: int
    sampled: int
    cases: int
    left_out: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Month:
    """What the windows have in one calendar month (UTC): each event counts in that of its own time.

    `budget` is how many cases can be labelled in the time that the windows have in it, or None.
    """

    month: str
    events: Count
    sampled: Count
    cases: Count
    budget: Count | None
    left_out: Count = 0


@published("plan")
@dataclass(frozen=True, slots=True, kw_only=True)
class CapturePlan:
    """A dry run: what each month would bring, and the stretches of windows that would be captured, oldest first.

    `position` is the catalog's that it was made at.
    """

    months: tuple[Month, ...]
    notes: tuple[str, ...]
    intervals: tuple[Interval, ...]
    position: Count

    def lines(self) -> list[tuple[str, int, int, int, int | None]]:
        """Return one line a month, in the order of COLUMNS."""
        return [(month.month, month.events, month.sampled, month.cases, month.budget) for month in self.months]

    def _repr_html_(self) -> str:
        notes = "".join(f"<p>{html.escaped(note)}</p>" for note in self.notes)
        return f"<div>{html.table(COLUMNS, self.lines())}{notes}</div>"


def plan(
    protocol: Protocol,
    pieces: Iterable[WindowYield],
    intervals: tuple[Interval, ...],
    position: int,
    refused: Sequence[tuple[int, Mapping[str, int]]] = (),
) -> CapturePlan:
    """Return the plan that exact counts of the windows, which make up the intervals, make.

    The budget of a month is that of the time that the windows have in it: `labelling.budget` an `labelling.every`.

    Parameters
    ----------
    pieces : what each window would bring, taken apart where a month begins
    refused : of each interval how many rows there are, and how many would be refused, by reason
    """
    by_month: dict[str, list[WindowYield]] = defaultdict(list)
    for piece in pieces:
        # Not by strftime, which writes years under 1000 without their zeros.
        by_month[piece.since.date().isoformat()[:7]].append(piece)
    labelling = protocol.labelling
    months = tuple(
        Month(
            month=name,
            events=sum(item.events for item in items),
            sampled=sum(item.sampled for item in items),
            cases=sum(item.cases for item in items),
            left_out=sum(item.left_out for item in items),
            budget=None
            if labelling is None
            else round(labelling.budget * (sum((item.until - item.since for item in items), timedelta(0)) / labelling.every)),
        )
        for name, items in sorted(by_month.items())
    )
    return CapturePlan(
        months=months, notes=(*_refused(refused), *_notes(protocol, months)), intervals=intervals, position=position
    )


def _refused(found: Sequence[tuple[int, Mapping[str, int]]]) -> Iterable[str]:
    """Say how many rows would be refused, and why, the commonest reason first."""
    rows, reasons = sum(read for read, _ in found), Counter[str]()
    for _, counts in found:
        reasons.update(counts)
    labels = Counter({reason: reasons.pop(reason) for reason in OF_LABELS if reason in reasons})
    for what, counted, of in (("rows", reasons, f" of {rows:,}"), ("labels", labels, "")):
        if counted.total():
            named = ", ".join(f"{count:,} {reason}" for reason, count in counted.most_common() if count)
            yield f"{counted.total():,}{of} {what} would be refused: {named}"


def _notes(protocol: Protocol, months: tuple[Month, ...]) -> Iterable[str]:
    former = note_on_former(protocol)
    if former is not None:
        yield former
    left_out = sum(month.left_out for month in months)
    if left_out:
        yield f"{left_out:,} rows would be left out: the protocol does not admit them"
    over = [month for month in months if month.budget is not None and month.cases > month.budget]
    if over:
        worst = max(over, key=lambda month: month.cases - (month.budget or 0))
        yield (
            f"{len(over)} of {len(months)} months bring more cases than can be labelled: {worst.month} brings {worst.cases} "
            f"for a budget of {worst.budget}; lower keep, raise labelling.budget, or accept that a share waits"
        )
    if not months:
        yield "no window of the source has ended yet: nothing would be captured"
