"""What a result says, in words: the news in a sentence, each figure with its interval, and what scenarios changed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from datetime import datetime

from remiss.present.legible import counted, printable
from remiss.records.event import Scalar
from remiss.records.identity import format_time
from remiss.records.result import (
    LatencyDifference,
    LoggedDifference,
    PairedDifference,
    ResultFigure,
    SuiteComparison,
    SuiteResult,
)
from remiss.records.scenario import ScenarioChange, ScenarioExpectation, ScenarioExpectationKind
from remiss.records.success import SuccessOutcome, SuccessVerdict
from remiss.records.suite import APART, Suite, SuitePower

MOST_SAID = 60
# What the events of a figure have in common, in the order in which they are told.
GROUPS: Mapping[str, str] = {
    "question": "question",
    "criterion": "criterion",
    "mode": "failure mode",
    "severity": "severity",
    "slice": "slice",
    "scenario": "scenarios",
    "all": "all events",
}
MEASURES: Mapping[str, str] = {
    "pass-rate": "pass",
    "false-alarm-rate": "false alarms",
    "flagged-rate": "flagged",
    "flip-rate": "flips",
    "latency-p50-ms": "p50",
    "latency-p95-ms": "p95",
    "latency-p99-ms": "p99",
}
COMPARED: Mapping[str, str] = {
    "question": "question",
    "criterion": "criterion not met",
    "critical-mode": "severity 1 of mode",
    "mode": "failure mode",
    "severity": "severity",
    "slice": "slice",
    "scenario": "scenarios that do not flip",
}
SUCCESS: Mapping[SuccessVerdict, str] = {
    SuccessVerdict.MET: "met",
    SuccessVerdict.NOT_MET: "not met",
    SuccessVerdict.UNTOLD: "cannot tell",
}
QUESTIONS: Mapping[str, str] = {"guard": "controls and resolved cases", "target": "open cases"}


def news(found: SuiteResult) -> str:
    """Return in a sentence what a version made of a suite."""
    begins = f"{found.model} on {found.suite}: "
    if found.trouble is not None:
        return f"{begins}it did not run ({found.trouble.kind.value}: {found.trouble.message})"
    rates = {each.name: each for each in found.figures if each.group == "question" and each.measure == "pass-rate"}
    parts = [
        f"{share(each.value)} of {QUESTIONS[name]} pass ({counted(each.events, 'event')})"
        for name, each in sorted(rates.items())
        if each.value is not None
    ]
    parts += [without_answer(found)] if found.unanswered else []
    return begins + ("; ".join(parts) or "nothing could be told")


def without_answer(found: SuiteResult) -> str:
    """Return how many events are without an answer, and why."""
    named = sorted(found.troubles.items(), key=lambda each: (-each[1], each[0]))
    why = ", ".join(f"{count:,} {kind}" for kind, count in named)
    return f"{counted(found.unanswered, 'event')} without an answer ({why})"


def events_of(found: ResultFigure) -> str:
    """Return of how many events a figure is, and how many more are without an answer.

    >>> events_of(ResultFigure(group="all", name="", measure="flip-rate", value=0.5, low=0.0, high=1.0, events=2, families=2,
    ...                        effective=2.0, unanswered=3))
    '2 (3 unanswered)'
    """
    return f"{found.events:,}" + (f" ({found.unanswered:,} unanswered)" if found.unanswered else "")


def share(value: float | None) -> str:
    """Return a share as a percentage.

    >>> share(0.0523), share(None)
    ('5.2 %', 'unknown')
    """
    return "unknown" if value is None else f"{100 * value:.1f} %"


def figure_value(found: ResultFigure) -> str:
    """Return a figure with its interval, in its unit.

    >>> figure_value(ResultFigure(group="all", name="", measure="latency-p99-ms", value=2.0, low=1.0, high=None, events=9,
    ...                           families=9, effective=9.0))
    '2 (1 to ?) ms'
    """
    return _measured(found.measure, found)


def _measured(measure: str, found: ResultFigure | SuccessOutcome) -> str:
    if found.value is None:
        return "unknown"
    if measure.endswith("-ms"):
        low, high = ("?" if end is None else f"{end:.3g}" for end in (found.low, found.high))
        return f"{found.value:.3g} ({low} to {high}) ms"
    low, high = ("?" if end is None else f"{100 * end:.1f}" for end in (found.low, found.high))
    return f"{100 * found.value:.1f} ({low} to {high}) %"


def success_value(found: SuccessOutcome) -> str:
    """Return what a criterion of success is held against, with its interval."""
    return _measured(found.criterion.measure, found) + (f" ({found.unanswered:,} unanswered)" if found.unanswered else "")


def success_words(found: SuccessOutcome) -> str:
    """Return in a sentence whether a criterion of success is met."""
    return f"{SUCCESS[found.verdict]}: {found.text}: {success_value(found)}"


def of_what(found: ResultFigure | PairedDifference) -> str:
    """Return which events a figure is about.

    >>> of_what(ResultFigure(group="slice", name='{"context.airport":"EWR"}', measure="pass-rate", value=None, low=None,
    ...                      high=None, events=0, families=0, effective=0.0))
    'airport EWR'
    """
    match found.group:
        case "all":
            return "all"
        case "scenario":
            return found.name or "all of them"
        case "question":
            return QUESTIONS.get(found.name, found.name)
        case "slice":
            return slice_words(found.name)
        case _:
            return found.name


def slice_words(stratum: str) -> str:
    """Return a stratum, which is JSON, in words."""
    values = json.loads(stratum)
    return ", ".join(f"{name.rpartition('.')[2]} {'none' if value is None else value}" for name, value in values.items()) or "all"


def comparison_news(found: SuiteComparison) -> str:
    """Return in a sentence how two versions differ on a suite."""
    guard = next((each for each in found.differences if (each.group, each.name) == ("question", "guard")), None)
    begins = f"{found.model} against {found.baseline} on {found.suite}: fixes {found.fixed:,}, breaks {found.broken:,}"
    return begins if guard is None else f"{begins}; controls and resolved cases {points(guard)} points"


def points(found: PairedDifference) -> str:
    """Return a difference with its interval, in points of 100.

    >>> points(PairedDifference(group="mode", name="a", events=9, effective=9.0, untold=0, baseline=0.5, candidate=0.75,
    ...                         difference=0.25, low=-0.0625, high=0.5, fixed=3, broken=1, chance=0.625))
    '+25.0 (-6.2 to +50.0)'
    """
    return f"{100 * found.difference:+.1f} ({100 * found.low:+.1f} to {100 * found.high:+.1f})"


def p_value(found: PairedDifference) -> str:
    """Return the p-value of a comparison, adjusted where many are made at once."""
    value = found.chance if found.adjusted is None else found.adjusted
    return "< 0.0001" if value < 0.0001 else f"{value:.2g}"


def latency_words(found: LatencyDifference) -> str:
    """Return the difference of latency with its interval."""
    low, high = ("?" if end is None else f"{end:+.3g}" for end in (found.low_ms, found.high_ms))
    return f"{found.median_ms:+.3g} ms ({low} to {high}) at the median event"


def power_words(found: SuitePower) -> str:
    """Return in a sentence how often a gate passes a version that is as good."""
    if not found.events:
        return f"{found.question}: no event to ask"
    asked = f"{found.question}: with a margin of {100 * found.margin:g} points"
    begins = f"{asked}, {found.passed:.0%} of gates pass a version that is as good"
    if found.passed >= 0.5:
        return begins
    needed = "more than can be had" if found.needed is None else f"{found.needed:,} events needed"
    return f"{begins}; this suite can hardly pass: {needed}, it has {found.events:,}"


def not_asked(found: Suite) -> Iterator[str]:
    """Yield which events are not in a suite, and why, and which are in it and are not asked."""
    for why, count in found.left_out.items():
        apart = f"in it, and not asked: {counted(count, 'case')}, as redaction touched an input; each result counts them apart"
        yield apart if why == APART else f"left out: {counted(count, 'event')}, {why}"
    if found.raw is not None:
        yield f"raw in its folder alone: the inputs of {counted(found.raw.cases, 'case')}"
        yield from (f"inputs left redacted: {counted(count, 'case')}, {why}" for why, count in found.raw.left.items())
        yield "raw inputs are of cases alone: controls and the rest of the sample are left out where redaction touched an input"


def synthetic(found: SuiteResult | SuiteComparison) -> str:
    """Return which share of what a version was asked is synthetic."""
    return synthetic_words(found.scenarios, found.synthetic_share)


def synthetic_words(scenarios: int, share_of_all: float, of: str = "what is asked") -> str:
    """Return which share of what a model is asked is synthetic.

    >>> synthetic_words(30, 0.25)
    '30 scenarios: 25.0 % of what is asked is synthetic, and counts in no gate'
    """
    if not scenarios:
        return "0 scenarios: nothing is synthetic"
    return f"{counted(scenarios, 'scenario')}: {share(share_of_all)} of {of} is synthetic, and counts in no gate"


def expected(found: ScenarioExpectation) -> str:
    """Return what is expected of the answer to a scenario.

    >>> expected(ScenarioExpectation(kind=ScenarioExpectationKind.DIRECTIONAL, goes="up", by=0.1, of="confidence"))
    'confidence up by 0.1 or more'
    """
    of = found.of if found.path is None else found.path
    match found.kind:
        case ScenarioExpectationKind.SAME_AS_PARENT:
            return "what is expected of the parent"
        case ScenarioExpectationKind.INVARIANCE:
            return f"{of} as the parent's" + ("" if found.within is None else f" within {found.within:g}")
        case ScenarioExpectationKind.DIRECTIONAL:
            return f"{of} {found.goes}" + (f" by {found.by:g} or more" if found.by else ", or the same")


def stable(found: ResultFigure) -> str:
    """Return how often scenarios flip, with the interval of that.

    >>> stable(ResultFigure(group="scenario", name="noisy", measure="flip-rate", value=0.1, low=0.02, high=0.3, events=20,
    ...                     families=10, effective=9.5, untold=3))
    'noisy: 2 of 20 flip, 10.0 (2.0 to 30.0) %, in 10 families; 3 more cannot be told'
    """
    name = found.name or "all of them"
    untold = f"; {found.untold:,} more cannot be told" if found.untold else ""
    if found.value is None:
        return f"{name}: none can be told{untold}"
    families = counted(found.families, "family", "families")
    return f"{name}: {found.value * found.events:,.0f} of {found.events:,} flip, {figure_value(found)}, in {families}{untold}"


def change(found: ScenarioChange) -> str:
    r"""Return what was changed: before and after, of a long text where they part, with what nobody sees written out.

    >>> change(ScenarioChange(field="remarks", before="pay now", after="p\u0430y\u200b now"))
    "remarks 'pay now' -> 'p\\u0430y\\u200b now'"
    """
    before, after = found.before, found.after
    if not isinstance(before, str) or not isinstance(after, str):
        return f"{found.field} {_value(before)} -> {_value(after)}"
    parts = next((at for at, (one, other) in enumerate(zip(before, after, strict=False)) if one != other), len(after))
    begins = max(0, parts - MOST_SAID // 4)
    ends = min(begins + MOST_SAID, max(len(before), len(after)))
    known = set(before)
    return f"{found.field} {_cut(before, begins, ends, known)} -> {_cut(after, begins, ends, known)}"


def _value(value: Scalar) -> str:
    match value:
        case None:
            return "nothing"
        case datetime():
            return format_time(value)
        case str():
            return _cut(value, 0, MOST_SAID, set())
        case _:
            return str(value)


def _cut(text: str, begins: int, ends: int, known: AbstractSet[str]) -> str:
    """Return a piece of a text. A letter that is not `known` is written out: a Cyrillic one is not taken for the Latin one."""
    shown = (
        letter if letter.isprintable() and (letter.isascii() or letter in known) else ascii(letter)[1:-1]
        for letter in text[begins:ends]
    )
    return f"{'...' if begins else ''}'{printable(''.join(shown))}'{'...' if len(text) > ends else ''}"


def logged_points(found: LoggedDifference) -> str:
    """Return a difference over the log with its interval by windows, in points of 100."""
    if found.difference is None:
        return "unknown"
    low, high = ("?" if end is None else f"{100 * end:+.2f}" for end in (found.low, found.high))
    return f"{100 * found.difference:+.2f} ({low} to {high})"
