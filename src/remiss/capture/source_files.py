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
from remiss.capture.late_files import FileChanges, file_changes
from remiss.capture.ports import CaptureWorkspace
from remiss.capture.schedule import due_windows
from remiss.capture.time_ranges import file_times, joined, last_rows, refuse_timeless
from remiss.protocol.actions import checked as checked_against_sources
from remiss.protocol.check_result import Checked
from remiss.protocol.ports import Description, Session
from remiss.protocol.terms import Protocol
from remiss.records.identity import digest, from_micros
from remiss.records.rows import in_bulk
from remiss.records.source_file import ReadFile, SourceFile, Tail
from remiss.records.window import Window

# Of this format files are never appended to, and rows are read without reading what is before them.
PARQUET = "parquet"
# Raised when more is read of files: they are read once more then.
READING = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class SourceLook:
    """What a source has now: its files as they are, by path, and the least and greatest event time of each stretch, oldest first.

    `known` is what runs saw of them.
    """

    files: Mapping[str, SourceFile]
    known: tuple[SourceFile, ...]
    times: tuple[tuple[datetime, datetime], ...]


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
    folder = PurePath(ws.documents.folder(document.path))
    listing = {relative(file, folder): (file, state) for file, state in ws.engine.listing(document.source, str(folder)).items()}
    read_as = _read_as(document)
    with in_bulk():
        known = ws.runs.source_files(document.source.name, document.name, read_as)
    by_state = {(each.path, each.size, each.modified_ns): each for each in known if each.times is not None}
    files = {path: by_state.get((path, *state)) for path, (_, state) in listing.items()}
    unread = {path: listing[path] for path, its in files.items() if its is None}
    found = {path: its for path, its in files.items() if its is not None}
    if unread:
        alike = {listing[path][0]: its.layout for path, its in found.items() if its.layout is not None}
        described = ws.engine.describe(document.source, str(folder), alike)
        checked = checked or checked_against_sources(ws, document, described)
        read = _read(ws, checked, described, unread, known, frozenset(listing))
        ws.runs.remember(document.source.name, document.name, read_as, read)
        found |= {each.path: each for each in read}
    width = document.sampling.window
    times = joined((stretch for each in found.values() for stretch in each.times or ()), width)
    if not times:
        _refuse_timeless(ws, checked or checked_against_sources(ws, document))
    bounds = tuple((from_micros(least), from_micros(greatest)) for least, greatest in times)
    return SourceLook(files=found, known=known, times=bounds)


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


def _read(
    ws: CaptureWorkspace,
    checked: Checked,
    described: Description,
    unread: Mapping[str, tuple[str, tuple[int, int]]],
    known: Sequence[SourceFile],
    there: Collection[str],
) -> list[SourceFile]:
    digests = _digests(ws, unread, known, there)
    tails = _grown(ws, checked, unread, known, digests)
    names = {name: path for path, (name, _) in unread.items()}
    with _events(ws, checked, described, names) as session:
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
def _events(ws: CaptureWorkspace, checked: Checked, described: Description, only: Collection[str]) -> Iterator[Session]:
    """Open the events of some files of a source."""
    source = checked.protocol.source
    if described.layouts:
        described = described.narrowed(only)
    else:
        described = replace(described, files=tuple(file for file in described.files if file in only))
    with ws.engine.open({"events": (source, described)}) as session:
        yield session


def _refuse_timeless(ws: CaptureWorkspace, checked: Checked) -> None:
    """Refuse a source that has rows and no time in any; one without rows has nothing that is due."""
    described = ws.engine.describe(checked.protocol.source, ws.documents.folder(checked.protocol.path))
    with ws.engine.open({"events": (checked.protocol.source, described)}) as session:
        refuse_timeless(session, checked)
