"""The file of models: a document to registrations, with the line of what is wrong in it."""

from __future__ import annotations

import sys
from pathlib import Path

from remiss.edges.runners.model_document import ModelEntry, ModelsFile, TemplateModel, bytes_of, document_in
from remiss.edges.runners.registration import (
    HTTP,
    MLFLOW,
    ONNX,
    PYTHON,
    HttpTarget,
    PythonTarget,
    Registration,
    SavedTarget,
    Target,
)
from remiss.edges.runners.templates import JsonTemplate, KServe, OpenAIChat, Template, compiled
from remiss.errors import ModelError
from remiss.protocol.reading import walk
from remiss.protocol.shape import Sink
from remiss.records.model import ModelLimits, ModelSpecification, RowKind

KINDS = (PYTHON, MLFLOW, ONNX, HTTP)
# Of which kinds a key is that is not of all.
_OF = {
    "path": (PYTHON,),
    "files": (PYTHON, ONNX),
    "inputs": (ONNX,),
    **dict.fromkeys(("interpreter", "environment"), (PYTHON, MLFLOW, ONNX)),
    **dict.fromkeys(("output", "confidence"), (MLFLOW, ONNX)),
    **dict.fromkeys(("template", "headers", "bearer", "allow", "redirects", "proxy"), (HTTP,)),
}
_OF_TEMPLATE = {
    "json": {"request", "output", "confidence"},
    "kserve-v2": {"model", "inputs", "tensor", "output", "confidence"},
    "openai-chat": {"model", "prompt", "system", "output", "confidence"},
}


def registrations(file: str) -> tuple[Registration, ...]:
    """Return what a file registers, by name and version.

    Raises
    ------
    ModelError : it cannot be read, or says something wrong
    """
    model = document_in(file, ModelsFile, _judge, ModelError)
    folder = Path(file).absolute().parent
    made = [_registration(each, folder) for each in model.models]
    return tuple(sorted(made, key=lambda each: (each.specification.name, each.specification.version)))


def _judge(file: ModelsFile, add: Sink) -> None:
    """Add what is wrong with keys together."""
    seen: set[tuple[str, str]] = set()
    for at, each in enumerate(file.models):
        here = ("models", at)
        if (each.name, each.version) in seen:
            add(here, f"{each.name}@{each.version} a second time", "keep one of the two")
        seen.add((each.name, each.version))
        kinds = [kind for kind in KINDS if getattr(each, kind) is not None]
        if len(kinds) != 1:
            add(here, f"{each.name}@{each.version} has not one of python, mlflow, onnx and http", "write one of them")
            continue
        for key, owners in _OF.items():
            if key in each.model_fields_set and kinds[0] not in owners:
                add((*here, key), f"{key} belongs to models of {' and '.join(owners)}", "remove it")
        for key in sorted(each.template.model_fields_set - {"kind"} - _OF_TEMPLATE[each.template.kind]):
            add((*here, "template", key), f"{key} does not belong to a template of kind {each.template.kind}", "remove it")
        if each.template.kind != "kserve-v2":
            _judge_paths(each.template, (*here, "template"), add)


def _judge_paths(template: TemplateModel, where: tuple[str | int, ...], add: Sink) -> None:
    given = [("output", template.output), ("confidence", template.confidence)]
    given += [("request", text) for _, text in walk(template.request) if isinstance(text, str)]
    for key, path in given:
        if path is None or (key == "request" and (not path.startswith("$") or path.startswith("$$"))):
            continue
        try:
            compiled(path)
        except ValueError as error:
            add((*where, key), str(error), "write one of RFC 9535, for example $.predictions[*]; $$ begins a text with $")


def _registration(entry: ModelEntry, folder: Path) -> Registration:
    limits = entry.limits
    runner = next(kind for kind in KINDS if getattr(entry, kind) is not None)
    specification = ModelSpecification(
        name=entry.name,
        version=entry.version,
        runner=runner,
        target=getattr(entry, runner),
        gets=RowKind(entry.gets),
        limits=ModelLimits(
            seconds=limits.seconds,
            start_seconds=limits.start_seconds,
            total_seconds=limits.total_seconds or 4 * limits.seconds,
            memory_bytes=bytes_of(limits.memory),
            output_bytes=limits.output_bytes,
            batch_size=limits.batch,
            concurrency=limits.concurrency,
            retries=limits.retries,
            rate=limits.rate,
        ),
        digest=entry.digest,
        example=entry.example,
    )
    return Registration(specification=specification, target=_target(entry, runner, folder))


def _target(entry: ModelEntry, runner: str, folder: Path) -> Target:
    if entry.http is not None:
        return HttpTarget(
            url=entry.http,
            template=_template(entry.template, entry.name),
            headers=entry.headers,
            bearer=entry.bearer,
            allow=tuple(entry.allow),
            redirects=entry.redirects,
            proxy=entry.proxy,
        )
    interpreter = sys.executable if entry.interpreter is None else str(_at(folder, entry.interpreter))
    if runner in {MLFLOW, ONNX}:
        return SavedTarget(
            format=runner,
            uri=getattr(entry, runner),
            folder=folder,
            interpreter=interpreter,
            environment=tuple(entry.environment),
            inputs=entry.inputs,
            output=entry.output,
            confidence=entry.confidence,
            files=tuple(entry.files),
        )
    module, _, name = (entry.python or "").partition(":")
    return PythonTarget(
        module=module,
        callable=name,
        folder=folder,
        interpreter=interpreter,
        path=tuple(str(folder / each) for each in entry.path),
        environment=tuple(entry.environment),
        files=tuple(entry.files),
    )


def _at(folder: Path, interpreter: str) -> Path | str:
    """Return an interpreter: a path, from the file's folder, or a name that PATH leads to."""
    return folder / interpreter if "/" in interpreter else interpreter


def _template(given: TemplateModel, name: str) -> Template:
    model = given.model or name
    match given.kind:
        case "kserve-v2":
            return KServe(model=model, inputs=given.inputs, tensor=given.tensor, output=given.output, confidence=given.confidence)
        case "openai-chat":
            return OpenAIChat(
                model=model, prompt=given.prompt, system=given.system, output=given.output, confidence=given.confidence
            )
        case _:
            return JsonTemplate(body=given.request, output=given.output or "$", confidence=given.confidence)
