"""The catalogs that a record keeps, and what a later tree must find in them: every leaf of both logs, and a signed checkpoint.

Leaves are read past remiss, from the tables of the release that had them first: those of a released migration never change.
"""

from __future__ import annotations

import json
import re
import shutil
import sqlite3
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Any

from scripts.golden.databases import FILE, Place, Server, server
from scripts.golden.driving import Answer, run
from scripts.golden.making import Made

KEPT = "kept"
CHECKPOINT, KEY, LEAVES, DUMP = "checkpoint.txt", "remiss.pub", "leaves.json", "catalog.sql"
# Where a run says that the sources of its protocol lie.
FOLDER = re.compile(r'"folder": ("[^"]+")')
# Table, the number of an entry in it, and the ending of the file that SQLite has it in.
LOGS = {"journal": ("journal", "position", ""), "views": ("views", "n", ".views")}


def keep(folder: Path, made: Made) -> None:
    """Keep a catalog beside the record, with its keys, its leaves, and a checkpoint that this tree signed."""
    kept = folder / KEPT / made.place.database
    signed = made.do("audit", "checkpoint", "--key", KEY)
    kept.parent.mkdir(exist_ok=True)
    shutil.copytree(made.place.folder, kept)
    (kept / CHECKPOINT).write_text(signed.out)
    (kept / LEAVES).write_text(json.dumps(leaves(made.place), indent=0))
    if made.place.server is not None:
        made.place.server.dump(made.place.address.rpartition("/")[2], kept / DUMP)


def leaves(place: Place) -> dict[str, dict[str, Any]]:
    """Return the leaf of every entry of both logs, in hex, by its number."""
    found = {log: dict(_leaves(place, log)) for log in LOGS}
    return {log: {str(number): leaf for number, leaf in each.items()} for log, each in found.items()}


def _leaves(place: Place, log: str) -> Iterator[tuple[int, str]]:
    table, number, ending = LOGS[log]
    statement = f"SELECT {number}, leaf FROM {table} ORDER BY {number}"  # noqa: S608 - names from the table above
    if place.server is None:
        with closing(sqlite3.connect(place.folder / f"{FILE}{ending}")) as connection:
            rows: list[Any] = connection.execute(statement).fetchall()
    else:
        import psycopg

        with psycopg.connect(place.address) as reading:
            rows = reading.execute(statement).fetchall()
    yield from ((row[0], bytes(row[1] or b"").hex()) for row in rows)


def upgraded(record: Path) -> Iterator[str]:
    """Upgrade a copy of each kept catalog with the tree under test, and yield everything that is not as it was."""
    kept = sorted((record / KEPT).iterdir())
    with tempfile.TemporaryDirectory(prefix="golden-") as folder:
        for each in kept:
            if each.name == "postgresql":
                with server() as running:
                    yield from _checked(each, Path(folder) / each.name, running)
            else:
                yield from _checked(each, Path(folder) / each.name, None)


def _checked(kept: Path, folder: Path, running: Server | None) -> Iterator[str]:
    shutil.copytree(kept, folder)
    address = f"sqlite:///{FILE}" if running is None else running.restore("kept", folder / DUMP)
    place = Place(folder, kept.name, address, running)
    answer = _run(place, "catalog", "upgrade")
    if answer.status:
        yield f"{kept.name}/kept/upgrade: {answer.out}{answer.err}".strip()
        return
    before: Mapping[str, Mapping[str, str]] = json.loads((kept / LEAVES).read_text())
    after = leaves(place)
    for log, entries in before.items():
        for number, leaf in entries.items():
            if after[log].get(number) != leaf:
                yield f"{kept.name}/kept/leaves/{log}/{number}: {leaf} -> {after[log].get(number)}"
    for words in (("--checkpoint", CHECKPOINT), ("--checkpoint", CHECKPOINT, "--key", KEY)):
        answer = _run(place, "audit", "verify", *words)
        if answer.status:
            yield f"{kept.name}/kept/verify {' '.join(words)}: {answer.out}{answer.err}".strip()
    for run_id in _runs(kept):
        with _logs_where_they_were(place, run_id):
            answer = _run(place, "reproduce", run_id)
        if answer.status:
            yield f"{kept.name}/kept/reproduce {run_id}: {answer.out}{answer.err}".strip()


def _runs(kept: Path) -> Iterator[str]:
    """Yield the runs of a kept catalog, whose logs are kept with it."""
    made = json.loads((kept.parents[1] / kept.name / "made.jsonl").read_text("utf-8"))["value"]
    yield from (made[name] for name in ("run", "other_run"))


@contextmanager
def _logs_where_they_were(place: Place, run_id: str) -> Iterator[None]:
    """Put the kept logs of a run into the folder that it was captured in, unless they are there, while the block lasts."""
    found = FOLDER.search(_run(place, "run", "show", run_id, "--format", "json").out)
    folder = Path(json.loads(found[1])) if found else place.folder
    if folder.exists():
        yield
        return
    made = next(each for each in (*reversed(folder.parents), folder) if not each.exists())
    shutil.copytree(place.folder / folder.name, folder)
    try:
        yield
    finally:
        shutil.rmtree(made)


def _run(place: Place, *words: str) -> Answer:
    return run(words, folder=place.folder, environment=place.environment)
