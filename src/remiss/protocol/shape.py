"""The shape of a document: pydantic models over read YAML, and their complaints as findings with lines and advice."""

from __future__ import annotations

import inspect
import sys
import tokenize
import typing
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from functools import cache
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, GetJsonSchemaHandler, ValidationError
from pydantic_core import CoreSchema, ErrorDetails, PydanticCustomError

from remiss.protocol.check_result import Finding
from remiss.protocol.nearest import nearest
from remiss.protocol.reading import MOST_FINDINGS, Document, Path, Unclear, Value

M = TypeVar("M", bound=BaseModel)


class Section(BaseModel):
    """A mapping of a document: exactly these keys, values of exactly these types. Under each key stands what it is."""

    model_config = ConfigDict(strict=True, extra="forbid", frozen=True, protected_namespaces=())

    @classmethod
    def __get_pydantic_json_schema__(cls, core_schema: CoreSchema, handler: GetJsonSchemaHandler) -> dict[str, Any]:
        """Return the JSON Schema of the section, each key with its description."""
        made = handler(core_schema)
        said = descriptions(cls)
        for name, schema in handler.resolve_ref_schema(made)["properties"].items():
            schema |= {"description": said[name]} if name in said else {}
        return made


@cache
def descriptions(kind: type[BaseModel]) -> Mapping[str, str]:
    """Return what stands under each key of a section, by the key as it is written.

    Not pydantic's own way to it, which reads the source of every model when it is made: that takes as long as to read a protocol.
    """
    said = _said(kind.__module__).get(kind.__name__, {})
    return {field.alias or name: said[name] for name, field in kind.model_fields.items() if name in said}


@cache
def _said(module: str) -> Mapping[str, Mapping[str, str]]:
    """Return what stands under each key of each class of a module.

    Read by its tokens, not as a tree: of those Python 3.11 lets two threads make one at a time only, and fails otherwise.
    """
    lines = iter(inspect.getsource(sys.modules[module]).splitlines(keepends=True))
    said: dict[str, dict[str, str]] = {}
    depth, key, line, inside = 0, "", list[tokenize.TokenInfo](), dict[str, str]()
    for token in tokenize.generate_tokens(lambda: next(lines, "")):
        depth += (token.type == tokenize.INDENT) - (token.type == tokenize.DEDENT)
        if token.type in {tokenize.NAME, tokenize.OP, tokenize.STRING, tokenize.NUMBER}:
            line.append(token)
        elif token.type == tokenize.NEWLINE:
            words = [each.string for each in line[:2]]
            if depth == 0 and words[0] == "class":
                inside = said.setdefault(words[1], {})
            elif depth == 1 and key and line[0].type == tokenize.STRING:
                inside[key] = inspect.cleandoc(words[0].strip('"'))
            key = words[0] if depth == 1 and words[1:] == [":"] else ""
            line = []
    return said


def wrong(what: str, do: str) -> PydanticCustomError:
    """Return what a validator raises: `what` follows the key's name, for example `is not a duration`."""
    return PydanticCustomError("remiss", "{what}", {"what": what, "do": do})


def one_line(value: str, most: int) -> str:
    """Return text for one line, without what stands around it, or raise what a validator raises."""
    text = value.strip()
    if not text or not text.isprintable() or len(text) > most:
        raise wrong("is empty, too long or not one line of text", f"write one line of at most {most} characters")
    return text


def validate(
    kind: type[M], document: Document, file: str, *, optional: Sequence[Path] = (), instead: Mapping[Path, Value] | None = None
) -> tuple[M | None, tuple[Finding, ...]]:
    """Return the model of a document and every complaint.

    When something is wrong, what is wrong is left out and the rest is read again, so that later checks still see it:
    `optional` names by pattern (`*` is any step) what may be left out, `instead` what stands in for what may not. The
    model is None when nothing can be saved.
    """
    try:
        return kind.model_validate(document.value), ()
    except ValidationError as error:
        details = error.errors(include_url=False)
    findings = tuple(_finding(kind, detail, document, file) for detail in details[:MOST_FINDINGS])
    bad = [tuple(detail["loc"]) for detail in details]
    stand_ins = {path: value for path, value in (instead or {}).items() if path in bad}
    unknown = {tuple(detail["loc"]) for detail in details if detail["type"] == "extra_forbidden"}
    cuts = [_cut(path, optional) for path in bad if path not in stand_ins and path not in unknown]
    rest = _without(document.value, {*unknown, *(cut for cut in cuts if cut is not None)})
    for path, value in stand_ins.items():
        _put(rest, path, value)
    try:
        return kind.model_validate(rest), findings
    except ValidationError:
        return None, findings


def _without(value: Value, drop: Collection[Path]) -> Value:
    def copy(part: Value, path: Path) -> Value:
        if isinstance(part, dict):
            return {key: copy(item, (*path, key)) for key, item in part.items() if (*path, key) not in drop}
        if isinstance(part, list):
            return [copy(item, (*path, at)) for at, item in enumerate(part) if (*path, at) not in drop]
        return part

    return copy(value, ())


def _put(value: Value, path: Path, stand_in: Value) -> None:
    *above, last = path
    for step in above:
        value = value.get(str(step)) if isinstance(value, dict) else None
    if isinstance(value, dict):
        value[str(last)] = stand_in


def _cut(path: Path, optional: Sequence[Path]) -> Path | None:
    for pattern in optional:
        if len(pattern) <= len(path) and all(step in ("*", at) for step, at in zip(pattern, path, strict=False)):
            return path[: len(pattern)]
    return None


def _finding(kind: type[BaseModel], detail: ErrorDetails, document: Document, file: str) -> Finding:
    path = tuple(detail["loc"])
    what, do = _words(kind, detail)
    line = document.line(path[:-1] if detail["type"] == "missing" else path)
    return Finding(code="document", level="error", file=file, line=line, what=what, do=do)


def first_complaint(kind: type[BaseModel], error: ValidationError) -> tuple[str, str, Path]:
    """Return what is wrong first with a document, what to do, and where; an unknown key before one that is missing beside it."""
    first, *others = error.errors(include_url=False)
    unknown = (each for each in others if each["type"] == "extra_forbidden" and each["loc"][:-1] == first["loc"][:-1])
    detail = next(unknown, first) if first["type"] == "missing" else first
    return *_words(kind, detail), _section(kind, detail["loc"])[1]


def _path_text(path: Sequence[str | int]) -> str:
    """Return a path as people say it: `criteria[2].when`; items are counted from 1."""
    said = ""
    for step in path:
        said += f"[{step + 1}]" if isinstance(step, int) else (f".{step}" if said else step)
    return said


_BOUNDS = {
    "greater_than_equal": "at least",
    "greater_than": "more than",
    "less_than_equal": "at most",
    "less_than": "less than",
}


def _words(kind: type[BaseModel], detail: ErrorDetails) -> tuple[str, str]:
    path, given, context = tuple(detail["loc"]), detail["input"], detail.get("ctx", {})
    shown = _section(kind, path)[1]
    said, holder, name = _path_text(shown) or "the document", _path_text(shown[:-1]), str(shown[-1]) if shown else ""
    complaint = detail["type"]
    if complaint == "remiss":
        return f"{said} {context['what']}", str(context["do"])
    if complaint == "value_error":
        return f"{said} {context['error']}", "write another value"
    if complaint == "missing":
        return f"{holder or 'the document'} lacks {name}", f"add {name}: {about(kind, path)}".removesuffix(": ")
    if complaint == "extra_forbidden":
        known = keys(kind, path[:-1])
        return f"unknown key {name}" + (f" in {holder}" if holder else ""), nearest(name, known, "the keys are")
    if complaint == "union_tag_not_found":
        return f"{said} lacks {context['discriminator']}".replace("'", ""), "add it: it says what this is"
    if complaint == "string_pattern_mismatch":
        return f"{said} is {_shown(given)}, which is no such name", "write small letters, digits, dots, hyphens and underscores"
    if complaint in {"literal_error", "enum", "union_tag_invalid"}:
        expected, shown_as = context.get("expected") or context["expected_tags"], _shown(context.get("tag", given))
        options = [option.strip(" '") for option in str(expected).replace(" or ", ", ").split(",")]
        return f"{said} is {shown_as}, which is not known", nearest(shown_as, options, "use one of")
    if complaint in {"too_short", "string_too_short"}:
        return f"{said} is empty or too short", f"write at least {context['min_length']}"
    if complaint in _BOUNDS:
        bound = f"{_BOUNDS[complaint]} {next(iter(context.values())):g}"
        return f"{said} is {given}, and it must be {bound}", f"write a number that is {bound}"
    return _wrong_type(kind, complaint, path, said, given)


def _wrong_type(kind: type[BaseModel], complaint: str, path: Path, said: str, given: object) -> tuple[str, str]:
    match complaint:
        case "string_type":
            return _not_text(said, given)
        case "int_type" | "int_from_float" | "int_parsing" | "float_type" | "float_parsing":
            number = "a number" if complaint.startswith("float") else "a whole number"
            hint = " without quotes" if isinstance(given, str) else ""
            return f"{said} is {_shown(given)} where {number} is wanted", f"write {number}{hint}, for example 2"
        case "list_type" | "tuple_type":
            return f"{said} is {_shown(given)} where a list is wanted", f"write [{given if isinstance(given, str) else 'a, b'}]"
        case "dict_type" | "model_type" | "model_attributes_type":
            wanted = ", ".join(keys(kind, path)[:4])
            do = f"write its keys: {wanted}" if wanted else "write key: value"
            return f"{said} is {_shown(given)} where keys with values are wanted", do
        case _:
            return f"{said} is {_shown(given)}, which cannot be used here", about(kind, path) or "write another value"


def _not_text(said: str, given: object) -> tuple[str, str]:
    if isinstance(given, Unclear):
        return f"{said} is {given.text}, which YAML also reads as {given.reading}", f'write it in quotes: "{given.text}"'
    if given is None:
        return f"{said} is empty", "write a text, or leave the key out"
    if isinstance(given, bool | int | float):
        text = str(given).lower() if isinstance(given, bool) else str(given)
        kind = "true or false" if isinstance(given, bool) else "a number"
        return f"{said} is {text}, which YAML reads as {kind} where text is wanted", f'write it in quotes: "{text}"'
    return f"{said} is {_shown(given)} where text is wanted", "write a text"


def _shown(given: object) -> str:
    match given:
        case None:
            return "empty"
        case Unclear():
            return given.text
        case dict():
            return "a mapping"
        case list():
            return "a list"
        case bool():
            return str(given).lower()
        case _:
            text = str(given)
            return text if len(text) <= 40 else f"{text[:37]}..."


def keys(kind: type[BaseModel], path: Sequence[str | int]) -> tuple[str, ...]:
    """Return the keys that the mapping at `path` may have; none when they are free."""
    at = _section(kind, path)[0]
    return tuple(field.alias or name for name, field in at.model_fields.items()) if at else ()


def about(kind: type[BaseModel], path: Sequence[str | int]) -> str:
    """Return the sentence that describes the key at `path`."""
    holder = _section(kind, path[:-1])[0]
    return descriptions(holder).get(str(path[-1]), "") if holder and path else ""


def _section(kind: type[BaseModel], path: Sequence[str | int]) -> tuple[type[BaseModel] | None, Path]:
    """Return the model of the mapping at `path`, None where its keys are free, and the path without the tags of pydantic."""
    here, of = typing.cast("type[BaseModel] | None", kind), list[type[BaseModel]]()
    said, free = list[str | int](), False
    for step in path:
        tagged = next((each for each in of if _is_tagged(each, step)), None) if len(of) > 1 else None
        if tagged is not None:
            here, of = tagged, []
            continue
        said.append(step)
        if isinstance(step, int) or free:
            # An item of a list, or the name of one of several mappings alike, has the keys of its section.
            free = False
            continue
        field = next((f for name, f in here.model_fields.items() if (f.alias or name) == step), None) if here else None
        of = [] if field is None else [*_models(field.annotation)]
        here = next(iter(of), None)
        free = field is not None and here is not None and typing.get_origin(field.annotation) is dict
    return None if free else here, tuple(said)


def _models(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in typing.get_args(annotation):
        yield from _models(part)


def _is_tagged(kind: type[BaseModel], tag: str | int) -> bool:
    return any(tag in typing.get_args(field.annotation) for field in kind.model_fields.values() if field.is_required())


Sink: typing.TypeAlias = Callable[[Path, str, str], None]


def sink(findings: list[Finding], document: Document, file: str, *, code: str = "document", level: str = "error") -> Sink:
    """Return a function that appends a finding about the part at a path."""

    def add(path: Path, what: str, do: str) -> None:
        findings.append(Finding(code=code, level=level, file=file, line=document.line(path), what=what, do=do))

    return add
