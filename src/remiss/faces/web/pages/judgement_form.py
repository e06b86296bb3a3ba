"""A judgement as it was typed into a form, and what is meant by it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from starlette.requests import Request

from remiss.errors import InputError
from remiss.records.labelling import Impact, Judgement, Labelled, Labelling, LabellingKind, Reproduced, Verdict

ANSWER = "answer."


@dataclass(frozen=True, slots=True, kw_only=True)
class TypedJudgement:
    """The fields of a form by name, each with all that was given."""

    fields: Mapping[str, tuple[str, ...]]

    def one(self, name: str) -> str:
        """Return the text of a field, without spaces around it; empty when there is none."""
        return next(iter(self.fields.get(name, ())), "").strip()

    def several(self, name: str) -> tuple[str, ...]:
        """Return all texts of a field that are not empty."""
        return tuple(text.strip() for text in self.fields.get(name, ()) if text.strip())

    @property
    def revision(self) -> int:
        """The revision that was read; 0 where the form names none, which no case has."""
        return int(self.one("revision")) if self.one("revision").isdecimal() else 0


async def typed_judgement(request: Request) -> TypedJudgement:
    """Return what a request has in its form."""
    form = await request.form()
    return TypedJudgement(fields={name: tuple(str(each) for each in form.getlist(name)) for name in form})


def judgement_of(given: TypedJudgement, kind: LabellingKind) -> Judgement:
    """Return what somebody means; what goes with a failure alone is left out where they found none.

    Raises
    ------
    InputError : no verdict, or an impact that is not a range
    """
    if given.one("verdict") not in set(Verdict):
        raise InputError("nothing is chosen of what it is", do="choose a verdict")
    verdict = Verdict(given.one("verdict"))
    fails = verdict is Verdict.FAILURE
    reproduced = given.one("reproduced")
    tried = kind is LabellingKind.VERIFICATION and reproduced in set(Reproduced)
    return Judgement(
        verdict=verdict,
        mode=(given.one("mode") or None) if fails else None,
        modes=given.several("modes") if fails else (),
        answers=_answers(given) if fails else {},
        impact=_impact(given) if fails else None,
        rationale=given.one("rationale"),
        quotes=tuple(line.strip() for line in given.one("quotes").splitlines() if line.strip()),
        target=(given.one("target") or None) if verdict is Verdict.SAME_EVENT else None,
        reproduced=Reproduced(reproduced) if tried else Reproduced.NOT_TRIED,
    )


def says_the_same(found: Labelled | None, judgement: Judgement, person: str) -> bool:
    """Return whether a labelling in force says what a person says: then theirs was sent before, and taken."""
    said = (person, judgement.verdict, judgement.mode, judgement.modes, judgement.answers)
    return found is not None and any(
        said == (each.person, each.verdict, each.mode, each.modes, each.answers) for each in found.labellings
    )


def typed_of(found: Labelling) -> dict[str, tuple[str, ...]]:
    """Return the fields of a form that says what a labelling says; why is for whoever sends it to say."""
    given = {"verdict": found.verdict.value, "mode": found.mode, "target": found.target}
    given |= {f"{ANSWER}{question}": answer for question, answer in found.answers.items()}
    if found.impact is not None:
        given |= {"low": f"{found.impact.low:.15g}", "high": f"{found.impact.high:.15g}", "unit": found.impact.unit}
    return {name: (text,) for name, text in given.items() if text} | {"modes": found.modes}


def _answers(given: TypedJudgement) -> dict[str, str]:
    named = (name for name in given.fields if name.startswith(ANSWER))
    return {name.removeprefix(ANSWER): given.one(name) for name in named if given.one(name)}


def _impact(given: TypedJudgement) -> Impact | None:
    low, high, unit = (given.one(name) for name in ("low", "high", "unit"))
    if not (low or high):
        return None
    try:
        return Impact(low=float(low or high), high=float(high or low), unit=unit)
    except ValueError:
        raise InputError("the impact is not a range", do="give the least and the most that one occurrence costs") from None
