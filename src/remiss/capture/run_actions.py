"""What one can do with runs as the catalog keeps them: look at them, and accept one that waits.

What reads the log as well is elsewhere (`reproduction.py`, `capture_status.py`), for the engine and all that a capture needs take
as long to load as everything else that a list of runs takes.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from remiss.action import action
from remiss.capture import listing
from remiss.capture.ports import CaptureWorkspace
from remiss.errors import InputError
from remiss.parameters import FieldName, Limit, PageToken, Position, RunId
from remiss.protocol.terms import Protocol
from remiss.protocol.versions import restore
from remiss.records.catalog import reached
from remiss.records.rows import Rows, Turn, list_name, token, turn
from remiss.records.run import Manifest, Run
from remiss.records.view_entry import ViewEntry, listed


def _of_run(ws: CaptureWorkspace, given: Mapping[str, Any], rows: Rows) -> Sequence[ViewEntry]:
    return listed(ws, given, rows, subject=ws.runs.governed(given["run"]).id)


@action("run.accept", permission="run:accept", http="POST /runs/{run}/accept", subject="run")
def accept(ws: CaptureWorkspace, run: RunId) -> Run:
    """Bring RUN in force although events are gone from its source.

    Example: remiss run accept run-4f7q2m

    Raises
    ------
    NotFound : no such run
    Conflict : it does not wait, or a later run is in force for one of its windows
    """
    ws.allow("run:accept", ws.runs.governed(run).team)
    return listing.shown_run(ws.filing.accept(run), ws.gate)


@action("run.list", permission="run:read", http="GET /runs", reads=True, views=listed)
def list_runs(
    ws: CaptureWorkspace,
    *,
    protocol: str | None = None,
    limit: Limit = 50,
    after: PageToken | None = None,
    as_of: Position | None = None,
) -> Rows:
    """List runs, newest first.

    Example: remiss run list --protocol arrival-delay

    Parameters
    ----------
    protocol : only runs of this protocol

    Raises
    ------
    InputError : a position that is not there yet, a token of another list
    """
    head = ws.position()
    position = reached(as_of, head)
    name = list_name(protocol or "", "-position", as_of)
    before = None if after is None else turn(after, name, (int,)).last[0]
    found = ws.runs.latest(limit + 1, protocol, position, before=before)
    shown, total = found[:limit], ws.runs.count(protocol, position)
    more = len(found) > limit
    following = token(Turn(of=name, position=as_of, total=None, last=(shown[-1].position,))) if more else None
    at = head if position is None else position
    return Rows("run", listing.RUN, listing.run_lines(shown), at, total=total, next=following)


@action("run.coverage", permission="run:read", http="GET /coverage", reads=True)
def coverage(ws: CaptureWorkspace, *, as_of: Position | None = None) -> Rows:
    """List what is captured: windows in force, and their events.

    There is a line for each source and protocol version, with its first and last time.

    Example: remiss run coverage
    """
    head = ws.position()
    position = reached(as_of, head)
    lines = listing.coverage_lines(ws.runs.coverage(position))
    return Rows("coverage", listing.COVERAGE, lines, head if position is None else position, total=len(lines))


@action("run.windows", permission="run:read", http="GET /runs/{run}/windows", reads=True, subject="run")
def windows(ws: CaptureWorkspace, run: RunId, *, as_of: Position | None = None) -> Rows:
    """List the windows of RUN, oldest first.

    It says how many events each has, whether labels may still change, and from when they settle.

    Example: remiss run windows run-4f7q2m

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


@action("run.cells", permission="run:read", http="GET /runs/{run}/cells", reads=True, subject="run")
def cells(ws: CaptureWorkspace, run: RunId, *, as_of: Position | None = None) -> Rows:
    """List the cells of RUN, which can be added up.

    A cell is how many events of a window and stratum met, were undecided on, and are outside of the same criteria. Cells are
    disjoint: any union of them is exactly counted by adding up. Where the protocol has a field model_version, each is of one
    version too, for the 50 commonest of the run: told_apart is false of the rest, whose version is not known.

    Example: remiss run cells run-4f7q2m --format csv
    """
    head = ws.position()
    found = ws.runs.cells(ws.runs.governed(run, reached(as_of, head)).id)
    at = head if as_of is None else as_of
    return Rows("cell", listing.cell_columns(found), listing.cell_lines(found), at, total=len(found))


@action("run.histograms", permission="run:read", http="GET /runs/{run}/histograms", reads=True, subject="run")
def histograms(ws: CaptureWorkspace, run: RunId, *, field: FieldName | None = None, as_of: Position | None = None) -> Rows:
    """Count the events of RUN by the values of its fields.

    Every event is counted, in each window and of each model version.
    A number is counted in ten bins of about as many events each, a category by its value. Bins stay as the first run of the
    protocol had them, so that windows compare.

    Example: remiss run histograms run-4f7q2m --field inputs.carrier
    """
    head = ws.position()
    found = ws.runs.governed(run, reached(as_of, head))
    bins = ws.histograms.bins(found.id)
    if bins is None:
        raise InputError(
            f"{found.id} was filed before fields were counted", do="capture its windows again while the log is there"
        )
    if field is not None and field not in bins.fields:
        raise InputError(f"{field} is not counted", do=f"name one of {', '.join(bins.fields)}")
    chosen = tuple(bins.fields) if field is None else (field,)
    lines = listing.histogram_lines(ws.histograms.of_run(found.id, pairs=False), bins, chosen)
    at = head if as_of is None else as_of
    return Rows("histogram", listing.HISTOGRAM, lines, at, total=len(lines))


@action("run.show", permission="run:read", http="GET /runs/{run}", reads=True, subject="run")
def show(ws: CaptureWorkspace, run: RunId, *, as_of: Position | None = None) -> Run:
    """Show RUN: what it read and drew, and how much of each group.

    Example: remiss run show run-4f7q2m
    """
    return listing.shown_run(ws.runs.get(run, reached(as_of, ws.position())), ws.gate)


@action("run.diff", permission="run:read", http="GET /runs/{run}/changes", reads=True, subject="run", views=_of_run)
def diff(ws: CaptureWorkspace, run: RunId, *, as_of: Position | None = None) -> Rows:
    """List what RUN changed against the runs in force before it.

    Example: remiss run diff run-4f7q2m
    """
    head = ws.position()
    found = ws.runs.governed(run, reached(as_of, head))
    lines = tuple((each.kind, each.event, each.window, each.detail) for each in ws.runs.changes(found.id))
    at = head if as_of is None else as_of
    return Rows("change", ("kind", "event", "window", "detail"), lines, at, total=len(lines))


@action("run.refused", permission="run:read", http="GET /runs/{run}/refused", reads=True, subject="run", views=_of_run)
def refused(ws: CaptureWorkspace, run: RunId, *, as_of: Position | None = None) -> Rows:
    """List the rows that RUN refused, with file and row.

    The first 100 of each reason are listed. The list's total counts all of them.

    Example: remiss run refused run-4f7q2m
    """
    head = ws.position()
    found = ws.runs.get(run, reached(as_of, head))
    lines = listing.refused_lines(ws.runs.refused(found.id), ws.gate)
    at = head if as_of is None else as_of
    return Rows("refused", listing.REFUSED, lines, at, total=sum(found.refused.values()))
