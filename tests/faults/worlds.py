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
from remiss.records.case import Filing
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
class Begun:
    """What a deed begins with: the id of a case, and of a file on it."""

    case: str = ""
    file: str = ""


@dataclass(frozen=True)
class Deed:
    """What is done: what it begins with, what is typed (given log, what is there, disk), and how one looks at it afterwards."""

    name: str
    begins: str
    typed: Callable[[Path, Begun, Path], Sequence[str]]
    looks: str = "state"


def _labelled(log: Path, begun: Begun, disk: Path) -> Sequence[str]:
    answers = [word for each in ("harm=loss", "reach=slice", "detection=late", "recovery=itself") for word in ("--answer", each)]
    said = ["--verdict", "failure", "--mode", "remiss:model/weak-slice", *answers, "--rationale", "a feeder airport"]
    return ["case", "annotate", begun.case, "--revision", "1", *said]


WEEK_TWO = ("--since", "2013-06-10", "--until", "2013-06-17")
DEEDS = {
    each.name: each
    for each in (
        Deed("init", "nothing", lambda log, begun, disk: ["init"]),
        Deed("first", "new", lambda log, begun, disk: ["case", "file", "--model", "m", "--at", "2026-03-01", "--title", "t"]),
        Deed("capture", "captured", lambda log, begun, disk: ["capture", str(log / "arrival-delay.yaml"), *WEEK_TWO]),
        Deed(
            "recapture",
            "captured",
            lambda log, begun, disk: ["capture", str(log / "later.yaml"), "--since", "2013-06-03", "--until", "2013-06-10"],
        ),
        Deed("label", "captured", _labelled),
        Deed("rotate", "captured", lambda log, begun, disk: ["catalog", "rotate"]),
        Deed("attach", "captured", lambda log, begun, disk: ["attachment", "add", begun.case, str(log / "note.txt")]),
        Deed("remove", "attached", lambda log, begun, disk: ["attachment", "remove", begun.file]),
        Deed("bring-back", "removed", lambda log, begun, disk: ["attachment", "restore", begun.file]),
        Deed("erase", "attached", lambda log, begun, disk: ["attachment", "erase", begun.file]),
        Deed("look", "captured", lambda log, begun, disk: ["evidence", "show", begun.case, "--purpose", "see"], looks="looked"),
        Deed(
            "backup",
            "captured",
            lambda log, begun, disk: ["catalog", "backup", "--with-keys", str(disk / "saved")],
            looks="saved",
        ),
        Deed("restore", "lost", lambda log, begun, disk: ["catalog", "restore", str(disk / "saved")]),
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


def begin(what: str, world: World, log: Path) -> Begun:
    """Make what a deed begins with."""
    if what == "nothing":
        return Begun()
    case = file = ""
    with remiss.open(world.address, create=True, environment=world.environment) as ws:
        if what in {"captured", "lost"}:
            capture.capture(ws, str(log / "arrival-delay.yaml"), since=MONDAY, until=MONDAY + WEEK)
            case = str(catalog.search(ws, "status:candidate").rows[0][0])
        elif what in {"attached", "removed"}:
            case = catalog.file(ws, Filing(model="m", at=MONDAY, title="t")).id
        if case:
            file = attachments.add_attachment(ws, case, b"an earlier note").id
        if what == "removed":
            attachments.remove_attachment(ws, file)
        if what == "lost":
            backup.back_up(ws, world.folder / "saved", with_keys=True)
    if what == "lost":
        for each in world.folder.iterdir():
            if each.is_dir() and each.name != "saved":
                shutil.rmtree(each)
            elif each.is_file():
                each.unlink()
    return Begun(case, file)


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
        wrong += _half_erased(ws)
        return {"holds": _held(ws), "wrong": wrong}


def _half_erased(ws: remiss.Workspace) -> list[str]:
    """Return what was erased and lies in the vault all the same, without the mark by which the next who erases finds it."""
    from sqlalchemy import select

    from remiss.edges.stores.tables import attachments as files

    with ws._store.reading() as connection:
        erased = connection.execute(select(files.c.address).where(files.c.position_to.is_not(None))).scalars().all()
    lying = [address for address in erased if not ws.vault.lacking(frozenset({address}))]
    marked = {path.name for path in Path(os.environ["REMISS_VAULT"]).glob("pending/*")}
    return [f"{address} was erased and lies in the vault" for address in lying if address not in marked]


def looked() -> dict[str, Any]:
    """Return how the catalog stands, and how many looks at raw evidence its log of views has; `state` looks at other things."""
    found = state()
    with remiss.open() as ws:
        entries = (entry for block in ws.audit.rows(VIEWS) for _, entry, *_ in block)
        found["holds"]["views"] = sum(b'"evidence"' in entry for entry in entries)
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
