"""The file of models: YAML to registrations, with the line of what is wrong in it."""

from __future__ import annotations

import ipaddress
import re
import sys
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from remiss.edges.documents import FileDocuments
from remiss.edges.runners.registration import CALLABLE, HTTP, PYTHON, HttpTarget, PythonTarget, Registration, Target, url_of
from remiss.edges.runners.templates import JsonTemplate, KServe, OpenAIChat, Template, compiled
from remiss.errors import InputError, Location, ModelError
from remiss.protocol.check_result import Finding
from remiss.protocol.reading import Unclear, read, walk
from remiss.protocol.shape import Section, Sink, one_line, sink, validate, wrong
from remiss.records.model import ModelLimits, ModelSpecification, RowKind

_SIZE = re.compile(r"([0-9]+(?:\.[0-9]+)?) ?([KMGT])i?B", re.IGNORECASE)
_TIMES = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
# What HTTP needs for itself.
_OWN_HEADERS = frozenset({"host", "content-length", "content-type", "content-encoding", "transfer-encoding", "connection"})


def _matching(pattern: str, what: str, do: str) -> AfterValidator:
    def check(value: str) -> str:
        if not re.fullmatch(pattern, value, re.ASCII):
            raise wrong(what, do)
        return value

    return AfterValidator(check)


def _size(value: str) -> str:
    if not _SIZE.fullmatch(value):
        raise wrong(f"is {value[:40]}", "write a size, for example 2GB")
    return value


def _json(value: Any) -> Any:
    for _, scalar in walk(value):
        if isinstance(scalar, Unclear):
            raise wrong(f"has {scalar.text}, which YAML also reads as {scalar.reading}", f'write it in quotes: "{scalar.text}"')
    return value


def _variable(value: str) -> str:
    if not _VARIABLE.fullmatch(value) or value.startswith("REMISS_"):
        raise wrong("is not the name of a variable of the environment", "write its name, never its value; none of remiss's own")
    return value


def _header(value: str) -> str:
    if not _HEADER.fullmatch(value) or value.lower() in _OWN_HEADERS:
        raise wrong("is not a header that can be sent", "leave it out")
    return value


def _network(value: str) -> str:
    try:
        ipaddress.ip_network(value)
    except ValueError:
        raise wrong("is not an address or a network", "write it as 127.0.0.1 or 10.0.0.0/8") from None
    return value


def _url(value: str) -> str:
    try:
        url_of(value)
    except ValueError as error:
        raise wrong(str(error), "write it as https://HOST/PATH; secrets come by headers") from error
    return value


def _within(value: object) -> object:
    return {"kind": value} if isinstance(value, str) else value


Name = Annotated[str, _matching(r"[A-Za-z0-9][\w.-]{0,127}", "is not a name", "use letters, digits and . _ - between them")]
Version = Annotated[
    str, _matching(r"[A-Za-z0-9][\w.+-]{0,63}", "is not a version", "use letters, digits and . _ + - between them")
]
Digest = Annotated[str, _matching(r"sha256:[0-9a-f]{64}", "is not a digest", "write sha256: and 64 hexadecimal digits")]
Line = Annotated[str, AfterValidator(lambda value: one_line(value, 500))]
Json = Annotated[Any, AfterValidator(_json)]
Variable = Annotated[str, AfterValidator(_variable)]
Seconds = Annotated[float, Field(gt=0, le=86_400)]
Datatype = Literal[
    "BOOL", "UINT8", "UINT16", "UINT32", "UINT64", "INT8", "INT16", "INT32", "INT64", "FP16", "FP32", "FP64", "BYTES"
]


class LimitsModel(Section):
    seconds: Seconds = 30.0
    """the most seconds that one batch may take, or one request"""
    start_seconds: Seconds = 60.0
    """the most seconds that loading the model may take"""
    total_seconds: Seconds | None = None
    """the most seconds that a batch may take with all its retries; default: four times `seconds`"""
    memory: Annotated[str, AfterValidator(_size)] = "4GB"
    """the most memory that its process may reserve, for example 2GB"""
    output_bytes: Annotated[int, Field(ge=16, le=64 << 20)] = 64 << 10
    """the most bytes that the answer to one row may have, as JSON"""
    batch: Annotated[int, Field(ge=1, le=100_000)] = 64
    """how many rows are asked at once"""
    concurrency: Annotated[int, Field(ge=1, le=256)] = 1
    """how many processes, or requests at a time"""
    retries: Annotated[int, Field(ge=0, le=20)] = 3
    """how often a request is tried again that may succeed in a moment"""
    rate: Annotated[float, Field(gt=0)] | None = None
    """the most requests in a second"""


class TemplateModel(Section):
    kind: Literal["json", "kserve-v2", "openai-chat"] = "json"
    """json with a `request` of your own, kserve-v2 (the open inference protocol), or openai-chat"""
    request: Json = "$"
    """of json: the body; a text that begins with $ is a JSON path into the row, {$each: ...} a list of one entry a row"""
    output: str | None = None
    """where the output is: of json and openai-chat a JSON path, of kserve-v2 the name of a tensor"""
    confidence: str | None = None
    """where the confidence is, likewise"""
    model: Line | None = None
    """what the server calls the model; default: its name here"""
    inputs: dict[str, Datatype] | None = None
    """of kserve-v2: the inputs in order, each with its datatype; default: those of the row, numbers as FP64"""
    tensor: Line | None = None
    """of kserve-v2: the name of the one tensor that holds all inputs; default: one tensor for each input"""
    prompt: str | None = None
    """of openai-chat: what is asked, with {name} for values of the row; default: the row as JSON"""
    system: str | None = None
    """of openai-chat: what the model is told before"""


class ModelEntry(Section):
    name: Name
    """what the model is called, as in protocols"""
    version: Version
    """its version, as the log has it"""
    python: Annotated[str, _matching(CALLABLE.pattern, "names no callable", "write package.module:callable")] | None = None
    """package.module:callable, which takes a list of rows and returns a list of answers"""
    http: Annotated[str, AfterValidator(_url)] | None = None
    """the URL of a server that answers for it"""
    gets: Literal["raw", "inputs"] = "inputs"
    """what it gets: the inputs that the protocol names, or the raw row of the log"""
    digest: Digest | None = None
    """the digest of the model; where `files` are named it must be theirs"""
    example: Annotated[dict[str, Any], AfterValidator(_json)] | None = None
    """a row that it answers, for `remiss model check`"""
    limits: LimitsModel = LimitsModel()
    """what it may use"""
    interpreter: Line | None = None
    """of python: the interpreter, for example .venv/bin/python; default: that of remiss"""
    path: list[Line] = []
    """of python: folders in which its modules are looked for, relative to this file; the file's own folder is always one"""
    environment: list[Variable] = []
    """of python: names of variables of the environment that it gets besides the ordinary ones"""
    files: list[Line] = []
    """of python: what it is made of, relative to this file; its digest is made of these"""
    template: Annotated[TemplateModel, BeforeValidator(_within)] = TemplateModel()
    """of http: what is sent and where the answer is"""
    headers: dict[Annotated[str, AfterValidator(_header)], Variable] = {}
    """of http: headers, each with the name of the variable of the environment that holds its value"""
    bearer: Variable | None = None
    """of http: the name of the variable that holds its token, sent as Authorization: Bearer"""
    allow: list[Annotated[str, AfterValidator(_network)]] = []
    """of http: addresses that are not public and may be asked, for example 127.0.0.1 or 10.1.0.0/16"""
    redirects: Annotated[int, Field(ge=0, le=5)] = 0
    """of http: how many redirects are followed"""
    proxy: bool = False
    """of http: whether to go by the proxy that the environment names, which then decides where it leads"""


class ModelsFile(Section):
    models: list[ModelEntry]
    """the models that may be run"""


_OF_PYTHON = ("interpreter", "path", "environment", "files")
_OF_HTTP = ("template", "headers", "bearer", "allow", "redirects", "proxy")
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
    try:
        text = FileDocuments().read(file)
    except InputError as error:
        raise ModelError(error.what, where=error.where, do=error.do) from error
    document, findings = read(text, file)
    found = list(findings)
    model = None
    if document is not None and not found:
        model, complaints = validate(ModelsFile, document, file)
        found += complaints
        if not complaints and model is not None:
            _judge(model, sink(found, document, file))
    if found or model is None or document is None:
        raise _first_of(found)
    folder = Path(file).absolute().parent
    made = [_registration(each, folder) for each in model.models]
    return tuple(sorted(made, key=lambda each: (each.specification.name, each.specification.version)))


def _first_of(findings: list[Finding]) -> ModelError:
    first, *others = findings
    more = f" (and {len(others)} more)" if others else ""
    return ModelError(first.what + more, where=Location(first.file, first.line), do=first.do)


def _judge(file: ModelsFile, add: Sink) -> None:
    """Add what is wrong with keys together."""
    seen: set[tuple[str, str]] = set()
    for at, each in enumerate(file.models):
        here = ("models", at)
        if (each.name, each.version) in seen:
            add(here, f"{each.name}@{each.version} a second time", "keep one of the two")
        seen.add((each.name, each.version))
        if (each.python is None) == (each.http is None):
            add(here, f"{each.name}@{each.version} has not one of python and http", "write one of them")
            continue
        for key in _OF_HTTP if each.http is None else _OF_PYTHON:
            if key in each.model_fields_set:
                add((*here, key), f"{key} belongs to models of {PYTHON if each.http else HTTP}", "remove it")
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
    specification = ModelSpecification(
        name=entry.name,
        version=entry.version,
        runner=PYTHON if entry.http is None else HTTP,
        target=entry.python or entry.http,
        gets=RowKind(entry.gets),
        limits=ModelLimits(
            seconds=limits.seconds,
            start_seconds=limits.start_seconds,
            total_seconds=limits.total_seconds or 4 * limits.seconds,
            memory_bytes=_bytes(limits.memory),
            output_bytes=limits.output_bytes,
            batch_size=limits.batch,
            concurrency=limits.concurrency,
            retries=limits.retries,
            rate=limits.rate,
        ),
        digest=entry.digest,
        example=entry.example,
    )
    return Registration(specification=specification, target=_target(entry, folder))


def _bytes(text: str) -> int:
    found = _SIZE.fullmatch(text)
    assert found is not None
    number, unit = found.groups()
    return int(float(number) * _TIMES[unit.upper()])


def _target(entry: ModelEntry, folder: Path) -> Target:
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
    module, _, name = (entry.python or "").partition(":")
    return PythonTarget(
        module=module,
        callable=name,
        folder=folder,
        interpreter=sys.executable if entry.interpreter is None else str(_at(folder, entry.interpreter)),
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
