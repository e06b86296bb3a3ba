"""What one can do with runs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from remiss.action import action
from remiss.capture import listing, planning
from remiss.capture.deriving import Derived, derive, event_times, expect
from remiss.capture.ports import CaptureWorkspace, WindowInForce
from remiss.capture.recapture import GONE, compare
from remiss.capture.reproduction import Reproduction, rederive
from remiss.capture.schedule import Interval, due_windows, mark_provisional, spans, whole_windows
from remiss.capture.standing import MOST_RUNS, Standing, standing
from remiss.catalog.listing import Turn, list_name, token, turn
from remiss.errors import Conflict, Denied, IntervalError
from remiss.govern.ports.vault import Bundle
from remiss.govern.redaction import sensitivity_of
from remiss.protocol.actions import load
from remiss.protocol.document import restore
from remiss.protocol.keeping import check_kept
from remiss.protocol.terms import Checked, Protocol
from remiss.records.case import Sensitivity
from remiss.records.identity import kind_id
from remiss.records.look import Look, listed
from remiss.records.position import reached
from remiss.records.rows import Rows
from remiss.records.run import Drawn, Group, Manifest, Run, RunWindow
from remiss.records.window import Window, window_at, window_index

# To plan a capture reads the logs by whatever a document says, as capturing does.
CAPTURE = "run:capture"


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """What a capture derived, where its raw rows lie, and which runs were in force while it did."""

    derived: Derived
    bundle: Bundle
    in_force: tuple[str, ...]


@contextmanager
def _prepare(
    ws: CaptureWorkspace, protocol: str, since: datetime | None, until: datetime | None, *, strict: bool
) -> Iterator[Prepared]:
    checked = _meant(ws, protocol)
    as_of = ws.now
    windows = _windows(ws, checked, since, until, as_of)
    source = checked.protocol.source.name
    held = _held(ws, checked, windows)
    catalogued = ws.runs.catalogued(source, windows[0].start, windows[-1].end)
    notes = _on_seed(ws, checked.protocol)
    with ws.vault.bundle(ws.runs.filed) as bundle:
        derived = derive(ws, checked, windows, as_of, known=catalogued, bundle=bundle, notes=notes, strict=strict)
        yield Prepared(derived=derived, bundle=bundle, in_force=tuple(item.run for item in held))


@action(name="run.capture", permission=CAPTURE, subject="protocol", document="protocol", prepare=_prepare)
def apply(
    ws: CaptureWorkspace,
    protocol: str,
    since: datetime | None = None,
    until: datetime | None = None,
    *,
    strict: bool = False,
    prepared: Prepared | None = None,
) -> Run:
    """Capture failures of whole windows of a log, by the protocol at the path `protocol`.

    Parameters
    ----------
    since, until : bounds of windows; without `since` the first stretch of windows that is due, without `until` up to the
        last window that has ended
    strict : file nothing when any row is refused

    Returns
    -------
    The run; its status is `waiting` when events that were sampled before are gone from the source.

    Raises
    ------
    ProtocolError, SourceError, IntervalError, StorageError : the input cannot be used
    AnswerNo : rows were refused and `strict` is set
    Conflict : another capture of these windows was filed meanwhile
    """
    assert prepared is not None
    checked, drawn = prepared.derived.checked, prepared.derived.drawn
    document, manifest = checked.protocol, drawn.manifest
    windows = [Window(item.window, document.sampling.window) for item in drawn.windows]
    held = _held(ws, checked, windows)
    # Again, now that nobody else captures the source.
    _allow(ws, document)
    if tuple(item.run for item in held) != prepared.in_force:
        raise Conflict("another capture of these windows was filed meanwhile", do="capture again: nothing of this one was filed")
    ws.protocols.save(document)
    check_kept(ws.protocols.find(document.name, document.version), document)
    known = ws.runs.known(manifest.source, document.name, manifest.since, manifest.until)
    changes = compare(known, drawn.members, prepared.derived.present)
    waits = any(change.kind == GONE for change in changes)
    lag = document.labels.lag if document.labels else None
    in_force = ws.runs.in_force(manifest.source, document.name)
    marked = mark_provisional(drawn.windows, document.sampling.window, in_force, manifest.as_of, lag)
    run = ws.runs.file(
        _to_file(prepared.derived, marked),
        run=kind_id("run", [drawn.digest, ws.now, len(in_force)]),
        status="waiting" if waits else "complete",
        changes=changes,
        team=document.team,
        document=document,
    )
    prepared.bundle.belong(run.id)
    return run


def _to_file(derived: Derived, windows: tuple[RunWindow, ...]) -> Drawn:
    """Return what was drawn with its provisional flags, and with the known events that were only read again."""
    drawn = derived.drawn
    flags = {item.window: item.provisional for item in windows}
    groups: tuple[Group, ...] = tuple(replace(group, provisional=flags[group.window]) for group in drawn.groups)
    return replace(drawn, windows=windows, groups=groups, members=(*drawn.members, *derived.refreshed))


def _meant(ws: CaptureWorkspace, path: str) -> Checked:
    """Load a protocol, and refuse one whose name and version stand for another in this catalog, or that is not for the actor.

    Raises
    ------
    Denied : the actor may not capture in its team, or in one whose versions it would follow or whose source it reads; or would
        not see what it captures
    """
    checked = load(ws, path)
    document = checked.protocol
    _allow(ws, document)
    guarded = sensitivity_of(document.fields, document.sensitivity)
    # The document itself is internal.
    if not ws.scope.sees(document.team, max(guarded, Sensitivity.INTERNAL)):
        raise Denied(f"{ws.actor.name} would not see what {document.name} captures", do="ask an admin for a higher clearance")
    check_kept(ws.protocols.find(document.name, document.version), document)
    return checked


def _allow(ws: CaptureWorkspace, document: Protocol) -> None:
    """Go on only if the actor may capture in every team whose things a capture by that document writes to.

    An event is known by its source's name and its id: whoever captures a source shows anew what was filed of its events, and
    has cases of those that no case was filed of.

    Raises
    ------
    Denied
    """
    others = ws.protocols.teams(document.name) | ws.runs.teams(document.source.name)
    for team in sorted(others - {document.team}):
        ws.allow(CAPTURE, team)
    # Last, for what is written is journalled under the team that was asked for last.
    ws.allow(CAPTURE, document.team)


def _on_seed(ws: CaptureWorkspace, document: Protocol) -> tuple[str, ...]:
    """Return a note when this version has another seed than the newest that the catalog keeps."""
    newest = ws.protocols.find(document.name)
    if newest is None or newest.version == document.version:
        return ()
    if restore(newest.text, document.path).sampling.seed == document.sampling.seed:
        return ()
    return (
        f"the seed is another than in version {newest.version}: the samples share no more than chance gives, and people's "
        "work on the former one carries no weight in this",
    )


def _held(ws: CaptureWorkspace, checked: Checked, windows: Sequence[Window]) -> tuple[WindowInForce, ...]:
    starts = {window.start for window in windows}
    in_force = ws.runs.in_force(checked.protocol.source.name, checked.protocol.name)
    return tuple(item for item in in_force if item.window.window in starts)


def _windows(
    ws: CaptureWorkspace, checked: Checked, since: datetime | None, until: datetime | None, as_of: datetime
) -> tuple[Window, ...]:
    width = checked.protocol.sampling.window
    if since is not None and until is not None:
        return whole_windows(since, until, width)
    times = event_times(ws, checked)
    if since is None:
        due = [window for window in _due(ws, checked, times, as_of) if until is None or window.end <= until]
        if not due:
            raise IntervalError("no window is due", do="give --since and --until to capture windows again")
        return whole_windows(*spans(due)[0], width)
    last = min(times[-1][1], as_of) if times else since
    ended = window_at(window_index(last, width), width)
    return whole_windows(since, ended.end if ended.end <= as_of else ended.start, width)


def _due(
    ws: CaptureWorkspace, checked: Checked, times: Sequence[tuple[datetime, datetime]], as_of: datetime
) -> tuple[Window, ...]:
    document = checked.protocol
    lag = document.labels.lag if document.labels else None
    return due_windows(times, document.sampling.window, ws.runs.in_force(document.source.name, document.name), as_of, lag)


def _of_run(ws: CaptureWorkspace, given: Mapping[str, Any], rows: Rows) -> Sequence[Look]:
    return listed(ws, given, rows, subject=ws.runs.get(given["run"]).id)


@action(name="run.due", permission=CAPTURE, reads=True, snapshot=False, document="protocol")
def due(ws: CaptureWorkspace, protocol: str) -> tuple[tuple[datetime, datetime], ...]:
    """Return the intervals that are due: windows never captured, and provisional ones whose labels are mature now."""
    checked = _meant(ws, protocol)
    return spans(_due(ws, checked, event_times(ws, checked), ws.now))


@action(name="run.plan", permission=CAPTURE, reads=True, snapshot=False, document="protocol")
def plan(ws: CaptureWorkspace, protocol: str, since: datetime | None = None, until: datetime | None = None) -> planning.Plan:
    """Return which windows a capture would take, and what they would bring each month; files nothing.

    Events and cases are counted, and cases set against the labelling budget.
    """
    checked = _meant(ws, protocol)
    as_of, width = ws.now, checked.protocol.sampling.window
    if since is None and until is None:
        due_now = spans(_due(ws, checked, event_times(ws, checked), as_of))
        stretches = [whole_windows(*span, width) for span in due_now]
    else:
        stretches = [_windows(ws, checked, since, until, as_of)]
    found = [window for stretch in stretches for window in expect(ws, checked, stretch, as_of)]
    intervals = tuple(Interval(since=stretch[0].start, until=stretch[-1].end) for stretch in stretches)
    return planning.plan(checked.protocol, found, intervals)


@action(name="run.accept", permission="run:accept", subject="run")
def accept(ws: CaptureWorkspace, run: str) -> Run:
    """Bring a waiting run in force although events are gone from its source.

    Raises
    ------
    NotFound : no such run
    Conflict : it does not wait, or a later run is in force for one of its windows
    """
    ws.allow("run:accept", ws.runs.governed(run).team)
    return ws.runs.accept(run)


@action(name="run.list", permission="run:read", reads=True, views=listed)
def runs(
    ws: CaptureWorkspace, protocol: str | None = None, limit: int = 50, *, after: str | None = None, as_of: int | None = None
) -> Rows:
    """List runs, newest first; `total` counts all.

    Parameters
    ----------
    protocol : only runs of this one
    limit : how many at most
    after : the token of the page before
    as_of : a position of the catalog; default: now

    Raises
    ------
    InputError : a position that is not there yet, a token of another list
    """
    head = ws.position()
    position = reached(as_of, head)
    name = list_name(protocol or "", "-position", as_of)
    before = None if after is None else turn(after, name, 1).last[0]
    found = ws.runs.latest(limit + 1, protocol, position, before=before)
    shown, total = found[:limit], ws.runs.count(protocol, position)
    more = len(found) > limit
    following = token(Turn(of=name, position=as_of, total=total, last=(shown[-1].position,))) if more else None
    at = head if position is None else position
    return Rows("run", listing.RUN, listing.run_lines(shown), at, total=total, next=following)


@action(name="run.coverage", permission="run:read", reads=True)
def coverage(ws: CaptureWorkspace, *, as_of: int | None = None) -> Rows:
    """List what is captured: for each source and protocol version its windows in force, from when to when, and their events.

    Parameters
    ----------
    as_of : a position of the catalog; default: now
    """
    head = ws.position()
    position = reached(as_of, head)
    lines = listing.coverage_lines(ws.runs.coverage(position))
    return Rows("coverage", listing.COVERAGE, lines, head if position is None else position, total=len(lines))


@action(name="run.windows", permission="run:read", reads=True, subject="run")
def windows(ws: CaptureWorkspace, run: str, *, as_of: int | None = None) -> Rows:
    """List the windows of a run, oldest first: their events, whether labels may still change, and from when they settle.

    Parameters
    ----------
    as_of : a position of the catalog, for which windows the run was in force; default: now
    """
    head = ws.position()
    position = reached(as_of, head)
    found = ws.runs.get(run, position)
    manifest = found.manifest
    document = _document(ws, manifest)
    in_force = ws.runs.in_force(manifest.source, manifest.protocol, position)
    held = {item.window.window for item in in_force if item.run == found.id}
    lag = document.labels.lag if document.labels else None
    lines = listing.window_lines(ws.runs.windows(found.id), document.sampling.window, lag, manifest.as_of, held)
    return Rows("window", listing.WINDOW, lines, head if position is None else position, total=len(lines))


def _document(ws: CaptureWorkspace, manifest: Manifest) -> Protocol:
    """Return the protocol that drew a run; it is filed with every run."""
    stored = ws.protocols.find(manifest.protocol, manifest.protocol_version)
    assert stored is not None
    return restore(stored.text, f"{manifest.protocol}.yaml")


@action(name="run.cells", permission="run:read", reads=True, subject="run")
def cells(ws: CaptureWorkspace, run: str, *, as_of: int | None = None) -> Rows:
    """List the cells of a run: how many events of each window and stratum met and were undecided on the same criteria.

    Cells are disjoint: whatever union of them is exactly counted by adding up.

    Parameters
    ----------
    as_of : a position of the catalog; default: now
    """
    head = ws.position()
    found = ws.runs.cells(ws.runs.get(run, reached(as_of, head)).id)
    at = head if as_of is None else as_of
    return Rows("cell", listing.cell_columns(found), listing.cell_lines(found), at, total=len(found))


@action(name="run.show", permission="run:read", reads=True, subject="run")
def show(ws: CaptureWorkspace, run: str, *, as_of: int | None = None) -> Run:
    """Show a run: what it read, what it drew, and how much of each group.

    Parameters
    ----------
    as_of : a position of the catalog; default: now
    """
    return ws.runs.get(run, reached(as_of, ws.position()))


@action(name="run.diff", permission="run:read", reads=True, subject="run", views=_of_run)
def diff(ws: CaptureWorkspace, run: str, *, as_of: int | None = None) -> Rows:
    """List what a run changed against the runs in force before it.

    Parameters
    ----------
    as_of : a position of the catalog; default: now
    """
    head = ws.position()
    found = ws.runs.get(run, reached(as_of, head))
    lines = tuple((each.kind, each.event, each.window, each.detail) for each in ws.runs.changes(found.id))
    at = head if as_of is None else as_of
    return Rows("change", ("kind", "event", "window", "detail"), lines, at, total=len(lines))


@action(name="run.refused", permission="run:read", reads=True, subject="run", views=_of_run)
def refused(ws: CaptureWorkspace, run: str, *, as_of: int | None = None) -> Rows:
    """List the rows that a run refused, the first 100 of each reason; `total` counts all.

    Parameters
    ----------
    as_of : a position of the catalog; default: now
    """
    head = ws.position()
    found = ws.runs.get(run, reached(as_of, head))
    lines = tuple((each.reason, each.file, each.row, each.detail) for each in ws.runs.refused(found.id))
    at = head if as_of is None else as_of
    return Rows("refused", ("reason", "file", "row", "detail"), lines, at, total=sum(found.refused.values()))


@action(name="run.reproduce", permission="run:read", reads=True, subject="run", snapshot=False)
def reproduce(ws: CaptureWorkspace, run: str) -> Reproduction:
    """Derive a run again from its named inputs and compare digests."""
    return rederive(ws, run)


@action(name="run.status", permission="run:read", reads=True, snapshot=False)
def status(ws: CaptureWorkspace, *, as_of: int | None = None) -> tuple[Standing, ...]:
    """Say, for each protocol and source, which windows are due or provisional, and what looks odd.

    Parameters
    ----------
    as_of : a position of the catalog; default: now. Then what was due and mature when the catalog came there is told, from the
        sources as they are now

    Raises
    ------
    InputError : a position that is not there yet
    """
    position = reached(as_of, ws.position())
    now = ws.now if position is None else ws.moment(position)
    pairs = {(each.manifest.source, each.manifest.protocol) for each in ws.runs.latest(MOST_RUNS, position=position)}
    return tuple(standing(ws, source, protocol, position, now) for source, protocol in sorted(pairs))
