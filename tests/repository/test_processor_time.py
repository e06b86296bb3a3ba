"""What a test took is counted once, also where the kernel tells less than there is."""

import subprocess
import sys

import pytest

from tests import processor_time
from tests.processor_time import Meter, Processes

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
