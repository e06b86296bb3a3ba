"""Bringing a run in force: the runs before it step back, its failures become cases, known cases show what it saw.

A case is filed for every event that met a criterion in a run that is or was in force; events that met none are evidence
without a case. Suggested mode and severity are those of the gravest criterion met, the first of them by the protocol's order.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Row,
    Table,
    and_,
    bindparam,
    exists,
    select,
    type_coerce,
    update,
)

from remiss.catalog.full_text import searchable_values
from remiss.edges.stores.abstentions import end_of_changed
from remiss.edges.stores.case_writing import (
    begin_stale,
    file_context,
    file_criteria,
    index_anew,
    meet,
    raise_sensitivity,
    show_anew,
)
from remiss.edges.stores.dialect.conditions import among
from remiss.edges.stores.dialect.full_text import index_words
from remiss.edges.stores.dialect.types import Word
from remiss.edges.stores.dialect.writing import insert_many, next_keys
from remiss.edges.stores.event_filing import CONTENT, DETAILS
from remiss.edges.stores.in_force import in_force, same_window
from remiss.edges.stores.logs.journal import Transaction
from remiss.edges.stores.tables import cases, event_contents, events, instant, observations, revisions, run_windows, runs
from remiss.errors import Conflict
from remiss.records.event import Event, to_text
from remiss.records.identity import case_id, from_micros
from remiss.records.run import Member
from remiss.records.states import Status

# Nobody has said anything of what stands so.
UNLABELLED = [Status.CANDIDATE.value, Status.CONTROL.value]
# What cases repeat of their events.
OF_CASES = ("occurred_at", "model_version", "confidence", "latency_ms")
Seen = Sequence[tuple[int, Member]]  # event keys with what the run saw


def activate(transaction: Transaction, run_key: int, seen: Seen) -> None:
    """Bring a filed run in force and count its cases.

    Raises
    ------
    Conflict : a run that was filed later is in force for one of its windows
    """
    connection = transaction.connection
    replaced = _replaced(connection, run_key)
    if any(row.run_key > run_key for row in replaced):
        raise Conflict("a later run is in force for one of its windows already", do="capture the interval again")
    affected = _affected([run_key, *sorted({row.run_key for row in replaced})])
    # Lock before taking the position: a writer who holds one of these rows may be waiting for it (docs/adr/0004).
    shown = select(*(cases.c[name] for name in ("event_key", "key", "output", "label", "status", "stale")))
    before = connection.execute(shown.where(affected).order_by(cases.c.key).with_for_update()).all()
    known = {row.event_key: row.key for row in before}
    run = connection.execute(select(runs).where(runs.c.key == run_key)).one()
    met = [(key, member) for key, member in seen if member.met]
    new = [(key, member) for key, member in met if key not in known]
    sensitivities = _sensitivities(connection, [key for key, _ in seen], run.sensitivity)
    position = transaction.position()
    for row in replaced:
        gone = (run_windows.c.run_key == row.run_key) & (run_windows.c.window_start == row.window_start)
        connection.execute(update(run_windows).where(gone).values(position_to=position))
    connection.execute(update(run_windows).where(run_windows.c.run_key == run_key).values(position_from=position))
    filed = _file_cases(transaction, new, run, sensitivities)
    refreshed = _refresh(transaction, {row.event_key: row for row in before}, seen)
    end_of_changed(transaction, run_key, seen)
    renewed = _renew(connection, run_key, known)
    index_anew(connection, sorted(filed | refreshed | renewed))
    _raise_sensitivity(connection, known, sensitivities)
    again = sum(key in known for key, member in met if member.groups)
    counted = {"status": "complete", "cases_new": len(new), "cases_known": again}
    connection.execute(update(runs).where(runs.c.key == run_key).values(counted))


def _replaced(connection: Connection, run_key: int) -> Sequence[Any]:
    """Return the windows in force, of other runs, that share some time with one of this run's.

    Most have the same start and width. Where a version has windows of another width, two are never in force over the same time.
    """
    own = run_windows.alias("own")
    first = connection.execute(select(own).where(own.c.run_key == run_key).limit(1)).first()
    if first is None:
        return []
    start, own_start = (type_coerce(of.c.window_start, BigInteger) for of in (run_windows, own))
    overlaps = and_(
        own.c.run_key == run_key, own_start < start + run_windows.c.width_micros, own_start > start - first.width_micros
    )
    return connection.execute(
        select(run_windows.c.run_key, run_windows.c.window_start)
        .where(run_windows.c.source_name == first.source_name, run_windows.c.protocol_name == first.protocol_name)
        .where(in_force(), run_windows.c.run_key != run_key, exists().where(overlaps))
    ).all()


def _affected(run_keys: Sequence[int]) -> ColumnElement[bool]:
    """Return the condition on `cases` that one of these runs sampled its event."""
    return cases.c.event_key.in_(select(observations.c.event_key).where(among(observations.c.run_key, run_keys)))


CASE = (
    *("key", "id", "event_key", "status", "origin", "revision", "severity", "suggested_mode", "source_name", "model"),
    *("model_version", "occurred_at", "output", "label", "confidence", "latency_ms", "position_from", "team_id", "sensitivity"),
)
REVISION = ("case_key", "revision", "position_from", "created_at", "actor", "action", "status", "severity")


def _sensitivities(connection: Connection, event_keys: Sequence[int], level: int) -> Mapping[int, int]:
    """Return the sensitivity of each event by now: that of its first filing, or a higher one by the protocol of this run.

    What was filed stays as it is, so that a laxer protocol opens nothing; a stricter one raises the event too.
    """
    other = select(events.c.key, events.c.sensitivity).where(events.c.sensitivity != level, among(events.c.key, event_keys))
    its = {row.key: int(row.sensitivity) for row in connection.execute(other)}
    laxer = sorted(key for key, former in its.items() if former < level)
    if laxer:
        connection.execute(update(events).where(among(events.c.key, laxer)).values(sensitivity=level))
    return dict.fromkeys(event_keys, level) | {key: former for key, former in its.items() if former > level}


def _raise_sensitivity(connection: Connection, known: Mapping[int, int], sensitivities: Mapping[int, int]) -> None:
    """Raise cases to their events."""
    for level in sorted(set(sensitivities.values())):
        keys = [case_key for event_key, case_key in known.items() if sensitivities.get(event_key) == level]
        if keys:
            raise_sensitivity(connection, keys, level)


def _file_cases(transaction: Transaction, new: Seen, run: Row[Any], sensitivities: Mapping[int, int]) -> frozenset[int]:
    """File a case for each event that met a criterion; return those that are not indexed yet."""
    connection, position = transaction.connection, transaction.position()
    source, team, suggestions = run.source_name, run.team_id, run.suggestions
    keyed = list(zip(next_keys(connection, cases, len(new)), new, strict=True))
    again = select(events.c.key, events.c.recurrence).where(
        events.c.recurrence > 0, among(events.c.key, sorted(event_key for event_key, _ in new))
    )
    recurrences = {row.key: int(row.recurrence) for row in connection.execute(again)}
    # Few patterns of criteria, each of many cases.
    suggesting = {met: suggestion(met, suggestions) for met in {member.met for _, member in new}}
    suggested = {key: suggesting[member.met] for key, (_, member) in keyed}
    insert_many(
        connection,
        cases,
        CASE,
        (
            (
                *(
                    key,
                    case_id(source, member.event.id, recurrences.get(event_key, 0)),
                    event_key,
                    Status.CANDIDATE,
                    "captured",
                    1,
                ),
                *(*suggested[key], source, member.event.model, member.event.model_version, instant(member.event.at)),
                *(to_text(member.event.output), to_text(member.event.label)),
                *(member.event.confidence, member.event.latency_ms, position, team, sensitivities[event_key]),
            )
            for key, (event_key, member) in keyed
        ),
    )
    by, at, action = transaction.actor.name, instant(transaction.at), transaction.action
    states = ((key, 1, position, at, by, action, Status.CANDIDATE, suggested[key][0]) for key, _ in keyed)
    insert_many(connection, revisions, REVISION, states)
    governed = [((key, team, sensitivities[event_key]), member) for key, (event_key, member) in keyed]
    file_criteria(connection, ((criterion, kind) for kind, member in governed for criterion in member.met))
    file_context(connection, ((kind, member.event.context) for kind, member in governed))
    # Of what another run saw before, the case shows what the catalog has of it, which may be about to change.
    theirs = select(observations.c.event_key).where(
        observations.c.run_key != run.key, among(observations.c.event_key, sorted(event_key for event_key, _ in new))
    )
    seen = frozenset(connection.execute(theirs).scalars())
    own = ((key, member.event) for key, (event_key, member) in keyed if event_key not in seen)
    index_words(connection, ((key, event.text, None, None, _values(event)) for key, event in own))
    return frozenset(key for key, (event_key, _) in keyed if event_key in seen)


def suggestion(met: Sequence[str], suggestions: Mapping[str, tuple[int, str | None]]) -> tuple[int | None, str | None]:
    """Return severity and mode of the gravest criterion met; of several alike, the first.

    >>> suggestion(("slow", "wrong", "bad"), {"slow": (3, "a"), "wrong": (1, None), "bad": (1, "b")})
    (1, None)
    """
    severity, mode = min(
        (suggestions[name] for name in met if name in suggestions), key=lambda pair: pair[0], default=(None, None)
    )
    return severity, mode


def _values(event: Event) -> str:
    return searchable_values(event.output, event.label, event.inputs, event.context)


def _refresh(transaction: Transaction, known: Mapping[int, Row[Any]], seen: Seen) -> frozenset[int]:
    """Show in known cases what the runs in force now say of their events: output, label, criteria.

    One that people have labelled by another output or label is stale from now on. Return the cases that show another one.
    """
    connection = transaction.connection
    shown = [
        {"case_key": known[key].key, "new_output": to_text(member.event.output), "new_label": to_text(member.event.label)}
        for key, member in seen
        if key in known
    ]
    if shown:
        output, label = bindparam("new_output", type_=Word), bindparam("new_label", type_=Word)
        refreshed = update(cases).where(cases.c.key == bindparam("case_key"))
        connection.execute(refreshed.values(output=output, label=label), shown)
    if known:
        meets = (
            select(observations.c.event_key, observations.c.criteria_met)
            .join(run_windows, same_window(observations))
            .where(in_force(), among(observations.c.event_key, sorted(known)))
        )
        found = {(name, known[row.event_key].key) for row in connection.execute(meets) for name in row.criteria_met}
        meet(connection, sorted(row.key for row in known.values()), sorted(found))
    before = {row.key: row for row in known.values()}
    changed = frozenset(
        each["case_key"]
        for each in shown
        if (before[each["case_key"]].output, before[each["case_key"]].label) != (each["new_output"], each["new_label"])
    )
    begin_stale(transaction, sorted(key for key in changed if before[key].status not in UNLABELLED and not before[key].stale))
    return changed


def _renew(connection: Connection, run_key: int, known: Mapping[int, int]) -> frozenset[int]:
    """Give events the content that a run saw of them, and their cases what these show; return these cases."""
    own, otherwise = observations.c.run_key == run_key, observations.c.content.is_not(None)
    found = select(observations.c.event_key, observations.c.content).where(own, otherwise)
    renewed = {row.event_key: row.content for row in connection.execute(found)}
    if not renewed:
        return frozenset()
    _rewrite(connection, events, events.c.key, ("occurred_at", *DETAILS), renewed)
    _rewrite(connection, event_contents, event_contents.c.event_key, CONTENT, renewed)
    of_cases = {known[key]: now for key, now in renewed.items() if key in known}
    if of_cases:
        _rewrite(connection, cases, cases.c.key, OF_CASES, of_cases)
        show_anew(connection, {key: now["context"] for key, now in of_cases.items()})
    return frozenset(of_cases)


def _rewrite(
    connection: Connection, table: Table, key: ColumnElement[int], names: Sequence[str], rows: Mapping[int, dict[str, Any]]
) -> None:
    values = {name: bindparam(f"new_{name}", type_=table.c[name].type) for name in names}
    given = [
        {"its_key": its, **{f"new_{name}": from_micros(now[name]) if name == "occurred_at" else now[name] for name in names}}
        for its, now in rows.items()
    ]
    connection.execute(update(table).where(key == bindparam("its_key")).values(values), given)
