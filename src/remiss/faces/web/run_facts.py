"""What a run's page says of it, in words and in tables that stay readable: long ones are cut, and the twin has them whole."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from remiss.capture.requirements import explain
from remiss.catalog.query.expression import both
from remiss.catalog.query.fields import having, within
from remiss.catalog.query.printing import unparse
from remiss.faces.web.rendering import address
from remiss.present.facts import stratum
from remiss.present.legible import share
from remiss.records.event import Scalar, Values
from remiss.records.rows import Rows
from remiss.records.run import ALL, CONTROL, UNDECIDED, Group, Run

if TYPE_CHECKING:
    from remiss.protocol.terms import Protocol

# At most so many rows of a run are on one page, which is then under 60 KB.
MOST = 110
# More columns are no table that one reads.
MOST_VERSIONS = 5
NO_VERSION = "no version"
RESERVED = {
    CONTROL: "met no criterion, and could be judged on all",
    UNDECIDED: "met no criterion, and could not be judged on some",
    ALL: "every event, whatever it met: the base of shares and profiles",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Table:
    """Some lines of a list; `total` counts all, and `further` the columns that there is no room for."""

    columns: tuple[str, ...]
    lines: tuple[tuple[Scalar, ...], ...]
    total: int
    further: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Windows:
    """The windows of a run; `meaning` says what a provisional one is."""

    lines: tuple[dict[str, Any], ...]
    total: int
    provisional: tuple[dict[str, Any], ...]
    in_force: int
    meaning: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupLine:
    """One group of a window and stratum, with its threshold in words."""

    window: datetime
    stratum: str
    population: int
    labelled: int
    kept: int
    says: str
    provisional: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class SampledGroups:
    """What was drawn of one criterion or reserved group: in all, and by window and stratum."""

    name: str
    means: str
    severity: int | None
    cases: str | None
    population: int
    labelled: int
    kept: int
    says: str
    groups: tuple[GroupLine, ...]
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why rows were refused, how many, and the first of them."""

    name: str
    means: str
    count: int
    rows: tuple[dict[str, Any], ...]


def field_counts_of(found: Rows) -> Table:
    """Return how many events had which values of a field, in all windows of a run: in all, and of each of the commonest versions.

    The total is the events; columns are the versions, where there are several.
    """
    versions: Counter[str] = Counter()
    bins: dict[tuple[int, str], Counter[str]] = defaultdict(Counter)
    for line in found:
        version, at, events = str(line["model_version"] or NO_VERSION), int(str(line["bin"])), int(str(line["events"]))
        versions[version] += events
        bins[at, str(line["values"])][version] += events
    columns = sorted(sorted(versions, key=lambda name: (-versions[name], name))[:MOST_VERSIONS]) if len(versions) > 1 else ()
    lines: tuple[tuple[Scalar, ...], ...] = tuple(
        (values, own.total(), own.total() / versions.total(), *(own[version] for version in columns))
        for (_, values), own in sorted(bins.items())
    )
    further = len(versions) - len(columns) if columns else 0
    return Table(columns=tuple(columns), lines=lines, total=versions.total(), further=further)


def windows_of(found: Rows, document: Protocol | None) -> Windows:
    """Return the windows of a run as its page shows them."""
    lines = tuple(found)
    lag = "" if document is None or document.labels is None else f" and the lag of {in_words(document.labels.lag)}"
    meaning = (
        f"A window is provisional while its labels may still change: they were read before its end{lag} had passed, or fewer of "
        "its events have a label than is usual in the windows before. Capturing it again later settles it."
    )
    return Windows(
        lines=lines[:MOST],
        total=len(lines),
        provisional=tuple(line for line in lines if line["provisional"])[:MOST],
        in_force=sum(bool(line["in_force"]) for line in lines),
        meaning=meaning,
    )


def in_words(span: Any) -> str:
    """Return a length of time in its greatest whole unit."""
    seconds = int(span.total_seconds())
    for unit, size in (("week", 604_800), ("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1)):
        count, rest = divmod(seconds, size)
        if count and not rest:
            return f"1 {unit}" if count == 1 else f"{count:,} {unit}s"
    return "nothing"


def sampled_groups_of(run: Run, document: Protocol | None) -> tuple[SampledGroups, ...]:
    """Return what was drawn of each criterion, in the order of the protocol, then of the reserved groups."""
    known = {} if document is None else {each.name: each for each in document.criteria}
    groups: dict[str, list[Group]] = defaultdict(list)
    for group in run.groups:
        groups[group.criterion].append(group)
    names = [*known, *(name for name in groups if name not in known and name not in RESERVED), *RESERVED]
    manifest, found = run.manifest, []
    own_protocol = having("protocol", f"{manifest.protocol}@{manifest.protocol_version}")
    for name in names:
        own, criterion = groups.get(name, []), known.get(name)
        reserved = name in RESERVED
        query = unparse(both(having("criterion", name), own_protocol, within(manifest.since, manifest.until)))
        found.append(
            SampledGroups(
                name=name,
                means=RESERVED.get(name, "" if criterion is None else criterion.why),
                severity=None if criterion is None else criterion.severity,
                cases=None if reserved or not own else address("/cases", query=query),
                population=sum(group.population for group in own),
                labelled=sum(group.labelled for group in own),
                kept=sum(group.kept for group in own),
                says=chances(own),
                groups=tuple(_line(group) for group in own[:MOST]),
                total=len(own),
            )
        )
    return tuple(found)


def chances(groups: Sequence[Group]) -> str:
    """Return the thresholds of some groups in words: with which chance their events were kept."""
    if not groups:
        return "there were none"
    least, most = min(group.threshold for group in groups), max(group.threshold for group in groups)
    if least == 1:
        return "all kept"
    return f"each had a chance of {share(least)}" if least == most else f"each had a chance of {share(least)} to {share(most)}"


def threshold_in_words(group: Group) -> str:
    """Return the threshold of one group in words.

    >>> from datetime import UTC
    >>> group = Group(criterion="slow", window=datetime(2013, 6, 3, tzinfo=UTC), stratum={}, population=800, labelled=0, kept=10,
    ...     threshold=0.0125)
    >>> threshold_in_words(group).replace("\u202f", " ")
    'each with a chance of 1.2 %, so one stands for 80'
    """
    if group.threshold == 1:
        return "all kept, each stands for itself"
    return f"each with a chance of {share(group.threshold)}, so one stands for {1 / group.threshold:,.0f}"


def _line(group: Group) -> GroupLine:
    return GroupLine(
        window=group.window,
        stratum=_stratum(group.stratum),
        population=group.population,
        labelled=group.labelled,
        kept=group.kept,
        says=threshold_in_words(group),
        provisional=group.provisional,
    )


def _stratum(values: Values) -> str:
    return stratum(values) or "all"


def cells_of(found: Rows) -> Table:
    """Return the cells of a run as far as its page shows them."""
    return Table(columns=found.columns, lines=found.rows[:MOST], total=len(found))


def refused_of(run: Run, found: Rows) -> tuple[Reason, ...]:
    """Return the refused rows of a run by reason, the most frequent first."""
    rows: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for line in found:
        rows[str(line["reason"])].append(line)
    frequent = sorted(run.refused.items(), key=lambda each: (-each[1], each[0]))
    return tuple(Reason(name=name, means=explain(name), count=count, rows=tuple(rows[name])) for name, count in frequent)
