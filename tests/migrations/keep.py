"""How `demo_26.json.gz` was made: what remiss wrote at schema 26, kept for the tests of later upgrades.

It is run by the tree whose catalogs are to be kept, from a checkout of this one:

    git worktree add ../former fc2ca4c4
    PYTHONPATH=../former/src:../former python tests/migrations/keep.py tests/migrations/demo_26.json.gz

In it are the catalog that schema 17 left (`catalog_17.json`, whose runs are by the first rules), upgraded to 26 and one more week
of its log captured by the second rules; and the demo in small beside it, its captures and what its three scripted people said:
annotations, blind verifications, adjudications and disputes that are left open. Then what was asked of it, with the answers.

What can be made again from the rest is left out: the index of words. Events are fewer than the demo keeps, to keep this small.
"""

from __future__ import annotations

import gzip
import json
import sqlite3
import sys
import tempfile
from collections.abc import Iterable
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Table

import remiss
from remiss.capture import capture
from remiss.codec import to_json
from remiss.demo import labelling, logs
from remiss.edges.stores import tables
from remiss.edges.stores.version import LATEST
from remiss.govern import audit_actions as audit
from remiss.govern import people_actions
from remiss.understand import actions as understand
from tests.migrations import older
from tests.stories.logs import MONDAY, WEEK, small_log

NAMES = {
    "protocol: arrival-delay\n": "protocol: demo-delay\n",
    "name: arrival-predictions,": "name: demo-predictions,",
    "population: 500": "population: 60",
    "control: 20": "control: 8",
}
ANNOTATIONS = 70
FIGURES = [
    {"query": "criterion:missed-delay", "protocol": "demo-delay@1"},
    {"query": "criterion:missed-delay", "protocol": "demo-delay@1", "rate": True, "by": "inputs.carrier", "variance": "sample"},
    {"query": "criterion:slow", "protocol": "demo-delay@1", "by": "model_version", "variance": "sample"},
    {"query": "", "protocol": "demo-delay@1", "by": "criterion"},
    {"query": "", "protocol": "demo-delay@1", "confirmed": True, "by": "criterion"},
    {"query": "criterion:missed-delay", "protocol": "demo-delay@1", "confirmed": True},
    {"query": "criterion:missed-delay", "protocol": "demo-delay@1", "confirmed": True, "by": "mode"},
    {"query": f"criterion:slow occurred:<{(MONDAY + 2 * WEEK):%Y-%m-%d}", "protocol": "arrival-delay@1"},
    {"query": f"criterion:slow occurred:>={(MONDAY + 2 * WEEK):%Y-%m-%d}", "protocol": "arrival-delay@1"},
]


def main(kept: Path) -> None:
    """Make a catalog and write what is in it to `kept`."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        environment = {"REMISS_KEYS": str(folder / "keys"), "REMISS_VAULT": str(folder / "vault")}
        address = str(folder / "remiss.db")
        older.restore(older.kept(), address, folder / "keys")
        with remiss.open(address, environment=environment, upgrade=True) as ws:
            one_more_week(ws, folder / "small")
            demo(ws, folder / "demo")
            asked = [{"asked": figure, "rows": answered(ws, figure)} for figure in FIGURES]
            signed = audit.checkpoint(ws)
        content = {
            "schema": LATEST,
            "keys": {path.name: path.read_bytes().hex() for path in sorted((folder / "keys").iterdir())},
            "checkpoint": signed.notes,
            "public_key": signed.key,
            "asked": {"figures": asked},
            "catalog": dump(address, tables.metadata.sorted_tables),
            "views": dump(f"{address}.views", [tables.audit_heads, *tables.views_metadata.sorted_tables]),
        }
    kept.write_bytes(gzip.compress(json.dumps(content, separators=(",", ":")).encode(), mtime=0))


def one_more_week(ws: remiss.Workspace, folder: Path) -> None:
    """Capture the week after those of the older catalog, by its own protocol and the rules of today."""
    log = small_log(folder, weeks=3, a_week=24)
    text = next(row["text"] for row in older.kept().catalog["protocols"])
    Path(log.protocol).write_text(text, encoding="utf-8")
    capture(ws, log.protocol, since=MONDAY + 2 * WEEK, until=MONDAY + 3 * WEEK)


def demo(ws: remiss.Workspace, folder: Path) -> None:
    """Capture the small demo week by week and have its people label."""
    logs.write_small(folder)
    protocol = folder / logs.PROTOCOL
    text = protocol.read_text("utf-8")
    for former, name in NAMES.items():
        assert former in text
        text = text.replace(former, name)
    protocol.write_text(text, encoding="utf-8")
    since = logs.SINCE
    while since < logs.UNTIL:
        capture(ws, str(protocol), since=since, until=since + timedelta(weeks=1))
        since += timedelta(weeks=1)
    # She is known already, of another team.
    [held] = labelling.granted(labelling.ANA).grants
    people_actions.grant(ws, labelling.ANA.name, held.role, team=held.team, clearance=held.clearance)
    labelling.labelled(ws, lambda what, done: None, ANNOTATIONS)


def answered(ws: remiss.Workspace, asked: dict[str, Any]) -> list[Any]:
    return [to_json(row) for row in understand.estimate(ws, **asked).rows]


def dump(file: str, known: Iterable[Table]) -> dict[str, Any]:
    """Return the rows of tables, each after those that it refers to, as SQLite stores them."""
    found = {}
    with closing(sqlite3.connect(file)) as connection:
        for table in known:
            rows = connection.execute(f'SELECT * FROM "{table.name}"')
            found[table.name] = {
                "columns": [each[0] for each in rows.description],
                "rows": [[_value(each) for each in row] for row in rows],
            }
    return {name: table for name, table in found.items() if table["rows"]}


def _value(each: Any) -> Any:
    return {"bytes": each.hex()} if isinstance(each, bytes) else each


if __name__ == "__main__":
    main(Path(sys.argv[1]))
