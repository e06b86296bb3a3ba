"""Saved models, of MLflow and of ONNX: trained, saved and registered as people do it, and asked by the same process as others."""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from remiss.edges.runners import registry as registry_module
from remiss.edges.runners.registry import ModelRegistry
from remiss.errors import ModelError
from remiss.settings import Settings
from tests.tables import each

# What the classifiers were trained to know.
ROWS = [{"distance": 150, "carrier": "AA"}, {"distance": 950.5, "carrier": "UA"}]
ANSWERS = ["on-time", "late"]
LIMITS = "limits: {seconds: 20, memory: 3GB, batch: 8}"


@pytest.fixture(scope="module")
def saved(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("saved")
    quiet = {"MLFLOW_DISABLE_TELEMETRY": "true", "DO_NOT_TRACK": "true"}
    done = subprocess.run(
        [sys.executable, Path(__file__).with_name("saving.py"), folder],
        env={**os.environ, **quiet},
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def registered(folder: Path, what: str, limits: str = LIMITS) -> ModelRegistry:
    """Return the models of a file that registers one model m@1."""
    (folder / "models.yaml").write_text(f"models:\n  - {{name: m, version: '1', {what}, {limits}}}\n")
    return ModelRegistry(Settings(), folder / "catalog.db", registered_only=False)


def asked(folder: Path, what: str, rows=ROWS, limits: str = LIMITS):
    models = registered(folder, what, limits)
    with models.open(models.find("m@1")) as runner:
        return list(runner.answers(rows)), runner.environment()


@pytest.fixture(autouse=True)
def own_temporary_folder(tmp_path, monkeypatch):
    """Have models fetched to where no test beside this one fetches any."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))


def fetched() -> set[Path]:
    """Return the folders that models were fetched into."""
    return set(Path(tempfile.gettempdir()).glob("remiss-model-*"))


@pytest.mark.slow(reason="trains, saves and registers models, and loads mlflow and scikit-learn in a process for each")
def test_a_pyfunc_is_asked_by_path_and_by_its_registry_alike(saved, monkeypatch):
    answers, by_path = asked(saved, "mlflow: signed")
    assert [(each_.output, each_.trouble) for each_ in answers] == [(each_, None) for each_ in ANSWERS]
    assert by_path.packages["mlflow-skinny"]
    # Without a signature the columns are those that it was trained on, in any order.
    turned = [{"carrier": row["carrier"], "seen": 1, "distance": row["distance"]} for row in ROWS]
    assert [each_.output for each_ in asked(saved, "mlflow: plain", turned)[0]] == ANSWERS
    monkeypatch.setenv("MLFLOW_TRACKING_URI", f"sqlite:///{saved}/registry.db")
    before = fetched()
    models = ModelRegistry(Settings(), saved / "catalog.db", registered_only=False)
    with models.open(models.find("mlflow:models:/delay/1")) as runner:
        assert [each_.output for each_ in runner.answers(ROWS)] == ANSWERS
        by_registry = runner.environment()
        # Another process loads what the first one fetched.
        runner._seats[0].clear()
        monkeypatch.setenv("MLFLOW_TRACKING_URI", "sqlite:///nowhere/registry.db")
        assert [each_.output for each_ in runner.answers(ROWS)] == ANSWERS
    assert by_registry.digest == by_path.digest
    assert fetched() <= before


@pytest.mark.slow(reason="loads mlflow and scikit-learn in a process for each")
def test_the_columns_of_a_pyfunc_are_output_and_confidence_as_registered(saved):
    answers, _ = asked(saved, "mlflow: shares, output: '0', confidence: '1'")
    assert 0 < answers[0].output < 0.5 < answers[1].output == 1 - answers[1].confidence
    [lacking, wrong] = asked(saved, "mlflow: signed", [{"distance": 1}, {"distance": "far", "carrier": "AA"}])[0]
    assert (lacking.trouble.kind.value, lacking.trouble.message) == ("row", "the row has no carrier, which the model takes")
    assert (wrong.trouble.kind.value, "distance" in wrong.trouble.message) == ("raised", True)


@pytest.mark.slow(reason="loads mlflow in a process, again after each row that ends it")
def test_a_pyfunc_that_does_harm_is_bounded_as_any_model_is(saved):
    rows = [{"x": 0}, {"do": "nan"}, {"do": "die"}, {"x": 3}]
    answers, _ = asked(saved, "mlflow: harmful", rows, "limits: {seconds: 10, memory: 3GB, batch: 4}")
    troubles = {at: each_.trouble.kind.value for at, each_ in enumerate(answers) if each_.trouble}
    assert troubles == {1: "not-a-number", 2: "died"}
    assert [each_.output for each_ in answers if each_.trouble is None] == [0, 3]


@pytest.mark.slow(reason="loads mlflow in a process")
def test_a_pickle_is_read_by_the_process_of_the_model_alone_and_of_no_other_model_than_the_registered(saved):
    noted = saved / "noted"
    noted.unlink(missing_ok=True)
    other = f"sha256:{'0' * 64}"
    with pytest.raises(ModelError, match="its files have another digest than is registered: sha256:"):
        asked(saved, f"mlflow: bomb, digest: '{other}'")
    assert not noted.exists()
    asked(saved, "mlflow: bomb")
    assert int(noted.read_text()) != os.getpid()


@pytest.mark.slow(reason="loads mlflow and scikit-learn in a process")
def test_the_digest_of_a_saved_model_is_made_of_its_files_the_same_before_and_after_it_is_loaded(saved, tmp_path):
    shutil.copytree(saved / "signed", tmp_path / "signed")
    for name in ("classifier.onnx", "regression.onnx"):
        shutil.copy(saved / name, tmp_path / name)
    for what, file in (
        ("mlflow: signed", "signed/MLmodel"),
        ("onnx: classifier.onnx", "classifier.onnx"),
        ("onnx: classifier.onnx, files: [regression.onnx]", "regression.onnx"),
    ):
        before = registered(tmp_path, what).digest("m@1")
        _, environment = asked(tmp_path, what)
        assert before == environment.digest == registered(tmp_path, what).digest("m@1")
        content = (tmp_path / file).read_bytes()
        (tmp_path / file).write_bytes(content + b"\n")
        after = registered(tmp_path, what).digest("m@1")
        assert after.startswith("sha256:") and after != before
        with pytest.raises(ModelError, match="another digest than is registered"):
            registered(tmp_path, f"{what}, digest: '{before}'").digest("m@1")
        (tmp_path / file).write_bytes(content)
    by_path, by_address = (
        registered(tmp_path, f"mlflow: '{uri}'").digest("m@1") for uri in ("signed", f"file://{tmp_path}/signed")
    )
    assert by_path == by_address
    for gone in ("mlflow: nowhere", "onnx: nowhere.onnx"):
        with pytest.raises(ModelError, match=r"nowhere.* of m@1 cannot be read"):
            registered(tmp_path, gone).digest("m@1")
    # Of one in a registry that is not here it is known once it is loaded, or as it is registered.
    assert registered(tmp_path, "mlflow: 'models:/delay/1'").digest("m@1") is None
    assert registered(tmp_path, f"mlflow: 'models:/delay/1', digest: '{before}'").digest("m@1") == before


def test_the_digest_of_a_version_in_a_registry_here_is_that_of_the_folder_which_it_was_registered_from(saved, monkeypatch):
    def digest(uri):
        return registered(saved, f"mlflow: '{uri}'").digest("m@1")

    registry = f"sqlite:///{saved}/registry.db"
    monkeypatch.setenv("MLFLOW_TRACKING_URI", registry)
    assert digest("models:/delay/1") == digest("signed")
    assert [digest(f"models:/{other}") for other in ("delay/2", "delay@best", "others/1", "delay/latest")] == [None] * 4
    # A registry by itself comes first; one elsewhere, or that is no file of MLflow, tells nothing.
    for other in ("http://127.0.0.1:9", "sqlite:///nowhere.db", f"sqlite:///{saved}/classifier.onnx"):
        monkeypatch.setenv("MLFLOW_REGISTRY_URI", other)
        assert digest("models:/delay/1") is None
    monkeypatch.setenv("MLFLOW_REGISTRY_URI", "sqlite:///registry.db")
    before, added = digest("models:/delay/1"), saved / "signed" / "more.txt"
    added.write_text("another model")
    changed = digest("models:/delay/1")
    added.unlink()
    assert None not in {before, changed}
    assert before != changed
    (saved / "signed").rename(saved / "elsewhere")
    try:
        assert digest("models:/delay/1") is None
    finally:
        (saved / "elsewhere").rename(saved / "signed")


@each("file", ["classifier", "arrays"])
def test_a_classifier_of_onnx_answers_its_label_and_how_sure_it_is(saved, file):
    answers, environment = asked(saved, f"onnx: {file}.onnx")
    assert [(each_.output, each_.trouble) for each_ in answers] == [(each_, None) for each_ in ANSWERS]
    assert all(0.5 < each_.confidence <= 1 for each_ in answers)
    content = (saved / f"{file}.onnx").read_bytes()
    assert environment.digest == f"sha256:{hashlib.sha256(content).hexdigest()}"
    assert environment.packages["onnxruntime"]


@pytest.mark.slow(reason="starts a process for each model")
def test_the_inputs_of_onnx_are_values_of_the_row_as_registered(saved):
    [answer] = asked(saved, "onnx: regression.onnx, inputs: {X: [a, b]}", [{"a": 4, "b": 1.5}])[0]
    assert answer.output == pytest.approx(9.5, rel=1e-5)
    [answer] = asked(saved, "onnx: regression.onnx", [{"X": [4, 1.5]}])[0]
    assert answer.output == pytest.approx(9.5, rel=1e-5)
    late = "probabilities[1]"
    answers, _ = asked(
        saved, f"onnx: arrays.onnx, output: label, confidence: '{late}', inputs: {{carrier: by}}", [{"distance": 1, "by": "AA"}]
    )
    assert (answers[0].output, answers[0].confidence > 0.5) == ("on-time", True)
    # One row at a time where it takes no more.
    assert [each_.output for each_ in asked(saved, "onnx: one.onnx", [{"x": at} for at in range(5)])[0]] == [0, 1, 2, 3, 4]


WRONG = [
    ({"distance": 1}, "row", "the row has no carrier"),
    ({"distance": "700", "carrier": "AA"}, "row", "distance is str, and the model takes float32"),
    ({"distance": True, "carrier": "AA"}, "row", "distance is bool, and the model takes float32"),
    ({"distance": 1, "carrier": None}, "row", "carrier is NoneType, and the model takes text"),
    ({"distance": [1, 2], "carrier": "AA"}, "raised", ""),
    ({"distance": [[1], [2, 3]], "carrier": "AA"}, "row", "distance is no float32"),
]


def test_a_row_that_onnx_cannot_take_says_so_and_the_others_are_answered(saved):
    rows = [ROWS[0], *(row for row, _, _ in WRONG), ROWS[1]]
    first, *answers, last = asked(saved, "onnx: classifier.onnx", rows)[0]
    assert [first.output, last.output] == ANSWERS
    for (row, kind, says), answer in zip(WRONG, answers, strict=True):
        assert (answer.trouble.kind.value, says in answer.trouble.message) == (kind, True), (row, answer)


@pytest.mark.slow(reason="runs models that take all the time and memory that they may")
@each(
    "file, x, kind",
    [
        ("nan", -1, {"not-a-number"}),
        ("much", 1, {"too-large"}),
        ("large", 1e11, {"raised", "memory", "died"}),
        ("rounds", 1e9, {"timeout"}),
    ],
)
def test_a_model_of_onnx_that_does_harm_is_bounded_and_the_others_are_answered(saved, file, x, kind):
    rows = [{"x": 1}, {"x": 2}, {"x": x}, {"x": 1}]
    answers, _ = asked(saved, f"onnx: {file}.onnx", rows, "limits: {seconds: 1, memory: 2GB, batch: 8, output_bytes: 1000}")
    assert answers[2].trouble.kind.value in kind, answers[2]
    if file != "much":
        assert [at for at, each_ in enumerate(answers) if each_.trouble] == [2]


def test_a_model_of_onnx_that_makes_one_answer_of_a_batch_is_asked_row_by_row(saved):
    assert [each_.output for each_ in asked(saved, "onnx: few.onnx", [{"x": at} for at in (1, 2, 3)])[0]] == [1, 2, 3]


@pytest.mark.slow(reason="starts a process for each model")
@each(
    "content, what, says",
    [
        (b"", "onnx: broken.onnx", "does not start"),
        (b"\x08\x08" + b"\xff" * 1000, "onnx: broken.onnx", "does not start"),
        (None, "onnx: broken.onnx", "there is no file broken.onnx"),
        (None, "onnx: one.onnx, inputs: {y: x}", "it has no input y; it has x"),
        (None, f"onnx: one.onnx, digest: 'sha256:{'0' * 64}'", "its files have another digest than is registered"),
        (None, "onnx: one.onnx, output: z", "its answer has no z"),
        (None, "mlflow: nowhere", "there is no saved model at nowhere"),
        (None, "mlflow: models:/delay/1", "neither MLFLOW_TRACKING_URI nor MLFLOW_REGISTRY_URI is set"),
    ],
)
def test_a_saved_model_that_cannot_be_loaded_says_why(saved, content, what, says):
    (saved / "broken.onnx").unlink(missing_ok=True)
    if content is not None:
        (saved / "broken.onnx").write_bytes(content)
    if "output" in what:
        assert says in asked(saved, what, [{"x": 1}])[0][0].trouble.message
        return
    with pytest.raises(ModelError) as raised:
        asked(saved, what)
    assert says in raised.value.what


def test_what_loads_a_model_is_said_where_it_is_not_installed(saved, monkeypatch):
    monkeypatch.setattr(registry_module, "find_spec", lambda _: None)
    with pytest.raises(ModelError, match="m@1 is loaded with onnxruntime, which is not installed") as raised:
        asked(saved, "onnx: one.onnx")
    assert raised.value.do.startswith("install it: ")


@pytest.mark.slow(reason="loads mlflow in a process of a process")
def test_no_folder_is_left_of_a_model_when_remiss_is_killed(saved, tmp_path):
    code = (
        "import sys\nfrom pathlib import Path\nfrom tests.edges.runners.test_saved_models import registered\n"
        "models = registered(Path(sys.argv[1]), 'mlflow: harmful')\n"
        "with models.open(models.find('m@1')) as runner:\n    print(runner._launch.scratch, flush=True)\n    sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code, saved],
        env={**os.environ, "TMPDIR": str(tmp_path)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as remiss:
        scratch = Path(remiss.stdout.readline().strip())
        assert scratch.is_dir()
        remiss.kill()
    end = time.monotonic() + 5
    while scratch.exists() and time.monotonic() < end:
        time.sleep(0.02)
    assert not scratch.exists()
