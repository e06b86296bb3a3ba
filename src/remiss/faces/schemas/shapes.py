"""The words in which schemas are written: JSON Schema, said shortly."""

from __future__ import annotations

from typing import Any

Schema = dict[str, Any]

TEXT: Schema = {"type": "string"}
COUNT: Schema = {"type": "integer", "minimum": 0}
SHARE: Schema = {"type": "number", "minimum": 0, "maximum": 1}
TIME: Schema = {"type": "string", "format": "date-time"}
FLAG: Schema = {"type": "boolean"}
VALUES: Schema = {"type": "object", "additionalProperties": {"type": ["string", "number", "boolean", "null"]}}


def by_name(schema: Schema) -> Schema:
    """Return the schema of an object whose values are of that, whatever their keys."""
    return {"type": "object", "additionalProperties": schema}


def one_of(*values: str | None) -> Schema:
    """Return the schema of a closed choice."""
    return {"enum": list(values)}


def nullable(schema: Schema) -> Schema:
    """Return the schema of that, or null."""
    return {"anyOf": [schema, {"type": "null"}]}


def many(schema: Schema) -> Schema:
    """Return the schema of a list of that."""
    return {"type": "array", "items": schema}


def record(optional: dict[str, Schema] | None = None, /, **required: Schema) -> Schema:
    """Return the schema of an object with these keys; later versions may add others."""
    return {"type": "object", "properties": {**required, **(optional or {})}, "required": sorted(required)}


def kind(name: str) -> Schema:
    """Return the schema of the `schema` key."""
    return {"const": f"remiss/{name}@1"}


LEVEL = one_of("public", "internal", "restricted", "secret")
