"""A call to the disk fails, ends the process, or is the last before the power goes: the catalog is as before or as after.

Of each row of calls alike the first, the second and the last are telling. `make soak` tries some of these in each way: the first,
the last, and of those between one of each stretch, drawn from `REMISS_FAULTS_SEED` (default 0; `all` tries all, for an hour).
`make test` tries some.
"""

from __future__ import annotations

import errno
import os
import random
from itertools import pairwise

import pytest

from tests.faults.faulty import Fault, telling
from tests.faults.trials import WAYS
from tests.faults.worlds import DEEDS

pytestmark = pytest.mark.slow(reason="each trial is a process of its own, and another that looks what it left")


SEED = os.environ.get("REMISS_FAULTS_SEED", "0")
# In each way, of each deed, on each database.
MOST_CALLS, MOST_MOMENTS = 8, 8


def spread(of, most, way=0):
    """Return at most so many things of a list: its first, its last, and one of each of as many stretches as are left."""
    if SEED == "all" or len(of) <= most:
        return list(of)
    draw, inner = random.Random(f"{SEED} {way}"), of[1:-1]
    bounds = [len(inner) * at // (most - 2) for at in range(most - 1)]
    drawn = [inner[draw.randrange(start, end)] for start, end in pairwise(bounds)]
    return [of[0], *drawn, of[-1]]


def some(of, count):
    """Return so many things of a list, spread over it, with its last."""
    return [of[(at + 1) * len(of) // count - 1] for at in range(count)]


@pytest.mark.parametrize("database", ["sqlite"])
def test_some_calls_of_a_first_change_fail(trials, counted):
    doing = trials("first")
    calls = some(telling(doing.calls), 2 * len(WAYS))
    ways = [Fault(str(doing.under), error, call, all_) for (error, all_), call in zip(WAYS * 2, calls, strict=True)]
    tally = doing.fail(ways)
    counted(tally)
    assert not tally.wrong, "\n".join(tally.wrong)


@pytest.mark.parametrize("database", ["sqlite"])
def test_the_power_goes_during_a_first_change(trials, counted):
    doing = trials("first")
    tally = doing.lose_power(some(doing.moments, 5))
    counted(tally)
    assert not tally.wrong, "\n".join(tally.wrong)


@pytest.mark.parametrize("database", ["sqlite"])
@pytest.mark.parametrize(("deed", "kind", "path"), [("attach", "unlink", "/pending/*"), ("rotate", "write", "/wrapping-*.key")])
def test_a_disk_that_fails_after_the_commit_does_not_make_it_look_undone(trials, deed, kind, path):
    doing = trials(deed)
    [call] = [each.number for each in doing.calls if each.kind == kind and each.path.endswith(path)]
    tally = doing.fail([Fault(str(doing.under), errno.EROFS, call, True)])
    assert tally.ended.keys() == {"EROFS after"}
    assert not tally.wrong, "\n".join(tally.wrong)


@pytest.mark.parametrize("database", ["sqlite"])
@pytest.mark.parametrize(("deed", "most"), [("remove", 2), ("bring-back", 2), ("erase", 3)])
def test_a_process_killed_while_it_removes_restores_or_erases_a_file_leaves_it_there_or_gone(trials, counted, deed, most):
    doing = trials(deed)
    evidence = [each.number for each in doing.calls if each.path.startswith("/evidence")]
    tally = doing.fail([Fault(str(doing.under), at=call) for call in some(evidence or telling(doing.calls), most)])
    counted(tally)
    assert not tally.wrong, "\n".join(tally.wrong)


@pytest.mark.soak
@pytest.mark.parametrize("deed", DEEDS)
def test_every_telling_call_fails(trials, counted, deed):
    doing = trials(deed)
    calls = telling(doing.calls)
    tried = [(way, call) for way in range(len(WAYS)) for call in spread(calls, MOST_CALLS, way)]
    tally = doing.fail([Fault(str(doing.under), WAYS[way][0], call, WAYS[way][1]) for way, call in tried])
    counted(f"of {len(doing.calls)} calls {len(calls)} telling; {tally}")
    assert not tally.wrong, "\n".join(tally.wrong)


@pytest.mark.soak
@pytest.mark.parametrize("deed", DEEDS)
def test_the_power_goes_after_every_call_that_waited_for_the_disk(trials, counted, deed):
    doing = trials(deed)
    tally = doing.lose_power(list(reversed(spread(doing.moments, MOST_MOMENTS))))
    counted(f"of {len(doing.moments)} moments; {tally}")
    assert not tally.wrong, "\n".join(tally.wrong)
