"""What becomes of answers that did not come."""

from __future__ import annotations

import numpy as np

from remiss.records.model import ModelSpecification, TroubleKind
from remiss.safeguard.asking import KINDS, Answers
from remiss.safeguard.gate_thresholds import CriticalCase, CriticalOutcome
from remiss.safeguard.judging import NO, UNKNOWN, YES, majority

DIED = 1 + KINDS.index(TroubleKind.DIED)


def answers(passed, lacking):
    states = np.array(passed, dtype=np.int8)
    return Answers(
        model=ModelSpecification(name="m", version="1", runner="python", target=None),
        passed=states,
        met={"slow": -states},
        latency_ms=np.full(states.shape, np.nan),
        first=[],
        lacking=np.array(lacking, dtype=np.int8),
    )


def test_what_did_not_answer_is_untold_and_with_half_of_the_askings_the_whole_event():
    found = answers(
        [[NO, YES, YES], [NO, NO, YES], [NO, NO, NO], [YES, UNKNOWN, UNKNOWN], [NO, UNKNOWN, UNKNOWN]],
        [[DIED, 0, 0], [DIED, DIED, 0], [0, 0, 0], [0, -1, -1], [DIED, -1, -1]],
    )
    assert found.times.tolist() == [3, 3, 3, 1, 1]
    assert dict(found.unanswered) == {1: TroubleKind.DIED, 4: TroubleKind.DIED}
    told = found.answered()
    assert majority(told.passed).tolist() == [YES, UNKNOWN, NO, YES, UNKNOWN]
    assert told.met["slow"][1].tolist() == [UNKNOWN] * 3


def test_a_critical_case_breaks_only_by_answers():
    def outcome(baseline, candidate, failed):
        return CriticalCase(case=0, baseline=baseline, candidate=candidate, failed=failed, repeats=5).outcome

    assert outcome(5, 0, 5) is CriticalOutcome.BROKEN
    assert outcome(5, 0, 4) is outcome(5, 0, 0) is CriticalOutcome.WAVERING
    assert outcome(4, 0, 5) is CriticalOutcome.NO_GROUND
