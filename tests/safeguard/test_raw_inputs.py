"""Inputs of cases computed of what was logged: parts of columns, texts and numbers, and what cannot be computed of them."""

from __future__ import annotations

import json

from remiss.opening import without_catalog
from remiss.protocol import actions as protocols
from remiss.records.case import Sensitivity
from remiss.records.evidence import RawEvent
from remiss.safeguard.raw_inputs import _values

PROTOCOL = """\
protocol: chat
version: 1
model: chat
source: {name: chat, format: jsonl, uri: "*.jsonl"}
labels: {format: jsonl, uri: "labels/*.jsonl", key: id, time: at, lag: 1 day}
fields:
  id: id
  time: at
  output: said
  label: labels.said
  inputs:
    asked: "lower(request.messages[1].text)"
    card: card
    mixed: mixed
    labelled: labels.said
    gone: nowhere
require: [id, time]
criteria: [{name: wrong, kind: custom, when: output = 'no', severity: 2, why: It said no.}]
sampling: {window: 1 week, keep: 5, control: 5, undecided: 5, population: 50, seed: "1"}
"""


def test_inputs_are_computed_of_raw_events_and_left_out_where_they_cannot_be(tmp_path):
    (tmp_path / "chat.yaml").write_text(PROTOCOL)
    rows = [
        {"request": {"messages": [{"text": "Write to Ana@example.org"}]}, "card": 4111111111111111, "mixed": "a"},
        {"request": {"messages": [{"text": "Hello", "by": "bo"}, {"text": "there"}]}, "card": None, "mixed": {"b": 1}},
        {"request": None, "card": 7},
    ]
    contents = [*map(json.dumps, rows), '{"card": 1,', "[]"]
    events = [RawEvent(case=str(at), run="run", sensitivity=Sensitivity.SECRET, content=each) for at, each in enumerate(contents)]
    with without_catalog() as ws:
        protocol = protocols.parsed(ws, str(tmp_path / "chat.yaml"))
        found = _values(ws, protocol, events, {"asked", "card", "mixed", "labelled", "gone", "unheard"})
    assert found == [
        {"asked": "write to ana@example.org", "card": 4111111111111111},
        {"asked": "hello"},
        {"card": 7},
        {},
        {},
    ]
