"""The store of labellings: the port `Labellings` on a database.

The order of locks is that of all writers (docs/adr/0004): the case's row, then the position, after which the rows that carry it.

Reservations given up: what somebody had in hand is labelled.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Row, delete, insert, select, update

from remiss.curate.labelling_state import LabellingState
from remiss.curate.steps import CaseStep
from remiss.edges.stores.abstentions import abstentions_of, end_abstentions, end_own, write_abstention
from remiss.edges.stores.case_reading import case_at, resolve
from remiss.edges.stores.case_writing import next_state
from remiss.edges.stores.dialect.conditions import among
from remiss.edges.stores.dialect.writing import lock_name
from remiss.edges.stores.labelling.case_state import checked_share, state_of, state_of_uncased
from remiss.edges.stores.labelling.uncased_events import file_uncased_event, uncased_event
from remiss.edges.stores.labelling_reading import in_force
from remiss.edges.stores.linking import alike, end_link, write_link
from remiss.edges.stores.logs.journal import Transaction
from remiss.edges.stores.reading import Reader, Reading
from remiss.edges.stores.tables import (
    cases,
    labelling_texts,
    labellings,
    passes,
    reservations,
    revision_reasons,
)
from remiss.records.case import Case, Sensitivity
from remiss.records.labelling import Labelled, LabellingKind, Relation, Verdict
from remiss.records.states import Status

if TYPE_CHECKING:
    from remiss.curate.annotation import PreparedLabelling


def forget(connection: Connection, event: int, kind: LabellingKind) -> None:
    """Write that a labelling which somebody had in hand is given."""
    connection.execute(delete(reservations).where(reservations.c.event_key == event, reservations.c.kind == kind.value))


def take_pass_away(transaction: Transaction, event: int) -> None:
    """Write that the actor has labelled an event after all which they had passed."""
    own = (passes.c.event_key == event) & (passes.c.person == transaction.actor.name)
    transaction.connection.execute(delete(passes).where(own))


# What of a case's state the journal digests, before and after.
DIGESTED = ("status", "mode", "severity")


class LabellingStore:
    """Labellings of the cases that a scope may see."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._store = reader.store
        self._scope = reader.scope

    def state(self, given: str, *, files: bool = True) -> LabellingState:
        """Return where a case stands, holding its row until the transaction ends; of what it does not file, the event's name."""
        if not files and (event := uncased_event(self._reader.writing, given)) is not None:
            # Whoever files it meanwhile holds this too, and then there is a case.
            lock_name(self._store.transaction.connection, f"event {event.key}")
            if uncased_event(self._reader.writing, given) is not None:
                return state_of_uncased(self._reader.writing, event)
        reading, row = self._reader.writing, self._locked(given)
        found = state_of(reading, row)
        return _with_share(reading, row, found)

    def read_state(self, given: str) -> LabellingState:
        """Return where a case stands, or an event that is none yet, without holding anything."""
        with self._reader.at() as reading:
            event = uncased_event(reading, given)
            if event is not None:
                return state_of_uncased(reading, event)
            return state_of(reading, resolve(reading, given))

    def team(self, given: str) -> str:
        """Return whose a case is, or an event that is none yet."""
        with self._reader.at() as reading:
            found = uncased_event(reading, given) or resolve(reading, given)
            return str(found.team_id)

    def both(self, given: str, other: str) -> tuple[LabellingState, LabellingState]:
        """Return where two cases stand, holding the rows of both."""
        connection, reading = self._store.transaction.connection, self._reader.writing
        # In the order of their keys, so that of two who do this to the same pair one waits for the other.
        keys = sorted({self._found(given), resolve(reading, other).key})
        connection.execute(select(cases.c.key).where(among(cases.c.key, keys)).order_by(cases.c.key).with_for_update())
        one, two = self._locked(given), self._locked(other)
        return _with_share(reading, one, state_of(reading, one)), state_of(reading, two)

    def write(
        self, state: LabellingState, kind: LabellingKind, made: PreparedLabelling, step: CaseStep, chance: float | None = None
    ) -> None:
        """Write a labelling by the actor, and what it does to the case; see the port."""
        transaction, row = self._store.transaction, self._locked(state.case)
        # Before there is a position: a person who tries to take the same from the queue holds this row, and waits for theirs.
        forget(transaction.connection, row.event_key, kind)
        take_pass_away(transaction, row.event_key)
        if step.supersedes is not None:
            _supersede(transaction, row.key, step.supersedes)
        end_own(transaction, row.event_key)
        _insert(transaction, row.id, row.key, kind, made, step, _chance(transaction.connection, row.key, kind, step, chance))
        end_link(transaction, row.key, Relation.SAME_EVENT)
        decided = step.decided
        if decided is not None and decided.verdict is Verdict.SAME_EVENT and decided.target is not None:
            other = resolve(self._reader.of_everything.writing, decided.target)
            write_link(transaction, row.key, other.key, Relation.SAME_EVENT)
        annotated = kind is LabellingKind.ANNOTATION
        _move(transaction, row, step, stale=False if annotated else row.stale)

    def abstain(self, state: LabellingState, kind: LabellingKind, made: PreparedLabelling, step: CaseStep | None) -> None:
        """Write that the actor cannot tell what a case is, and what that does to it; None is nothing, not even a case."""
        transaction = self._store.transaction
        event = None if step is not None else uncased_event(self._reader.writing, state.case)
        event_key = self._locked(state.case).event_key if event is None else event.key
        # Of what others have in hand nothing may be gone because of this.
        own = (reservations.c.event_key == event_key) & (reservations.c.person == transaction.actor.name)
        transaction.connection.execute(delete(reservations).where(own))
        take_pass_away(transaction, event_key)
        write_abstention(transaction, state.case, event_key, kind, made)
        if step is None:
            transaction.subjects.append(state.case)
            return
        row = self._locked(state.case)
        if step.supersedes is not None:
            _supersede(transaction, row.key, step.supersedes)
        _move(transaction, row, step, stale=False)

    def told(self, case_id: str) -> Case:
        """Return a case, or an event that is none yet, as somebody is told of it who could not tell what it is."""
        reading = self._reader.writing
        event = uncased_event(reading, case_id)
        if event is None:
            return case_at(reading, case_id)
        own = [each for each in abstentions_of(reading, event.key) if each.person == reading.viewer.name]
        state = state_of_uncased(reading, event)
        return Case(
            id=state.case,
            revision=state.revision,
            status=state.status,
            source=event.source_name,
            event=state.event,
            labelling=Labelled(labellings=tuple(own)),
            team=event.team_id,
            sensitivity=Sensitivity(event.sensitivity),
        )

    def reopen(self, state: LabellingState, step: CaseStep, reason: str) -> None:
        """Write that a case is begun anew, and why."""
        transaction, row = self._store.transaction, self._locked(state.case)
        _supersede(transaction, row.key, step.supersedes or "reopened")
        end_abstentions(transaction, row.event_key, "reopened")
        end_link(transaction, row.key, Relation.SAME_EVENT)
        _move(transaction, row, step, stale=False)
        said = {"case_key": row.key, "revision": row.revision + 1, "reason": reason}
        transaction.connection.execute(insert(revision_reasons), said)

    def link(self, state: LabellingState, other: LabellingState) -> None:
        """Write that a case takes another's verdict."""
        row = self._locked(state.case)
        write_link(self._store.transaction, row.key, self._locked(other.case).key, Relation.ALIKE)
        self._moved(row, None, other.case)

    def unlink(self, state: LabellingState) -> None:
        """Write that a case takes no other's verdict any more."""
        row = self._locked(state.case)
        was = alike(self._reader.of_everything.writing, row.key)
        end_link(self._store.transaction, row.key, Relation.ALIKE)
        self._moved(row, None if was is None else was.case, None)

    def _moved(self, row: Row[Any], *alike: str | None) -> None:
        """Write a state of a case in which nothing but its links is new."""
        state = {name: getattr(row, name) for name in ("status", "mode", "severity", "text_version")}
        next_state(self._store.transaction, row, state)
        self._store.transaction.subjects.append(row.id)
        self._store.transaction.changed(row.id, *({"alike": each} for each in alike))

    def _locked(self, given: str) -> Row[Any]:
        connection = self._store.transaction.connection
        return connection.execute(select(cases).where(cases.c.key == self._found(given)).with_for_update()).one()

    def _found(self, given: str) -> int:
        """Return the key of a case, or of an event that people are given, which becomes one."""
        reading = self._reader.writing
        event = uncased_event(reading, given)
        if event is not None:
            given = file_uncased_event(self._store.transaction, reading, event)
        return int(resolve(reading, given).key)


def _with_share(reading: Reading, row: Row[Any], found: LabellingState) -> LabellingState:
    """Return where a case stands with what decides whether a control is cleared by one."""
    return replace(found, checked_share=checked_share(reading, row.event_key)) if found.status is Status.CONTROL else found


def _chance(connection: Connection, case_key: int, kind: LabellingKind, step: CaseStep, chance: float | None) -> float | None:
    """Return what is kept with an annotation: the same as with the one before of its round, so that nobody chooses anew."""
    before = (
        select(labellings.c.chance)
        .where(labellings.c.case_key == case_key, labellings.c.round == step.round, labellings.c.kind == kind.value)
        .order_by(labellings.c.key.desc())
        .limit(1)
    )
    found = None if kind is not LabellingKind.ANNOTATION else connection.execute(before).first()
    return chance if found is None else found.chance


def _insert(
    transaction: Transaction,
    case: str,
    case_key: int,
    kind: LabellingKind,
    made: PreparedLabelling,
    step: CaseStep,
    chance: float | None,
) -> None:
    given, impact = made.judgement, made.judgement.impact
    row = {
        "case_key": case_key,
        "kind": kind.value,
        "round": step.round,
        "attempt": step.attempt,
        "person": transaction.actor.name,
        "created_at": transaction.at,
        "position": transaction.position(),
        "verdict": given.verdict.value,
        "mode": given.mode,
        "modes": list(given.modes),
        "answers": dict(given.answers),
        "severity": made.severity,
        "severity_reason": made.severity_reason,
        "impact_low": None if impact is None else impact.low,
        "impact_high": None if impact is None else impact.high,
        "impact_unit": None if impact is None else impact.unit,
        "target": given.target,
        "reproduced": given.reproduced.value,
    }
    transaction.changed(f"{case}/{kind.value}", None, {**row, "rationale": given.rationale, "quotes": given.quotes})
    chosen = {**row, "chance": chance}
    key = transaction.connection.execute(insert(labellings).returning(labellings.c.key), chosen).scalar_one()
    quotes = [[quote.field, quote.text] for quote in made.quotes]
    words = {"labelling_key": key, "rationale": given.rationale, "quotes": quotes}
    transaction.connection.execute(insert(labelling_texts), words)


def _supersede(transaction: Transaction, case_key: int, why: str) -> None:
    """Let the labellings in force of a case give way."""
    of_case_ = (labellings.c.case_key == case_key) & in_force()
    ended = update(labellings).where(of_case_).values(superseded=why, position_to=transaction.position())
    transaction.connection.execute(ended)


def _move(transaction: Transaction, row: Row[Any], step: CaseStep, *, stale: bool) -> None:
    state = {"status": step.status.value, "mode": step.mode, "severity": step.severity, "text_version": row.text_version}
    next_state(transaction, row, state, origin=step.origin, stale=stale)
    transaction.subjects.append(row.id)
    before, after = ({name: getattr(row, name) for name in DIGESTED}, {name: state[name] for name in DIGESTED})
    transaction.changed(row.id, before, after)
