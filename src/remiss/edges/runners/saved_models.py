"""Saved models that the process of a model loads: a pyfunc of MLflow by mlflow, a file of ONNX by onnxruntime.

Like `child.py` this is for any Python from 3.8 in which these packages are, and of remiss it needs nothing. What is saved may
hold pickles, as MLflow's mostly do: it is opened in that process alone, and only if its digest is the one that was registered.
"""

import contextlib
import hashlib
import importlib
import os
import re
import tempfile
from typing import Any, Callable, Dict, List, Optional, Tuple
from urllib.parse import unquote, urlsplit

# Called with a kind of trouble and a message; what it returns is raised.
Trouble = Callable[[str, str], Exception]
Call = Callable[[List[Any]], Any]
# What is told of a model beside how it is asked: its digest, and the path where it is now.
Found = Tuple[Call, Dict[str, str]]

# What says where a registry of MLflow is.
REGISTRY = ("MLFLOW_TRACKING_URI", "MLFLOW_REGISTRY_URI")
# What a registry of MLflow notes in a copy that it hands out: of the copy, not of the model.
NOTED = "registered_model_meta"
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*:")
_PART = re.compile(r"(.+)\[(.+)\]")
# How a column is held, by its type in the signature of MLflow.
COLUMNS = {"double": "float64", "float": "float32", "long": "int64", "integer": "int32", "boolean": "bool"}
# How a tensor is held, by its type in ONNX.
TENSORS = {
    "double": "float64",
    "float": "float32",
    "float16": "float16",
    "bool": "bool",
    "string": "object",
    **{name: name for name in ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")},
}


def sha256(path: str) -> str:
    """Return the digest of a file."""
    digest = hashlib.sha256()
    with open(path, "rb") as opened:
        for part in iter(lambda: opened.read(1 << 20), b""):
            digest.update(part)
    return digest.hexdigest()


def digest_of(folder: str, names: List[str]) -> str:
    """Return the digest of files by name and content, as remiss makes it of the files of a model of Python."""
    lines = ["{}\0{}\n".format(name, sha256(os.path.join(folder, name))) for name in sorted(names)]
    return "sha256:" + hashlib.sha256("".join(lines).encode()).hexdigest()


def check_digest(found: str, registered: Optional[str], trouble: Trouble) -> None:
    """Go on only if a model is the one that is registered."""
    if registered not in (None, found):
        what = "its files have another digest than is registered: {}; register what is there as a version of its own"
        raise trouble("start", what.format(found))


def files_in(folder: str) -> List[str]:
    """Return the files of a saved model, relative to its folder."""
    named = [os.path.relpath(os.path.join(at, name), folder) for at, _, names in os.walk(folder) for name in names]
    return [name for name in named if name != NOTED and "__pycache__" not in name.split("/")]


def mlflow(asked: Dict[str, Any], trouble: Trouble) -> Found:
    """Return a pyfunc of MLflow, and what is told of it."""
    pyfunc = importlib.import_module("mlflow.pyfunc")
    with contextlib.suppress(Exception):
        # A model that traces itself would write to the server that it came from.
        importlib.import_module("mlflow.tracing").disable()
    at = path_of(asked["uri"]) or _brought(asked["uri"], trouble)
    if not os.path.isdir(at):
        raise trouble("start", "there is no saved model at {}".format(asked["uri"]))
    digest = digest_of(at, files_in(at))
    check_digest(digest, asked["digest"], trouble)
    model = pyfunc.load_model(at, suppress_warnings=True)
    frame = _Frame(model, trouble)

    def call(rows: List[Any]) -> Any:
        return picked(_by_row(model.predict(frame.of(rows)), len(rows)), asked, trouble)

    return call, {"digest": digest, "at": at}


def path_of(uri: str) -> Optional[str]:
    """Return the path of a saved model; None of one that is elsewhere."""
    if uri.startswith("file:"):
        return unquote(urlsplit(uri).path)
    return None if _SCHEME.match(uri) else uri


def _brought(uri: str, trouble: Trouble) -> str:
    """Return the path of a saved model that is elsewhere: it is brought into a new folder of those for temporary files."""
    if uri.startswith(("models:", "runs:")) and not any(map(os.environ.get, REGISTRY)):
        # Without one MLflow makes a new registry in the folder, and finds nothing there.
        raise trouble("start", "no registry is known: neither {} nor {} is set".format(*REGISTRY))
    artifacts = importlib.import_module("mlflow.artifacts")
    return str(artifacts.download_artifacts(artifact_uri=uri, dst_path=tempfile.mkdtemp()))


class _Frame:
    """How rows become the frame that a pyfunc takes: the columns of its signature, in its order and types."""

    def __init__(self, model: Any, trouble: Trouble) -> None:
        self._trouble = trouble
        self._pandas = importlib.import_module("pandas")
        schema = model.metadata.get_input_schema() if model.metadata is not None else None
        self._types: Dict[str, str] = {}
        self._optional: List[str] = []
        if schema is not None and schema.has_input_names():
            named = dict(zip(schema.input_names(), schema.input_types()))
            self._types = {name: getattr(kind, "name", str(kind)) for name, kind in named.items()}
            self._optional = list(schema.optional_input_names())
        self._names = list(self._types)
        if not self._names:
            # Without a signature: of scikit-learn the columns that it was trained on.
            with contextlib.suppress(Exception):
                self._names = [str(each) for each in model.get_raw_model().feature_names_in_]

    def of(self, rows: List[Any]) -> Any:
        """Return the frame of rows."""
        for name in self._names:
            if name not in self._optional and any(name not in row for row in rows):
                raise self._trouble("row", "the row has no {}, which the model takes".format(name))
        if not self._names:
            return self._pandas.DataFrame(rows)
        names = [name for name in self._names if any(name in row for row in rows)]
        columns = {name: [row.get(name) for row in rows] for name in names}
        return self._pandas.DataFrame({name: self._column(name, values) for name, values in columns.items()})

    def _column(self, name: str, values: List[Any]) -> Any:
        """Return a column of the type that the signature says, where JSON has another for the same number; else as it is."""
        kind = COLUMNS.get(self._types.get(name, ""))
        held = self._pandas.Series(values)
        fits = kind is not None and all(_fits(each, kind) for each in values)
        return held.astype(kind) if fits else held


def _fits(value: Any, kind: str) -> bool:
    if isinstance(value, bool) or kind == "bool":
        return isinstance(value, bool) and kind == "bool"
    if value is None:
        return kind.startswith("float")
    if not isinstance(value, (int, float)):
        return False
    return kind.startswith("float") or value == int(value)


def _by_row(found: Any, count: int) -> Any:
    """Return what was answered to so many rows as a list of values, of several columns as mappings."""
    if hasattr(found, "columns") and hasattr(found, "to_dict"):
        records = found.to_dict("records")
        return [next(iter(each.values())) for each in records] if len(found.columns) == 1 else records
    if isinstance(found, dict) and found:
        columns = {str(name): _single(listed(each)) for name, each in found.items()}
        if all(isinstance(each, list) and len(each) == count for each in columns.values()):
            return [dict(zip(columns, each)) for each in zip(*columns.values())]
    return _single(listed(found))


def listed(value: Any) -> Any:
    """Return an array as lists."""
    return value.tolist() if hasattr(value, "tolist") else value


def _single(values: Any) -> Any:
    """Return the values themselves of a column that is told as a list of lists of one."""
    if isinstance(values, list) and values and all(isinstance(each, list) and len(each) == 1 for each in values):
        return [each[0] for each in values]
    return values


def picked(values: Any, asked: Dict[str, Any], trouble: Trouble) -> Any:
    """Return what is registered to be the output, and the confidence, of each answer; all of it where nothing is."""
    output, confidence = asked["output"], asked["confidence"]
    if (output is None and confidence is None) or not isinstance(values, list):
        return values
    answers = []
    for value in values:
        said = value if output is None else part(value, output, trouble)
        sure = None if confidence is None else share(part(value, confidence, trouble), said)
        answers.append({"output": said, "confidence": sure})
    return answers


def part(value: Any, name: str, trouble: Trouble) -> Any:
    """Return what an answer has by a name, or by NAME[KEY] in that."""
    inner = _PART.fullmatch(name)
    found = _items(value, name) or [
        each
        for outer in _items(value, inner.group(1) if inner else "")
        for each in _items(outer, inner.group(2) if inner else "")
    ]
    if not found:
        named = ", ".join(str(each) for each in value) if isinstance(value, dict) else type(value).__name__
        raise trouble("template", "its answer has no {}; it has {}".format(name, named))
    return found[0]


def _items(value: Any, key: str) -> List[Any]:
    """Return what stands under a key, or at a place of a list; nothing where there is no such."""
    if isinstance(value, dict):
        return [each for name, each in value.items() if str(name) == key]
    return value[int(key) :][:1] if isinstance(value, list) and key.isdigit() else []


def share(found: Any, output: Any) -> Any:
    """Return a confidence: of shares by class that of the class that was answered, of a list of shares the greatest."""
    if isinstance(found, dict):
        return next(iter(_items(found, str(output))), None)
    if isinstance(found, list) and found and all(isinstance(each, (int, float)) for each in found):
        return max(found)
    return found


def onnx(asked: Dict[str, Any], trouble: Trouble) -> Found:
    """Return a model of ONNX, and what is told of it."""
    runtime = importlib.import_module("onnxruntime")
    at = asked["uri"]
    if not os.path.isfile(at):
        raise trouble("start", "there is no file {}".format(at))
    # Of one file its own digest, which other programs tell, too.
    digest = digest_of("", [at, *asked["files"]]) if asked["files"] else "sha256:" + sha256(at)
    check_digest(digest, asked["digest"], trouble)
    session = runtime.InferenceSession(at, providers=["CPUExecutionProvider"])
    feed = _Feed(session.get_inputs(), asked["inputs"] or {}, trouble)
    outputs = [each.name for each in session.get_outputs()]
    # As skl2onnx, onnxmltools and LightGBM name them.
    labels = next((each for each in outputs if "label" in each.lower()), None)
    shares = next((each for each in outputs if "prob" in each.lower()), None)
    told = asked["output"] is not None or asked["confidence"] is not None
    named = asked if told or len(outputs) != 2 or not (labels and shares) else {"output": labels, "confidence": shares}

    def call(rows: List[Any]) -> Any:
        size = 1 if feed.alone else len(rows)
        return [answer for at in range(0, len(rows), size) for answer in answered(rows[at : at + size])]

    def answered(rows: List[Any]) -> Any:
        found = dict(zip(outputs, session.run(None, feed.of(rows))))
        values = _by_row(found, len(rows))
        if not isinstance(values, list) or len(values) != len(rows):
            raise trouble("count", "its outputs have not one entry for each of {} rows".format(len(rows)))
        if len(outputs) == 1 and not told:
            return [each[outputs[0]] if isinstance(each, dict) else each for each in values]
        return picked(values, named, trouble)

    return call, {"digest": digest, "at": at}


class _Feed:
    """How rows become the tensors that a model of ONNX takes: each is of one value of the row, or of several in order."""

    def __init__(self, inputs: List[Any], named: Dict[str, Any], trouble: Trouble) -> None:
        self._numpy = importlib.import_module("numpy")
        self._trouble = trouble
        self._inputs: List[Tuple[str, str, int, List[str]]] = []
        lengths = {each.shape[0] for each in inputs if each.shape and isinstance(each.shape[0], int)}
        if lengths - {1}:
            raise trouble("start", "it takes {} rows at a time, neither one nor any number".format(max(lengths)))
        self.alone = bool(lengths)  # whether it takes no more than one row
        unknown = sorted(set(named) - {each.name for each in inputs})
        if unknown:
            raise trouble("start", "it has no input {}; it has {}".format(unknown[0], ", ".join(each.name for each in inputs)))
        for each in inputs:
            kind = re.fullmatch(r"tensor\((\w+)\)", each.type)
            if kind is None or kind.group(1) not in TENSORS:
                raise trouble("start", "its input {} is {}, which no row can be".format(each.name, each.type))
            given = named.get(each.name, each.name)
            names = [given] if isinstance(given, str) else list(given)
            self._inputs.append((each.name, TENSORS[kind.group(1)], len(each.shape), names))

    def of(self, rows: List[Any]) -> Dict[str, Any]:
        """Return the tensors of rows."""
        return {name: self._tensor(rows, kind, rank, names) for name, kind, rank, names in self._inputs}

    def _tensor(self, rows: List[Any], kind: str, rank: int, names: List[str]) -> Any:
        cells = [[self._cell(row, name, kind) for name in names] for row in rows]
        values = [each[0] for each in cells] if len(names) == 1 else cells
        try:
            held = self._numpy.array(values, dtype=kind)
        except (ValueError, OverflowError, TypeError) as error:
            raise self._trouble("row", "{} is no {}: {}".format(", ".join(names), kind, error)) from error
        return held.reshape(-1, 1) if rank == 2 and held.ndim == 1 else held

    def _cell(self, row: Any, name: str, kind: str) -> Any:
        if name not in row:
            raise self._trouble("row", "the row has no {}, which the model takes".format(name))
        value = row[name]
        flat = [value]
        while flat and isinstance(flat[0], list):
            flat = [inner for each in flat if isinstance(each, list) for inner in each]
        if not all(isinstance(each, str) if kind == "object" else _fits(each, kind) for each in flat):
            what = "{} is {}, and the model takes {}".format(name, type(value).__name__, {"object": "text"}.get(kind, kind))
            raise self._trouble("row", what)
        # What a log calls null is where a number is missing.
        return float("nan") if value is None else value
