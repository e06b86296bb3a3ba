"""What a labelling may say: held to rubric, taxonomies, units and evidence, and redacted."""

from __future__ import annotations

from dataclasses import replace

import pytest

from remiss.curate.annotation import prepared
from remiss.curate.guidelines import guidelines_of
from remiss.errors import LabellingError
from remiss.govern.redaction.written import Gate
from remiss.records.labelling import Impact, Judgement, LabellingKind, Quote, Reproduced, Verdict
from tests.curate.standings import ANSWERS, EVENT, NOISE, WEAK

KEY = bytes(32)
GROUNDS = guidelines_of("default", "arrival-delay", (), (), ())
FAILURE = Judgement(verdict=Verdict.FAILURE, mode=WEAK, answers=ANSWERS)


def taken(given, kind=LabellingKind.ANNOTATION, guidelines=GROUNDS):
    return prepared(given, kind, EVENT, guidelines, Gate(KEY))


def refused(kind=LabellingKind.ANNOTATION, guidelines=GROUNDS, **said):
    with pytest.raises(LabellingError) as error:
        taken(replace(FAILURE, **said), kind, guidelines)
    return error.value


def test_severity_follows_from_the_answers_with_its_reason():
    found = taken(FAILURE)
    assert found.severity == 2
    assert found.severity_reason.startswith("7 points (harm: loss 3,")


@pytest.mark.parametrize(
    ("field", "said", "reason"),
    [
        ("mode", {"mode": None}, "has no failure mode"),
        ("mode", {"mode": "remiss:model/weak-slise"}, "no taxonomy of this case has the failure mode"),
        ("modes", {"modes": ("remiss:nope",)}, "no taxonomy of this case has the failure mode remiss:nope"),
        ("modes", {"modes": (WEAK,)}, "named twice"),
        ("modes", {"modes": (NOISE, NOISE)}, "named twice"),
        ("answers", {"answers": {}}, "harm is not answered"),
        ("answers", {"answers": {**ANSWERS, "harm": "no"}}, "no is not an answer to harm"),
        ("answers", {"answers": {**ANSWERS, "luck": "no"}}, "does not ask luck"),
        ("impact", {"impact": Impact(low=2, high=1, unit="EUR")}, "not a range"),
        ("impact", {"impact": Impact(low=-1, high=1, unit="EUR")}, "not a range"),
        ("impact", {"impact": Impact(low=0, high=float("inf"), unit="EUR")}, "not a range"),
        ("impact", {"impact": Impact(low=1, high=2, unit=" ")}, "no unit"),
        ("rationale", {"rationale": "The model answered ___ here"}, "still has a blank"),
        ("rationale", {"rationale": "x\0"}, "no catalog can hold"),
        ("quotes", {"quotes": ("Missed the connection",)}, "quote 1 does not stand in the evidence"),
        ("quotes", {"quotes": ("Newark", "")}, "quote 2 is empty"),
        ("quotes", {"quotes": ("Newark",) * 21}, "21 quotes"),
        ("target", {"target": "k7m4-qp2x-9w3d"}, "names another case"),
        ("reproduced", {"reproduced": Reproduced.YES}, "does not say whether it was reproduced"),
    ],
)
def test_what_does_not_fit_is_refused_at_its_field(field, said, reason):
    error = refused(**said)
    assert reason in error.what
    assert error.do
    assert error.fields == {field: (error.what, error.do)}


def test_everything_that_is_wrong_is_said_at_once():
    error = refused(mode=None, answers={}, quotes=("nowhere",))
    assert set(error.fields) == {"mode", "answers", "quotes"}
    assert error.what == "a failure has no failure mode (and 2 more)"


def test_a_quote_that_is_refused_is_not_said_back():
    assert "ana@example.org" not in str(refused(quotes=("ana@example.org",)))


def test_a_quote_is_kept_with_the_field_that_it_stands_in():
    found = taken(replace(FAILURE, quotes=("[email:3f9a] missed", "on-time", "UA", "1200")))
    assert found.quotes == (
        Quote(field="text", text="[email:3f9a] missed"),
        Quote(field="output", text="on-time"),
        Quote(field="inputs.carrier", text="UA"),
        Quote(field="inputs.distance", text="1200"),
    )


@pytest.mark.parametrize(
    ("field", "said"),
    [
        ("mode", {"mode": WEAK}),
        ("modes", {"modes": (WEAK,)}),
        ("answers", {"answers": ANSWERS}),
        ("impact", {"impact": Impact(low=1, high=2, unit="EUR")}),
    ],
)
@pytest.mark.parametrize("verdict", [Verdict.NOT_A_FAILURE, Verdict.WRONG_LABEL])
def test_what_is_no_failure_has_neither_mode_nor_severity_nor_impact(verdict, field, said):
    with pytest.raises(LabellingError, match=f"{verdict.value} has no") as error:
        taken(Judgement(verdict=verdict, **said))
    assert set(error.value.fields) == {field}
    assert taken(Judgement(verdict=verdict)).severity is None


def test_same_event_names_the_other_case():
    with pytest.raises(LabellingError, match="names no case"):
        taken(Judgement(verdict=Verdict.SAME_EVENT))
    assert taken(Judgement(verdict=Verdict.SAME_EVENT, target="k7m4-qp2x-9w3d")).judgement.target == "k7m4-qp2x-9w3d"


def test_a_verifier_says_whether_it_was_reproduced():
    found = taken(replace(FAILURE, reproduced=Reproduced.NO), LabellingKind.VERIFICATION)
    assert found.judgement.reproduced is Reproduced.NO


def test_an_adjudication_says_why():
    assert "no rationale" in refused(LabellingKind.ADJUDICATION).what
    assert taken(replace(FAILURE, rationale="The gate was right."), LabellingKind.ADJUDICATION).severity == 2


def test_a_rationale_is_redacted():
    assert "ana@example.org" not in taken(replace(FAILURE, rationale="Ask ana@example.org")).judgement.rationale


def test_units_that_the_protocol_names_are_the_only_ones():
    named = replace(GROUNDS, units=("EUR", "minutes"))
    assert "names no unit 'USD'" in refused(guidelines=named, impact=Impact(low=1, high=2, unit="USD")).what
    cost = Impact(low=1, high=2, unit="minutes")
    assert taken(replace(FAILURE, impact=cost), guidelines=named).judgement.impact == cost
