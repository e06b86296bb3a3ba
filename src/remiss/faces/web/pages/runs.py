"""Runs: what was captured when, and of each what it read, drew, refused and changed, and how sure its windows are."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from fastapi import APIRouter, Query
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from remiss import capture, understand
from remiss.errors import RemissError
from remiss.faces.serving import AsOf, Cached, Ws
from remiss.faces.web import protocol_cache, run_changes, run_facts
from remiss.faces.web.pages.overview import STATUS, STATUS_SECONDS, StatusPart
from remiss.faces.web.rendering import Page, address, part, render, segment, shell
from remiss.present.legible import counted

if TYPE_CHECKING:
    from remiss.capture.reproduction import Reproduction
    from remiss.records.run import Run
    from remiss.workspace import Workspace

router = APIRouter()
PATH = "/runs"
LIMIT = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class RunsPage:
    """runs/list.html: runs, newest first, and what is due."""

    template: ClassVar[str] = "runs/list.html"
    lines: tuple[dict[str, Any], ...]
    total: int
    protocol: str | None
    first: str | None
    following: str | None
    status: StatusPart | None
    status_part: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RunPage:
    """runs/page.html: one run."""

    template: ClassVar[str] = "runs/page.html"
    run: Run
    windows: run_facts.Windows
    drawn: tuple[run_facts.SampledGroups, ...]
    cells: run_facts.Table
    refused: tuple[run_facts.Reason, ...]
    changes: tuple[run_changes.Changes, ...]
    files: tuple[tuple[str, str], ...]
    as_of: int | None
    opened: str | None
    verdict: Reproduction | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictPart:
    """runs/verdict.html: whether a run could be derived again, and came out the same."""

    template: ClassVar[str] = "runs/verdict.html"
    verdict: Reproduction | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AcceptPage:
    """runs/accept.html: what accepting a run means, before it is done."""

    template: ClassVar[str] = "runs/accept.html"
    run: Run
    gone: run_changes.Changes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class FieldPage:
    """runs/field.html: how many events of a run had which values of one field."""

    template: ClassVar[str] = "runs/field.html"
    run: Run
    field: str
    counts: run_facts.Table
    as_of: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ComparePage:
    """runs/compare.html: two runs, and only what differs; `problem` says why they cannot be compared."""

    template: ClassVar[str] = "runs/compare.html"
    runs: tuple[str, ...]
    parts: tuple[run_changes.DifferingPart, ...] = ()
    title: str = ""
    svg: str = ""
    legend: str = ""
    problem: tuple[str, str] | None = None


class TickedRuns(AsOf):
    """Which two runs, as they were ticked in the list: the older one is compared with the newer."""

    run: tuple[str, ...] = ()


class OpenedPart(AsOf):
    """Of which part of a large run the rows are shown."""

    part: str | None = None


class CountedField(AsOf):
    """Which field."""

    field: str


class RunFilter(AsOf):
    """Which runs, from where on, and whether to wait until everything is there."""

    protocol: str | None = None
    after: str | None = None
    whole: bool = False


@router.get(PATH)
def runs(ws: Ws, answers: Cached, asked: Annotated[RunFilter, Query()]) -> Response:
    """Show a list of runs."""
    found = capture.list_runs(ws, protocol=asked.protocol, limit=LIMIT, after=asked.after, as_of=asked.as_of)
    same = {"protocol": asked.protocol, "as_of": asked.as_of}
    ask = answers.ask if asked.whole else answers.ready
    status = ask(ws, capture.status, ws.position(), seconds=STATUS_SECONDS)
    page = RunsPage(
        lines=tuple(found),
        total=found.total or 0,
        protocol=asked.protocol,
        first=address(PATH, **same) if asked.after else None,
        following=None if found.next is None else address(PATH, **same, after=found.next),
        status=None if status is None else StatusPart(items=status.items),
        status_part=STATUS,
    )
    twin = address("/api/v1/runs", **same, limit=LIMIT, after=asked.after)
    return render(page, shell(ws, "Runs", "runs", (twin, "Runs"), position=found.position))


# Before the page of one run, whose id could be anything.
@router.get(PATH + "/compare")
def compare(ws: Ws, asked: Annotated[TickedRuns, Query()]) -> Response:
    """Show how two runs differ."""
    ticked = tuple(dict.fromkeys(asked.run))
    if len(ticked) != 2:
        problem = (f"{counted(len(ticked), 'run')} ticked", "Tick two runs in the list of captures.")
        return render(ComparePage(runs=ticked, problem=problem), shell(ws, "Compare runs", "runs"), status=422)
    newer, older = ticked
    found = understand.compare_runs(ws, older, newer, as_of=asked.as_of)
    title, svg, legend = run_changes.chart_of_differences(found)
    page = ComparePage(
        runs=(older, newer),
        parts=run_changes.differing_parts(found),
        title=title,
        svg=Markup(svg),  # noqa: S704 - it escapes what it writes
        legend=Markup(legend),  # noqa: S704 - it escapes what it writes
    )
    twin = (address(f"/api/v1/runs/{segment(older)}/comparison", other=newer, as_of=asked.as_of), "Comparison")
    return render(page, shell(ws, "Compare runs", "runs", twin, position=found.position))


@router.get(PATH + "/{run}")
def run(ws: Ws, run: str, asked: Annotated[OpenedPart, Query()]) -> Response:
    """Show one run."""
    return _shown(ws, run, asked)


@router.get(PATH + "/{run}/histograms")
def histograms(ws: Ws, run: str, asked: Annotated[CountedField, Query()]) -> Response:
    """Show what was counted of one field."""
    found = capture.show(ws, run, as_of=asked.as_of)
    rows = capture.histograms(ws, found.id, field=asked.field, as_of=asked.as_of)
    page = FieldPage(run=found, field=asked.field, counts=run_facts.field_counts_of(rows), as_of=asked.as_of)
    twin = address(f"/api/v1/runs/{segment(found.id)}/histograms", field=asked.field, as_of=asked.as_of)
    title = f"{asked.field} in {found.id}"
    return render(page, shell(ws, title, "runs", (twin, "Histograms"), position=rows.position))


@router.post(PATH + "/{run}/reproduce")
def reproduce(request: Request, ws: Ws, run: str) -> Response:
    """Derive a run again, and show whether it came out the same: beside the button, or on the run's page without script."""
    verdict = capture.reproduce(ws, run)
    if request.headers.get("hx-request"):
        return part(VerdictPart(verdict=verdict))
    return _shown(ws, run, OpenedPart(), verdict)


@router.get(PATH + "/{run}/accept")
def ask_to_accept(ws: Ws, run: str) -> Response:
    """Say what accepting a waiting run means, and ask whether to do it."""
    found = capture.show(ws, run)
    grouped = run_changes.changes_of(ws, found, capture.diff(ws, found.id))
    page = AcceptPage(run=found, gone=next((each for each in grouped if each.kind == "gone"), None))
    return _rendered(ws, page, found, f"Accept {found.id}")


@router.post(PATH + "/{run}/accept")
def accept(ws: Ws, run: str) -> Response:
    """Bring a waiting run in force."""
    accepted = capture.accept(ws, run)
    return RedirectResponse(f"{PATH}/{segment(accepted.id)}", 303)


def _shown(ws: Workspace, which: str, asked: OpenedPart, verdict: Reproduction | None = None) -> Response:
    found = capture.show(ws, which, as_of=asked.as_of)
    manifest = found.manifest
    label = f"{manifest.protocol}@{manifest.protocol_version}"
    try:
        document = protocol_cache.protocol(ws, label)
    except RemissError:
        document = None
    page = RunPage(
        run=found,
        windows=run_facts.windows_of(capture.windows(ws, found.id, as_of=asked.as_of), document),
        drawn=run_facts.sampled_groups_of(found, document),
        cells=run_facts.cells_of(capture.cells(ws, found.id, as_of=asked.as_of)),
        refused=run_facts.refused_of(found, capture.refused(ws, found.id, as_of=asked.as_of)),
        changes=run_changes.changes_of(ws, found, capture.diff(ws, found.id, as_of=asked.as_of)),
        files=tuple((name, manifest.file_digests.get(name, "")) for name in manifest.files[: run_facts.MOST]),
        as_of=asked.as_of,
        opened=asked.part,
        verdict=verdict,
    )
    return _rendered(ws, page, found, found.id)


def _rendered(ws: Workspace, page: Page, found: Run, title: str) -> Response:
    api = f"/api/v1/runs/{segment(found.id)}"
    twins = [(api, "Run"), *((f"{api}/{name}", name.title()) for name in ("windows", "cells", "changes", "refused"))]
    return render(page, shell(ws, title, "runs", *twins))
