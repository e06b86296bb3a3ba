"""HTML for notebooks: tables and pairs that show what logs and people wrote and never run it.

Styles stand on the cells themselves and say only where text is aligned: a notebook has its own looks, and a stylesheet of
ours would change those of everything else in it.
"""

from __future__ import annotations

import html
from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from remiss.present.legible import moment, number, one_line
from remiss.records.identity import format_time, utc

ROW_LIMIT = 20
TEXT_LIMIT, WORD_LIMIT = 80, 20
# What a title shows of a text that was cut; longer ones are for `to_pandas`.
TITLE_LIMIT = 2_000
LEFT, RIGHT = (f'style="text-align: {side}"' for side in ("left", "right"))
# Ids and times are read and copied as a whole.
WHOLE_LEFT = 'style="text-align: left; white-space: nowrap"'


def escaped(text: str) -> str:
    """Return text, on one line, as markup that shows it.

    >>> escaped('<b onclick="x()">')
    '&lt;b onclick=&quot;x()&quot;&gt;'
    """
    return html.escape(one_line(text))


def shortened(text: str, limit: int = TEXT_LIMIT) -> str:
    """Return text as markup; one that is too long is cut, and whole in the title."""
    text = one_line(text)
    if len(text) <= limit:
        return html.escape(text)
    title = text if len(text) <= TITLE_LIMIT else text[: TITLE_LIMIT - 1] + "…"
    return f'<span title="{html.escape(title)}">{html.escape(text[: limit - 1].rstrip())}…</span>'


def value(item: object) -> str:
    """Return a value as markup."""
    match item:
        case None:
            return ""
        case bool():
            return "yes" if item else "no"
        case int() | float():
            return number(item)
        case datetime():
            return f'<time datetime="{format_time(item)}">{moment(item)}</time>'
        case _:
            return shortened(str(item))


def table(
    titles: Sequence[str],
    lines: Iterable[Sequence[object]],
    *,
    foot: str = "",
    right: Collection[str] = (),
    limit: int = ROW_LIMIT,
) -> str:
    """Return a table of the first lines without empty columns; numbers to the right, times in UTC, and how many there are.

    Parameters
    ----------
    foot : what to say under the table instead of that only its first lines are shown
    right : titles of columns that hold numbers as texts
    """
    lines = [tuple(line) for line in lines]
    empty = {at for at in range(len(titles)) if lines and all(line[at] is None for line in lines)}
    titles = [title for at, title in enumerate(titles) if at not in empty]
    lines = [tuple(item for at, item in enumerate(line) if at not in empty) for line in lines]
    columns = [Column(title, [line[at] for line in lines], right=title in right) for at, title in enumerate(titles)]
    head = "".join(f'<th scope="col" {each.align}>{escaped(each.title)}</th>' for each in columns)
    body = "".join(
        "<tr>" + "".join(f"<td {each.align}>{each.cell(item)}</td>" for each, item in zip(columns, line, strict=True)) + "</tr>"
        for line in lines[:limit]
    )
    if not foot and len(lines) > limit:
        foot = f"… {limit} of {len(lines):,}"
    under = f"<p>{escaped(foot)}</p>" if foot else ""
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>{under}"


def pairs(found: Iterable[tuple[str, object]]) -> str:
    """Return names and values under each other."""
    lines = "".join(f'<tr><th scope="row" {LEFT}>{escaped(name)}</th><td {LEFT}>{value(item)}</td></tr>' for name, item in found)
    return f"<table><tbody>{lines}</tbody></table>"


def folded(title: str, lines: Sequence[str]) -> str:
    """Return lines that unfold under a title; nothing where there are none."""
    items = "".join(f"<li>{escaped(line)}</li>" for line in lines)
    return f"<details><summary>{escaped(title)} ({len(lines):,})</summary><ul>{items}</ul></details>" if lines else ""


def short(values: Sequence[object]) -> bool:
    """Return whether values are names and words that need not be broken into lines."""
    return all(isinstance(item, str) and len(item) <= WORD_LIMIT for item in values)


class Column:
    """One column of a table: what its values have in common decides how each is spelled."""

    def __init__(self, title: str, values: Sequence[object], *, right: bool = False) -> None:
        given = [item for item in values if item is not None]
        times = [item for item in given if isinstance(item, datetime)]
        self.timed = bool(times) and len(times) == len(given)
        # Windows and days begin at midnight, and a column of midnights says nothing.
        self.days = self.timed and all(format_time(item).endswith("T00:00:00Z") for item in times)
        self.title = f"{title} (UTC)" if self.timed else title
        numeric = bool(given) and all(isinstance(item, int | float) and not isinstance(item, bool) for item in given)
        self.align = RIGHT if numeric or right else WHOLE_LEFT if self.timed or short(given) else LEFT

    def cell(self, item: object) -> str:
        """Return one value as markup."""
        if not self.timed or not isinstance(item, datetime):
            return value(item)
        text = utc(item).date().isoformat() if self.days else moment(item).removesuffix(" UTC")
        return f'<time datetime="{format_time(item)}">{text}</time>'
