"""The demo's scripted people: what they say can be taken as it is, says that it is scripted, and is not always the same."""

import itertools
from datetime import UTC, datetime

import pytest

from remiss.curate.annotation import problems
from remiss.curate.guidelines import Guidelines
from remiss.demo.labelling import ANA, BO, CHEN, MARK, PEOPLE, judge, judge_again, read
from remiss.protocol import rubric, taxonomy
from remiss.records.event import Event
from remiss.records.labelling import LabellingKind, Reproduced, Verdict

OWNERS = {"ana": ("arrival-delay@1 of team default",)}
GROUNDS = Guidelines(rubric=rubric.builtin(), modes=taxonomy.builtin().modes, units=("minutes",), owners=OWNERS)


def flight(number=0, **given):
    usual = {"output": "on-time", "label": "late", "confidence": 0.2, "latency_ms": 1.0, "status": "ok"}
    weather = {"visib": 10.0, "precip": 0.0, "wind_speed": 5.0} | given.pop("weather", {})
    at = datetime(2013, 7, 1, tzinfo=UTC)
    text = "United Air Lines 15 from Newark to HNL, aircraft N76065; mist; strong wind."
    return Event(id=f"f{number}/1", at=at, model="arrival-delay", inputs=weather, text=text, **(usual | given))


def many():
    kinds = itertools.product(
        ("on-time", "late"), ("on-time", "late", None), (0.2, 0.9), (1.0, 9.0), ("ok", "no-weather"), (0.2, 10.0)
    )
    for number, (output, label, confidence, latency_ms, status, visib) in enumerate(itertools.chain(*itertools.tee(kinds, 5))):
        given = {"output": output, "label": label, "confidence": confidence, "latency_ms": latency_ms, "status": status}
        yield flight(number, **given, weather={"visib": visib})


@pytest.mark.parametrize(("says", "kind"), [(judge, LabellingKind.ANNOTATION), (judge_again, LabellingKind.VERIFICATION)])
@pytest.mark.parametrize("person", PEOPLE, ids=lambda person: person.name)
def test_whatever_they_say_is_a_labelling_that_the_catalog_takes(person, says, kind):
    for event in many():
        said = says(person, event)
        assert list(problems(said, kind, event, GROUNDS)) == []
        assert said.rationale.startswith(MARK)


def test_they_say_the_same_again_and_not_always_the_same_as_each_other():
    events = list(many())
    said = {person.name: [judge(person, event) for event in events] for person in PEOPLE}
    assert said["bo"] == [judge(BO, event) for event in events]
    apart = sum(one.verdict is not two.verdict or one.mode != two.mode for one, two in zip(said["ana"], said["bo"], strict=True))
    assert 0.1 < apart / len(events) < 0.45


@pytest.mark.parametrize(
    ("given", "mode"),
    [
        ({"status": "no-weather"}, "remiss:system/unsafe-fallback"),
        ({"label": "on-time", "weather": {"visib": 0.25}}, "remiss:policy/violation"),
        ({"weather": {"precip": 0.2}}, "remiss:model/weak-slice"),
        ({}, "remiss:model/error"),
        ({"output": "late", "label": "on-time", "confidence": 0.9}, "remiss:model/overconfidence"),
        ({"label": "on-time", "latency_ms": 9.0}, "remiss:system/latency"),
        ({"label": "on-time"}, None),
        ({"label": None}, None),
    ],
)
def test_a_careful_reader_goes_by_the_evidence(given, mode):
    said = read(flight(**given))
    assert said.mode == mode
    assert (said.verdict is Verdict.FAILURE) == (mode is not None)


def test_only_who_verifies_says_whether_it_could_be_reproduced():
    again = {judge_again(CHEN, event).reproduced for event in many()}
    assert again == set(Reproduced)
    assert {judge(ANA, event).reproduced for event in many()} == {Reproduced.NOT_TRIED}
