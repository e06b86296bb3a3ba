"""The document that registers models, as pydantic models: what may stand under each key; and how such a file is read."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, BeforeValidator, Field

from remiss.edges.documents import FileDocuments
from remiss.edges.runners.registration import CALLABLE, EXAMPLES, MLFLOW, ONNX, saved_at, url_of
from remiss.errors import InputError, Location
from remiss.protocol.reading import Unclear, read, walk
from remiss.protocol.shape import Section, Sink, one_line, sink, validate, wrong

M = TypeVar("M", bound=Section)
_SIZE = re.compile(r"([0-9]+(?:\.[0-9]+)?) ?([KMGT])i?B", re.IGNORECASE)
_TIMES = {"K": 1 << 10, "M": 1 << 20, "G": 1 << 30, "T": 1 << 40}
_VARIABLE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
_HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
# What HTTP needs for itself.
_OWN_HEADERS = frozenset({"host", "content-length", "content-type", "content-encoding", "transfer-encoding", "connection"})


def matching(pattern: str, what: str, do: str) -> AfterValidator:
    """Return what refuses a text that a pattern does not match as a whole."""

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


def _saved(format_: str) -> AfterValidator:
    def check(value: str) -> str:
        try:
            saved_at(format_, value)
        except ValueError as error:
            raise wrong(str(error), f"write it as {EXAMPLES[format_]}") from error
        return value

    return AfterValidator(check)


def _within(value: object) -> object:
    return {"kind": value} if isinstance(value, str) else value


Name = Annotated[str, matching(r"[A-Za-z0-9][\w.-]{0,127}", "is not a name", "use letters, digits and . _ - between them")]
Version = Annotated[
    str, matching(r"[A-Za-z0-9][\w.+-]{0,63}", "is not a version", "use letters, digits and . _ + - between them")
]
Digest = Annotated[str, matching(r"sha256:[0-9a-f]{64}", "is not a digest", "write sha256: and 64 hexadecimal digits")]
Line = Annotated[str, AfterValidator(lambda value: one_line(value, 500))]
Json = Annotated[Any, AfterValidator(_json)]
Variable = Annotated[str, AfterValidator(_variable)]
Url = Annotated[str, AfterValidator(_url)]
NetworkName = Annotated[str, AfterValidator(_network)]
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
    python: Annotated[str, matching(CALLABLE.pattern, "names no callable", "write package.module:callable")] | None = None
    """package.module:callable, which takes a list of rows and returns a list of answers"""
    http: Url | None = None
    """the URL of a server that answers for it"""
    mlflow: Annotated[str, _saved(MLFLOW)] | None = None
    """models:/NAME/VERSION, or the path or URI of another saved pyfunc; paths are relative to this file"""
    onnx: Annotated[str, _saved(ONNX)] | None = None
    """the file of a model of ONNX, relative to this file"""
    gets: Literal["raw", "inputs"] = "inputs"
    """what it gets: the inputs that the protocol names, or the raw row of the log"""
    digest: Digest | None = None
    """the digest of the model; of a saved one, and where `files` are named, it must be theirs"""
    example: Annotated[dict[str, Any], AfterValidator(_json)] | None = None
    """a row that it answers, for `remiss model check`"""
    limits: LimitsModel = LimitsModel()
    """what it may use"""
    interpreter: Line | None = None
    """of python, mlflow and onnx: the interpreter, for example .venv/bin/python; default: that of remiss"""
    path: list[Line] = []
    """of python: folders in which its modules are looked for, relative to this file; the file's own folder is always one"""
    environment: list[Variable] = []
    """of python, mlflow and onnx: names of variables of the environment that it gets besides the ordinary ones"""
    files: list[Line] = []
    """of python and onnx: what else it is made of, relative to this file; its digest is made of these, too"""
    inputs: dict[str, Line | list[Line]] | None = None
    """of onnx: by the name of an input which value of the row it is, or which in order; default: the one of its name"""
    output: Line | None = None
    """of mlflow and onnx: which column or output the output is; NAME[KEY] is what stands under a key or place in it"""
    confidence: Line | None = None
    """of mlflow and onnx: which the confidence is, likewise; of shares by class that of the class that was answered"""
    template: Annotated[TemplateModel, BeforeValidator(_within)] = TemplateModel()
    """of http: what is sent and where the answer is"""
    headers: dict[Annotated[str, AfterValidator(_header)], Variable] = {}
    """of http: headers, each with the name of the variable of the environment that holds its value"""
    bearer: Variable | None = None
    """of http: the name of the variable that holds its token, sent as Authorization: Bearer"""
    allow: list[NetworkName] = []
    """of http: addresses that are not public and may be asked, for example 127.0.0.1 or 10.1.0.0/16"""
    redirects: Annotated[int, Field(ge=0, le=5)] = 0
    """of http: how many redirects are followed"""
    proxy: bool = False
    """of http: whether to go by the proxy that the environment names, which then decides where it leads"""


class ModelsFile(Section):
    models: list[ModelEntry]
    """the models that may be run"""


def bytes_of(size: str) -> int:
    """Return how many bytes a size is.

    >>> bytes_of("1.5KB")
    1536
    """
    found = _SIZE.fullmatch(size)
    assert found is not None
    number, unit = found.groups()
    return int(float(number) * _TIMES[unit.upper()])


def document_in(file: str, kind: type[M], judge: Callable[[M, Sink], None], error: type[InputError]) -> M:
    """Return what a file of the machine says, as a document of some kind.

    Parameters
    ----------
    judge : adds what is wrong with parts of the document together
    error : raised where the file cannot be read or says something wrong: the first such thing, and how many there are besides
    """
    try:
        text = FileDocuments().read(file)
    except InputError as wrong_file:
        raise error(wrong_file.what, where=wrong_file.where, do=wrong_file.do) from wrong_file
    document, early = read(text, file)
    findings, found = list(early), None
    if document is not None and not findings:
        found, complaints = validate(kind, document, file)
        findings += complaints
        if found is not None and not complaints:
            judge(found, sink(findings, document, file))
    if found is not None and not findings:
        return found
    first, *others = findings
    more = f" (and {len(others)} more)" if others else ""
    raise error(first.what + more, where=Location(first.file, first.line), do=first.do)
