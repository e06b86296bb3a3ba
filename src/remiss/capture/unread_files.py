"""Unread files: what is read of files of a source that are new, or of another size or time of change than when they were read.

Of files of events when they were, of files of labels how many were known on which day, and of each what columns it has.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace

from remiss.capture import row_checks
from remiss.capture.listed_files import PARQUET, KnownSource, Listed, described
from remiss.capture.ports import CaptureWorkspace
from remiss.capture.schedule import MICROSECOND, piece_width
from remiss.capture.sql import late_labels
from remiss.capture.sql.plan import EVENTS, LABELS, ScanPlan
from remiss.capture.time_ranges import file_times, last_rows, refuse_timeless
from remiss.protocol.actions import checked as checked_against_sources
from remiss.protocol.check_result import Checked
from remiss.protocol.ports import Description, Session
from remiss.protocol.terms import Address, Labels, Protocol
from remiss.records.identity import FIRST, from_micros
from remiss.records.source_file import SourceFile, Tail

# When the last label that is read was known: clocks of later times nobody knows.
UNTIL = from_micros(4_102_444_800_000_000)
Pieces = tuple[tuple[int, ...], ...]


def read_unread(
    ws: CaptureWorkspace,
    document: Protocol,
    checked: Checked | None,
    events: Listed,
    labels: Listed | None,
    known: KnownSource | None,
) -> None:
    """Read the files of a source that are not known yet, and keep what they were read for.

    Parameters
    ----------
    checked : the document checked against its sources, where that was done already
    known : its source as it was described for that

    Raises
    ------
    SourceError : the source has rows, of which none has a time
    """
    if events.unread or (labels is not None and labels.unread):
        source = known.description if known else described(ws, document, events)
        of_labels = None if labels is None else described(ws, document, labels)
        checked = checked or checked_against_sources(ws, document, source, of_labels)
        if events.unread:
            events.take(ws, document, _read(ws, checked, source, events))
        if labels is not None and of_labels is not None and labels.unread:
            labels.take(ws, document, _read_labels(ws, checked, of_labels, labels))
    if not any(each.times for each in events.files.values()):
        _refuse_where_timeless(ws, document, checked)


def label_pieces(session: Session, checked: Checked, labels: Labels) -> Mapping[str, Pieces]:
    """Return the labels of each file that has some by when they were known: least and greatest time, how many, what they say."""
    width = piece_width(checked.protocol.sampling.window)
    plan = ScanPlan(checked=checked, columns=(), since=from_micros(FIRST), until=from_micros(FIRST), as_of=UNTIL)
    plan, shape = row_checks.label_times(session, plan, labels)
    found: dict[str, list[tuple[int, ...]]] = defaultdict(list)
    for row in session.run(late_labels.pieces(plan, labels, shape, width // MICROSECOND)).to_pylist():
        found[row["file"]].append((row["least"], row["greatest"], row["rows"], int(row["mark"])))
    return {file: tuple(sorted(its)) for file, its in found.items()}


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


def _refuse_where_timeless(ws: CaptureWorkspace, document: Protocol, checked: Checked | None) -> None:
    """Refuse a source that has rows and no time in any; one without rows has nothing that is due."""
    checked = checked or checked_against_sources(ws, document)
    described = ws.engine.describe(checked.protocol.source, ws.documents.folder(checked.protocol.path))
    with ws.engine.open({"events": (checked.protocol.source, described)}) as session:
        refuse_timeless(session, checked)
