"""Looking at a source: which files it has, when their events were, and so which windows are due.

To look costs a listing. Only a file that is new, or of another size or time of change than when it was last read, is opened:
once, for the least and greatest event time of its stretches, and where it may be one that is known under another time or name,
for the digest of its content. What was read is kept in the catalog beside what runs saw, without a position: it is no change of
the catalog.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import PurePath

from remiss.capture.captured import WindowInForce
from remiss.capture.label_files import label_changes, label_pieces
from remiss.capture.late_files import FileChanges, file_changes
from remiss.capture.ports import CaptureWorkspace
from remiss.capture.schedule import due_windows
from remiss.capture.sql.plan import EVENTS, LABELS
from remiss.capture.time_ranges import file_times, joined, last_rows, refuse_timeless
from remiss.protocol.actions import checked as checked_against_sources
from remiss.protocol.check_result import Checked
from remiss.protocol.ports import Description, Session
from remiss.protocol.terms import Address, Protocol
from remiss.records.identity import digest, from_micros
from remiss.records.rows import in_bulk
from remiss.records.source_file import ReadFile, SourceFile, Tail, labels_of
from remiss.records.window import Window

# Of this format files are never appended to, and rows are read without reading what is before them.
PARQUET = "parquet"
# Raised when more is read of files: they are read once more then.
READING = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceLook:
    """What a source has now: its files as they are, by path, and the least and greatest event time of each stretch, oldest first.

    `known` is what runs saw of them. `labels` are the files of its labels, where these come in files of their own.
    """

    files: Mapping[str, SourceFile]
    known: tuple[SourceFile, ...]
    times: tuple[tuple[datetime, datetime], ...]
    labels: Listed | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """The windows to capture now, oldest first, and what became of the files of those that were captured."""

    windows: tuple[Window, ...]
    files: FileChanges


def look(ws: CaptureWorkspace, document: Protocol, checked: Checked | None = None) -> SourceLook:
    """Return what a source has now, by its listing and what is known of its files; what is not known yet is read and kept.

    Parameters
    ----------
    checked : the document checked against its sources, where that was done already

    Raises
    ------
    ProtocolError, SourceError : the source cannot be listed; or what came to it cannot be read by this document
    """
    events = _listed(ws, document, document.source, document.source.name, _read_as(document))
    labels = None
    if document.labels is not None:
        name, read_as = labels_of(document.source.name), _labels_read_as(ws, document)
        labels = _listed(ws, document, document.labels.address, name, read_as)
    if events.unread or (labels is not None and labels.unread):
        described = _described(ws, document, events)
        of_labels = None if labels is None else _described(ws, document, labels)
        checked = checked or checked_against_sources(ws, document, described, of_labels)
        if events.unread:
            events.take(ws, document, _read(ws, checked, described, events))
        if labels is not None and of_labels is not None and labels.unread:
            labels.take(ws, document, _read_labels(ws, checked, of_labels, labels))
    width = document.sampling.window
    times = joined(((stretch[0], stretch[1]) for each in events.files.values() for stretch in each.times or ()), width)
    if not times:
        _refuse_timeless(ws, checked or checked_against_sources(ws, document))
    bounds = tuple((from_micros(least), from_micros(greatest)) for least, greatest in times)
    return SourceLook(files=events.files, known=events.known, times=bounds, labels=labels)


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


def _listed(ws: CaptureWorkspace, document: Protocol, address: Address, name: str, read_as: str) -> Listed:
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


def _described(ws: CaptureWorkspace, document: Protocol, listed: Listed) -> Description:
    alike = {listed.there[path]: its.layout for path, its in listed.files.items() if its.layout is not None}
    return ws.engine.describe(listed.address, ws.documents.folder(document.path), alike)


def due(
    ws: CaptureWorkspace,
    document: Protocol,
    seen: SourceLook,
    in_force: Sequence[WindowInForce],
    as_of: datetime,
    position: int | None = None,
) -> Due:
    """Return the windows that are due of a source that was looked at, by what is captured now or at a position."""
    source, name, width = document.source.name, document.name, document.sampling.window
    waiting = ws.runs.waiting(source, name, position)
    beside = ws.runs.beside(source, name, position)
    with in_bulk():
        changes = file_changes(seen.files, seen.known, in_force, waiting, width, beside)
        if document.labels is not None and seen.labels is not None:
            its = label_changes(seen.labels.files, seen.labels.known, in_force, waiting, width, document.labels.lag)
            changes = changes.with_labels(its)
    lag = document.labels.lag if document.labels else None
    found = due_windows(seen.times, width, in_force, as_of, lag, again=changes.due, grace=document.grace)
    return Due(windows=found, files=changes)


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


def _read_labels(ws: CaptureWorkspace, checked: Checked, described: Description, listed: Listed) -> list[SourceFile]:
    labels = checked.protocol.labels
    assert labels is not None, "only of a protocol with labels"
    names = {name: path for path, (name, _) in listed.unread.items()}
    digests = _digests(ws, listed.unread, listed.known, listed.there)
    with _opened(ws, LABELS, labels.address, described, names) as session:
        pieces, states = label_pieces(session, checked, labels), session.states
    return [
        SourceFile(
            path=path,
            size=states[name][0],
            modified_ns=states[name][1],
            digest=digests.get(path),
            times=pieces.get(name, ()),
            layout=described.layouts.get(name),
        )
        for name, path in names.items()
    ]


def _read(ws: CaptureWorkspace, checked: Checked, described: Description, listed: Listed) -> list[SourceFile]:
    unread, known = listed.unread, listed.known
    digests = _digests(ws, unread, known, listed.there)
    tails = _grown(ws, checked, unread, known, digests)
    names = {name: path for path, (name, _) in unread.items()}
    with _opened(ws, EVENTS, checked.protocol.source, described, names) as session:
        times = file_times(session, checked, names)
        rows = {} if checked.protocol.source.format == PARQUET else last_rows(session, names)
        starts = {unread[path][0]: first for path, (_, first) in tails.items()}
        tail_times = file_times(session, checked, starts, starts) if starts else {}
        states = session.states
    found = []
    for name, path in names.items():
        tail = Tail(digest=tails[path][0], times=tail_times[name].stretches) if path in tails else None
        size, modified = states[name]
        file = SourceFile(
            path=path, size=size, modified_ns=modified, digest=digests.get(path), last_row=rows.get(name), tail=tail
        )
        its, layout = times[name], described.layouts.get(name)
        found.append(replace(file, times=its.stretches, timeless=its.timeless, layout=layout))
    return found


def _digests(
    ws: CaptureWorkspace,
    unread: Mapping[str, tuple[str, tuple[int, int]]],
    known: Sequence[SourceFile],
    there: Collection[str],
) -> dict[str, str]:
    """Return the digests, by path, of files that may hold what was known already, at another time or under another name."""
    digested = [each for each in known if each.digest is not None]
    paths = {each.path for each in digested}
    gone = {each.size for each in digested if each.path not in there}
    wanted = {name: path for path, (name, (size, _)) in unread.items() if path in paths or size in gone}
    with ws.engine.digesting(wanted) as digests:
        return {wanted[name]: value for name, value in digests().items()}


def _grown(
    ws: CaptureWorkspace,
    checked: Checked,
    unread: Mapping[str, tuple[str, tuple[int, int]]],
    known: Sequence[SourceFile],
    digests: Mapping[str, str],
) -> dict[str, tuple[str, int]]:
    """Return the files of lines, by path, that begin with the whole of what a run saw last.

    Each with the digest of that, and the number of the first row that may be new: a last line may have been written in part.
    """
    if checked.protocol.source.format == PARQUET:
        return {}
    former = {each.path: each for each in known if each.since is not None and each.until is None}
    longer = {
        path: former[path]
        for path in digests
        if path in former and former[path].last_row is not None and former[path].size < unread[path][1][0]
    }
    found = ws.engine.beginnings({unread[path][0]: its.size for path, its in longer.items()})
    grown = {}
    for path, its in longer.items():
        beginning, whole_lines = found.get(unread[path][0], ("", False))
        if beginning == its.digest and its.last_row is not None:
            grown[path] = (beginning, its.last_row + whole_lines)
    return grown


@contextmanager
def _opened(
    ws: CaptureWorkspace, name: str, address: Address, described: Description, only: Collection[str]
) -> Iterator[Session]:
    """Open some files of an address as a relation."""
    if described.layouts:
        described = described.narrowed(only)
    else:
        described = replace(described, files=tuple(file for file in described.files if file in only))
    with ws.engine.open({name: (address, described)}) as session:
        yield session


def _refuse_timeless(ws: CaptureWorkspace, checked: Checked) -> None:
    """Refuse a source that has rows and no time in any; one without rows has nothing that is due."""
    described = ws.engine.describe(checked.protocol.source, ws.documents.folder(checked.protocol.path))
    with ws.engine.open({"events": (checked.protocol.source, described)}) as session:
        refuse_timeless(session, checked)
