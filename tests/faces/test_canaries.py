"""Fifty made-up values of every kind stand in a log, and people write them too; nothing but the vault shows one of them.

On SQLite, and in `make soak` on PostgreSQL too, in every table, answer, page, command, export, metric and line of a log: which
routes and commands there are is asked of the application itself, so that one that is added is looked through as well.
"""

from __future__ import annotations

import json
import logging
import random
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import re2
from sqlalchemy import create_engine, inspect, text

import remiss
from bench.commands import SCENARIOS
from remiss import capture, runner, safeguard
from remiss.capture import job_actions as jobs
from remiss.capture import run_actions as runs
from remiss.catalog import actions as catalog
from remiss.catalog import attachment_actions as attachments
from remiss.catalog import evidence_actions as evidence
from remiss.catalog import view_actions as views
from remiss.codec import to_json
from remiss.contract.table import action_of, entries
from remiss.curate import discussion_actions as discussion
from remiss.curate import investigation_actions as investigating
from remiss.edges.engines import json_lines
from remiss.govern.redaction.detectors import DETECTORS
from remiss.govern.redaction.policy import WRITTEN
from remiss.records.case import Filing
from tests.databases import database_on
from tests.faces.http.routes import WAYS
from tests.personal import VALUES, hidden
from tests.serving import Served, served
from tests.stories.logs import MONDAY, PROTOCOL, WEEK

EACH = 50
PLANTED = [(name, VALUES[name](random.Random(f"{name} {at}"))) for name in VALUES for at in range(EACH)]
PLANTED += [("ticket", f"T-{700_000 + at}") for at in range(EACH)]
FIELDS = ("remarks", "carrier", "status", "predicted", "note")
ALIKE = re2.compile("|".join(re2.escape(hidden(name, value)) for name, value in PLANTED), re2.Options())
# Logs lie in folders that are called like people, and in files that are called like what they paid with.
OF_WHOM, CARD = (next(value for name, value in PLANTED if name == wanted and "/" not in value) for wanted in ("email", "card"))
# What people write is read by all detectors but those that are right by chance too often.
BY_HAND = [value for name, value in PLANTED if name in WRITTEN.names]
LOOKED_FOR = f"[{', '.join(DETECTORS)}, {{name: ticket, pattern: 'T-[0-9]{{6}}'}}]"
GUARDED = (
    re.sub(r"(?m)^labels: .*\n", "", PROTOCOL)
    .replace("labels.actual", "actual")
    .replace("predictions/*.parquet", "predictions/*/*.parquet")
    .replace("{airport: origin}", "{airport: origin, note: note}")
    .replace("keep: 5,", "keep: 2000,")
    .replace("[email, phone]", LOOKED_FOR)
)


OF_LINES = f"""\
protocol: lines
version: 1
model: lines
source: {{name: lines, format: jsonl, uri: a.jsonl}}
fields: {{id: id, time: at, output: said, text: remarks}}
require: [id, time]
criteria: [{{name: wrong, kind: custom, when: output = 'no', severity: 2, why: It said no.}}]
sampling: {{window: 1 week, keep: 2000, control: 5, undecided: 5, population: 2000, seed: "1"}}
redaction: {LOOKED_FOR}
"""


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
    (folder / "predictions" / OF_WHOM).mkdir(parents=True)
    pq.write_table(pa.Table.from_pylist(rows), folder / "predictions" / OF_WHOM / f"{CARD}.parquet")
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


def write_by_hand(ws, case):
    """Have people write every value that is looked for in what they write, wherever they may; return a thread and a file."""
    whole = "\n".join(f"it says {value}, yes" for value in BY_HAND)
    for at, value in enumerate(BY_HAND[:: EACH // 2]):
        told = {"text": value, "inputs": {"given": value}, "context": {"note": value}, "output": value, "label": value}
        catalog.file(ws, Filing(model="m", at=MONDAY, title=f"{at}: {value}"[:300], note=value, **told))
        attachments.add_attachment(ws, case, value.encode(), name=f"{value}.txt"[-200:])
    catalog.revise(ws, case, 1, note=whole)
    evidence.show_evidence(ws, case, BY_HAND[0])
    # So much goes into one text.
    for half in (whole[: len(whole) // 2], whole[len(whole) // 2 :]):
        investigating.write_hypothesis(ws, case, text=half)
        investigating.write_experiment(ws, case, executed=half, result=half)
        investigating.write_remediation(ws, case, text=half, result=half)
        thread = discussion.comment(ws, case, half)
    investigating.write_up(ws, case, hypothesis=half, experiments=half, results=half, rationale=half)
    return thread.id, attachments.list_attachments(ws, case)[0].id


def worked_off(ws, log):
    """Have a job done and another fail on a log whose errors quote it; return both."""
    protocol = str(log / "arrival-delay.yaml")
    done = jobs.capture_job(ws, protocol, since=MONDAY, until=MONDAY + WEEK)
    failed = jobs.capture_job(ws, protocol, since=MONDAY, until=MONDAY + WEEK)
    lease = ws.take_job("test")
    assert lease.job.id == done.id
    runner.work(ws, lease)
    broken = log / "predictions" / OF_WHOM / "broken.parquet"
    broken.write_text("\n".join(BY_HAND))
    runner.work_off(ws)
    broken.unlink()
    assert [each.state.value for each in ws.jobs.newest(2).found] == ["failed", "done"]
    return done.id, failed.id


@dataclass(frozen=True)
class Kept:
    """A server on a catalog that captured the log and that people wrote in, its folder and its settings."""

    there: Served
    address: str
    settings: dict[str, str]
    folder: Path
    ids: dict[str, str]
    cases: tuple[str, ...]

    @property
    def looked_at(self) -> int:
        """How many cases every route is asked of: `make soak` has more time."""
        return 6 if self.address.startswith("sqlite") else 12


@pytest.fixture(scope="module", params=["sqlite", pytest.param("postgresql", marks=pytest.mark.soak)])
def kept(request, tmp_path_factory) -> Iterator[Kept]:
    folder = tmp_path_factory.mktemp("planted")
    settings = {"REMISS_KEYS": str(folder / "keys"), "REMISS_VAULT": str(folder / "vault"), "REMISS_SOURCES": str(folder / "log")}

    scenarios = folder / "scenarios.yaml"
    scenarios.write_text(SCENARIOS.replace("scenarios: bench", "scenarios: arrival-delay"))

    def keeping(address: str) -> Iterator[Kept]:
        with served(address, settings) as there:
            ws = there.workspace
            run = capture.capture(ws, planted_log(folder / "log"), since=MONDAY, until=MONDAY + WEEK)
            cases = tuple(catalog.search(ws, "", limit=1000).column("id"))
            thread, file = write_by_hand(ws, cases[0])
            done, _ = worked_off(ws, folder / "log")
            ids = {"case": cases[0], "run": run.id, "name": "arrival-delay", "thread": thread, "attachment": file, "job": done}
            ids["view"] = views.save_view(ws, "what is late", "/cases?query=origin:filed").id
            safeguard.build_suite(ws, ids["name"], "")
            safeguard.make_scenarios(ws, ids["name"], str(scenarios))
            ids |= {"gate": "gate-0", "cluster": "cluster-0", "pattern": "pattern-0", "result": "result-0", "flag": "release.m"}
            ids["other"] = next(line["run"] for line in runs.list_runs(ws) if line["run"] != run.id)
            yield Kept(there, address, settings, folder, ids, cases)

    if request.param == "sqlite":
        path = folder / "remiss.db"
        path.write_bytes(request.getfixturevalue("sqlite_template").read_bytes())
        yield from keeping(f"sqlite:///{path}")
    else:
        with database_on(request.getfixturevalue("postgres"), "template") as address:
            yield from keeping(address)


def test_the_planted_values_are_what_the_test_looks_for():
    assert len(PLANTED) == EACH * (len(DETECTORS) + 1)
    assert len(BY_HAND) == EACH * len(WRITTEN.names)
    assert shown(" ".join(value for _, value in PLANTED)) != []
    assert all(shown(f"it says {hidden(name, value)}, yes") for name, value in PLANTED)


def test_no_planted_value_is_in_a_table_an_index_or_the_journal(kept):
    held = "\n".join(cells(kept.address))
    assert "attachment.add" in held
    assert "[iban:" in held
    # By its path a file is read and found again; whatever is shown of that passes the gate.
    assert shown(held.replace(f"predictions/{OF_WHOM}/{CARD}.parquet", "")) == []
    for name, value in PLANTED[::EACH]:
        assert catalog.search(kept.there.workspace, json.dumps(hidden(name, value))).total == 0


def test_no_planted_value_is_in_a_file_and_the_vault_gives_them_all_back(kept):
    files = [path for path in kept.folder.rglob("*") if path.is_file() and not path.is_relative_to(kept.folder / "log")]
    text = b"".join(path.read_bytes() for path in files).decode("latin-1")
    assert len(text) > 100_000
    paths = {OF_WHOM, CARD}
    assert [value for name, value in PLANTED if len(value) > 14 and value not in paths and hidden(name, value) in text] == []
    ws = kept.there.workspace
    raw = "".join(ws.vault.get(member.evidence).decode() for member in ws.runs.members(kept.ids["run"]))
    assert sum(json.dumps(value)[1:-1] in raw for _, value in PLANTED) > 0.9 * len(PLANTED)


def in_places(at, value):
    """A line of JSON in which a value stands where a field reads it or none does: as text, a key, nested, escaped, or twice."""
    said, escaped = json.dumps(value), re.sub("(....)", r"\\u\1", value.encode("utf-16-be").hex())
    row = {"id": f"E{at}", "at": (MONDAY + at * WEEK / 1000).isoformat(), "said": "no", "n": at if at % 2 else str(at)}
    whole = json.dumps(
        row | {"remarks": value if at % 8 == 0 else "plain", "note": [value, {"x": {value: at}}] if at % 8 == 1 else None}
    )
    return whole[:-1] + {
        2: f', "unnamed": {said}}}',
        3: f", {said}: {at}}}",
        4: f', "remarks": {said}}}',
        5: f', "said": "no", "remarks": "{escaped}"}}',
        6: f', "deep": {{"er": [[{said}], {at}]}}, "deep": null}}',
        7: f', "remarks": "ask {said[1:-1]}", "remarks": "plain" }}  ',
    }.get(at % 8, "}")


def test_of_lines_of_json_only_the_vault_has_what_stands_in_no_field_and_it_has_each_line(sqlite_template, tmp_path, monkeypatch):
    # Of keys that come later than that no column is made.
    monkeypatch.setattr(json_lines, "SAMPLED_ROWS", 100)
    lines = [in_places(at, value) for at, (_, value) in enumerate(PLANTED)]
    (tmp_path / "log").mkdir()
    (tmp_path / "log" / "a.jsonl").write_text("\n".join(lines))
    (tmp_path / "log" / "lines.yaml").write_text(OF_LINES)
    address = f"sqlite:///{shutil.copy(sqlite_template, tmp_path / 'remiss.db')}"
    settings = {"REMISS_KEYS": str(tmp_path / "keys"), "REMISS_VAULT": str(tmp_path / "vault")}
    with remiss.open(address, environment=settings) as ws:
        run = capture.capture(ws, str(tmp_path / "log" / "lines.yaml"), since=MONDAY, until=MONDAY + WEEK)
        assert sorted(ws.vault.get(member.evidence).decode() for member in ws.runs.members(run.id)) == sorted(lines)
        assert capture.reproduce(ws, run.id).verdict == "same"
    held = "\n".join(cells(address))
    assert "[iban:" in held
    assert shown(held) == []
    files = [path for path in tmp_path.rglob("*") if path.is_file() and path.parent.name != "log"]
    text = b"".join(path.read_bytes() for path in files).decode("latin-1")
    assert [value for name, value in PLANTED if len(value) > 14 and hidden(name, value) in text] == []


# Without these a route or page shows nothing, or not what it could.
ASKED = {
    "/api/v1/cases": ("limit=1000", "query=origin:filed"),
    "/cases": ("", "query=origin:filed", "facets=true"),
    "/api/v1/cases/facets": tuple(f"fields={each}" for each in ("inputs.carrier", "context.note", "output", "label", "model")),
    "/parts/cases/facets": ("query=origin:filed",),
    "/parts/cases/count": ("query=origin:filed",),
    "/parts/cases/completions": ("word=output:", "word=context.note:"),
    "/api/v1/protocols/{protocol}/diff": ("before=1&after=1",),
    "/protocols/{name}/diff": ("before=1&after=1",),
    "/api/v1/estimate": ("by=context.note", "by=output"),
    "/trends": ("by=context.note", "by=output"),
    "/api/v1/heatmap": (
        "",
        "rows=context.note&columns=inputs.carrier&measure=total",
        "rows=output&columns=label&measure=total",
    ),
    "/api/v1/slice-search": ("query=criterion:slow",),
    "/heatmap": ("", "rows=context.note&columns=inputs.carrier&measure=total", "rows=output&columns=label&measure=total"),
    "/drift": ("",),
    "/slices": ("", "query=criterion:slow"),
    "/api/v1/runs/{run}/comparison": ("other={other}",),
    "/runs/compare": ("run={run}&run={other}",),
    "/runs/{run}/histograms": ("field=inputs.carrier", "field=context.note", "field=output"),
    "/api/v1/access": ("person=ana&action=case.show",),
    "/api/v1/citations": ("", "address=x"),
}
# A file is what somebody added, as it is: evidence, like a raw event.
RAW = {"/api/v1/attachments/{attachment}"}
# Of nobody's catalog: styles, scripts, forms of signing in; and what leads elsewhere.
BARE = {"/static/{file}", "/assets/{file}", "/sign-in"}
# What a catalog without people, questions of a moment, or somebody else's labelling answers.
FINE = {200, 302, 303, 307, 308, 404, 409, 422}


@pytest.mark.slow(reason="every route and page is asked, of six cases")
def test_no_route_and_no_page_shows_a_planted_value_and_no_line_of_a_log(kept, caplog):
    caplog.set_level(logging.DEBUG)
    said, answered = [], set()
    ways = [way for way in WAYS if way.method == "GET" and way.path not in RAW | BARE]
    with kept.there.client() as client, kept.there.browser() as browser:
        for way in ways:
            for case in kept.cases[:: len(kept.cases) // kept.looked_at] if "{case}" in way.path else kept.cases[:1]:
                path = way.path.replace(":path}", "}").format(**kept.ids | {"case": case, "protocol": kept.ids["name"]})
                for query in (each.format(**kept.ids) for each in ASKED.get(way.path, ("",))):
                    for who, like in ((client, "application/json"), (client, "text/csv"), (browser, "text/html")):
                        answer = who.get(f"{path}?{query}" if query else path, headers={"Accept": like})
                        assert answer.status_code in FINE, (path, answer.text)
                        said.append(answer.text)
                        answered |= {way.path} if answer.status_code == 200 else set()
        said += [str(client.post("/api/v1/runs", json=body).text) for body in refused_captures()]
    assert {way.path for way in ways} - answered <= {
        "/threads/{thread}",
        "/views/{view}",
        "/help/{name:path}",
        "/estimates",
        "/api/v1",
        "/api/v1/drift",  # of two complete windows and more
        "/api/v1/rate-change",
        "/api/v1/access",
        "/api/v1/cases/{case}/form",
        "/api/v1/cases/notebook",
        "/api/v1/gates/{gate}",
        "/api/v1/gates/{gate}/attestation",
        "/api/v1/gates/{gate}/checklist",
        "/gates/{gate}",
        "/api/v1/flags/{flag}",
        "/api/v1/results/{result}",
        "/api/v1/results/{result}/rows",
        "/results/{result}",
        "/api/v1/suites/{name}/comparison",
        "/api/v1/suites/{name}/logged",
        "/suites/{name}/compare",
        "/api/v1/slice-search",  # of eight windows and more
        "/api/v1/slices/{name}",
        "/slices/{name}",
        "/api/v1/clusters/{cluster}",
        "/clusters/{cluster}",
        "/api/v1/patterns/{pattern}",
        "/patterns/{pattern}",
    }
    assert "[iban:" in "".join(said)
    assert shown("\n".join(said)) == []
    assert shown(caplog.text) == []


def refused_captures():
    """Captures that are refused with words about the rows: of a stratum that is personal, and because rows are refused."""
    stratum = GUARDED.replace("strata: [context.airport]", "strata: [context.note]").replace("version: 3", "version: 4")
    for protocol, strict in ((stratum, False), (GUARDED, True)):
        yield {
            "documents": {"protocol.yaml": protocol},
            "strict": strict,
            "since": "2013-06-03T00:00:00Z",
            "until": "2013-06-10T00:00:00Z",
        }


# What a command needs to be told besides what `ids` names.
TOLD: dict[str, tuple[str, ...]] = {
    "case.search": ("--limit", "1000"),
    "case.duplicates": ("--model", "arrival-delay", "--at", "2013-06-05", "--title", "seen"),
    "estimate": ("--by", "context.note"),
    "chart.heatmap": ("context.note", "inputs.carrier", "--measure", "total"),
    "slice.find": ("criterion:slow", "--expected", "1", "--level", "0.5", "--folded"),
    "access.check": ("ana", "case.show"),
    "audit.prove": ("journal-1",),
    "protocol.diff": ("arrival-delay@3", "arrival-delay@3"),
    "protocol.show": ("arrival-delay",),
}
# What gives raw evidence; what derives all of it anew; what asks for a document of one's own, tried below.
LEFT = {"attachment.get", "reproduce", "protocol.check", "capture.plan", "capture.due"}


@pytest.mark.slow(reason="every command that reads is run, in three forms")
def test_no_command_and_no_export_shows_a_planted_value(kept, cli, monkeypatch):
    for name, value in {"REMISS_CATALOG": kept.address, **kept.settings}.items():
        monkeypatch.setenv(name, value)
    said = []
    for face in entries().values():
        if not action_of(face.name).reads or face.name in LEFT:
            continue
        _, *words = face.command.split()
        places = TOLD.get(face.name) or tuple(given(face.name, kept.ids))
        for form in ("table", "json", "csv"):
            answer = cli(*words, *places, "--format", form)
            assert answer.status in {0, 1, 2}, (face.name, answer.err)
            said.append(answer.out + answer.err)
    assert "[iban:" in "".join(said)
    assert shown("\n".join(said)) == []


def given(action: str, ids: dict[str, str]) -> Iterator[str]:
    """Yield the ids that an action asks for by name."""
    parameters: dict[str, Any] = action_of(action).types
    for name in parameters:
        found = ids.get(name.removesuffix("_id"))
        if found is not None and name not in {"thread", "protocol"}:
            yield found


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


def test_a_log_that_is_called_like_a_person_is_read_and_derived_again_and_never_called_so(cli, tmp_path):
    protocol, address = planted_log(tmp_path / "log"), str(tmp_path / "remiss.db")
    ask = ("--catalog", address)
    run = json.loads(cli(*ask, "capture", protocol, "--format", "json").out)["run"]
    answers = [cli(*ask, *words) for words in (("reproduce", run), ("run", "show", run, "--format", "json"))]
    assert [each.status for each in answers] == [0, 0]
    assert re.search(r'"predictions/\[email:[0-9a-f]{4}\]/\[card:[0-9a-f]{4}\].parquet"', answers[1].out)
    file = tmp_path / "log" / "predictions" / OF_WHOM / f"{CARD}.parquet"
    pq.write_table(pq.read_table(file).slice(0, 500), file)
    answers += [cli(*ask, *words) for words in (("reproduce", run), ("status", "--format", "json"))]
    file.write_text("broken")
    commands = (("reproduce", run), ("capture", protocol), ("estimate", "--exact"), ("protocol", "check", protocol))
    answers += [cli(*ask, *words) for words in commands]
    file.unlink()
    answers.append(cli(*ask, "reproduce", run))
    said = "".join(each.out + each.err for each in answers)
    assert said.count("[email:") >= 6
    assert shown(said) == []


def test_each_case_says_where_its_marks_stand_and_by_which_policy(kept):
    there = kept.there
    policies = set()
    for case in catalog.search(there.workspace, "origin:captured", limit=1000).column("id")[::10]:
        event = to_json(catalog.show(there.workspace, case))["event"]
        texts = {**event, **{f"inputs.{name}": value for name, value in event["inputs"].items()}}
        texts |= {f"context.{name}": value for name, value in event["context"].items()}
        assert event["redactions"]
        for each in event["redactions"]:
            policies.add(each["policy"])
            assert texts[each["field"]][each["start"] : each["end"]].startswith(f"[{each['detector']}:")
    assert len(policies) == 1
