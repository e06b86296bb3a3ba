"""Lists and figures as tables for elsewhere: as CSV for spreadsheets, and as Markdown for chats, tickets and documents."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import quote

from remiss.codec import schema_of
from remiss.present import agreement, estimate_facts, heatmap
from remiss.present.legible import moment, one_line
from remiss.records.agreement import Agreement
from remiss.records.estimate import CONFIRMED, Estimate
from remiss.records.event import Scalar, to_text
from remiss.records.heatmap import Heatmap
from remiss.records.rows import Rows

CONFIRMED_COLUMNS = ("flagged", "precision")
# What Markdown could take for its own: emphasis, code, links, pictures, HTML, entities, formulas, the edge of a cell.
_SIGNS = re.compile(r"[\\`*_{}\[\]<>|~!&$#]")
# What readers of Markdown make links of, or call people by.
_CALLS = ((re.compile("://"), r"\\://"), (re.compile(r"(?i)\bwww(?=\.)"), r"\g<0>\\"), (re.compile("@"), "@\N{WORD JOINER}"))
COLUMNS = ("key", "value", "low", "high", "method", "variance", "among", "sampled", "effective", "remarks")


def sheet_of(answer: Any, document: Mapping[str, Any], declared: Any) -> tuple[Sequence[str], Iterable[Sequence[Any]]]:
    """Return the columns and lines of an answer that has them.

    Parameters
    ----------
    document : the answer as published; of a list of objects, what they have that is no list or object itself makes the columns
    declared : the type that the answer was declared as, which says what objects a list has, also when it has none
    """
    if isinstance(answer, Rows):
        return answer.columns, answer.rows
    if isinstance(answer, Estimate):
        return figures(answer)
    if isinstance(answer, Agreement):
        return agreement.columns(answer)
    if isinstance(answer, Heatmap):
        return heatmap.LINES, heatmap.sheet(answer)
    items: Sequence[Mapping[str, Scalar]] = document["items"]
    said = dict(_plain_keys(schema_of(declared)["properties"]["items"]["items"]))
    columns = tuple(name for name in said if not items or any(name in each for each in items))
    return columns, [tuple(_cell(each.get(name), said[name]) for name in columns) for each in items]


def _plain_keys(schema: Mapping[str, Any]) -> Iterator[tuple[str, frozenset[str]]]:
    """Yield the keys of a kind of object that hold one value each, with the formats of the values."""
    for name, said in schema.get("properties", {}).items():
        forms = said.get("anyOf", (said,))
        if name != "schema" and not {"array", "object"} & {each.get("type") for each in forms}:
            yield name, frozenset(each["format"] for each in forms if "format" in each)


def _cell(value: Scalar, formats: frozenset[str]) -> Scalar:
    return datetime.fromisoformat(value) if isinstance(value, str) and "date-time" in formats else value


def figures(found: Estimate) -> tuple[list[str], list[tuple[object, ...]]]:
    """Return the columns and lines of an estimate, one line a figure."""
    names = [name for name in COLUMNS if found.rate or name != "among"]
    names += CONFIRMED_COLUMNS if found.kind == CONFIRMED else ()
    told = {
        "key": lambda row: row.missing if row.key is None else row.key,
        "remarks": estimate_facts.remarks,
        "precision": estimate_facts.precision_of,
    }
    return names, [tuple(told[name](row) if name in told else getattr(row, name) for name in names) for row in found.rows]


def as_markdown(columns: Sequence[str], lines: Iterable[Sequence[object]]) -> str:
    r"""Return a table of Markdown in which no cell is obeyed: what stands in one is read as text.

    A cell that is a pair is a link: its text, and its address, which is one of ours.

    >>> print(as_markdown(("case", "label"), [(("a|b", "/cases/x"), "![p](http://x)"), (None, 2.5)]), end="")
    | case | label |
    | --- | --- |
    | [a\|b](/cases/x) | \!\[p\](http\://x) |
    |  | 2.5 |
    """
    head = [[markdown_text(name) for name in columns], ["---"] * len(columns)]
    every = (*head, *([_markdown_cell(value) for value in line] for line in lines))
    return "".join(f"| {' | '.join(cells)} |\n" for cells in every)


def _markdown_cell(value: Any) -> str:
    match value:
        case None:
            return ""
        case (str() as text, str() as href):
            return f"[{markdown_text(text)}]({quote(href, safe=':/?&=%~.-')})"
        case datetime():
            return moment(value)
        case float():
            return f"{value:.6g}"
        case _:
            return markdown_text(to_text(value) or "")


def markdown_text(text: str) -> str:
    """Return text in one line that Markdown takes as it is, and in which nobody is called and nothing becomes a link."""
    shown = _SIGNS.sub(r"\\\g<0>", one_line(text))
    for sign, instead in _CALLS:
        shown = sign.sub(instead, shown)
    return shown
