"""What it costs that people see what they may: the same questions with the conditions of access and without."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import text

import remiss
from bench import catalog, results, server
from bench.catalog_questions import QUESTIONS
from bench.results import KEYS, WORK, Figure
from remiss.edges.stores.dialect.types import POSTGRESQL, SQLITE
from remiss.govern.authority import Granted, actor_of
from remiss.records.case import Sensitivity
from remiss.records.person import Grant, Person
from remiss.workspace import Workspace

CASES = int(os.environ.get("BENCH_CASES", "1000000"))
BOUND = 1.2
ROUNDS = 21
KEPT = {"REMISS_KEYS": str(KEYS)}
# Eight teams, and one case of a hundred more guarded than most.
GOVERNED = (
    "UPDATE cases SET team_id = 'team-' || (key % 8), sensitivity = CASE WHEN key % 100 = 7 THEN 2 ELSE 1 END",
    "UPDATE events SET team_id = 'team-' || (key % 8), sensitivity = CASE WHEN key % 100 = 7 THEN 2 ELSE 1 END",
    *(
        f"UPDATE {table} SET team_id = cases.team_id, sensitivity = cases.sensitivity FROM cases WHERE cases.key = case_key"
        for table in ("case_criteria", "case_context")
    ),
)
TEAMS = tuple(f"team-{number}" for number in range(8))


def people() -> Iterator[tuple[str, Person]]:
    """Yield who asks: somebody cleared for all that there is, for all but the most guarded, and for half of the teams."""
    for who, teams, clearance in (
        ("all of 8 teams", TEAMS, Sensitivity.RESTRICTED),
        ("99 % of 8 teams", TEAMS, Sensitivity.INTERNAL),
        ("4 of 8 teams", TEAMS[:4], Sensitivity.RESTRICTED),
    ):
        grants = tuple(Grant(role="reader", team=team, clearance=clearance) for team in teams)
        yield who, Person(name="ana", grants=grants)


def measure() -> list[Figure]:
    """Measure both sides on both databases and return the figures."""
    WORK.mkdir(exist_ok=True)
    with server.running(WORK / "postgresql") as socket:
        places = {SQLITE: sqlite_catalog(WORK), POSTGRESQL: postgresql_catalog(socket)}
        return [figure for database, place in places.items() for figure in asked(database, place)]


def asked(database: str, address: str) -> Iterator[Figure]:
    """Time each question as the operator asks it, without any condition, and as people do, in turn."""
    with remiss.open(address, environment=KEPT) as ws:
        for who, person in people():
            own = ws.serving("bench", actor=actor_of(person), authority=Granted(person))
            for question in QUESTIONS:
                sides = (lambda q=question, w=own: q.ask(w), lambda q=question: q.ask(ws))
                theirs, free = results.medians(sides, ROUNDS)
                yield Figure(
                    f"{database}: {question.name}, by somebody who sees {who}",
                    f"{theirs:.2f} ms; without conditions {free:.2f} ms; ratio {theirs / free:.2f}",
                    f"{BOUND:g}",
                    theirs / free <= BOUND,
                )


def govern(ws: Workspace) -> None:
    """Have the cases of a catalog belong to teams; written at once, for a million changes through actions would take hours."""
    with ws._store.engine.execution_options(writes=True).begin() as connection:  # noqa: SLF001 - no action changes a team
        for statement in GOVERNED:
            connection.execute(text(statement))


def sqlite_catalog(folder: Path, cases: int = CASES) -> str:
    """Return the address of a filled catalog of teams; make it unless it is there."""
    path = folder / f"governed-{cases}" / "remiss.db"
    if not path.exists():
        making = path.with_name("making.db")
        making.parent.mkdir(exist_ok=True)
        making.write_bytes(catalog.sqlite_catalog(folder, cases).read_bytes())
        with remiss.open(str(making), environment=KEPT, upgrade=True) as ws:
            govern(ws)
        making.rename(path)
    return str(path)


def postgresql_catalog(socket: str, cases: int = CASES) -> str:
    """Return the address of a filled catalog of teams on the server; make it unless it is there."""
    name = f"governed_{cases}"
    if not server.has_database(socket, name):
        catalog.postgresql_catalog(socket, cases)
        server.administer(
            socket, "DROP DATABASE IF EXISTS making WITH (FORCE)", f"CREATE DATABASE making TEMPLATE catalog_{cases}"
        )
        with remiss.open(server.address(socket, "making"), environment=KEPT, upgrade=True) as ws:
            govern(ws)
        server.administer(socket, "VACUUM ANALYZE", database="making")
        server.administer(socket, f"ALTER DATABASE making RENAME TO {name}")
    return server.address(socket, name)
