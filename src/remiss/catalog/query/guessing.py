"""Keys that are written without their family: `airport:EWR` for `context.airport:EWR`, where only one field has that name.

Which fields there are depends on who asks: a name is one of a case that the asker may see, or of none. What was meant is written
out before anything is asked, so that links, page tokens and answers have the whole name.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from remiss.catalog.query.expression import Query
from remiss.catalog.query.fields import FAMILIES, HAS, Key, find
from remiss.catalog.query.parsing import LENGTH_LIMIT, QueryReader, parse
from remiss.catalog.query.printing import key_text
from remiss.errors import QueryError

# Before the name of a kept slice, wherever a query is asked for.
SLICE = "slice"


@dataclass(frozen=True, slots=True)
class WrittenOut:
    """A query with its keys written out, and in words what was read as what."""

    query: str
    read_as: tuple[str, ...] = ()


@dataclass
class _Guesser(QueryReader):
    """A reader that asks which fields a name without a family may be of."""

    known_fields: Callable[[str], Sequence[str]] = lambda _name: ()
    slice_query: Callable[[str], str | None] = lambda _name: None
    meant: dict[int, tuple[int, str, str]] = field(default_factory=dict)

    def comparison(self, written: str, start: int) -> Query:
        """Return a comparison, or what the name of a kept slice stands for."""
        if written != SLICE:
            return super().comparison(written, start)
        at = self.at
        raw, _ = self.value(written, start)
        found = self.slice_query(raw)
        if found is None:
            raise self.error(f"the catalog has no slice {raw[:80]}", "see remiss slice list", at)
        self.meant[start] = (self.at - start, f"{SLICE}:{raw}", f"({found})")
        return parse(found)

    def known(self, written: str, start: int) -> tuple[str, Key]:
        """Return canonical name and table entry of a key as it was written, or of the one field that has that name."""
        if find(written) is None and written != HAS and "." not in written and f"{written}." not in FAMILIES:
            found = self.known_fields(written)
            if len(found) > 1:
                raise self.error(f"{written} could be {' or '.join(found)}", "write the one that is meant", start)
            if found:
                self.meant[start] = (len(written), written, key_text(found[0]))
                return super().known(key_text(found[0]), start)
        return super().known(written, start)


def written_out(
    text: str,
    known_fields: Callable[[str], Sequence[str]],
    slice_query: Callable[[str], str | None] = lambda _name: None,
    *,
    of_sample: bool = False,
) -> WrittenOut:
    """Return a query with each key that has no family written out, and each slice that is named.

    Parameters
    ----------
    known_fields : of a name, the fields that the asker may know of, with their family
    slice_query : of a name, the query of the kept slice that the asker sees, if there is one

    Raises
    ------
    QueryError : several fields have a name, or no slice; or the query cannot be understood

    >>> written_out("airport:EWR late", lambda name: [f"context.{name}"])
    WrittenOut(query='context.airport:EWR late', read_as=('airport: read as context.airport',))
    """
    try:
        parse(text, of_sample=of_sample)
    except QueryError:
        if len(text) > LENGTH_LIMIT:
            raise
    else:
        return WrittenOut(text)
    reader = _Guesser(text, of_sample=of_sample, known_fields=known_fields, slice_query=slice_query)
    if not reader.done():
        reader.expression()
    for start, (length, _, name) in sorted(reader.meant.items(), reverse=True):
        text = f"{text[:start]}{name}{text[start + length :]}"
    # What is wrong beyond an expression, and characters that no text may hold, only the whole reading says.
    parse(text, of_sample=of_sample)
    return WrittenOut(text, tuple(dict.fromkeys(f"{written}: read as {name}" for _, written, name in reader.meant.values())))
