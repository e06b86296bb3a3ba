"""Forms: what a value looks like where it is typed or sent, as plain data, so that faces need no chapter to show it.

| form | as a word on the command line | in JSON |
| --- | --- | --- |
| text, integer, number, flag, time | itself | itself; a time as text |
| choice | one of the words | one of the words |
| scalar | text, or after `:=` a number, true, false or null | itself |
| bytes | the name of a file | base64 |
| many | the option again and again | a list |
| pairs | NAME=VALUE again and again | an object |
| record | one option for each field, or one text where the record has a form as text | an object |

And what a docstring says of an action, for faces to show: its summary, the rest, each parameter, an example. The sections are
numpy's: `Parameters` has a line `name : sentence` for each, and further lines indented below it. A paragraph that begins with
`Example:` is a command as a person types it.
"""

from __future__ import annotations

import re
import typing
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, fields, is_dataclass
from datetime import datetime
from enum import Enum, IntEnum
from inspect import cleandoc
from types import UnionType
from typing import Any

from remiss.parameters import Parameter, Range, parameters_of_record

Json = dict[str, Any]
_SECTION = re.compile(r"^(\w[\w ]*)\n-{3,}$", re.MULTILINE)
_NAMED = re.compile(r"^(\w+(?:, \w+)*) : ", re.MULTILINE)
PLAIN: Mapping[Any, str] = {str: "text", int: "integer", float: "number", bool: "flag", datetime: "time", bytes: "bytes"}


@dataclass(frozen=True, slots=True)
class ParameterEntry:
    """A parameter as faces know it: plain data, read from the table of actions.

    `form` is as above. `of` and `values` belong to it: the form of one item, and the words of a choice. `fields` are those of a
    record, `text` what stands for a record that has a form as text. `in_file` says that a command reads the text from a file.
    """

    name: str
    form: str
    help: str = ""
    required: bool = False
    nullable: bool = False
    default: Any = None
    positional: bool = False
    low: float | None = None
    high: float | None = None
    option: str | None = None
    metavar: str | None = None
    precondition: bool = False
    of: str | None = None
    values: tuple[str, ...] = ()
    fields: tuple[ParameterEntry, ...] = ()
    text: str | None = None
    in_file: bool = False

    @property
    def flattened(self) -> tuple[ParameterEntry, ...]:
        """What is given for it one by one: the fields of a record that has no form as text, else itself."""
        return self.fields if self.form == "record" and self.text is None else (self,)

    def to_json(self) -> Json:
        """Return it as plain data, without what says nothing."""
        found: Json = {}
        for field in fields(self):
            value = getattr(self, field.name)
            if field.name == "fields":
                value = [each.to_json() for each in self.fields]
            elif field.name == "values":
                value = list(self.values)
            empty = value is None or value is False or value == [] or (value == "" and field.name != "default")
            if not empty:
                found[field.name] = value
        return found


def given_of(json: Mapping[str, Any]) -> ParameterEntry:
    """Return the parameter that `ParameterEntry.to_json` wrote."""
    fields_ = tuple(given_of(each) for each in json.get("fields", ()))
    return ParameterEntry(**{**json, "fields": fields_, "values": tuple(json.get("values", ()))})


def given(declared: Parameter, helps: Mapping[str, str]) -> ParameterEntry:
    """Return a declared parameter as faces know it.

    Parameters
    ----------
    helps : what the docstring says of parameters, by name
    """
    option = declared.option
    bounds = declared.range or Range()
    return ParameterEntry(
        name=declared.name,
        help=helps.get(declared.name) or declared.help or "",
        required=declared.required,
        nullable=declared.nullable,
        default=None if declared.required else word_of(declared.default),
        positional=declared.positional,
        low=bounds.low,
        high=bounds.high,
        option=None if option is None else option.name,
        metavar=None if option is None else option.metavar,
        precondition=declared.precondition,
        in_file=declared.in_file,
        **_form(declared),
    )


def _form(declared: Parameter) -> Json:
    """Return the form of a parameter, and what belongs to it."""
    found = _form_of(declared.type, declared.without)
    if declared.one_of is None:
        return found
    return found | {"form": "choice" if found["form"] == "text" else found["form"], "values": declared.one_of.words}


def _form_of(type_: Any, without: Sequence[str] = ()) -> Json:
    """Return the form of a type, and what belongs to it."""
    origin, inner = typing.get_origin(type_), typing.get_args(type_)
    if type_ in PLAIN:
        return {"form": PLAIN[type_]}
    if origin is typing.Literal:
        return {"form": "choice", "values": tuple(inner)}
    if origin in {typing.Union, UnionType}:
        return {"form": "scalar"}
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return {"form": "pairs", "of": _form_of(inner[1])["form"]}
    if isinstance(origin, type) and issubclass(origin, Sequence):
        item = _form_of(inner[0])
        return item | {"form": "many", "of": item["form"]}
    if isinstance(type_, type) and issubclass(type_, Enum):
        return {"form": "choice", "values": tuple(word_of(each) for each in type_)}
    if is_dataclass(type_):
        return {"form": "record", "fields": tuple(_fields(type_, without)), "text": getattr(type_, "TEXT", None)}
    raise TypeError(f"no face knows how {type_} is given")


def _fields(record: Any, without: Sequence[str]) -> Iterator[ParameterEntry]:
    helps = described(record.__doc__).parameters
    yield from (given(each, helps) for name, each in parameters_of_record(record).items() if name not in without)


def word_of(value: Any) -> Any:
    """Return a value as it is typed or sent: a member of an enumeration by its word; what is empty as nothing."""
    if isinstance(value, IntEnum):
        return value.name.lower()
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, Mapping | tuple | list) and not value:
        return None
    return value


@dataclass(frozen=True, slots=True, kw_only=True)
class Described:
    """A docstring taken apart. `parameters` has a sentence for each name that the section tells of."""

    summary: str
    text: str
    parameters: Mapping[str, str]
    example: str | None


def described(docstring: str | None) -> Described:
    r"""Return what a docstring says.

    >>> found = described("List things.\n\nExample: remiss thing list\n\nParameters\n----------\nlimit : how many at most")
    >>> found.summary, found.parameters, found.example
    ('List things.', {'limit': 'How many at most.'}, 'remiss thing list')
    """
    whole = cleandoc(docstring or "")
    head, sections = _parted(whole)
    paragraphs = [" ".join(each.split()) for each in head.split("\n\n") if each.strip()]
    examples = [each.removeprefix("Example:").strip() for each in paragraphs if each.startswith("Example:")]
    doc = [each for each in paragraphs if not each.startswith("Example:")]
    return Described(
        summary=doc[0] if doc else "",
        text="\n\n".join(doc[1:]),
        parameters=_parameters(sections.get("Parameters", "")),
        example=examples[0] if examples else None,
    )


def _parted(whole: str) -> tuple[str, dict[str, str]]:
    """Return what stands before the first section, and the sections by name."""
    marks = list(_SECTION.finditer(whole))
    if not marks:
        return whole, {}
    ends = [each.start() for each in marks[1:]] + [len(whole)]
    found = {mark[1]: whole[mark.end() : end].strip("\n") for mark, end in zip(marks, ends, strict=True)}
    return whole[: marks[0].start()], found


def _parameters(section: str) -> dict[str, str]:
    marks = list(_NAMED.finditer(section))
    if not marks:
        return {}
    ends = [each.start() for each in marks[1:]] + [len(section)]
    found: dict[str, str] = {}
    for mark, end in zip(marks, ends, strict=True):
        sentence = sentence_of(" ".join(section[mark.end() : end].split()))
        found |= dict.fromkeys(mark[1].split(", "), sentence)
    return found


def sentence_of(words: str) -> str:
    """Return words as a sentence: with a capital, unless they begin with a name, and a full stop.

    >>> sentence_of("how many at most"), sentence_of("why, in a sentence")
    ('How many at most.', 'Why, in a sentence.')
    """
    if not words:
        return ""
    begun = words[0].upper() + words[1:] if words.split(maxsplit=1)[0].rstrip(",:;").isalpha() else words
    return begun if begun.endswith((".", "?", "!")) else f"{begun}."
