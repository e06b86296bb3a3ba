"""Texts that were stored without redaction: writing them anew.

It is the one place where what a run stored is written over. Statistics, priorities and digests stay as they are; what goes is
gone at every position, as with what is erased.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import BindParameter, Connection, bindparam, delete, func, select, update

from remiss.capture.captured import StoredTexts
from remiss.edges.stores.case_writing import file_context, index_anew
from remiss.edges.stores.clusters import withdraw_names
from remiss.edges.stores.dialect.conditions import among
from remiss.edges.stores.dialect.full_text import purge_words
from remiss.edges.stores.logs.journal import Transaction
from remiss.edges.stores.redactions import redactions_value, seen_redactions
from remiss.edges.stores.source_files import lock_source
from remiss.edges.stores.tables import (
    case_context,
    cases,
    event_contents,
    events,
    observations,
    profiles,
    refused_rows,
    run_changes,
    runs,
    unredacted_runs,
)
from remiss.records.event import Event, to_text

NAMES = ("model_version", "model_digest", "features", "status", "trace_id")
# What cases are found by.
SEARCHED = ("output", "label", "text", "inputs", "context")


def rewrite(transaction: Transaction, named: str, redacted: StoredTexts) -> None:
    """Write what a run stored as it is after redaction, and take the run from the list."""
    connection = transaction.connection
    run = connection.execute(select(runs.c.key, runs.c.source_name).where(runs.c.id == named)).one()
    # No capture may write meanwhile what the cases of its events show.
    lock_source(connection, run.source_name)
    changed = {key: (before, after) for key, before, after in redacted.events}
    _observed(connection, run.key, changed)
    # Content is as the first run stored it that saw the event: what another stored is redacted with that.
    first = select(observations.c.event_key).where(among(observations.c.event_key, sorted(changed)))
    first = first.group_by(observations.c.event_key).having(func.min(observations.c.run_key) == run.key)
    own = {key: changed[key] for key in connection.execute(first).scalars()}
    _content(connection, own)
    _cases(connection, changed, own)
    withdraw_names(connection, changed)
    _beside(connection, run.key, redacted)
    connection.execute(delete(unredacted_runs).where(unredacted_runs.c.run_key == run.key))
    if connection.execute(select(unredacted_runs.c.run_key).limit(1)).first() is None:
        purge_words(connection)
    transaction.changed(named, {"redacted": False}, {"redacted": True, "events": len(changed)})


Changed = Mapping[int, tuple[Event, Event]]
_EVENT: BindParameter[int] = bindparam("its_event")


def _all(connection: Connection, statement: Any, rows: Sequence[Mapping[str, Any]]) -> None:
    if rows:
        connection.execute(statement, list(rows))


def _observed(connection: Connection, run_key: int, changed: Changed) -> None:
    columns = ("output", "label", "redactions")
    these = update(observations).where(observations.c.run_key == run_key, observations.c.event_key == _EVENT)
    statement = these.values({name: bindparam(f"new_{name}", type_=observations.c[name].type) for name in columns})
    rows = (
        {
            "its_event": key,
            "new_output": after.output,
            "new_label": after.label,
            "new_redactions": redactions_value(seen_redactions(after.redactions)),
        }
        for key, (_, after) in changed.items()
    )
    _all(connection, statement, list(rows))


def _content(connection: Connection, own: Changed) -> None:
    columns = ("output", "inputs", "context", "text", "redactions")
    these = update(event_contents).where(event_contents.c.event_key == _EVENT)
    statement = these.values({name: bindparam(f"new_{name}", type_=event_contents.c[name].type) for name in columns})
    rows = [
        {
            "its_event": key,
            **{f"new_{name}": getattr(after, name) for name in ("output", "text")},
            "new_inputs": dict(after.inputs),
            "new_context": dict(after.context),
            "new_redactions": redactions_value(after.redactions),
        }
        for key, (_, after) in own.items()
    ]
    _all(connection, statement, rows)
    named = update(events).where(events.c.key == _EVENT).values({name: bindparam(f"new_{name}") for name in NAMES})
    _all(
        connection,
        named,
        [
            {"its_event": key, **{f"new_{name}": getattr(after, name) for name in NAMES}}
            for key, (before, after) in own.items()
            if any(getattr(before, name) != getattr(after, name) for name in NAMES)
        ],
    )


def _cases(connection: Connection, changed: Changed, own: Changed) -> None:
    found = select(cases).where(among(cases.c.event_key, sorted(changed)))
    rows = connection.execute(found).all()
    shown = []
    for row in rows:
        before, after = changed[row.event_key]
        # What a case shows is of the run in force: of another run it stays.
        new = {
            "new_output": to_text(after.output) if row.output == to_text(before.output) else row.output,
            "new_label": to_text(after.label) if row.label == to_text(before.label) else row.label,
            "new_model_version": after.model_version if row.event_key in own else row.model_version,
        }
        shown.append({"its_case": row.key, **new})
    columns: dict[str, Any] = {name: bindparam(f"new_{name}") for name in ("output", "label", "model_version")}
    _all(connection, update(cases).where(cases.c.key == bindparam("its_case")).values(columns), shown)
    of_own = [row for row in rows if row.event_key in own]
    _context(connection, [row for row in of_own if _differs(own[row.event_key], "context")], own)
    index_anew(connection, [row.key for row in rows if any(_differs(changed[row.event_key], name) for name in SEARCHED)])


def _differs(pair: tuple[Event, Event], name: str) -> bool:
    return bool(getattr(pair[0], name) != getattr(pair[1], name))


def _context(connection: Connection, rows: Sequence[Any], own: Changed) -> None:
    connection.execute(delete(case_context).where(among(case_context.c.case_key, [row.key for row in rows])))
    file_context(connection, (((row.key, row.team_id, row.sensitivity), own[row.event_key][1].context) for row in rows))


def _beside(connection: Connection, run_key: int, redacted: StoredTexts) -> None:
    """Write what else is kept of a run: extremes of fields, and what is said of refused rows and of changes."""
    extremes = ("minimum", "maximum")
    those = (
        profiles.c.run_key == run_key,
        profiles.c.window_start == bindparam("its_window"),
        profiles.c.field == bindparam("of"),
    )
    values = {name: bindparam(f"new_{name}", type_=profiles.c[name].type) for name in extremes}
    rows = [
        {"its_window": each.window, "of": each.field, "new_minimum": each.minimum, "new_maximum": each.maximum}
        for each in redacted.profiles
    ]
    _all(connection, update(profiles).where(*those).values(values), rows)
    # Listed by reason, and within one as they were met.
    order = select(refused_rows.c.reason, refused_rows.c.ordinal).where(refused_rows.c.run_key == run_key)
    places = connection.execute(order.order_by(refused_rows.c.reason, refused_rows.c.ordinal)).all()
    this = (refused_rows.c.reason == bindparam("why"), refused_rows.c.ordinal == bindparam("place"))
    said = update(refused_rows).where(refused_rows.c.run_key == run_key, *this).values(detail=bindparam("said"))
    pairs = zip(places, redacted.refused, strict=True)
    _all(connection, said, [{"why": at.reason, "place": at.ordinal, "said": each.detail} for at, each in pairs])
    this = (run_changes.c.event_id == bindparam("which"), run_changes.c.kind == bindparam("what"))
    said = update(run_changes).where(run_changes.c.run_key == run_key, *this).values(detail=bindparam("said"))
    _all(connection, said, [{"which": each.event, "what": each.kind, "said": each.detail} for each in redacted.changes])
