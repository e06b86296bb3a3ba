"""What is expected of cases, and what versions of models made of them: the port `Resolutions` on a database.

The order of locks is that of all writers (docs/adr/0004): rows of cases, by key, then the position, after which what carries it.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Sequence
from typing import Any

from sqlalchemy import Row, insert, select, update

from remiss.edges.stores.case_reading import resolve
from remiss.edges.stores.case_writing import next_state
from remiss.edges.stores.dialect.conditions import among
from remiss.edges.stores.in_force import holds
from remiss.edges.stores.reading import Reader
from remiss.edges.stores.resolution_reading import expectations_of, read_expectations
from remiss.edges.stores.tables import cases, expectations, exposures
from remiss.edges.stores.visible import visible_to
from remiss.errors import Conflict
from remiss.records.expectation import Expectation
from remiss.records.states import Move, Status, after
from remiss.safeguard.recurrences import CaseStanding, Exposure

# So many cases are held, or written of, by one statement.
AT_ONCE = 500


class ResolutionStore:
    """Expectations and exposures of the cases that a scope may see."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._store = reader.store

    def held(self, ids: Sequence[str]) -> dict[str, CaseStanding]:
        """Return where cases stand, by their whole ids, holding their rows; those that are not seen are left out."""
        connection = self._store.transaction.connection
        found: list[Row[Any]] = []
        named = sorted(set(ids))
        those = select(cases.c.key).where(among(cases.c.id, named), visible_to(self._reader.scope))
        keys = sorted(connection.execute(those).scalars())
        for at in range(0, len(keys), AT_ONCE):
            held = select(cases).where(among(cases.c.key, keys[at : at + AT_ONCE])).order_by(cases.c.key).with_for_update()
            found += connection.execute(held).all()
        asked: dict[int, list[Row[Any]]] = defaultdict(list)
        for at in range(0, len(keys), AT_ONCE):
            of = select(exposures).where(among(exposures.c.case_key, keys[at : at + AT_ONCE])).order_by(exposures.c.key)
            for each in connection.execute(of):
                asked[each.case_key].append(each)
        return {row.id: _standing(row, asked[row.key]) for row in found}

    def find(self, case_id: str) -> str:
        """Return the whole id of a case that an id or a beginning means."""
        with self._reader.at() as reading:
            found: str = resolve(reading, case_id).id
            return found

    def expose(self, found: Sequence[tuple[Exposure, bool]], found_by: str) -> None:
        """Write what versions made of cases, each with whether it is earlier than what resolved the case."""
        transaction = self._store.transaction
        named = select(cases.c.id, cases.c.key).where(among(cases.c.id, sorted({each.case for each, _ in found})))
        keys: dict[str, int] = {row.id: row.key for row in transaction.connection.execute(named)}
        rows = [self._row(each, keys[each.case], found_by, earlier=earlier) for each, earlier in found if each.case in keys]
        if rows:
            transaction.connection.execute(insert(exposures), rows)

    def move(self, case: str, move: Move, exposure: Exposure, found_by: str) -> None:
        """Write that a case whose row is held is resolved, or broke again, by what a version made of it.

        Raises
        ------
        Conflict : the table of states has no such move
        """
        transaction = self._store.transaction
        row = transaction.connection.execute(select(cases).where(cases.c.id == case)).one()
        reached = after(Status(row.status), move)
        if reached is None:
            raise Conflict(f"case {case} is {row.status}, and cannot be resolved in this state", do="see the table of states")
        resolves = move is Move.RESOLVE
        written = self._row(exposure, row.key, found_by, earlier=False, resolved=resolves)
        transaction.connection.execute(insert(exposures), written)
        state = {**{name: getattr(row, name) for name in ("mode", "severity", "text_version")}, "status": reached.value}
        next_state(transaction, row, state)
        self._told(row, {"status": row.status}, {"status": reached.value})

    def expect(self, case: str, wanted: Sequence[Expectation]) -> None:
        """Write what is expected of a case whose row is held, in place of what was."""
        transaction = self._store.transaction
        connection = transaction.connection
        row = connection.execute(select(cases).where(cases.c.id == case)).one()
        former = expectations_of(self._reader.writing, row.key)
        ours = (expectations.c.case_key == row.key) & holds(expectations, None)
        connection.execute(update(expectations).where(ours).values(position_to=transaction.position()))
        content = [each.as_plain() for each in wanted]
        if content:
            new = {
                "case_key": row.key,
                "content": json.dumps(content, ensure_ascii=False),
                "person": transaction.actor.name,
                "created_at": transaction.at,
                "position_from": transaction.position(),
            }
            connection.execute(insert(expectations), new)
        next_state(transaction, row, {name: getattr(row, name) for name in ("status", "mode", "severity", "text_version")})
        self._told(row, {"expectations": [each.as_plain() for each in former]}, {"expectations": content})

    def expected(self, ids: Sequence[str], position: int | None) -> dict[str, tuple[Expectation, ...]]:
        """Return what people wrote that is expected of cases, at a position, of those that have any."""
        found: dict[str, tuple[Expectation, ...]] = {}
        with self._reader.at(position) as reading:
            those = select(cases.c.id, expectations.c.content).join(cases, cases.c.key == expectations.c.case_key)
            those = those.where(holds(expectations, position), visible_to(self._reader.scope))
            wanted = set(ids)
            for row in reading.connection.execute(those):
                if row.id in wanted:
                    found[row.id] = read_expectations(row.content)
        return found

    def _told(self, row: Row[Any], before: dict[str, object], now: dict[str, object]) -> None:
        self._store.transaction.subjects.append(row.id)
        self._store.transaction.changed(row.id, before, now)

    def _row(self, each: Exposure, key: int, found_by: str, *, earlier: bool, resolved: bool = False) -> dict[str, object]:
        transaction = self._store.transaction
        return {
            "case_key": key,
            "model": each.model,
            "model_version": each.version,
            "digest": each.digest,
            "asked": each.asked,
            "failed": each.failed,
            "resolved": resolved,
            "earlier": earlier,
            "found_by": found_by,
            "created_at": transaction.at,
            "position": transaction.position(),
        }


def _standing(row: Row[Any], asked: Sequence[Row[Any]]) -> CaseStanding:
    at = max((place for place, each in enumerate(asked) if each.resolved), default=None)
    by = None if at is None else asked[at]
    return CaseStanding(
        case=row.id,
        status=Status(row.status),
        revision=row.revision,
        team=row.team_id,
        logged=(row.model, row.model_version),
        resolved_by=None if by is None else (by.model, by.model_version),
        failed_before={(each.model, each.model_version) for each in asked[: at or 0] if 2 * each.failed > each.asked},
    )
