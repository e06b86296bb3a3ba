"""Looking at a source: which files it has, when their events were, and so which windows are due.

To look costs a listing. Only a file that is new, or of another size or time of change than when it was last read, is opened:
once, for the least and greatest event time of its stretches, and where it may be one that is known under another time or name,
for the digest of its content. What was read is kept in the catalog beside what runs saw, without a position: it is no change of
the catalog.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from remiss.capture.captured import WindowInForce
from remiss.capture.label_files import label_changes
from remiss.capture.late_files import FileChanges, file_changes
from remiss.capture.listed_files import KnownSource, Listed, listed_events, listed_labels
from remiss.capture.ports import CaptureWorkspace
from remiss.capture.schedule import due_windows, joined
from remiss.protocol.check_result import Checked
from remiss.protocol.terms import Protocol
from remiss.records.bulk import in_bulk
from remiss.records.identity import from_micros
from remiss.records.source_file import SourceFile
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
        _read_unread(ws, document, checked, events, labels, known)
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


def _read_unread(
    ws: CaptureWorkspace,
    document: Protocol,
    checked: Checked | None,
    events: Listed,
    labels: Listed | None,
    known: KnownSource | None,
) -> None:
    # What reads files takes longer to load than a listing takes, and mostly that is enough.
    from remiss.capture.unread_files import read_unread

    read_unread(ws, document, checked, events, labels, known)
