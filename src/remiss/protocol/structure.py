"""The structure of nested columns: which parts a struct, list, map or JSON value has, and of what type each is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from remiss.protocol.terms import Type


class Nesting(StrEnum):
    """How a value holds others."""

    STRUCT = "struct"
    LIST = "list"
    MAP = "map"
    JSON = "json"


@dataclass(frozen=True, slots=True, kw_only=True)
class Structure:
    """What a value is: of a type, or nested in a form.

    `fields` are the parts of a struct by name; `item` is what a list's elements and a map's values are, `key` what a map's keys
    are. A nested value without a form is one of which no part can be named, as a union.
    """

    type: Type
    zoned: bool = False
    form: Nesting | None = None
    fields: Mapping[str, Structure] = field(default_factory=dict)
    item: Structure | None = None
    key: Type | None = None


JSON = Structure(type=Type.NESTED, form=Nesting.JSON)


def leaves(name: str, structure: Structure) -> Iterator[tuple[str, Structure]]:
    """Yield the expressions that name the parts of a column, down to those without parts of their own, with what each is.

    Of a list that is its first element.

    >>> inner = Structure(type=Type.NESTED, form=Nesting.STRUCT, fields={"id": Structure(type=Type.TEXT)})
    >>> [name for name, _ in leaves("meta", inner)]
    ['meta.id']
    >>> [name for name, _ in leaves("answers", Structure(type=Type.NESTED, form=Nesting.LIST, item=inner))]
    ['answers[1].id']
    """
    if structure.form is Nesting.LIST and structure.item is not None:
        yield from leaves(f"{name}[1]", structure.item)
        return
    if structure.form is not Nesting.STRUCT:
        yield name, structure
        return
    for part, its in structure.fields.items():
        yield from leaves(f"{name}.{written(part)}", its)


def written(name: str) -> str:
    """Return a name as it is written in an expression, in double quotes where it is no plain word.

    >>> written("request_id"), written("request id")
    ('request_id', '"request id"')
    """
    plain = name.isascii() and name.isidentifier()
    return name if plain else '"' + name.replace('"', '""') + '"'
