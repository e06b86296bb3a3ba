"""Logs whose labels come by absence: only complaints are logged, and who did not complain in time was content."""

from datetime import timedelta

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from remiss import capture, understand
from tests.stories.logs import MONDAY, PROTOCOL, WEEK, number, small_log

COMPLAINTS = (
    PROTOCOL.replace(
        'uri: "outcomes/*.parquet", key: flight, time: known_at', "uri: complaints.parquet, key: flight, time: written_at"
    )
    .replace("label: labels.actual", "label: \"CASE WHEN labels.kind IS NULL THEN 'content' ELSE 'complained' END\"")
    .replace("when: \"output = 'on-time' AND label = 'late'\"", "when: label = 'complained'")
)
LAG = timedelta(days=2)


@pytest.fixture
def log(tmp_path):
    log = small_log(tmp_path / "log")
    log.write(COMPLAINTS)
    rows = [
        # Some come after the lag, and are none.
        {"flight": row["flight"], "kind": "late", "written_at": row["scheduled_at"] + timedelta(hours=number("hours", at) % 60)}
        for at, row in enumerate(log.predictions)
        if number("complains", at) < 80
    ]
    pq.write_table(pa.Table.from_pylist(rows), log.folder / "complaints.parquet")
    log.complaints = rows
    return log


def test_who_did_not_complain_in_time_is_content(ws, log):
    run = capture.capture(ws, log.protocol, since=MONDAY, until=MONDAY + 3 * WEEK)
    scheduled = {row["flight"]: row["scheduled_at"] for row in log.predictions}
    in_time = {row["flight"] for row in log.complaints if row["written_at"] <= scheduled[row["flight"]] + LAG}
    assert 0 < len(in_time) < len(log.complaints)
    [whole] = [sum(g.population for g in run.groups if g.criterion == name) for name in ("missed-delay",)]
    assert whole == sum(row["flight"] in in_time for row in log.predictions)
    # Everybody has a label, so nobody is undecided and a rate has no bounds.
    [row] = understand.estimate(ws, "criterion:missed-delay", rate=True).rows
    assert (row.method, row.judged, row.bounds) == ("counted", None, None)
    assert row.value == whole / len(log.predictions)
    assert not any(capture.windows(ws, run.id).column("provisional"))
