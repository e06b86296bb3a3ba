"""YAML text to plain values, with a line for every value; refuses what YAML lets pass in silence.

A protocol decides what counts as a failure, so it must say one thing only. YAML 1.1 and 1.2 disagree on what `no`, `1e3`,
`1_000` and `2026-11-24` are, keep the last of two equal keys, build objects from tags and repeat parts by aliases. None of
that is needed here: such values come out as `Unclear`, the rest is a finding.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

import yaml

from remiss.errors import Location, ProtocolError
from remiss.protocol.check_result import Finding
from remiss.records.event import is_text

MOST_BYTES = 128 * 1024
MOST_DEPTH = 16
MOST_KEY = 128
# In the place of a value that no catalog can hold.
UNREADABLE = "\ufffd"
# Enough to mend a document by; a file with more is not a protocol.
MOST_FINDINGS = 100


@dataclass(frozen=True, slots=True)
class Unclear:
    """A value without quotes that versions of YAML read differently; `reading` says as what."""

    text: str
    reading: str


Value: TypeAlias = "bool | int | float | str | Unclear | list[Value] | dict[str, Value] | None"
Path: TypeAlias = tuple[str | int, ...]


@dataclass(frozen=True, slots=True)
class Document:
    """A document's value, and the line (from 1) of each of its parts by path, for example `("criteria", 0, "when")`."""

    value: Value
    lines: Mapping[Path, int]

    def line(self, path: Sequence[str | int]) -> int:
        """Return the line of a part, or of the nearest part that holds it."""
        where = tuple(path)
        while where and where not in self.lines:
            where = where[:-1]
        return self.lines.get(where, 1)


def decode(content: bytes, file: str) -> str:
    """Return the text of a document's bytes.

    Raises
    ------
    ProtocolError : too large, or not UTF-8
    """
    if len(content) > MOST_BYTES:
        raise ProtocolError(
            f"a document of {len(content):,} bytes, and the most is {MOST_BYTES:,}",
            where=Location(file),
            do="is this the right file? documents have a page or two",
        )
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        raise ProtocolError("the document is UTF-16", where=Location(file, 1), do="save it as UTF-8")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise ProtocolError("the document is not UTF-8", where=Location(file, line), do="save it as UTF-8") from error


def read(text: str, file: str) -> tuple[Document | None, tuple[Finding, ...]]:
    """Return the one document in `text` and what is wrong with it; None when it cannot be read at all."""
    reader = _Reader(file)
    if len(text.encode("utf-8", "surrogatepass")) > MOST_BYTES:
        reader.find(1, f"a document of more than {MOST_BYTES:,} bytes", "is this the right file? documents have a page or two")
        return None, tuple(reader.findings)
    if yaml.__with_libyaml__ and not _OTHERWISE.search(text) and (plain := _read_quickly(text, file)) is not None:
        return plain, ()
    try:
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            reader.take(event)
        if reader.documents:
            return Document(reader.value, reader.lines), tuple(reader.findings)
        reader.find(1, "the document is empty", "write it; `remiss protocol new` makes a protocol to begin with")
    except _Stop:
        pass
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        reader.find(1 if mark is None else mark.line + 1, *_syntax(error))
    except yaml.reader.ReaderError as error:
        line = text.count("\n", 0, error.position) + 1
        reader.find(line, f"the character U+{_code(error.character):04X} is not text", "remove it, and save as UTF-8")
    return None, tuple(reader.findings)


def _read_quickly(text: str, file: str) -> Document | None:
    """Return the document in a text that says one thing only, by libyaml, in a twentieth of the time; None of any other.

    What libyaml takes otherwise (tabs, `?`, a comment at a bar), what it refuses and what has findings is read by PyYAML.
    """
    reader = _Reader(file)
    try:
        for event in yaml.parse(text, Loader=yaml.CSafeLoader):
            reader.take(event)
    except (_Stop, yaml.YAMLError, ValueError):
        return None
    return Document(reader.value, reader.lines) if reader.documents and not reader.findings else None


_OTHERWISE = re.compile(r"[^\n -~\u00a0-\u2027\u202a-\ud7ff\ue000-\ufefe\uff00-\ufffd]|\?|[|>][-+0-9]*#")


def _code(character: object) -> int:
    return character if isinstance(character, int) else ord(str(character)[:1] or " ")


def _syntax(error: yaml.MarkedYAMLError) -> tuple[str, str]:
    problem = error.problem or "cannot be read"
    if "\\t" in problem:
        return "a tab where YAML wants spaces", "indent with spaces"
    if "mapping values are not allowed" in problem:
        return (
            "a ':' inside a value without quotes, or a wrong indentation",
            "put the value in quotes, or indent it under its key",
        )
    if "could not find expected ':'" in problem or "expected <block end>" in problem:
        return f"not YAML here: {problem}", "check the indentation and that quotes and brackets are closed"
    return f"not YAML here: {problem}", "check quotes, brackets and indentation; a value with ': ' or ' #' needs quotes"


class _Stop(Exception):
    """Reading on would be of no use."""


@dataclass(slots=True)
class _Open:
    """A mapping or sequence that is not closed yet."""

    path: Path
    value: list[Value] | dict[str, Value]
    key: str | None = None
    key_line: int = 0
    keys: dict[str, int] = field(default_factory=dict)


class _Reader:
    """Builds the value from parser events; the events are shallow, so nothing here recurses."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.findings: list[Finding] = []
        self.lines: dict[Path, int] = {}
        self.value: Value = None
        self.documents = 0
        self._open: list[_Open] = []

    def find(self, line: int, what: str, do: str) -> None:
        self.findings.append(Finding(code="yaml", level="error", file=self.file, line=line, what=what, do=do))

    def take(self, event: yaml.Event) -> None:
        if len(self.findings) >= MOST_FINDINGS:
            raise _Stop
        line = 1 if event.start_mark is None else event.start_mark.line + 1
        match event:
            case yaml.DocumentStartEvent():
                self.documents += 1
                if self.documents > 1:
                    self.find(line, "a second document in the file", "keep one document in a file, without a second ---")
                    raise _Stop
            case yaml.AliasEvent():
                self.find(line, f"the alias *{event.anchor}", "write the value out; documents of remiss have no aliases")
                self._put(None, line)
            case yaml.ScalarEvent():
                self._unusual(event, line)
                self._put(self._scalar(event), line)
            case yaml.MappingStartEvent() | yaml.SequenceStartEvent():
                self._unusual(event, line)
                self._enter({} if isinstance(event, yaml.MappingStartEvent) else [], line)
            case yaml.MappingEndEvent() | yaml.SequenceEndEvent():
                closed = self._open.pop()
                if not self._open:
                    self.value = closed.value
            case _:
                pass

    def _unusual(self, event: yaml.NodeEvent, line: int) -> None:
        if event.anchor is not None:
            self.find(line, f"the anchor &{event.anchor}", "remove it; documents of remiss have no aliases")
        tag = getattr(event, "tag", None)
        if tag is not None:
            shown = str(tag).replace("tag:yaml.org,2002:", "!!")
            self.find(line, f"the tag {shown}", "remove it; quotes make a text of any value")
        if not is_text(getattr(event, "value", "")):
            self.find(line, "a character that no catalog can hold (NUL or half a surrogate pair)", "remove it")

    def _scalar(self, event: yaml.ScalarEvent) -> Value:
        # What no catalog can hold was found (`_unusual`), and would end what goes on reading, for other findings.
        value = event.value if is_text(event.value) else UNREADABLE
        return str(value) if event.style else resolve(value)

    def _enter(self, value: list[Value] | dict[str, Value], line: int) -> None:
        if len(self._open) >= MOST_DEPTH:
            self.find(line, f"values nested deeper than {MOST_DEPTH} levels", "four are enough")
            raise _Stop
        top = self._open[-1] if self._open else None
        if top is not None and isinstance(top.value, dict) and top.key is None:
            self.find(line, "a list or mapping as a key", "write a name as the key")
            raise _Stop
        path = self._put(value, line)
        self._open.append(_Open(path, value))

    def _put(self, value: Value, line: int) -> Path:
        if not self._open:
            self.value = value
            self.lines[()] = line
            return ()
        top = self._open[-1]
        if isinstance(top.value, list):
            path: Path = (*top.path, len(top.value))
            top.value.append(value)
        elif top.key is None:
            self._key(top, value, line)
            return top.path
        else:
            path = (*top.path, top.key)
            if top.key not in top.value:
                top.value[top.key] = value
            line = top.key_line if isinstance(value, list | dict) else line
            top.key = None
        self.lines.setdefault(path, line)
        return path

    def _key(self, top: _Open, value: Value, line: int) -> None:
        match value:
            case str() if value and len(value) <= MOST_KEY:
                key = value
            case int() if not isinstance(value, bool):
                key = str(value)
            case Unclear():
                self.find(line, f"the key {value.text}, which YAML also reads as {value.reading}", f'write "{value.text}"')
                key = value.text
            case _:
                self.find(line, "a key that is not a name", "write a name as the key")
                key = str(value)[:MOST_KEY]
        if key in top.keys:
            self.find(line, f"the key {key} a second time, first on line {top.keys[key]}", "keep one of the two")
        top.keys.setdefault(key, line)
        top.key, top.key_line = key, line


_NULL = re.compile(r"|~|null|Null|NULL")
_BOOLEAN = re.compile(r"true|True|TRUE|false|False|FALSE")
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]{0,17})")
_FLOAT = re.compile(r"[-+]?(0|[1-9][0-9]*)?\.[0-9]+|[-+]?(0|[1-9][0-9]*)\.")
_UNCLEAR: tuple[tuple[re.Pattern[str], str], ...] = (
    (re.compile(r"yes|no|on|off", re.IGNORECASE), "true or false"),
    (re.compile(r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt ].*)?"), "a date"),
    (re.compile(r"[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?"), "a number to the base of 60"),
    (re.compile(r"[-+]?0[0-9_]+|[-+]?0[xXoObB][0-9a-fA-F_]+"), "a number to another base"),
    (re.compile(r"[-+]?\.?[0-9][0-9_]*(\.[0-9_]*)?([eE][-+]?[0-9]+)?"), "a number"),
    (re.compile(r"[-+]?\.(inf|nan)", re.IGNORECASE), "a number"),
    (re.compile(r"=|<<"), "a merge of mappings"),
)


def resolve(text: str) -> Value:
    """Return the value of a scalar without quotes: what all versions of YAML agree on, else `Unclear`.

    >>> resolve("250"), resolve("0.5"), resolve("late"), resolve("no")
    (250, 0.5, 'late', Unclear(text='no', reading='true or false'))
    """
    if _NULL.fullmatch(text):
        return None
    if _BOOLEAN.fullmatch(text):
        return text.lower() == "true"
    if _INTEGER.fullmatch(text):
        return int(text)
    if _FLOAT.fullmatch(text):
        return float(text)
    return next((Unclear(text, reading) for pattern, reading in _UNCLEAR if pattern.fullmatch(text)), text)


def walk(value: Value, path: Path = ()) -> Iterator[tuple[Path, Value]]:
    """Yield every scalar of a value with its path."""
    if isinstance(value, dict):
        for key, item in value.items():
            yield from walk(item, (*path, key))
    elif isinstance(value, list):
        for at, item in enumerate(value):
            yield from walk(item, (*path, at))
    else:
        yield path, value
