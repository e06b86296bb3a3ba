"""What one can do with protocols and taxonomies: check a document, and see and compare the versions a catalog keeps.

The commented protocol that `remiss protocol new` writes: a whole, valid document to be changed line by line.
"""

from __future__ import annotations

import difflib
import re
from contextlib import AbstractContextManager
from dataclasses import replace
from importlib.resources import files
from pathlib import PurePath
from typing import Annotated

from remiss.action import action
from remiss.errors import NotFound, ProtocolError, RemissError
from remiss.parameters import Document, Help, Position, ProtocolName, Range
from remiss.protocol import taxonomy as taxonomies
from remiss.protocol.check_result import Checked, Finding, Findings, first_of, has_errors
from remiss.protocol.document import draft, parse
from remiss.protocol.nearest import nearest
from remiss.protocol.ports import CheckWorkspace, Description, ProtocolDiff, ProtocolsWorkspace, ProtocolWorkspace, StoredProtocol
from remiss.protocol.terms import Address, Protocol
from remiss.records.catalog import read_at
from remiss.records.identity import format_time
from remiss.records.rows import Rows


def template(name: str) -> str:
    """Return the template with the protocol's name filled in, made a slug."""
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:64].strip("-") or "my-protocol"
    # A name like 2026 or `no` would be read as another thing by YAML.
    quoted = slug if re.match(r"[a-z]{4}", slug) else f'"{slug}"'
    text = files("remiss.protocol").joinpath("builtin/template.yaml").read_text(encoding="utf-8")
    # The comment stays in its column, where the name leaves room.
    return re.sub(r"^protocol: my-protocol +", lambda old: f"protocol: {quoted} ".ljust(len(old[0])), text, flags=re.MULTILINE)


Version = Annotated[int, Range(0, 2**31 - 1), Help("Which version of it; default: the newest.")]


@action("protocol.check", permission="protocol:check", http="POST /protocols/check", catalog=False, reads=True, document="path")
def check(ws: CheckWorkspace, path: Document) -> Findings:
    """Check the protocol at PATH against its source.

    All findings are listed, notes too. A document that is no text, and a source that cannot be read, is a finding. Where nothing
    is wrong one window of the log is counted, and a criterion that catches nearly all, nearly nothing, or mostly reads a null is
    a note with its numbers; and from that window it is worked out which drift, which slices and which drop at a gate the sample
    can detect at all. Needs no catalog. Exit status 1 when a finding is an error, 2 when there is no such file.

    Example: remiss protocol check arrival-delay.yaml

    Raises
    ------
    InputError : there is no file at `path` that could be checked
    """
    try:
        text = ws.documents.read(path)
    except ProtocolError as error:
        return Findings(items=(_finding(error, path, 1),))
    protocol, findings = draft(text, path, lambda name: ws.documents.read(beside(path, name)))
    if protocol is None or _sources_unclear(protocol, findings):
        return Findings(items=findings)
    with read_together(ws, protocol):
        source, problems = _described(ws, protocol.source, path)
        labels = None
        if protocol.labels is not None:
            labels, more = _described(ws, protocol.labels.address, path)
            problems += more
        found = [*findings, *problems]
        detectable = None
        if source is not None:
            whole, more_found = _examined(protocol, source, labels, labels_unknown=protocol.labels is not None and labels is None)
            found += more_found
            if whole is None or not has_errors(found):
                looked = ws.look(protocol, source, whole)
                found, detectable = [*found, *looked], looked.detectable
    found.sort(key=lambda finding: (finding.file != path, finding.file, finding.line))
    return Findings(items=tuple(dict.fromkeys(found)), detectable=detectable)


def load(ws: ProtocolWorkspace, path: str) -> Checked:
    """Return the protocol at `path`, checked against its sources, ready for a capture.

    Raises
    ------
    ProtocolError : the first error, and how many there are more
    SourceError : a source that cannot be described
    """
    return checked(ws, parsed(ws, path))


def parsed(ws: ProtocolWorkspace, path: str) -> Protocol:
    """Return the protocol at `path`, of whose sources nothing was looked at yet.

    Raises
    ------
    ProtocolError : the first error, and how many there are more
    """
    protocol, findings = parse(ws.documents.read(path), path, lambda name: ws.documents.read(beside(path, name)))
    if protocol is None:
        raise first_of(findings)
    return protocol


def checked(
    ws: ProtocolWorkspace, protocol: Protocol, source: Description | None = None, labels: Description | None = None
) -> Checked:
    """Return a protocol checked against its sources as they are now; `source` and `labels` are what is known of them already.

    Raises
    ------
    ProtocolError, SourceError : as `load`
    """
    folder = ws.documents.folder(protocol.path)
    source = source or ws.engine.describe(protocol.source, folder)
    if protocol.labels is not None:
        labels = labels or ws.engine.describe(protocol.labels.address, folder)
    done, findings = _examined(protocol, source, labels)
    if done is None:
        raise first_of(findings)
    return done


def read_together(ws: ProtocolWorkspace, protocol: Protocol) -> AbstractContextManager[None]:
    """Have all that the block asks of the sources of a protocol share what an engine takes to begin."""
    labels = () if protocol.labels is None else (protocol.labels.address,)
    return ws.engine.shared((protocol.source, *labels), ws.documents.folder(protocol.path))


def _examined(
    protocol: Protocol, source: Description, labels: Description | None, *, labels_unknown: bool = False
) -> tuple[Checked | None, tuple[Finding, ...]]:
    # It parses expressions, and to list versions nothing has to be parsed.
    from remiss.protocol.lint import examine

    return examine(protocol, source, labels, labels_unknown=labels_unknown)


def beside(path: str, name: str) -> str:
    """Return the path of a file that the document at `path` names."""
    return str(PurePath(path).parent / name)


def _described(ws: ProtocolWorkspace, address: Address, path: str) -> tuple[Description | None, list[Finding]]:
    try:
        return ws.engine.describe(address, ws.documents.folder(path)), []
    except RemissError as error:
        return None, [_finding(error, path, address.line or 1, at_line=True)]


def _sources_unclear(protocol: Protocol, findings: tuple[Finding, ...]) -> bool:
    # Labels left out because of an error of their own would make every field that reads them look wrong.
    return protocol.labels is None and has_errors(findings) and any(key.startswith("labels") for key in protocol.lines)


def _finding(error: RemissError, path: str, line: int, *, at_line: bool = False) -> Finding:
    where = None if at_line else error.where
    file, number = (path, line) if where is None else (where.file, where.line or line)
    return Finding(code=error.code, level="error", file=file, line=number, what=error.what, do=error.do)


@action("protocol.list", permission="protocol:read", http="GET /protocols", reads=True)
def list_protocols(ws: ProtocolsWorkspace, *, as_of: Position | None = None) -> Rows:
    """List the protocol versions that the catalog keeps.

    Within a name the newest comes first.

    Example: remiss protocol list
    """
    at = _position(ws, as_of)
    columns = ("protocol", "version", "digest", "team", "at")
    kept = (each for each in ws.protocols.versions() if each.position <= at)
    rows = tuple((each.name, each.version, each.digest, each.team, format_time(each.at)) for each in kept)
    return Rows("protocol", columns, rows, at, total=len(rows))


@action("protocol.show", permission="protocol:read", http="GET /protocols/{protocol}", reads=True, subject="protocol")
def show(
    ws: ProtocolsWorkspace, protocol: ProtocolName, *, version: Version | None = None, as_of: Position | None = None
) -> StoredProtocol:
    """Show the text of PROTOCOL as it was used.

    The files that it names come with it.

    Example: remiss protocol show arrival-delay --version 2

    Raises
    ------
    NotFound : no such protocol or version
    """
    return _stored(ws, protocol, version, _position(ws, as_of))


@action("protocol.diff", permission="protocol:read", http="GET /protocols/{protocol}/diff", reads=True, subject="protocol")
def diff(
    ws: ProtocolsWorkspace, protocol: ProtocolName, before: Version, after: Version, *, as_of: Position | None = None
) -> ProtocolDiff:
    """Show what changed between two versions of PROTOCOL.

    Changes are lines of a unified diff, with whether they change the meaning: titles, labels and guidelines, for example, do not.
    Exit status 1 when something changed.

    Example: remiss protocol diff arrival-delay 2 3

    Parameters
    ----------
    before : the version to compare with, for example 2
    after : the version that is compared

    Raises
    ------
    NotFound : no such protocol or version
    """
    at = _position(ws, as_of)
    old, new = _stored(ws, protocol, before, at), _stored(ws, protocol, after, at)
    lines = difflib.unified_diff(
        old.text.splitlines(), new.text.splitlines(), f"{protocol} version {before}", f"{protocol} version {after}", lineterm=""
    )
    return ProtocolDiff(position=at, items=tuple(lines), same_meaning=old.digest == new.digest)


def _position(ws: ProtocolsWorkspace, as_of: int | None) -> int:
    return read_at(as_of, ws.position())


def _stored(ws: ProtocolsWorkspace, name: str, version: int | None, position: int) -> StoredProtocol:
    known = [each for each in ws.protocols.versions() if each.position <= position]
    for each in known:
        if each.name == name and version in {None, each.version}:
            # Only the past may have had another text.
            former = ws.protocols.text_at(name, each.version, position) if position < ws.position() else None
            return each if former is None else replace(each, text=former)
    of_name = sorted(each.version for each in known if each.name == name)
    if of_name:
        raise NotFound(f"protocol {name} has no version {version}", do=f"it has {', '.join(map(str, of_name))}")
    names = dict.fromkeys(each.name for each in known)
    do = nearest(name, names, "the catalog has") if names else "capture with it first"
    raise NotFound(f"the catalog has no protocol {name}", do=do)


@action("taxonomy.show", permission="protocol:read", http="GET /taxonomy", catalog=False, reads=True)
def show_taxonomy(ws: ProtocolWorkspace, mode: Annotated[str, Help("This one and those under it alone.")] | None = None) -> Rows:
    """List the built-in failure modes, or MODE and those under it.

    Each says what counts and what does not. Needs no catalog.

    Example: remiss taxonomy show remiss:model

    Raises
    ------
    ProtocolError : no such mode
    """
    known = taxonomies.builtin()
    within = None if mode is None else taxonomies.find(known, mode).id
    shown = [each for each in known.modes.values() if within is None or each.id == within or each.id.startswith(f"{within}/")]
    columns = ("mode", "title", "definition", "counts", "excludes", "avid")
    rows = tuple(
        (each.id, each.title, each.definition, "; ".join(each.counts), "; ".join(each.excludes), each.avid) for each in shown
    )
    return Rows("mode", columns, rows, 0, total=len(rows))
