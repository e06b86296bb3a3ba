"""Looking at a source: which files it has, when their events were, and so which windows are due.

To look costs a listing. Only a file that is new, or of another size or time of change than when it was last read, is opened:
once, for the least and greatest event time of its stretches, and where it may be one that is known under another time or name,
for the digest of its content. What was read is kept in the catalog beside what runs saw, without a position: it is no change of
the catalog.

Which windows to capture again since labels came, or were changed, that their runs could have used, is told by the label files:
a run uses labels known by the time of an event plus the lag. One that was known in time and delivered after the capture is in no
figure. So labels are held against what each run saw: by the day on which they were known, how many there are, and a sum over what
they say. In which files they stand does not matter: files that are moved, split, joined, touched or written anew make
nothing due.

A label may count for every event from the lag before it was known, and for all later ones. Due again are the windows that end
after that, were complete, and whose run did not see it; a provisional window is due by its lag anyway. What is gone makes nothing
due, as with files of events (`late_files.py`): to draw a window anew would leave its events without their labels.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from remiss.capture.captured import WindowInForce
from remiss.capture.late_files import CHANGED, GONE, NAMED, NEW, FileChanges, file_changes, held, same_file
from remiss.capture.listed_files import KnownSource, Listed, listed_events, listed_labels
from remiss.capture.ports import CaptureWorkspace
from remiss.capture.schedule import MICROSECOND, due_windows, joined, labels_mature, piece_width
from remiss.capture.sql.plan import MARKS
from remiss.protocol.check_result import Checked
from remiss.protocol.terms import Protocol
from remiss.records.bulk import in_bulk
from remiss.records.identity import FIRST, from_micros, to_micros
from remiss.records.source_file import FileChange, SourceFile
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
    timeless = not any(each.times for each in events.files.values())
    if timeless or events.unread or (labels is not None and labels.unread):
        # What reads files takes longer to load than a listing takes, and mostly that is enough.
        from remiss.capture.unread_files import read_unread

        read_unread(ws, document, checked, events, labels, known)
    stretches = ((stretch[0], stretch[1]) for each in events.files.values() for stretch in each.times or ())
    times = joined(stretches, document.sampling.window)
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


@dataclass(slots=True)
class _Piece:
    """What files have of the labels that were known on one day: now, and when a run saw them."""

    least: int
    greatest: int
    rows: int = 0
    rows_before: int = 0
    mark: int = 0
    paths: set[str] = field(default_factory=set)


def label_changes(
    now: Mapping[str, SourceFile],
    known: Sequence[SourceFile],
    in_force: Iterable[WindowInForce],
    waiting: Mapping[datetime, int],
    width: timedelta,
    lag: timedelta,
) -> FileChanges:
    """Return what became of the labels since windows were captured that were complete then.

    Parameters
    ----------
    now : the label files as they are, by path, read for their pieces
    known : what runs saw of them, and what was read since
    in_force : the windows that are captured
    waiting : windows that a run has seen which waits to be accepted, with its position
    """
    begins = min((file.since for file in known if file.since is not None), default=None)
    windows: dict[int, list[int]] = defaultdict(list)
    for item in in_force:
        window = Window(item.window.window, width)
        seen_at = max(item.filed, waiting.get(window.start, 0))
        if begins is not None and seen_at >= begins and labels_mature(window, item.as_of, lag):
            windows[seen_at].append(to_micros(window.start))
    if not windows:
        return FileChanges()
    comparing = _Comparing(now, known, min(windows), piece_width(width) // MICROSECOND)
    due: set[datetime] = set()
    found: dict[tuple[str, str], set[int]] = defaultdict(set)
    length, usable = width // MICROSECOND, (width + lag) // MICROSECOND
    for seen_at, starts in windows.items():
        pieces = list(comparing.differing(seen_at))
        more = [piece for piece in pieces if piece.rows >= piece.rows_before and piece.paths]
        fewer = [piece for piece in pieces if piece.rows < piece.rows_before]
        for start in starts:
            its = [piece for piece in more if piece.least < start + usable]
            left = any(piece.least < start + usable and piece.greatest >= start for piece in fewer)
            for path in {path for piece in its for path in piece.paths}:
                found[path, GONE if left else comparing.kind(path, seen_at)].add(start)
            if its and not left:
                due.add(from_micros(start))
    changes = tuple(
        FileChange(
            path=path,
            kind=kind,
            windows=len(starts),
            since=from_micros(min(starts)),
            until=from_micros(max(starts) + length),
            labels=True,
        )
        for (path, kind), starts in sorted(found.items(), key=lambda each: (each[0][1] == GONE, each[0]))
    )
    gone = sum(each.kind == GONE for each in changes)
    return FileChanges(due=frozenset(due), changes=changes[:NAMED], gone=gone)


class _Comparing:
    """The label files while they are compared: those that some run did not see as they are, and those that only runs saw."""

    def __init__(self, now: Mapping[str, SourceFile], known: Sequence[SourceFile], oldest: int, width: int) -> None:
        self._width = width
        self._seen: dict[str, list[SourceFile]] = defaultdict(list)
        self._moved: dict[str, list[SourceFile]] = defaultdict(list)
        there = {file.digest for file in now.values() if file.digest is not None}
        for file in known:
            if file.since is not None:
                self._seen[file.path].append(file)
                if file.digest in there:
                    self._moved[file.digest or ""].append(file)
        self._new = [file for file in now.values() if not self._saw(file, oldest, open_only=True)]
        self._old = [
            each
            for path, states in self._seen.items()
            for each in states
            if each.digest not in there and (each.until is not None or path not in now or not same_file(each, now[path]))
        ]

    def _saw(self, file: SourceFile, position: int, *, open_only: bool = False) -> bool:
        return any(
            same_file(each, file) and held(each, position) and not (open_only and each.until is not None)
            for each in (*self._seen[file.path], *self._moved.get(file.digest or "", ()))
        )

    def kind(self, path: str, position: int) -> str:
        """Return what a file is to a run: new, or changed."""
        return CHANGED if any(held(each, position) for each in self._seen[path]) else NEW

    def differing(self, position: int) -> Iterator[_Piece]:
        """Yield the pieces of labels that are not what the run of a position saw."""
        new = [file for file in self._new if not self._saw(file, position)]
        pieces: dict[int, _Piece] = {}
        for file in new:
            for number, least, greatest, rows, mark in self._numbered(file):
                piece = pieces.setdefault(number, _Piece(least, greatest))
                piece.least, piece.greatest = min(piece.least, least), max(piece.greatest, greatest)
                piece.rows += rows
                piece.mark += mark
                piece.paths.add(file.path)
        for file in (each for each in self._old if new and held(each, position)):
            for number, least, greatest, rows, mark in self._numbered(file):
                piece = pieces.setdefault(number, _Piece(least, greatest))
                piece.least, piece.greatest = min(piece.least, least), max(piece.greatest, greatest)
                piece.rows_before += rows
                piece.mark -= mark
        return (piece for piece in pieces.values() if piece.rows != piece.rows_before or piece.mark % MARKS)

    def _numbered(self, file: SourceFile) -> Iterator[tuple[int, int, int, int, int]]:
        for least, greatest, rows, mark in file.times or ():
            yield (least - FIRST) // self._width, least, greatest, rows, mark
