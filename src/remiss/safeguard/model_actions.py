"""What one can do with models: see which are registered, and try one with a row."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated

from remiss.action import action
from remiss.errors import InputError, ModelError
from remiss.parameters import Help, Option, Range
from remiss.records.event import Scalar
from remiss.records.model import (
    ModelAnswer,
    ModelCheck,
    ModelEnvironment,
    ModelRow,
    ModelSpecification,
    RegisteredModels,
    TroubleKind,
    row_of,
    trouble_in,
)
from remiss.safeguard.ports import ModelWorkspace

# Who may run a model may know where it is.
RUN = "model:check"
REPLAY = "case:replay"
RESOLVE, EXPECT = "case:resolve", "case:expect"
ModelName = Annotated[
    str, Help("NAME@VERSION of a registered model; on this machine also python:MODULE:CALLABLE, mlflow:URI, onnx:PATH or a URL.")
]
AskedModel = Annotated[ModelName, Option("--model")]
Seed = Annotated[int, Range(0, 2**32 - 1), Help("What the model's random numbers begin with.")]
ProbeRow = Annotated[
    Mapping[str, Scalar],
    Help("The row that the model is asked; default: the example that is registered with it."),
    Option("--row"),
]

# What to do about each trouble.
REMEDIES: Mapping[TroubleKind, str] = {
    TroubleKind.ROW: "give the row as plain values, all that the model takes and of its types",
    TroubleKind.START: "check its module and callable or where it is saved, `path` and `interpreter`; the message is its own",
    TroubleKind.TIMEOUT: "make it quicker, or raise `limits: {seconds: ...}`",
    TroubleKind.MEMORY: "have it use less memory, or raise `limits: {memory: ...}`",
    TroubleKind.DIED: "look at what it printed last; a lack of memory in native code ends so, too",
    TroubleKind.RAISED: "mend the model; the message is its own",
    TroubleKind.COUNT: "have it return a list with one answer for each row",
    TroubleKind.TYPE: "have it return what JSON holds: text, numbers, true, false, null, lists and mappings of these",
    TroubleKind.NOT_A_NUMBER: "have it return null where there is no number",
    TroubleKind.TOO_LARGE: "have it return less, or raise `limits: {output_bytes: ...}`",
    TroubleKind.CONNECTION: "check the URL, and that the server runs",
    TroubleKind.ADDRESS: "if it is meant, register the model with this address under `allow`",
    TroubleKind.REDIRECT: "register the address that it leads to, or raise `redirects`",
    TroubleKind.STATUS: "read what the server says; 401 and 403 are about its headers",
    TroubleKind.TEMPLATE: "compare the template, or `output` and `confidence`, with the row and with what is answered",
    TroubleKind.NOT_ASKED: "mend what kept it from being asked, and ask again",
}


@action("model.list", permission="model:read", http="GET /models", reads=True)
def list_models(ws: ModelWorkspace) -> RegisteredModels:
    """List the models that are registered, which the file of models names.

    Where a model is found is shown to those who may run it.

    Example: remiss model list

    Raises
    ------
    ModelError : the file of models says something wrong
    """
    found = ws.models.registered()
    return RegisteredModels(position=ws.position(), items=tuple(_shown(ws, each) for each in found))


@action("model.check", permission=RUN, http="POST /models/check", reads=True, snapshot=False)
def check_model(ws: ModelWorkspace, model: ModelName, *, row: ProbeRow | None = None, seed: Seed = 0) -> ModelCheck:
    """Ask MODEL one row; say what it answers, or what went wrong.

    It is started for that, and stopped again. Where it runs and how long it took is said, too, and what to do where it does not
    answer; then the exit status is 1.

    Example: remiss model check arrival-delay@2 --row carrier=UA --row distance:=700

    Raises
    ------
    NotFound, Ambiguous : no such model is registered, or several
    InputError : there is no row to ask; or a model that is not registered, through a server
    """
    found = ws.models.find(model)
    asked = _probe(found, row)
    try:
        environment, started_ms, answer = ask(ws, found, asked, seed)
    except ModelError as error:
        return _checked(found, None, None, ModelAnswer(trouble=trouble_in(error)))
    return _checked(replace(found, digest=environment.digest), environment, started_ms, answer)


def ask(ws: ModelWorkspace, model: ModelSpecification, row: ModelRow, seed: int) -> tuple[ModelEnvironment, float, ModelAnswer]:
    """Ask a model one row; return where it ran, how many milliseconds it took to start, and what came of the row.

    Raises
    ------
    ModelError : it does not start
    """
    begun = time.perf_counter()
    with ws.models.open(model, seed=seed) as runner:
        started_ms = (time.perf_counter() - begun) * 1000
        [answer] = runner.answers([row])
        return runner.environment(), started_ms, answer


def _checked(
    model: ModelSpecification, environment: ModelEnvironment | None, started_ms: float | None, answer: ModelAnswer
) -> ModelCheck:
    do = "" if answer.trouble is None else REMEDIES[answer.trouble.kind]
    return ModelCheck(model=model, environment=environment, started_ms=started_ms, answer=answer, do=do)


def _probe(model: ModelSpecification, row: Mapping[str, Scalar] | None) -> ModelRow:
    """Return the row to ask, as JSON has it.

    Raises
    ------
    InputError : there is none
    """
    given = row or model.example
    if given is None:
        raise InputError(
            f"{model} has no example", do="give a row: --row NAME=VALUE, or register the model with an example", field="row"
        )
    return row_of(given)


def _shown(ws: ModelWorkspace, model: ModelSpecification) -> ModelSpecification:
    return model if ws.may(RUN, None) or ws.may(REPLAY, None) else replace(model, target=None)
