"""Records as JSON objects: their fields by name, or by the keys that a record says it has instead (`records/published.py`)."""

from __future__ import annotations

import typing
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import MISSING, dataclass, field, fields, is_dataclass
from itertools import repeat
from operator import attrgetter
from typing import Any

from remiss.codec.form import Form, Schema, Side, unfit, write_column, wrong
from remiss.errors import RequestError
from remiss.records.published import INLINE, Count, published_as

FormOf = Callable[[Any], Form]
SCHEMA = "schema"


def name_of(kind: str) -> str:
    """Return the value of `schema` for a kind of object."""
    return f"remiss/{kind}@1"


@dataclass(frozen=True, slots=True)
class _Leaf:
    """One key of an object: which attribute it tells, by the path to it, and in which form. A property only tells."""

    attribute: str
    form: Form
    needed: bool
    told: bool = False


@dataclass(slots=True)
class _Node:
    """An object within an object, or the whole one: its keys in order."""

    keys: dict[str, _Node | _Leaf] = field(default_factory=dict)

    def put(self, path: str, leaf: _Leaf) -> None:
        first, _, rest = path.partition(".")
        if not rest:
            if first in self.keys:
                raise TypeError(f"two fields are published as {first}")
            self.keys[first] = leaf
            return
        below = self.keys.setdefault(first, _Node())
        if isinstance(below, _Leaf):
            raise TypeError(f"{first} is published as a value and as an object")
        below.put(rest, leaf)

    @property
    def always(self) -> list[str]:
        """The keys that must be there."""
        return [key for key, each in self.keys.items() if each.needed]

    @property
    def needed(self) -> bool:
        return bool(self.always)


def record_form(declared: type, form_of: FormOf, *, answer: bool = False) -> Form:
    """Return the form of a record; of one that is an `answer` by itself, with the position at which it was read."""
    said = published_as(declared)
    root = _Node()
    for path, leaf in _leaves(declared, form_of, "", answer=answer):
        root.put(path, leaf)
    head = {} if said.kind is None or said.part else {SCHEMA: name_of(said.kind)}
    writing, writing_all = _writer(root), _writer_of_many(root, head)
    told = {leaf.attribute: leaf for leaf in _flat(root) if leaf.told}

    def write(value: Any) -> object:
        if not isinstance(value, declared):
            raise unfit(value, declared.__name__)
        return head | writing(value) if head else writing(value)

    def write_all(values: Sequence[Any]) -> Sequence[object]:
        if writing_all is None or {*map(type, values)} != {declared}:
            return [*map(write, values)]
        return writing_all(values)

    def read(value: object, where: str) -> Any:
        document = headed(value, where, head.get(SCHEMA), declared.__name__)
        found: dict[str, Any] = {}
        _read(root, document, where, found, where or declared.__name__)
        made = _made(declared, found, "")
        for attribute in told.keys() & found.keys():
            if attrgetter(attribute)(made) != found[attribute]:
                raise RequestError(f"{where or declared.__name__}: {attribute} does not agree with the rest", do="leave it out")
        return made

    def schema(side: Side) -> Schema:
        found = _schema(root, side)
        if not head:
            return found
        properties = {SCHEMA: {"const": head[SCHEMA]}, **found["properties"]}
        return found | {"properties": properties, "required": sorted([*found["required"], SCHEMA])}

    return Form(write=write, read=read, schema=schema, kind=said.kind, write_all=write_all)


@dataclass(frozen=True, slots=True)
class _Field:
    name: str
    needed: bool


def is_record(declared: Any) -> bool:
    """Return whether a type is a record: a dataclass, or a tuple with names."""
    return isinstance(declared, type) and (
        is_dataclass(declared) or (issubclass(declared, tuple) and hasattr(declared, "_fields"))
    )


def _fields(declared: Any) -> list[_Field]:
    if is_dataclass(declared):
        return [_Field(each.name, each.default is each.default_factory is MISSING) for each in fields(declared) if each.init]
    return [_Field(name, name not in declared._field_defaults) for name in declared._fields]


def _leaves(declared: type, form_of: FormOf, attribute: str, *, answer: bool = False) -> Iterator[tuple[str, _Leaf]]:
    """Give the keys of a record, each with its path, those of records that are inline among them."""
    said, hints = published_as(declared), typing.get_type_hints(declared, include_extras=True)
    own = _fields(declared)
    unknown = said.keys.keys() - {each.name for each in own}
    if unknown:
        raise TypeError(f"{declared.__name__} publishes {', '.join(sorted(unknown))}, which it has not")
    for each in own:
        path, name = said.keys.get(each.name, each.name), f"{attribute}{each.name}"
        if each.name == said.read:
            # An answer that has not been read anywhere is none yet.
            if answer:
                yield path, _Leaf(name, form_of(Count), each.needed)
            continue
        if path == INLINE:
            yield from _leaves(hints[each.name], form_of, f"{name}.")
        else:
            yield path, _Leaf(name, form_of(hints[each.name]), each.needed)
    for name, path in said.also.items():
        returns = typing.get_type_hints(getattr(declared, name).fget, include_extras=True)["return"]
        yield path, _Leaf(f"{attribute}{name}", form_of(returns), needed=False, told=True)


def _flat(node: _Node) -> Iterator[_Leaf]:
    for each in node.keys.values():
        if isinstance(each, _Leaf):
            yield each
        else:
            yield from _flat(each)


def _writer(node: _Node) -> Callable[[Any], dict[str, object]]:
    """Return what writes an object: it takes all attributes at once, and leaves alone what is JSON already."""
    leaves = {key: each for key, each in node.keys.items() if isinstance(each, _Leaf)}
    inner = {key: _writer(each) for key, each in node.keys.items() if isinstance(each, _Node)}
    steps = [(key, each.form.as_it_is, each.form.write) for key, each in leaves.items()]
    get = _all_of([each.attribute for each in leaves.values()])

    def write(record: Any) -> dict[str, object]:
        return {
            key: value if type(value) is as_it_is else write(value)
            for (key, as_it_is, write), value in zip(steps, get(record), strict=True)
        }

    def write_within(record: Any) -> dict[str, object]:
        # In the order of the keys.
        return dict.fromkeys(node.keys) | write(record) | {key: each(record) for key, each in inner.items()}

    return write_within if inner else write


def _writer_of_many(node: _Node, head: Mapping[str, str]) -> Callable[[Sequence[Any]], list[object]] | None:
    """Return what writes many objects without others in them, key by key: a run has thousands of groups."""
    leaves = [each for each in node.keys.values() if isinstance(each, _Leaf)]
    if not leaves or len(leaves) < len(node.keys):
        return None
    steps = [(attrgetter(each.attribute), each.form) for each in leaves]
    keys = [*head, *node.keys]

    def write(records: Sequence[Any]) -> list[object]:
        columns = [write_column(form, [*map(get, records)]) for get, form in steps]
        return [dict(zip(keys, row, strict=True)) for row in zip(*map(repeat, head.values()), *columns, strict=False)]

    return write


def _all_of(attributes: Sequence[str]) -> Callable[[Any], tuple[Any, ...]]:
    """Return what takes several attributes, by their paths, of a record."""
    if len(attributes) > 1:
        return attrgetter(*attributes)
    (get,) = map(attrgetter, attributes)
    return lambda record: (get(record),)


def headed(value: object, where: str, schema: str | None, name: str) -> Mapping[str, object]:
    """Return an object without its `schema`, which must be the right one; None where it has none.

    Raises
    ------
    RequestError : not an object, or of another kind
    """
    if not isinstance(value, dict):
        raise wrong(where, "an object", value)
    if schema is None:
        return value
    got = value.get(SCHEMA)
    if got != schema:
        what = f"expected {schema}, got {got}" if isinstance(got, str) else f"expected {schema}, and its schema is not said"
        raise RequestError(f"{where or name}: {what}", do="say in its schema what it is")
    return {key: item for key, item in value.items() if key != SCHEMA}


def same_keys(document: Mapping[str, object], keys: Iterable[str], needed: Iterable[str], name: str) -> None:
    """Do nothing for an object that has all keys that are needed, and no others than these.

    Raises
    ------
    RequestError : an unknown key, or a missing one
    """
    keys = [*keys]
    unknown, missing = document.keys() - set(keys), set(needed) - document.keys()
    if unknown or missing:
        what = f"unknown {', '.join(sorted(unknown))}" if unknown else f"{', '.join(sorted(missing))} missing"
        raise RequestError(f"{name}: {what}", do=f"it has {', '.join(keys)}")


def _read(node: _Node, document: Mapping[str, object], where: str, found: dict[str, Any], name: str) -> None:
    same_keys(document, node.keys, node.always, name)
    for key, item in document.items():
        each, path = node.keys[key], f"{where}.{key}" if where else key
        if isinstance(each, _Leaf):
            found[each.attribute] = each.form.read(item, path)
        elif isinstance(item, dict):
            _read(each, item, path, found, path)
        else:
            raise wrong(path, "an object", item)


def _made(declared: type, found: Mapping[str, Any], attribute: str) -> Any:
    """Return the record of the values that were found by attribute; those of an inline record begin with its name."""
    said, hints = published_as(declared), None
    given: dict[str, Any] = {}
    for each in _fields(declared):
        name = f"{attribute}{each.name}"
        if said.keys.get(each.name) == INLINE:
            hints = hints or typing.get_type_hints(declared)
            given[each.name] = _made(hints[each.name], found, f"{name}.")
        elif name in found:
            given[each.name] = found[name]
    return declared(**given)


def _schema(node: _Node, side: Side) -> Schema:
    properties = {
        key: each.form.schema(side) if isinstance(each, _Leaf) else _schema(each, side) for key, each in node.keys.items()
    }
    required = sorted(key for key, each in node.keys.items() if side == "written" or each.needed)
    return {"type": "object", "properties": properties, "required": required}
