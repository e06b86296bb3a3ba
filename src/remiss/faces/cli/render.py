"""What is printed: tables and facts for people, JSON for programs. Results go to stdout, talk to stderr."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

import click

from remiss.faces.cli.options import to_stderr
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
    from remiss.present import facts as facts_of

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
    """Print a table; numbers to the right, and the columns at `numbers`, which have them as texts."""
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    from remiss.present import facts as facts_of

    lines = [tuple(line) for line in lines]
    drawn = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False, header_style="bold")
    for at, title in enumerate(titles):
        values = [line[at] for line in lines if line[at] is not None]
        numeric = (
            at in numbers or title in facts_of.SHARES or (bool(lines) and all(isinstance(each, int | float) for each in values))
        )
        # What people copy (ids) stands first and is never broken, nor is a time.
        whole = at == 0 or all(isinstance(each, datetime) for each in values)
        drawn.add_column(title, justify="right" if numeric else "left", overflow="fold", no_wrap=whole)
    for line in lines:
        drawn.add_row(*(Text(cell(value)) for value in line))
    Console(width=_width(), highlight=False, soft_wrap=False).print(drawn)


def facts(pairs: Iterable[tuple[str, object]]) -> None:
    """Print names and values under each other."""
    pairs = [(name, cell(value)) for name, value in pairs]
    width = max((len(name) for name, _ in pairs), default=0)
    for name, value in pairs:
        click.echo(f"{name:<{width}}  {value}".rstrip())


def _width() -> int:
    import shutil

    # Piped output is for programs that cut columns: do not fold it at the width of nobody's screen.
    return shutil.get_terminal_size((160, 40)).columns
