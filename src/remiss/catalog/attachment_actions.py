"""What one can do with files on a case: add, list, get and remove them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from remiss.action import action
from remiss.catalog.actions import REDACTION
from remiss.catalog.attachment import Prepared, content_of, prepared
from remiss.catalog.ports import AttachmentWorkspace
from remiss.errors import Denied, NotFound
from remiss.records.case import Sensitivity
from remiss.records.evidence import AttachedFile, Attachment, CaseAttachments, Kept
from remiss.records.look import Kind, Look
from remiss.records.position import reached, read_at

ADD, READ = "attachment:add", "evidence:read"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Put:
    """A file that is in the vault already, and where."""

    file: Prepared
    address: str


@contextmanager
def _put(ws: AttachmentWorkspace, case_id: str, name: str, content: bytes, sensitivity: Sensitivity | None) -> Iterator[_Put]:
    """Put the content into the vault before the catalog refers to it; where that fails it is taken out again."""
    case = ws.governed(case_id)
    ws.allow(ADD, case.team)
    wanted = max(case.sensitivity, case.sensitivity if sensitivity is None else sensitivity)
    if not ws.scope.sees(case.team, wanted):
        raise Denied(
            f"{wanted.name.lower()} is above the clearance of {ws.actor.name}, who could not get the file back",
            do="attach it with a lower sensitivity, or ask somebody with that clearance",
        )
    key = ws.keys.secret(REDACTION)
    file = prepared(name, content, wanted, case=case.id, person=ws.actor.name, at=ws.now, key=key)
    with ws.vault.putting(file.kept, ws.attachments.refers) as address:
        yield _Put(file=file, address=address)


@action(name="attachment.add", permission=ADD, subject="case_id", prepare=_put)
def add(
    ws: AttachmentWorkspace,
    case_id: str,
    name: str,
    content: bytes,
    *,
    sensitivity: Sensitivity | None = None,
    prepared: _Put | None = None,
) -> Attachment:
    """Add a file to a case; its content goes to the vault, encrypted.

    Parameters
    ----------
    case_id : the id, or a prefix of six or more characters that no other case shares
    name : the file's; made harmless, and personal data in it replaced, before it is kept
    content : at most 16 MB
    sensitivity : how guarded it is; never less than the case, which is the default

    Raises
    ------
    Denied : not in the case's team, or more guarded than the actor may see
    NotFound, Ambiguous, InputError : among them a file that is empty or too large
    """
    assert prepared is not None
    ws.allow(ADD, ws.governed(case_id).team)
    return ws.attachments.add(case_id, prepared.file, prepared.address)


def _listed(ws: AttachmentWorkspace, given: Mapping[str, Any], found: CaseAttachments) -> Sequence[Look]:
    case = ws.governed(given["case_id"])
    ids = [each.id for each in found]
    return (Look(kind=Kind.LIST, subject=case.id, position=given["as_of"], ids=ids, count=len(ids), team=case.team),)


def _shown(ws: AttachmentWorkspace, given: Mapping[str, Any], found: AttachedFile) -> Sequence[Look]:
    kept = ws.attachments.kept(found.attachment.id)
    return (Look(kind=Kind.EVIDENCE, subject=found.attachment.case, ids=[found.attachment.id], team=kept.team),)


@action(name="attachment.list", permission="case:read", reads=True, subject="case_id", views=_listed)
def attachments(ws: AttachmentWorkspace, case_id: str, *, as_of: int | None = None) -> CaseAttachments:
    """List the files of a case that the actor may see, the oldest first.

    Parameters
    ----------
    case_id : the id, or a prefix of six or more characters that no other case shares
    as_of : a position of the catalog; default: now. Of what was removed since the name is gone

    Raises
    ------
    NotFound, Ambiguous, InputError
    """
    head = ws.position()
    return CaseAttachments(position=read_at(as_of, head), items=ws.attachments.of_case(case_id, reached(as_of, head)))


@action(name="attachment.get", permission=READ, reads=True, subject="attachment_id", views=_shown)
def get(ws: AttachmentWorkspace, attachment_id: str) -> AttachedFile:
    """Get a file of a case with its content.

    Raises
    ------
    NotFound : no such attachment, or it was removed; Conflict : it is hidden until the actor has labelled the case
    Denied : the actor may read no evidence in the case's team
    StorageError : it was altered, or its key is missing
    """
    kept = ws.attachments.kept(attachment_id)
    ws.allow(READ, kept.team)
    if kept.removed:
        raise NotFound(f"{attachment_id} was removed", do="ask whoever removed it")
    return AttachedFile(attachment=kept.attachment, content=content_of(ws.vault.get(kept.address)))


@contextmanager
def _discarded(ws: AttachmentWorkspace, attachment_id: str) -> Iterator[Kept]:
    """Take the content out of the vault once the catalog has let go of it; what a killed removal left goes at once."""
    kept = ws.attachments.kept(attachment_id)
    ws.allow(ADD, kept.team)
    if kept.removed:
        ws.vault.discard(kept.address)
    yield kept
    ws.vault.discard(kept.address)


@action(name="attachment.remove", permission=ADD, subject="attachment_id", prepare=_discarded)
def remove(ws: AttachmentWorkspace, attachment_id: str, *, prepared: Kept | None = None) -> Attachment:
    """Remove a file from a case: its key is destroyed, its content and its name are erased. That it was there stays known.

    Raises
    ------
    NotFound : no such attachment, or it was removed already; Conflict : it is hidden until the actor has labelled the case
    Denied : not in the case's team
    """
    assert prepared is not None
    ws.allow(ADD, prepared.team)
    return ws.attachments.remove(attachment_id)
