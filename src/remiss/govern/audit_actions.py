"""What one can do with the audit: look something up in it, verify it, sign how far it has come, prove that an entry is in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any

from remiss.action import action
from remiss.errors import Conflict, InputError, NotFound, Tampered
from remiss.govern.audit.checkpoint import SECRET, Checkpoint, Signer, Verifier, name_of, origin_of, read_notes
from remiss.govern.audit.integrity import LogIntegrity, Row, Verification, check
from remiss.govern.audit.log import JOURNAL, LOGS, leaf_of
from remiss.govern.audit.merkle import inclusion_path, root_of
from remiss.govern.audit.search import (
    COLUMNS,
    AuditSearch,
    Proof,
    Signed,
    line,
    list_name,
    logs_with,
    newest,
    parse_id,
    token,
    turn,
)
from remiss.govern.ports.audit import AuditWorkspace
from remiss.parameters import InFile, Limit, OneOf, Option, PageToken
from remiss.records.rows import Rows
from remiss.records.view_entry import KINDS, ViewEntry, ViewKind, listed

READ = "audit:read"
# Under which subject the log of views has that both logs were found to be what was written.
VERIFIED = "logs"
# The text of what was kept: of checkpoints, or of a key.
Kept = Annotated[str, InFile()]
LOST = "entry 1 is not the first that was written: the log was begun again, for what was in it was gone"
NOT_SEALED = "nothing was done with this catalog yet, and so nothing is sealed"


def _proved(_: AuditWorkspace, given: Mapping[str, Any], proof: Proof) -> Sequence[ViewEntry]:
    return (ViewEntry(kind=ViewKind.LIST, subject=proof.id, ids=[proof.id], count=1),)


@action("audit.search", permission=READ, http="GET /audit", reads=True, views=listed)
def search_audit(
    ws: AuditWorkspace,
    *,
    log: Annotated[str, OneOf(LOGS)] | None = None,
    actor: Annotated[str, Option(metavar="NAME")] | None = None,
    action: Annotated[str, Option(metavar="NAME")] | None = None,
    subject: Annotated[str, Option(metavar="ID")] | None = None,
    kind: Annotated[str, OneOf(KINDS)] | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    limit: Limit = 50,
    after: PageToken | None = None,
) -> Rows:
    """List what was done, looked at and refused, newest first.

    Only what concerns teams in which you may read the audit is listed. Who has labelled a case is hidden until it is decided.

    Example: remiss audit search --actor bo --since 2026-03-01

    Parameters
    ----------
    log : what was done, or what was looked at; default: both
    actor : only what this person did
    action : only this action, for example case.show
    subject : only on this thing: the whole id of a case, a run, ...
    kind : only changes, only looks at one of these, or only what was refused
    since : from this moment
    until : to before this moment

    Raises
    ------
    InputError : an unknown log or kind, a limit out of bounds, a token of another list
    """
    teams = ws.authority.teams(ws.actor, READ)
    wanted = AuditSearch(actor=actor, action=action, subject=subject, kind=kind, since=since, until=until, teams=teams)
    name = list_name(wanted, log)
    before = {} if after is None else turn(after, name)
    found = [ws.audit.search(each, wanted, before.get(each), limit + 1) for each in logs_with(kind, log)]
    shown = newest(found, limit)
    following = None
    if sum(map(len, found)) > len(shown):
        last = before | {each.log: each.number for each in shown}
        following = token(name, last)
    return Rows("audit-entry", COLUMNS, tuple(map(line, shown)), ws.position(), next=following)


def _verified(_: AuditWorkspace, given: Mapping[str, Any], found: Verification) -> Sequence[ViewEntry]:
    """Return the look at logs that are what was written. To one that is not, or without the key, nothing can be added."""
    if given.get("key") is not None or not all(each.sound and each.entries for each in found):
        return ()
    return (
        ViewEntry(kind=ViewKind.FIGURE, subject=VERIFIED, position=found.position, count=sum(each.entries for each in found)),
    )


@action("audit.verify", permission=READ, http="POST /audit/verify", reads=True, snapshot=False, views=_verified)
def verify_audit(ws: AuditWorkspace, *, checkpoint: Kept | None = None, key: Kept | None = None) -> Verification:
    """Say of each log whether it is still what was written.

    Of one that is not, the first wrong entry is named. Exit status 0 when all is sound, 1 when it is not. That all
    was sound is in the log of views, so that others see when it was last verified.

    Example: remiss audit verify --checkpoint checkpoints.txt

    Parameters
    ----------
    checkpoint : checkpoints that were kept elsewhere; may hold many
    key : the public key that they were signed with: then nothing else is relied on, and no key folder is needed; default: the
        catalog's own

    Raises
    ------
    InputError : a text that is no key or has no checkpoint, or one that is not signed by the key or is of another catalog
    StorageError : the catalog's key is not where it belongs, and none was given
    """
    if key is not None and checkpoint is None:
        raise InputError("a public key alone proves nothing", do="give a checkpoint that was signed with it, too")
    verifier = Verifier.of(key) if key is not None else _signer(ws).verifier
    points = () if checkpoint is None else read_notes(checkpoint, verifier)
    for each in points:
        if each.origin not in {origin_of(ws.audit.catalog, log) for log in LOGS}:
            raise InputError(
                f"the checkpoint is of {each.origin}, and this catalog is {name_of(ws.audit.catalog)}",
                do="name the catalog that it was signed for",
            )
    position = ws.position()
    found = tuple(_verdict(ws, log, [each for each in points if each.log == log], sealed=key is None) for log in LOGS)
    return Verification(position=position, items=found)


def _verdict(ws: AuditWorkspace, log: str, points: list[Checkpoint], *, sealed: bool) -> LogIntegrity:
    try:
        return _held_against(ws, log, points, sealed=sealed)
    except Tampered as error:
        # There is no log to look for an entry in.
        return LogIntegrity(log=log, entries=0, root=root_of([]).hex(), sound=False, first=1, what=error.what)


def _held_against(ws: AuditWorkspace, log: str, points: list[Checkpoint], *, sealed: bool) -> LogIntegrity:
    if not sealed:
        length = max((each.size for each in points), default=0)
        return check(log, lambda: _told(ws, log, length), None, None, points, grow=ws.grow)
    begun = ws.audit.begun(log)
    secret = ws.audit.secret(log)
    try:
        head = ws.audit.head(log)
    except Tampered:
        head, begun = None, True
    length = 0 if head is None else head.size
    found = check(log, lambda: _told(ws, log, length), head, secret, points, begun=begun, grow=ws.grow)
    if found.sound and ws.audit.lost(log):
        return replace(found, sound=False, first=1, what=LOST)
    return found


def _told(ws: AuditWorkspace, log: str, length: int) -> Iterator[Sequence[Row]]:
    """Yield a log in blocks, and tell how far that is when it should have `length` entries."""
    done = 0
    for block in ws.audit.rows(log):
        yield block
        done += len(block)
        ws.progress(f"verifying {log}", min(done / length, 1.0) if length else 1.0)


@action("audit.checkpoint", permission="audit:checkpoint", http="GET /audit/checkpoint", reads=True, snapshot=False)
def checkpoint(ws: AuditWorkspace) -> Signed:
    """Sign how long each log is and which root it has.

    Keep it elsewhere, with the public key.

    Its keeper can tell later that nothing before it was changed.

    Example: remiss audit checkpoint --key remiss.pub >> checkpoints.txt

    Raises
    ------
    InputError : nothing was done with the catalog yet
    Tampered : a log does not end where it was sealed
    """
    signer = _signer(ws)
    points = [_head(ws, log) for log in LOGS if ws.audit.head(log) is not None]
    if not points:
        raise InputError(NOT_SEALED, do="sign a checkpoint after the first change")
    # An entry of the journal is a position.
    position = next((each.size for each in points if each.log == JOURNAL), ws.position())
    return Signed(notes=tuple(signer.note(each.text) for each in points), key=signer.verifier.text, position=position)


@action(
    "audit.prove",
    permission=READ,
    http="POST /audit/entries/{entry}/proof",
    reads=True,
    subject="entry",
    snapshot=False,
    views=_proved,
)
def prove(ws: AuditWorkspace, entry: str, *, checkpoint: Kept | None = None) -> Proof:
    """Print a proof, as JSON, that ENTRY is in the log.

    It can be checked without the catalog.

    Example: remiss audit prove journal-7 > proof.json

    Parameters
    ----------
    entry : its id, for example views-12
    checkpoint : a checkpoint that was kept, to prove it against; default: one that is signed now

    Raises
    ------
    NotFound : no such entry; InputError : a checkpoint of before it; Conflict : it names who has labelled a case, which is hidden
    Tampered : the log is not the one that the checkpoint was signed of
    """
    log, number = parse_id(entry)
    position = ws.position()
    found = ws.audit.entry(log, number)
    teams = ws.authority.teams(ws.actor, READ)
    if found is None or (teams is not None and found.fields.get("team") not in teams):
        raise NotFound(f"there is no entry {entry}", do="list entries with: remiss audit search")
    if found.blinded:
        raise Conflict(
            f"entry {entry} names who has labelled a case, which is not visible until it is decided", do="try again then"
        )
    signer = _signer(ws)
    point = _head(ws, log) if checkpoint is None else _kept(checkpoint, signer.verifier, origin_of(ws.audit.catalog, log))
    if point.size < number:
        raise InputError(f"the checkpoint is of {point.size:,} entries, and {entry} came later", do="give a later one, or none")
    leaves = [leaf or b"" for block in ws.audit.rows(log) for at, _, leaf, _ in block if at <= point.size]
    leaves[number - 1] = leaf_of(found.text.encode(), found.link)
    if root_of(leaves) != point.root:
        raise Tampered(f"the {log} is not the one that the checkpoint was signed of", do="remiss audit verify says since where")
    return Proof(
        id=found.id,
        entry=found.text,
        link=found.link.hex(),
        index=number - 1,
        size=point.size,
        path=tuple(each.hex() for each in inclusion_path(leaves, number - 1)),
        checkpoint=signer.note(point.text),
        key=signer.verifier.text,
        position=position,
    )


def _kept(text: str, verifier: Verifier, origin: str) -> Checkpoint:
    points = [each for each in read_notes(text, verifier) if each.origin == origin]
    if not points:
        raise InputError(f"there is no checkpoint of {origin} in it", do="give the file that `remiss audit checkpoint` wrote")
    return max(points, key=lambda each: each.size)


def _signer(ws: AuditWorkspace) -> Signer:
    return Signer(name_of(ws.audit.catalog), ws.keys.secret(SECRET))


def _head(ws: AuditWorkspace, log: str) -> Checkpoint:
    """Return the end of a log as what can be signed, having held it against its seal."""
    head = ws.audit.head(log)
    if head is None:
        raise InputError(NOT_SEALED, do="do something first")
    if not head.holds(ws.audit.secret(log)):
        raise Tampered(f"the {log} does not end where it was sealed, and is not signed", do="run: remiss audit verify")
    return Checkpoint(origin=origin_of(ws.audit.catalog, log), size=head.size, root=head.frontier.root)
