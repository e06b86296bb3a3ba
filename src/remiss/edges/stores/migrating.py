"""Bringing a catalog to this version: from nothing or from an older one, under a lock, all of it or nothing.

The migrations are Alembic's, forward only, numbered `0001_pre_...`; a `pre` one may run while older code still does, a
`post` one only after. A released migration never changes.
"""

from __future__ import annotations

import uuid
from datetime import datetime
from pathlib import Path
from typing import Any

from alembic.config import Config
from alembic.runtime.environment import EnvironmentContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, insert, select

from remiss.edges.stores.case_writing import index_anew
from remiss.edges.stores.dialect.on_disk import make_durable
from remiss.edges.stores.dialect.writing import lock_name
from remiss.edges.stores.jobs import post
from remiss.edges.stores.logs.journal import INIT, UPGRADE, Transaction
from remiss.edges.stores.logs.sealing import Sealing
from remiss.edges.stores.people import enrol
from remiss.edges.stores.tables import cases, catalog_head, protocols, runs, unredacted_runs
from remiss.edges.stores.version import TABLE, read_version
from remiss.govern.audit.log import JOURNAL
from remiss.govern.ports.actor import Actor
from remiss.govern.ports.jobs import Posted
from remiss.records.case import Sensitivity
from remiss.records.job import REDACT
from remiss.records.person import EVERY_TEAM, Grant

# What the person who makes a catalog is granted.
ADMIN = Grant(role="admin", team=EVERY_TEAM, clearance=Sensitivity.SECRET)
# From this schema on the journal is sealed.
SEALED = 6
# With this one texts that were stored without redaction are listed.
REDACTED = 24
# With this one words find values of fields too.
VALUES = 37
FOLDER = Path(__file__).with_name("migrations")


def scripts() -> ScriptDirectory:
    """Return the migrations that this version carries."""
    return ScriptDirectory(str(FOLDER), version_locations=[str(FOLDER)])


def migrate(engine: Engine, now: datetime, actor: Actor, sealing: Sealing | None = None) -> None:
    """Apply the migrations that are missing, in one transaction; give a new catalog its identity.

    What was made or upgraded has its row in the journal, in the same transaction; where nothing was missing there is none. An
    upgrade from before the journal was sealed seals what is in it.
    """
    with engine.connect() as connection:
        make_durable(connection)
    with engine.execution_options(writes=True).connect() as connection, connection.begin():
        lock_name(connection, "remiss migrations")
        before = apply(connection)
        after = read_version(connection)
        if before == after:
            return
        made = connection.execute(select(catalog_head.c.id)).first() is None
        if made:
            row = {"id": 1, "position": 0, "catalog_id": str(uuid.uuid4()), "created_at": now}
            connection.execute(insert(catalog_head), row)
        done = Transaction(
            connection=connection,
            actor=actor,
            action=INIT if made else UPGRADE,
            at=now,
            sealing=sealing or Sealing(),
            seals_all=before < SEALED <= after,
        )
        done.subjects.append(f"schema {after}" if made else f"schema {before} to {after}")
        if made:
            enrol(done, actor.name, ADMIN)
        if before < REDACTED <= after:
            _redact_later(done)
        if before < VALUES <= after:
            index_anew(connection, connection.execute(select(cases.c.key).order_by(cases.c.key)).scalars().all())
        done.write_journal()
        catalog_id = connection.execute(select(catalog_head.c.catalog_id)).scalar_one()
    if done.sealed:
        done.sealing.went_on(catalog_id, JOURNAL, done.position())


def _redact_later(done: Transaction) -> None:
    """Post a job for each version of a protocol whose runs stored texts without redaction: the list is the migration's."""
    of_list = select(runs.c.protocol_key).join(unredacted_runs, unredacted_runs.c.run_key == runs.c.key)
    those = select(protocols).where(protocols.c.key.in_(of_list)).order_by(protocols.c.key)
    for row in done.connection.execute(those).all():
        path, named = f"{row.name}.yaml", {"protocol": row.name, "version": row.version, "team": row.team_id}
        post(done, Posted(kind=REDACT, path=path, text=row.text, **named), operator=True)


def apply(connection: Connection, to: str = "head") -> int:
    """Apply the migrations that are missing up to `to`; return the schema's number before, 0 of an empty database."""
    directory = scripts()
    before = 0

    def steps(at: Any, _: Any) -> Any:
        nonlocal before
        before = max((int(each) for each in at), default=0)
        # Alembic's own `upgrade` command says it so; the public way would need an env.py and a configuration file.
        return directory._upgrade_revs(to, at)  # noqa: SLF001

    with EnvironmentContext(Config(), directory, fn=steps) as environment:
        environment.configure(connection=connection, version_table=TABLE)
        environment.run_migrations()
    return before
