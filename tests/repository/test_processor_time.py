"""What a test took is counted once, also where the kernel tells less than there is."""

import gc
import subprocess
import sys
import time

import pytest

from tests import processor_time
from tests.processor_time import Meter, OwnWork, Pace, Processes

BUSY = "import time\nwhile time.process_time() < 0.4: pass\nprint('worked', flush=True)\ninput()"


@pytest.fixture
def worked():
    """Yield a child that has worked for 0.4 s and waits."""
    with subprocess.Popen([sys.executable, "-c", BUSY], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.readline()
        yield child
        child.kill()


def test_a_child_that_the_kernel_skips_once_is_not_counted_twice(worked, monkeypatch):
    meter = Meter()
    before = meter.seconds()
    with monkeypatch.context() as skipping:
        skipping.setattr(processor_time, "_below", lambda _process: iter(()))
        meter.seconds()
    assert meter.seconds() - before < 0.3


def test_a_child_is_counted_once_after_it_ended(worked):
    meter = Meter()
    before = meter.seconds()
    worked.communicate(b"\n")
    assert meter.seconds() - before < 0.3


def test_a_process_that_ended_is_forgotten(worked):
    processes = Processes()
    assert processes.seconds([worked.pid]) > 0.3
    worked.communicate(b"\n")
    assert processes.seconds([]) == 0


def test_of_a_child_that_ends_in_a_test_only_what_it_did_there_counts(worked):
    work = OwnWork()
    work.begin()
    worked.communicate(b"\n")
    assert work.seconds() < 0.3
    subprocess.run([sys.executable, "-c", BUSY], input=b"\n", capture_output=True, check=True)
    assert work.seconds() > 0.3


def test_collecting_what_tests_before_left_is_not_charged_to_a_test():
    # What all tests of a run left is not looked through for it: these are the youngest there are.
    gc.disable()
    try:
        left = [[each] for each in range(400_000)]
        work = OwnWork()
        work.begin()
        before = time.process_time()
        gc.collect(0)
        assert work.seconds() < (time.process_time() - before) / 2
        assert left
    finally:
        gc.enable()


def test_what_still_runs_is_no_ground_to_fail_a_test():
    work = OwnWork()
    work.begin()
    with subprocess.Popen([sys.executable, "-c", "while True: pass"]) as other:
        while (found := processor_time._stat(other.pid)) is not None and found[1] < 0.4:
            time.sleep(0.02)
        own = work.seconds()
        other.kill()
    assert own < 0.3


def test_a_machine_is_as_slow_as_its_work_took_longer_of_late_than_at_its_best(monkeypatch):
    pace, taken = Pace(), iter([0.003, 0.002, 0.004, *[0.001] * 15])
    pace.best = 0.0015
    pace.last.clear()
    monkeypatch.setattr(pace, "_work", lambda: next(taken))
    assert pace.look() == pytest.approx(2)
    # It is not measured again so soon.
    assert pace.look() == pytest.approx(2)
    assert [pace.look(anew=True) for _ in range(5)] == pytest.approx([3, 3, 3, 3, 1])
