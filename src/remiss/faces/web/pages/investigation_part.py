"""What was found out about a case, as a section of its page, with a form for each thing that people may write."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from markupsafe import Markup

from remiss.curate import investigation_actions as curate
from remiss.faces.web.markdown import markdown
from remiss.faces.web.rendering import address
from remiss.records.case import Case
from remiss.records.investigation import Citation, Conclusion, Experiment, Investigation, Outcome, Part, Stands, Step, Written

if TYPE_CHECKING:
    from remiss.workspace import Workspace

CHOICES: Mapping[str, tuple[str, ...]] = {
    "stands": tuple(each.value for each in Stands),
    "conclusion": tuple(each.value for each in Conclusion),
    "outcome": tuple(each.value for each in Outcome),
}
SECTIONS: Mapping[str, str] = {
    "hypothesis": "Hypothesis",
    "experiments": "Experiments executed",
    "results": "Results observed",
    "rationale": "Why it was so decided",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Unwritten:
    """What was typed and not taken: of which part and number (0 for a new one), why, and which field is wrong if one is."""

    part: Part
    number: int
    typed: Mapping[str, str]
    problem: tuple[str, str]
    wrong: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingForm:
    """What stands in a form: of a new finding `number` and `revision` are 0."""

    number: int = 0
    revision: int = 0
    values: Mapping[str, str] = field(default_factory=dict)
    problem: tuple[str, str] | None = None
    wrong: str = ""

    def value(self, name: str) -> str:
        """Return what stands in a field."""
        return self.values.get(name, "")


@dataclass(frozen=True, slots=True, kw_only=True)
class CitedLink:
    """A citation as it is shown: `href` when it is an address of the web, `others` leads to all that rests on it."""

    kind: str
    address: str
    href: str | None
    others: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingPart:
    """A hypothesis, an experiment, an attempt or the write-up as it is shown; erased texts are None."""

    number: int
    state: str
    texts: tuple[tuple[str, Markup | None], ...]
    written: Written
    form: FindingForm
    version: str = ""
    citations: tuple[CitedLink, ...] = ()
    experiments: tuple[FindingPart, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class InvestigationPart:
    """case/investigation.html: an investigation; `writable` for who may investigate, of the case as it is now.

    `hidden` says why findings are left out, where some are.
    """

    steps: tuple[Step, ...]
    hypotheses: tuple[FindingPart, ...]
    loose: tuple[FindingPart, ...]
    remediations: tuple[FindingPart, ...]
    write_up: FindingPart | None
    forms: Mapping[str, FindingForm]
    writable: bool
    choices: Mapping[str, tuple[str, ...]]
    sections: Mapping[str, str]
    hidden: str | None

    @property
    def done(self) -> int:
        """How many steps are done."""
        return sum(each.done for each in self.steps)


def investigation_of(ws: Workspace, case: Case, as_of: int | None, unwritten: Unwritten | None = None) -> InvestigationPart:
    """Return the investigation of a case as it is shown."""
    found = curate.investigation(ws, case.id, as_of=as_of)
    experiments = [(each.hypothesis, _experiment(each, as_of, unwritten)) for each in found.experiments]
    numbers = {each.number for each in found.hypotheses}
    return InvestigationPart(
        steps=found.steps,
        hypotheses=tuple(_hypotheses(found, experiments, unwritten)),
        loose=tuple(part for of, part in experiments if of not in numbers),
        remediations=tuple(_remediations(found, as_of, unwritten)),
        write_up=_write_up(found, unwritten),
        forms={part.value: _form(part, 0, 0, {}, unwritten) for part in Part},
        writable=as_of is None and ws.may(curate.INVESTIGATE, case.team),
        choices=CHOICES,
        sections=SECTIONS,
        hidden=found.hidden,
    )


def _hypotheses(
    found: Investigation, experiments: Sequence[tuple[int | None, FindingPart]], unwritten: Unwritten | None
) -> list[FindingPart]:
    return [
        FindingPart(
            number=each.number,
            state=each.stands.value,
            texts=(("", _html(each.text)),),
            written=each.written,
            form=_form(
                Part.HYPOTHESIS,
                each.number,
                each.written.revision,
                {"text": each.text or "", "stands": each.stands.value},
                unwritten,
            ),
            experiments=tuple(part for of, part in experiments if of == each.number),
        )
        for each in found.hypotheses
    ]


def _experiment(each: Experiment, as_of: int | None, unwritten: Unwritten | None) -> FindingPart:
    values = {
        "executed": each.executed or "",
        "result": each.result or "",
        "conclusion": each.conclusion.value,
        "hypothesis": str(each.hypothesis or ""),
        "citations": citations_as_text(each.citations),
    }
    return FindingPart(
        number=each.number,
        state=each.conclusion.value,
        texts=(("", _html(each.executed)), *([("Result", _html(each.result))] if each.result else [])),
        written=each.written,
        form=_form(Part.EXPERIMENT, each.number, each.written.revision, values, unwritten),
        citations=tuple(cited(one, as_of) for one in each.citations),
    )


def _remediations(found: Investigation, as_of: int | None, unwritten: Unwritten | None) -> list[FindingPart]:
    return [
        FindingPart(
            number=each.number,
            state=each.outcome.value,
            version=each.model_version or "",
            texts=(("", _html(each.text)), *([("Result", _html(each.result))] if each.result else [])),
            written=each.written,
            form=_form(
                Part.REMEDIATION,
                each.number,
                each.written.revision,
                {
                    "text": each.text or "",
                    "result": each.result or "",
                    "outcome": each.outcome.value,
                    "model_version": each.model_version or "",
                    "citations": citations_as_text(each.citations),
                },
                unwritten,
            ),
            citations=tuple(cited(one, as_of) for one in each.citations),
        )
        for each in found.remediations
    ]


def _write_up(found: Investigation, unwritten: Unwritten | None) -> FindingPart | None:
    if found.write_up is None:
        return None
    said = {name: getattr(found.write_up, name) for name in SECTIONS}
    values = {name: text or "" for name, text in said.items()}
    return FindingPart(
        number=1,
        state="",
        texts=tuple((words, _html(said[name])) for name, words in SECTIONS.items() if said[name]),
        written=found.write_up.written,
        form=_form(Part.WRITE_UP, 1, found.write_up.written.revision, values, unwritten),
    )


def _form(part: Part, number: int, revision: int, values: Mapping[str, str], unwritten: Unwritten | None) -> FindingForm:
    """Return a form, with what was typed in it where that was not taken."""
    if unwritten is not None and (unwritten.part, unwritten.number) == (part, number):
        said, why = {**values, **unwritten.typed}, unwritten.problem
        return FindingForm(number=number, revision=revision, values=said, problem=why, wrong=unwritten.wrong)
    return FindingForm(number=number, revision=revision, values=values)


def _html(text: str | None) -> Markup | None:
    return None if text is None else markdown(text)


def citations_as_text(citations: Sequence[Citation]) -> str:
    """Return citations as a form has them: one a line."""
    return "\n".join(str(each) for each in citations)


def cited(citation: Citation, as_of: int | None) -> CitedLink:
    """Return a citation as it is shown."""
    return CitedLink(
        kind=citation.kind.value.replace("-", " "),
        address=citation.address,
        href=citation.address if citation.address.startswith(("https://", "http://")) else None,
        others=address("/citations", address=citation.address, as_of=as_of),
    )
