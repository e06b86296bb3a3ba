"""What a person wants to know of a record, as names and values: the terminal, notebooks and pages tell the same.

Values stay values (times, numbers, None); how they are spelled is up to who shows them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping

from remiss.present.columns import severity
from remiss.present.legible import NARROW_SPACE, between, counted, number, share
from remiss.records.case import Case
from remiss.records.event import NONE_OF, Event, FieldLabel, Values
from remiss.records.identity import format_time
from remiss.records.job import Job
from remiss.records.labelling import Impact, Labelled, Link, Relation, Reproduced
from remiss.records.pattern import PatternAct, PatternChange, PatternLink
from remiss.records.run import ALL, CONTROL, RESERVED, UNDECIDED, Run
from remiss.records.slice import SliceAttempt
from remiss.records.states import Status

# The titles of tables, with the priority of each column (see columns.py).
CAPTURES = {"run": 1, "protocol": 3, "window": 1, "stratum": 2, "probability": 1, "in force": 2}
SUMMARY = {"criterion": 1, "population": 1, "labelled": 3, "kept": 1, "kept share": 2}
# Labelled and not decided: what the labellings say is not yet what the case has.
UNDER_WAY = (Status.ANNOTATED, Status.DISPUTED)
CONTROLS = "a control is a case only once somebody has labelled it; for all that were sampled: remiss sample list 'group:control'"
WAITING = "waiting: events are gone from the source; look at `remiss run diff`, then `remiss run accept`"
Pair = tuple[str, object]
Show = Mapping[str, FieldLabel]
UNLABELLED = FieldLabel()


def of_case(case: Case) -> Iterator[Pair]:
    """What happened, what caught it, and what people said of it."""
    event = case.event
    yield "case", case.id
    yield "status", f"{case.status.value} (revision {case.revision})"
    yield from _given(("title", case.title))
    yield from event_facts(event, case.source, case.show)
    yield "caught by", case.hidden or ", ".join(case.criteria) or _uncaught(case)
    if case.stale:
        yield "stale", "its event has changed since it was labelled"
    yield from labelled(case.labelling)
    yield from (linked(each) for each in case.links)
    if case.hidden is None:
        yield "mode", case.mode or (f"{case.suggested_mode} (suggested)" if case.suggested_mode else "")
        open_still = case.severity is not None and case.status in UNDER_WAY
        grade = severity(case.severity)
        yield "severity", f"{grade} (until it is decided)" if open_still else grade
    yield from asked_again(case)
    yield "team", case.team
    yield "sensitivity", case.sensitivity.name.lower()
    yield from went_in(event, case.show)
    yield from _given(("note", case.note))


def asked_again(case: Case) -> Iterator[Pair]:
    """What is expected of a case, by which version it is resolved, how much stands behind that, and what broke it again."""
    yield from (("expected", str(each)) for each in case.expectations)
    found = case.resolution
    if found is None:
        return
    could = share(found.could_still_fail)
    stands = f"{found.failed:,} of {found.asked:,} answers failed: up to {could} could still fail"
    if found.regressed is None:
        yield "resolved by", f"{found.model}@{found.version}; {stands}"
        return
    broke = found.regressed
    answers = f"{broke.failed:,} of {broke.asked:,} answers failed"
    yield "regressed by", f"{broke.model}@{broke.version}, {broke.found_by}; {answers}"
    yield "was resolved by", f"{found.model}@{found.version}"


def _uncaught(case: Case) -> str:
    return "a person" if case.origin == "filed" else "no criterion in force"


def called(show: Show, field: str, otherwise: str = "") -> str:
    """Return what people call a field of an event; without a label its name, or what else it is called."""
    of = show.get(field, UNLABELLED)
    return of.label or (f"Probability of {of.of}" if of.of else otherwise or field)


def headed(show: Show, field: str, otherwise: str = "") -> str:
    """Return what people call a field, with its unit: for the head of values that stand without it."""
    unit = show.get(field, UNLABELLED).unit
    return called(show, field, otherwise) + (f", {unit}" if unit else "")


def in_unit(show: Show, field: str, text: str | None) -> str | None:
    """Return the text of a value with the unit of its field."""
    unit = show.get(field, UNLABELLED).unit
    return text if text is None or unit is None else f"{text} {unit}"


def confidence(show: Show, value: float | None) -> str | None:
    """Return how sure a model was, and from where on it gives that answer; without words of a protocol as it was logged.

    >>> confidence({"confidence": FieldLabel(of="late", threshold=0.3)}, 0.2712).replace(NARROW_SPACE, " ")
    '27 % (late is announced from 30 %)'
    """
    of = show.get("confidence", UNLABELLED)
    if value is None:
        return None
    if of.of is None or not 0 <= value <= 1:
        return in_unit(show, "confidence", f"{value:.6g}")
    if of.threshold is None:
        return f"{100 * value:.0f}{NARROW_SPACE}%"
    # As many digits as tell on which side of the threshold it is.
    said = (f"{100 * value:.{digits}f}" for digits in range(6))
    text = next((each for each in said if (float(each) >= 100 * of.threshold) == (value >= of.threshold)), f"{100 * value:.6g}")
    return f"{text}{NARROW_SPACE}% ({of.of} is announced from {100 * of.threshold:.6g}{NARROW_SPACE}%)"


def event_facts(event: Event, source: str | None, show: Show) -> Iterator[Pair]:
    """What is known of an event beside what went into it."""
    latency = None if event.latency_ms is None else f"{event.latency_ms:.6g}"
    version = f"@{event.model_version}" if event.model_version else ""
    yield "event", event.id
    yield from _given(("source", source))
    yield "happened", event.at
    yield "model", f"{event.model}{version}"
    yield called(show, "output"), NONE_OF["output"] if event.output is None else event.output
    yield called(show, "label"), NONE_OF["label"] if event.label is None else event.label
    yield from _given((called(show, "confidence"), confidence(show, event.confidence)))
    yield from _given(
        (called(show, "latency_ms", "latency, ms"), in_unit(show, "latency_ms", latency)), ("call status", event.status)
    )
    yield from _given(("trace", event.trace_id))


def went_in(event: Event, show: Show) -> Iterator[Pair]:
    """What went into a prediction: inputs, context and text."""
    # As text: a number that is a name (flight 1371) must not be grouped into thousands.
    for family, values in (("inputs", event.inputs), ("context", event.context)):
        named = ((f"{family}.{name}", None if value is None else str(value)) for name, value in values.items())
        yield from ((called(show, name), in_unit(show, name, text)) for name, text in named)
    yield from _given(("text", event.text))


def labelled(found: Labelled | None) -> Iterator[Pair]:
    """What one may see of what people said of a case, and why the rest is hidden."""
    if found is None:
        return
    for each in found.labellings:
        what = each.verdict.value if each.mode is None else f"{each.verdict.value}, {', '.join((each.mode, *each.modes))}"
        yield each.kind.value, f"{each.person}: {what}" + (f" {each.target}" if each.target else "")
        yield from _given(("graded", each.severity_reason or None), ("impact", each.impact and impact(each.impact)))
        yield from _given(("reproduced", None if each.reproduced is Reproduced.NOT_TRIED else each.reproduced.value))
        yield from _given(("rationale", each.rationale or None))
        yield from ((f"quotes {quote.field}", quote.text) for quote in each.quotes)
    if found.hidden is not None:
        yield "labelling", found.hidden


def linked(link: Link) -> Pair:
    """How a case hangs on another."""
    if link.relation is Relation.SAME_EVENT:
        return "the same event as", link.case
    return ("takes the verdict of" if link.outgoing else "gives its verdict to"), link.case


def impact(of: Impact) -> str:
    """Return what one occurrence costs, in one line."""
    return f"{of.low:g} to {of.high:g} {of.unit}"


def captures(case: Case) -> list[tuple[object, ...]]:
    """One line for each run that met the event, in the order of CAPTURES."""
    return [
        (each.run, each.protocol, each.window, stratum(each.stratum), share(each.probability), each.in_force)
        for each in case.captures
    ]


def stratum(values: Values) -> str:
    """Return a stratum in one line."""
    return ", ".join(f"{name}={value}" for name, value in values.items())


def of_run(run: Run) -> Iterator[Pair]:
    """What a run read, and what came of it."""
    manifest = run.manifest
    yield "run", run.id
    yield "status", WAITING if run.status == "waiting" else run.status
    yield "protocol", f"{manifest.protocol} version {manifest.protocol_version}"
    yield "source", f"{manifest.source}, {counted(manifest.rows, 'row')} in {counted(len(manifest.files), 'file')}"
    yield "interval", between(manifest.since, manifest.until)
    yield "as of", manifest.as_of
    yield "digest", run.digest
    yield "events", f"{run.events_new:,} new, {run.events_known:,} known"
    yield "cases", f"{run.cases_new:,} new, {run.cases_known:,} known"
    yield "refused", ", ".join(f"{count:,} {reason}" for reason, count in sorted(run.refused.items())) or "none"
    if manifest.merged or manifest.resolved:
        yield "duplicates", f"{counted(manifest.merged, 'row')} merged, {manifest.resolved:,} outranked by another of their id"
    if manifest.left_out:
        yield "left out", f"{counted(manifest.left_out, 'row')} that the protocol does not admit"
    if run.nulls:
        yield "nulls read", ", ".join(f"{count:,} {criterion}" for criterion, count in run.nulls.items())
    if run.counted:
        yield "counted", f"every event by each of {counted(len(run.counted), 'field')}: see `remiss run histograms {run.id}`"
    if run.changes:
        yield "changes", ", ".join(f"{count:,} {kind}" for kind, count in sorted(run.changes.items()))
    yield "position", run.position
    yield from (("note", note) for note in manifest.notes)


def summary(run: Run) -> list[tuple[str, int, int, int, str]]:
    """One line a criterion, in the order of SUMMARY: its groups added up over windows and strata.

    Criteria come in the order of the protocol, and those that it lacks before the reserved groups.
    """
    totals: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0])
    for group in run.groups:
        for at, count in enumerate((group.population, group.labelled, group.kept)):
            totals[group.criterion][at] += count
    names = [*run.criteria, *sorted(totals.keys() - {*run.criteria, *RESERVED}), CONTROL, UNDECIDED, ALL]
    found = [(name, totals[name]) for name in names if name in totals]
    return [(name, n, labelled, kept, share(kept / n if n else 0.0)) for name, (n, labelled, kept) in found]


def _given(*pairs: Pair) -> Iterator[Pair]:
    return (pair for pair in pairs if pair[1] is not None)


def job_in_words(job: Job) -> str:
    """Return how a job stands, for a line."""
    progress = "" if job.steps is None else f", {job.done:,} of {counted(len(job.steps), 'step')} committed"
    later = "" if job.retry_at is None else f"; not before {format_time(job.retry_at.replace(microsecond=0))}"
    return f"{job.state.value}{progress}" + (f": {job.reason}" if job.reason else "") + later


def points(difference: float) -> str:
    """Return a difference of shares in percentage points, with its sign.

    >>> points(0.0731), points(-0.2), points(0.0)
    ('+7.3 points', '-20 points', '0 points')
    """
    return f"{signed(difference)} points"


def signed(difference: float) -> str:
    """Return the same without its unit, where a head says it.

    >>> signed(0.0731)
    '+7.3'
    """
    return f"{100 * difference:+.2g}" if difference else "0"


def attempt_words(one: SliceAttempt) -> str:
    """Say in a sentence what later windows said of a slice, and among how many attempts."""
    beside = (
        f"of {counted(one.beside, 'attempt')} on any of the same windows"
        if one.beside > 1
        else "no other attempt used these windows"
    )
    if not one.confirmed:
        return f"not confirmed: chance alone may have made the difference (adjusted p {number(one.adjusted)}; {beside})"
    return (
        f"confirmed ({beside}): the slice fails more often than the rest by {points(one.told)} by the best guess; the interval "
        "allows for its having been chosen"
    )


def change_words(one: PatternChange) -> str:
    """Say what somebody did to a pattern, after their name."""
    match one.act:
        case PatternAct.NAMED:
            said = f"named it {one.name}" if one.other is None else f"split it off from {one.other} as {one.name}"
        case PatternAct.DESCRIBED:
            said = "described it" if one.name is None else f"called it {one.name}"
        case PatternAct.OWNED:
            said = f"gave it to {one.owner}"
        case PatternAct.MARKED:
            said = f"marked it as {one.state}"
        case PatternAct.MERGED:
            said = f"merged {one.other} into it"
        case PatternAct.JOINED:
            said = f"merged {one.pattern} into {one.other}"
        case PatternAct.SPLIT:
            said = f"split {one.other} off"
    return f"{said}: {one.note}" if one.note else said


def link_words(one: PatternLink) -> str:
    """Say what a pattern is linked to."""
    return one.address if one.number is None else f"{one.kind} {one.number} of {one.address}"
