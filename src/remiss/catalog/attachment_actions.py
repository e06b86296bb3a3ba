"""What one can do with files on a case: add, list, get and remove them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated, Any

from remiss.action import action
from remiss.catalog.actions import REDACTION
from remiss.catalog.attachment import PreparedAttachment, content_of, prepared
from remiss.catalog.ports import AttachmentWorkspace
from remiss.errors import Denied, NotFound
from remiss.parameters import CaseId, Help, Position
from remiss.records.case import Sensitivity
from remiss.records.catalog import reached, read_at
from remiss.records.evidence import AttachedFile, Attachment, CaseAttachments, Kept
from remiss.records.view_entry import ViewEntry, ViewKind

AttachmentId = Annotated[str, Help("The id of an attachment.")]
ADD, READ = "attachment:add", "evidence:read"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Put:
    """A file that is in the vault already, and where."""

    file: PreparedAttachment
    address: str


@contextmanager
def _put(ws: AttachmentWorkspace, case: CaseId, content: bytes, *, name: str, sensitivity: Sensitivity | None) -> Iterator[_Put]:
    """Put the content into the vault before the catalog refers to it; where that fails it is taken out again."""
    of = ws.governed(case)
    ws.allow(ADD, of.team)
    wanted = max(of.sensitivity, of.sensitivity if sensitivity is None else sensitivity)
    if not ws.scope.sees(of.team, wanted):
        raise Denied(
            f"{wanted.name.lower()} is above the clearance of {ws.actor.name}, who could not get the file back",
            do="attach it with a lower sensitivity, or ask somebody with that clearance",
        )
    key = ws.keys.secret(REDACTION)
    file = prepared(name, content, wanted, case=of.id, person=ws.actor.name, at=ws.now, key=key)
    with ws.vault.putting(file.kept, ws.attachments.refers) as address:
        yield _Put(file=file, address=address)


@action(
    "attachment.add",
    permission=ADD,
    http="POST /cases/{case}/attachments",
    created="attachment.get",
    subject="case",
    prepare=_put,
)
def add_attachment(
    ws: AttachmentWorkspace,
    case: CaseId,
    content: bytes,
    *,
    name: str = "file",
    sensitivity: Sensitivity | None = None,
    prepared: _Put | None = None,
) -> Attachment:
    """Add FILE to CASE, at most 16 MB; it is kept encrypted.

    Example: remiss attachment add k7m4-qp2x screenshot.png

    Parameters
    ----------
    name : the file's; made harmless, and personal data in it replaced, before it is kept
    content : at most 16 MB
    sensitivity : never below that of the case, which is the default

    Raises
    ------
    Denied : not in the case's team, or more guarded than the actor may see
    NotFound, Ambiguous, InputError : among them a file that is empty or too large
    """
    assert prepared is not None
    ws.allow(ADD, ws.governed(case).team)
    return ws.attachments.add(case, prepared.file, prepared.address)


def _listed(ws: AttachmentWorkspace, given: Mapping[str, Any], found: CaseAttachments) -> Sequence[ViewEntry]:
    case = ws.governed(given["case"])
    ids = [each.id for each in found]
    return (ViewEntry(kind=ViewKind.LIST, subject=case.id, position=given["as_of"], ids=ids, count=len(ids), team=case.team),)


def _shown(ws: AttachmentWorkspace, given: Mapping[str, Any], found: AttachedFile) -> Sequence[ViewEntry]:
    kept = ws.attachments.kept(found.attachment.id)
    return (ViewEntry(kind=ViewKind.EVIDENCE, subject=found.attachment.case, ids=[found.attachment.id], team=kept.team),)


@action(
    "attachment.list", permission="case:read", http="GET /cases/{case}/attachments", reads=True, subject="case", views=_listed
)
def list_attachments(ws: AttachmentWorkspace, case: CaseId, *, as_of: Position | None = None) -> CaseAttachments:
    """List the files of CASE that you may see, the oldest first.

    Example: remiss attachment list k7m4-qp2x

    Parameters
    ----------
    as_of : a position of the catalog; default: now. The name of a file that was removed since is gone

    Raises
    ------
    NotFound, Ambiguous, InputError
    """
    head = ws.position()
    return CaseAttachments(position=read_at(as_of, head), items=ws.attachments.of_case(case, reached(as_of, head)))


@action("attachment.get", permission=READ, http="GET /attachments/{attachment}", reads=True, subject="attachment", views=_shown)
def get_attachment(ws: AttachmentWorkspace, attachment: AttachmentId) -> AttachedFile:
    """Get the file ATTACHMENT; one that is there is not replaced.

    As JSON its content is in base64.

    Example: remiss attachment get attachment-4f7q2m9x3kbd --output screenshot.png

    Raises
    ------
    NotFound : no such attachment, or it was removed; Conflict : it is hidden until the actor has labelled the case
    Denied : the actor may read no evidence in the case's team
    StorageError : it was altered, or its key is missing
    """
    kept = ws.attachments.kept(attachment)
    ws.allow(READ, kept.team)
    if kept.removed:
        raise NotFound(f"{attachment} was removed", do="ask the person who removed it")
    return AttachedFile(attachment=kept.attachment, content=content_of(ws.vault.get(kept.address)))


@contextmanager
def _discarded(ws: AttachmentWorkspace, attachment: str) -> Iterator[Kept]:
    """Take the content out of the vault once the catalog has let go of it; what a killed removal left goes at once."""
    kept = ws.attachments.kept(attachment)
    ws.allow(ADD, kept.team)
    if kept.removed:
        ws.vault.discard(kept.address)
    yield kept
    ws.vault.discard(kept.address)


@action("attachment.remove", permission=ADD, http="DELETE /attachments/{attachment}", subject="attachment", prepare=_discarded)
def remove_attachment(ws: AttachmentWorkspace, attachment: AttachmentId, *, prepared: Kept | None = None) -> Attachment:
    """Remove the file ATTACHMENT, its content and its name.

    Its key is destroyed. That it was there stays known.

    Example: remiss attachment remove attachment-4f7q2m9x3kbd

    Raises
    ------
    NotFound : no such attachment, or it was removed already; Conflict : it is hidden until the actor has labelled the case
    Denied : not in the case's team
    """
    assert prepared is not None
    ws.allow(ADD, prepared.team)
    return ws.attachments.remove(attachment)
