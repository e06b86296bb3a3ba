"""What one can do with a protocol and a log: see what is due, plan a capture, and capture."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated

from remiss.action import action
from remiss.capture import planning
from remiss.capture.build import Derived, derive, expect
from remiss.capture.captured import GONE, WindowInForce
from remiss.capture.left_out import filed_by_others
from remiss.capture.listed_files import KnownSource, known_source
from remiss.capture.listing import shown_changes, shown_run
from remiss.capture.planning import compare
from remiss.capture.ports import CAPTURE, CaptureWorkspace
from remiss.capture.schedule import DueIntervals, Interval, mark_provisional, spans, whole_windows
from remiss.capture.source_files import Due, look
from remiss.capture.source_files import due as due_of
from remiss.errors import Conflict, Denied, IntervalError
from remiss.govern.ports.vault import Bundle
from remiss.govern.redaction.event_fields import sensitivity_of
from remiss.parameters import Document, Help
from remiss.protocol.actions import checked as checked_against_sources
from remiss.protocol.actions import parsed, read_together
from remiss.protocol.check_result import Checked
from remiss.protocol.terms import Protocol
from remiss.protocol.versions import as_written, check_kept, notes_on
from remiss.records.case import Sensitivity
from remiss.records.identity import kind_id
from remiss.records.run import DerivedRun, Group, Run, RunWindow
from remiss.records.window import Window, window_at, window_index


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedCapture:
    """What a capture derived, where its raw rows lie, and which runs were in force while it did."""

    derived: Derived
    bundle: Bundle
    in_force: tuple[str, ...]


Since = Annotated[datetime, Help("Start of the first window; default: the first windows in a row that are due.")]
Until = Annotated[datetime, Help("End of the last window; default: the last window that has ended, and whose grace is over.")]


@contextmanager
def _prepare(
    ws: CaptureWorkspace, protocol: str, since: datetime | None, until: datetime | None, *, strict: bool
) -> Iterator[PreparedCapture]:
    document = parsed(ws, protocol)
    with ExitStack() as together:
        together.enter_context(read_together(ws, document))
        checked, source = meant(ws, document)
        as_of = ws.now
        windows = _windows(ws, checked, source, since, until, as_of)
        held = _held(ws, checked, windows)
        known = ws.runs.catalogued(checked.protocol.source.name, windows[0].start, windows[-1].end)
        notes = notes_on(ws.protocols.find(checked.protocol.name), checked.protocol)
        others = filed_by_others(ws, checked.protocol, windows)
        with ws.vault.bundle(ws.runs.filed) as bundle:
            derived = derive(
                ws, checked, windows, as_of, known=known, others=others, bundle=bundle, notes=notes, strict=strict, source=source
            )
            together.close()  # to file what was read takes no engine
            yield PreparedCapture(derived=derived, bundle=bundle, in_force=tuple(item.run for item in held))


@action(
    "capture",
    permission=CAPTURE,
    http="POST /runs",
    created="run.show",
    posted="job.capture",
    subject="protocol",
    document="protocol",
    prepare=_prepare,
)
def capture(
    ws: CaptureWorkspace,
    protocol: Document,
    *,
    since: Since | None = None,
    until: Until | None = None,
    strict: bool = False,
    prepared: PreparedCapture | None = None,
) -> Run:
    """Capture failures of whole windows of a log, as the document PROTOCOL says.

    Without an interval, captures what is due: windows never captured, provisional ones whose labels are mature now, and those
    whose files changed since.

    Example: remiss capture arrival-delay.yaml --since 2013-06-03 --until 2013-07-01

    Parameters
    ----------
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
    checked, derived_run = prepared.derived.checked, prepared.derived.derived_run
    document, manifest = checked.protocol, derived_run.manifest
    windows = [Window(item.window, document.sampling.window) for item in derived_run.windows]
    held = _held(ws, checked, windows)
    # Again, now that nobody else captures the source.
    allow_capture(ws, document)
    if tuple(item.run for item in held) != prepared.in_force:
        raise Conflict("another capture of these windows was filed meanwhile", do="capture again: nothing of this one was filed")
    ws.protocols.save(as_written(document, ws.gate.words))
    check_kept(ws.protocols.find(document.name, document.version), document)
    known = ws.runs.known(manifest.source, document.name, manifest.since, manifest.until)
    changes = compare(known, derived_run.members, prepared.derived.present, document.sampling.window)
    waits = any(change.kind == GONE for change in changes)
    lag = document.labels.lag if document.labels else None
    in_force = ws.runs.in_force(manifest.source, document.name)
    marked = mark_provisional(derived_run.windows, document.sampling.window, in_force, manifest.as_of, lag)
    run = ws.filing.file(
        _to_file(prepared.derived, marked),
        run=kind_id("run", [derived_run.digest, ws.now, len(in_force)]),
        status="waiting" if waits else "complete",
        changes=changes,
        team=document.team,
        document=document,
    )
    prepared.bundle.belong(run.id)
    return shown_run(run, ws.gate)


def _to_file(derived: Derived, windows: tuple[RunWindow, ...]) -> DerivedRun:
    """Return what was drawn with its provisional flags, and with the known events that were only read again."""
    derived_run = derived.derived_run
    flags = {item.window: item.provisional for item in windows}
    groups: tuple[Group, ...] = tuple(replace(group, provisional=flags[group.window]) for group in derived_run.groups)
    return replace(derived_run, windows=windows, groups=groups, members=(*derived_run.members, *derived.refreshed))


def meant(ws: CaptureWorkspace, document: Protocol) -> tuple[Checked, KnownSource]:
    """Check a protocol, and refuse one whose name and version stand for another in this catalog, or that is not for the actor.

    It is checked against its sources; what is known of the events' goes with it.

    Raises
    ------
    Denied : the actor may not capture in its team, or in one whose source it reads, or would not see what it captures
    """
    source = known_source(ws, document)
    checked = checked_against_sources(ws, document, source.description)
    return replace(checked, protocol=_allowed(ws, checked.protocol)), source


def _allowed(ws: CaptureWorkspace, document: Protocol) -> Protocol:
    """Return a document as the catalog keeps its version, if the actor may capture by it."""
    allow_capture(ws, document)
    guarded = sensitivity_of(document.fields, document.sensitivity)
    # The document itself is internal.
    if not ws.scope.sees(document.team, max(guarded, Sensitivity.INTERNAL)):
        raise Denied(f"{ws.actor.name} would not see what {document.name} captures", do="ask an admin for a higher clearance")
    return check_kept(ws.protocols.find(document.name, document.version), document)


def allow_capture(ws: CaptureWorkspace, document: Protocol) -> None:
    """Go on only if the actor may capture in every team whose things a capture by that document writes to.

    An event is known by its source's name and its id: a capture of a source shows anew what was filed of its events, and
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


def _held(ws: CaptureWorkspace, checked: Checked, windows: Sequence[Window]) -> tuple[WindowInForce, ...]:
    starts = {window.start for window in windows}
    in_force = ws.runs.in_force(checked.protocol.source.name, checked.protocol.name)
    return tuple(item for item in in_force if item.window.window in starts)


def _windows(
    ws: CaptureWorkspace,
    checked: Checked,
    source: KnownSource,
    since: datetime | None,
    until: datetime | None,
    as_of: datetime,
    position: int | None = None,
) -> tuple[Window, ...]:
    width = checked.protocol.sampling.window
    if since is not None and until is not None:
        return whole_windows(since, until, width)
    if since is None:
        found = due_now(ws, checked.protocol, as_of, position, checked=checked, known=source).windows
        due = [window for window in found if until is None or window.end <= until]
        if not due:
            raise IntervalError("no window is due", do="give --since and --until to capture windows again")
        return whole_windows(*spans(due)[0], width)
    times = look(ws, checked.protocol, checked, source).times
    over = as_of - checked.protocol.grace
    last = min(times[-1][1], over) if times else since
    ended = window_at(window_index(last, width), width)
    return whole_windows(since, ended.end if ended.end <= over else ended.start, width)


def due_now(
    ws: CaptureWorkspace,
    document: Protocol,
    as_of: datetime,
    position: int | None = None,
    *,
    checked: Checked | None = None,
    known: KnownSource | None = None,
) -> Due:
    """Return what is due of the source of a document, by what is captured now or at a position."""
    # Before it is read what runs saw: of one that is filed in between nothing would be known.
    in_force = ws.runs.in_force(document.source.name, document.name, position)
    return due_of(ws, document, look(ws, document, checked, known), in_force, as_of, position)


@action(
    "capture.due",
    permission=CAPTURE,
    http="POST /runs/due",
    within="capture --dry-run",
    reads=True,
    snapshot=False,
    document="protocol",
)
def due(ws: CaptureWorkspace, protocol: Document) -> DueIntervals:
    """List the intervals that are due.

    They are of windows never captured, of provisional ones whose labels are mature now, and of those whose files changed since.

    Example: remiss capture arrival-delay.yaml --dry-run
    """
    document, position = _allowed(ws, parsed(ws, protocol)), ws.position()
    with read_together(ws, document):
        found = due_now(ws, document, ws.now, position)
        if found.windows:  # What a capture could not run on is told before one begins; where nothing is due a listing is enough.
            checked_against_sources(ws, document, known_source(ws, document).description)
    return DueIntervals(position=position, items=spans(found.windows), files=shown_changes(found.files.changes, ws.gate))


@action(
    "capture.plan",
    permission=CAPTURE,
    http="POST /runs/plan",
    within="capture --dry-run",
    reads=True,
    snapshot=False,
    document="protocol",
)
def plan(
    ws: CaptureWorkspace, protocol: Document, *, since: Since | None = None, until: Until | None = None
) -> planning.CapturePlan:
    """Say how many events and cases a capture by PROTOCOL would bring each month; file nothing.

    Events and cases are counted, and cases set against the labelling budget.

    Example: remiss capture arrival-delay.yaml --dry-run
    """
    document = parsed(ws, protocol)
    with read_together(ws, document):
        checked, source = meant(ws, document)
        as_of, width, position = ws.now, checked.protocol.sampling.window, ws.position()
        if since is None and until is None:
            found_due = spans(due_now(ws, checked.protocol, as_of, position, checked=checked, known=source).windows)
            chosen = [whole_windows(*span, width) for span in found_due]
        else:
            chosen = [_windows(ws, checked, source, since, until, as_of, position)]
        found = [expect(ws, checked, each, as_of, filed_by_others(ws, checked.protocol, each), source) for each in chosen]
    intervals = tuple(Interval(since=each[0].start, until=each[-1].end) for each in chosen)
    pieces = [piece for each in found for piece in each.yields]
    return planning.plan(checked.protocol, pieces, intervals, position, [(each.rows, each.refused) for each in found])
