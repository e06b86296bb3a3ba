"""What is printed: tables and facts for people, JSON for programs. Results go to stdout, talk to stderr."""

from __future__ import annotations

import json
import re
import shutil
import sys
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from itertools import chain, zip_longest

import click

from remiss.faces.cli.options import to_stderr
from remiss.present import facts as facts_of
from remiss.present.legible import counted, printable
from remiss.records.identity import format_time
from remiss.records.rows import Rows


def say(text: str) -> None:
    """Print talk: what is going on, what to do next. Never part of an answer."""
    with to_stderr():
        click.echo(text, err=True)


def as_json(value: object) -> None:
    """Print one JSON object."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False))


def rows(page: Rows, *, none: str = "nothing to list") -> None:
    """Print a list as a table; an empty one is `none`."""
    if page.rows:
        table(facts_of.shown(page), facts_of.lines(page))
    else:
        say(none)


def page(found: Rows, noun: str) -> None:
    """Print a page of a list as a table, and say how many of all it shows and how to go on."""
    rows(found, none=counted(0, noun))
    if found.rows:
        shown = counted(len(found), noun) if found.total is None else f"{len(found):,} of {counted(found.total, noun)}"
        say(shown + (f"; go on with --after {found.next}" if found.next else ""))


def cell(value: object) -> str:
    """Return a value as a person reads it; times to the second."""
    match value:
        case None:
            return ""
        case bool():
            return "yes" if value else "no"
        case datetime():
            return format_time(value.replace(microsecond=0))
        case float():
            return f"{value:.6g}"
        case int():
            return f"{value:,}"
        case _:
            return printable(str(value))


def table(titles: Sequence[str], lines: Iterable[Sequence[object]], *, numbers: Collection[int] = ()) -> None:
    """Print a table; numbers to the right, and the columns at `numbers`, which have them as texts (docs/adr/0058)."""
    lines = [tuple(line) for line in lines]
    values = [[line[at] for line in lines if line[at] is not None] for at in range(len(titles))]
    right = [
        at in numbers or title in facts_of.SHARES or (bool(lines) and all(isinstance(each, int | float) for each in values[at]))
        for at, title in enumerate(titles)
    ]
    # What people copy (ids) stands first and is never broken, nor is a time.
    whole = [at == 0 or all(isinstance(each, datetime) for each in values[at]) for at in range(len(titles))]
    cells = [list(titles), *([cell(value) for value in line] for line in lines)]
    widths = narrowed([max(map(breadth, column)) for column in zip(*cells, strict=True)], whole, _width() - 2 * len(titles))
    head, *rest = (_drawn(row, widths, right) for row in cells)
    blank, rule = " " * len(head[0]), "─" if (sys.stdout.encoding or "").lower().startswith("utf") else "-"
    bold = [click.style(each, bold=True) for each in head]
    click.echo("\n".join([blank, *bold, f" {rule * (len(blank) - 2)} ", *chain.from_iterable(rest), blank]))


def _drawn(row: Sequence[str], widths: Sequence[int], right: Sequence[bool]) -> list[str]:
    """Return the lines that a row of a table takes: one, where no cell is wider than its column."""
    if all(text.isascii() and len(text) <= width for text, width in zip(row, widths, strict=True)):
        parts = (text.rjust(size) if number else text.ljust(size) for text, size, number in zip(row, widths, right, strict=True))
        return [f" {'  '.join(parts)} "]
    folded = [[text] if breadth(text) <= width else in_lines(text, width) for text, width in zip(row, widths, strict=True)]
    return [f" {'  '.join(map(_padded, line, widths, right))} " for line in zip_longest(*folded, fillvalue="")]


def _padded(text: str, width: int, right: bool) -> str:
    blank = " " * (width - breadth(text))
    return blank + text if right else text + blank


def breadth(text: str) -> int:
    """Return how many columns of a terminal a text takes: two for each wide letter."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


def narrowed(widths: Sequence[int], whole: Sequence[bool], most: int) -> list[int]:
    """Return what columns may take of a width in all: the widest give way, but for those that are whole, down to a letter.

    >>> narrowed([9, 40, 30, 5], [True, False, False, False], 60), narrowed([9, 40], [True, False], 9)
    ([9, 23, 23, 5], [9, 1])
    """
    free = [width for width, fixed in zip(widths, whole, strict=True) if not fixed]
    room = most - sum(widths) + sum(free)
    cap = next((cap for cap in range(room, 1, -1) if sum(min(width, cap) for width in free) <= room), 1)
    return [width if fixed else min(width, cap) for width, fixed in zip(widths, whole, strict=True)]


def in_lines(text: str, width: int) -> list[str]:
    """Return a text in lines of at most that width, broken between words, and within a word that is wider.

    >>> in_lines("what the model said was incomprehensible", 10)
    ['what the', 'model said', 'was', 'incomprehe', 'nsible']
    """
    lines = [""]
    for word in re.findall(r"\s*\S+", text):
        if breadth(lines[-1] + word) <= width:
            lines[-1] += word
            continue
        lines += [""] if lines[-1] else []
        for letter in word.lstrip():
            lines += [""] if breadth(lines[-1] + letter) > width else []
            lines[-1] += letter
    return lines


def facts(pairs: Iterable[tuple[str, object]]) -> None:
    """Print names and values under each other."""
    pairs = [(name, cell(value)) for name, value in pairs]
    width = max((len(name) for name, _ in pairs), default=0)
    for name, value in pairs:
        click.echo(f"{name:<{width}}  {value}".rstrip())


def _width() -> int:
    # Piped output is for programs that cut columns: do not fold it at the width of nobody's screen.
    return shutil.get_terminal_size((160, 40)).columns
