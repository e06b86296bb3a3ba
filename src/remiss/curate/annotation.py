"""Annotating: what a person says of a case, checked against its guidelines and its evidence, and redacted.

All three kinds of labelling are checked alike, and by nothing that anybody else has said of the case: what is refused, and in
which words, tells a verifier nothing of the first labelling.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from remiss.catalog.filing import TEXT_LIMIT, check_text
from remiss.curate.guidelines import Guidelines
from remiss.curate.labelling_state import LabellingState
from remiss.errors import InputError, LabellingError, ProtocolError
from remiss.govern.redaction.written import Gate, check_shows_nothing
from remiss.protocol import rubric as rubrics
from remiss.protocol.nearest import nearest
from remiss.protocol.terms import CONTEXT, INPUTS
from remiss.records.event import Event, to_text
from remiss.records.labelling import Impact, Judgement, LabellingKind, Quote, Reproduced, Verdict

MODES_LIMIT = 10
QUOTES_LIMIT = 20
QUOTE_LIMIT = 2_000
UNIT_LIMIT = 40
# What a template leaves for its writer to fill in.
BLANK = "___"
# Fields of the evidence that no other name says better.
QUOTED = ("text", "output", "label", "status", "features", "model_version")


@dataclass(frozen=True, slots=True, kw_only=True)
class PreparedLabelling:
    """A labelling that the catalog may hold: checked, redacted, with the severity that follows and where its quotes stand."""

    judgement: Judgement
    severity: int | None
    severity_reason: str
    quotes: tuple[Quote, ...]


Problem = tuple[str, str, str]  # field, what is wrong, what to do


def prepared(given: Judgement, kind: LabellingKind, event: Event, guidelines: Guidelines, gate: Gate) -> PreparedLabelling:
    """Return a labelling as the catalog may hold it.

    Parameters
    ----------
    given : what the person said
    event : the evidence, redacted
    key : the catalog's secret for redaction

    Raises
    ------
    LabellingError : with all that is wrong, by field
    """
    found = list(problems(given, kind, event, guidelines))
    if found:
        _, what, do = found[0]
        more = f" (and {len(found) - 1} more)" if len(found) > 1 else ""
        fields: dict[str, tuple[str, str]] = {}
        for field, said, advice in found:
            fields.setdefault(field, (said, advice))
        raise LabellingError(what + more, do=do, fields=fields)
    fails = given.verdict is Verdict.FAILURE
    return PreparedLabelling(
        judgement=replace(given, rationale=gate.words(given.rationale.strip())),
        severity=rubrics.severity(guidelines.rubric, given.answers) if fails else None,
        severity_reason=rubrics.reason(guidelines.rubric, given.answers) if fails else "",
        quotes=tuple(Quote(field=str(where_quoted(text, event)), text=text) for text in given.quotes),
    )


def aimed(given: Judgement, state: LabellingState, target: LabellingState) -> Judgement:
    """Return a judgement that an event is the same as that of another case, which it names by its whole id.

    Raises
    ------
    LabellingError : it is the case itself, or takes another's verdict
    """
    problem = None
    if target.case == state.case:
        problem = (f"case {target.case} is of the same event as itself", "name the other case of this event")
    elif target.link is not None:
        problem = (f"case {target.case} takes the verdict of {target.link.case}", f"name {target.link.case}")
    if problem is not None:
        raise LabellingError(problem[0], do=problem[1], fields={"target": problem})
    return replace(given, target=target.case)


def prepared_reason(reason: str, gate: Gate) -> str:
    """Return why somebody does a thing as the catalog may hold it: redacted.

    Raises
    ------
    InputError : empty, too long, or such as no catalog can hold
    """
    if not reason.strip():
        raise InputError("no reason is given", do="say in a sentence why")
    check_text("the reason", reason)
    return gate.words(reason.strip())


def problems(given: Judgement, kind: LabellingKind, event: Event, guidelines: Guidelines) -> Iterator[Problem]:
    """Yield all that keeps a labelling from being taken."""
    if given.verdict is Verdict.FAILURE:
        yield from _of_failure(given, guidelines)
    else:
        yield from _of_none(given)
    if given.verdict is Verdict.SAME_EVENT and not given.target:
        yield "target", "same-event names no case", "name the other case of this event"
    if given.verdict is not Verdict.SAME_EVENT and given.target:
        yield "target", f"{given.verdict.value} names another case", "leave the case out, or say same-event"
    if given.reproduced is not Reproduced.NOT_TRIED and kind is not LabellingKind.VERIFICATION:
        yield "reproduced", f"an {kind.value} does not say whether it was reproduced", "leave that to the verifier"
    yield from _of_rationale(given, kind)
    yield from _of_quotes(given.quotes, event)


def _of_failure(given: Judgement, guidelines: Guidelines) -> Iterator[Problem]:
    if not given.mode:
        yield "mode", "a failure has no failure mode", "name the primary one; `remiss taxonomy show` lists the built-in ones"
    for field, modes in (("mode", [given.mode] if given.mode else []), ("modes", list(given.modes))):
        for mode in modes:
            if mode not in guidelines.modes:
                advice = nearest(mode, sorted(guidelines.modes), "the modes are")
                yield field, f"no taxonomy of this case has the failure mode {mode}", advice
    if len({given.mode, *given.modes}) <= len(given.modes):
        yield "modes", "a failure mode is named twice", "name the primary one once, and each other once"
    if len(given.modes) > MODES_LIMIT:
        yield "modes", f"{len(given.modes)} other failure modes are named", f"name at most {MODES_LIMIT}"
    yield from _of_answers(given.answers, guidelines)
    if given.impact is not None:
        yield from _of_impact(given.impact, guidelines)


def _of_answers(answers: Mapping[str, str], guidelines: Guidelines) -> Iterator[Problem]:
    try:
        rubrics.severity(guidelines.rubric, answers)
    except ProtocolError as error:
        yield "answers", error.what, error.do


def _of_none(given: Judgement) -> Iterator[Problem]:
    for field, value in (("mode", given.mode), ("modes", given.modes), ("answers", given.answers), ("impact", given.impact)):
        if value:
            yield field, f"{given.verdict.value} has no {_WORDS[field]}", "leave it out, or say failure"


_WORDS = {"mode": "failure mode", "modes": "failure modes", "answers": "severity", "impact": "impact"}


def _of_impact(impact: Impact, guidelines: Guidelines) -> Iterator[Problem]:
    if not (math.isfinite(impact.low) and math.isfinite(impact.high) and 0 <= impact.low <= impact.high):
        yield "impact", "the impact is not a range", "give the least and the most that one occurrence costs, for example 10 to 40"
    if guidelines.units and impact.unit not in guidelines.units:
        yield "impact", f"the protocol names no unit {impact.unit[:UNIT_LIMIT]!r}", f"use {' or '.join(guidelines.units)}"
    elif not impact.unit.strip() or len(impact.unit) > UNIT_LIMIT or not impact.unit.isprintable():
        yield "impact", "the impact has no unit", f"name it in at most {UNIT_LIMIT} characters, for example minutes"
    else:
        try:
            check_shows_nothing("the unit", impact.unit)
        except InputError as error:
            yield "impact", error.what, error.do


def _of_rationale(given: Judgement, kind: LabellingKind) -> Iterator[Problem]:
    rationale = given.rationale
    if given.verdict is Verdict.CANNOT_TELL and not rationale.strip():
        yield "rationale", "cannot-tell has no rationale", "say in a sentence what the evidence leaves open"
    elif kind is LabellingKind.ADJUDICATION and not rationale.strip():
        yield "rationale", "an adjudication has no rationale", "say why, for the two who saw it differently"
    if BLANK in rationale:
        yield "rationale", f"the rationale still has a blank {BLANK} of its template", "fill it in, or take that sentence out"
    try:
        check_text("the rationale", rationale)
    except InputError as error:
        yield "rationale", error.what, f"write at most {TEXT_LIMIT} plain characters"


def _of_quotes(quotes: tuple[str, ...], event: Event) -> Iterator[Problem]:
    if len(quotes) > QUOTES_LIMIT:
        yield "quotes", f"{len(quotes)} quotes are given", f"give at most {QUOTES_LIMIT}"
    for at, text in enumerate(quotes[:QUOTES_LIMIT], 1):
        # What was typed is not said back: it may be what redaction has taken out of the evidence.
        if not text.strip() or len(text) > QUOTE_LIMIT:
            yield "quotes", f"quote {at} is empty or longer than {QUOTE_LIMIT} characters", "quote the words that matter"
        elif where_quoted(text, event) is None:
            yield "quotes", f"quote {at} does not stand in the evidence", "copy it character by character, as the case shows it"


def where_quoted(text: str, event: Event) -> str | None:
    """Return the field of the evidence in which a quote stands, letter by letter; None when it does not."""
    for name in QUOTED:
        value = to_text(getattr(event, name))
        if value is not None and text in value:
            return name
    for prefix, family in ((INPUTS, event.inputs), (CONTEXT, event.context)):
        for name, each in family.items():
            value = to_text(each)
            if value is not None and text in value:
                return prefix + name
    return None
