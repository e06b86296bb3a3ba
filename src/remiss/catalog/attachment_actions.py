"""What one can do with files on a case: add, list and get them, remove and restore them, erase them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Annotated, Any

from remiss.action import action
from remiss.catalog.attachment import PreparedAttachment, content_of, prepared
from remiss.catalog.ports import AttachmentWorkspace
from remiss.errors import Denied, NotFound
from remiss.govern.redaction.written import gate
from remiss.govern.roles import team_words
from remiss.parameters import CaseId, Help, Position
from remiss.records.case import Sensitivity
from remiss.records.catalog import reached, read_at
from remiss.records.evidence import AttachedFile, Attachment, CaseAttachments, Kept
from remiss.records.view_entry import ViewEntry, ViewKind

AttachmentId = Annotated[str, Help("The id of an attachment.")]
ADD, OWN, REMOVE, READ = "attachment:add", "attachment:own", "attachment:remove", "evidence:read"


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
    file = prepared(name, content, wanted, case=of.id, person=ws.actor.name, at=ws.now, gate=gate(ws))
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
def list_attachments(
    ws: AttachmentWorkspace, case: CaseId, *, removed: bool = False, as_of: Position | None = None
) -> CaseAttachments:
    """List the files of CASE that you may see, the oldest first.

    Example: remiss attachment list k7m4-qp2x

    Parameters
    ----------
    removed : instead those that were removed and that you may restore: your own, or all with attachment:remove
    as_of : a position of the catalog; default: now. The name of a file that was erased since is gone

    Raises
    ------
    NotFound, Ambiguous, InputError
    """
    head = ws.position()
    found = ws.attachments.of_case(case, reached(as_of, head), removed=removed)
    if removed and not ws.may(REMOVE, ws.governed(case).team):
        found = tuple(each for each in found if each.person == ws.actor.name)
    return CaseAttachments(position=read_at(as_of, head), items=found)


@action("attachment.get", permission=READ, http="GET /attachments/{attachment}", reads=True, subject="attachment", views=_shown)
def get_attachment(ws: AttachmentWorkspace, attachment: AttachmentId) -> AttachedFile:
    """Get the file ATTACHMENT; one that is there is not replaced.

    As JSON its content is in base64.

    Example: remiss attachment get attachment-4f7q2m9x3kbd --output screenshot.png

    Raises
    ------
    NotFound : no such attachment, or it was erased; or it was removed, and the actor may not restore it
    Conflict : it is hidden until the actor has labelled the case
    Denied : the actor may read no evidence in the case's team
    StorageError : it was altered, or its key is missing
    """
    kept = ws.attachments.kept(attachment)
    ws.allow(READ, kept.team)
    if kept.erased:
        raise NotFound(f"{attachment} was erased", do="ask the person who erased it")
    if kept.removed and kept.attachment.person != ws.actor.name and not ws.may(REMOVE, kept.team):
        do = f"have it restored by {kept.attachment.person}, or by a steward of {team_words(kept.team)}"
        raise NotFound(f"{attachment} was removed", do=do)
    return AttachedFile(attachment=kept.attachment, content=content_of(ws.vault.get(kept.address)))


def _allow_change(ws: AttachmentWorkspace, kept: Kept) -> None:
    """Go on only for who added a file, or who may remove those of others."""
    own = kept.attachment.person == ws.actor.name
    if not own and not ws.may(REMOVE, kept.team):
        raise Denied(
            f"{kept.attachment.id} was added by somebody else: {ws.actor.name} may not do this without {REMOVE}",
            do=f"ask {kept.attachment.person}, or a steward of {team_words(kept.team)}",
        )
    ws.allow(OWN if own else REMOVE, kept.team)


@action("attachment.remove", permission=OWN, http="DELETE /attachments/{attachment}", subject="attachment")
def remove_attachment(ws: AttachmentWorkspace, attachment: AttachmentId) -> Attachment:
    """Remove the file ATTACHMENT, which can be restored.

    It is not listed any more, and its content is kept. It is one that you added, or anybody's where you have attachment:remove.

    Example: remiss attachment remove attachment-4f7q2m9x3kbd

    Raises
    ------
    NotFound : no such attachment, or it was erased
    Conflict : it was removed already, or is hidden until the actor has labelled the case
    Denied : somebody else's, without attachment:remove; or not in the case's team
    """
    _allow_change(ws, ws.attachments.kept(attachment))
    return ws.attachments.remove(attachment)


@action("attachment.restore", permission=OWN, http="POST /attachments/{attachment}/restore", subject="attachment")
def restore_attachment(ws: AttachmentWorkspace, attachment: AttachmentId) -> Attachment:
    """List the file ATTACHMENT again, which was removed.

    It is one that you added, or anybody's where you have attachment:remove. `attachment list --removed` shows which there are.

    Example: remiss attachment restore attachment-4f7q2m9x3kbd

    Raises
    ------
    NotFound : no such attachment, or it was erased
    Conflict : it was not removed, or is hidden until the actor has labelled the case
    Denied : somebody else's, without attachment:remove; or not in the case's team
    """
    _allow_change(ws, ws.attachments.kept(attachment))
    return ws.attachments.restore(attachment)


@contextmanager
def _discarded(ws: AttachmentWorkspace, attachment: str) -> Iterator[Kept]:
    """Take the content out of the vault once the catalog has let go of it; what a killed erasure left goes at once."""
    kept = ws.attachments.kept(attachment)
    _allow_change(ws, kept)
    if kept.erased:
        ws.vault.discard(kept.address)
        yield kept
        return
    with ws.vault.discarding(kept.address, ws.attachments.refers):
        yield kept


@action("attachment.erase", permission=OWN, http="POST /attachments/{attachment}/erase", subject="attachment", prepare=_discarded)
def erase_attachment(ws: AttachmentWorkspace, attachment: AttachmentId, *, prepared: Kept | None = None) -> Attachment:
    """Erase the file ATTACHMENT for good: content and name.

    Its key is destroyed, and nobody brings it back; that it was there stays known. It may have been removed before, or not. It
    is one that you added, or anybody's where you have attachment:remove.

    Example: remiss attachment erase attachment-4f7q2m9x3kbd

    Raises
    ------
    NotFound : no such attachment, or it was erased already; Conflict : it is hidden until the actor has labelled the case
    Denied : somebody else's, without attachment:remove; or not in the case's team
    """
    assert prepared is not None
    _allow_change(ws, prepared)
    return ws.attachments.erase(attachment)
