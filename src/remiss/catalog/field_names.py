"""Names of fields as their asker may know them: those of the cases that the asker sees, and of no other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Protocol

from remiss.catalog.listing import COLUMNS, Order, parse_sort
from remiss.catalog.ports import Cases
from remiss.catalog.query.expression import Level, Operator, Query, Term, leaves
from remiss.catalog.query.fields import find
from remiss.catalog.query.guessing import WrittenOut, written_out
from remiss.catalog.query.parsing import parse
from remiss.errors import QueryError
from remiss.protocol.ports import Protocols
from remiss.protocol.terms import CONTEXT, INPUTS
from remiss.protocol.versions import salvage
from remiss.records.case import Sensitivity
from remiss.records.rows import Rows, split_columns

_NEWEST = parse_sort("-occurred")
# Between the name of a protocol and its version.
AT = "@"


class HasCases(Protocol):
    """What knows the cases of a catalog, and the protocols that they were captured by."""

    @property
    def cases(self) -> Cases: ...
    @property
    def protocols(self) -> Protocols: ...


def fields_named(ws: HasCases, name: str) -> Sequence[str]:
    """Return the context fields and the inputs of that name that some case has which the asker may see, as of now.

    Of inputs only such are looked for as a protocol declares that the asker sees: what no case has is looked for in all of them.
    """
    found = [CONTEXT + name] if name in ws.cases.context_names() else []
    full = INPUTS + name
    return [*found, full] if _is_declared(ws, full) and _is_there(ws, full) else found


def _is_declared(ws: HasCases, full: str) -> bool:
    newest: dict[str, str] = {}
    for each in ws.protocols.versions():
        newest.setdefault(each.name, each.text)
    read = (salvage(text, name) for name, text in newest.items())
    return any(
        full in document.fields and document.sensitivity.get(full, Sensitivity.PUBLIC) < Sensitivity.RESTRICTED
        for document in read
        if document is not None
    )


def _is_there(ws: HasCases, full: str) -> bool:
    present = Term(full, Operator.PRESENT, None, Level.EVENT)
    return bool(ws.cases.page(present, sort=_NEWEST, limit=1, after=None, position=None).lines)


def query_of(ws: HasCases, text: str, *, of_sample: bool = False) -> WrittenOut:
    """Return a query with its keys written out, by the fields that the asker may know.

    Raises
    ------
    QueryError : several fields have a name that was written without its family; a version that no protocol has
    """
    out = written_out(text, partial(fields_named, ws), ws.cases.named_query, of_sample=of_sample)
    check_versions(ws, parse(out.query, of_sample=of_sample))
    return out


def check_versions(ws: HasCases, query: Query) -> None:
    """Refuse to ask for a version of a protocol that there is not, or that the asker does not see: nothing would be found.

    Raises
    ------
    QueryError
    """
    terms = (each for each in leaves(query) if isinstance(each, Term) and each.key == "protocol")
    labels = [str(each.value) for each in terms if each.operator is Operator.EQUAL and AT in str(each.value)]
    kept = [f"{each.name}{AT}{each.version}" for each in ws.protocols.versions()] if labels else []
    for label in labels:
        if label not in kept:
            name = label.rpartition(AT)[0]
            of_name = [each for each in kept if each.rpartition(AT)[0] == name]
            do = f"there is {', '.join(reversed(of_name))}" if of_name else "protocols are listed by their names and versions"
            raise QueryError(f"the catalog has no protocol {label}", do=do)


def asked_as(page: Rows, out: WrittenOut) -> Rows:
    """Return a page of a list that says how its query was read, where that is not as it was written."""
    return replace(page, query=out.query, read_as=out.read_as) if out.read_as else page


def field_of(ws: HasCases, name: str | None, others: Sequence[str]) -> WrittenOut:
    """Return what to break down by, written out likewise, unless it is one of the other words that may stand there."""
    if name is None or name in others or "." in name or find(name) is not None:
        return WrittenOut(name or "")
    found = fields_named(ws, name)
    return WrittenOut(found[0], (f"{name}: read as {found[0]}",)) if len(found) == 1 else WrittenOut(name)


def sort_of(ws: HasCases, text: str) -> str:
    """Return an order with the name of its field written out likewise."""
    name = text.removeprefix("-")
    return text.removesuffix(name) + field_of(ws, name, tuple(Order)).query


def columns_of(ws: HasCases, text: str | None) -> Sequence[str] | None:
    """Return the columns that a list of their names chooses, those of fields written out likewise; None is all."""
    return None if text is None else [field_of(ws, name, COLUMNS).query for name in split_columns(text)]
