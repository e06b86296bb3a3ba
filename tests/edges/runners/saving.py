"""Saves models as people do: `python saving.py FOLDER` trains one with scikit-learn and leaves it there for MLflow and as ONNX.

A process of its own, so that no test imports mlflow.
"""

from __future__ import annotations

import os
import sys
import warnings
from pathlib import Path

import mlflow
import numpy as np
import onnx
import pandas as pd
from mlflow.models import infer_signature
from onnx import TensorProto, helper
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType, StringTensorType
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder

FLIGHTS = pd.DataFrame({"distance": [100.0, 200.0, 900.0, 1000.0] * 10, "carrier": ["AA", "UA"] * 20})
LATE = np.array(["on-time", "on-time", "late", "late"] * 10)


class Bomb:
    """What does something as soon as its pickle is read."""

    def __init__(self, noted: str) -> None:
        self.noted = noted

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return (exec, (f"import os; open({self.noted!r}, 'w').write(str(os.getpid()))",))


def for_mlflow(folder: Path) -> None:
    """Save pyfuncs, and register one."""
    classifier = make_pipeline(
        make_column_transformer((OneHotEncoder(), ["carrier"]), remainder="passthrough"), LogisticRegression(max_iter=1000)
    ).fit(FLIGHTS, LATE)
    signature = infer_signature(FLIGHTS, LATE)
    how = {"serialization_format": "cloudpickle", "pip_requirements": []}
    mlflow.sklearn.save_model(classifier, folder / "signed", signature=signature, **how)
    mlflow.sklearn.save_model(classifier, folder / "plain", **how)
    mlflow.sklearn.save_model(classifier, folder / "shares", signature=signature, pyfunc_predict_fn="predict_proba", **how)
    here = Path(__file__).parent
    mlflow.pyfunc.save_model(
        folder / "harmful",
        python_model=str(here / "harmful_pyfunc.py"),
        code_paths=[str(here / "misbehaving.py")],
        pip_requirements=[],
    )
    os.chdir(folder)
    mlflow.set_tracking_uri(f"sqlite:///{folder}/registry.db")
    mlflow.register_model(f"file://{folder}/signed", "delay")
    classifier.bomb = Bomb(str(folder / "noted"))
    mlflow.sklearn.save_model(classifier, folder / "bomb", **how)


def graph(
    name: str, nodes: list[onnx.NodeProto], outputs: list[onnx.ValueInfoProto], shape: list[object], more: object = ()
) -> None:
    """Save a model of ONNX whose one input is x."""
    given = helper.make_tensor_value_info("x", TensorProto.FLOAT, shape)
    made = helper.make_graph(nodes, name, [given], outputs, list(more))
    onnx.save(helper.make_model(made, opset_imports=[helper.make_opsetid("", 17)], ir_version=8), f"{name}.onnx")


def floats(name: str, shape: list[object]) -> onnx.ValueInfoProto:
    """Return an output of numbers."""
    return helper.make_tensor_value_info(name, TensorProto.FLOAT, shape)


def for_onnx(folder: Path) -> None:
    """Save models of ONNX, among them some that do harm."""
    os.chdir(folder)
    columns = [("distance", FloatTensorType([None, 1])), ("carrier", StringTensorType([None, 1]))]
    frame = FLIGHTS.astype({"distance": "float32"})
    classifier = make_pipeline(
        make_column_transformer((OneHotEncoder(), ["carrier"]), remainder="passthrough"), LogisticRegression(max_iter=1000)
    ).fit(frame, LATE)
    Path("classifier.onnx").write_bytes(to_onnx(classifier, initial_types=columns).SerializeToString())
    # Shares as one array, as most others than skl2onnx have it.
    arrays = to_onnx(classifier, initial_types=columns, options={"zipmap": False})
    Path("arrays.onnx").write_bytes(arrays.SerializeToString())
    wide = np.array([[1, 2], [3, 5], [2, 0]], dtype=np.float32)
    regression = LinearRegression().fit(wide, wide @ np.array([2, 1], dtype=np.float32))
    Path("regression.onnx").write_bytes(to_onnx(regression, wide).SerializeToString())
    graph("one", [helper.make_node("Identity", ["x"], ["y"])], [floats("y", [1, 1])], [1, 1])
    graph("nan", [helper.make_node("Log", ["x"], ["y"])], [floats("y", [None, 1])], [None, 1])
    graph("few", [helper.make_node("ReduceSum", ["x"], ["y"])], [floats("y", [1, 1])], [None, 1])
    much = helper.make_tensor("shape", TensorProto.INT64, [2], [1, 20_000])
    graph("much", [helper.make_node("Expand", ["x", "shape"], ["y"])], [floats("y", [None, 20_000])], [None, 1], [much])
    # As large as x says, a number of gigabytes.
    size = [
        helper.make_node("ReduceMax", ["x"], ["most"], keepdims=0),
        helper.make_node("Cast", ["most"], ["length"], to=TensorProto.INT64),
        helper.make_node("Reshape", ["length", "one"], ["lengths"]),
        helper.make_node("ConstantOfShape", ["lengths"], ["held"]),
        helper.make_node("ReduceSum", ["held"], ["sum"], keepdims=0),
        helper.make_node("Add", ["x", "sum"], ["y"]),
    ]
    one = helper.make_tensor("one", TensorProto.INT64, [1], [1])
    graph("large", size, [floats("y", [None, 1])], [None, 1], [one])
    # As many rounds as x says.
    body = helper.make_graph(
        [helper.make_node("Identity", ["go"], ["going"]), helper.make_node("Sin", ["held"], ["next"])],
        "body",
        [
            helper.make_tensor_value_info("round", TensorProto.INT64, []),
            helper.make_tensor_value_info("go", TensorProto.BOOL, []),
            floats("held", [None, 1]),
        ],
        [helper.make_tensor_value_info("going", TensorProto.BOOL, []), floats("next", [None, 1])],
    )
    rounds = [*size[:2], helper.make_node("Loop", ["length", "", "x"], ["y"], body=body)]
    graph("rounds", rounds, [floats("y", [None, 1])], [None, 1])


if __name__ == "__main__":
    warnings.simplefilter("ignore")
    there = Path(sys.argv[1])
    for_onnx(there)
    for_mlflow(there)
