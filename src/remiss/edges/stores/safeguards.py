"""Suites, their scenarios, what gates decided and waivers: one row each, never changed but to approve or close a waiver.

Who sees which the actions decide.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Column, Row, Select, case, func, insert, select, update

from remiss.edges.stores.reading import Reader
from remiss.edges.stores.tables import gates, scenario_sets, sealed_runs, suites, waivers
from remiss.errors import Ambiguous, Conflict, NotFound
from remiss.records.gate import GateDecision, GateVerdict, Waiver
from remiss.records.identity import kind_id


def _until(found: Select[Any], column: Column[int], position: int | None) -> Select[Any]:
    """Return a select of what was there at a position; None is now."""
    return found if position is None else found.where(column <= position)


class SuiteTable:
    """The suites of an open catalog, or their scenarios: all of them."""

    def __init__(self, reader: Reader, *, scenarios: bool = False) -> None:
        self._reader = reader
        self._store = reader.store
        self._table, self._kind = (scenario_sets, "scenarios") if scenarios else (suites, "suite")

    @property
    def scenarios(self) -> SuiteTable:
        """The scenarios of the suites."""
        return SuiteTable(self._reader, scenarios=True)

    def find(self, name: str, digest: str | None = None, position: int | None = None) -> str | None:
        """Return the document of a name, the newest or that whose digest begins so."""
        table = self._table
        found = select(table.c.content).where(table.c.name == name).order_by(table.c.key.desc()).limit(1)
        if digest is not None:
            begins = digest if digest.startswith("sha256:") else f"sha256:{digest}"
            found = found.where(table.c.digest.startswith(begins, autoescape=True))
        with self._reader.at() as reading:
            text: str | None = reading.connection.execute(_until(found, table.c.position, position)).scalar_one_or_none()
            return text

    def listed(self, position: int | None = None) -> Sequence[str]:
        """Return all documents, the newest first."""
        table = self._table
        found = _until(select(table.c.content).order_by(table.c.key.desc()), table.c.position, position)
        with self._reader.at() as reading:
            return tuple(reading.connection.execute(found).scalars())

    def save(self, name: str, digest: str, team: str, content: str) -> None:
        """Keep a document."""
        transaction = self._store.transaction
        made = kind_id(self._kind, [name, digest])
        row = {
            "id": made,
            "name": name,
            "digest": digest,
            "team_id": team,
            "content": content,
            "position": transaction.position(),
        }
        transaction.connection.execute(insert(self._table), row)
        transaction.subjects.append(made)


class GateTable:
    """The decisions of an open catalog: all of them."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._store = reader.store

    def sealed_uses(self, digest: str, model: str) -> int:
        """Return how often the sealed part of a suite was run for any version of a model."""
        found = select(func.count()).where(sealed_runs.c.digest == digest, sealed_runs.c.model == model)
        with self._reader.at() as reading:
            return int(reading.connection.execute(found).scalar_one())

    def wait(self) -> int:
        """Have other writers wait from here on; return the position that this transaction will have."""
        return self._store.transaction.position()

    def listed(self, model: str | None, version: str | None, position: int | None = None) -> Sequence[str]:
        """Return the decisions as they were kept, the newest first."""
        found = _until(select(gates.c.content).order_by(gates.c.key.desc()), gates.c.position, position)
        if model is not None:
            found = found.where(gates.c.model == model)
        if version is not None:
            found = found.where(gates.c.version == version)
        with self._reader.at() as reading:
            return tuple(reading.connection.execute(found).scalars())

    def newest(self, flag: str | None = None) -> Sequence[str]:
        """Return the newest decision of each team and gate on each version of a model, by their names; or those of one flag."""
        named = (gates.c.team_id, gates.c.gate, gates.c.model, gates.c.version)
        last = select(func.max(gates.c.key)).group_by(*named)
        if flag is not None:
            version = case((gates.c.version == "", ""), else_="@" + gates.c.version)
            last = last.where(gates.c.gate + "." + gates.c.model + version == flag)
        found = select(gates.c.content).where(gates.c.key.in_(last)).order_by(*named[1:], named[0])
        with self._reader.at() as reading:
            return tuple(reading.connection.execute(found).scalars())

    def get(self, gate: str) -> str:
        """Return one decision as it was kept."""
        found = select(gates.c.id, gates.c.content).where(gates.c.id.startswith(gate, autoescape=True)).limit(2)
        with self._reader.at() as reading:
            rows = reading.connection.execute(found).all()
        if not rows:
            raise NotFound(f"there is no decision {gate}", do="see `remiss gate list`", field="gate")
        if len(rows) > 1:
            raise Ambiguous(f"several decisions begin with {gate}", do="give more of the id", field="gate")
        content: str = rows[0].content
        return content

    def save(self, decision: GateDecision, content: str) -> None:
        """Keep a decision, and count that sealed parts were run."""
        transaction = self._store.transaction
        row = {
            "id": decision.id,
            "gate": decision.gate,
            "model": decision.model.name,
            "version": decision.model.version,
            "verdict": decision.verdict.value,
            "team_id": decision.team,
            "content": content,
            "position": transaction.position(),
        }
        key = transaction.connection.execute(insert(gates).returning(gates.c.key), row).scalar_one()
        runs = [
            {"gate_key": key, "digest": each.digest, "model": decision.model.name} for each in decision.suites if each.sealed_run
        ]
        if runs:
            transaction.connection.execute(insert(sealed_runs), runs)
        transaction.subjects.append(decision.id)

    def waivers(self, model: str | None = None, version: str | None = None, position: int | None = None) -> Sequence[Waiver]:
        """Return waivers, the newest first: all, or those for a model or one version of it."""
        found = _until(select(waivers).order_by(waivers.c.key.desc()), waivers.c.position, position)
        if model is not None:
            found = found.where(waivers.c.model == model)
        if version is not None:
            found = found.where(waivers.c.model_version == version)
        with self._reader.at() as reading:
            return tuple(_waiver(row, position) for row in reading.connection.execute(found))

    def waiver(self, waiver: str) -> Waiver:
        """Return one waiver."""
        found = select(waivers).where(waivers.c.id.startswith(waiver, autoescape=True)).limit(2)
        with self._reader.at() as reading:
            rows = reading.connection.execute(found).all()
        if not rows:
            raise NotFound(f"there is no waiver {waiver}", do="see `remiss waiver list`", field="waiver")
        if len(rows) > 1:
            raise Ambiguous(f"several waivers begin with {waiver}", do="give more of the id", field="waiver")
        return _waiver(rows[0], None)

    def keep_waiver(self, waiver: Waiver) -> None:
        """Keep a waiver that somebody asks for."""
        transaction = self._store.transaction
        row = {name: getattr(waiver, name) for name in _WAIVER} | {"verdict": waiver.verdict.value, "team_id": waiver.team}
        transaction.connection.execute(insert(waivers), row | {"position": transaction.position()})
        transaction.subjects.append(waiver.id)

    def approve_waiver(self, waiver: Waiver, person: str, at: datetime) -> Waiver:
        """Have a waiver count from now on."""
        transaction = self._store.transaction
        values = {"approved_by": person, "approved_at": at, "approved_position": transaction.position()}
        mine = waivers.c.id == waiver.id, waivers.c.approved_by.is_(None)
        if not transaction.connection.execute(update(waivers).where(*mine).values(values)).rowcount:
            raise Conflict(f"{waiver.id} is approved already", do="nothing")
        transaction.subjects.append(waiver.decision)
        return replace(waiver, approved_by=person, approved_at=at, revision=waiver.revision + 1)

    def close_waiver(self, waiver: Waiver, person: str, at: datetime, reason: str) -> Waiver:
        """Have a waiver count no more."""
        transaction = self._store.transaction
        closed = {"closed_by": person, "closed_at": at, "closed_reason": reason}
        values = closed | {"closed_position": transaction.position()}
        transaction.connection.execute(update(waivers).where(waivers.c.id == waiver.id).values(values))
        transaction.subjects.append(waiver.decision)
        return replace(waiver, closed_by=person, closed_at=at, closed_reason=reason, revision=waiver.revision + 1)


# What a waiver is kept as, by the same names.
_WAIVER = (
    *("id", "decision", "gate", "policy_digest", "model", "model_version", "model_digest", "condition", "reason", "until"),
    *("requested_by", "requested_at"),
)
# What it is kept as besides once it is approved, and once it is closed; with the position of that.
_LATER = {"approved_position": ("approved_by", "approved_at"), "closed_position": ("closed_by", "closed_at", "closed_reason")}


def _waiver(row: Row[Any], position: int | None) -> Waiver:
    """Return a waiver as it stood at a position."""
    came = [at for at in _LATER if getattr(row, at) is not None and (position is None or getattr(row, at) <= position)]
    return Waiver(
        **{name: getattr(row, name) for name in (*_WAIVER, *(name for at in came for name in _LATER[at]))},
        verdict=GateVerdict(row.verdict),
        revision=1 + len(came),
        team=row.team_id,
    )
