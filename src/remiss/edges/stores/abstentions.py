"""Abstentions read and written: who could not tell what an event is.

They hang on the event, which may be no case, and end when their author says something else, when the case is begun anew, or when
the event changes. Nothing of a case tells of them: what is shown passes `blinded_case.labelled`.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Connection, Row, Select, and_, bindparam, insert, select, update

from remiss.curate.guidelines import named
from remiss.edges.stores.dialect.conditions import among
from remiss.edges.stores.in_force import come_by, holds, same_window, stale
from remiss.edges.stores.logs.journal import Transaction
from remiss.edges.stores.prepared import Position
from remiss.edges.stores.querying.search import in_force_at
from remiss.edges.stores.reading import POSITION, Reading
from remiss.edges.stores.tables import abstention_texts, abstentions, cases, events, observations, revisions, run_windows
from remiss.records.event import to_text
from remiss.records.labelling import Labelling, LabellingKind, Quote, Reproduced, Verdict
from remiss.records.run import Member
from remiss.records.states import Status

if TYPE_CHECKING:
    from remiss.curate.annotation import PreparedLabelling


def in_force(position: Position | None = None) -> ColumnElement[bool]:
    """Return the condition that an abstention is in force, now or at a position."""
    return holds(abstentions, position, begins="position")


def abstentions_of(reading: Reading, event_key: int) -> Sequence[Labelling]:
    """Return the abstentions from an event in force, the first first."""
    return reading.once(("abstentions", event_key, reading.position), lambda: _abstentions_of(reading, event_key))


def _abstentions_of(reading: Reading, event_key: int) -> Sequence[Labelling]:
    return tuple(_labelling(row) for row in reading.rows(_in_force_of(past=reading.past), event=event_key))


@cache
def _in_force_of(*, past: bool) -> Select[Any]:
    return (
        select(abstentions, abstention_texts.c.rationale, abstention_texts.c.quotes)
        .outerjoin(abstention_texts, abstention_texts.c.abstention_key == abstentions.c.key)
        .where(abstentions.c.event_key == bindparam("event"), in_force(POSITION if past else None))
        .order_by(abstentions.c.key)
    )


def _labelling(row: Row[Any]) -> Labelling:
    return Labelling(
        kind=LabellingKind(row.kind),
        person=row.person,
        at=row.created_at,
        position=row.position,
        verdict=Verdict.CANNOT_TELL,
        rationale=row.rationale or "",
        quotes=tuple(Quote(field=field, text=text) for field, text in row.quotes or ()),
        reproduced=Reproduced(row.reproduced),
    )


def write_abstention(transaction: Transaction, case: str, event_key: int, kind: LabellingKind, made: PreparedLabelling) -> None:
    """Write that the actor cannot tell what an event is, in the place of what they said before."""
    end_own(transaction, event_key)
    given = made.judgement
    row = {
        "event_key": event_key,
        "kind": kind.value,
        "person": transaction.actor.name,
        "created_at": transaction.at,
        "position": transaction.position(),
        "reproduced": given.reproduced.value,
    }
    said = {"verdict": given.verdict.value, "rationale": given.rationale, "quotes": given.quotes}
    transaction.changed(f"{case}/{kind.value}", None, {**row, **said})
    key = transaction.connection.execute(insert(abstentions).returning(abstentions.c.key), row).scalar_one()
    quotes = [[quote.field, quote.text] for quote in made.quotes]
    words = {"abstention_key": key, "rationale": given.rationale, "quotes": quotes}
    transaction.connection.execute(insert(abstention_texts), words)


def end_own(transaction: Transaction, event_key: int) -> None:
    """Let what the actor said before give way: they say something else now."""
    found = select(abstentions.c.key, abstentions.c.person).where(abstentions.c.event_key == event_key, in_force())
    mine = named(transaction.actor.name)
    _end(transaction, [row.key for row in transaction.connection.execute(found) if named(row.person) == mine], "redone")


def end_abstentions(transaction: Transaction, event_key: int, why: str) -> None:
    """Let the abstentions from an event give way."""
    found = select(abstentions.c.key).where(abstentions.c.event_key == event_key, in_force())
    _end(transaction, transaction.connection.execute(found).scalars().all(), why)


def end_of_changed(transaction: Transaction, run_key: int, seen: Sequence[tuple[int, Member]]) -> None:
    """Let abstentions give way from events whose output or label is another one now: whoever could not tell may do so now."""
    connection = transaction.connection
    held = set(connection.execute(select(abstentions.c.event_key).where(in_force()).distinct()).scalars())
    if not held:
        return
    now = {key: (to_text(member.event.output), to_text(member.event.label)) for key, member in seen if key in held}
    before = _shown_before(connection, run_key, sorted(now))
    for key in sorted(before.keys() & now.keys()):
        if before[key] != now[key]:
            end_abstentions(transaction, key, "stale")


def _shown_before(connection: Connection, run_key: int, keys: Sequence[int]) -> Mapping[int, tuple[str | None, str | None]]:
    """Return output and label of some events as the run saw them that came in force before another."""
    found = (
        select(observations.c.event_key, observations.c.output, observations.c.label)
        .join(run_windows, same_window(observations))
        .where(among(observations.c.event_key, keys), observations.c.run_key != run_key, run_windows.c.position_from.is_not(None))
        .order_by(run_windows.c.position_from, observations.c.run_key)
    )
    return {row.event_key: (to_text(row.output), to_text(row.label)) for row in connection.execute(found)}


def _end(transaction: Transaction, keys: Sequence[int], why: str) -> None:
    if keys:
        ended = update(abstentions).where(among(abstentions.c.key, list(keys)))
        transaction.connection.execute(ended.values(superseded=why, position_to=transaction.position()))


def abstainers(reading: Reading, kinds: frozenset[LabellingKind] = frozenset(LabellingKind)) -> Mapping[int, frozenset[str]]:
    """Return who could not tell what an event is, as names are compared, by its key: of every event with somebody who could not.

    Parameters
    ----------
    kinds : of which labellings they are
    """
    found: dict[int, set[str]] = defaultdict(set)
    rows = select(abstentions.c.event_key, abstentions.c.kind, abstentions.c.person).where(in_force(reading.position))
    for row in reading.connection.execute(rows):
        if LabellingKind(row.kind) in kinds:
            found[row.event_key].add(named(row.person))
    return {key: frozenset(people) for key, people in found.items()}


def once_undecidable(reading: Reading) -> Sequence[Row[Any]]:
    """Return the cases that are or once were undecidable at a position, with the state that they are in."""
    once = revisions.alias("once")
    was = select(once.c.case_key).where(
        once.c.case_key == cases.c.key,
        once.c.status == Status.UNDECIDABLE.value,
        come_by(once, reading.position, begins="position_from"),
    )
    # Of few events somebody could not tell, and of all that are undecidable.
    abstained = select(abstentions.c.event_key).where(come_by(abstentions, reading.position))
    found: Select[Any] = (
        select(cases.c.key, cases.c.event_key, events.c.event_id, stale(reading.position).label("stale"), revisions.c.status)
        .join_from(cases, events, events.c.key == cases.c.event_key)
        .join(revisions, and_(*in_force_at(reading.read_at)))
        .where(cases.c.event_key.in_(abstained), was.exists())
        .order_by(cases.c.key)
    )
    return reading.connection.execute(found).all()
