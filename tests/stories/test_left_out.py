"""A log that holds more than one protocol is about: shadow traffic that answers the same requests with the same ids."""

from __future__ import annotations

from pathlib import Path

import pytest

from remiss import capture
from remiss.errors import ProtocolError
from remiss.protocol import actions as protocols
from remiss.understand import actions as understand
from tests.stories.logs import MONDAY, PROTOCOL, WEEK, small_log


def admitting(traffic: str) -> str:
    return PROTOCOL.replace("fields:\n", f"admit: traffic = '{traffic}'\nfields:\n", 1)


@pytest.fixture
def log(tmp_path):
    log = small_log(tmp_path / "log")
    log.predictions[:] = [
        {**row, "traffic": traffic, "model_version": version, "latency_ms": row["latency_ms"] + later}
        for row in log.predictions
        for traffic, version, later in (("live", "1", 0.0), ("shadow", "2", 1.0))
    ]
    log.write()
    Path(log.protocol).write_text(admitting("live"))
    return log


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_shadow_traffic_is_left_out_and_said_beside_every_figure(ws, log):
    [planned] = capture.plan(ws, log.protocol, since=MONDAY, until=MONDAY + WEEK).months
    assert planned.left_out == 400
    run = capture.capture(ws, log.protocol, since=MONDAY, until=MONDAY + 3 * WEEK)
    assert (run.manifest.rows, run.manifest.left_out, run.refused) == (2400, 1200, {})
    assert [line["left_out"] for line in capture.windows(ws, run.id)] == [400, 400, 400]
    assert any(note.startswith("1,200 ids stand on rows that are admitted and on rows left out") for note in run.manifest.notes)
    [row] = understand.estimate(ws, "criterion:slow", rate=True).rows
    assert row.left_out == 1200
    assert "1,200 rows that the protocol does not admit are left out of every figure" in row.notes
    [row] = understand.estimate(ws, f"criterion:slow occurred:<{MONDAY + WEEK:%Y-%m-%d}").rows
    assert row.left_out == 400
    assert row.value == sum(
        each["latency_ms"] > 250 for each in log.predictions if each["traffic"] == "live" and each["scheduled_at"] < MONDAY + WEEK
    )
    assert capture.reproduce(ws, run.id).verdict == "same"


@pytest.mark.of_the_log
def test_a_protocol_of_the_shadow_needs_ids_that_tell_it_apart_and_is_told_which(ws, log, already_captured):
    already_captured(log, 0, 1)
    shadow = log.folder / "shadow.yaml"
    text = admitting("shadow").replace("protocol: arrival-delay", "protocol: shadow", 1)
    shadow.write_text(text)
    with pytest.raises(ProtocolError, match="arrival-delay version 1 leaves out and on rows that it filed") as refused:
        capture.capture(ws, str(shadow), since=MONDAY, until=MONDAY + WEEK)
    assert "write id: concat(prediction_id, '/', traffic) under fields" in refused.value.do
    assert refused.value.where.line == text[: text.index("  id:")].count("\n") + 1
    shadow.write_text(text.replace("id: prediction_id", "id: concat(prediction_id, '/', traffic)"))
    run = capture.capture(ws, str(shadow), since=MONDAY, until=MONDAY + WEEK)
    assert run.events_known == 0
    assert run.manifest.left_out == 400


@pytest.mark.of_the_log
@pytest.mark.parametrize("first", ["admits less", "admits more"])
def test_of_two_protocols_that_admit_different_rows_of_an_id_the_second_is_refused_whichever_it_is(ws, log, first):
    text = admitting("live").replace("admit: traffic = 'live'", "duplicates: {keep: last, by: latency_ms}")
    every = log.folder / "every.yaml"
    every.write_text(text.replace("protocol: arrival-delay", "protocol: every", 1))
    order = [log.protocol, str(every)] if first == "admits less" else [str(every), log.protocol]
    capture.capture(ws, order[0], since=MONDAY, until=MONDAY + WEEK)
    says = {
        "admits less": "on rows that arrival-delay version 1 leaves out and on rows that it filed",
        "admits more": "on rows that arrival-delay leaves out, and every version 1 filed one of them",
    }[first]
    for refused in (capture.capture, capture.plan):
        with pytest.raises(ProtocolError, match=says) as found:
            refused(ws, order[1], since=MONDAY, until=MONDAY + WEEK)
        assert "write id: concat(prediction_id, '/', traffic) under fields" in found.value.do
    # Of the week after nothing is filed.
    assert capture.plan(ws, order[1], since=MONDAY + WEEK, until=MONDAY + 2 * WEEK).months


@pytest.mark.of_the_log
def test_a_later_version_of_a_protocol_may_leave_out_more(ws, log):
    text = admitting("live").replace("admit: traffic = 'live'", "duplicates: {keep: last, by: latency_ms}")
    Path(log.protocol).write_text(text)
    capture.capture(ws, log.protocol, since=MONDAY, until=MONDAY + WEEK)
    Path(log.protocol).write_text(admitting("live").replace("version: 1", "version: 2", 1))
    run = capture.capture(ws, log.protocol, since=MONDAY, until=MONDAY + WEEK)
    assert (run.manifest.left_out, run.status) == (400, "complete")


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_another_protocol_of_the_same_rows_shares_their_events(ws, log, already_captured):
    first = already_captured(log, 0, 1)
    other = log.folder / "other.yaml"
    other.write_text(admitting("live").replace("protocol: arrival-delay", "protocol: other", 1))
    assert capture.capture(ws, str(other), since=MONDAY, until=MONDAY + WEEK).events_known == first.events_new


@pytest.mark.of_the_log
def test_admit_is_part_of_what_a_protocol_means_and_without_it_nothing_changes(ws, log, already_captured):
    already_captured(log, 0, 1)
    Path(log.protocol).write_text(PROTOCOL)
    with pytest.raises(ProtocolError, match="version 1 of arrival-delay means something else in this catalog: another admit"):
        capture.capture(ws, log.protocol, since=MONDAY, until=MONDAY + WEEK)


@pytest.mark.of_the_log
def test_admit_reads_no_label_and_is_true_or_false(ws, log):
    def checked(admit: str) -> list[str]:
        Path(log.protocol).write_text(PROTOCOL.replace("fields:\n", f'admit: "{admit}"\nfields:\n', 1))
        return [f"{one.line}: {one.what}; {one.do}" for one in protocols.check(ws, log.protocol) if one.level == "error"]

    line = PROTOCOL[: PROTOCOL.index("fields:\n")].count("\n") + 1
    [late] = checked("labels.actual = 'late'")
    assert late.startswith(f"{line}: admit reads labels.actual: a label comes later than its row, of which")
    assert "`among` of a criterion" in late
    [number] = checked("latency_ms")
    assert number.startswith(f"{line}: admit is a number, not true or false")
    [unknown] = checked("trafic = 'live'")
    assert unknown.startswith(f"{line}: admit: trafic is not a column of the source; write traffic")
