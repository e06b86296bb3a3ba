"""Rows: the one type for lists of things, whichever face asks for them."""

from __future__ import annotations

import html
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from remiss.records.event import Scalar

if TYPE_CHECKING:
    import pyarrow as pa


FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def spreadsheet_safe(value: object) -> object:
    """Return a CSV cell that a spreadsheet does not run: text that would start a formula gets a leading apostrophe.

    Numbers stay numbers, also negative ones. Source: OWASP, CSV injection.

    >>> spreadsheet_safe("=cmd|' /C calc'!A0"), spreadsheet_safe(-1.5), spreadsheet_safe(None)
    ("'=cmd|' /C calc'!A0", -1.5, '')
    """
    if value is None:
        return ""
    if isinstance(value, str) and value.startswith(FORMULA_STARTS):
        return "'" + value
    return value


@dataclass(frozen=True, slots=True)
class Rows:
    """A page of a list.

    `schema` is the kind of thing in the rows (`case`, `run`, `facet`, ...). `columns` names the values of each row, in
    order; `total` is how many match in all, shown or not; `next` is the token of the next page, or None at the end;
    `position` is the catalog position that was read.
    """

    schema: str
    columns: tuple[str, ...]
    rows: tuple[tuple[Scalar, ...], ...]
    position: int
    total: int | None = None
    next: str | None = None

    def __len__(self) -> int:
        return len(self.rows)

    def __iter__(self) -> Iterator[dict[str, Scalar]]:
        return (dict(zip(self.columns, row, strict=True)) for row in self.rows)

    def column(self, name: str) -> Sequence[Scalar]:
        """Return the values of one column, top to bottom."""
        at = self.columns.index(name)
        return tuple(row[at] for row in self.rows)

    def to_arrow(self) -> pa.Table:
        """Return an Arrow table with the same columns."""
        import pyarrow as pa

        return pa.table({name: pa.array([row[at] for row in self.rows]) for at, name in enumerate(self.columns)})

    def to_pandas(self) -> Any:
        """Return a pandas data frame; needs pandas."""
        return self.to_arrow().to_pandas()

    def _repr_html_(self) -> str:
        head = "".join(f"<th>{html.escape(name)}</th>" for name in self.columns)
        body = "".join(
            "<tr>" + "".join(f"<td>{html.escape('' if value is None else str(value))}</td>" for value in row) + "</tr>"
            for row in self.rows
        )
        return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"
