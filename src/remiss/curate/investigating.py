"""Investigations: what may be written of a case's causes, how one state of it follows another, and what makes one complete.

All parts of an investigation are findings, kept alike; what they are is said by their part. A writer who changes one names the
revision that they read. What a finding rests on is cited by
address: runs, tests, notebooks, tickets and pull requests.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import StrEnum

from remiss.catalog.filing import check_text
from remiss.catalog.revision import check_read
from remiss.errors import Conflict, InputError
from remiss.govern.redaction.written import Gate, check_shows_nothing
from remiss.records.event import Scalar
from remiss.records.investigation import (
    Citation,
    Conclusion,
    Experiment,
    Hypothesis,
    Investigation,
    Outcome,
    Part,
    Remediation,
    Stands,
    Step,
    WriteUp,
    Written,
)

CITATIONS_LIMIT = 20
ADDRESS_LIMIT = 2_000


def checked(citations: Sequence[Citation]) -> Iterator[Citation]:
    """Yield citations, each once.

    Raises
    ------
    InputError : too many, no address, or one that shows a secret
    """
    if len(citations) > CITATIONS_LIMIT:
        raise InputError(
            f"{len(citations)} citations are more than {CITATIONS_LIMIT}", do="cite what the result rests on", field="citations"
        )
    for each in dict.fromkeys(citations):
        address = each.address.strip()
        if not address or len(address) > ADDRESS_LIMIT or not address.isprintable() or " " in address:
            do = "give a URL, or a name without spaces, such as REM-17"
            raise InputError(f"{address[:80]!r} is not an address", do=do, field="citations")
        check_shows_nothing("the address of a citation", address)
        yield replace(each, address=address)


TEXT_LIMIT = 20_000
VERSION_LIMIT = 200
# The texts of each part, in order; the first is what a new one cannot be without.
TEXTS: Mapping[Part, tuple[str, ...]] = {
    Part.HYPOTHESIS: ("text",),
    Part.EXPERIMENT: ("executed", "result"),
    Part.REMEDIATION: ("text", "result"),
    Part.WRITE_UP: ("hypothesis", "experiments", "results", "rationale"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Draft:
    """What somebody writes: a new finding, or with its `number` another state of one. None leaves a thing as it is.

    `revision` is the one that they read; of a write-up, of which there is one, 0 where they read none.
    """

    part: Part
    number: int | None = None
    revision: int | None = None
    texts: Mapping[str, str | None] = field(default_factory=dict)
    state: StrEnum | None = None
    hypothesis: int | None = None
    model_version: str | None = None
    citations: Sequence[Citation] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class PartRevision:
    """One state of a part, as the catalog keeps it; a text that was erased is not there. A write-up has no state."""

    part: Part
    number: int
    revision: int
    texts: Mapping[str, str]
    state: str = ""
    hypothesis: int | None = None
    model_version: str | None = None
    citations: tuple[Citation, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CitedPage:
    """Some lines of a list of citations, how many there are, the sort values of the last when more follow, where it was read."""

    lines: tuple[tuple[Scalar, ...], ...]
    total: int
    last: tuple[int, ...] | None
    head: int


def prepared(draft: Draft, gate: Gate) -> Draft:
    """Return a draft as the catalog may hold it: checked and redacted.

    Raises
    ------
    InputError : nothing is said, too much is, or such as no catalog can hold
    """
    for name, text in draft.texts.items():
        if text is not None:
            if len(text) > TEXT_LIMIT:
                raise InputError(f"{name} has {len(text)} characters, more than {TEXT_LIMIT}", do="shorten it", field=name)
            check_text(name, text)
    first = TEXTS[draft.part][0]
    if draft.number is None and draft.part is not Part.WRITE_UP and not (draft.texts.get(first) or "").strip():
        raise InputError(f"the {draft.part.value} says nothing", do="say in a sentence what it is", field=first)
    if draft.model_version is not None:
        if len(draft.model_version) > VERSION_LIMIT:
            what = f"the model version has more than {VERSION_LIMIT} characters"
            raise InputError(what, do="name it as the log does", field="model_version")
        check_text("the model version", draft.model_version)
    return replace(
        draft,
        texts={name: None if text is None else gate.words(text.strip()) for name, text in draft.texts.items()},
        model_version=None if draft.model_version is None else gate.name(draft.model_version.strip()),
        citations=None if draft.citations is None else tuple(checked(draft.citations)),
    )


def following(draft: Draft, before: PartRevision | None, number: int, hypotheses: Sequence[int]) -> PartRevision:
    """Return the state of a finding that follows when a draft is written.

    Parameters
    ----------
    before : the state that it has, None of a new one
    number : of a new one
    hypotheses : numbers of those there are

    Raises
    ------
    Precondition : somebody wrote since; InputError : a revision that never was, a hypothesis that is not there, or no change
    """
    if before is None:
        if draft.revision:
            raise InputError(f"the {draft.part.value} has no revision {draft.revision} yet", do="read it again")
    else:
        _check_read(draft, before)
    if draft.hypothesis is not None and draft.hypothesis not in hypotheses:
        raise InputError(
            f"the case has no hypothesis {draft.hypothesis}", do="state it first, or name another", field="hypothesis"
        )
    was = before or PartRevision(part=draft.part, number=number, revision=0, texts={}, state=_BEGINS[draft.part])
    said = {**was.texts, **{name: text for name, text in draft.texts.items() if text is not None}}
    after = PartRevision(
        part=draft.part,
        number=was.number,
        revision=was.revision + 1,
        texts={name: text for name, text in said.items() if text},
        state=was.state if draft.state is None else draft.state.value,
        hypothesis=was.hypothesis if draft.hypothesis is None else draft.hypothesis,
        model_version=was.model_version if draft.model_version is None else draft.model_version,
        citations=was.citations if draft.citations is None else tuple(draft.citations),
    )
    if before is not None and replace(after, revision=before.revision) == before:
        raise InputError(f"the {draft.part.value} is already up to date", do="change something, or leave it as it is")
    if before is None and draft.part is Part.WRITE_UP and not after.texts:
        raise InputError("the write-up says nothing", do="fill in what is known")
    return after


_BEGINS: Mapping[Part, str] = {
    Part.HYPOTHESIS: Stands.OPEN.value,
    Part.EXPERIMENT: Conclusion.PENDING.value,
    Part.REMEDIATION: Outcome.PENDING.value,
    Part.WRITE_UP: "",
}


def _check_read(draft: Draft, before: PartRevision) -> None:
    name = draft.part.value + ("" if draft.part is Part.WRITE_UP else f" {before.number}")
    if draft.revision is None:
        raise InputError(f"the change of {name} does not say what it read", do=f"name the revision, now {before.revision}")
    check_read(name, draft.revision, before.revision)


def unread(draft: Draft, hidden: str) -> Conflict:
    """Return the refusal to change a finding that one may not read yet, for the reason `hidden`."""
    name = draft.part.value + ("" if draft.part is Part.WRITE_UP else f" {draft.number}")
    return Conflict(f"the {name} is {hidden}; nothing was written", do="label the case yourself first, or wait until then")


def investigation_of(case: str, findings: Sequence[tuple[PartRevision, Written]], hidden: str | None = None) -> Investigation:
    """Return an investigation from its findings that may be read, of each part in the order of their numbers.

    Parameters
    ----------
    hidden : why others are left out; None where none are
    """
    of: dict[Part, list[tuple[PartRevision, Written]]] = {part: [] for part in Part}
    for each in findings:
        of[each[0].part].append(each)
    found = Investigation(
        case=case,
        hidden=hidden,
        hypotheses=tuple(_hypothesis(*each) for each in of[Part.HYPOTHESIS]),
        experiments=tuple(_experiment(*each) for each in of[Part.EXPERIMENT]),
        remediations=tuple(_remediation(*each) for each in of[Part.REMEDIATION]),
        write_up=next((WriteUp(**_texts(each), written=written) for each, written in of[Part.WRITE_UP]), None),
    )
    return replace(found, steps=tuple(steps(found)))


def _texts(finding: PartRevision) -> dict[str, str | None]:
    return {name: finding.texts.get(name) for name in TEXTS[finding.part]}


def _hypothesis(found: PartRevision, written: Written) -> Hypothesis:
    return Hypothesis(number=found.number, text=found.texts.get("text"), stands=Stands(found.state), written=written)


def _experiment(found: PartRevision, written: Written) -> Experiment:
    return Experiment(
        number=found.number,
        hypothesis=found.hypothesis,
        executed=found.texts.get("executed"),
        result=found.texts.get("result"),
        conclusion=Conclusion(found.state),
        citations=found.citations,
        written=written,
    )


def _remediation(found: PartRevision, written: Written) -> Remediation:
    return Remediation(
        number=found.number,
        text=found.texts.get("text"),
        result=found.texts.get("result"),
        outcome=Outcome(found.state),
        model_version=found.model_version or None,
        citations=found.citations,
        written=written,
    )


SECTIONS: Mapping[str, str] = {
    "hypothesis": "the write-up states the hypothesis",
    "experiments": "it names the experiments executed",
    "results": "it tells the results observed",
    "rationale": "it says why it was so decided",
}


def steps(found: Investigation) -> Iterator[Step]:
    """Yield what a complete investigation has, and whether this one does."""
    tested = {each.hypothesis for each in found.experiments}
    yield Step(name="a hypothesis is stated", done=bool(found.hypotheses))
    every = bool(found.hypotheses) and all(each.number in tested for each in found.hypotheses)
    yield Step(name="every hypothesis is tested by an experiment", done=every)
    told = all(each.result and each.conclusion is not Conclusion.PENDING for each in found.experiments)
    yield Step(name="every experiment has a result and a conclusion", done=bool(found.experiments) and told)
    for name, words in SECTIONS.items():
        yield Step(name=words, done=bool(found.write_up and getattr(found.write_up, name)))
