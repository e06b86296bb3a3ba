"""What is printed: tables and facts for people, JSON for programs. Results go to stdout, talk to stderr."""

from __future__ import annotations

import json
import shlex
import shutil
import sys
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from itertools import chain, zip_longest
from types import NoneType

import click

from remiss.faces.cli.layout import GAP, PHRASE, TableColumn, breadth, in_lines, laid_out
from remiss.faces.cli.options import COLUMNS, TYPED, to_stderr
from remiss.present import columns as columns_of
from remiss.present.legible import counted, printable, when
from remiss.records.identity import format_time
from remiss.records.rows import Rows

# In which colour what is worth it stands, by its first word, under titles that say what is in it. The word always stands too.
COLOURED = frozenset({"severity", "status", "state", "verdict"})
INKS: Mapping[str, Mapping[str, object]] = {
    "1": {"fg": "red", "bold": True},
    "2": {"fg": "red"},
    "3": {"fg": "yellow"},
    **{word: {"fg": "red"} for word in ("regressed", "failed", "lost")},
    **{word: {"fg": "yellow"} for word in ("disputed", "waiting", "undecidable")},
    **{word: {"fg": "green"} for word in ("verified", "resolved", "cleared")},
}


def say(*texts: str) -> None:
    """Print talk, a line for each text: what is going on, what to do next. Never part of an answer."""
    with to_stderr():
        for text in texts:
            click.echo(text, err=True)


def as_json(value: object) -> None:
    """Print one JSON object."""
    click.echo(json.dumps(value, indent=2, ensure_ascii=False, allow_nan=False))


def rows(page: Rows, *, none: str = "nothing to list") -> None:
    """Print a list as a table; an empty one is `none`."""
    if page.rows:
        table(columns_of.shown(page), columns_of.lines(page))
    else:
        say(none)


def page(found: Rows, noun: str, nouns: str = "") -> None:
    """Print a page of a list as a table, and say how many of all it shows and how to go on."""
    for each in found.read_as:
        say(each)
    rows(found, none=counted(0, noun, nouns))
    if found.rows:
        shown = counted(len(found), noun, nouns)
        say(shown if found.total is None else f"{len(found):,} of {counted(found.total, noun, nouns)}")
        going_on(found.next)


def going_on(token: str | None) -> None:
    """Say by which command the next page is had, to paste into a shell."""
    context = click.get_current_context(silent=True)
    if token is None or context is None:
        return
    words = [*context.meta.get(TYPED, context.command_path.split()[1:])]
    end = words.index("--") if "--" in words else len(words)
    behind = {at for at, word in enumerate(words[:end]) if word == "--after"}
    kept = [
        word
        for at, word in enumerate(words[:end])
        if at not in behind and at - 1 not in behind and not word.startswith("--after=")
    ]
    say(f"next page: {shlex.join(['remiss', *kept, '--after', token, *words[end:]])}")


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


def table(titles: Sequence[str] | Mapping[str, int], lines: Iterable[Sequence[object]], *, numbers: Collection[int] = ()) -> None:
    """Print a table (docs/adr/0058), or cards where the terminal is too narrow for it, and say which columns are not shown.

    Parameters
    ----------
    titles : with the priority of each column (see present/columns.py), or without any
    numbers : places of columns that have numbers as texts: they stand to the right, as numbers do
    """
    columns, width = _columns(titles, [tuple(line) for line in lines], numbers), _width()
    found = laid_out(columns, width)
    if not found.widths:
        click.echo("\n".join(_cards(columns, width)))
        return
    head, *rest = _drawn([columns[at] for at in found.shown], found.widths)
    blank, rule = " " * len(head[0]), "─" if (sys.stdout.encoding or "").lower().startswith("utf") else "-"
    bold = [click.style(each, bold=True) for each in head]
    click.echo("\n".join([blank, *bold, f" {rule * (len(blank) - 2)} ", *chain.from_iterable(rest), blank]))
    if found.dropped:
        _say_dropped([columns[at] for at in found.dropped], width)


def fits(titles: Sequence[str], lines: Sequence[Sequence[object]]) -> bool:
    """Return whether a table of numbers has room for all of its columns."""
    found = laid_out(_columns(titles, lines, range(1, len(titles))), _width())
    return bool(found.widths) and not found.dropped


def _columns(
    titles: Sequence[str] | Mapping[str, int], lines: Sequence[Sequence[object]], numbers: Collection[int]
) -> list[TableColumn]:
    return [
        _column(title, [line[at] for line in lines], priority, first=at == 0, number=at in numbers)
        for at, (title, priority) in enumerate(columns_of.priorities(titles).items())
    ]


def _column(title: str, values: Sequence[object], priority: int, *, first: bool, number: bool) -> TableColumn:
    """Return a column; what people copy (ids) stands first and is never broken, nor is a time; a long phrase is no id."""
    kinds = {*map(type, values)}
    given = kinds - {NoneType}
    times = bool(given) and all(issubclass(each, datetime) for each in given)
    cells = when(values) if times else _cells(values, kinds)
    right = number or title in columns_of.SHARES or (bool(given) and all(issubclass(each, int | float) for each in given))
    phrases = any(len(each) > PHRASE and " " in each for each in {*cells})
    return TableColumn(title, cells, priority, right=right, whole=times or (first and not phrases))


def _cells(values: Sequence[object], kinds: Collection[type]) -> list[str]:
    # Of one kind equal values are told alike, each once; a float is not, of which there are two zeros.
    if len({*kinds} - {NoneType}) == 1 and {*kinds} <= {str, int, NoneType}:
        told = {value: cell(value) for value in {*values}}
        return [told[value] for value in values]
    return [cell(value) for value in values]


def _say_dropped(dropped: Sequence[TableColumn], width: int) -> None:
    """Say which columns are not shown, what is the same in all their lines, and how they are had."""
    same = {each.title: each.cells[0] for each in dropped if each.constant and each.cells[0]}
    context = click.get_current_context(silent=True)
    has = context is not None and any(each.name == COLUMNS for each in context.command.params)
    more = "`--columns` shows them." if has else "A wider terminal shows them, and so does `--format json`."
    others = [each.title for each in dropped if each.title not in same]
    if others:
        say(f"Not shown at {width} columns: {', '.join(others)}. {more}")
    if same:
        say(f"The same in every row: {'; '.join(f'{title} {value}' for title, value in same.items())}.")


def _cards(columns: Sequence[TableColumn], width: int) -> Iterator[str]:
    """Yield the lines of a table as cards: for each of its rows the values that it has, each behind its title."""
    for at in range(max(len(each.cells) for each in columns)):
        yield ""
        for each in columns:
            text = each.cells[at]
            if text:
                head, *rest = in_lines(f"{each.title}: {text}", max(1, width - 2))
                plain = not rest and each.title in COLOURED and head.startswith(f"{each.title}: ")
                yield f"{each.title}: {_inked(text, text)}" if plain else head
                yield from (f"  {line}" for line in rest)
    yield ""


def _drawn(columns: Sequence[TableColumn], widths: Sequence[int]) -> list[list[str]]:
    """Return the lines that each row of a table takes, its titles first: one, where no cell is wider than its column."""
    # A table of tens of thousands of rows says little that is new: each text of a column is laid out once.
    known = [
        {text: _folded(text, width, one) for text in {one.title, *one.cells}} for one, width in zip(columns, widths, strict=True)
    ]
    if all(len(lines) == 1 for of_column in known for lines in of_column.values()):
        lines_of = [[of_column[text][0] for text in _texts(one)] for one, of_column in zip(columns, known, strict=True)]
        return [[f" {'  '.join(row)} "] for row in zip(*lines_of, strict=True)]
    blanks = [" " * width for width in widths]
    folded = [[of_column[text] for text in _texts(one)] for one, of_column in zip(columns, known, strict=True)]
    return [
        [
            f" {'  '.join(blank if line is None else line for line, blank in zip(line_of, blanks, strict=True))} "
            for line_of in zip_longest(*row)
        ]
        for row in zip(*folded, strict=True)
    ]


def _texts(column: TableColumn) -> tuple[str, ...]:
    return column.title, *column.cells


def _folded(text: str, width: int, column: TableColumn) -> list[str]:
    """Return the lines that a cell takes, each as wide as its column, and in the colour of what it says."""
    lines = [_padded(line, width, column.right) for line in ([text] if breadth(text) <= width else in_lines(text, width))]
    return [_inked(text, line) for line in lines] if column.title in COLOURED else lines


def _padded(text: str, width: int, right: bool) -> str:
    blank = " " * (width - breadth(text))
    return blank + text if right else text + blank


def _inked(value: str, text: str) -> str:
    """Return text in the colour that a value has. Where the answer goes to no terminal, click takes the colour off again."""
    ink = INKS.get(value.partition(" ")[0])
    return text if ink is None else click.style(text, **ink)  # type: ignore[arg-type]


def facts(pairs: Iterable[tuple[str, object]]) -> None:
    """Print names and values under each other; on a terminal, what is long is folded."""
    told = [(name, when([value])[0] if isinstance(value, datetime) else cell(value)) for name, value in pairs]
    width = max((breadth(name) for name, _ in told), default=0)
    whole = _width(0)
    if whole and width > whole // 2:
        click.echo("\n".join(_cards([TableColumn(name, [value], 1) for name, value in told], whole)))
        return
    for name, value in told:
        # A word alone is a digest, an id or an address, which people copy whole.
        lines = in_lines(value, whole - width - GAP) if whole and " " in value else [value]
        lines = [_inked(value, line) if name in COLOURED else line for line in lines]
        click.echo(
            "\n".join(f"{_padded('' if at else name, width, right=False)}  {line}".rstrip() for at, line in enumerate(lines))
        )


def _width(fallback: int = 160) -> int:
    """Return how wide the terminal is.

    Piped output is for programs that cut columns: it is not folded at the width of nobody's screen.
    """
    return shutil.get_terminal_size((fallback, 40)).columns
