"""Facets: how the cases that match are spread over the values of a field."""

from __future__ import annotations

from remiss.catalog.query.fields import TABLE, FieldForm, find, nearest
from remiss.errors import InputError

CONTEXT = "context."
DEFAULT = ("status", "severity", "mode", "suggested_mode", "criterion", "model", "model_version", "label", "source")
# Values beyond this many of one field are not listed: whoever has that many narrows the query first.
VALUE_LIMIT = 50
FIELDS = tuple(
    key.name
    for key in TABLE
    if key.name in {*DEFAULT, "output", "origin", "team", "sensitivity"} and key.form is not FieldForm.TIME
)


def check_fields(fields: tuple[str, ...]) -> tuple[str, ...]:
    """Return the fields, each once.

    Raises
    ------
    InputError : one that cannot be counted by
    """
    for name in fields:
        if name not in FIELDS and not (name.startswith(CONTEXT) and find(name)):
            close = nearest(name, FIELDS)
            hint = f"did you mean {close}? " if close else ""
            raise InputError(f"cases cannot be counted by {name!r}", do=f"{hint}use {', '.join(FIELDS)} or context.NAME")
    return tuple(dict.fromkeys(fields))
