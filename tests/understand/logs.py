"""A small log, sampled by the true sampler, as estimates see it through the catalog."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from remiss.capture.sampling import PopulationPart, groups, key, selections
from remiss.catalog.query.expression import EVERYTHING, Query
from remiss.catalog.query.parsing import parse
from remiss.protocol.terms import Sampling
from remiss.records.estimate import EstimateRow
from remiss.records.event import Scalar
from remiss.records.run import ALL, CONTROL, UNDECIDED, Cell, Group, RunWindow
from remiss.records.window import Window, window_at, window_index
from remiss.understand.domain import Census, build_domain
from remiss.understand.flagged import estimate_rows
from remiss.understand.periods import PERIODS, period_of
from remiss.understand.question import Question, QuestionPlan, Rules, settle
from remiss.understand.sampling_facts import Frame, Sampled, pattern_of
from remiss.understand.scope import Facts, holds, without_time

WEEK = timedelta(weeks=1)
START = datetime(2013, 6, 3, tzinfo=UTC)
RULES = Rules(
    model="arrival-delay",
    width=WEEK,
    criteria=("missed", "slow", "local"),
    fields=frozenset({"id", "time", "output", "label", "inputs.carrier", "context.airport", "confidence"}),
    withheld=frozenset({"inputs.passenger"}),
)
# Of runs by the first rules, whose cells do not say who is outside.
FIRST_RULES = replace(RULES, bounded=frozenset({"local"}))
SAMPLING = Sampling(window=WEEK, strata=("context.airport",), keep=4, control=5, undecided=3, population=12, seed="2026")


@dataclass(frozen=True, slots=True, kw_only=True)
class Logged:
    """One event of the log: when, where, by whom, and what the criteria say of it."""

    id: str
    at: datetime
    airport: str | None = "EWR"
    carrier: str | None = "UA"
    met: tuple[str, ...] = ()
    undecided: tuple[str, ...] = ()
    outside: tuple[str, ...] = ()
    ruled_out: tuple[str, ...] = ()

    @property
    def label(self) -> str | None:
        """A flight of which `missed` could not be judged has no label."""
        return None if self.undecided else "late" if "missed" in self.met else "on-time"

    @property
    def values(self) -> dict[str, Scalar]:
        return {"context.airport": self.airport, "inputs.carrier": self.carrier, "label": self.label}


def flights(
    count: int,
    *,
    weeks: int = 4,
    airports: Sequence[str | None] = ("EWR", "JFK"),
    carriers: Sequence[str | None] = ("UA", "AA", "DL"),
    missed: int = 5,
    slow: int = 7,
    unlabelled: int = 0,
    elsewhere: int = 0,
) -> list[Logged]:
    """Return that many flights, spread evenly; every so many of them met a criterion, had no label, or is elsewhere."""
    found = []
    for at in range(count):
        doubt = ("missed",) if unlabelled and at % unlabelled == 1 else ()
        away = ("local",) if elsewhere and at % elsewhere == 2 else ()
        hits = [name for name, every in (("missed", missed), ("slow", slow)) if at % every == 0 and name not in doubt]
        if at % 11 == 3 and not away:
            hits.append("local")
        found.append(
            Logged(
                id=f"flight-{at}",
                at=START + timedelta(hours=weeks * 168 * at / count),
                airport=airports[at % len(airports)],
                carrier=carriers[at // 2 % len(carriers)],
                met=tuple(hits),
                undecided=doubt,
                outside=away,
            )
        )
    return found


def census_of(
    events: Sequence[Logged], sampling: Sampling = SAMPLING, rules: Rules = RULES, provisional: Sequence[datetime] = ()
) -> tuple[Census, dict[str, tuple[float, tuple[str, ...]]]]:
    """Return what a capture of these events knows exactly, and the probability and groups of each sampled id."""
    cells: dict[tuple[int, str | None, tuple[str, ...], tuple[str, ...], tuple[str, ...]], list[Logged]] = defaultdict(list)
    windows: dict[int, list[str]] = defaultdict(list)
    for event in events:
        at = window_index(event.at, WEEK)
        cells[at, event.airport, event.met, event.undecided, () if rules.bounded else event.outside].append(event)
        windows[at].append(event.id)
    parts = [
        part(at, (airport,), met, undecided, [one.id for one in own], sampling)
        for (at, airport, met, undecided, _), own in cells.items()
    ]
    sizes = {CONTROL: sampling.control, UNDECIDED: sampling.undecided, ALL: sampling.population}
    sizes |= dict.fromkeys(rules.criteria, sampling.keep)
    as_weighted = groups(parts, [part(at, (), (), (), ids, sampling) for at, ids in windows.items()], sizes)
    chosen = selections(as_weighted, rules.criteria)
    start = {at: window_at(at, WEEK).start for at in windows}
    frame = Frame(
        source="arrival-predictions",
        protocol="arrival-delay",
        version=1,
        digest="d1",
        windows=tuple(
            RunWindow(window=start[at], population=len(ids), labelled=len(ids), provisional=start[at] in provisional)
            for at, ids in sorted(windows.items())
        ),
        admitted=len(events),
    )
    census = Census(
        frame=frame,
        rules=rules,
        groups=[
            Group(
                criterion=name.criterion,
                window=start[name.window],
                stratum={} if name.criterion == ALL else {"context.airport": (name.stratum or ("",))[0]},
                population=found.population,
                labelled=found.labelled,
                kept=len(found.kept),
                threshold=found.threshold,
            )
            for name, found in as_weighted.items()
        ],
        cells=[
            Cell(
                window=start[at],
                stratum={"context.airport": airport},
                met=met,
                undecided=undecided,
                outside=outside,
                population=len(own),
                labelled=0 if undecided else len(own),
                ruled_out=Counter(name for one in own for name in one.ruled_out),
            )
            for (at, airport, met, undecided, outside), own in cells.items()
        ],
    )
    return census, {one.key[14:]: (one.probability, one.groups) for one in chosen}


def part(
    at: int, stratum: tuple[object, ...], met: tuple[str, ...], undecided: tuple[str, ...], ids: list[str], sampling: Sampling
) -> PopulationPart:
    keys = tuple(sorted(key(sampling.seed, one) for one in ids))
    return PopulationPart(
        window=at, stratum=stratum, met=met, undecided=undecided, population=len(ids), labelled=len(ids), least=keys
    )


def matches(query: Query, event: Logged) -> bool:
    """Return whether one event matches: everything is known of it, so the query is true or false."""
    found = holds(
        query,
        Facts(
            window=Window(event.at, timedelta(microseconds=1)),
            shared=event.values,
            met=frozenset(event.met),
            constants={"source": ("arrival-predictions",), "protocol": ("arrival-delay",), "model": ("arrival-delay",)},
        ),
    )
    assert found is not None
    return found


def seen(
    events: Sequence[Logged], kept: dict[str, tuple[float, tuple[str, ...]]], query: Query, of: Query | None, by: str | None
) -> list[Sampled]:
    """Return the sampled events as the catalog marks them."""
    return [
        Sampled(
            window=window_at(window_index(event.at, WEEK), WEEK).start,
            stratum={"context.airport": event.airport},
            probability=kept[event.id][0],
            met=event.met,
            undecided=event.undecided,
            outside=event.outside,
            ruled_out=event.ruled_out,
            labelled=not event.undecided,
            inside=matches(query, event),
            of=True if of is None else matches(of, event),
            key=key_value(event, by),
        )
        for event in events
        if event.id in kept
    ]


def key_value(event: Logged, by: str | None) -> Scalar:
    if by is None:
        return None
    return period_of(by, event.at, WEEK) if by in PERIODS else event.values[by]


def ask(
    events: Sequence[Logged],
    text: str = "",
    *,
    of: str | None = None,
    sampling: Sampling = SAMPLING,
    rules: Rules = RULES,
    provisional: Sequence[datetime] = (),
    change: Callable[[Frame], Frame] = lambda frame: frame,
    **asked: object,
) -> tuple[EstimateRow, ...]:
    """Return the rows of an estimate over a log."""
    question = Question(query=parse(text), of=None if of is None else parse(of), **asked)  # type: ignore[arg-type]
    census, kept = census_of(events, sampling, rules, provisional)
    census = replace(census, frame=change(census.frame))
    plan = settle(question, rules)
    timeless = settle(replace(question, query=timeless_of(plan), by=None if question.by in PERIODS else question.by), rules)
    past = build_domain(timeless, census)
    if not past.whole:
        past = past.holding(seen(events, kept, timeless.question.query, timeless.among, timeless.question.by))
    marked = seen(events, kept, question.query, plan.among, question.by)
    counts = Counter(
        pattern_of(each.window, each.stratum, each.met, each.undecided, () if rules.bounded else each.outside) for each in marked
    )
    field = build_domain(plan, census)
    return estimate_rows(field if field.whole else field.holding(marked), census.frame, counts, reference=past)


def timeless_of(plan: QuestionPlan) -> Query:
    found = without_time(plan.question.query)
    return EVERYTHING if found is None else found


def truth(events: Sequence[Logged], text: str) -> int:
    """Return how many events match, counted one by one."""
    query = parse(text)
    return sum(matches(query, event) for event in events)
