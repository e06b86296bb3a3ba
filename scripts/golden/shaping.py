"""An answer as it is compared: each number and each option where it can be named, and nothing that only follows from words.

How wide a column of a table is follows from the longest word in it, the order of parameters says nothing, a chart is JSON within
a line of a page, and the hash in an ETag is of a body that is compared itself. So that a word that changes hides no number,
tables are compared without their padding and rules, CSV by column, parameters by name, requests by what they hold and not by
what their model is called, charts as JSON, ETags by their revision, and in help what each option takes apart
from what is said of it.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator, Sequence
from typing import Any

_CHART = '<script type="application/json">'
_RULE = re.compile(r"[\s─]*")
_PADDING = re.compile(r" {2,}")
_ETAG = re.compile(r'^"(\d+\.)?[0-9a-f]{16}"$')
_OPTION = re.compile(r"^ {2}(?:-\w, )?(--[\w-]+)(?: (.*))?$")
_BOUNDS = re.compile(r"\[([^\[\]]*)\]\s*$")


def shaped(address: str, value: Any) -> Any:
    """Return an answer as it is compared.

    >>> shaped("sqlite/command/estimate/table", {"out": [" value  method ", " ────────────── ", "   112  counted ", "   "]})
    {'out': ['value  method', '112  counted']}
    """
    if address.startswith("all/help/"):
        return _help(value)
    if address.endswith("/table") and isinstance(value, dict):
        return {name: _table(each) if isinstance(each, list) else each for name, each in value.items()}
    if isinstance(value, dict) and isinstance(value.get("body"), list) and all(isinstance(each, str) for each in value["body"]):
        value = _page(value)
    name = "body" if " as CSV/" in address else "out"
    if (address.endswith("/csv") or name == "body") and isinstance(value, dict) and isinstance(value.get(name), list):
        value = {**value, name: _sheet(value[name])}
    if address.endswith("/openapi/document"):
        value = _inlined(value)
    return _walked(value)


def _sheet(lines: Sequence[str]) -> dict[str, Any]:
    """Return CSV as its columns and, line by line, what stands in each."""
    columns, *rows = csv.reader(io.StringIO("\n".join(lines))) if lines else ((),)
    beyond = len(columns)
    return {
        "columns": [*columns],
        "rows": [dict(zip(columns, row, strict=False)) | ({"beyond": row[beyond:]} if len(row) > beyond else {}) for row in rows],
    }


def _inlined(document: dict[str, Any]) -> dict[str, Any]:
    """Return an OpenAPI document with what each request may hold where it is asked, whatever the model of it is called."""
    schemas = document.get("components", {}).get("schemas", {})
    models = {f"#/components/schemas/{name}": schema for name, schema in schemas.items() if name[:1].isupper()}

    def put(value: Any) -> Any:
        match value:
            case {"$ref": str(to)} if to in models:
                return put(models[to])
            case dict():
                return {name: put(each) for name, each in value.items()}
            case list():
                return [put(each) for each in value]
            case _:
                return value

    published = {name: put(schema) for name, schema in schemas.items() if not name[:1].isupper()}
    paths = {name: put(each) for name, each in document.items() if name != "components"}
    return {**paths, "components": {**document.get("components", {}), "schemas": published}}


def _table(lines: Sequence[str]) -> list[str]:
    return [_PADDING.sub("  ", line.strip()) for line in lines if not _RULE.fullmatch(line)]


def _page(page: dict[str, Any]) -> dict[str, Any]:
    """Return a page with the charts in it beside its lines."""
    charts = [line for line in page["body"] if line.startswith(_CHART)]
    if not charts:
        return page
    read = [json.loads(line.removeprefix(_CHART).removesuffix("</script>")) for line in charts]
    return {**page, "body": [line for line in page["body"] if not line.startswith(_CHART)], "charts": read}


def _walked(value: Any) -> Any:
    match value:
        case str():
            return _ETAG.sub(r'"\1<digest>"', value)
        case list():
            by_name = {
                f"{each['in']} {each['name']}": each for each in value if isinstance(each, dict) and {"in", "name"} <= set(each)
            }
            items = {name: _walked(each) for name, each in by_name.items()}
            return items if value and len(items) == len(value) else [_walked(each) for each in value]
        case dict():
            return {name: _walked(each) for name, each in value.items()}
        case _:
            return value


def _help(lines: Sequence[str]) -> dict[str, Any]:
    """Return the help of a command as its lines, and by option what it takes and its bounds and default.

    >>> _help(["Usage: remiss x", "Options:", "  --limit INTEGER RANGE  How many", "                         at most.  [x>=1]"])
    {'lines': ['Usage: remiss x', 'Options:', '--limit How many at most.'], 'options': {'--limit': 'INTEGER RANGE [x>=1]'}}
    """
    options, kept = {}, []
    for line in _entries(lines):
        found = _OPTION.match(line)
        if found is None:
            kept.append(line)
            continue
        name, said = found[1], found[2] or ""
        takes, _, about = said.partition("  ") if not said.startswith(" ") else ("", "", said)
        bounds = _BOUNDS.search(about)
        options[name] = f"{takes} {bounds[0].strip() if bounds else ''}".strip()
        kept.append(f"{name} {' '.join(_BOUNDS.sub('', about).split())}")
    return {"lines": kept, "options": options}


def _entries(lines: Sequence[str]) -> Iterator[str]:
    """Yield the lines of help that say something, what goes on in the next line as one line."""
    held = ""
    for line in lines:
        if held and line.startswith(" " * 6):
            held = f"{held}  {line.strip()}" if held.rstrip() == held and "  " not in held.strip() else f"{held} {line.strip()}"
            continue
        if held:
            yield held
        held = line if _OPTION.match(line) else ""
        if not held and line.strip():
            yield line
    if held:
        yield held
