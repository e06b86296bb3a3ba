"""One run as a person reads it on a terminal."""

from __future__ import annotations

from collections import defaultdict

from remiss.faces.cli import render
from remiss.records.identity import format_time
from remiss.records.run import Run


def show(run: Run) -> None:
    """Print what a run read, what it drew, and how much of each criterion."""
    manifest = run.manifest
    render.facts(
        [
            ("run", run.id),
            (
                "status",
                "waiting: events are gone from the source; look at `remiss run diff`, then `remiss run accept`"
                if run.status == "waiting"
                else run.status,
            ),
            ("protocol", f"{manifest.protocol} version {manifest.protocol_version}"),
            (
                "source",
                f"{manifest.source}, {render.counted(manifest.rows, 'row')} in {render.counted(len(manifest.files), 'file')}",
            ),
            ("interval", f"{format_time(manifest.since)} to {format_time(manifest.until)}"),
            ("as of", manifest.as_of),
            ("digest", run.digest),
            ("events", f"{run.events_new} new, {run.events_known} known"),
            ("cases", f"{run.cases_new} new, {run.cases_known} known"),
            ("refused", ", ".join(f"{count} {reason}" for reason, count in sorted(run.refused.items())) or "none"),
            *([("changes", ", ".join(f"{count} {kind}" for kind, count in sorted(run.changes.items())))] if run.changes else []),
            ("position", run.position),
            *(("note", note) for note in manifest.notes),
        ]
    )
    if run.groups:
        render.table(("criterion", "population", "labelled", "kept", "kept share"), summary(run))


def summary(run: Run) -> list[tuple[str, int, int, int, float]]:
    """Return one line a criterion: its groups added up over windows and strata."""
    totals: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for group in run.groups:
        for at, count in enumerate((group.population, group.labelled, group.kept)):
            totals[group.criterion][at] += count
    return [(name, n, labelled, kept, kept / n if n else 0.0) for name, (n, labelled, kept) in totals.items()]
