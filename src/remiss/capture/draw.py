"""Draw: from an open session to everything that one capture derives, before redaction, filing and digest.

The only place that runs the statements of `scan.py`, in an order in which each pays for itself: cheap questions come
first and decide which of the dear ones need to be asked at all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from remiss.capture import late_labels, profile, requirements, sampling, scan
from remiss.capture.members import Content, Drawing, drawings, revisits
from remiss.capture.sampling import GroupName, Part, Sample, Selection
from remiss.capture.scan import LabelHistory, Plan, Shape
from remiss.capture.values import shape_of, value_of
from remiss.errors import IntervalError, Location, ProtocolError, SourceError
from remiss.protocol.ports import Description, Session
from remiss.protocol.terms import Checked
from remiss.records.event import Scalar
from remiss.records.identity import format_time
from remiss.records.run import Cell, Group, Profile, Refusals, RefusedRow, RunWindow
from remiss.records.window import Window, window_of, windows_between

Progress = Callable[[str, float], None]

MOST_STRATA = 1000
# A guess by sketch errs by a few per cent: beyond this it is worth counting exactly before a census of them is begun.
GUESS = 0.8
# Exact medians keep 8 bytes a value in memory: 80 MB for each anomaly at most, unless one window alone is larger.
REFERENCE_ROWS = 10_000_000
SAMPLE_ROWS = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Draw:
    """What a capture derived. `drawings` hold raw values: the caller redacts before anything is filed.
    `refreshed` are events that were asked for beside the sample and are in the windows: in no group, of probability 0.

    `windows` are all of the interval, empty ones too; whether labels may still change is left to the caller. `files` are
    those that hold at least one row that was counted, admitted or refused, and `rows` is how many such rows there are.
    `notes` say what people should know about how it was decided.
    """

    windows: tuple[RunWindow, ...]
    groups: tuple[Group, ...]
    cells: tuple[Cell, ...]
    drawings: tuple[Drawing, ...]
    refreshed: tuple[Drawing, ...]
    profiles: tuple[Profile, ...]
    refusals: Refusals
    files: tuple[str, ...]
    rows: int
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What a capture would derive, counted without fetching: events and cases sampled in each window."""

    windows: tuple[RunWindow, ...]
    events: Mapping[datetime, int]
    cases: Mapping[datetime, int]
    refused: Mapping[str, int]
    rows: int


@dataclass(slots=True)
class _Survey:
    """What a first pass over the rows tells: events by window of the plan, refused rows by reason, files."""

    events: dict[int, int]
    refused: dict[str, int]
    files: set[str]
    rows: int
    strata: dict[int, int]
    reasons: set[str]


def _silent(_stage: str, _done: float) -> None:
    """Tell nobody."""


def whole_windows(since: datetime, until: datetime, checked: Checked) -> tuple[Window, ...]:
    """Return the windows that tile the interval.

    Raises
    ------
    IntervalError : the interval is empty, reversed, or cuts a window; says the nearest bounds
    """
    width = checked.protocol.sampling.window
    if since >= until:
        raise IntervalError(
            f"the interval from {format_time(since)} to {format_time(until)} is empty", do="give until after since"
        )
    for what, bound in (("since", since), ("until", until)):
        window = window_of(bound, width)
        if window.start != bound:
            raise IntervalError(
                f"{what} {format_time(bound)} cuts a window",
                do=f"use {format_time(window.start)} or {format_time(window.end)}",
            )
    return windows_between(since, until, width)


def draw(
    session: Session,
    checked: Checked,
    source: Description,
    since: datetime,
    until: datetime,
    as_of: datetime,
    progress: Progress = _silent,
    *,
    also: Sequence[str] = (),
) -> Draw:
    """Return everything that a capture of [since, until) derives.

    Parameters
    ----------
    session : has the relation `events`, and `labels` where the protocol has labels
    checked : the protocol, typed against the source
    source : the description of `events`
    since, until : the bounds of whole windows
    as_of : labels known later are not used
    progress : called with the name of a stage and the share of the work that is done, in [0, 1]
    also : ids of events to read again although they may not be sampled

    Raises
    ------
    IntervalError : the interval cuts a window
    ProtocolError : a field cannot be used as what it is for; more than 1,000 strata in a window
    SourceError, StorageError : from the session
    """
    windows = whole_windows(since, until, checked)
    plan = Plan(checked=checked, columns=tuple(source.types), since=since, until=until, as_of=as_of)
    plan, seen = _surveyed_rows(session, plan, progress)
    progress("profile", 0.2)
    plan, profiled = _profiled(session, plan)
    parts, whole, _ = _counted(session, plan, seen, progress)
    drawn = sampling.groups(parts, whole, checked.protocol.sampling)
    selected = sampling.selections(drawn, [one.criterion.name for one in checked.criteria])
    starts = {plan.reach + at: window.start for at, window in enumerate(windows)}
    progress("fetch", 0.75)
    content = _fetched(session, plan, selected, also)
    progress("refused rows", 0.95)
    refusals = _refusals(session, plan, seen)
    populations = {part.window: part for part in whole}
    result = Draw(
        windows=tuple(_run_window(start, populations.get(number)) for number, start in starts.items()),
        groups=_groups(plan, drawn, starts),
        cells=_cells(plan, parts, starts),
        drawings=drawings(content, selected, starts) if content else (),
        refreshed=revisits(content, selected, starts) if content else (),
        profiles=profile.profiles(plan, profiled, starts),
        refusals=refusals,
        files=tuple(sorted(seen.files)),
        rows=seen.rows,
        notes=_notes(session, plan) if whole else (),
    )
    progress("done", 1.0)
    return result


def expect(
    session: Session,
    checked: Checked,
    source: Description,
    since: datetime,
    until: datetime,
    as_of: datetime,
    progress: Progress = _silent,
) -> Expected:
    """Return what `draw` would derive, exactly, without bringing content or profiles (a dry run).

    Cases are sampled events that meet a criterion, those that only `all` happens to keep among them.
    """
    windows = whole_windows(since, until, checked)
    plan = Plan(checked=checked, columns=tuple(source.types), since=since, until=until, as_of=as_of)
    plan, seen = _surveyed_rows(session, plan, progress)
    parts, whole, meeting = _counted(session, plan, seen, progress)
    selected = sampling.selections(
        sampling.groups(parts, whole, checked.protocol.sampling), [one.criterion.name for one in checked.criteria]
    )
    starts = {plan.reach + at: window.start for at, window in enumerate(windows)}
    populations = {part.window: part for part in whole}
    events = dict.fromkeys(starts.values(), 0)
    cases = dict.fromkeys(starts.values(), 0)
    for one in selected:
        events[starts[one.window]] += 1
        cases[starts[one.window]] += one.key in meeting
    progress("done", 1.0)
    return Expected(
        windows=tuple(_run_window(start, populations.get(number)) for number, start in starts.items()),
        events=events,
        cases=cases,
        refused=requirements.in_order(_all_refused(session, plan, seen), checked),
        rows=seen.rows,
    )


def _surveyed_rows(session: Session, plan: Plan, progress: Progress) -> tuple[Plan, _Survey]:
    progress("prepare", 0.0)
    plan = _prepared(session, plan)
    progress("survey", 0.05)
    seen = _surveyed(session, plan)
    plan = replace(plan, reasons=frozenset(seen.reasons))
    _bear_strata(session, plan, seen)
    progress("repeats", 0.1)
    return _without_repeats(session, plan, seen), seen


def _profiled(session: Session, plan: Plan) -> tuple[Plan, list[dict[str, object]]]:
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


def _counted(session: Session, plan: Plan, seen: _Survey, progress: Progress) -> tuple[list[Part], list[Part], frozenset[str]]:
    own = {number: rows for number, rows in seen.events.items() if number >= plan.reach}
    if not own:
        return [], [], frozenset()
    if plan.anomalies:
        progress("references", 0.35)
        _keep_references(session, plan, seen)
    progress("census", 0.4)
    return _census(session, plan, own)


def _prepared(session: Session, plan: Plan) -> Plan:
    checked = plan.checked
    schema = session.run(scan.probe(checked)).schema
    shapes = {one: shape_of(kind) for one, kind in zip(schema.names, schema.types, strict=True)}
    _usable(checked, shapes)
    plan = replace(plan, shapes=shapes)
    labels = checked.protocol.labels
    if labels is None or not late_labels.columns(checked):
        return plan
    shape = shape_of(session.run(late_labels.probe(labels)).schema.types[0])
    _zoned(
        shape,
        labels.address.time_zone or checked.protocol.source.time_zone,
        "labels.time",
        Location(checked.protocol.path, labels.line),
    )
    found = session.run(late_labels.survey(plan, labels, shape)).to_pylist()[0]
    plan = replace(plan, history=LabelHistory.ONE if found["rows"] == found["keys"] else LabelHistory.MANY)
    session.keep(scan.KNOWN, late_labels.known(plan, labels, shape))
    if plan.history is LabelHistory.MANY and session.run(late_labels.disagreements()).to_pylist()[0]["rows"]:
        plan = replace(plan, labels_disagree=True)
    return plan


def _usable(checked: Checked, shapes: Mapping[str, Shape]) -> None:
    """Check that fields are of shapes that their use can bear; the types of expressions were checked before."""
    protocol = checked.protocol

    def refuse(field_name: str, what: str, do: str) -> None:
        raise ProtocolError(f"{field_name} {what}", where=Location(protocol.path, protocol.fields[field_name].line), do=do)

    if shapes["id"] not in (Shape.TEXT, Shape.INTEGER, Shape.WIDE):
        refuse(
            "id", f"is {shapes['id']}", "use a column of text or whole numbers, or CAST it to VARCHAR: ids are compared as text"
        )
    if shapes["time"] not in (Shape.INSTANT, Shape.NAIVE, Shape.DATE, Shape.TEXT):
        refuse("time", f"is {shapes['time']}", "use a time, or make one of it, for example to_timestamp(seconds)")
    _zoned(shapes["time"], protocol.source.time_zone, "time", Location(protocol.path, protocol.fields["time"].line))
    for one in requirements.NUMERIC:
        if shapes.get(f"remiss_raw_{one}") in (Shape.INSTANT, Shape.NAIVE, Shape.DATE, Shape.NESTED, Shape.BOOLEAN):
            refuse(one, f"is {shapes[f'remiss_raw_{one}']}", "use a number")


def _zoned(shape: Shape, time_zone: str | None, what: str, where: Location) -> None:
    if shape in (Shape.NAIVE, Shape.DATE) and not time_zone:
        raise ProtocolError(
            f"{what} has no zone and the source names none",
            where=where,
            do="add time_zone to the source, for example America/New_York",
        )


def _surveyed(session: Session, plan: Plan) -> _Survey:
    seen = _Survey(events={}, refused={}, files=set(), rows=0, strata={}, reasons=set())
    for row in session.run(scan.survey(plan)).to_pylist():
        number, reason, rows = row["number"], row["reason"], row["rows"]
        if reason is None:
            seen.events[number] = seen.events.get(number, 0) + rows
        else:
            seen.reasons.add(reason)
        if number is not None and number < plan.reach:
            continue
        seen.files.add(row["file"])
        seen.rows += rows
        if reason is None:
            seen.strata[number] = max(seen.strata.get(number, 0), row["strata"])
        else:
            seen.refused[reason] = seen.refused.get(reason, 0) + rows
    return seen


def _bear_strata(session: Session, plan: Plan, seen: _Survey) -> None:
    suspects = [number for number, guess in seen.strata.items() if guess > MOST_STRATA * GUESS]
    if not suspects:
        return
    for row in session.run(scan.strata(plan, suspects)).to_pylist():
        if row["strata"] > MOST_STRATA:
            protocol = plan.checked.protocol
            raise ProtocolError(
                f"one window has {row['strata']:,} strata; at most {MOST_STRATA:,} are sampled",
                where=Location(protocol.path, protocol.lines.get("sampling")),
                do=f"stratify by fewer or coarser fields than {', '.join(protocol.sampling.strata)}",
            )


def _without_repeats(session: Session, plan: Plan, seen: _Survey) -> Plan:
    events = sum(seen.events.values())
    if not events or session.run(scan.distinct_ids(plan)).to_pylist()[0]["ids"] == events:
        return plan
    session.keep(scan.REPEATS, scan.repeats(plan))
    plan = replace(plan, repeated=True)
    for row in session.run(scan.contradictions(plan)).to_pylist():
        number = row["number"]
        seen.events[number] -= row["refused"] + row["copies"]
        if not seen.events[number]:
            del seen.events[number]
        if number >= plan.reach and row["refused"]:
            seen.refused[requirements.DUPLICATE_ID] = seen.refused.get(requirements.DUPLICATE_ID, 0) + row["refused"]
    return plan


def _keep_references(session: Session, plan: Plan, seen: _Survey) -> None:
    tables: list[str] = []
    for first, last in _chunks(seen.events, REFERENCE_ROWS):
        tables.append(f"{scan.REFERENCE}_{len(tables)}")
        session.keep(tables[-1], scan.reference(plan, first, last))
    session.keep(scan.REFERENCE, scan.references(plan, tables, sorted(number for number in seen.events if number >= plan.reach)))


def _chunks(events: Mapping[int, int], most: int) -> list[tuple[int, int]]:
    """Return runs of windows, first and last, of at most so many events each unless one window alone has more.

    >>> _chunks({0: 5, 1: 5, 2: 7, 4: 1}, 10)
    [(0, 1), (2, 4)]
    """
    found: list[tuple[int, int]] = []
    held = 0
    for number in sorted(events):
        if found and held + events[number] <= most:
            found[-1] = (found[-1][0], number)
            held += events[number]
        else:
            found.append((number, number))
            held = events[number]
    return found


def _census(session: Session, plan: Plan, rows: Mapping[int, int]) -> tuple[list[Part], list[Part], frozenset[str]]:
    """Return the census, whole windows, and the keys of events that meet a criterion, among those that it brought.

    Each window's bound on the keys of `all` is almost surely high enough. Where one was not, the census is taken again.
    """
    keep = plan.checked.protocol.sampling.population
    bounds = {number: scan.bound(count, keep) for number, count in rows.items()}
    while True:
        session.keep(scan.BOUNDS, scan.bounds(bounds))
        parts, whole, meeting = _counts(session, plan)
        short = [one.window for one in whole if len(one.least) < min(one.population, keep + 1)]
        if not short:
            return parts, whole, meeting
        bounds |= dict.fromkeys(short, scan.NO_BOUND)


def _counts(session: Session, plan: Plan) -> tuple[list[Part], list[Part], frozenset[str]]:
    names = [one.criterion.name for one in plan.checked.criteria]
    strata = plan.checked.protocol.sampling.strata
    parts: list[Part] = []
    uniform: dict[int, list[str]] = {}
    meeting: set[str] = set()
    for row in session.run(scan.census(plan)).to_pylist():
        met, undecided = _pattern(row, names)
        part = Part(
            window=row["remiss_window"],
            stratum=tuple(value_of(row[f"stratum_{at}"], plan.shapes[one]) for at, one in enumerate(strata)),
            met=met,
            undecided=undecided,
            population=row["population"],
            labelled=row["labelled"],
            least=_keys(row["least"]),
        )
        parts.append(part)
        offered = _keys(row["uniform"])
        uniform.setdefault(part.window, []).extend(offered)
        if met:
            meeting.update(part.least, offered)
    keep = plan.checked.protocol.sampling.population
    whole = [_whole(number, own, uniform[number], keep) for number, own in sorted(_by_window(parts).items())]
    return parts, whole, frozenset(meeting)


def _keys(found: Sequence[str] | None) -> tuple[str, ...]:
    """Return keys as `sampling.key` writes them; the engine leaves out the colon."""
    return tuple(f"{one[: sampling.DIGITS]}:{one[sampling.DIGITS :]}" for one in found or ())


def _pattern(row: Mapping[str, int], names: Sequence[str]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    digits = [
        row[f"pattern_{at // scan.CRITERIA_A_PATTERN}"] >> (2 * (at % scan.CRITERIA_A_PATTERN)) & 3 for at in range(len(names))
    ]
    met = tuple(name for name, digit in zip(names, digits, strict=True) if digit == scan.MET)
    undecided = tuple(name for name, digit in zip(names, digits, strict=True) if digit == scan.UNDECIDED)
    return met, undecided


def _by_window(parts: Sequence[Part]) -> dict[int, list[Part]]:
    found: dict[int, list[Part]] = {}
    for part in parts:
        found.setdefault(part.window, []).append(part)
    return found


def _whole(number: int, parts: Sequence[Part], keys: Sequence[str], keep: int) -> Part:
    return Part(
        window=number,
        stratum=(),
        met=(),
        undecided=(),
        population=sum(part.population for part in parts),
        labelled=sum(part.labelled for part in parts),
        least=tuple(sorted(keys)[: keep + 1]),
    )


def _fetched(session: Session, plan: Plan, selected: Sequence[Selection], also: Sequence[str]) -> Content | None:
    sampled = {sampling.event_of(one.key) for one in selected}
    ids = sorted(sampled.union(also))
    if not ids:
        return None
    # Texts of millions of ids would make one statement that no parser likes.
    tables: list[str] = []
    for at in range(0, len(ids), SAMPLE_ROWS):
        tables.append(f"{scan.SAMPLE}_{len(tables)}")
        session.keep(tables[-1], scan.sample(ids[at : at + SAMPLE_ROWS]))
    session.keep(scan.SAMPLE, " UNION ALL ".join(f"SELECT id FROM {table}" for table in tables))
    content = Content(plan, session.run(scan.fetch(plan)))
    missing = sampled.difference(content.ids)
    if missing:
        raise SourceError(
            f"{len(missing):,} sampled events did not come back: the log changed while it was read",
            do="nothing was filed; capture again when the writer is done with it",
        )
    return content


def _all_refused(session: Session, plan: Plan, seen: _Survey) -> dict[str, int]:
    counts = dict(seen.refused)
    counts[requirements.UNREADABLE] = session.unreadable(scan.EVENTS)[0]
    if plan.checked.protocol.labels is not None:
        counts[requirements.UNREADABLE_LABEL] = session.unreadable(scan.LABELS)[0]
    return counts


def _refusals(session: Session, plan: Plan, seen: _Survey) -> Refusals:
    rows: list[RefusedRow] = []
    relations = {requirements.UNREADABLE: scan.EVENTS}
    if plan.checked.protocol.labels is not None:
        relations[requirements.UNREADABLE_LABEL] = scan.LABELS
    for reason, relation in relations.items():
        rows += [
            RefusedRow(reason=reason, file=one.file, row=one.row, detail=one.detail) for one in session.unreadable(relation)[1]
        ]
    counts = requirements.in_order(_all_refused(session, plan, seen), plan.checked)
    reasons = [reason for reason in counts if reason not in relations]
    if reasons:
        for row in session.run(scan.refused(plan, reasons)).to_pylist():
            detail = requirements.explain(row["reason"]) + (f" (id {value_of(row['id'], Shape.TEXT)})" if row["id"] else "")
            rows.append(RefusedRow(reason=row["reason"], file=row["file"], row=row["line"], detail=detail))
    order = {reason: at for at, reason in enumerate(counts)}
    # The sort is stable: within a reason rows stay in the order of files and rows.
    return Refusals(counts=counts, rows=tuple(sorted(rows, key=lambda one: order[one.reason])))


def _run_window(start: datetime, whole: Part | None) -> RunWindow:
    population, labelled = (whole.population, whole.labelled) if whole else (0, 0)
    return RunWindow(window=start, population=population, labelled=labelled, provisional=False)


def _stratum(plan: Plan, values: tuple[Scalar, ...]) -> dict[str, Scalar]:
    return dict(zip(plan.checked.protocol.sampling.strata, values, strict=True))


def _order(values: tuple[Scalar, ...]) -> tuple[tuple[bool, str], ...]:
    """Return what strata are sorted by: null last, others as text, so that unlike types compare."""
    return tuple((value is None, str(value)) for value in values)


def _groups(plan: Plan, drawn: Mapping[GroupName, Sample], starts: Mapping[int, datetime]) -> tuple[Group, ...]:
    found = sorted(drawn.items(), key=lambda one: (one[0].window, _order(one[0].stratum or ()), one[0].criterion))
    return tuple(
        Group(
            criterion=name.criterion,
            window=starts[name.window],
            stratum={} if name.stratum is None else _stratum(plan, name.stratum),
            population=group.population,
            labelled=group.labelled,
            kept=len(group.kept),
            threshold=group.threshold,
        )
        for name, group in found
    )


def _cells(plan: Plan, parts: Sequence[Part], starts: Mapping[int, datetime]) -> tuple[Cell, ...]:
    # Values that the engine tells apart may be one here (texts with a zero byte): cells stay disjoint.
    counts: dict[tuple[int, tuple[Scalar, ...], tuple[str, ...], tuple[str, ...]], list[int]] = {}
    for part in parts:
        count = counts.setdefault((part.window, part.stratum, part.met, part.undecided), [0, 0])
        count[0] += part.population
        count[1] += part.labelled
    found = sorted(counts.items(), key=lambda one: (one[0][0], _order(one[0][1]), one[0][2:]))
    return tuple(
        Cell(
            window=starts[number],
            stratum=_stratum(plan, stratum),
            met=met,
            undecided=undecided,
            population=population,
            labelled=labelled,
        )
        for (number, stratum, met, undecided), (population, labelled) in found
    )


def _notes(session: Session, plan: Plan) -> tuple[str, ...]:
    """Say in how many windows an anomaly could not be judged: too few values, or too alike, to tell what is odd."""
    if not plan.anomalies:
        return ()
    rows = session.run(f"SELECT * FROM {scan.REFERENCE} ORDER BY number").to_pylist()
    found = []
    for at, one in enumerate(plan.checked.criteria):
        blind = [row for row in rows if one.criterion.of is not None and row[f"mad_{at}"] is None]
        if blind:
            few = sum(row[f"count_{at}"] < scan.LEAST_VALUES for row in blind)
            found.append(
                f"{one.criterion.name} is undecided in {len(blind)} of {len(rows)} windows: {few} have under {scan.LEAST_VALUES} "
                f"values of {one.criterion.of} to compare with, in {len(blind) - few} at least half are the same"
            )
    return tuple(found)
