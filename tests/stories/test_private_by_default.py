"""A protocol that says nothing of redaction, and one that wants texts as they were logged."""

import pytest

from remiss import capture, catalog, protocol
from remiss.errors import ProtocolError
from tests.stories.logs import MONDAY, PROTOCOL, WEEK, small_log

SILENT = PROTOCOL.replace("redaction: [email, phone]\n", "")
NONE = PROTOCOL.replace("redaction: [email, phone]", "redaction: none").replace("version: 1", "version: 2")


@pytest.fixture
def log(tmp_path):
    """A week of predictions: one in ten has a remark with an address, and each a number that is a right card's."""
    made = small_log(tmp_path / "log", weeks=1)
    for row in made.predictions:
        row["distance"] = 4111111111111111
        row["carrier"] = "paid by 4111 1111 1111 1111 from 192.168.7.9"
    return made.write(SILENT)


def captured(ws, log):
    return capture.capture(ws, log.protocol, since=MONDAY, until=MONDAY + WEEK)


def found(ws):
    return [catalog.show(ws, line["id"]).event for line in catalog.search(ws, limit=1000)]


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_without_the_key_every_built_in_detector_reads_every_text(ws, log, already_captured):
    run = already_captured(log, 0, 1)
    events = found(ws)
    assert not any("@example.com" in (event.text or "") for event in events)
    assert any("[email:" in (event.text or "") for event in events)
    assert all("[card:" in event.inputs["carrier"] and "[ip:" in event.inputs["carrier"] for event in events)
    # A number is no text: nobody has asked for cards in numbers.
    assert {event.inputs["distance"] for event in events} == {4111111111111111}
    assert not any("redaction" in note for note in run.manifest.notes)
    assert not capture.status(ws)[0].kept_as_logged


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_who_wants_texts_as_they_were_logged_says_none_and_is_told_so_each_time(ws, log):
    log.write(NONE)
    notes = [each.what for each in protocol.check(ws, log.protocol)]
    assert "redaction is none: texts are kept as production logged them" in notes
    run = captured(ws, log)
    assert "redaction is none: texts are kept as production logged them" in run.manifest.notes
    assert any("@example.com" in (event.text or "") for event in found(ws))
    assert capture.status(ws)[0].kept_as_logged


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_version_that_said_nothing_goes_on_and_does_not_become_none(ws, log, already_captured):
    already_captured(log, 0, 1)
    log.write(SILENT.replace("Missed", "All missed"))
    captured(ws, log)
    log.write(NONE.replace("version: 2", "version: 1"))
    with pytest.raises(ProtocolError, match="protects its content differently in this catalog: another redaction"):
        captured(ws, log)
