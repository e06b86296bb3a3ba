"""What is told of one person's labels beside those of others: of settled cases alone, and no share of a few."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from remiss.curate.labelling_actions import FEWEST_SETTLED, own_agreement
from remiss.records.agreement import Double, Given
from remiss.records.labelling import Verdict

AT = datetime(2026, 11, 28, tzinfo=UTC)
FAILS = Given(person="ana", verdict=Verdict.FAILURE, mode="remiss:data/drift", severity=2)


def double(number, **other):
    second = {"person": "bo", "verdict": Verdict.FAILURE, "mode": "remiss:data/drift", "severity": 2} | other
    return Double(case=f"case-{number}", weight=1.0, at=AT, first=FAILS, second=Given(**second))


@pytest.mark.parametrize(("settled", "agreed"), [(FEWEST_SETTLED - 1, None), (FEWEST_SETTLED, FEWEST_SETTLED)])
def test_no_share_is_told_of_a_few(settled, agreed):
    found = own_agreement([double(number) for number in range(settled)], "ana", 7)
    assert (found.settled, found.agreed, found.different) == (settled, agreed, ())


def test_who_saw_it_differently_is_named_by_the_rule_of_verification():
    said = [
        double(1, severity=3),
        double(2, severity=4),
        double(3, mode="remiss:data/label-noise"),
        double(4, verdict=Verdict.WRONG_LABEL),
    ]
    assert own_agreement(said, "ana", 7).different == ("case-2", "case-3", "case-4")
