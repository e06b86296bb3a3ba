"""An investigation put together from its findings, and what it takes to be complete."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from remiss.curate.investigating import TEXTS, PartRevision
from remiss.records.investigation import (
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
