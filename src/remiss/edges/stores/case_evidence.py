"""Evidence of cases: the files that people added, and where the raw event lies.

The store of attachments: the port `Attachments` on a database.

Where the raw event of a case lies: which run kept it, under which protocol, at which address of the vault.
"""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import Any

from sqlalchemy import Row, Select, and_, bindparam, delete, distinct, exists, func, insert, select, union, update

from remiss.catalog.attachment import PreparedAttachment
from remiss.curate.blinding import UNNAMED, why_blinded
from remiss.edges.stores.blinded_case import blinded_people
from remiss.edges.stores.case_reading import observations_of, resolve, shown
from remiss.edges.stores.in_force import holds
from remiss.edges.stores.prepared import Position
from remiss.edges.stores.reading import POSITION, SCOPES, Reader
from remiss.edges.stores.tables import attachment_names, attachment_removals, attachments, cases, observations, protocols, runs
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

    def of_case(self, case_id: str, position: int | None, *, removed: bool = False) -> tuple[Attachment, ...]:
        """Return the attachments of a case, the oldest first."""
        with self._reader.at(position) as reading:
            row = resolve(reading, case_id)

            # A page asks for those that are listed and for those that were removed.
            def read() -> tuple[Attachment, ...]:
                return tuple(map(_attachment, reading.rows(_of_case(self._scope, past=reading.past), case=row.key)))

            found = reading.once_for_viewer(("attachments", row.key, position), read)
            blinded = blinded_people(reading, row)
            shown = [each for each in found if (each.removed_by is not None) == removed]
            return tuple(attachment_shown(each, blinded, Status(row.status)) for each in shown)

    def kept(self, attachment_id: str) -> Kept:
        """Return where the content of an attachment lies, also of one that was removed or erased."""
        with self._reader.at() as reading:
            connection = reading.connection
            row = connection.execute(_seen(self._scope).where(attachments.c.id == attachment_id)).first()
            if row is None:
                raise NotFound(
                    f"there is no attachment {attachment_id}", do="look at those of a case with: remiss attachment list CASE"
                )
            case = connection.execute(select(cases).where(cases.c.key == row.case_key)).one()
            blinded = blinded_people(reading, case)
        if row.person in blinded:
            raise Conflict(
                f"{attachment_id} is {why_blinded(Status(case.status))}", do="label the case first, or wait until it is decided"
            )
        erased, shown = row.position_to is not None, attachment_shown(_attachment(row), blinded, Status(case.status))
        return Kept(
            attachment=replace(shown, removed_by=None, removed_at=None) if erased else shown,
            team=row.team_id,
            address=row.address,
            removed=row.removed_by is not None and not erased,
            erased=erased,
        )

    def refers(self, address: str) -> bool:
        """Return whether an attachment lies at an address of the vault, removed or not, and was not erased."""
        with self._reader.at() as reading:
            lies = exists().where(attachments.c.address == address, holds(attachments, None))
            found: bool = reading.connection.execute(select(lies)).scalar_one()
            return found

    def remove(self, attachment_id: str) -> Attachment:
        """Write that an attachment is not listed any more."""
        transaction = self._store.transaction
        key, found = self._locked(attachment_id)
        if found.removed:
            raise Conflict(
                f"{attachment_id} was removed already", do=f"list it again with: remiss attachment restore {attachment_id}"
            )
        removal = {
            "attachment_key": key,
            "position_from": transaction.position(),
            "person": transaction.actor.name,
            "removed_at": transaction.at,
        }
        transaction.connection.execute(insert(attachment_removals), removal)
        return self._changed(found, {**_content_of_kept(found), **_REMOVED})

    def restore(self, attachment_id: str) -> Attachment:
        """Write that an attachment is listed again."""
        transaction = self._store.transaction
        key, found = self._locked(attachment_id)
        if not found.removed:
            raise Conflict(f"{attachment_id} was not removed", do="nothing is left to be done")
        ended = update(attachment_removals).where(attachment_removals.c.attachment_key == key, holds(attachment_removals, None))
        transaction.connection.execute(ended.values(position_to=transaction.position()))
        return self._changed(found, _content_of_kept(found))

    def erase(self, attachment_id: str) -> Attachment:
        """Write that an attachment is gone for good, and erase its name."""
        transaction = self._store.transaction
        key, found = self._locked(attachment_id)
        ended = update(attachments).where(attachments.c.key == key).values(position_to=transaction.position())
        transaction.connection.execute(ended)
        transaction.connection.execute(delete(attachment_names).where(attachment_names.c.attachment_key == key))
        return self._changed(found, None)

    def _locked(self, attachment_id: str) -> tuple[int, Kept]:
        """Return the key of an attachment that is not erased and how it stands: who changes it at once waits here."""
        locked = select(attachments.c.key).where(attachments.c.id == attachment_id).with_for_update()
        key = self._store.transaction.connection.execute(locked).scalar_one_or_none()
        found = self.kept(attachment_id)
        if found.erased or key is None:
            raise NotFound(f"{attachment_id} was erased already", do="nothing is left to be done")
        return key, found

    def _changed(self, was: Kept, now: dict[str, object] | None) -> Attachment:
        """Put into the journal what became of an attachment, and return it."""
        transaction = self._store.transaction
        attachment_id = was.attachment.id
        transaction.subjects.extend([was.attachment.case, attachment_id])
        before = _content_of_kept(was)
        transaction.changed(attachment_id, {**before, **_REMOVED} if was.removed else before, now)
        return self.kept(attachment_id).attachment


def attachment_shown(attachment: Attachment, blinded: frozenset[str], status: Status) -> Attachment:
    """Return an attachment as somebody may know it for whom the words of some people are blinded."""
    if attachment.removed_by in blinded:
        attachment = replace(attachment, removed_by=UNNAMED)
    if attachment.person not in blinded:
        return attachment
    return replace(attachment, name=None, person=UNNAMED, hidden=why_blinded(status))


def _content_of(name: str | None, size: int, sensitivity: Sensitivity, address: str) -> dict[str, object]:
    """Return what the journal has a digest of."""
    return {"name": name, "size": size, "sensitivity": int(sensitivity), "address": address}


def _content_of_kept(kept: Kept) -> dict[str, object]:
    was = kept.attachment
    return _content_of(was.name, was.size, was.sensitivity, kept.address)


# What the journal has a digest of besides where a file is not listed.
_REMOVED: dict[str, object] = {"removed": True}


def _seen(scope: Scope, position: Position | None = None) -> Select[Any]:
    """Return the attachments that a scope may see: of cases that it may see, where the file itself is not too guarded."""
    removal = attachment_removals
    removed = and_(removal.c.attachment_key == attachments.c.key, holds(removal, position))
    return (
        select(
            attachments,
            attachment_names.c.name,
            cases.c.id.label("case"),
            removal.c.person.label("removed_by"),
            removal.c.removed_at,
        )
        .join(cases, cases.c.key == attachments.c.case_key)
        .outerjoin(attachment_names, attachment_names.c.attachment_key == attachments.c.key)
        .outerjoin(removal, removed)
        .where(visible_to(scope), visible_to(scope, attachments))
    )


@lru_cache(2 * SCOPES)
def _of_case(scope: Scope, *, past: bool) -> Select[Any]:
    position = POSITION if past else None
    of_case = _seen(scope, position).where(attachments.c.case_key == bindparam("case"), holds(attachments, position))
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
        removed_by=row.removed_by,
        removed_at=row.removed_at,
    )


FILED = "filed"
# What a catalog refers to in its vault now, removed files too; the content of one that was erased may be there still, or not.
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
