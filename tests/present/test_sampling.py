"""How a case was drawn, in words."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from remiss.present.legible import NARROW_SPACE
from remiss.present.sampling import drawn
from remiss.records.comparison import Comparison
from remiss.records.event import Event
from remiss.records.run import Group

JUNE = datetime(2013, 6, 3, tzinfo=UTC)
EWR = {"context.airport": "EWR"}


def group(criterion: str, population: int, kept: int, threshold: float, stratum: dict[str, str] = EWR) -> Group:
    return Group(
        criterion=criterion,
        window=JUNE,
        stratum=stratum,
        population=population,
        labelled=population,
        kept=kept,
        threshold=threshold,
    )


def said(*groups: Group, kept_in: tuple[str, ...], width: timedelta = timedelta(weeks=1), stratum: dict[str, str] = EWR) -> str:
    drawn_in = [each.threshold for each in groups if each.criterion in kept_in]
    found = Comparison(
        case="k7m4-qp2x-9w3d",
        event=Event(id="e", at=JUNE, model="m"),
        run="run-1",
        protocol="p",
        protocol_version=1,
        in_force=True,
        window=JUNE,
        until=JUNE + width,
        stratum=stratum,
        population=1000,
        labelled=900,
        provisional=False,
        groups=groups,
        kept_in=kept_in,
        probability=max(drawn_in, default=0.0),
        position=1,
    )
    return drawn(found).replace(NARROW_SPACE, " ")


def test_one_of_many_had_a_chance_and_stands_for_others():
    assert said(group("missed-delay", 312, 10, 0.032), kept_in=("missed-delay",)) == (
        "Kept as one of 10 of 312 events that met missed-delay, with airport EWR, in the week of 3 June 2013: "
        "each had a chance of 3.2 %, so it stands for about 31."
    )


def test_where_all_were_kept_each_stands_for_itself():
    assert said(group("slow", 7, 7, 1.0), kept_in=("slow",)) == (
        "One of 7 events that met slow, with airport EWR, in the week of 3 June 2013, all of which were kept: "
        "it stands for itself alone."
    )
    assert said(group("slow", 1, 1, 1.0), kept_in=("slow",)).startswith("The only one of the events that met slow")


def test_of_several_groups_the_likeliest_decides_and_the_others_are_named():
    both = (group("slow", 100, 5, 0.05), group("all", 1000, 100, 0.1, {}))
    assert said(*both, kept_in=("all", "slow")) == (
        "Kept as one of 100 of 1,000 events of every kind in the week of 3 June 2013: each had a chance of 10.0 %, "
        "so it stands for about 10. It was also sampled from the events that met slow."
    )


def test_what_was_only_read_again_counts_in_no_estimate():
    assert said(group("slow", 7, 7, 1.0), kept_in=()) == (
        "Read again in the week of 3 June 2013 but not sampled: it counts in no estimate."
    )


@pytest.mark.parametrize(
    ("width", "words"),
    [
        (timedelta(days=1), "in the day of 3 June 2013"),
        (timedelta(weeks=2), "in the 2 weeks from 3 June 2013"),
        (timedelta(hours=6), "in the 6 hours from 3 June 2013"),
    ],
)
def test_windows_of_any_width_are_named(width, words):
    assert words in said(group("slow", 70, 7, 0.1), kept_in=("slow",), width=width)


def test_without_strata_none_are_named():
    sentence = said(group("slow", 70, 7, 0.1, {}), kept_in=("slow",), stratum={})
    assert "events that met slow in the week" in sentence
