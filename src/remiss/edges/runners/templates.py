"""Templates of requests: what of a row goes where, and where in the answer the output is.

A template of one's own is JSON, in which a text that begins with `$` is a JSON path (RFC 9535) into the row, and `{"$each": ...}`
a list with an entry for each row of a batch; without it one row is asked at a time. Two are built in: the open inference
protocol of KServe (v2), and chat as OpenAI's API has it.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cache, partial
from typing import Any, Protocol, TypeAlias

import jsonpath_rfc9535 as jsonpath

from remiss.edges.runners.batches import in_trouble
from remiss.records.model import JsonValue, ModelRow, TroubleKind

# An output, and the confidence where it is told.
Found: TypeAlias = tuple[JsonValue, float | None]
EACH = "$each"
_PLACE = re.compile(r"\{([^{}]+)\}")


class Template(Protocol):
    """How rows become a request, and an answer becomes outputs."""

    @property
    def batches(self) -> bool:
        """Whether a request takes many rows."""
        ...

    def url(self, url: str) -> str:
        """Return where requests go, of a URL as it was registered."""
        ...

    def request(self, rows: Sequence[ModelRow]) -> JsonValue:
        """Return the body of a request.

        Raises
        ------
        BatchTrouble : a row lacks what the template takes of it
        """
        ...

    def outputs(self, body: JsonValue, count: int) -> list[Found]:
        """Return what a body answers to so many rows.

        Raises
        ------
        BatchTrouble : it lacks what the template looks for
        """
        ...


def reseeded(template: Template, by: int) -> Template:
    """Return a template that asks with another seed, so much greater, where it sends one."""
    return replace(template, seed=template.seed + by) if by and isinstance(template, OpenAIChat) else template


def _lacks(message: str) -> Exception:
    return in_trouble(TroubleKind.TEMPLATE, message, splits=True)


@cache
def compiled(path: str) -> Any:
    """Return a JSON path, compiled.

    Raises
    ------
    ValueError : it is none
    """
    try:
        return jsonpath.compile(path)
    except jsonpath.JSONPathError as error:
        raise ValueError(f"{path} is no JSON path: {error}") from error


def values_at(path: str, document: Any) -> list[Any]:
    """Return all that a path leads to.

    >>> values_at("$.outputs[*].score", {"outputs": [{"score": 1}, {"score": 2}]})
    [1, 2]
    """
    return [node.value for node in compiled(path).find(document)]


def _confidence(value: Any) -> float | None:
    if value is None:
        return None
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise _lacks(f"its confidence is {type(value).__name__}, not a number")
    return float(value)


def _as_many(found: Sequence[Any], count: int, of: str) -> Sequence[Any]:
    if len(found) != count:
        kind = TroubleKind.TEMPLATE if not found else TroubleKind.COUNT
        raise in_trouble(kind, f"its answer has {len(found)} of {of}, and {count} were asked for", splits=True)
    return found


@dataclass(frozen=True, slots=True, kw_only=True)
class JsonTemplate:
    """A template of one's own. As it stands the row is the request, and the answer the output."""

    body: JsonValue = "$"
    output: str = "$"
    confidence: str | None = None

    @property
    def batches(self) -> bool:
        """Whether it has an `$each`."""
        return _has_each(self.body)

    def url(self, url: str) -> str:
        """Return the URL as it is."""
        return url

    def request(self, rows: Sequence[ModelRow]) -> JsonValue:
        """Return the template with what it takes of the rows in its places."""
        return _filled(self.body, rows)

    def outputs(self, body: JsonValue, count: int) -> list[Found]:
        """Return what its paths find, one for each row."""
        outputs = _as_many(values_at(self.output, body), count, self.output)
        if self.confidence is None:
            return [(each, None) for each in outputs]
        sure = _as_many(values_at(self.confidence, body), count, self.confidence)
        return [(output, _confidence(value)) for output, value in zip(outputs, sure, strict=True)]


def _has_each(part: Any) -> bool:
    if isinstance(part, dict):
        return EACH in part or any(_has_each(each) for each in part.values())
    return isinstance(part, list) and any(_has_each(each) for each in part)


def _filled(part: Any, rows: Sequence[ModelRow]) -> Any:
    match part:
        case {"$each": inner}:
            return [_filled(inner, [row]) for row in rows]
        case dict():
            return {key: _filled(each, rows) for key, each in part.items()}
        case list():
            return [_filled(each, rows) for each in part]
        case str() if part.startswith("$$"):
            return part[1:]
        case str() if part.startswith("$"):
            found = values_at(part, rows[0])
            if len(found) != 1:
                raise _lacks(f"the row has {len(found) or 'nothing'} at {part}, and one value is wanted")
            return found[0]
        case _:
            return part


@dataclass(frozen=True, slots=True, kw_only=True)
class KServe:
    """The open inference protocol: every input is a tensor of one column, or all of them are one tensor of the name `tensor`.

    `inputs` names them in order with their datatypes; without it they are those of the row, and numbers are FP64.
    """

    model: str
    inputs: Mapping[str, str] | None = None
    tensor: str | None = None
    output: str | None = None
    confidence: str | None = None
    batches: bool = True

    def url(self, url: str) -> str:
        """Return the address of the model's inference, also where the URL is only the server's."""
        base = url.rstrip("/")
        return base if base.endswith("/infer") else f"{base}/v2/models/{self.model}/infer"

    def request(self, rows: Sequence[ModelRow]) -> JsonValue:
        """Return tensors of as many entries as there are rows."""
        names = tuple(self.inputs) if self.inputs is not None else tuple(sorted({name for row in rows for name in row}))
        columns = {name: [_cell(row, name) for row in rows] for name in names}
        types = {name: (self.inputs or {}).get(name) or _datatype(name, column) for name, column in columns.items()}
        if self.tensor is None:
            shaped = [
                {"name": name, "shape": [len(rows), 1], "datatype": types[name], "data": column}
                for name, column in columns.items()
            ]
            return {"inputs": shaped}
        if len({*types.values()}) != 1:
            raise _lacks(f"one tensor has one datatype, and its inputs are {', '.join(sorted({*types.values()}))}")
        data = [value for line in zip(*columns.values(), strict=True) for value in line]
        shape = [len(rows), len(names)]
        return {"inputs": [{"name": self.tensor, "shape": shape, "datatype": types[names[0]], "data": data}]}

    def outputs(self, body: JsonValue, count: int) -> list[Found]:
        """Return the entries of the output tensor, and those of the tensor of confidences."""
        found = _entries(body, self.output, count)
        sure = [None] * count if self.confidence is None else _entries(body, self.confidence, count)
        return [(output, _confidence(value)) for output, value in zip(found, sure, strict=True)]


def _cell(row: ModelRow, name: str) -> Any:
    if name not in row:
        raise _lacks(f"the row has no {name}")
    value = row[name]
    if value is None or isinstance(value, list | dict):
        raise _lacks(f"{name} is {'null' if value is None else 'not one value'}, which no tensor holds")
    return value


def _datatype(name: str, column: Sequence[Any]) -> str:
    """Return the datatype of a column: by each value for itself, so that it is the same in every batch."""
    kinds = {"BOOL" if isinstance(each, bool) else "FP64" if isinstance(each, int | float) else "BYTES" for each in column}
    if len(kinds) > 1:
        raise _lacks(f"{name} is of several types: {', '.join(sorted(kinds))}")
    return kinds.pop()


def _entries(body: Any, name: str | None, count: int) -> list[Any]:
    tensors = body.get("outputs") if isinstance(body, dict) else None
    if not isinstance(tensors, list) or not tensors or not all(isinstance(each, dict) for each in tensors):
        raise _lacks("its answer has no outputs")
    tensor = next((each for each in tensors if name in {None, each.get("name")}), None)
    if tensor is None:
        raise _lacks(f"its answer has no output {name}")
    data = tensor.get("data")
    if not isinstance(data, list):
        raise _lacks(f"its output {tensor.get('name')} has no data")
    width, rest = divmod(len(data), count)
    if rest or not width:
        raise in_trouble(TroubleKind.COUNT, f"its output has {len(data)} values for {count} rows", splits=True)
    if width > 1:
        return [data[at * width : (at + 1) * width] for at in range(count)]
    # A tensor of one column may be told as a list of lists.
    return [each[0] if isinstance(each, list) and len(each) == 1 else each for each in data]


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenAIChat:
    """Chat: a prompt with the values of the row in its `{name}`s, or the row as JSON; the output is the text, or JSON in it."""

    model: str
    prompt: str | None = None
    system: str | None = None
    output: str | None = None
    confidence: str | None = None
    seed: int = 0
    batches: bool = False

    def url(self, url: str) -> str:
        """Return the address of the chat, also where the URL is only the server's or that of its version."""
        base = url.rstrip("/")
        if base.endswith("/chat/completions"):
            return base
        return f"{base}/chat/completions" if base.endswith("/v1") else f"{base}/v1/chat/completions"

    def request(self, rows: Sequence[ModelRow]) -> JsonValue:
        """Return the one conversation that asks of the row."""
        [row] = rows
        whole = json.dumps(row, ensure_ascii=False, sort_keys=True)
        asked = whole if self.prompt is None else _PLACE.sub(partial(_said, row), self.prompt)
        messages = [{"role": "system", "content": self.system}] if self.system else []
        messages.append({"role": "user", "content": asked})
        return {"model": self.model, "messages": messages, "temperature": 0, "seed": self.seed}

    def outputs(self, body: JsonValue, count: int) -> list[Found]:
        """Return what the first choice says."""
        content = _as_many(values_at("$.choices[0].message.content", body), count, "$.choices[0].message.content")[0]
        if self.output is None:
            return [(content, None)]
        try:
            said = json.loads(str(content))
        except (ValueError, RecursionError) as error:
            raise in_trouble(TroubleKind.TYPE, "what it says is no JSON", splits=False) from error
        return JsonTemplate(output=self.output, confidence=self.confidence).outputs(said, count)


def _said(row: ModelRow, place: re.Match[str]) -> str:
    name = place[1]
    if name not in row:
        raise _lacks(f"the row has no {name}, which the prompt names")
    value = row[name]
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
