"""What tests leave in memory is given back, and what a run still uses stays."""

import os
import subprocess
import sys

from tests.conftest import clear_after_killed_runs


def test_only_the_folders_of_runs_that_were_killed_are_removed(tmp_path):
    ended = subprocess.Popen([sys.executable, "-S", "-c", ""])
    ended.wait()
    for name, lock in (("killed", str(ended.pid)), ("running", str(os.getpid())), ("beginning", ""), ("failed", None)):
        folder = tmp_path / "pytest-of-ana" / f"pytest-{name}"
        folder.mkdir(parents=True)
        if lock is not None:
            (folder / ".lock").write_text(lock)
    clear_after_killed_runs(tmp_path)
    left = {path.name for path in (tmp_path / "pytest-of-ana").iterdir()}
    assert left == {"pytest-running", "pytest-beginning", "pytest-failed"}
