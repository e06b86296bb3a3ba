"""The store of recodings: the port `Recodings` on a database."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, Text, exists, func, insert, literal, not_, or_, select, update

from remiss.catalog.query.expression import split_values
from remiss.catalog.query.parsing import parse
from remiss.curate.recoding import Affected, destination, renamed, sources_of
from remiss.edges.stores.blinding import blinded_viewer, suggestions_blinded
from remiss.edges.stores.case_writing import next_state
from remiss.edges.stores.cases import parameters_then
from remiss.edges.stores.dialect.conditions import json_has
from remiss.edges.stores.in_force import come_by
from remiss.edges.stores.labelling.case_state import suggested
from remiss.edges.stores.labelling_reading import in_force, weights_of
from remiss.edges.stores.linking import end_link
from remiss.edges.stores.listing.pages import matches_then
from remiss.edges.stores.logs.journal import Transaction
from remiss.edges.stores.prepared import BlindedViewer, Parameters, Prepared
from remiss.edges.stores.querying.paths import Purpose, query_kind
from remiss.edges.stores.reading import Reader, Reading
from remiss.edges.stores.tables import (
    cases,
    labelling_texts,
    labellings,
    recodings,
    revision_reasons,
)
from remiss.edges.stores.visible import Sight, visible_to
from remiss.errors import Conflict, InputError
from remiss.records.labelling import Relation
from remiss.records.recoding import KeptRecoding, Recoding
from remiss.records.states import DECIDED, Move, Status, after

RECODED, REOPENED = "recoded", "reopened"


class RecodingStore:
    """Recodings of an open catalog. A taxonomy is everybody's: they reach every case, no matter who may see it.

    What they tell is of the cases that the asker sees, and of which nothing is blinded: the rules of a recoding are queries.
    """

    def __init__(self, reader: Reader) -> None:
        self._asker = reader
        self._reader = reader.of_everything
        self._store = reader.store

    def affected(self, recoding: Recoding) -> tuple[Affected, ...]:
        """Return the cases that a recoding touches, in the order of their keys, of those that the asker may be told of."""
        with self._asker.at() as reading:
            _check_new(reading, recoding)
            found = _affected(reading, recoding, _touched(recoding, _told_of(reading)), _matching)
            return tuple(each for row, each in found if _possible(row, each))

    def write(self, recoding: Recoding) -> tuple[Affected, ...]:
        """Write a recoding: the next state of each case that it touches, and the recoding itself.

        Return what `affected` does.
        """
        transaction, reading = self._store.transaction, self._reader.writing
        _check_new(reading, recoding)
        told = frozenset(reading.connection.execute(select(cases.c.key).where(*_told_of(self._asker.writing))).scalars())
        touched = list(_affected(reading, recoding, _touched(recoding, waiting=True).with_for_update(), _matching_any))
        for row, each in touched:
            _possible(row, each)
            _write(reading, transaction, row, each, recoding)
        kept = {
            "name": recoding.name,
            "about": recoding.about,
            "text": recoding.text,
            "person": transaction.actor.name,
            "created_at": transaction.at,
            "position": transaction.position(),
        }
        transaction.connection.execute(insert(recodings), kept)
        transaction.subjects.append(recoding.name)
        transaction.changed(f"recoding/{recoding.name}", None, recoding.text)
        return tuple(each for row, each in touched if row.key in told)

    def kept(self, position: int | None) -> tuple[KeptRecoding, ...]:
        """Return the recodings that were written up to a position, oldest first."""
        found = select(recodings).where(come_by(recodings, position)).order_by(recodings.c.position)
        with self._reader.at(position) as reading:
            return tuple(
                KeptRecoding(
                    name=row.name, about=row.about, person=row.person, at=row.created_at, position=row.position, text=row.text
                )
                for row in reading.connection.execute(found)
            )


def _check_new(reading: Reading, recoding: Recoding) -> None:
    there = reading.connection.execute(select(recodings.c.position).where(recodings.c.name == recoding.name)).scalar()
    if there is not None:
        raise Conflict(f"the recoding {recoding.name} was written at position {there}", do="give another one another name")


def _touched(recoding: Recoding, told: Sequence[ColumnElement[bool]] = (), *, waiting: bool = False) -> Select[Any]:
    """Return the select of the cases that have, or were labelled with, a moved mode.

    Parameters
    ----------
    told : of which of them
    waiting : whether also all that wait for a second labelling. A recoding writes the next state of each of them, whatever it
        and its labelling are called: else their histories would tell
    """
    sources = sources_of(recoding)
    said = or_(*(_says(source) for source in sorted(sources)))
    labelled = exists().where(labellings.c.case_key == cases.c.key, in_force(), said)
    also = [cases.c.status == Status.ANNOTATED.value] if waiting else []
    return select(cases).where(or_(cases.c.mode.in_(sources), labelled, *also), *told).order_by(cases.c.key)


def _told_of(reading: Reading) -> list[ColumnElement[bool]]:
    """Return the conditions that somebody sees the case at hand, and that nothing suggested of it is blinded."""
    viewer = blinded_viewer(reading)
    return [visible_to(reading.scope), *([] if viewer is None else [not_(suggestions_blinded(viewer))])]


def _affected(
    reading: Reading, recoding: Recoding, touched: Select[Any], matching: Callable[[Reading, str], frozenset[int]]
) -> Iterator[tuple[Row[Any], Affected]]:
    """Yield the rows of some cases that a recoding touches, and what becomes of their modes."""
    sources = sources_of(recoding)
    rows = reading.connection.execute(touched).all()
    held = [[matching(reading, arm.when) if arm.when else None for arm in move.arms] for move in recoding.moves]
    weights = weights_of(reading, [row.event_key for row in rows])
    for row in rows:
        goes = {
            source: destination(move, [keys is None or row.key in keys for keys in arms])
            for move, arms in zip(recoding.moves, held, strict=True)
            for source in move.sources
        }
        mode = row.mode if row.mode in sources else None
        yield row, Affected(case=row.id, mode=mode, goes=goes, weight=weights.get(row.event_key, 0.0))


def _says(source: str) -> Any:
    return or_(labellings.c.mode == source, json_has(labellings.c.modes, literal(source, Text())))


def _matching(reading: Reading, query: str) -> frozenset[int]:
    """Return the keys of the cases that match a query, as the catalog stands, as a list has them for who asks."""
    return _keys(reading, query, blinded_viewer(reading))


def _matching_any(reading: Reading, query: str) -> frozenset[int]:
    """Return the keys of the cases that match a query, as the catalog stands, whatever is blinded of them."""
    return _keys(reading, query, None)


def _keys(reading: Reading, query: str, viewer: BlindedViewer | None) -> frozenset[int]:
    parsed = parse(query)
    shape, values = split_values(parsed)
    connection, kind = reading.connection, None if viewer is None else viewer.kind
    sight = Sight.of(reading.scope)
    asked = query_kind(shape, sight, kind, Purpose.COUNT, None, connection.dialect, visible_alone=kind is not None)
    parameters = parameters_then(reading, Parameters(values=values, scope=reading.scope, viewer=viewer), parsed)
    found = Prepared(matches_then(asked).chosen(cases.c.key), connection.dialect).ask(connection, parameters)
    return frozenset(key for (key,) in found)


def _possible(row: Row[Any], each: Affected) -> bool:
    """Refuse to send back a case that the table of states does not let be reopened; else return True."""
    back = each.mode is not None and each.goes[each.mode] is None
    status = Status(row.status)
    if back and status in DECIDED and after(status, Move.REOPEN) is None:
        raise InputError(f"case {row.id} is {status.value} and cannot be labelled again", do="give it a mode, under otherwise")
    return True


def _write(reading: Reading, transaction: Transaction, row: Row[Any], each: Affected, recoding: Recoding) -> None:
    connection = transaction.connection
    given = connection.execute(select(labellings).where(labellings.c.case_key == row.key, in_force())).all()
    status, mode = Status(row.status), each.mode
    moved = [name for label in given for name in (label.mode, *label.modes) if name in each.goes]
    back = any(each.goes[name] is None for name in (*moved, *([mode] if mode else [])))
    waits = status is Status.ANNOTATED
    state = {"status": row.status, "mode": row.mode, "severity": row.severity, "text_version": row.text_version}
    if not back:
        state["mode"] = row.mode if mode is None else each.goes[mode]
        for label in given:
            _relabel(transaction, label, each.goes)
    elif status in DECIDED and after(status, Move.REOPEN) is not None:
        before = suggested(reading, row)
        kept = None if before[0] in each.goes else before[0]
        state |= {"status": Status.CANDIDATE.value, "mode": kept, "severity": before[1]}
        _end(transaction, [label.key for label in given], REOPENED)
        end_link(transaction, row.key, Relation.SAME_EVENT)
        reason = {"case_key": row.key, "revision": row.revision + 1, "reason": f"{recoding.name}: {recoding.about}"}
        connection.execute(insert(revision_reasons), reason)
    else:
        # What was said of it stays, and the next labelling decides: to have it said anew would tell which mode it names.
        state["mode"] = row.mode if mode is None else each.goes[mode]
    if state["mode"] != row.mode or state["status"] != row.status or waits:
        next_state(transaction, row, state, stale=row.stale and state["status"] == row.status)
        told = ("status", "mode", "severity")
        transaction.changed(row.id, {name: getattr(row, name) for name in told}, {name: state[name] for name in told})
        transaction.subjects.append(row.id)


def _relabel(transaction: Transaction, label: Row[Any], goes: Mapping[str, str | None]) -> None:
    """Let a labelling give way to one that says the same by the new modes; it keeps its author, time and words."""
    mode, modes = renamed(label.mode, label.modes, goes)
    if (mode, list(modes)) == (label.mode, list(label.modes)):
        return
    connection = transaction.connection
    _end(transaction, [label.key], RECODED)
    of_kind = (labellings.c.case_key == label.case_key) & (labellings.c.round == label.round) & (labellings.c.kind == label.kind)
    attempt = connection.execute(select(func.max(labellings.c.attempt)).where(of_kind)).scalar_one() + 1
    kept = {column.name for column in labellings.c} - {"key", "position_to", "superseded"}
    row = {name: getattr(label, name) for name in kept}
    row |= {"mode": mode, "modes": list(modes), "attempt": attempt, "position": transaction.position()}
    key = connection.execute(insert(labellings).returning(labellings.c.key), row).scalar_one()
    words = connection.execute(select(labelling_texts).where(labelling_texts.c.labelling_key == label.key)).first()
    if words is not None:
        said = {"labelling_key": key, "rationale": words.rationale, "quotes": words.quotes}
        connection.execute(insert(labelling_texts), said)


def _end(transaction: Transaction, keys: Sequence[int], why: str) -> None:
    ended = update(labellings).where(labellings.c.key.in_(keys)).values(superseded=why, position_to=transaction.position())
    if keys:
        transaction.connection.execute(ended)
