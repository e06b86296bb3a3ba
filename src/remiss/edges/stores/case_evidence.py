"""Evidence of cases: the files that people added, and where the raw event lies.

The store of attachments: the port `Attachments` on a database.

Where the raw event of a case lies: which run kept it, under which protocol, at which address of the vault.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import Any

from sqlalchemy import Row, Select, bindparam, delete, distinct, exists, func, insert, select, union, update

from remiss.catalog.attachment import PreparedAttachment
from remiss.curate.blinding import UNNAMED, why_blinded
from remiss.edges.stores.blinded_case import blinded_people
from remiss.edges.stores.case_reading import observations_of, resolve, shown
from remiss.edges.stores.in_force import holds
from remiss.edges.stores.reading import POSITION, SCOPES, Reader
from remiss.edges.stores.tables import attachment_names, attachments, cases, observations, protocols, runs
from remiss.edges.stores.visible import visible_to
from remiss.errors import Conflict, NotFound
from remiss.govern.ports.actor import Scope
from remiss.records.case import Sensitivity
from remiss.records.evidence import Attachment, Kept, Original
from remiss.records.identity import kind_id
from remiss.records.states import Status


class AttachmentStore:
    """Attachments of the cases that a scope may see, as far as it may see the attachments and a viewer what labellers add."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._store = reader.store
        self._scope = reader.scope

    def add(self, case_id: str, prepared: PreparedAttachment, address: str) -> Attachment:
        """Write that a file was added to a case."""
        transaction = self._store.transaction
        connection = transaction.connection
        row = resolve(self._reader.writing, case_id)
        # A second person who adds to the same case waits here, so that numbers follow one another.
        connection.execute(select(cases.c.key).where(cases.c.key == row.key).with_for_update())
        last = select(func.max(attachments.c.number)).where(attachments.c.case_key == row.key)
        number = (connection.execute(last).scalar() or 0) + 1
        written = {
            "id": kind_id("attachment", [row.id, number]),
            "case_key": row.key,
            "number": number,
            "size": prepared.size,
            "team_id": row.team_id,
            "sensitivity": int(prepared.sensitivity),
            "address": address,
            "person": transaction.actor.name,
            "created_at": transaction.at,
            "position_from": transaction.position(),
        }
        key = connection.execute(insert(attachments).returning(attachments.c.key), written).scalar_one()
        connection.execute(insert(attachment_names), {"attachment_key": key, "name": prepared.name})
        transaction.subjects.extend([row.id, written["id"]])
        transaction.changed(written["id"], None, _content_of(prepared.name, prepared.size, prepared.sensitivity, address))
        return self.kept(written["id"]).attachment

    def of_case(self, case_id: str, position: int | None) -> tuple[Attachment, ...]:
        """Return the attachments of a case, the oldest first."""
        with self._reader.at(position) as reading:
            row = resolve(reading, case_id)
            found = reading.rows(_of_case(self._scope, past=reading.past), case=row.key)
            blinded = blinded_people(reading, row)
            return tuple(attachment_shown(_attachment(each), blinded, Status(row.status)) for each in found)

    def kept(self, attachment_id: str) -> Kept:
        """Return where the content of an attachment lies, also of one that was removed."""
        with self._reader.at() as reading:
            connection = reading.connection
            row = connection.execute(_seen(self._scope).where(attachments.c.id == attachment_id)).first()
            case = None if row is None else connection.execute(select(cases).where(cases.c.key == row.case_key)).one()
            blinded = frozenset() if case is None else blinded_people(reading, case)
        if row is None:
            raise NotFound(
                f"there is no attachment {attachment_id}", do="look at those of a case with: remiss attachment list CASE"
            )
        if case is not None and row.person in blinded:
            raise Conflict(
                f"{attachment_id} is {why_blinded(Status(case.status))}", do="label the case first, or wait until it is decided"
            )
        return Kept(attachment=_attachment(row), team=row.team_id, address=row.address, removed=row.position_to is not None)

    def refers(self, address: str) -> bool:
        """Return whether an attachment lies at an address of the vault."""
        with self._reader.at() as reading:
            found: bool = reading.connection.execute(select(exists().where(attachments.c.address == address))).scalar_one()
            return found

    def remove(self, attachment_id: str) -> Attachment:
        """Write that an attachment was removed, and erase its name."""
        transaction = self._store.transaction
        connection = transaction.connection
        found = self.kept(attachment_id)
        gone = (
            update(attachments)
            .where(attachments.c.id == attachment_id, holds(attachments, None))
            .values(position_to=transaction.position())
            .returning(attachments.c.key)
        )
        key = connection.execute(gone).scalar_one_or_none()
        if key is None:
            raise NotFound(f"{attachment_id} was removed already", do="nothing is left to be done")
        connection.execute(delete(attachment_names).where(attachment_names.c.attachment_key == key))
        transaction.subjects.extend([found.attachment.case, attachment_id])
        was = found.attachment
        transaction.changed(attachment_id, _content_of(was.name, was.size, was.sensitivity, found.address), None)
        return self.kept(attachment_id).attachment


def attachment_shown(attachment: Attachment, blinded: frozenset[str], status: Status) -> Attachment:
    """Return an attachment as somebody may know it for whom the words of some people are blinded."""
    if attachment.person not in blinded:
        return attachment
    return replace(attachment, name=None, person=UNNAMED, hidden=why_blinded(status))


def _content_of(name: str | None, size: int, sensitivity: Sensitivity, address: str) -> dict[str, object]:
    """Return what the journal has a digest of."""
    return {"name": name, "size": size, "sensitivity": int(sensitivity), "address": address}


def _seen(scope: Scope) -> Select[Any]:
    """Return the attachments that a scope may see: of cases that it may see, where the file itself is not too guarded."""
    return (
        select(attachments, attachment_names.c.name, cases.c.id.label("case"))
        .join(cases, cases.c.key == attachments.c.case_key)
        .outerjoin(attachment_names, attachment_names.c.attachment_key == attachments.c.key)
        .where(visible_to(scope), visible_to(scope, attachments))
    )


@lru_cache(2 * SCOPES)
def _of_case(scope: Scope, *, past: bool) -> Select[Any]:
    of_case = _seen(scope).where(attachments.c.case_key == bindparam("case"), holds(attachments, POSITION if past else None))
    return of_case.order_by(attachments.c.number)


def _attachment(row: Row[Any]) -> Attachment:
    return Attachment(
        id=row.id,
        case=row.case,
        name=row.name,
        size=row.size,
        sensitivity=Sensitivity(row.sensitivity),
        person=row.person,
        at=row.created_at,
        position=row.position_from,
    )


FILED = "filed"
# What a catalog refers to in its vault now; the content of a file that a person took away again may be there still, or not.
NEEDED = union(
    select(observations.c.evidence).where(observations.c.evidence.is_not(None)),
    select(attachments.c.address).where(holds(attachments, None)),
)


class RawEventStore:
    """Raw events of the cases that a scope may see: fulfils `catalog.ports.Originals`."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader

    def of(self, case_id: str, run: str | None) -> Original:
        """Return where the raw event of a case lies; see the port."""
        with self._reader.at() as reading:
            row = resolve(reading, case_id)
            # What a run kept that is not visible to the asker, they are not told of either.
            seen = [each for each in observations_of(reading, row.event_key) if shown(each, reading.scope)]
            # Of the latest run in force, or of the latest at all.
            ranked = sorted(seen, key=lambda each: not each.in_force)
            found = next((each for each in ranked if each.evidence and (run is None or each.id == run)), None)
            if found is None:
                raise _nothing(row.id, row.origin, run, [each.id for each in seen if each.evidence])
            version = select(protocols.c.version).join(runs, runs.c.protocol_key == protocols.c.key)
            return Original(
                case=row.id,
                team=row.team_id,
                sensitivity=Sensitivity(row.sensitivity),
                run=found.id,
                protocol=found.protocol_name,
                version=reading.connection.execute(version.where(runs.c.id == found.id)).scalar_one(),
                address=found.evidence,
            )

    def needed(self) -> frozenset[str]:
        """Return the addresses of the evidence that the catalog refers to, no matter who may see it."""
        with self._reader.at() as reading:
            return frozenset(reading.connection.execute(NEEDED).scalars())

    def kept(self) -> int:
        """Return how many events and files the catalog has the address of, no matter who may see them."""
        raw = select(func.count(distinct(observations.c.event_key))).where(observations.c.evidence.is_not(None))
        files = select(func.count()).select_from(attachments).where(holds(attachments, None))
        with self._reader.at() as reading:
            return sum(int(reading.connection.execute(each).scalar_one()) for each in (raw, files))


def _nothing(case: str, origin: str, run: str | None, kept: list[str]) -> NotFound:
    if run is not None and kept:
        return NotFound(f"{run} kept no raw event of case {case}", do=f"name one of {', '.join(kept)}, or none")
    if origin == FILED:
        return NotFound(f"case {case} has no raw event: a person filed it by hand", do="show the case itself")
    return NotFound(f"the raw event of case {case} is not kept any more", do="show the case itself, which has what is left")
