"""The store of replays: the port `Replays` on a database.

Who sees a case sees its replays, but for people for whom it is blinded why the case was caught: that somebody had a model asked
about it, and that it answered otherwise, would tell them something of that before they have labelled it.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any

from sqlalchemy import Row, Select, bindparam, func, insert, not_, select

from remiss.curate.blinding import BlindedPart
from remiss.edges.stores.blinded_case import why_blinded
from remiss.edges.stores.blinding import blinded_viewer, suggestions_blinded
from remiss.edges.stores.case_reading import resolve
from remiss.edges.stores.dialect.conditions import among
from remiss.edges.stores.in_force import come_by
from remiss.edges.stores.logs.journal import Transaction
from remiss.edges.stores.reading import POSITION, Reader
from remiss.edges.stores.tables import cases, replay_answers, replay_environments, replays
from remiss.edges.stores.visible import visible_to
from remiss.records.identity import digest, format_time, kind_id
from remiss.records.model import ModelAnswer, ModelEnvironment, ModelSpecification, ModelTrouble, RowKind, TroubleKind
from remiss.records.replay import LoggedAnswer, Replay, ReplayCause, ReplayGrade
from remiss.safeguard.ports import KeptReplays, ReplaySearch

# Of a case so many are shown, the newest.
SHOWN = 50
_WHOLE = (
    select(replays, replay_answers.c.answer, replay_answers.c.logged)
    .add_columns(*(replay_environments.c[name] for name in ("python", "platform", "packages")))
    .outerjoin(replay_answers, replay_answers.c.replay_key == replays.c.key)
    .outerjoin(replay_environments, replay_environments.c.key == replays.c.environment_key)
)


class ReplayStore:
    """Replays of the cases that a scope may see, as far as a viewer may see them."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._store = reader.store

    def keep(self, found: Sequence[Replay]) -> tuple[Replay, ...]:
        """Keep replays of cases; of those that are not seen any more none are kept."""
        transaction = self._store.transaction
        connection, position = transaction.connection, transaction.position()
        named = select(cases.c.id, cases.c.key).where(
            among(cases.c.id, sorted({each.case for each in found})), visible_to(self._reader.scope)
        )
        keys: dict[str, int] = {row.id: row.key for row in connection.execute(named)}
        kept = [_kept(transaction, each, keys[each.case], position) for each in found if each.case in keys]
        transaction.subjects.extend(dict.fromkeys(each.case for each in kept))
        return tuple(kept)

    def of_case(self, case_id: str, position: int | None) -> tuple[tuple[Replay, ...], str | None]:
        """Return the replays of a case, the newest first, or why they are blinded."""
        with self._reader.at(position) as reading:
            row = resolve(reading, case_id)
            hidden = why_blinded(reading, BlindedPart.SUGGESTIONS, row)
            if hidden is not None:
                return (), hidden
            names = why_blinded(reading, BlindedPart.LABELLINGS, row) is None
            own = reading.viewer.name
            found = reading.rows(_of_case(past=reading.past), case=row.key)
            return tuple(_replay(each, row.id, names=names or each.person == own) for each in found), None

    def search(self, wanted: ReplaySearch, limit: int, before: int | None) -> KeptReplays:
        """Return replays of all cases, the newest first."""
        with self._reader.at() as reading:
            asked = [visible_to(self._reader.scope)]
            viewer = blinded_viewer(reading)
            if viewer is not None:
                asked.append(not_(suggestions_blinded(viewer)))
            if wanted.case is not None:
                asked.append(cases.c.key == resolve(reading, wanted.case).key)
            if wanted.model is not None:
                asked.append(replays.c.model == wanted.model)
            if wanted.model_version is not None:
                asked.append(replays.c.model_version == wanted.model_version)
            if wanted.grade is not None:
                asked.append(replays.c.grade == wanted.grade.value)
            those = _WHOLE.add_columns(cases.c.id.label("case_id")).join(cases, cases.c.key == replays.c.case_key).where(*asked)
            page = those if before is None else those.where(replays.c.key < before)
            counted = select(func.count()).select_from(replays).join(cases, cases.c.key == replays.c.case_key).where(*asked)
            rows = reading.connection.execute(page.order_by(replays.c.key.desc()).limit(limit + 1)).all()
            return KeptReplays(
                # Who asked is told case by case, since it may be blinded.
                found=tuple(_replay(each, each.case_id, names=False) for each in rows[:limit]),
                total=reading.connection.execute(counted).scalar_one(),
                last=rows[limit - 1].key if len(rows) > limit else None,
            )


@lru_cache(2)
def _of_case(*, past: bool) -> Select[Any]:
    """Return the statement for the replays of a case."""
    of_case = _WHOLE.where(replays.c.case_key == bindparam("case"), come_by(replays, POSITION if past else None))
    return of_case.order_by(replays.c.key.desc()).limit(SHOWN)


def _environment(transaction: Transaction, found: Replay) -> int | None:
    """Return the key of where a model ran, which is written once."""
    if found.environment is None:
        return None
    content = {
        "python": found.environment.python,
        "platform": found.environment.platform,
        "packages": dict(found.environment.packages),
    }
    named = digest(content)
    known = select(replay_environments.c.key).where(replay_environments.c.digest == named)
    key: int | None = transaction.connection.execute(known).scalar_one_or_none()
    if key is None:
        made = insert(replay_environments).returning(replay_environments.c.key)
        key = transaction.connection.execute(made, {"digest": named, **content}).scalar_one()
    return key


def _kept(transaction: Transaction, found: Replay, case_key: int, position: int) -> Replay:
    answer, connection = found.answer, transaction.connection
    last = select(func.count()).select_from(replays).where(replays.c.case_key == case_key)
    named = kind_id("replay", [found.case, position, connection.execute(last).scalar_one()])
    row = {
        "id": named,
        "case_key": case_key,
        "model": found.model.name,
        "model_version": found.model.version,
        "runner": found.model.runner,
        "gets": found.model.gets.value,
        "digest": found.model.digest,
        "seed": 0 if found.environment is None else found.environment.seed,
        "grade": found.grade and found.grade.value,
        "causes": [each.value for each in found.causes],
        "trouble": answer and answer.trouble and answer.trouble.kind.value,
        "latency_ms": answer and answer.latency_ms,
        "environment_key": _environment(transaction, found),
        "person": transaction.actor.name,
        "created_at": transaction.at,
        "position": position,
    }
    key = connection.execute(insert(replays).returning(replays.c.key), row).scalar_one()
    told = {
        "answer": None if answer is None else [answer.output, answer.confidence, answer.trouble and answer.trouble.message],
        "logged": [found.logged.model, found.logged.model_version, found.logged.output, found.logged.confidence],
    }
    as_text = {name: json.dumps(value, default=format_time) for name, value in told.items()}
    connection.execute(insert(replay_answers), {"replay_key": key, **as_text})
    transaction.changed(named, None, {**told, "model": str(found.model), "grade": row["grade"]})
    return replace(found, id=named, person=transaction.actor.name, at=transaction.at, position=position)


def _replay(row: Row[Any], case: str, *, names: bool) -> Replay:
    answer = None
    told = None if row.answer is None else json.loads(row.answer)
    if told is not None or row.trouble is not None:
        output, confidence, message = told or (None, None, None)
        trouble = None if row.trouble is None else ModelTrouble(kind=TroubleKind(row.trouble), message=message or "")
        answer = ModelAnswer(output=output, confidence=confidence, latency_ms=row.latency_ms, trouble=trouble)
    logged = (row.model, None, None, None) if row.logged is None else json.loads(row.logged)
    model, version, was, sure = logged
    environment = None
    if row.environment_key is not None:
        environment = ModelEnvironment(
            python=row.python, platform=row.platform, packages=row.packages, digest=row.digest, seed=row.seed
        )
    return Replay(
        id=row.id,
        case=case,
        model=ModelSpecification(
            name=row.model, version=row.model_version, runner=row.runner, target=None, gets=RowKind(row.gets), digest=row.digest
        ),
        logged=LoggedAnswer(model=model, model_version=version, output=was, confidence=sure),
        answer=answer,
        environment=environment,
        grade=None if row.grade is None else ReplayGrade(row.grade),
        causes=tuple(map(ReplayCause, row.causes)),
        position=row.position,
        person=row.person if names else None,
        at=row.created_at,
    )
