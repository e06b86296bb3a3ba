"""The story: real flights, real models, what they got wrong, and whether what the catalog says of it is true.

This is what `remiss demo` tells. It uses the library as anybody would; only the truth at the end comes from elsewhere.

Truth: what estimates are compared with, counted over the whole log. Only a demo can do that.
"""

from __future__ import annotations

import csv
import os
import shlex
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TypeAlias

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

import remiss
from remiss import settings, suite_folder
from remiss.capture import actions as capture
from remiss.catalog import actions as catalog
from remiss.demo import flights, labelling, logs, release
from remiss.present.alert_facts import alert_in_words, subject_in_words
from remiss.present.legible import between, counted, figure
from remiss.records.alert import AlertState
from remiss.records.estimate import EstimateRow
from remiss.understand import actions as understand
from remiss.understand.alert_actions import list_alerts
from remiss.understand.alert_check_actions import check_alerts

Counts: TypeAlias = Mapping[tuple[str, str], int]
EVERY = "all"


@dataclass(frozen=True, slots=True)
class Compared:
    """One estimate beside the truth."""

    carrier: str
    month: str
    estimate: EstimateRow
    truth: int

    @property
    def holds(self) -> bool:
        """Whether the interval contains the truth; an exact count has no interval and must be the truth."""
        low, high = self.estimate.low, self.estimate.high
        if low is None or high is None:
            return self.estimate.value == self.truth
        return low <= self.truth <= high


def missed_delays(folder: Path) -> Counts:
    """Return how many delays the model missed, by carrier and month (UTC): 0 for those where it missed none."""
    predictions = pq.read_table(folder / "predictions", columns=["flight_key", "scheduled_at", "carrier", "predicted"])
    outcomes = pq.read_table(folder / "outcomes", columns=["flight_key", "actual"])
    joined = predictions.join(outcomes, "flight_key")
    missed = pc.fill_null(pc.and_(pc.equal(joined["predicted"], "on-time"), pc.equal(joined["actual"], "late")), False)
    month = pc.strftime(joined["scheduled_at"], format="%Y-%m")
    counted = (
        pa.table({"carrier": joined["carrier"], "month": month, "missed": missed.cast(pa.int64())})
        .group_by(["carrier", "month"])
        .aggregate([("missed", "sum")])
        .to_pylist()
    )
    return {(row["carrier"], row["month"]): row["missed_sum"] for row in counted}


def total(truth: Counts, *, carrier: str | None = None, month: str | None = None) -> int:
    """Return the missed delays of a carrier, of a month, or of both; None is all of them."""
    return sum(
        count for (of, when), count in truth.items() if (carrier is None or of == carrier) and (month is None or when == month)
    )


Say: TypeAlias = Callable[[str], object]
Show: TypeAlias = Callable[[str, float], None]

CATALOG = "remiss.db"
COMPARISON = "comparison.csv"
MISSED = "criterion:missed-delay"
HEAD = "{:<9}{:>9}   {:>18}{:>9}   {}"


def run(folder: Path, say: Say | None = None, *, annotations: int = labelling.ANNOTATIONS) -> None:
    """Run the whole job in `folder`, which is made if missing.

    A folder in which it has run before keeps its logs and its catalog; only what is missing is done again.

    Parameters
    ----------
    say : takes each line of the result; default: standard output. Progress goes to standard error.
    annotations : how many cases its scripted people label

    Raises
    ------
    InputError : the extra `demo` is not installed
    StorageError : the folder cannot be written
    """
    say = say or _print
    with _progress() as show:
        if not (folder / CATALOG).exists():
            show("reading flights and weather", 0.0)
            logs.write(folder, flights.load(), lambda what, done, total: show(what, done / total))
        with remiss.open(folder / CATALOG, create=True) as ws:
            with ws.reporting(show):
                captured(ws, folder / logs.PROTOCOL)
            labelling.labelled(ws, show, annotations)
            show("counting the truth", 0.0)
            counted = missed_delays(folder)
            cells = by_carrier_and_month(ws, counted, show)
            carriers, months = by_carrier(ws, counted), by_month(ws, counted)
            people, alerts = list(decided(ws)), list(raised(ws))
            gate = list(release.told(ws, release.released(ws, folder, show)))
            say(first_line(ws))
    write_comparison(folder / COMPARISON, cells)
    for line in [*told(carriers, months, cells), *alerts, *people, *gate, "", *next_steps(folder)]:
        say(line)


def captured(ws: remiss.Workspace, protocol: Path) -> None:
    """Capture every window that is due: all of them the first time, none the second."""
    for since, until in capture.due(ws, str(protocol)):
        capture.capture(ws, str(protocol), since=since, until=until)


def first_line(ws: remiss.Workspace) -> str:
    """Return how much was predicted and how much of it was stored, which answers for all of it; cases are a part of that."""
    predictions = understand.estimate(ws).rows[0].value or 0
    stored, cases = catalog.info(ws).events, catalog.search(ws, "-status:cleared", limit=1).total or 0
    share = 100 * stored / predictions
    return f"{predictions:,} predictions, {stored:,} stored: {share:.1f} % answer for all of them; {cases:,} of these are cases"


def by_carrier(ws: remiss.Workspace, counted: Counts) -> list[Compared]:
    """Compare the missed delays of each airline over all months."""
    rows = understand.estimate(ws, MISSED, by="inputs.carrier", variance="sample").rows
    return [Compared(str(row.key), EVERY, row, total(counted, carrier=str(row.key))) for row in rows]


def by_month(ws: remiss.Workspace, counted: Counts) -> list[Compared]:
    """Compare the missed delays of each month over all airlines."""
    rows = understand.estimate(ws, MISSED, by="month", variance="sample").rows
    return [Compared(EVERY, str(row.key), row, total(counted, month=str(row.key))) for row in rows]


def by_carrier_and_month(ws: remiss.Workspace, counted: Counts, show: Show) -> list[Compared]:
    """Compare the missed delays of each airline in each month, those of which nothing was sampled included."""
    months = sorted({month for _, month in counted})
    found: list[Compared] = []
    for done, month in enumerate(months):
        show("comparing with the truth", done / len(months))
        within = f"{MISSED} occurred:{month}"
        rows = {row.key: row for row in understand.estimate(ws, within, by="inputs.carrier", variance="sample").rows}
        for carrier in sorted(carrier for carrier, when in counted if when == month):
            row = rows.get(carrier) or understand.estimate(ws, f"{within} inputs.carrier:{carrier}").rows[0]
            found.append(Compared(carrier, month, row, counted[carrier, month]))
    return found


def told(carriers: Sequence[Compared], months: Sequence[Compared], cells: Sequence[Compared]) -> Iterator[str]:
    """Yield the comparison as people read it: two tables, and how often the interval holds the truth in all cells."""
    yield ""
    yield "Late flights that the models announced as on time: estimated from the cases, and counted over the whole log."
    yield "Airlines and months were no strata: nothing was drawn with them in mind."
    for title, rows in (("carrier", carriers), ("month", months)):
        yield ""
        yield HEAD.format(title, "estimate", "95 % interval", "truth", "")
        for each in rows:
            yield _line(each.carrier if title == "carrier" else each.month, each)
    holding = sum(each.holds for each in cells)
    share = f"{100 * holding / len(cells):.0f} %"
    yield ""
    yield f"By carrier and month the interval holds the truth in {holding} of {len(cells)} cells ({share})."


def decided(ws: remiss.Workspace) -> Iterator[str]:
    """Yield what the scripted people made of the missed delays."""
    row = understand.estimate(ws, MISSED, confirmed=True).rows[0]
    yield ""
    yield "Three scripted people labelled some of the cases in the order of the queue, and part of these a second time, blindly."
    yield "Most of what two of them dispute the third has settled; a few disputes are left for you."
    if row.precision is not None:
        part, low, high = row.precision
        value, interval = figure(part, low, high, rate=True)
        yield f"Of the missed delays that were flagged {value} are confirmed (95 % interval: {interval})."


def raised(ws: remiss.Workspace) -> Iterator[str]:
    """Look at every window, once, and yield the alerts that wait."""
    # A log that is told of again has no new windows.
    found = (list_alerts(ws) if list_alerts(ws).watched else check_alerts(ws)).alerts
    waits = [each for each in found if each.state is AlertState.OPEN]
    over = len(found) - len(waits)
    yield ""
    for each in waits:
        yield f"An alert waits: {subject_in_words(each)} {alert_in_words(each)}, {between(each.since, each.until)}."
    if over:
        yield f"{counted(over, 'other alert')} of the year {'is' if over == 1 else 'are'} over."


def next_steps(folder: Path) -> Iterator[str]:
    """Yield what to look at next, as commands that can be pasted."""
    base = f"remiss --catalog {shlex.quote(str(folder / CATALOG))}"
    yield f"Every cell is in {folder / COMPARISON}. What to look at next:"
    yield f"  {base} case search '{MISSED} inputs.carrier:EV' --limit 5"
    yield f"  {base} estimate '{MISSED}' --rate --by model_version"
    yield f"  {base} estimate --by criterion"
    yield f"  {base} estimate --confirmed --by criterion"
    yield f"  {base} alert list"
    yield f"  {base} case search status:disputed"
    yield f"  {base} agreement show"
    yield f"  {base} gate list"
    yield f"  {base} suite compare {release.SUITE} --model {release.CANDIDATE} --baseline {release.BASELINE}"
    yield f"  pytest {shlex.quote(str(folder / release.SUITE / suite_folder.DOCUMENT))} --remiss-model {release.CANDIDATE} -q"
    yield f"  {base} audit search --limit 10"
    yield f"  {base} status"
    yield f"and {folder / logs.PROTOCOL}, which says what counts as a failure and why."


def write_comparison(path: Path, cells: Sequence[Compared]) -> None:
    """Write all cells as CSV."""
    with path.open("w", newline="", encoding="utf-8") as file:
        table = csv.writer(file)
        table.writerow(("carrier", "month", "estimate", "low", "high", "truth", "holds", "sampled", "method"))
        for each in cells:
            row = each.estimate
            table.writerow(
                (each.carrier, each.month, row.value, row.low, row.high, each.truth, each.holds, row.sampled, row.method)
            )


def _line(name: str, each: Compared) -> str:
    row = each.estimate
    interval = "exact" if row.low is None or row.high is None else f"{row.low:,.0f} to {row.high:,.0f}"
    return HEAD.format(name, f"{row.value or 0:,.0f}", interval, f"{each.truth:,}", "" if each.holds else "outside").rstrip()


def _print(line: str) -> None:
    sys.stdout.write(f"{line}\n")


@contextmanager
def _progress() -> Iterator[Show]:
    """Draw on standard error how far the work has come; where that is no terminal, one line for each stage."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    setting = settings.read(os.environ).progress
    drawing = setting == "always" or (setting == "auto" and console.is_terminal)
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:>3.0f} %"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True, disable=not drawing) as drawn:
        task = drawn.add_task("", total=1.0)
        stages: set[str] = set()

        def show(stage: str, done: float) -> None:
            if stage not in stages and not drawing and setting != "never":
                console.print(stage, highlight=False)
            stages.add(stage)
            drawn.update(task, description=stage, completed=done)

        yield show
