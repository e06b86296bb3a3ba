"""A log that writes numbers and times as text, each in several ways: check, capture and the guide say the same of it."""

from __future__ import annotations

import csv
import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest
import yaml

import remiss
from remiss.capture.actions import capture
from remiss.catalog import actions as catalog
from remiss.opening import without_catalog
from remiss.protocol import actions

LATENCIES = ("250", "12.5 ms", "1.2 s", "n/a", "")
PRICES = ("7", "0.25", "1,234", "1,234.50", "n/a", "")
COSTS = ("7", "0,25", "1.234", "1.234,50")
DAYS = ("2013-06-03", "06/04/2013")
# One and the same minute in each row, in three spellings; the second is local time in New York.
TIMES = ("2013-06-05T14:00:00Z", "05.06.2013 10:00", "1370440800")
GUIDE = Path(__file__).parents[2] / "docs/how-to/write-a-protocol.md"


@pytest.fixture(params=["csv", "jsonl"])
def log(request, tmp_path):
    """Write sixty rows and give a function that writes the protocol with some fields."""
    rows = [
        {
            "id": f"e{at}",
            "at": TIMES[at % 3],
            "said": "yes",
            "latency": LATENCIES[at % 5],
            "wait": LATENCIES[at // 5 % 5],
            "price": PRICES[at % 6],
            "cost": COSTS[at % 4],
            "day": DAYS[at % 2],
        }
        for at in range(60)
    ]
    with (tmp_path / f"log.{request.param}").open("w", newline="") as file:
        if request.param == "csv":
            writer = csv.DictWriter(file, rows[0])
            writer.writeheader()
            writer.writerows(rows)
        else:
            file.writelines(json.dumps(row) + "\n" for row in rows)

    def written(**fields):
        document = {
            "protocol": "mixed",
            "version": 1,
            "model": "m",
            "source": {"name": "mixed", "format": request.param, "uri": f"log.{request.param}", "time_zone": "America/New_York"},
            "fields": {"id": "id", "output": "said", **fields},
            "criteria": [
                {"name": "any", "kind": "custom", "when": "output = 'yes'", "severity": 3, "why": "To read each."},
                {"name": "slow", "kind": "latency", "when": "latency_ms > 0 AND latency_ms < 1", "severity": 3, "why": "No."},
            ],
            "sampling": {"window": "1 week", "keep": 60, "control": 60, "seed": "1"},
        }
        (tmp_path / "mixed.yaml").write_text(yaml.safe_dump(document))
        return str(tmp_path / "mixed.yaml")

    return request.param, written


def counted(path):
    """Return what a check says that it counted, and what it advises, by the field."""
    with without_catalog({}) as desk:
        found = [each for each in actions.check(desk, path) if each.code == "counts" and "field " in each.what]
    return {re.search(r"field ([\w.]+):", each.what)[1]: (each.what, each.do) for each in found}


def captured(path, tmp_path):
    """Return what a capture refuses by reason, and its events by id."""
    with remiss.open(str(tmp_path / "catalog.db"), environment={}, create=True) as ws:
        refused = capture(ws, path).refused
        lines = catalog.search(ws, "criterion:any", limit=100)
        return refused, {event.id: event for event in (catalog.show(ws, line["id"]).event for line in lines)}


def test_a_check_says_of_mixed_texts_what_a_capture_then_does_with_them(log, tmp_path):
    form, written = log
    # A CSV has no empty text.
    empty = form == "jsonl"
    time = "to_timestamp(TRY_CAST(at AS DOUBLE))"
    what, do = counted(written(time=time, latency_ms="latency", inputs=["price"]))["latency_ms"]
    assert f"of the first 60 rows {36 + 12 * empty} hold a text in latency that is no number and would be refused" in what
    assert "9.9 a (24)" in what
    path = written(time=time, latency_ms="TRY_CAST(latency AS DOUBLE)", inputs={"price": "TRY_CAST(price AS DOUBLE)"})
    found = counted(path)
    assert found["time"][0].startswith("field time: of 60 rows of the log 40 are refused as bad-time, ")
    of_latency = f"field latency_ms: of 20 rows of the window of 2013-06-03 {12 + 4 * empty} are refused as bad-type:latency_ms"
    assert found["latency_ms"][0].startswith(of_latency)
    what, do = found["inputs.price"]
    assert what.startswith(f"field inputs.price: of 20 rows of the window of 2013-06-03 {10 + 10 * empty} are null")
    assert do.startswith(f"TRY_CAST(replace(price, ',', '') AS DOUBLE) reads {10 if empty else 0} of them") is empty
    refused, events = captured(path, tmp_path)
    assert refused == {"bad-time": 40, "bad-type:latency_ms": 12 + 4 * empty}
    assert {event.latency_ms for event in events.values()} == ({250} if empty else {250, None})


def test_the_guide_reads_every_way_and_a_check_counts_what_is_left(log, tmp_path):
    _, written = log
    section = GUIDE.read_text().partition("### Numbers and times written as text")[2].partition("\n## ")[0]
    first, second = re.findall(r"```yaml\n(.*?)```", section, re.DOTALL)
    path = written(**yaml.safe_load(first)["fields"], **yaml.safe_load(second))
    found = counted(path)
    assert found.keys() == {"latency_ms", "inputs.price", "inputs.wait_ms"}
    assert "24 are refused as bad-type:latency_ms, for the text in latency is written as 9.9 a (24) (" in found["latency_ms"][0]
    refused, events = captured(path, tmp_path)
    assert refused == {"bad-type:latency_ms": 24}
    assert {event.at for event in events.values()} == {datetime(2013, 6, 5, 14, tzinfo=UTC)}
    assert {event.latency_ms for event in events.values()} == {250, None}
    assert {event.inputs["price"] for event in events.values()} == {7, 0.25, 1234, 1234.5, None}
    assert {event.inputs["cost"] for event in events.values()} == {7, 0.25, 1234, 1234.5}
    assert {event.inputs["day"][:10] for event in events.values()} == {"2013-06-03", "2013-06-04"}
    assert {event.inputs["wait_ms"] for event in events.values()} == {250, 12.5, 1200, None}
