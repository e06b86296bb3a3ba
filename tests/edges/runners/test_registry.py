"""Which models may be run: those that the file of models names, with its line where it is wrong; no others through a server."""

from __future__ import annotations

import pytest

from remiss.edges.runners.registration import unregistered
from remiss.edges.runners.registry import ModelRegistry
from remiss.errors import Ambiguous, InputError, ModelError, NotFound, SettingError
from remiss.settings import Settings
from tests.tables import each

FILE = """models:
  - name: delay
    version: "1"
    python: delays:predict
    files: [delays.py]
    environment: [REGION]
    example: {x: 4}
    limits: {seconds: 5, memory: 1.5GB, batch: 8}
  - name: delay
    version: "2"
    http: https://models.example/v2/models/delay/infer
    template: {kind: kserve-v2, inputs: {x: FP32}, output: late}
    bearer: DELAY_TOKEN
    allow: [127.0.0.1, 10.0.0.0/8]
    gets: raw
    limits: {seconds: 2, concurrency: 4, rate: 10}
  - name: chat
    version: a
    http: https://models.example/
    template: {kind: openai-chat, model: gpt, prompt: "Late? {x}"}
"""
MODULE = "def predict(rows): return [row['x'] * 2 for row in rows]\n"


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "models.yaml").write_text(FILE)
    (tmp_path / "delays.py").write_text(MODULE)
    return tmp_path


def registry(folder, *, registered_only=False, **settings) -> ModelRegistry:
    return ModelRegistry(Settings(**settings), folder / "catalog.db", registered_only=registered_only)


def test_models_are_found_beside_the_catalog_by_name_and_version(folder):
    models = registry(folder)
    assert [*map(str, models.registered())] == ["chat@a", "delay@1", "delay@2"]
    found = models.find("delay@1")
    assert (found.runner, found.target, found.limits.memory_bytes, found.limits.total_seconds) == (
        *("python", "delays:predict"),
        *(1.5 * 2**30, 20),
    )
    assert models.find("chat").version == "a"
    assert models.find("delay@2").gets.value == "raw"


def test_a_file_that_a_setting_names_is_used_instead(folder, tmp_path_factory):
    other = tmp_path_factory.mktemp("other") / "m.yaml"
    other.write_text("models:\n  - {name: a, version: b, python: 'a:b'}\n")
    assert [*map(str, registry(folder, models=str(other)).registered())] == ["a@b"]
    with pytest.raises(SettingError, match="there is no file"):
        registry(folder, models="nowhere.yaml").registered()


def test_where_there_is_no_file_there_are_no_models(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert registry(tmp_path).registered() == []


@each(
    "model, error, says",
    [
        ("delay", Ambiguous, "delay is registered in 2 versions"),
        ("delay@3", NotFound, "no model delay@3 is registered"),
        ("dela@1", NotFound, "no model dela@1 is registered"),
        ("python:a", InputError, "python:a names no callable"),
        ("python:a:b c", InputError, "names no callable"),
        ("https://u:p@models.example/", InputError, "has a name or password in it"),
        ("http:file:///etc/passwd", InputError, "is not an http or https URL"),
        ("mlflow:", InputError, "names no saved model"),
        ("onnx:https://models.example/m.onnx", InputError, "is not a path"),
    ],
)
def test_what_names_no_model_is_refused(folder, model, error, says):
    with pytest.raises(error, match=says):
        registry(folder).find(model)


@each("model", ["python:os:system", "mlflow:models:/delay/1", "onnx:m.onnx", "https://models.example/", "http://127.0.0.1/"])
def test_through_a_server_only_registered_models_are_run(folder, model):
    assert registry(folder).find(model).target
    with pytest.raises(InputError, match="through a server only registered models are run"):
        registry(folder, registered_only=True).find(model)


def test_a_url_of_the_open_inference_protocol_is_known_by_its_path(tmp_path):
    found = unregistered("https://models.example/v2/models/late/versions/3/infer", tmp_path)
    assert found.target.template.model == "late"


@each(
    "old, new, line, says",
    [
        ("    version: a", "    version: 1", 18, "models[3].version is 1, which YAML reads as a number where text is wanted"),
        ("  - name: chat", "  - nam: chat", 17, "models[3] lacks name"),
        ("    files: [delays.py]", "    files: delays.py", 5, "models[1].files is delays.py where a list is wanted"),
        ("    example: {x: 4}", "    example: {x: 1e3}", 7, "models[1].example has 1e3, which YAML also reads as a number"),
        ("    version: a", "    version: a\n    python: a:b", 17, "chat@a has not one of python, mlflow, onnx and http"),
        ("    files: [delays.py]", "    allow: [127.0.0.1]", 5, "allow belongs to models of http"),
        ("    bearer: DELAY_TOKEN", "    interpreter: python3", 13, "interpreter belongs to models of python"),
        ("    files: [delays.py]", "    inputs: {x: [a, b]}", 5, "inputs belongs to models of onnx"),
        ("    files: [delays.py]", "    confidence: p", 5, "confidence belongs to models of mlflow and onnx"),
        (
            "    python: delays:predict",
            "    onnx: m.onnx\n    mlflow: m",
            2,
            "delay@1 has not one of python, mlflow, onnx and http",
        ),
        ("    python: delays:predict", "    onnx: s3://bucket/m.onnx", 4, "models[1].onnx is not a path"),
        ("    python: delays:predict", "    mlflow: http://ana:secret@host/m", 4, "has a name or password in it"),
        ("    bearer: DELAY_TOKEN", "    bearer: REMISS_TOKEN", 13, "models[2].bearer is not the name of a variable"),
        ("    bearer: DELAY_TOKEN", "    headers: {Authorization: Bearer abc}", 13, "is not the name of a variable"),
        ("    bearer: DELAY_TOKEN", "    headers: {Host: NAME}", 13, "is not a header that can be sent"),
        ("10.0.0.0/8", "localhost", 14, "models[2].allow[2] is not an address or a network"),
        ("https://models.example/\n", "https://a:b@models.example/\n", 19, "has a name or password in it"),
        ("{kind: openai-chat", "{kind: json, output: $.x[", 20, ""),
        ('kind: openai-chat, model: gpt, prompt: "Late? {x}"', "output: '$.x['", 20, "$.x[ is no JSON path"),
        ('kind: openai-chat, model: gpt, prompt: "Late? {x}"', "request: {a: $x}", 20, "$x is no JSON path"),
        ("kind: openai-chat, ", "", 20, "model does not belong to a template of kind json"),
        ("memory: 1.5GB", "memory: much", 8, "models[1].limits.memory is much"),
        ("memory: 1.5GB", "seconds: 0", 8, ""),
        ("batch: 8", "batch: 0", 8, "models[1].limits.batch is 0, and it must be at least 1"),
        ('version: "2"', 'version: "1"', 9, "delay@1 a second time"),
        ("models:", "model:", 1, "the document lacks models"),
    ],
)
def test_what_is_wrong_with_the_file_is_said_with_its_line(folder, old, new, line, says):
    assert old in FILE
    (folder / "models.yaml").write_text(FILE.replace(old, new))
    with pytest.raises(ModelError) as raised:
        registry(folder).registered()
    assert (raised.value.where.line, says in raised.value.what, bool(raised.value.do)) == (line, True, True), raised.value


def test_a_model_runs_with_the_digest_of_its_files_and_not_with_another(folder):
    models = registry(folder)
    with models.open(models.find("delay@1"), seed=3) as runner:
        assert [each_.output for each_ in runner.answers([{"x": 4}])] == [8]
        environment = runner.environment()
    assert environment.seed == 3
    registered = FILE.replace("    files:", f"    digest: {environment.digest}\n    files:")
    (folder / "models.yaml").write_text(registered)
    with (again := registry(folder)).open(again.find("delay@1")) as runner:
        assert runner.environment().digest == environment.digest
    (folder / "delays.py").write_text(MODULE.replace("2", "3"))
    with pytest.raises(ModelError, match="the files of delay@1 have another digest than is registered: sha256:"):
        again.open(again.find("delay@1"))
    (folder / "delays.py").unlink()
    with pytest.raises(ModelError, match="of delay@1 cannot be read"):
        again.open(again.find("delay@1"))


def test_a_header_comes_from_the_environment_and_its_lack_is_said(folder, monkeypatch):
    models = registry(folder)
    with pytest.raises(ModelError, match="header Authorization from the variable DELAY_TOKEN, which is not set"):
        models.open(models.find("delay@2"))
    monkeypatch.setenv("DELAY_TOKEN", "a\nb")
    with pytest.raises(ModelError, match="DELAY_TOKEN, which cannot stand in a header"):
        models.open(models.find("delay@2"))
    monkeypatch.setenv("DELAY_TOKEN", "abc")
    with models.open(models.find("delay@2")) as runner:
        assert runner._endpoint.headers == {"Authorization": "Bearer abc"}
        assert "abc" not in repr(runner._endpoint)
