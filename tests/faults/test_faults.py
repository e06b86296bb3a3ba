"""A call to the disk fails, ends the process, or is the last before the power goes: the catalog is as before or as after.

Of each row of calls alike the first, the second and the last are tried; `make test` tries some of them.
"""

from __future__ import annotations

import errno

import pytest

from tests.faults.faulty import Fault, telling
from tests.faults.trials import WAYS
from tests.faults.worlds import DEEDS

pytestmark = pytest.mark.slow(reason="each trial is a process of its own, and another that looks what it left")


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


@pytest.mark.soak
@pytest.mark.parametrize("deed", DEEDS)
def test_every_telling_call_fails(trials, counted, deed):
    doing = trials(deed)
    calls = telling(doing.calls)
    tally = doing.fail([Fault(str(doing.under), error, call, all_) for error, all_ in WAYS for call in calls])
    counted(tally)
    assert not tally.wrong, "\n".join(tally.wrong)


@pytest.mark.soak
@pytest.mark.parametrize("deed", DEEDS)
def test_the_power_goes_after_every_call_that_waited_for_the_disk(trials, counted, deed):
    doing = trials(deed)
    tally = doing.lose_power(list(reversed(doing.moments)))
    counted(tally)
    assert not tally.wrong, "\n".join(tally.wrong)
