"""Counting over the log itself: how many events of captured windows fulfil each of some terms, by what their criteria are.

One pass of the engine over the windows of each run, by the same rows, states and labels as when it was captured. The files must
be those that the run read, and each window must have as many events as the run counted.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import PurePath
from typing import Any

from remiss.capture import census, requirements, row_checks
from remiss.capture.captured import WindowInForce
from remiss.capture.listed_files import reading, relative
from remiss.capture.ports import CaptureWorkspace
from remiss.capture.reproduction import as_filed
from remiss.capture.sql import criteria, statements
from remiss.capture.sql.comparisons import alike, comparison, paired
from remiss.capture.sql.plan import ScanPlan
from remiss.capture.values import value_of
from remiss.catalog.query.expression import Term
from remiss.catalog.query.fields import field_of
from remiss.errors import SourceError
from remiss.govern.redaction.event_fields import redact_value
from remiss.govern.redaction.redactor import Redactor
from remiss.protocol.check_result import Checked
from remiss.records.event import Scalar
from remiss.records.identity import from_micros
from remiss.records.run import Manifest, Run

DAY_MICROS = 86_400_000_000
# A breakdown by a period of time; by another word it is by a field.
DAY, WINDOW = "day", "window"


@dataclass(frozen=True, slots=True, kw_only=True)
class LogCount:
    """How many events of a window are alike: in the value broken down by, in what their criteria are, and in the terms.

    `key` is the value of the field, or the beginning of the day. `fulfilled` has, for each term, whether they fulfil it.
    """

    window: datetime
    key: Scalar
    met: tuple[str, ...]
    undecided: tuple[str, ...]
    outside: tuple[str, ...]
    ruled_out: tuple[str, ...]
    labelled: bool
    fulfilled: tuple[bool, ...]
    population: int


@dataclass(frozen=True, slots=True, kw_only=True)
class PairCount:
    """How many units of a window are alike: how often each version answered, 2 for more than once, and what their criteria are.

    These are told where each answered once.
    """

    window: datetime
    baseline: int
    candidate: int
    was: criteria.Standing | None
    now: criteria.Standing | None
    units: int


def count(
    ws: CaptureWorkspace, windows: Sequence[WindowInForce], width: timedelta, terms: Sequence[Term], by: str | None
) -> tuple[LogCount, ...]:
    """Return the events of captured windows, counted over the log as each run read it.

    Parameters
    ----------
    windows : in force, oldest first, all of this width
    terms : on fields of events
    by : `day`, a key of the filter language that names a field, or None

    Raises
    ------
    SourceError : the log is gone, or is not what a run read
    QueryError : a term that cannot be asked of the log
    """
    found: list[LogCount] = []

    def question(plan: ScanPlan) -> str:
        return alike(plan, [comparison(term, plan) for term in terms], _column(plan, by))

    for plan, rows, starts in _asked(ws, windows, width, question):
        shown = _shown(ws, plan.checked, plan, by)
        found += [_count(plan, row, starts, shown, len(terms)) for row in rows]
    return tuple(found)


def count_pairs(
    ws: CaptureWorkspace, windows: Sequence[WindowInForce], width: timedelta, unit: str, baseline: str, candidate: str
) -> tuple[PairCount, ...]:
    """Return the units of captured windows by what two model versions answered about them, counted over the log.

    Parameters
    ----------
    unit : the field whose values say which answers belong together

    Raises
    ------
    SourceError : the log is gone, or is not what a run read
    """
    return tuple(
        _pair_count(plan, row, starts)
        for plan, rows, starts in _asked(ws, windows, width, lambda plan: paired(plan, unit, baseline, candidate))
        for row in rows
    )


def _asked(
    ws: CaptureWorkspace, windows: Sequence[WindowInForce], width: timedelta, question: Callable[[ScanPlan], str]
) -> Iterable[tuple[ScanPlan, Sequence[Mapping[str, Any]], Mapping[int, datetime]]]:
    """Yield for each run what a question is answered over its windows, with the plan that it was asked by and their starts."""
    for own in _runs(windows, width):
        run = ws.runs.get(own[0].run)
        plan, rows = _answered(ws, as_filed(ws, run.manifest), run, own, question)
        starts = {plan.reach + at: each.window.window for at, each in enumerate(own)}
        _check_populations(rows, own, starts)
        yield plan, rows, starts


def _runs(windows: Sequence[WindowInForce], width: timedelta) -> Iterable[list[WindowInForce]]:
    """Yield the stretches of windows that one run is in force for."""
    stretch: list[WindowInForce] = []
    for each in windows:
        if stretch and (each.run != stretch[-1].run or each.window.window - stretch[-1].window.window != width):
            yield stretch
            stretch = []
        stretch.append(each)
    if stretch:
        yield stretch


def _answered(
    ws: CaptureWorkspace, checked: Checked, run: Run, own: Sequence[WindowInForce], question: Callable[[ScanPlan], str]
) -> tuple[ScanPlan, list[dict[str, Any]]]:
    since, width = own[0].window.window, checked.protocol.sampling.window
    with reading(ws, checked) as (session, source, _):
        plan = ScanPlan(
            checked=checked,
            columns=tuple(source.types),
            since=since,
            until=own[-1].window.window + width,
            as_of=run.manifest.as_of,
        )
        folder = PurePath(run.manifest.folder)
        if _needs_no_look(checked, run):
            # Files with the same bytes have the same rows: what the run found out about them need not be found out again.
            plan = replace(row_checks.prepared(session, plan), reasons=frozenset(run.refused))
            files: Collection[str] = [str(folder / file) for file in run.manifest.file_digests]
            seen = None
        else:
            plan, seen = row_checks.rows_checked(session, plan, ws.progress)
            files = seen.files
        statement = question(plan)
        with ws.engine.digesting(files) as digests:
            if seen is None:
                rows: list[dict[str, Any]] = session.run(statement).to_pylist()
            else:
                rows = census.asked(session, plan, seen, ws.progress, lambda: statement)
            _check_files(digests(), run.manifest)
    return plan, rows


def _needs_no_look(checked: Checked, run: Run) -> bool:
    """Return whether all that decides the rows of a run's windows is known of it.

    So it is where no row was dropped as a repeat, and no anomaly is measured by windows.
    """
    dropped = run.manifest.merged or run.manifest.resolved or requirements.DUPLICATE_ID in run.refused
    return not dropped and not any(one.criterion.of is not None for one in checked.criteria)


def _column(plan: ScanPlan, by: str | None) -> str | None:
    if by is None:
        return None
    return f"remiss_at // {DAY_MICROS}" if by == DAY else statements.shown(plan, field_of(by))


def _shown(ws: CaptureWorkspace, checked: Checked, plan: ScanPlan, by: str | None) -> Callable[[Any], Scalar]:
    """Return how a value broken down by is told: as the catalog would hold it, redacted."""
    if by is None:
        return lambda _: None
    if by == DAY:
        return lambda value: from_micros(value * DAY_MICROS)
    policy = checked.protocol.redaction
    redactor = Redactor(policy, ws.keys.secret("redaction"), ws.recogniser if policy.modelled else None)
    shape = plan.shapes[field_of(by)]
    return lambda value: redact_value(value_of(value, shape), redactor)


def _count(
    plan: ScanPlan, row: Mapping[str, Any], starts: Mapping[int, datetime], shown: Callable[[Any], Scalar], terms: int
) -> LogCount:
    every = plan.checked.criteria
    numbers = [row[f"pattern_{at}"] for at in range(len(criteria.patterns(plan)))]
    found = criteria.standing(every, criteria.digits(numbers, len(every)))
    return LogCount(
        window=starts[row["remiss_window"]],
        key=shown(row.get("key")),
        met=found.met,
        undecided=found.undecided,
        outside=found.outside,
        ruled_out=found.ruled_out,
        labelled=row["labelled"],
        fulfilled=tuple(row[f"term_{at}"] for at in range(terms)),
        population=row["population"],
    )


def _pair_count(plan: ScanPlan, row: Mapping[str, Any], starts: Mapping[int, datetime]) -> PairCount:
    return PairCount(
        window=starts[row["remiss_window"]],
        baseline=row["was"],
        candidate=row["now"],
        was=_standing(plan, row, "was"),
        now=_standing(plan, row, "now"),
        units=row["units"],
    )


def _standing(plan: ScanPlan, row: Mapping[str, Any], side: str) -> criteria.Standing | None:
    every = plan.checked.criteria
    numbers = [row[f"{side}_{at}"] for at in range(len(criteria.patterns(plan)))]
    return None if None in numbers else criteria.standing(every, criteria.digits(numbers, len(every)))


def _check_files(digests: Mapping[str, str], manifest: Manifest) -> None:
    folder = PurePath(manifest.folder)
    changed = sorted(
        relative(file, folder) for file, digest in digests.items() if manifest.file_digests.get(relative(file, folder)) != digest
    )
    if changed:
        more = f" and {len(changed) - 1:,} more" if len(changed) > 1 else ""
        raise SourceError(
            f"{changed[0]}{more} holds other bytes than when its windows were captured",
            do="capture these windows again, or ask without --exact",
        )


def _check_populations(rows: Sequence[Mapping[str, Any]], own: Sequence[WindowInForce], starts: Mapping[int, datetime]) -> None:
    counted = dict.fromkeys(starts.values(), 0)
    for row in rows:
        counted[starts[row["remiss_window"]]] += row["population"]
    for each in own:
        if counted[each.window.window] != each.window.population:
            raise SourceError(
                f"the window of {each.window.window.date().isoformat()} has {counted[each.window.window]:,} events in the log, "
                f"and {each.window.population:,} when it was captured",
                do="capture it again, or ask without --exact",
            )
