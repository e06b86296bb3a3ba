"""JSON Schemas of what remiss prints, as `remiss schema NAME` publishes them."""

from __future__ import annotations

from remiss.faces.schemas import capture, catalog, curate, envelopes, govern, understand
from remiss.faces.schemas.shapes import Schema

SCHEMAS: dict[str, Schema] = {
    **envelopes.SCHEMAS,
    **capture.SCHEMAS,
    **catalog.SCHEMAS,
    **curate.SCHEMAS,
    **understand.SCHEMAS,
    **govern.SCHEMAS,
}


def published(name: str) -> Schema:
    """Return the JSON Schema of that name.

    Raises
    ------
    KeyError : no such schema
    """
    if name == "protocol":
        from remiss.protocol.schema import json_schema

        return json_schema()
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": f"remiss/{name}@1", **SCHEMAS[name]}


def names() -> tuple[str, ...]:
    """Return the names of all published schemas."""
    return ("protocol", *sorted(SCHEMAS))
