"""Forms: how the values of one type are written as JSON, read back, and described; and what is made of other forms.

Reading never turns a value of one form into one of another: text is not a number, a number not a boolean.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from remiss.errors import RequestError
from remiss.parameters import Range

Schema = dict[str, Any]
# A schema says what is written, where every key is, or what is accepted, where one with a default may be missing.
Side = Literal["written", "accepted"]
ADVICE = "send what the reference of the action says"


@dataclass(frozen=True, slots=True, kw_only=True)
class Form:
    """How the values of one type are written, read and described.

    `write` raises TypeError for a value of another type. `read` takes parsed JSON and the path to it, for messages; it raises
    RequestError for another form. `schema` returns the JSON Schema. `kind` is the published name, if there is one. Values of the
    very type `as_it_is` are JSON already, so that a record need not have them written. `write_all` writes many values at once,
    where that is quicker than one by one.
    """

    write: Callable[[Any], object]
    read: Callable[[object, str], Any]
    schema: Callable[[Side], Schema]
    kind: str | None = None
    as_it_is: type | None = None
    write_all: Callable[[Sequence[Any]], Sequence[object]] | None = None


def wrong(where: str, wanted: str, value: object) -> RequestError:
    """Return what says that a value is of another form than wanted."""
    got = {type(None): "null", dict: "an object", list: "a list", str: "text", bool: "a boolean"}.get(type(value), "a number")
    return RequestError(f"{where or 'the value'}: expected {wanted}, got {got}", do=ADVICE)


def unfit(value: object, wanted: str) -> TypeError:
    """Return what says that a value is not of the type that was declared."""
    return TypeError(f"{type(value).__name__} is not {wanted}")


def read_list(value: object, where: str) -> list[object]:
    """Return a list of what is not read yet.

    Raises
    ------
    RequestError : not a list
    """
    if not isinstance(value, list):
        raise wrong(where, "a list", value)
    return value


def sequence(value: Any) -> Sequence[Any]:
    """Return what can be written as a list; text, which would be a list of its letters, cannot.

    Raises
    ------
    TypeError : not a list or tuple
    """
    if type(value) is tuple:
        return value
    if not isinstance(value, Sequence) or isinstance(value, str | bytes | bytearray):
        raise unfit(value, "a list")
    return value


def write_column(form: Form, values: Sequence[Any]) -> Sequence[object]:
    """Return many values of one form as JSON."""
    if form.as_it_is is not None and {*map(type, values)} == {form.as_it_is}:
        return values
    return form.write_all(values) if form.write_all is not None else [*map(form.write, values)]


def constant(schema: Schema) -> Callable[[Side], Schema]:
    """Return what describes a form that is written as it is given."""
    return lambda _side: dict(schema)


def nullable(form: Form) -> Form:
    """Return the form of what may also be null."""
    return Form(
        write=lambda value: None if value is None else form.write(value),
        read=lambda value, where: None if value is None else form.read(value, where),
        schema=lambda side: or_null(form.schema(side)),
        as_it_is=form.as_it_is,
    )


def or_null(schema: Schema) -> Schema:
    """Return the schema of that, or null."""
    either = schema["anyOf"] if schema.keys() == {"anyOf"} else [schema]
    return {"anyOf": [*either, {"type": "null"}]}


def bounded(form: Form, bounds: Range, *, whole: bool) -> Form:
    """Return the form of numbers, perhaps only `whole` ones, that lie within bounds."""

    def read(value: object, where: str) -> Any:
        number = form.read(value, where)
        if number is not None and not within(number, bounds):
            raise RequestError(f"{where or 'the value'}: {number} is not {said(bounds)}", do=f"give a number {said(bounds)}")
        return number

    limits = {name: end for name, end in (("minimum", bounds.low), ("maximum", bounds.high)) if end is not None}
    return Form(write=form.write, read=read, schema=constant({"type": "integer" if whole else "number", **limits}))


def within(number: float, bounds: Range) -> bool:
    """Return whether a number lies within bounds; what is not a number lies in none."""
    return (bounds.low is None or number >= bounds.low) and (bounds.high is None or number <= bounds.high)


def said(bounds: Range) -> str:
    """Return bounds in words: `from 1 to 1,000`, `0 or more`."""
    low, high = (None if end is None else f"{end:,g}" for end in (bounds.low, bounds.high))
    return f"from {low} to {high}" if low and high else f"{low} or more" if low else f"{high} or less"
