"""What is done while the disk fails, and how a catalog stands before and after: it must be one of the two."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import remiss
from remiss import backup, capture
from remiss.catalog import actions as catalog
from remiss.catalog import attachment_actions as attachments
from remiss.edges.stores.case_evidence import RawEventStore
from remiss.errors import CatalogMissing, RemissError
from remiss.govern import actions as governing
from remiss.govern import audit_actions as audit
from remiss.govern.audit.log import VIEWS
from tests.stories.logs import MONDAY, WEEK, Log, small_log

# Counted apart: who looked, and what is no part of what was done.
UNCOUNTED = {"views", "audit_heads", "runners", "catalog_version", "catalog_head"}


@dataclass(frozen=True)
class World:
    """A place for trials: a folder on the disk that fails, with the catalog's folders in it or named by an address."""

    folder: Path
    address: str

    @property
    def environment(self) -> dict[str, str]:
        """Keys and vault lie elsewhere, in folders of folders that the first change makes."""
        keys, vault = self.folder / "keys" / "of" / "us", self.folder / "evidence" / "vault"
        return {"REMISS_KEYS": str(keys), "REMISS_VAULT": str(vault), "REMISS_CATALOG": self.address}


@dataclass(frozen=True)
class Deed:
    """What is done: what it begins with, what is typed (given log, case and disk), and how one looks at what came of it."""

    name: str
    begins: str
    typed: Callable[[Path, str, Path], Sequence[str]]
    looks: str = "state"


def _labelled(log: Path, case: str, disk: Path) -> Sequence[str]:
    answers = [word for each in ("harm=loss", "reach=slice", "detection=late", "recovery=itself") for word in ("--answer", each)]
    said = ["--verdict", "failure", "--mode", "remiss:model/weak-slice", *answers, "--rationale", "a feeder airport"]
    return ["case", "annotate", case, "--revision", "1", *said]


WEEK_TWO = ("--since", "2013-06-10", "--until", "2013-06-17")
DEEDS = {
    each.name: each
    for each in (
        Deed("init", "nothing", lambda log, case, disk: ["init"]),
        Deed("first", "new", lambda log, case, disk: ["case", "file", "--model", "m", "--at", "2026-03-01", "--title", "t"]),
        Deed("capture", "captured", lambda log, case, disk: ["capture", str(log / "arrival-delay.yaml"), *WEEK_TWO]),
        Deed(
            "recapture",
            "captured",
            lambda log, case, disk: ["capture", str(log / "later.yaml"), "--since", "2013-06-03", "--until", "2013-06-10"],
        ),
        Deed("label", "captured", _labelled),
        Deed("rotate", "captured", lambda log, case, disk: ["catalog", "rotate"]),
        Deed("attach", "captured", lambda log, case, disk: ["attachment", "add", case, str(log / "note.txt")]),
        Deed("look", "captured", lambda log, case, disk: ["evidence", "show", case, "--purpose", "see"], looks="looked"),
        Deed(
            "backup", "captured", lambda log, case, disk: ["catalog", "backup", "--with-keys", str(disk / "saved")], looks="saved"
        ),
        Deed("restore", "lost", lambda log, case, disk: ["catalog", "restore", str(disk / "saved")]),
    )
}


def make_log(folder: Path) -> Log:
    """Make the log that is captured, the protocol of the recapture, and a file to attach."""
    log = small_log(folder, weeks=2, a_week=60)
    text = Path(log.protocol).read_text()
    (folder / "later.yaml").write_text(
        text.replace("version: 1", "version: 2", 1).replace("latency_ms > 250", "latency_ms > 240")
    )
    (folder / "note.txt").write_text("a note")
    return log


def begin(what: str, world: World, log: Path) -> str:
    """Make what a deed begins with; return the id of a case in it."""
    if what == "nothing":
        return ""
    case = ""
    with remiss.open(world.address, create=True, environment=world.environment) as ws:
        if what in {"captured", "lost"}:
            capture.capture(ws, str(log / "arrival-delay.yaml"), since=MONDAY, until=MONDAY + WEEK)
            case = str(catalog.search(ws, "status:candidate").rows[0][0])
            attachments.add_attachment(ws, case, b"an earlier note")
            if what == "lost":
                backup.back_up(ws, world.folder / "saved", with_keys=True)
    if what == "lost":
        for each in world.folder.iterdir():
            if each.is_dir() and each.name != "saved":
                shutil.rmtree(each)
            elif each.is_file():
                each.unlink()
    return case


def state() -> dict[str, Any]:
    """Return how the catalog stands: what it holds, and what is wrong with it, which must be nothing."""
    try:
        ws = remiss.open()
    except CatalogMissing:
        return {"holds": None, "wrong": []}
    except RemissError as error:
        return {"holds": None, "wrong": [str(error)]}
    with ws:
        wrong = [f"{each.name}: {each.says}" for each in governing.doctor(ws).items if each.level == "bad"]
        try:
            found = audit.verify_audit(ws).items if ws._acted() else ()
            wrong += [f"{each.log}: {each.what}" for each in found if not each.sound]
        except RemissError as error:
            wrong.append(str(error))
        for address in RawEventStore(ws._reader).needed():
            try:
                ws.vault.get(address)
            except RemissError as error:
                wrong.append(str(error))
        return {"holds": _held(ws), "wrong": wrong}


def looked() -> dict[str, Any]:
    """Return how the catalog stands, and how many entries its log of views has."""
    found = state()
    with remiss.open() as ws:
        found["holds"]["views"] = sum(len(block) for block in ws.audit.rows(VIEWS))
    return found


def saved() -> dict[str, Any]:
    """Return how the catalog and its backup stand."""
    found = state()
    folder = Path(os.environ["REMISS_VAULT"]).parents[1] / "saved"
    if folder.exists():
        try:
            found["holds"]["backup"] = backup.check(folder).pieces
        except RemissError as error:
            found["wrong"].append(str(error))
    return found


def _held(ws: remiss.Workspace) -> dict[str, Any]:
    from sqlalchemy import func, select

    from remiss.edges.stores.tables import metadata

    with ws._store.reading() as connection:
        tables = {
            name: connection.execute(select(func.count()).select_from(table)).scalar_one()
            for name, table in metadata.tables.items()
            if name not in UNCOUNTED
        }
    return {"position": ws.position(), **{name: count for name, count in tables.items() if count}}
