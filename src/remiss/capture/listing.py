"""Lists about runs: what a line shows of each, and of the windows and cells in them.

Actions read and say where; which columns there are, and what stands in them, is here. So is what files of a source are called in
whatever an action answers: a path may name whom an event is about, and goes through the gate; the catalog keeps it as it is.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, TypeVar

from remiss.capture.captured import Coverage
from remiss.capture.schedule import settles
from remiss.records.event import Scalar
from remiss.records.run import Cell, Run, RunWindow

if TYPE_CHECKING:
    from remiss.govern.redaction.written import Gate
    from remiss.records.histogram import Bins, WindowHistograms
    from remiss.records.run import RefusedRow
    from remiss.records.source_file import FileChange

RUN = (
    "run",
    "status",
    "protocol",
    "source",
    "since",
    "until",
    "as_of",
    "rows",
    "events",
    "cases",
    "refused",
    "left_out",
    "position",
    "in_no_window",
)
COVERAGE = (
    "source",
    "protocol",
    "windows",
    "since",
    "until",
    "events",
    "labelled",
    "provisional",
    "run",
    "at",
)
WINDOW = ("window", "until", "events", "labelled", "provisional", "settles", "in_force", "left_out")
COUNTS = ("met", "undecided", "outside", "events", "labelled")
HISTOGRAM = ("field", "window", "model_version", "bin", "values", "events")
# Of cells of which some say of which model version their events are: an empty version is none where it is told apart.
TOLD_APART = ("model_version", "told_apart")
REFUSED = ("reason", "file", "row", "detail")
RunLine = tuple[Scalar, ...]
V = TypeVar("V")


def run_lines(runs: Iterable[Run]) -> tuple[RunLine, ...]:
    """Return one line a run, in the order of RUN."""
    return tuple(
        (
            each.id,
            each.status,
            f"{each.manifest.protocol}@{each.manifest.protocol_version}",
            each.manifest.source,
            each.manifest.since,
            each.manifest.until,
            each.manifest.as_of,
            each.manifest.rows,
            each.events_new + each.events_known,
            each.cases_new + each.cases_known,
            sum(each.refused.values()),
            each.manifest.left_out,
            each.position,
            each.manifest.in_no_window,
        )
        for each in runs
    )


def coverage_lines(found: Iterable[Coverage]) -> tuple[RunLine, ...]:
    """Return one line for each version of a protocol on a source, in the order of COVERAGE."""
    return tuple(
        (
            each.source,
            f"{each.protocol}@{each.version}",
            each.windows,
            each.since,
            each.until,
            each.events,
            each.labelled,
            each.provisional,
            each.run,
            each.at,
        )
        for each in found
    )


def window_lines(
    windows: Iterable[RunWindow], width: timedelta, lag: timedelta | None, as_of: datetime, held: Collection[datetime]
) -> tuple[RunLine, ...]:
    """Return one line a window of a run, in the order of WINDOW.

    Parameters
    ----------
    as_of : until when the run read labels
    held : the windows for which the run is in force
    """
    return tuple(
        (
            each.window,
            each.window + width,
            each.population,
            each.labelled,
            each.provisional,
            settles(each.window, width, as_of, lag) if each.provisional else None,
            each.window in held,
            each.left_out,
        )
        for each in windows
    )


def told_in(cells: Iterable[Cell]) -> bool:
    """Return whether some of the cells say of which version their events are."""
    return any(cell.version is not None for cell in cells)


def cell_columns(cells: Sequence[Cell]) -> tuple[str, ...]:
    """Return the columns of cells: each stratifying field is one of its own; and the model version, where it is told apart."""
    strata = dict.fromkeys(name for cell in cells for name in cell.stratum)
    return ("window", *strata, *(TOLD_APART if told_in(cells) else ()), *COUNTS)


def cell_lines(cells: Sequence[Cell]) -> tuple[RunLine, ...]:
    """Return one line a cell, in the order of its columns; several criteria are set apart by commas."""
    told = told_in(cells)
    strata = cell_columns(cells)[1 : -len(COUNTS) - (len(TOLD_APART) if told else 0)]
    return tuple(
        (
            each.window,
            *(each.stratum.get(name) for name in strata),
            *((each.version and each.version.name, each.version is not None) if told else ()),
            ", ".join(each.met),
            ", ".join(each.undecided),
            ", ".join(each.outside),
            each.population,
            each.labelled,
        )
        for each in cells
    )


def histogram_lines(found: Iterable[WindowHistograms], bins: Bins, fields: Iterable[str]) -> tuple[RunLine, ...]:
    """Return one line for each bin of a field that has events, by window and model version, in the order of HISTOGRAM."""
    names = {field: bins.names(field) for field in fields}
    versions = (None, *bins.versions)
    return tuple(
        (field, each.window, versions[version], at, names[field][at], events)
        for field in names
        for each in found
        for version, row in enumerate(each.by_version(field).tolist())
        for at, events in enumerate(row)
        if events
    )


def refused_lines(rows: Iterable[RefusedRow], gate: Gate) -> tuple[RunLine, ...]:
    """Return one line a refused row, in the order of REFUSED."""
    names: dict[str, str] = {}
    return tuple((each.reason, names.setdefault(each.file, gate.file(each.file)), each.row, each.detail) for each in rows)


def shown_changes(changes: Iterable[FileChange], gate: Gate) -> tuple[FileChange, ...]:
    """Return what became of files, as they are shown."""
    return tuple(replace(each, path=gate.file(each.path)) for each in changes)


def shown_run(run: Run, gate: Gate) -> Run:
    """Return a run whose manifest calls files as they are shown; two that come to the same name are told apart by a number."""
    manifest, names = run.manifest, dict[str, str]()
    taken: set[str] = set()
    for path in dict.fromkeys((*manifest.files, *manifest.file_digests, *manifest.label_digests, *manifest.unplaced)):
        shown = gate.file(path)
        names[path] = shown if shown not in taken else f"{shown} ({len(taken)})"
        taken.add(names[path])

    def renamed(by_path: Mapping[str, V]) -> dict[str, V]:
        return {names[path]: value for path, value in by_path.items()}

    addresses = {
        name: {key: gate.file(value) if key == "uri" and value is not None else value for key, value in each.items()}
        for name, each in manifest.addresses.items()
    }
    return replace(
        run,
        manifest=replace(
            manifest,
            folder=gate.file(manifest.folder),
            files=tuple(names[path] for path in manifest.files),
            file_digests=renamed(manifest.file_digests),
            label_digests=renamed(manifest.label_digests),
            unplaced=renamed(manifest.unplaced),
            addresses=addresses,
            notes=tuple(map(gate.name, manifest.notes)),
        ),
    )
