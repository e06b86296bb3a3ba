"""Rows: the one type for lists of things, whichever face asks for them, and the pages of such lists.

The tables and charts of records are made of records, and so stand above them. A record only says that it is `Shown`; how,
`notebook.py` registers; once a catalog was opened, the first record that is shown loads it.

Pages follow one another by what the last line was, not by how many came before: what is filed meanwhile shifts nothing, and
each thing is met once.
"""

from __future__ import annotations

import base64
import binascii
import csv
import hmac
import io
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from difflib import get_close_matches
from functools import singledispatch
from itertools import chain
from typing import TYPE_CHECKING, Any, TypeAlias

from remiss.errors import InputError
from remiss.records import arrow
from remiss.records.event import Scalar, is_text
from remiss.records.identity import digest, format_time

if TYPE_CHECKING:
    import pyarrow as pa

# Numbers and texts; the list whose lines they sort knows which.
SortValues: TypeAlias = tuple[Any, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """Where a next page begins: the list it belongs to, as of which position, how many matched, the last sort values."""

    of: str
    position: int | None
    total: int | None
    last: SortValues


def chosen(page: Rows, columns: str | None) -> Rows:
    """Return a page with the columns that a list of their names chooses, set apart by commas; None chooses all.

    Raises
    ------
    InputError : one that it does not have, or twice the same
    """
    return page if columns is None else page.only(split_columns(columns))


def split_columns(columns: str) -> list[str]:
    """Return the names in a list of columns.

    >>> split_columns("id, inputs.distance,")
    ['id', 'inputs.distance']
    """
    return [name.strip() for name in columns.split(",") if name.strip()]


def list_name(query: str, sort: str, as_of: int | None) -> str:
    """Return what makes two pages pages of the same list."""
    # A list may be asked for by what is no text; it is empty, and has a name all the same.
    return digest([query.encode("utf-8", "backslashreplace").decode(), sort, as_of])[:16]


def token(turn: Turn, secret: bytes | None = None) -> str:
    """Return a turn as opaque text; one that says a total is sealed with a secret, so that whoever asks can make up none."""
    content = json.dumps([turn.of, turn.position, turn.total, *turn.last], separators=(",", ":")).encode()
    text = base64.urlsafe_b64encode(content).decode().rstrip("=")
    return text if secret is None else f"{text}.{_seal(text, secret)}"


def _seal(text: str, secret: bytes) -> str:
    return hmac.digest(secret, text.encode("utf-8", "backslashreplace"), "sha256")[:8].hex()


def turn(text: str, of: str, kinds: Sequence[type], secret: bytes | None = None) -> Turn:
    """Return the turn that a token names, in a list whose lines are sorted by values of such kinds: `int`, `float` or `str`.

    Raises
    ------
    InputError : no token of ours, or of another list
    """
    again = "start again without it"
    if secret is not None:
        text, _, seal = text.rpartition(".")
        if not hmac.compare_digest(_seal(text, secret).encode(), seal.encode("utf-8", "backslashreplace")):
            raise InputError("the page token cannot be read, or this catalog never gave it", do=again)
    try:
        content = json.loads(base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True))
        name, position, total, *last = content
    except (binascii.Error, ValueError, TypeError, RecursionError) as error:
        raise InputError("the page token cannot be read", do=again) from error
    counts = [number for number in (position, total) if number is not None]
    given = (*(int for _ in counts), *kinds)
    if not isinstance(name, str) or len(last) != len(kinds) or not all(map(_is_of, (*counts, *last), given)):
        raise InputError("the page token cannot be read", do=again)
    if name != of:
        raise InputError("the page token belongs to another query, sort or position", do=again)
    return Turn(of=name, position=position, total=total, last=tuple(last))


def _is_of(value: object, kind: type) -> bool:
    """Return whether a value of JSON is one of a kind that a database stores: an int of JSON is of any size."""
    if kind is str:
        return isinstance(value, str) and is_text(value)
    return (type(value) is int and abs(value) < 2**63) or (kind is float and type(value) is float)


@singledispatch
def as_html(record: object) -> str | None:
    """Return a record as a notebook shows it; None, upon which it shows text, while nothing is registered for it."""
    return None


class Shown:
    """A record that a notebook shows in its own way."""

    __slots__ = ()

    def _repr_html_(self) -> str | None:
        return as_html(self)


# Where a cell, or a line of it for a reader that breaks lines at more than CSV does, would be read as a formula; wide forms too.
_FORMULA = re.compile(r"(?:\A|(?<=[\n\r\v\f\x1c-\x1e\x85\u2028\u2029]))(?=[=+\-@\t\r\uff0b\uff0d\uff1d\uff20])")
# Control characters but tab and the ends of lines: to a terminal they are commands.
_CONTROLS = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


def spreadsheet_safe(value: object) -> object:
    r"""Return a CSV cell that neither a spreadsheet nor a terminal obeys.

    Before text that would start a formula, at its beginning or after any kind of line break, stands an apostrophe, and control
    characters are written as escapes; JSON has the text letter by letter. Numbers stay numbers, also negative ones. Source:
    OWASP, CSV injection.

    >>> spreadsheet_safe("=cmd|' /C calc'!A0"), spreadsheet_safe(-1.5), spreadsheet_safe(None)
    ("'=cmd|' /C calc'!A0", -1.5, '')
    >>> spreadsheet_safe("late\r=1+1"), spreadsheet_safe("\x1b[2J")
    ("late\r'=1+1", '\\x1b[2J')
    """
    if value is None:
        return ""
    if not isinstance(value, str):
        return value
    return _CONTROLS.sub(lambda found: repr(found[0])[1:-1], _FORMULA.sub("'", value))


def as_csv(columns: Sequence[str], lines: Iterable[Sequence[object]]) -> str:
    """Return CSV that a spreadsheet reads as data, never as a formula; times to the second."""
    return csv_lines(chain([columns], ([_to_the_second(value) for value in line] for line in lines)))


def csv_lines(lines: Iterable[Sequence[object]]) -> str:
    """Return lines of CSV as they are, but that no cell is obeyed."""
    return "".join(_line([spreadsheet_safe(value) for value in line]) for line in lines)


def _line(values: Sequence[object]) -> str:
    # Readers begin a row at a carriage return too, and it is quoted only where it is part of the end of a line.
    text = io.StringIO()
    csv.writer(text, lineterminator="\r\n").writerow(values)
    return text.getvalue().removesuffix("\r\n") + "\n"


def _to_the_second(value: object) -> object:
    return format_time(value.replace(microsecond=0)) if isinstance(value, datetime) else value


@dataclass(frozen=True, slots=True)
class Rows(Shown):
    """A page of a list.

    `schema` is the kind of thing in the rows (`case`, `run`, `facet`, ...). `columns` names the values of each row, in
    order; `total` is how many match in all, shown or not; `next` is the token of the next page, or None at the end;
    `position` is the catalog position that was read. `blinded` is of how many of all that match something is blinded for the
    asker, where that was counted. `ids` name the lines for the log of views, where the first column does not. `query` is the one
    that was asked, where its keys were written out, and `read_as` says of each what it was read as.
    """

    schema: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Scalar, ...], ...]
    position: int
    total: int | None = None
    next: str | None = None
    blinded: int | None = None
    ids: tuple[str, ...] | None = field(default=None, repr=False, compare=False)
    query: str | None = None
    read_as: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[dict[str, Scalar]]:
        return (dict(zip(self.columns, row, strict=True)) for row in self.rows)

    def column(self, name: str) -> Sequence[Scalar]:
        """Return the values of one column, top to bottom."""
        at = self.columns.index(name)
        return tuple(row[at] for row in self.rows)

    def only(self, names: Sequence[str]) -> Rows:
        """Return the same page with some of its columns, in this order.

        Raises
        ------
        InputError : one that it does not have, or twice the same
        """
        unknown = [name for name in names if name not in self.columns]
        if unknown:
            near = get_close_matches(unknown[0], self.columns, n=1)
            hint = f"did you mean {near[0]}? " if near else ""
            raise InputError(f"there is no column {unknown[0]!r}", do=f"{hint}the columns are {', '.join(self.columns)}")
        if len(set(names)) < len(names):
            raise InputError("a column is named twice", do="name each column once")
        places = [self.columns.index(name) for name in names]
        ids = self.ids if self.ids is not None else tuple(str(row[0]) for row in self.rows)
        return replace(self, columns=tuple(names), rows=tuple(tuple(row[at] for at in places) for row in self.rows), ids=ids)

    def to_arrow(self) -> pa.Table:
        """Return an Arrow table with the same columns; of the same types, however many rows there are."""
        columns = {name: [row[at] for row in self.rows] for at, name in enumerate(self.columns)}
        return arrow.table(columns, arrow.column_types(self.schema, self.columns))

    def to_pandas(self) -> Any:
        """Return a pandas data frame; needs pandas."""
        return arrow.to_pandas(self.to_arrow())
