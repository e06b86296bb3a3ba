"""Writing cases: filing one by hand, and the next state of one.

The order of locks is that of all writers (docs/adr/0004): rows of cases, then the position, after which the rows that carry it.

Writing what filters and facets read of cases beside `cases`: the criteria that they meet, and their context.

Each row repeats the team and sensitivity of its case, so that a facet need not look up every case (`listing/kinds.py`); that
is kept true here alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, Row, and_, delete, insert, select, update

from remiss.catalog.filing import SOURCE, Filed
from remiss.catalog.full_text import searchable_values
from remiss.catalog.revision import CaseChange, State, check_read, revised
from remiss.curate.blinding import why_blinded
from remiss.edges.stores.case_reading import case_at, next_text_version, resolve
from remiss.edges.stores.dialect.conditions import among
from remiss.edges.stores.dialect.full_text import forget_words, index_words
from remiss.edges.stores.dialect.writing import insert_many, insert_missing, next_keys
from remiss.edges.stores.in_force import holds
from remiss.edges.stores.logs.journal import Transaction
from remiss.edges.stores.people import register_team
from remiss.edges.stores.reading import Reading
from remiss.edges.stores.redactions import redactions_value
from remiss.edges.stores.tables import (
    case_context,
    case_criteria,
    case_texts,
    cases,
    event_contents,
    events,
    revisions,
    stale_cases,
)
from remiss.errors import Conflict
from remiss.records.case import Case, Filing
from remiss.records.event import Scalar, to_text
from remiss.records.identity import case_id
from remiss.records.states import Status

CRITERIA = ("criterion", "case_key", "team_id", "sensitivity")
CONTEXT = ("name", "value", "case_key", "team_id", "sensitivity")
# So many cases are indexed anew at once.
AT_ONCE = 1_000
# The key of a case, its team and its sensitivity.
Kind = tuple[int, str, int]


def file_criteria(connection: Connection, met: Iterable[tuple[str, Kind]]) -> None:
    """Write which criteria new cases meet."""
    insert_many(connection, case_criteria, CRITERIA, ((criterion, *kind) for criterion, kind in met))


def file_context(connection: Connection, given: Iterable[tuple[Kind, Mapping[str, Scalar]]]) -> None:
    """Write the context of new cases; nulls have no row."""
    rows = ((name, to_text(value), *kind) for kind, context in given for name, value in context.items() if value is not None)
    insert_many(connection, case_context, CONTEXT, rows)


def show_anew(connection: Connection, seen: Mapping[int, Mapping[str, Scalar]]) -> None:
    """Write the context of known cases in place of what was there: context by case."""
    connection.execute(delete(case_context).where(among(case_context.c.case_key, sorted(seen))))
    its = select(cases.c.key, cases.c.team_id, cases.c.sensitivity).where(among(cases.c.key, sorted(seen)))
    rows = connection.execute(its).all()
    file_context(connection, (((row.key, row.team_id, row.sensitivity), seen[row.key]) for row in rows))


def index_anew(connection: Connection, case_keys: Sequence[int]) -> None:
    """Have known cases found by what is there of them now, and by nothing that was there before."""
    said = (
        select(
            *(cases.c[name] for name in ("key", "output", "label")),
            *(event_contents.c[name] for name in ("text", "inputs", "context")),
            *(case_texts.c[name] for name in ("title", "note")),
        )
        .outerjoin(event_contents, event_contents.c.event_key == cases.c.event_key)
        .outerjoin(case_texts, and_(case_texts.c.case_key == cases.c.key, case_texts.c.version == cases.c.text_version))
    )
    for at in range(0, len(case_keys), AT_ONCE):
        keys = case_keys[at : at + AT_ONCE]
        forget_words(connection, keys)
        rows = connection.execute(said.where(among(cases.c.key, keys))).all()
        index_words(connection, ((row.key, row.text, row.title, row.note, _values(row)) for row in rows))


def _values(row: Row[Any]) -> str:
    """Return the searchable values of a case; none of one whose content was erased."""
    return "" if row.inputs is None else searchable_values(row.output, row.label, row.inputs, row.context)


def meet(connection: Connection, case_keys: Sequence[int], met: Iterable[tuple[str, int]]) -> None:
    """Write which criteria known cases meet now, by name and key, in place of those that they met before."""
    connection.execute(delete(case_criteria).where(among(case_criteria.c.case_key, case_keys)))
    governed = select(cases.c.key, cases.c.team_id, cases.c.sensitivity).where(among(cases.c.key, case_keys))
    kinds: dict[int, Kind] = {row.key: (row.key, row.team_id, row.sensitivity) for row in connection.execute(governed)}
    file_criteria(connection, ((criterion, kinds[key]) for criterion, key in met))


def raise_sensitivity(connection: Connection, case_keys: Sequence[int], level: int) -> None:
    """Raise cases to a sensitivity; never lower one, since people may have added to it."""
    below = select(cases.c.key).where(cases.c.sensitivity < level, among(cases.c.key, case_keys))
    if keys := sorted(connection.execute(below).scalars()):
        for table in (cases, case_criteria, case_context):
            key = table.c.key if table is cases else table.c.case_key
            connection.execute(update(table).where(among(key, keys)).values(sensitivity=level))


FILED = "filed"


def file_by_hand(transaction: Transaction, filed: Filed) -> str:
    """File a case and return its id; the same again changes nothing."""
    connection, filing, event = transaction.connection, filed.filing, filed.event
    named = case_id(SOURCE, event.id)
    transaction.subjects.append(named)
    governed = {"team_id": filing.team, "sensitivity": int(filing.sensitivity)}
    row = {
        "source_name": SOURCE,
        "event_id": event.id,
        "recurrence": 0,
        "occurred_at": event.at,
        "model": event.model,
        "model_version": event.model_version,
        **governed,
    }
    # A second writer of the same waits here, and finds the case below.
    insert_missing(connection, events, [row], ["event_id", "source_name", "recurrence"])
    event_key = connection.execute(
        select(events.c.key).where(events.c.event_id == event.id, events.c.source_name == SOURCE)
    ).scalar_one()
    if connection.execute(select(cases.c.key).where(cases.c.event_key == event_key)).first() is not None:
        return named
    register_team(transaction, filing.team)
    content = {
        "output": event.output,
        "inputs": event.inputs,
        "context": event.context,
        "text": event.text,
        "redactions": redactions_value(event.redactions),
    }
    connection.execute(insert(event_contents), {"event_key": event_key, **content})
    (key,) = next_keys(connection, cases, 1)
    values = searchable_values(event.output, event.label, event.inputs, event.context)
    index_words(connection, [(key, event.text, filing.title, filing.note, values)])
    position = transaction.position()
    state = {"status": Status.CANDIDATE.value, "mode": filing.mode, "severity": filing.severity, "text_version": 1}
    connection.execute(
        insert(cases),
        {
            "key": key,
            "id": named,
            "event_key": event_key,
            "origin": FILED,
            "revision": 1,
            "source_name": SOURCE,
            "model": event.model,
            "model_version": event.model_version,
            "occurred_at": event.at,
            "output": to_text(event.output),
            "label": to_text(event.label),
            "position_from": position,
            **state,
            **governed,
        },
    )
    connection.execute(insert(case_texts), {"case_key": key, "version": 1, "title": filing.title, "note": filing.note or None})
    file_context(connection, [((key, filing.team, int(filing.sensitivity)), event.context)])
    first_state(transaction, key, state, position)
    transaction.changed(named, None, {"status": state["status"], **_content_of(filing)})
    return named


def revise(transaction: Transaction, reading: Reading, case: str, read: int, change: CaseChange) -> str:
    """Write the next state of a case, of which revision `read` was read, and return its whole id.

    Raises
    ------
    Precondition : somebody wrote since; Conflict : what is to be changed is hidden from the viewer
    NotFound, Ambiguous, InputError
    """
    connection = transaction.connection
    found = resolve(reading, case)
    # Under the row's lock, so that of two who read the same revision the second sees what the first has written.
    row = connection.execute(select(cases).where(cases.c.key == found.key).with_for_update()).one()
    of_row = case_texts.c.case_key == row.key
    texts = connection.execute(select(case_texts).where(of_row, case_texts.c.version == row.text_version)).first()
    before = State(
        status=Status(row.status),
        revision=row.revision,
        mode=row.mode,
        severity=row.severity,
        title=None if texts is None else texts.title,
        note=None if texts is None else texts.note,
    )
    # First, for it is no secret: the revision of a case is told to all who see it.
    check_read(f"case {row.id}", read, before.revision)
    if change.words:
        _check_visible(before, case_at(reading, row.id))
    after = revised(row.id, before, change)
    version = row.text_version
    if (after.title, after.note) != (before.title, before.note):
        version = next_text_version(connection, row.key)
        new = {"case_key": row.key, "version": version, "title": after.title, "note": after.note}
        connection.execute(insert(case_texts), new)
    state = {"status": row.status, "mode": after.mode, "severity": after.severity, "text_version": version}
    next_state(transaction, row, state)
    if version != row.text_version:
        index_anew(connection, [row.key])
    transaction.subjects.append(row.id)
    transaction.changed(row.id, *({"status": row.status, **_content_of(each)} for each in (before, after)))
    return str(row.id)


def _check_visible(state: State, shown: Case) -> None:
    """Refuse to change title and note that are hidden: nobody changes, or guesses at, what they may not read.

    Raises
    ------
    Conflict
    """
    if (shown.written_title, shown.note) != (state.title, state.note):
        raise Conflict(
            f"title and note of case {shown.id} are {why_blinded(shown.status)}",
            do="label the case first, or wait until it is decided; or comment on it",
        )


def first_state(transaction: Transaction, key: int, state: Mapping[str, object], position: int) -> None:
    """Write the state in which a case came here, at a position."""
    _write_state(transaction, key, 1, state, position)


def begin_stale(transaction: Transaction, case_keys: Sequence[int]) -> None:
    """Write that the events of some cases, whose rows are locked, have changed since people labelled them."""
    if case_keys:
        connection, position = transaction.connection, transaction.position()
        connection.execute(update(cases).where(among(cases.c.key, case_keys)).values(stale=True))
        connection.execute(insert(stale_cases), [{"case_key": key, "position_from": position} for key in case_keys])


def next_state(transaction: Transaction, row: Row[Any], state: Mapping[str, object], **more: object) -> None:
    """Write the state of a case that follows that of its locked row; `more` are values of its row that no revision has."""
    connection, position = transaction.connection, transaction.position()
    if row.stale and not more.get("stale", True):
        ended = update(stale_cases).where(stale_cases.c.case_key == row.key, holds(stale_cases, None))
        connection.execute(ended.values(position_to=position))
    last = (revisions.c.case_key == row.key) & (revisions.c.revision == row.revision)
    connection.execute(update(revisions).where(last).values(position_to=position))
    _write_state(transaction, row.key, row.revision + 1, state, position)
    written = {**state, **more, "revision": row.revision + 1, "position_from": position}
    connection.execute(update(cases).where(cases.c.key == row.key).values(written))


def _content_of(of: Filing | State) -> dict[str, object]:
    """Return what people say of a case, as the journal digests it."""
    return {"mode": of.mode, "severity": of.severity, "title": of.title, "note": of.note or None}


def _write_state(transaction: Transaction, key: int, revision: int, state: Mapping[str, object], position: int) -> None:
    written = {
        "case_key": key,
        "revision": revision,
        "position_from": position,
        "created_at": transaction.at,
        "actor": transaction.actor.name,
        "action": transaction.action,
    }
    transaction.connection.execute(insert(revisions), {**written, **state})
