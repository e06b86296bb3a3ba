"""Looking at a source: which files it has, when their events were, and so which windows are due.

To look costs a listing. Only a file that is new, or of another size or time of change than when it was last read, is opened:
once, for the least and greatest event time of its stretches, and where it may be one that is known under another time or name,
for the digest of its content. What was read is kept in the catalog beside what runs saw, without a position: it is no change of
the catalog.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime

from remiss.capture.captured import WindowInForce
from remiss.capture.label_files import label_changes, label_pieces
from remiss.capture.late_files import FileChanges, file_changes
from remiss.capture.listed_files import PARQUET, KnownSource, Listed, described, listed_events, listed_labels
from remiss.capture.ports import CaptureWorkspace
from remiss.capture.schedule import due_windows
from remiss.capture.sql.plan import EVENTS, LABELS
from remiss.capture.time_ranges import file_times, joined, last_rows, refuse_timeless
from remiss.protocol.actions import checked as checked_against_sources
from remiss.protocol.check_result import Checked
from remiss.protocol.ports import Description, Session
from remiss.protocol.terms import Address, Protocol
from remiss.records.bulk import in_bulk
from remiss.records.identity import from_micros
from remiss.records.source_file import SourceFile, Tail
from remiss.records.window import Window


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


def look(
    ws: CaptureWorkspace, document: Protocol, checked: Checked | None = None, known: KnownSource | None = None
) -> SourceLook:
    """Return what a source has now, by its listing and what is known of its files; what is not known yet is read and kept.

    Parameters
    ----------
    checked : the document checked against its sources, where that was done already
    known : its source as it was listed and described for that; of what is read now it knows then, too

    Raises
    ------
    ProtocolError, SourceError : the source cannot be listed; or what came to it cannot be read by this document
    """
    events, labels = known.files if known else listed_events(ws, document), listed_labels(ws, document)
    if events.unread or (labels is not None and labels.unread):
        source = known.description if known else described(ws, document, events)
        of_labels = None if labels is None else described(ws, document, labels)
        checked = checked or checked_against_sources(ws, document, source, of_labels)
        if events.unread:
            events.take(ws, document, _read(ws, checked, source, events))
        if labels is not None and of_labels is not None and labels.unread:
            labels.take(ws, document, _read_labels(ws, checked, of_labels, labels))
    width = document.sampling.window
    times = joined(((stretch[0], stretch[1]) for each in events.files.values() for stretch in each.times or ()), width)
    if not times:
        _refuse_timeless(ws, checked or checked_against_sources(ws, document))
    bounds = tuple((from_micros(least), from_micros(greatest)) for least, greatest in times)
    return SourceLook(files=events.files, known=events.known, times=bounds, labels=labels)


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
