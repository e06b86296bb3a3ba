"""Listed files: what an address names now, held against what is known of these files without opening any.

What is known of Parquet files, when their events were and what columns they have, is enough to describe a source by one file of
each kind, and to read of it only the files in which a stretch of time may have rows.

The protocol of a run, as the catalog keeps it and its manifest names it, with the addresses that the run read: what it is derived
again by, and what is looked at beside it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import PurePath

from remiss.capture.ports import CaptureWorkspace, ReadsLogs
from remiss.capture.sql.plan import LABELS, ScanPlan
from remiss.errors import ProtocolError
from remiss.protocol.check_result import Checked
from remiss.protocol.ports import Description, Session
from remiss.protocol.terms import Address, Protocol
from remiss.protocol.versions import kept_version
from remiss.records.bulk import in_bulk
from remiss.records.identity import digest
from remiss.records.run import Manifest
from remiss.records.source_file import ReadFile, SourceFile, labels_of
from remiss.records.window import Window

# Of this format files are never appended to, and rows are read without reading what is before them.
PARQUET = "parquet"
# Raised when more is read of files: they are read once more then.
READING = 2


@dataclass(slots=True, kw_only=True)
class Listed:
    """The files of an address as they are, by path; `unread` are those not known, `there` is what an engine calls each.

    `known` is what runs saw of them, and what was read since: by `read_as`, under the name of a source.
    """

    address: Address
    name: str
    read_as: str
    known: tuple[SourceFile, ...]
    files: dict[str, SourceFile]
    unread: Mapping[str, tuple[str, tuple[int, int]]]
    there: Mapping[str, str]

    def take(self, ws: CaptureWorkspace, document: Protocol, read: Sequence[SourceFile]) -> None:
        """Keep what files were read for."""
        ws.runs.remember(self.name, document.name, self.read_as, read)
        self.files |= {each.path: each for each in read}


def listed(ws: CaptureWorkspace, document: Protocol, address: Address, name: str, read_as: str) -> Listed:
    """Return the files of an address as they are, and what is known of them by `read_as` under the name of a source."""
    folder = PurePath(ws.documents.folder(document.path))
    listing = {relative(file, folder): (file, state) for file, state in ws.engine.listing(address, str(folder)).items()}
    with in_bulk():
        known = ws.runs.source_files(name, document.name, read_as)
    by_state = {(each.path, each.size, each.modified_ns): each for each in known if each.times is not None}
    files = {path: by_state.get((path, *state)) for path, (_, state) in listing.items()}
    return Listed(
        address=address,
        name=name,
        read_as=read_as,
        known=known,
        files={path: its for path, its in files.items() if its is not None},
        unread={path: listing[path] for path, its in files.items() if its is None},
        there={path: file for path, (file, _) in listing.items()},
    )


def described(ws: CaptureWorkspace, document: Protocol, its: Listed) -> Description:
    """Return the description of an address, for which one file of each known layout is opened."""
    alike = {its.there[path]: file.layout for path, file in its.files.items() if file.layout is not None}
    return ws.engine.describe(its.address, ws.documents.folder(document.path), alike)


def listed_events(ws: CaptureWorkspace, document: Protocol) -> Listed:
    """Return the files of the events of a protocol."""
    return listed(ws, document, document.source, document.source.name, _read_as(document))


def listed_labels(ws: CaptureWorkspace, document: Protocol) -> Listed | None:
    """Return the files of the labels of a protocol; None where it has none."""
    if document.labels is None:
        return None
    return listed(ws, document, document.labels.address, labels_of(document.source.name), _labels_read_as(ws, document))


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownSource:
    """A source as it is described, and its files with what is known of them."""

    description: Description
    files: Listed


def part_of(
    source: KnownSource | None, checked: Checked, windows: Sequence[Window]
) -> tuple[Description | None, Mapping[str, tuple[int, int]]]:
    """Return the description of the files that a capture of windows must read, and the states of the others as they are known.

    These are the files that may have rows in the windows or in those that decide about them, or rows without a time, and those of
    which too little is known. None where nothing is known of the source.
    """
    if source is None:
        return None, {}
    since, until = windows[0].start, windows[-1].end
    plan = ScanPlan(checked=checked, columns=(), since=since, until=until, as_of=until, beside=True)
    first, last = plan.bounds
    files, whole = source.files, source.description
    passed = {
        files.there[path]: (its.size, its.modified_ns)
        for path, its in files.files.items()
        if its.timeless == 0 and not any(each[0] <= last and each[1] >= first for each in its.times or ())
    }
    if not (passed and whole.layouts):
        return whole, {}
    part = whole.narrowed([file for file in whole.files if file not in passed])
    read = frozenset(part.files)
    return part, {file: state for file, state in passed.items() if file not in read}


def known_source(ws: CaptureWorkspace, document: Protocol) -> KnownSource:
    """Return the source of a protocol, without reading what is not known of its files."""
    files = listed_events(ws, document)
    return KnownSource(description=described(ws, document, files), files=files)


def read_files(
    states: Mapping[str, tuple[int, int]], files: Iterable[str], digests: Mapping[str, str], folder: PurePath
) -> tuple[ReadFile, ...]:
    """Return the files that a session read, as a run keeps them.

    Parameters
    ----------
    states : size and time of change of each file when it was read
    files : those of the source
    digests : of the content of those that were needed whole
    """
    return tuple(
        ReadFile(path=relative(file, folder), size=states[file][0], modified_ns=states[file][1], digest=digests.get(file))
        for file in files
    )


def relative(name: str, folder: PurePath) -> str:
    """Return a file's path as the catalog keeps it: from the folder where addresses start, if it lies below that."""
    top = f"{folder}/"
    return name.removeprefix(top) if name.startswith(top) else name


def _read_as(document: Protocol) -> str:
    """Return what names the way in which event times are read and told apart in stretches."""
    source, width = document.source, document.sampling.window.total_seconds()
    return digest([READING, document.fields["time"].sql, source.time_zone, source.ambiguous, source.format, width])[:16]


def _labels_read_as(ws: CaptureWorkspace, document: Protocol) -> str:
    """Return what names the way in which labels are read, and what of them is added up; sums are an engine's own."""
    labels = document.labels
    assert labels is not None, "only of a protocol with labels"
    fields = sorted(each.sql for each in document.fields.values() if f"{LABELS}." in each.sql)
    read = [ws.engine.name, labels.key.labels, labels.time, labels.address.time_zone, labels.address.ambiguous, fields]
    return digest([READING, *read, labels.address.format, document.sampling.window.total_seconds()])[:16]


@contextmanager
def reading(
    ws: ReadsLogs, checked: Checked, source: Description | None = None
) -> Iterator[tuple[Session, Description, Description | None]]:
    """Open the sources of a protocol; nothing of what was read is used when they change meanwhile.

    Parameters
    ----------
    source : what is known of the source of the events already, perhaps of some of its files only
    """
    protocol = checked.protocol
    folder = ws.documents.folder(protocol.path)
    source = source or ws.engine.describe(protocol.source, folder)
    labels = None if protocol.labels is None else ws.engine.describe(protocol.labels.address, folder)
    relations = {"events": (protocol.source, source)}
    if protocol.labels is not None and labels is not None:
        relations["labels"] = (protocol.labels.address, labels)
    with ws.engine.open(relations) as session:
        yield session, source, labels


def filed_document(ws: CaptureWorkspace, manifest: Manifest) -> Protocol:
    """Return the protocol of a run as the catalog keeps it, with the addresses and the grace that it was captured by.

    Raises
    ------
    ProtocolError : this version of remiss refuses what an earlier one took
    """
    stored = ws.protocols.find(manifest.protocol, manifest.protocol_version)
    if stored is None:
        raise ProtocolError(f"the catalog has no version {manifest.protocol_version} of {manifest.protocol}")
    path = str(PurePath(manifest.folder) / f"{manifest.protocol}.yaml")
    document = kept_version(stored, path)
    source = _addressed(document.source, manifest.addresses.get("events"))
    document = replace(document, source=source, grace=timedelta(minutes=manifest.grace_minutes))
    if document.labels is not None:
        labels = replace(document.labels, address=_addressed(document.labels.address, manifest.addresses.get("labels")))
        document = replace(document, labels=labels)
    return document


def addresses_of(protocol: Protocol) -> Mapping[str, Mapping[str, str | None]]:
    """Return where and how the sources of a protocol are read, for the manifest."""
    read = {"events": protocol.source} | ({} if protocol.labels is None else {"labels": protocol.labels.address})
    return {name: {"uri": one.uri, "format": one.format, "time_zone": one.time_zone} for name, one in read.items()}


def _addressed(address: Address, given: Mapping[str, str | None] | None) -> Address:
    """Return an address as a run read it."""
    if given is None:
        return address
    return replace(
        address, uri=given["uri"] or address.uri, format=given["format"] or address.format, time_zone=given["time_zone"]
    )
