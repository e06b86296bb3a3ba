"""Models that may be run, on the command line and through a server."""

from __future__ import annotations

import shutil
from collections.abc import Iterator

import pytest

import remiss
from remiss import safeguard
from remiss.errors import Denied, InputError, NotFound
from tests.serving import Served, served

FILE = """models:
  - name: delay
    version: "1"
    python: delays:predict
    example: {distance: 700, carrier: UA}
    limits: {seconds: 2}
  - name: delay
    version: "2"
    python: delays:predict
  - name: broken
    version: "1"
    python: nowhere:predict
    example: {}
  - name: inside
    version: "1"
    http: http://127.0.0.1:9/predict
    example: {}
"""
MODULE = """
def predict(rows):
    print("asked of", rows)
    return [{"output": {"late": row["distance"] > 500, "by": row.get("carrier")}, "confidence": 0.75} for row in rows]
"""


@pytest.fixture
def catalog(tmp_path, sqlite_template):
    shutil.copy(sqlite_template, tmp_path / "remiss.db")
    (tmp_path / "models.yaml").write_text(FILE)
    (tmp_path / "delays.py").write_text(MODULE)
    return tmp_path / "remiss.db"


def test_what_is_registered_is_listed(cli, catalog):
    answer = cli("--catalog", catalog, "model", "list", "--format", "json")
    assert [(each["name"], each["version"], each["runner"]) for each in answer.json["items"]] == [
        *(("broken", "1", "python"), ("delay", "1", "python"), ("delay", "2", "python"), ("inside", "1", "http")),
    ]
    assert "delays:predict" in cli("--catalog", catalog, "model", "list").out
    (catalog.parent / "models.yaml").write_text(FILE.replace("version:", "verion:", 1))
    answer = cli("--catalog", catalog, "model", "list")
    assert (answer.status, answer.out) == (2, "")
    assert f"{catalog.parent}/models.yaml:2: models[1] lacks version" in answer.err.replace("\n", " ")


def test_a_model_that_answers_says_what_how_fast_and_where(cli, catalog):
    answer = cli("--catalog", catalog, "model", "check", "delay@1")
    assert answer.status == 0
    assert '{"late": true, "by": "UA"}' in answer.out
    found = cli(
        "--catalog", catalog, "model", "check", "delay@2", "--row", "distance:=300", "--seed", "5", "--format", "json"
    ).json
    assert found["answer"]["output"] == {"late": False, "by": None}
    assert (found["answer"]["confidence"], found["environment"]["seed"], found["do"]) == (0.75, 5, "")
    assert found["environment"]["packages"]["pytest"] == pytest.__version__
    assert 0 < found["answer"]["latency_ms"] < found["started_ms"]


@pytest.mark.parametrize(
    ("words", "status", "says", "do"),
    [
        (["delay@1", "--row", "carrier=UA"], 1, "raised: KeyError: 'distance' (delays.py:4)", "mend the model"),
        (["broken"], 1, "start: ModuleNotFoundError: No module named 'nowhere'", "check its module"),
        (["inside"], 1, "address: 127.0.0.1 is not a public address", "under `allow`"),
        (["python:nowhere:f", "--row", "a=b"], 1, "No module named 'nowhere'", "check its module"),
    ],
)
def test_a_model_that_does_not_answer_says_what_happened_and_what_to_do(cli, catalog, words, status, says, do):
    answer = cli("--catalog", catalog, "model", "check", *words)
    assert (answer.status, says in answer.out, do in answer.out) == (status, True, True), answer
    if says.startswith("raised"):
        assert "it printed last:\nasked of [{'carrier': 'UA'}]" in answer.err


@pytest.mark.parametrize(
    ("model", "says"),
    [("delay", "delay is registered in 2 versions"), ("dely@1", "did you mean delay@1"), ("delay@2", "delay@2 has no example")],
)
def test_a_model_that_is_not_known_or_has_nothing_to_answer_is_refused(cli, catalog, model, says):
    answer = cli("--catalog", catalog, "model", "check", model)
    assert (answer.status, says in answer.err) == (2, True), answer.err


@pytest.fixture
def there(catalog) -> Iterator[Served]:
    with served(str(catalog), {}) as found:
        yield found


def test_through_a_server_a_curator_tries_registered_models_and_no_others(there):
    with remiss.open(there.url, token=there.person("cleo", role="curator")) as ws:
        assert safeguard.list_models(ws)[0].target == "nowhere:predict"
        assert safeguard.check_model(ws, "delay@1").answer.output == {"late": True, "by": "UA"}
        for model in ("python:os:system", "http://169.254.169.254/"):
            with pytest.raises(InputError, match="through a server only registered models are run"):
                safeguard.check_model(ws, model, row={"a": 1})
        with pytest.raises(NotFound):
            safeguard.check_model(ws, "delay@9")


def test_a_reader_sees_which_models_there_are_and_neither_where_nor_what_they_answer(there):
    with remiss.open(there.url, token=there.person("rui", role="reader")) as ws:
        assert next((str(each), each.target) for each in safeguard.list_models(ws)) == ("broken@1", None)
        with pytest.raises(Denied, match="model:check"):
            safeguard.check_model(ws, "delay@1")


def test_a_server_builds_no_suite_with_raw_inputs_whoever_asks_and_whatever_for(there):
    token = there.person("sam", role="steward", clearance="restricted")
    with remiss.open(there.url, token=token) as ws:
        for purpose in ("does it read addresses?", None):
            with pytest.raises(InputError, match="this was asked through a server"):
                safeguard.build_suite(ws, "arrivals", raw=True, purpose=purpose)
    body = {"name": "arrivals", "raw": True, "purpose": "does it read addresses?"}
    with there.program(token) as client:
        answer = client.post("/api/v1/suites", json=body)
    assert (answer.status_code, "asked through a server" in answer.text) == (422, True), answer.text
