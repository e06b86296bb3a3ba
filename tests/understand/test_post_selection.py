"""Hindsight: a criterion chosen on its sample has no weighted figures there."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from remiss.errors import QueryError
from remiss.protocol.terms import Address, Criterion, Expression, Kind, LabelKey, Labels, Protocol, Rubric, Sampling, Taxonomy
from remiss.understand.post_selection import check_not_post_selected, chosen_on_sample
from remiss.understand.sampling_facts import Earlier

JUNE = datetime(2013, 6, 3, tzinfo=UTC)


def protocol(
    version=1, *, missed="output = 'on-time'", seed="2026", fields=(("id", "i"), ("output", "predicted"), ("out", "x")), unit=None
):
    return Protocol(
        name="p",
        version=version,
        model="m",
        source=Address(name="s", format="parquet", uri="*.parquet"),
        fields={name: Expression(sql, 1) for name, sql in fields},
        criteria=(
            Criterion(name="missed", kind=Kind.MISCLASSIFICATION, why="w", severity=2, when=Expression(missed, 7)),
            Criterion(name="odd", kind=Kind.ANOMALY, why="w", severity=3, of="inputs.wind", beyond=6.0),
        ),
        sampling=Sampling(
            window=timedelta(weeks=1), strata=(), keep=2, control=2, undecided=2, population=5, seed=seed, unit=unit
        ),
        taxonomy=Taxonomy(namespace="remiss", version=1, modes={}),
        rubric=Rubric(name="r", version=1, questions=(), thresholds={}),
        digest=f"d{version}",
        text="",
        path="p.yaml",
    )


def chosen(now, before, *, position=5, since=8, named=("missed", "odd")):
    earlier = [Earlier(window=JUNE, protocol="p", version=1, position=position)]
    return chosen_on_sample(now, since, named, earlier, {("p", 1): before})


def test_a_criterion_that_stayed_the_same_was_not_chosen_on_its_sample():
    assert chosen(protocol(2), protocol()) == {}


@pytest.mark.parametrize(
    "now",
    [
        protocol(2, missed="output = 'on-time' AND confidence > 0.5"),
        protocol(2, fields=(("id", "i"), ("output", "upper(predicted)"), ("out", "x"))),
    ],
)
def test_a_changed_predicate_or_field_was(now):
    assert chosen(now, protocol()) == {"missed": (JUNE,)}


def test_a_field_that_it_does_not_read_changes_nothing():
    assert chosen(protocol(2, fields=(("id", "i"), ("output", "predicted"), ("out", "y"))), protocol()) == {}


def test_a_new_criterion_was_chosen_too():
    before = protocol()
    assert chosen(protocol(2), replace(before, criteria=before.criteria[1:])) == {"missed": (JUNE,)}


def test_a_changed_limit_of_an_anomaly_is_a_change():
    now = protocol(2)
    changed = replace(now, criteria=(now.criteria[0], replace(now.criteria[1], beyond=5.0)))
    assert chosen(changed, protocol()) == {"odd": (JUNE,)}


def test_another_reason_or_severity_is_not():
    now = protocol(2)
    assert chosen(replace(now, criteria=tuple(replace(one, why="x", severity=1) for one in now.criteria)), protocol()) == {}


def test_a_fresh_seed_drew_another_sample():
    assert chosen(protocol(2, missed="true", seed="2027"), protocol()) == {}


def test_so_did_other_ids():
    fields = (("id", "concat(i, '/live')"), ("output", "predicted"), ("out", "x"))
    assert chosen(protocol(2, missed="true", fields=fields), protocol()) == {}


def test_other_labels_change_who_is_caught_where_they_are_read():
    fields = (("id", "i"), ("output", "labels.actual"), ("out", "x"))
    labels = Labels(
        address=Address(name="l", format="parquet", uri="*.parquet"),
        key=LabelKey(events="k", labels="k"),
        time="known_at",
        lag=timedelta(days=2),
    )
    before = replace(protocol(fields=fields), labels=labels)
    assert chosen(replace(protocol(2, fields=fields), labels=labels), before) == {}
    now = replace(protocol(2, fields=fields), labels=replace(labels, lag=timedelta(days=9)))
    assert chosen(now, before) == {"missed": (JUNE,)}


def test_a_sample_captured_after_the_change_cannot_have_inspired_it():
    assert chosen(protocol(2, missed="true"), protocol(), position=9) == {}


def test_only_criteria_that_the_figure_names_matter():
    assert chosen(protocol(2, missed="true"), protocol(), named=("odd",)) == {}


def test_the_refusal_names_the_windows_and_the_ways_out():
    with pytest.raises(QueryError, match="1 window from 2013-06-03 to 2013-06-03") as refused:
        check_not_post_selected(chosen(protocol(2, missed="true"), protocol()))
    assert "new sampling.seed" in refused.value.do


def test_a_unit_is_no_fresh_seed_but_another_unit_with_other_ids_is_another_draw():
    other = "output = 'on-time' AND confidence > 0.5"
    # Events without a unit are drawn by their ids, as before.
    assert chosen(protocol(2, missed=other, unit="out"), protocol()) == {"missed": (JUNE,)}
    assert chosen(protocol(2, unit="out"), protocol()) == {}
    # Other ids are no way around where the unit is the same.
    renamed = (("id", "j"), ("output", "predicted"), ("out", "x"))
    assert chosen(protocol(2, missed=other, unit="out", fields=renamed), protocol(unit="out")) == {"missed": (JUNE,)}
    assert chosen(protocol(2, missed=other, unit="out", fields=renamed), protocol()) == {}
