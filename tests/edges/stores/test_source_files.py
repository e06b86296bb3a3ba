"""Files of sources: that nothing has changed costs a listing and a statement."""

from __future__ import annotations

import time

import pytest

from remiss.capture.late_files import file_changes
from remiss.protocol.terms import Address
from remiss.records.source_file import SourceFile
from tests.edges.stores.test_status import captured, log

__all__ = ["log"]
FILES = 2_000
# A fifth of what 10,000 files may take (bench/files.py).
BOUND_SECONDS = 0.06


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_two_thousand_files_that_are_what_they_were_cost_a_listing(ws, log, tmp_path):
    captured(ws, log, 0, 14)
    many = tmp_path / "many"
    many.mkdir()
    for at in range(FILES):
        (many / f"{at}.parquet").touch()
    address, source = Address(name="many", format="parquet", uri="many/*.parquet"), ("arrival-predictions", "arrival-delay")
    listed = ws.engine.listing(address, str(tmp_path))
    times = ((0, 1),)
    read = [SourceFile(path=path, size=size, modified_ns=at, times=times) for path, (size, at) in listed.items()]
    ws.runs.remember(*source, "read", read)
    seen = ws.runs.in_force(*source)

    def looked():
        began = time.process_time()
        now = ws.engine.listing(address, str(tmp_path))
        known = {each.path: each for each in ws.runs.source_files(*source, "read")}
        assert all((known[path].size, known[path].modified_ns) == state for path, state in now.items())
        file_changes(known, tuple(known.values()), seen, {}, log_width)
        return time.process_time() - began

    log_width = seen[1].window.window - seen[0].window.window
    assert min(looked() for _ in range(5)) < BOUND_SECONDS


def test_what_was_read_of_a_file_stays_when_a_run_sees_it_and_goes_when_the_file_is_another(ws, log):
    run = captured(ws, log, 0, 1)
    source = (run.manifest.source, run.manifest.protocol)
    [before] = ws.runs.source_files(*source, "read")
    assert (before.since, before.times, before.digest is None) == (run.position, None, False)
    ws.runs.remember(*source, "read", [SourceFile(**{name: getattr(before, name) for name in FIELDS}, times=((1, 2),))])
    [after] = ws.runs.source_files(*source, "read")
    assert (after.times, after.digest, after.since) == (((1, 2),), before.digest, before.since)
    assert ws.runs.source_files(*source, "otherwise")[0].times is None
    for state in (7, 8):
        ws.runs.remember(*source, "read", [SourceFile(path=before.path, size=state, modified_ns=state, times=())])
    assert [each.size for each in ws.runs.source_files(*source, "read")] == [before.size, 8]


FIELDS = ("path", "size", "modified_ns")
