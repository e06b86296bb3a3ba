"""Fifty made-up values of every kind stand in a log; after a capture nothing but the vault shows one of them."""

from __future__ import annotations

import json
import logging
import random
import re

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import re2
from sqlalchemy import create_engine, inspect, text

import remiss
from remiss.capture import actions as capture
from remiss.catalog import actions as catalog
from remiss.catalog.rendering import case_json
from remiss.govern.built_in import DETECTORS
from tests.personal import VALUES, hidden
from tests.serving import served
from tests.stories.logs import MONDAY, PROTOCOL, WEEK

EACH = 50
PLANTED = [(name, VALUES[name](random.Random(f"{name} {at}"))) for name in VALUES for at in range(EACH)]
PLANTED += [("ticket", f"T-{700_000 + at}") for at in range(EACH)]
FIELDS = ("remarks", "carrier", "status", "predicted", "note")
ALIKE = re2.compile("|".join(re2.escape(hidden(name, value)) for name, value in PLANTED), re2.Options())
LOOKED_FOR = f"[{', '.join(DETECTORS)}, {{name: ticket, pattern: 'T-[0-9]{{6}}'}}]"
GUARDED = (
    re.sub(r"(?m)^labels: .*\n", "", PROTOCOL)
    .replace("labels.actual", "actual")
    .replace("{airport: origin}", "{airport: origin, note: note}")
    .replace("keep: 5,", "keep: 2000,")
    .replace("[email, phone]", LOOKED_FOR)
)


def planted_log(folder):
    """A log in which every event was slow, and so is a case, and holds one value in one field; some rows have no time."""
    rows = []
    for at, (name, value) in enumerate(PLANTED):
        row = dict.fromkeys(FIELDS, "plain") | {FIELDS[at % len(FIELDS)]: value if at % 3 else f"user {at} wrote {value} there"}
        moment = None if at % 40 == 39 else MONDAY + at * WEEK / len(PLANTED)
        rows.append(
            {
                "prediction_id": f"F{at:05}@{name}",
                "scheduled_at": moment,
                "model_version": "1",
                "actual": "late",
                "score": 0.5,
                "latency_ms": 300.0,
                "origin": ("EWR", "JFK")[at % 2],
                "distance": 200 + at,
                **row,
            }
        )
    (folder / "predictions").mkdir(parents=True)
    pq.write_table(pa.Table.from_pylist(rows), folder / "predictions" / "all.parquet")
    (folder / "arrival-delay.yaml").write_text(GUARDED)
    return str(folder / "arrival-delay.yaml")


def shown(said: str) -> list[str]:
    """What was planted and stands in it, but for digits within longer ones."""

    def alone(match):
        return not re.search(r"\w", said[max(match.start() - 1, 0) : match.start()] + said[match.end() : match.end() + 1])

    return [match[0] for match in ALIKE.finditer(said) if alone(match)]


def cells(address):
    """All that the database holds, its full-text index too, as text."""
    engine = create_engine(address.replace("postgresql://", "postgresql+psycopg://"))
    with engine.connect() as connection:
        for table in inspect(connection).get_table_names():
            for row in connection.execute(text(f'SELECT * FROM "{table}"')):
                yield " ".join(str(bytes(each) if isinstance(each, memoryview) else each) for each in row)
    engine.dispose()


@pytest.fixture(scope="module")
def kept(tmp_path_factory):
    """A server on a catalog that captured the log, its folder, and the run."""
    folder = tmp_path_factory.mktemp("planted")
    remiss.open(str(folder / "remiss.db"), environment={}, create=True).close()
    with served(str(folder / "remiss.db"), {"REMISS_SOURCES": str(folder / "log")}) as there:
        run = capture.apply(there.workspace, planted_log(folder / "log"), since=MONDAY, until=MONDAY + WEEK)
        yield there, folder, run


def test_the_planted_values_are_what_the_test_looks_for():
    assert len(PLANTED) == EACH * (len(DETECTORS) + 1)
    assert shown(" ".join(value for _, value in PLANTED)) != []
    assert all(shown(f"it says {hidden(name, value)}, yes") for name, value in PLANTED)


def test_no_planted_value_is_in_a_database_or_its_index(ws, address, tmp_path):
    run = capture.apply(ws, planted_log(tmp_path / "log"), since=MONDAY, until=MONDAY + WEEK)
    assert run.cases_new > len(PLANTED) * 0.9
    assert shown("\n".join(cells(address))) == []
    for name, value in PLANTED[::EACH]:
        assert catalog.search(ws, json.dumps(hidden(name, value))).total == 0


def test_no_planted_value_is_in_a_file_and_the_vault_gives_them_all_back(kept):
    there, folder, run = kept
    held = b"".join(path.read_bytes() for path in folder.glob("remiss.db*/**/*") if path.is_file())
    held += b"".join(path.read_bytes() for path in folder.glob("remiss.db*") if path.is_file())
    text = held.decode("latin-1")
    assert [value for name, value in PLANTED if len(value) > 14 and hidden(name, value) in text] == []
    raw = "".join(there.workspace.vault.get(member.evidence).decode() for member in there.workspace.runs.members(run.id))
    assert PLANTED[0][1] in raw
    assert sum(json.dumps(value)[1:-1] in raw for _, value in PLANTED) > 0.9 * len(PLANTED)


def test_no_answer_page_metric_or_line_of_a_log_shows_a_planted_value(kept, caplog):
    there, _, run = kept
    caplog.set_level(logging.DEBUG)
    with there.client() as client, there.browser() as browser:
        found = client.get("/api/v1/cases?limit=1000")
        ids = [row["id"] for row in found.json()["items"]]
        paths = ["/runs", "/coverage", "/estimate", "/status"]
        paths += [f"/cases/facets?by={by}" for by in ("inputs.carrier", "context.note", "output", "label")]
        paths += [f"/runs/{run.id}{path}" for path in ("", "/windows", "/cells", "/changes", "/refused")]
        paths += [f"/cases/{case}{path}" for case in ids[::60] for path in ("", "/history", "/comparison")]
        pages = ["/", "/cases", "/runs", f"/runs/{run.id}", "/estimates", *(f"/cases/{case}" for case in ids[::60])]
        said = [client.get(f"/api/v1{path}").text for path in paths] + [browser.get(path).text for path in pages]
        said += [found.text, client.get("/metrics").text]
    assert len(ids) > len(PLANTED) * 0.9
    assert "[iban:" in "".join(said)
    assert shown("\n".join(said)) == []
    assert shown(caplog.text) == []


def test_no_command_and_no_export_shows_a_planted_value(kept, cli, monkeypatch):
    there, folder, run = kept
    monkeypatch.setenv("REMISS_CATALOG", str(folder / "remiss.db"))
    [case, *_] = catalog.search(there.workspace, "", limit=1).column("id")
    said = [cli("case", "search", "--limit", "1000", "--format", form) for form in ("table", "json", "csv")]
    asked = (("case", "show", case), ("case", "history", case), ("run", "show", run.id), ("run", "refused", run.id))
    said += [cli(*command, "--format", "json") for command in asked]
    assert {answer.status for answer in said} == {0}
    assert shown("\n".join(answer.out + answer.err for answer in said)) == []


def test_no_error_shows_a_planted_value(cli, tmp_path):
    protocol = tmp_path / "log" / "arrival-delay.yaml"
    planted_log(tmp_path / "log")
    ask = ("--catalog", str(tmp_path / "remiss.db"), "capture", protocol)
    protocol.write_text(GUARDED.replace("strata: [context.airport]", "strata: [context.note]"))
    stratum = cli(*ask)
    assert "context.note holds what looks like personal data" in stratum.err
    protocol.write_text(GUARDED)
    strict = cli(*ask, "--strict")
    assert "refused" in strict.err
    assert 0 not in {stratum.status, strict.status}
    assert shown(stratum.out + stratum.err + strict.out + strict.err) == []


def test_each_case_says_where_its_marks_stand_and_by_which_policy(kept):
    there, _, _ = kept
    policies = set()
    for case in catalog.search(there.workspace, "", limit=1000).column("id")[::10]:
        event = case_json(catalog.show(there.workspace, case))["event"]
        texts = {**event, **{f"inputs.{name}": value for name, value in event["inputs"].items()}}
        texts |= {f"context.{name}": value for name, value in event["context"].items()}
        assert event["redactions"]
        for each in event["redactions"]:
            policies.add(each["policy"])
            assert texts[each["field"]][each["start"] : each["end"]].startswith(f"[{each['detector']}:")
    assert len(policies) == 1
