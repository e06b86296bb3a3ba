"""Investigations as published JSON (`remiss schema investigation`): keys are only ever added."""

from __future__ import annotations

from collections.abc import Sequence

from remiss.records.identity import format_time
from remiss.records.investigation import Citation, Investigation, Written

Json = dict[str, object]


def investigation_json(found: Investigation) -> Json:
    """Return the `investigation` object; a text is null once it was erased, or where nothing was said."""
    return {
        "schema": "remiss/investigation@1",
        "case": found.case,
        "hypotheses": [
            {"number": each.number, "text": each.text, "stands": each.stands.value, "written": _written(each.written)}
            for each in found.hypotheses
        ],
        "experiments": [
            {
                "number": each.number,
                "hypothesis": each.hypothesis,
                "executed": each.executed,
                "result": each.result,
                "conclusion": each.conclusion.value,
                "citations": _citations(each.citations),
                "written": _written(each.written),
            }
            for each in found.experiments
        ],
        "remediations": [
            {
                "number": each.number,
                "text": each.text,
                "result": each.result,
                "outcome": each.outcome.value,
                "model_version": each.model_version,
                "citations": _citations(each.citations),
                "written": _written(each.written),
            }
            for each in found.remediations
        ],
        "write_up": None
        if found.write_up is None
        else {
            "hypothesis": found.write_up.hypothesis,
            "experiments": found.write_up.experiments,
            "results": found.write_up.results,
            "rationale": found.write_up.rationale,
            "written": _written(found.write_up.written),
        },
        "steps": [{"name": each.name, "done": each.done} for each in found.steps],
        "hidden": found.hidden,
    }


def _written(written: Written) -> Json:
    at = format_time(written.at)
    return {"revision": written.revision, "person": written.person, "at": at, "position": written.position}


def _citations(citations: Sequence[Citation]) -> list[Json]:
    return [{"kind": each.kind.value, "address": each.address} for each in citations]
