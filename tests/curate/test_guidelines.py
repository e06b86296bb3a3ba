"""By what a case is labelled: which rubric, modes and units, and who owns its model."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from remiss.curate import guidelines
from remiss.curate.guidelines import owns
from remiss.protocol import rubric, taxonomy
from remiss.protocol.document import attach
from remiss.protocol.ports import StoredProtocol
from tests.protocol.documents import WHOLE, protocol_of

TAXONOMY = """\
namespace: acme
version: 1
modes:
  gate: {title: Gate, definition: The gate was wrong., template: The board said ___.}
  gate/late: {title: Late, definition: The gate was told too late.}
"""
RUBRIC = """\
rubric: short
version: 1
questions:
  - id: bad
    asks: How bad?
    answers: [{id: "no", says: Not., points: 0}, {id: "yes", says: Very., points: 3}]
thresholds: {1: 3, 2: 2, 3: 1}
"""
OWN = WHOLE.replace("labelling: {every: week,", "labelling: {every: week, units: [EUR, minutes, EUR],")
OWN = OWN.replace("remiss:model/weak-slice", "acme:gate/late") + "taxonomy: taxonomy.yaml\nseverity: rubric.yaml\n"


def kept(name="arrival-delay", version=3, owners="ana", model="arrival-delay", text=WHOLE) -> StoredProtocol:
    said = text.replace("protocol: arrival-delay", f"protocol: {name}").replace("version: 3", f"version: {version}")
    said = said.replace("model: arrival-delay", f"model: {model}").replace("owners: [ana]", f"owners: [{owners}]")
    attached = attach(said, {"taxonomy.yaml": TAXONOMY, "rubric.yaml": RUBRIC}) if text is OWN else said
    return StoredProtocol(
        name=name, version=version, digest="d", text=attached, team="t", at=datetime(2026, 1, 1, tzinfo=UTC), position=1
    )


def grounds_of(model, caught_by, stored, seen=None, team="arrivals"):
    return guidelines.guidelines_of(team, model, caught_by, stored, stored if seen is None else seen)


def test_a_case_is_labelled_by_the_rubric_the_modes_and_the_units_of_the_protocol_that_caught_it():
    found = grounds_of("arrival-delay", [("arrival-delay", 3)], [kept(text=OWN), kept("other", text=WHOLE)])
    assert found.rubric.name == "short"
    assert found.units == ("EUR", "minutes")
    assert {"acme:gate", "acme:gate/late", "remiss:data/label-noise"} <= found.modes.keys()
    assert found.modes["acme:gate/late"].template == "The board said ___."


def test_a_case_that_no_protocol_caught_is_labelled_by_those_of_its_model():
    assert grounds_of("arrival-delay", [], [kept(text=OWN)]).rubric.name == "short"
    other = grounds_of("boarding", [], [kept(text=OWN)])
    assert other.rubric == rubric.builtin()
    assert "acme:gate" in other.modes
    assert other.units == ()


def test_without_any_protocol_the_built_in_rubric_and_modes_hold():
    found = grounds_of("m", [], [])
    assert (found.rubric, dict(found.modes), found.owners) == (rubric.builtin(), dict(taxonomy.builtin().modes), {})


def test_owners_are_those_of_the_newest_version_of_each_protocol_and_of_the_version_that_captured_the_case():
    stored = [kept(version=2, owners="eve"), kept(version=3, owners="ana"), kept(version=4, owners='" Bo "')]
    stored += [kept("other", owners="cy"), kept("third", model="boarding", owners="dee")]
    current = {"bo": ("arrival-delay@4 of team arrivals",), "cy": ("other@3 of team arrivals",)}
    found = grounds_of("arrival-delay", [("arrival-delay", 3)], stored)
    assert found.owners == {"ana": ("arrival-delay@3 of team arrivals",), **current}
    assert owns("BO", found.owners)
    assert grounds_of("arrival-delay", [], stored).owners == current


def test_owners_bind_the_cases_of_their_own_team_alone():
    caught_by = [("arrival-delay", 3)]
    assert grounds_of("arrival-delay", caught_by, [kept(owners="ana")], team="boarding").owners == {}
    # Of a protocol that went from team to team the newest version of each team says who owns the model for its cases.
    stored = [kept(version=3, owners="ana"), kept(version=4, owners="bo", text=WHOLE.replace("team: arrivals", "team: boarding"))]
    for team, owner, version in (("arrivals", "ana", 3), ("boarding", "bo", 4)):
        found = grounds_of("arrival-delay", [], stored, team=team)
        assert found.owners == {owner: (f"arrival-delay@{version} of team {team}",)}


def test_owners_are_so_for_those_too_who_do_not_see_the_protocol_and_of_it_they_learn_nothing():
    found = grounds_of("arrival-delay", [], [kept(text=OWN)], seen=[])
    assert owns("ana", found.owners)
    assert (found.rubric, dict(found.modes), found.units) == (rubric.builtin(), dict(taxonomy.builtin().modes), ())


def test_by_the_protocol_that_caught_a_case_it_is_labelled_whoever_sees_it():
    found = grounds_of("arrival-delay", [("arrival-delay", 3)], [kept(text=OWN)], seen=[])
    assert (found.rubric.name, found.units) == ("short", ("EUR", "minutes"))


def test_a_version_that_cannot_be_read_any_more_has_no_say():
    assert grounds_of("m", [("m", 1)], [kept("m", 1, text="protocol: [")]).rubric == rubric.builtin()


PLANNED = WHOLE.replace("verify: {1: 1.0, 2: 0.5, 3: 0.25, 4: 0.1, rejected: 0.25}", "verify: {2: 0.6}")
ALIKE = {"1": 0.3, "2": 0.6, "3": 0.3, "4": 0.3, "rejected": 0.3, "cleared": 0.1}


def test_a_version_filed_when_grades_had_unlike_shares_goes_on_by_them_and_a_new_one_has_one_share_for_all():
    now = protocol_of(PLANNED)
    assert now.labelling.verify == ALIKE
    # What one then wrote out has the digest that leaving it out had.
    then = protocol_of(PLANNED.replace("{2: 0.6}", "{1: 1.0, 2: 0.6, 3: 0.25, 4: 0.1, rejected: 0.25}"))
    assert then.digest != now.digest
    for digest, meant in ((then.digest, then.labelling.verify), (now.digest, ALIKE), ("another", ALIKE)):
        [document] = guidelines.read([replace(kept(text=PLANNED), digest=digest)])
        assert document.labelling.verify == meant
    [document] = guidelines.read([replace(kept(text=PLANNED.replace("population: 500, ", "")), digest=before_both())])
    assert (document.labelling.verify, document.sampling.population) == (then.labelling.verify, 500)


def before_both():
    """Return the digest of the document that left out shares and population when both had former defaults."""
    return protocol_of(PLANNED.replace("{2: 0.6}", "{1: 1.0, 2: 0.6, 3: 0.25, 4: 0.1, rejected: 0.25}")).digest


def test_modes_stand_in_one_order_for_all_cases_of_a_protocol_the_branches_of_its_criteria_first():
    found = list(grounds_of("arrival-delay", [("arrival-delay", 3)], [kept()]).modes)
    suggested = tuple(each.mode.rpartition("/")[0] for each in protocol_of(WHOLE).criteria if each.mode)
    first = sum(name.startswith(suggested) for name in found)
    assert 1 < first < len(found)
    assert found[:first] == sorted(name for name in found if name.startswith(suggested))
    assert found[first:] == sorted(found[first:])


def test_a_protocol_may_ask_one_question_whose_answers_are_the_grades():
    text = WHOLE + "severity: one-question\n"
    found = grounds_of("arrival-delay", [("arrival-delay", 3)], [kept(text=text)]).rubric
    [question] = found.questions
    assert [rubric.severity(found, {question.id: answer.id}) for answer in question.answers] == [1, 2, 3, 4]
    assert protocol_of(text).digest != protocol_of(WHOLE).digest
