"""The question of the page Trends: as its address has it, and as chips that change one part of it each.

A chip is a link, or links that unfold, so that a question is asked without script. Every link leads to a question that has an
answer: a share needs a rule, modes and severities are for people to say, and what is changed takes what else must change along.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate
from typing import TYPE_CHECKING, Any, Literal

from pydantic import NonNegativeInt

from remiss.catalog.query.expression import EVERYTHING, Level, Operator, Query, Term, both, conjuncts, criteria
from remiss.catalog.query.fields import chosen_of
from remiss.catalog.query.parsing import parse
from remiss.catalog.query.printing import unparse
from remiss.errors import InputError
from remiss.faces.serving import AsOf
from remiss.faces.web import protocol_cache
from remiss.faces.web.pages.list_address import ListLink
from remiss.faces.web.rendering import address
from remiss.present.chart_words import PLAIN, ChartNames
from remiss.present.legible import within
from remiss.protocol.titles import labels_of

if TYPE_CHECKING:
    from remiss.protocol.terms import Protocol

WINDOW, CRITERION = "window", "criterion"
PERIODS = ("month", "week", "day", WINDOW)
# What only people say of an event.
OF_PEOPLE = ("mode", "severity")
VARIANCES = {"": "Automatic", "sample": "This log only", "process": "Including variation over time"}
FOUND = {"": "flagged", "failure": "confirmed", "wrong-label": "wrong labels"}
MEASURES = {"rate": "share of", "count": "number of"}
SAME_MEANING = "versions of one meaning"
SVG = "svg"
PAGE = "/trends"


class TrendQuestion(AsOf):
    """What the form of the page sends; texts may be empty. `after` is how many rows of the table stand on the pages before."""

    query: str = ""
    what: Literal["count", "rate"] = "count"
    found: Literal["", "failure", "wrong-label"] = ""
    of: str = ""
    by: str = ""
    variance: Literal["", "sample", "process"] = ""
    source: str = ""
    protocol: str = ""
    order: Literal["", "name"] = ""
    after: NonNegativeInt | None = None
    format: Literal["", "csv", "markdown", "svg", "vega-lite"] = ""

    def read(self) -> Query:
        """Return the query; all events where it cannot be understood."""
        try:
            return parse(self.query)
        except InputError:
            return EVERYTHING

    @property
    def team(self) -> str:
        """Of which team the events are to be; empty is any."""
        return next((str(term.value) for term in chosen_of(self.read(), "team") if isinstance(term, Term)), "")

    def arguments(self) -> dict[str, Any]:
        """Return the same as the library takes it."""
        texts = {name: getattr(self, name) or None for name in ("of", "by", "variance", "source", "protocol")}
        by_people = {"confirmed": True, "verdict": self.found} if self.found else {}
        # Over time versions of one meaning are one series, unless the asker chose a version.
        across = {"across_versions": True} if self.by in PERIODS and not self.found and "@" not in self.protocol else {}
        return {"query": self.query, "rate": self.what == "rate", **by_people, **across, **texts}

    def ground(self) -> dict[str, str | None]:
        """Return the source and the protocol that it is asked of, as the library takes them."""
        return {"source": self.source or None, "protocol": self.protocol or None}

    def twin(self) -> str:
        """Return the address of the API route that answers the same."""
        flags = {"rate": "true" if self.what == "rate" else None, "confirmed": "true" if self.found else None}
        asked = self.arguments()
        flags["across_versions"] = "true" if "across_versions" in asked else None
        return address("/api/v1/estimate", **asked | flags | {"as_of": self.as_of})

    def link(self, **changed: str | int) -> str:
        """Return the address of the same question on this page, but for what is changed; its table from the first row on."""
        return address(PAGE, **self.model_dump() | {"after": None} | changed)

    def asking(self, **changed: str) -> str:
        """Return the address of a question that has an answer: this one, but for what is changed and what goes with it."""
        asked = self.model_copy(update={"format": "", "after": None, **changed})
        named = criteria(parse(asked.query))
        by = asked.by
        if asked.what == "rate":
            by = CRITERION if not named else "month" if by == CRITERION else by
        if by in OF_PEOPLE and not asked.found:
            by = "month" if named else CRITERION
        return address(PAGE, **asked.model_dump() | {"by": by})


@dataclass(frozen=True, slots=True, kw_only=True)
class Chip:
    """One part of the question: its words, what `takes` it away, or its choices: `unfolded` beside each other, else in a list."""

    label: str
    words: str = ""
    takes: str = ""
    choices: tuple[ListLink, ...] = ()
    unfolded: bool = False


def chips_of(
    asked: TrendQuestion,
    *,
    rules: Sequence[str],
    fields: Sequence[str],
    grounds: Iterable[tuple[str, str]],
    judged: bool,
    answered: str = "",
    names: ChartNames = PLAIN,
) -> tuple[Chip, ...]:
    """Return the question in chips; none where it cannot be read.

    Parameters
    ----------
    asked : with the source and protocol that were answered for
    rules : the criteria that may be asked of
    fields : what a figure may be broken down by
    grounds : protocol versions and sources that there are figures of
    judged : whether a share is among events that could be judged
    answered : by which versions it was answered, in words
    names : what people call events and fields
    """
    parts, named = conjuncts(asked.read()), criteria(asked.read())
    if asked.query.strip() and not parts:
        return ()
    events = f"judged {names.events}" if judged and asked.what == "rate" else names.events
    of = Chip(label="Among", words=asked.of, takes=asked.asking(of="")) if asked.of else Chip(label="Among", words=events)
    return (
        *(_part(asked, parts, at) for at in range(len(parts))),
        *([] if named else [_rule(asked, rules)]),
        _choice("Measure", MEASURES, asked, "what"),
        of,
        _breakdown(asked, fields, names, named=bool(named)),
        _choice("Who found it", FOUND, asked, "found"),
        _intervals(asked),
        *_version(asked, sorted(set(grounds), key=_newest_first), answered),
    )


def _part(asked: TrendQuestion, parts: Sequence[Query], at: int) -> Chip:
    """Return one condition of the question, which can be taken away."""
    part = parts[at]
    rest = unparse(both(*parts[:at], *parts[at + 1 :]))
    rule = isinstance(part, Term) and part.key == CRITERION and part.operator is Operator.EQUAL
    words = str(part.value) if rule and isinstance(part, Term) else unparse(part)
    return Chip(label="Rule" if rule else "Only", words=words, takes=asked.asking(query=rest))


def _rule(asked: TrendQuestion, rules: Sequence[str]) -> Chip:
    query = parse(asked.query)
    by = {"by": "month"} if asked.by == CRITERION else {}
    choices = (
        ListLink(
            words=name,
            href=asked.asking(query=unparse(both(query, Term(CRITERION, Operator.EQUAL, name, Level.CRITERION))), **by),
        )
        for name in rules
    )
    return Chip(label="Rule", words="Any rule", choices=tuple(choices))


def _choice(label: str, words: dict[str, str], asked: TrendQuestion, name: str) -> Chip:
    now = getattr(asked, name)
    choices = (ListLink(words=said, href=asked.asking(**{name: value}), current=value == now) for value, said in words.items())
    return Chip(label=label, choices=tuple(choices), unfolded=True)


def _breakdown(asked: TrendQuestion, fields: Sequence[str], names: ChartNames, *, named: bool) -> Chip:
    """Return what the figures are broken down by; of a share without a rule that can be nothing but the rules."""

    def offered(name: str) -> bool:
        if asked.what == "rate" and (name == CRITERION) == named:
            return False
        return bool(asked.found) or name not in OF_PEOPLE

    choices = [
        ListLink(words=name_of(name, names), href=asked.asking(by=name), current=name == asked.by)
        for name in fields
        if offered(name)
    ]
    if named or asked.what == "count":
        choices.append(ListLink(words="nothing: one figure", href=asked.asking(by=""), current=not asked.by))
    words = f"by {within(name_of(asked.by, names))}" if asked.by else "in one figure"
    return Chip(label="Broken down", words=words, choices=tuple(choices))


def name_of(field: str, names: ChartNames) -> str:
    """Return what a breakdown is called in a sentence."""
    return "rule" if field == CRITERION else names.fields.get(field, field)


def _intervals(asked: TrendQuestion) -> Chip:
    words = "intervals" if not asked.variance else f"intervals: {VARIANCES[asked.variance].lower()}"
    return replace(_choice("Intervals", VARIANCES, asked, "variance"), words=words, unfolded=False)


def _version(asked: TrendQuestion, grounds: Sequence[tuple[str, str]], answered: str) -> list[Chip]:
    """Return which version is asked: each by itself, or all that mean the same by the question."""
    if len(grounds) < 2:
        return []
    several = len({source for _, source in grounds}) > 1
    over_time = asked.by in PERIODS and not asked.found
    count = Counter((_name(protocol), source) for protocol, source in grounds)
    choices = []
    for protocol, source in grounds:
        name, among = _name(protocol), f", {source}" if several else ""
        called = protocol.replace("@", ", version ")
        first = (protocol, source) == next(each for each in grounds if (_name(each[0]), each[1]) == (name, source))
        if over_time and first and count[name, source] > 1:
            href = asked.asking(protocol=name, source=source)
            current = (name, source) == (asked.protocol, asked.source)
            choices.append(ListLink(words=f"{name}, {SAME_MEANING}{among}", href=href, current=current))
        default = asked.protocol == name and (count[name, source] == 1 or (not over_time and answered == called))
        href = asked.asking(protocol=protocol, source=source)
        current = source == asked.source and (default or asked.protocol == protocol)
        choices.append(ListLink(words=called + among, href=href, current=current))
    now = next((each.words for each in choices if each.current), "version")
    return [Chip(label="Versions", words=answered or now, choices=tuple(choices))]


def _name(protocol: str) -> str:
    return protocol.rpartition("@")[0]


def _newest_first(ground: tuple[str, str]) -> tuple[str, int, str]:
    name, _, version = ground[0].rpartition("@")
    return name, -int(version or 0), ground[1]


def fields_of(protocols: Sequence[Protocol]) -> tuple[str, ...]:
    """Return what a figure can be broken down by, for the form to offer."""
    named = [name for found in protocols for name in protocol_cache.fields(found) if name not in {"event_id", "occurred", "text"}]
    return (*PERIODS, "criterion", "mode", "severity", *dict.fromkeys(named))


def latest_of(captured: Iterable[Mapping[str, Any]], protocols: Collection[str]) -> tuple[str, str] | None:
    """Return the source and the protocol, of these, that were captured last; None where there are not several."""
    named = sorted((str(each["at"]), str(each["source"]), _name(str(each["protocol"]))) for each in captured)
    of = [each[1:] for each in named if each[2] in protocols]
    return of[-1] if len({*of}) > 1 else None


def size(constant: int, *texts: str) -> int:
    """Return how many bytes a piece of a page takes: so many, and those of its texts."""
    return constant + sum(len(each.encode()) for each in texts)


def fitting(sizes: Iterable[int], room: int) -> int:
    """Return how many pieces have room, in their order; one has, if there is any.

    >>> fitting([40, 30, 50], 100), fitting([120, 30], 100), fitting([], 100)
    (2, 1, 0)
    """
    return sum(at == 0 or upto <= room for at, upto in enumerate(accumulate(sizes)))


def ready_of(protocols: Sequence[Protocol]) -> tuple[ListLink, ...]:
    """Return the questions that are asked most: all criteria side by side, then each over time."""
    several = len(protocols) > 1
    found = []
    for each in protocols:
        which = {"protocol": each.name} if several else {}
        prefix = f"{each.name}: " if several else ""
        by_criterion = address(PAGE, what="rate", by="criterion", **which)
        found.append(ListLink(words=f"{prefix}How often does each rule fire?", href=by_criterion))
        for criterion in each.criteria:
            query = unparse(parse(f'criterion:"{criterion.name}"'))
            by_month = address(PAGE, query=query, what="rate", by="month", **which)
            found.append(ListLink(words=f"{prefix}Share of {criterion.name} by month", href=by_month))
        confirmed = address(PAGE, what="count", found="failure", by="criterion", **which)
        found.append(ListLink(words=f"{prefix}How many of them did people confirm?", href=confirmed))
        found.append(ListLink(words=f"{prefix}What goes wrong?", href=confirmed.replace("by=criterion", "by=mode")))
    return tuple(found)


def names_of(protocol: Protocol) -> ChartNames:
    """Return what people call the events of a protocol, and its fields."""
    labels = labels_of([protocol])
    counted = protocol.show.get("id")
    events = counted.unit if counted and counted.unit else PLAIN.events
    return ChartNames(events=events, fields=labels)
