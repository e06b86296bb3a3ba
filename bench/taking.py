"""How long somebody waits for the next case to label, of a million of which people have labelled ten thousand."""

from __future__ import annotations

import time
from collections.abc import Iterator

from sqlalchemy import text

import remiss
from bench import results, server, visible
from bench.results import WORK, Figure
from remiss.curate import queue_actions as queue
from remiss.edges.stores.dialect.types import POSTGRESQL, SQLITE
from remiss.govern.authority import Granted, actor_of
from remiss.records.case import Sensitivity
from remiss.records.labelling import LabellingKind
from remiss.records.person import Grant, Person
from remiss.workspace import Workspace

LABELLED = 10_000
TAKES = 21
# Of what the catalog shows as annotated, written at once; its runs are of the team `default`.
LABELLINGS = (
    "DELETE FROM reservations",
    "DELETE FROM labellings",
    "INSERT INTO labellings (key, case_key, kind, round, attempt, person, created_at, position, verdict, mode, modes, answers, "
    "severity, severity_reason, reproduced) "
    "SELECT key, key, 'annotation', 1, 1, 'p' || (key % 5), occurred_at, position_from, 'failure', mode, "
    f"'[]', '[]', severity, '', 'not-tried' FROM cases WHERE key % 10 = 3 AND key <= {10 * LABELLED}",
)
TEAMS = (*visible.TEAMS, "default")
ASKED = {"annotator": LabellingKind.ANNOTATION, "verifier": LabellingKind.VERIFICATION}


def measure() -> list[Figure]:
    """Measure on both databases and return the figures."""
    WORK.mkdir(exist_ok=True)
    with server.running(WORK / "postgresql") as socket:
        places = {SQLITE: visible.sqlite_catalog(WORK), POSTGRESQL: visible.postgresql_catalog(socket)}
        return [figure for database, place in places.items() for figure in taken(database, place)]


def taken(database: str, address: str) -> Iterator[Figure]:
    """Time an annotator and a verifier, one case after the other, each put back."""
    for role, kind in ASKED.items():
        # Opened anew, for what is worked out when somebody first asks is kept as long as the catalog is open.
        with remiss.open(address, environment=visible.KEPT) as ws:
            label(ws)
            grants = tuple(Grant(role=role, team=team, clearance=Sensitivity.RESTRICTED) for team in TEAMS)
            person = Person(name=f"ana-{role}", grants=grants)
            own = ws.serving("bench", actor=actor_of(person), authority=Granted(person))
            first, *others = [take(own, kind) for _ in range(TAKES + 1)]
        yield Figure(
            f"{database}: the next case for {role} is given",
            f"{results.middle(others):.0f} ms; the first after a start {first / 1000:.1f} s",
            "none is promised",
            None,
        )


def take(ws: Workspace, kind: LabellingKind) -> float:
    """Return the milliseconds until the next case is there; it is put back."""
    started = time.perf_counter()
    served = queue.take(ws, kind=kind)
    waited = (time.perf_counter() - started) * 1000
    if served.task is None:
        raise SystemExit(f"nothing waits for {kind.value}")
    queue.release(ws, served.task.form.case)
    return waited


def label(ws: Workspace) -> None:
    """Have some cases be labelled, and nobody have one in hand."""
    with ws._store.engine.execution_options(writes=True).begin() as connection:  # noqa: SLF001 - ten thousand actions take long
        for statement in LABELLINGS:
            connection.execute(text(statement))
