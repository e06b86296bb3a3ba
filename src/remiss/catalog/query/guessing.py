"""Keys that are written without their family: `airport:EWR` for `context.airport:EWR`, where only one field has that name.

Which fields there are depends on who asks: a name is one of a case that the asker may see, or of none. What was meant is written
out before anything is asked, so that links, page tokens and answers have the whole name.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TypeAlias

from remiss.catalog.query.expression import Level, Query, Term, leaves
from remiss.catalog.query.fields import FAMILIES, HAS, Key, find
from remiss.catalog.query.parsing import LENGTH_LIMIT, QueryReader, parse
from remiss.catalog.query.printing import key_text
from remiss.errors import QueryError


@dataclass(frozen=True, slots=True)
class NamedQuery:
    """The query that a name stands for, for who asks, and what is said of it besides."""

    query: str
    note: str = ""


# Of what kind a name is and the name, the query that it stands for; None where the asker knows none of that name.
NamedQueries: TypeAlias = Callable[[str, str], NamedQuery | None]


@dataclass(frozen=True, slots=True)
class WrittenOut:
    """A query with its keys written out, in words what was read as what, and what was named in it."""

    query: str
    read_as: tuple[str, ...] = ()
    named: tuple[str, ...] = ()


@dataclass
class _Guesser(QueryReader):
    """A reader that asks which fields a name without a family may be of."""

    known_fields: Callable[[str], Sequence[str]] = lambda _name: ()
    named_query: NamedQueries = lambda _kind, _name: None
    all_named: list[str] = field(default_factory=list)
    meant: dict[int, tuple[int, str, str]] = field(default_factory=dict)
    notes: dict[int, str] = field(default_factory=dict)

    def named(self, kind: str, start: int) -> Query:
        """Return what a name stands for."""
        at = self.at
        raw, _ = self.value(kind, start)
        found = self.named_query(kind, raw)
        if found is None:
            raise self.error(f"the catalog has no {kind} {raw[:80]}", f"see remiss {kind} list", at)
        written = f"{kind}:{raw}"
        self.all_named.append(written)
        if found.query != written:
            self.meant[start] = (self.at - start, written, f"({found.query})")
            self.notes[start] = found.note
        return parse(found.query)

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
    named_query: NamedQueries = lambda _kind, _name: None,
    *,
    of_sample: bool = False,
) -> WrittenOut:
    """Return a query with each key that has no family written out, and each slice, cluster and pattern that is named.

    Parameters
    ----------
    known_fields : of a name, the fields that the asker may know of, with their family
    named_query : of a name, what it stands for if the asker may know that; of a cluster that was written out already, too

    Raises
    ------
    QueryError : several fields have a name, or no slice, cluster or pattern; or the query cannot be understood

    >>> written_out("airport:EWR late", lambda name: [f"context.{name}"])
    WrittenOut(query='context.airport:EWR late', read_as=('airport: read as context.airport',), named=())
    """
    try:
        query = parse(text, of_sample=of_sample)
    except QueryError:
        if len(text) > LENGTH_LIMIT:
            raise
    else:
        _check_sets(query, named_query)
        return WrittenOut(text)
    reader = _Guesser(text, of_sample=of_sample, known_fields=known_fields, named_query=named_query)
    if not reader.done():
        reader.expression()
    for start, (length, _, name) in sorted(reader.meant.items(), reverse=True):
        text = f"{text[:start]}{name}{text[start + length :]}"
    # What is wrong beyond an expression, and characters that no text may hold, only the whole reading says.
    _check_sets(parse(text, of_sample=of_sample), named_query)
    read_as = (f"{written}: read as {name}{reader.notes.get(at, '')}" for at, (_, written, name) in reader.meant.items())
    return WrittenOut(text, tuple(dict.fromkeys(read_as)), tuple(dict.fromkeys(reader.all_named)))


def _check_sets(query: Query, named_query: NamedQueries) -> None:
    """Refuse a set that was written out for somebody else, where the asker may not know it: it is as if it were not there.

    Raises
    ------
    QueryError
    """
    for leaf in leaves(query):
        if isinstance(leaf, Term) and leaf.level is Level.SET and named_query(leaf.key, str(leaf.value)) is None:
            raise QueryError(f"the catalog has no {leaf.key} {str(leaf.value)[:80]}", do=f"see remiss {leaf.key} list")
