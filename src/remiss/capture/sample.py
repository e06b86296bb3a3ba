"""Draw: from an open session to everything that one capture derives, before redaction, filing and digest.

The questions of a capture are asked here, in an order in which each pays for itself: cheap ones come first and decide
which of the dear ones need to be asked at all. A dry run (`expected.py`) asks those of the beginning.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from remiss.capture import census, profile, row_checks, sampling, unit_census, versions
from remiss.capture.bins import BinChoice
from remiss.capture.field_counts import bins_of, histograms
from remiss.capture.left_out import FiledIds, check_filed_ids, left_out_notes
from remiss.capture.sampled_rows import FetchedEvents, SampledRow, fetched_events
from remiss.capture.sampling import GroupName, GroupSample, PopulationPart, Selection
from remiss.capture.schedule import whole_windows
from remiss.capture.sql import criteria, statements
from remiss.capture.sql.plan import REFERENCE, ScanPlan
from remiss.govern.ports.machine import Progress
from remiss.protocol.check_result import Checked
from remiss.protocol.group_sizes import sizes_of
from remiss.protocol.ports import Description, Session
from remiss.records.bulk import in_bulk
from remiss.records.histogram import Bins, WindowHistograms
from remiss.records.run import Cell, Group, Profile, Refusals, RunWindow
from remiss.records.window import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class CaptureSample:
    """What a capture derived. `sampled` hold raw values: the caller redacts before anything is filed.
    `refreshed` are events that were asked for beside the sample and are in the windows: in no group, of probability 0.

    `windows` are all of the interval, empty ones too; whether labels may still change is left to the caller. `files` are
    those that hold at least one event of the windows; `rows` is how many rows were counted, admitted or refused.
    `unplaced` are the rows without a window by file and reason: those of `files`, which are among the refusals, and those of
    files without any event, which are in no run's (`lost`).
    `outranked` are those asked for, by id and window, that are no events any more: another window's row of the id is kept.
    `merged` and `resolved` count the rows that were dropped because others have their id (`requirements.Fate`).
    `left_out_null` of the rows that the windows leave out are those of which the protocol's `admit` is null.
    `notes` say what people should know about how it was decided. `beside` has the windows next to the run's whose rows share ids
    with it, each after the window of the run that it is next to.
    """

    windows: tuple[RunWindow, ...]
    groups: tuple[Group, ...]
    cells: tuple[Cell, ...]
    sampled: tuple[SampledRow, ...]
    refreshed: tuple[SampledRow, ...]
    profiles: tuple[Profile, ...]
    refusals: Refusals
    files: tuple[str, ...]
    rows: int
    beside: tuple[tuple[datetime, datetime], ...]
    unplaced: Mapping[str, Mapping[str, int]]
    lost: Mapping[str, Mapping[str, int]]
    notes: tuple[str, ...]
    left_out_null: int = 0
    merged: int = 0
    resolved: int = 0
    outranked: frozenset[tuple[str, datetime]] = frozenset()
    bins: Bins | None = None
    histograms: tuple[WindowHistograms, ...] = ()


def _no_progress(_stage: str, _done: float) -> None:
    """Report no progress."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckedRows:
    """The rows of whole windows as a capture and a dry run begin with them: a plan that knows them, and what was seen of them."""

    windows: tuple[Window, ...]
    plan: ScanPlan
    seen: row_checks.RowChecks

    @property
    def starts(self) -> Mapping[int, datetime]:
        """The start of each window by its number in the plan."""
        return {self.plan.reach + at: window.start for at, window in enumerate(self.windows)}

    @property
    def beside(self) -> tuple[tuple[datetime, datetime], ...]:
        """The windows next to these whose rows share ids with them, each after the one that it is next to."""
        first, last = self.windows[0], self.windows[-1]
        before = ((first.start, first.start - self.plan.width),) if self.seen.shares_before else ()
        return (*before, (last.start, last.end)) if self.seen.shares_after else before


def checked_rows(
    session: Session,
    checked: Checked,
    source: Description,
    since: datetime,
    until: datetime,
    as_of: datetime,
    progress: Progress,
    others: Sequence[FiledIds],
) -> CheckedRows:
    """Return the rows of [since, until), of which none may be given an id that `others` filed.

    Raises
    ------
    IntervalError, ProtocolError, SourceError, StorageError : as `draw_sample`
    """
    windows = whole_windows(since, until, checked.protocol.sampling.window)
    plan = ScanPlan(checked=checked, columns=tuple(source.types), since=since, until=until, as_of=as_of, of_lines=source.of_lines)
    plan, seen = row_checks.rows_checked(session, plan, progress)
    check_filed_ids(session, plan, source, others)
    return CheckedRows(windows=tuple(windows), plan=plan, seen=seen)


@dataclass(frozen=True, slots=True, kw_only=True)
class ChosenEvents:
    """Which events are sampled, by exact counts and keys alone, before any content is read.

    `parts` is the census, `samples` what each group of it keeps, and `meeting` the keys of events that meet a criterion.
    """

    parts: Sequence[PopulationPart]
    samples: Mapping[GroupName, GroupSample]
    selected: tuple[Selection, ...]
    meeting: frozenset[str]


def chosen_events(session: Session, plan: ScanPlan, seen: row_checks.RowChecks, progress: Progress) -> ChosenEvents:
    """Count the events of a plan, and return which of them are sampled.

    Raises
    ------
    ProtocolError : one unit would fill the sample
    """
    parts, whole, meeting = census.counted(session, plan, seen, progress)
    protocol = plan.checked.protocol
    samples = sampling.groups(parts, whole, sizes_of(protocol), by_unit=protocol.sampling.unit is not None)
    selected = sampling.selections(samples, [one.criterion.name for one in plan.checked.criteria])
    unit_census.check_sizes(session, plan, selected)
    return ChosenEvents(parts=parts, samples=samples, selected=selected, meeting=meeting)


def draw_sample(
    session: Session,
    checked: Checked,
    source: Description,
    since: datetime,
    until: datetime,
    as_of: datetime,
    progress: Progress = _no_progress,
    *,
    also: Sequence[tuple[str, datetime]] = (),
    others: Sequence[FiledIds] = (),
    bins: BinChoice | None = None,
) -> CaptureSample:
    """Return everything that a capture of [since, until) derives.

    Parameters
    ----------
    session : has the relation `events`, and `labels` where the protocol has labels
    checked : the protocol, typed against the source
    source : the description of `events`
    since, until : the bounds of whole windows
    as_of : labels known later are not used
    progress : called with the name of a stage and the share of the work that is done, in [0, 1]
    also : ids and times of events of these windows to read again although they may not be sampled
    others : ids that other protocols filed of the source, which must not come to mean other rows
    bins : how the bins of histograms are chosen; None counts none

    Raises
    ------
    IntervalError : the interval cuts a window
    ProtocolError : a field cannot be used as what it is for; more than 1,000 strata in a window
    SourceError, StorageError : from the session
    """
    rows = checked_rows(session, checked, source, since, until, as_of, progress, others)
    starts = rows.starts
    progress("describing the fields", 0.2)
    plan, profiled = _profiled(session, rows.plan)
    plan = versions.planned(session, plan, profiled)
    chosen = chosen_events(session, plan, rows.seen, progress)
    parts = chosen.parts
    progress("fetching the sample", 0.75)
    fetched = fetched_events(session, plan, chosen.selected, also)
    progress("counting each field", 0.85)
    bins_used, counts = (None, ()) if bins is None else _field_counts(session, plan, chosen, fetched, starts, bins)
    progress("listing refused rows", 0.95)
    refusals = census.refusals(session, plan, rows.seen)
    said = notes(session, plan, chosen)
    with in_bulk():
        sampled, refreshed = fetched.sampled(chosen.selected, starts), fetched.refreshed(starts)
    result = CaptureSample(
        windows=census.run_windows(parts, starts, rows.seen.left_out),
        groups=census.groups(plan, chosen.samples, starts),
        cells=census.cells(plan, parts, starts),
        sampled=sampled,
        refreshed=refreshed,
        outranked=frozenset((one, starts[number]) for number, one in fetched.outranked),
        profiles=profile.profiles(plan, profiled, starts),
        refusals=refusals,
        files=rows.seen.files,
        rows=rows.seen.rows,
        beside=rows.beside,
        unplaced={**rows.seen.placed, **rows.seen.lost},
        lost=rows.seen.lost,
        notes=(*left_out_notes(session, plan, rows.seen), *said),
        left_out_null=rows.seen.left_out_null,
        merged=rows.seen.merged,
        resolved=rows.seen.resolved,
        bins=bins_used,
        histograms=counts,
    )
    progress("done", 1.0)
    return result


def _field_counts(
    session: Session,
    plan: ScanPlan,
    chosen: ChosenEvents,
    fetched: FetchedEvents,
    starts: Mapping[int, datetime],
    choice: BinChoice,
) -> tuple[Bins | None, tuple[WindowHistograms, ...]]:
    """Return the bins of each field, and how many events are in each; nothing where there is no event."""
    if not chosen.parts:
        return None, ()
    bins = bins_of(plan, chosen.parts, fetched.content, chosen.selected, chosen.samples, starts, choice)
    return bins, histograms(session, plan, chosen.parts, bins, starts)


def _profiled(session: Session, plan: ScanPlan) -> tuple[ScanPlan, list[dict[str, object]]]:
    """Return the answer to `profile.question`, and the plan that knows which numbers may be NaN.

    Guarding every number against NaN costs a sixth of a capture, and NaN is greatest: the extremes tell whether there is
    any. Only then is the question asked again.
    """
    hopeful = replace(plan, guarded=profile.without_extremes(plan))
    rows = session.run(profile.question(hopeful)).to_pylist()
    found = profile.not_numbers(plan, rows)
    if not found:
        return hopeful, rows
    guarded = replace(hopeful, guarded=(hopeful.guarded or frozenset()) | found)
    return guarded, session.run(profile.question(guarded)).to_pylist()


def notes(session: Session, plan: ScanPlan, chosen: ChosenEvents) -> tuple[str, ...]:
    """Say what people should know of how events were decided and sampled; nothing where there is no event."""
    if not chosen.parts:
        return ()
    return (*clock_notes(session, plan), *anomaly_notes(session, plan), *unit_census.notes(session, plan, chosen.selected))


def clock_notes(session: Session, plan: ScanPlan) -> tuple[str, ...]:
    """Say how many events, and labels, had a time of the hour that comes twice, where the protocol says which is meant."""
    source, labels = plan.checked.protocol.source, plan.checked.protocol.labels
    decides = source.ambiguous != "refuse" and any(each.twice for each in plan.clock_changes)
    events = session.run(statements.twice(plan)).to_pylist()[0]["rows"] if decides else 0
    of_labels = () if labels is None else _taken_for(plan.labels_twice, "label", labels.address.ambiguous)
    return (*_taken_for(events, "event", source.ambiguous), *of_labels)


def _taken_for(rows: int, what: str, ambiguous: str) -> tuple[str, ...]:
    had, are = (f"1 {what} has", "is") if rows == 1 else (f"{rows:,} {what}s have", "are")
    return (f"{had} a local time that came twice, and {are} taken for the {ambiguous}",) if rows else ()


def anomaly_notes(session: Session, plan: ScanPlan) -> tuple[str, ...]:
    """Say in how many windows an anomaly could not be judged: too few values, or too alike, to tell what is odd."""
    if not plan.anomalies:
        return ()
    rows = session.run(f"SELECT * FROM {REFERENCE} ORDER BY number").to_pylist()
    found = []
    for at, one in enumerate(plan.checked.criteria):
        blind = [row for row in rows if one.criterion.of is not None and row[f"mad_{at}"] is None]
        if blind:
            few = sum(row[f"count_{at}"] < criteria.LEAST_VALUES for row in blind)
            alike, of = len(blind) - few, one.criterion.of
            under = f"{few} {'has' if few == 1 else 'have'} under {criteria.LEAST_VALUES} values of {of} to compare with"
            same = f"in {alike} at least half of the values of {of} are the same"
            why = ", ".join(says for says, windows in ((under, few), (same, alike)) if windows)
            found.append(f"{one.criterion.name} is undecided in {len(blind)} of {len(rows)} windows: {why}")
    return tuple(found)
