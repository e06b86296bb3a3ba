"""Groups of cases that are like one another: found where they were planted, and nowhere in noise; with ids that stay."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remiss.errors import NotFound
from remiss.records.cluster import ClusterFigure, Clustering
from remiss.understand.clusters.grouping import groups
from remiss.understand.clusters.keeping import holder
from remiss.understand.clusters.lineage import lineage
from remiss.understand.clusters.vectors import ClusterCase

LEAST = 10
PLANTED = {
    "gate closed before boarding ended": {"inputs.carrier": "UA", "inputs.distance": 300.0},
    "crew was late from an earlier flight": {"inputs.carrier": "DL", "inputs.distance": 900.0},
    "de-icing took longer than planned": {"inputs.carrier": "B6", "inputs.distance": 1500.0},
}


def noise(seed, count):
    """Return cases whose words, carriers, airports and distances have nothing to do with one another."""
    draw = random.Random(seed)
    words = ["".join(draw.choices("abcdefghijklmnopqrstuvwxyz", k=6)) for _ in range(400)]
    return [
        ClusterCase(
            id=f"n{at:04}",
            text=" ".join(draw.choices(words, k=8)),
            fields={
                "inputs.carrier": draw.choice(["UA", "DL", "B6", "AA", "WN"]),
                "inputs.distance": round(draw.uniform(100, 2500), 1),
                "context.airport": draw.choice(["EWR", "JFK", "LGA"]),
            },
        )
        for at in range(count)
    ]


def planted(seed, count):
    draw = random.Random(seed)
    return [
        ClusterCase(
            id=f"p{number}-{at:04}",
            text=f"{text} {draw.choice(['today', 'again', 'as before'])}",
            fields={
                "inputs.carrier": fields["inputs.carrier"],
                "inputs.distance": fields["inputs.distance"] + draw.gauss(0, 20),
                "context.airport": draw.choice(["EWR", "JFK", "LGA"]),
            },
        )
        for number, (text, fields) in enumerate(PLANTED.items())
        for at in range(count)
    ]


def test_planted_groups_are_found_and_named_by_what_they_have_in_common():
    cases = planted(1, 60) + noise(2, 200)
    found = groups(cases, LEAST).groups
    theirs = [frozenset(case.id for case in cases if case.id.startswith(f"p{number}-")) for number in range(3)]
    assert len(found) == 3
    for own in theirs:
        [match] = [each for each in found if len(each.members & own) >= 0.95 * len(own)]
        assert len(match.members - own) <= 2
        assert {*match.typical} <= own
    named = {each.terms[0] for each in found} | {term for each in found for term in each.terms}
    assert named & {"gate", "boarding", "closed", "ended", "before"}
    assert named & {"icing", "longer", "took", "planned", "than"}


def test_places_that_nothing_tells_apart_are_one_cluster():
    """What everybody would call the same is one, at however many airports and of however many carriers it is."""
    draw = random.Random(3)
    places = [
        {f"inputs.{name}": f"{name}{draw.randrange(6)}" for name in ("dest", "gate", "crew", "tail", "fleet")} for _ in range(8)
    ]
    weather = ("inputs.humid", "inputs.temp", "inputs.wind")
    silent = [
        ClusterCase(id=f"s{place}-{at}", text="the weather station is silent", fields=fields | dict.fromkeys(weather))
        for place, fields in enumerate(places)
        for at in range(15)
    ]
    others = [
        replace(
            each,
            fields={name: draw.uniform(20, 90) for name in weather} | {name: draw.choice(places)[name] for name in places[0]},
        )
        for each in noise(4, 1_000)
    ]
    found = groups(silent + others, LEAST).groups
    assert len({each.terms for each in found}) == len(found)
    assert len(max(found, key=lambda each: len(each.members)).members & {case.id for case in silent}) >= 0.95 * len(silent)


def test_pure_noise_is_noise():
    for seed in range(3):
        assert groups(noise(seed, 300), LEAST).groups == ()


def test_fields_alone_are_no_clusters_where_they_have_nothing_to_do_with_one_another():
    bare = [ClusterCase(id=each.id, text="", fields=each.fields) for each in noise(7, 600)]
    assert groups(bare, LEAST).groups == ()


def test_the_order_of_cases_changes_nothing():
    cases = planted(1, 40) + noise(2, 100)
    found = groups(cases, LEAST)
    for seed in range(2):
        random.Random(seed).shuffle(cases)
        assert groups(cases, LEAST) == found


def test_few_cases_and_cases_that_say_nothing_are_no_clusters():
    assert groups([], LEAST).groups == ()
    assert groups(planted(1, 2), LEAST).groups == ()
    assert groups([ClusterCase(id=f"{at}", text="", fields={}) for at in range(50)], LEAST).groups == ()


ids = st.integers(0, 40).map(str)


@st.composite
def partitions(draw):
    """Disjoint groups of cases."""
    where = draw(st.dictionaries(ids, st.integers(0, 4), min_size=1))
    return [{case for case, at in where.items() if at == group} for group in sorted({*where.values()})]


@given(partitions(), partitions(), st.integers(0, 1_000))
@settings(max_examples=100)
def test_every_cluster_of_before_keeps_its_id_is_merged_or_ended_once(before, now, seed):
    draw = random.Random(seed)
    named = {f"c{at}": own for at, own in enumerate(before)}
    everyone = frozenset().union(*now)
    found = lineage(named, now, everyone)
    followed = [each for each in found.kept if each] + [each for own in found.merged for each in own] + [*found.ended]
    assert sorted(followed) == sorted(named)
    # Whatever order they come in.
    order = [*range(len(now))]
    draw.shuffle(order)
    turned = [*named.items()]
    draw.shuffle(turned)
    again = lineage(dict(turned), [now[at] for at in order], everyone)
    assert {frozenset(now[at]): found.kept[at] for at in order} == {
        frozenset(now[at]): kept for at, kept in zip(order, again.kept, strict=True)
    }


@given(partitions(), partitions())
@settings(max_examples=100)
def test_a_cluster_that_has_the_same_cases_keeps_its_id(before, now):
    named = {f"c{at}": own for at, own in enumerate(before)}
    same = before[0]
    rest = [each - same for each in now if each - same]
    everyone = frozenset().union(same, *rest)
    found = lineage(named, [*rest, same], everyone)
    assert found.kept[-1] == "c0"
    assert found.split_from[-1] is None


def test_a_cluster_in_two_parts_says_what_it_was_split_from():
    found = lineage({"a": {"1", "2", "3", "4", "5"}}, [{"1", "2"}, {"3", "4", "5"}], {"1", "2", "3", "4", "5"})
    assert (found.kept, found.split_from, found.ended) == ((None, "a"), ("a", None), ())


def test_a_cluster_whose_cases_are_in_none_any_more_has_ended():
    found = lineage({"a": {"1", "2"}}, [{"3", "4"}], {"1", "2", "3", "4"})
    assert (found.kept, found.merged, found.ended) == ((None,), ((),), ("a",))


def _clustering(position, *clusters):
    figures = tuple(
        ClusterFigure(id=name, name=name, terms=(), cases=1, events=1, events_low=1, events_high=1, typical=(), merged=merged)
        for name, merged in clusters
    )
    facts = {"source": "s", "protocol": "p", "protocol_version": 1, "looked_at": 1, "considered": 1, "dimensions": 1, "least": 3}
    outside = {"noise": 0, "noise_events": 0, "noise_low": 0, "noise_high": 0, "person": "ana", "at": datetime.now(UTC)}
    return Clustering(id=f"at-{position}", query="", fields=(), seed=0, clusters=figures, position=position, **facts, **outside)


def test_a_merged_id_leads_to_what_it_went_into_however_often_that_was_merged_again():
    every = [
        _clustering(4, ("c", ())),
        _clustering(3, ("c", ("b",))),
        _clustering(2, ("b", ("a",)), ("c", ())),
        _clustering(1, ("a", ()), ("b", ()), ("c", ())),
    ]
    for name in ("a", "b", "c"):
        found, figure = holder(every, name)
        assert (found.id, figure.id) == ("at-4", "c")
    assert holder(every[2:], "a")[1].id == "b"
    with pytest.raises(NotFound, match="there is no cluster d"):
        holder(every, "d")
