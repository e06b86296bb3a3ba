"""The reference page of the HTTP API, from the document that a server publishes of itself."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from remiss.faces.http.answering import CSV
from remiss.faces.http.app import create_app
from scripts.declared import load
from scripts.reference.markdown import code, page, table

ACTIONS = load()


def document() -> dict[str, Any]:
    """Return the OpenAPI document; it says the same of every catalog, so none is opened."""
    nothing: Any = None
    return create_app(nothing).openapi()


def http_page() -> str:
    """Every route with what it takes and answers."""
    found = document()
    return page(
        "HTTP API",
        "What `remiss serve` answers; [how to serve a catalog](../how-to/serve.md). The same as OpenAPI 3.1 is at "
        "`/api/v1/openapi.json` and at `/openapi.json`. Every route but these, `/livez` and `/readyz` wants "
        "`Authorization: Bearer TOKEN`, or a session. "
        "Names that a route does not know are refused with 422. Bodies are JSON of at most 4 MB.",
        "Answers are the objects of [what is printed as JSON](answers.md); every refusal is an `error` object. Lists have "
        "`next`, which is given back as `after`, and "
        "null on the last page; with `Accept: text/csv` a list is CSV, and the next page is named by a `Link`. "
        "Answers say as `position` at which position of the catalog they were read (`read_position` where `position` is that at "
        "which a thing was written), a file in the header `Remiss-Position`. "
        "What can be revised has an `ETag`, which does not change with the position: given back as "
        "`If-None-Match`, an unchanged thing answers 304; a change has to name what it read as `If-Match`: the "
        '`ETag`, which also comes with what the queue gives, or the revision alone, as `If-Match: "2"`. It answers 428 without '
        "it, 412 when somebody else wrote since, be it in that very moment. `X-Request-Id` of a request "
        "(letters, digits, `.`, `_`, `-`, at most 64) stands in the journal beside what it changed.",
        *(
            part
            for path, methods in found["paths"].items()
            for method, each in methods.items()
            for part in parts(found, method, path, each)
        ),
        "## Statuses",
        table(["status", "meaning"], sorted(statuses(found))),
    )


def parts(found: Mapping[str, Any], method: str, path: str, operation: Mapping[str, Any]) -> Iterator[str]:
    """What is said of one route."""
    yield f"## {method.upper()} {path}"
    action = operation["operationId"]
    said = operation.get("description") or operation.get("summary", "")
    named = f" Action: [{action}](actions.md#{action.replace('.', '')})." if action in ACTIONS else ""
    yield said + named
    rows = [
        (code(each["name"]), each["in"], shape(found, each["schema"]), default(each["schema"]), each.get("description", ""))
        for each in operation.get("parameters", ())
    ]
    body = operation.get("requestBody", {}).get("content", {}).get("application/json", {}).get("schema")
    if body is not None:
        whole = resolved(found, body)
        needed = set(whole.get("required", ()))
        rows += [
            (code(name), "body", shape(found, each), "needed" if name in needed else default(each), each.get("description", ""))
            for name, each in whole["properties"].items()
        ]
    if rows:
        yield table(["name", "in", "form", "default", "meaning"], rows)
    good = [(status, each) for status, each in operation["responses"].items() if status < "400"]
    yield "Answers " + ", ".join(f"{status} {kind(each)}".strip() for status, each in good) + "." + special(operation)


def special(operation: Mapping[str, Any]) -> str:
    """The refusals that not every route has."""
    own = [status for status in operation["responses"] if status in {"404", "409", "412", "428"}]
    return f" May refuse with {', '.join(own)}." if own else ""


def kind(answer: Mapping[str, Any]) -> str:
    """The published kind of an answer's body."""
    for content in answer.get("content", {}).values():
        if "$ref" in content.get("schema", {}):
            also = " or `text/csv`" if CSV in answer["content"] else ""
            return f"with `{content['schema']['$ref'].rpartition('/')[2]}`{also}"
        return "with text"
    return "without a body"


def resolved(found: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """A schema, or the one that it refers to."""
    if "$ref" not in schema:
        return schema
    there: Mapping[str, Any] = found["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    return there


def shape(found: Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    """A schema in a few words."""
    schema = resolved(found, schema)
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(shape(found, each) for each in schema["anyOf"] if each.get("type") != "null"))
    if "enum" in schema:
        return " or ".join(f"`{each}`" for each in schema["enum"])
    match schema.get("type"):
        case "array":
            return f"several: {shape(found, schema['items'])}"
        case "integer":
            bounds = (schema.get("minimum"), schema.get("maximum"))
            low, high = ("" if each is None or abs(each) > 10**9 else f"{each:,}" for each in bounds)
            return "whole number" + (f", {low} to {high}" if low and high else f", {low} or more" if low else "")
        case "object":
            inner = schema.get("additionalProperties")
            return f"object of {shape(found, inner)}" if isinstance(inner, Mapping) and inner else "object"
        case "string":
            return "time" if schema.get("format") == "date-time" else "text"
        case "boolean":
            return "true or false"
        case "number":
            return "number"
        case other:
            return str(other or "any")


def default(schema: Mapping[str, Any]) -> str:
    """A default as it is written; nothing where leaving out means none."""
    given = schema.get("default")
    return "" if given is None or given == "" else code(json.dumps(given))


def statuses(found: Mapping[str, Any]) -> set[tuple[str, str]]:
    """Every status that any route of the API answers with, and what it says."""
    return {
        (status, each["description"])
        for path, methods in found["paths"].items()
        if path.startswith("/api/")
        for operation in methods.values()
        for status, each in operation["responses"].items()
    }
