"""SQL scalar expressions of a protocol: read, checked node by node, typed, and written anew.

A protocol is a stranger's text. Nothing of it is executed: each node of the parsed expression must be one that this
module knows, each is built again from its checked parts, and the engine is given the text of that new tree. What is
not known is refused with what to write instead, so a new version of the parser can only refuse more, never let more by.

Two things are made explicit on the way, because engines disagree on them and a run must not stop at one bad value: a
cast that fails, a division by zero, a logarithm of nothing or the root of a negative number is null.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

from sqlglot import exp

from remiss.errors import ProtocolError
from remiss.protocol.check_result import CheckedExpression
from remiss.protocol.expressions.grammar import Names, parse, typed
from remiss.protocol.expressions.typed import Typed
from remiss.protocol.nearest import nearest
from remiss.protocol.terms import Type, is_among

LABELS = "labels"


def check_field(
    text: str, columns: Mapping[str, Type], *, zoned: frozenset[str] = frozenset(), labels_unknown: bool = False
) -> CheckedExpression:
    """Return a field's expression checked against the columns of its source.

    Parameters
    ----------
    text : one SQL scalar expression, DuckDB's dialect
    columns : name to type; the source's under their own names, the labels' as `labels.NAME`
    zoned : those of type TIME whose values carry a zone
    labels_unknown : the columns of the labels could not be described; each that is read is of type UNKNOWN

    Raises
    ------
    ProtocolError : not one scalar expression of known columns and functions; without a location, which the caller knows
    """
    return _checked(text, _Columns(columns, zoned, labels_unknown))


def check_predicate(
    text: str, fields: Mapping[str, Type], *, columns: Mapping[str, str] | None = None, unread: Collection[str] = ()
) -> CheckedExpression:
    """Return a predicate checked against event fields; `inputs.carrier` comes out as the one name `"inputs.carrier"`.

    Parameters
    ----------
    text : one SQL expression that is true or false
    fields : canonical field names to types, UNKNOWN where one could not be checked; times are taken to carry a zone
    columns : source columns and the field that holds each, so that a column's name is answered with the field's
    unread : fields that are there and could not be read (`Protocol.unread`): of type UNKNOWN

    Raises
    ------
    ProtocolError : not a boolean expression of known fields and functions; without a location, which the caller knows
    """
    checked = _checked(text, _Fields(fields, columns or {}, unread))
    if checked.type not in {Type.BOOLEAN, Type.UNKNOWN}:
        raise ProtocolError(
            f"the predicate {_short(text)} is {_article(checked.type)}, not true or false",
            do="compare it with something, for example output = 'late' or confidence < 0.5",
        )
    return checked


def _checked(text: str, names: Names) -> CheckedExpression:
    done = typed(parse(text), names)
    if done.type is Type.NULL:
        raise ProtocolError(f"{_short(text)} is always null", do="name a column or give a value")
    return CheckedExpression(sql=done.node.sql(dialect="duckdb"), type=done.type, reads=done.reads, zoned=done.zoned)


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 60 else f"{line[:57]}..."


def _article(kind: Type) -> str:
    return {Type.INTEGER: "a whole number", Type.NUMBER: "a number", Type.DATE: "a date", Type.TIME: "a time"}.get(
        kind, kind.value
    )


@dataclass(frozen=True, slots=True)
class _Columns:
    """Names in a field: columns of the source, and `labels.NAME`."""

    types: Mapping[str, Type]
    zoned: frozenset[str]
    labels_unknown: bool

    def resolve(self, qualifier: str, name: str) -> Typed:
        asked = f"{qualifier}.{name}" if qualifier else name
        of_labels = qualifier.lower() == LABELS
        if of_labels and self.labels_unknown:
            return Typed(exp.column(name, table=LABELS, quoted=True), Type.UNKNOWN, frozenset({asked}))
        found = _find(asked, [column for column in self.types if column.startswith(f"{LABELS}.") == of_labels])
        if found is None:
            raise self._unknown(qualifier, name)
        # A source's column may have a dot in its name; the labels' are known by their table.
        node = exp.column(
            found.removeprefix(f"{LABELS}.") if of_labels else found, table=LABELS if of_labels else None, quoted=True
        )
        return Typed(node, self.types[found], frozenset({found}), zoned=found in self.zoned)

    def _unknown(self, qualifier: str, name: str) -> ProtocolError:
        if qualifier and qualifier.lower() != LABELS:
            return ProtocolError(
                f"{qualifier}.{name} is neither a column of the source nor one of the labels",
                do=f"write a column's name, or labels.NAME; parts of nested columns must be flattened in the log ({qualifier})",
            )
        if qualifier and not any(column.startswith(f"{LABELS}.") for column in self.types):
            return ProtocolError(
                f"{qualifier}.{name} reads labels, and the protocol has none", do="add a labels section, or remove it"
            )
        if not qualifier and f"{LABELS}.{name}" in self.types:
            return ProtocolError(f"{name} is not a column of the source but of the labels", do=f"write {LABELS}.{name}")
        whose, known = (
            ("labels", [c for c in self.types if c.startswith(f"{LABELS}.")])
            if qualifier
            else ("source", [c for c in self.types if not c.startswith(f"{LABELS}.")])
        )
        asked = f"{qualifier}.{name}" if qualifier else name
        return ProtocolError(f"{asked} is not a column of the {whose}", do=nearest(asked, known, "the columns are"))


@dataclass(frozen=True, slots=True)
class _Fields:
    """Names in a predicate: event fields, `inputs.NAME` and `context.NAME` among them."""

    types: Mapping[str, Type]
    columns: Mapping[str, str]
    unread: Collection[str]

    def resolve(self, qualifier: str, name: str) -> Typed:
        asked = f"{qualifier}.{name}" if qualifier else name
        found = _find(asked, self.types)
        if found is None and is_among(asked, self.unread):
            return Typed(exp.column(asked, quoted=True), Type.UNKNOWN, frozenset({asked}))
        if found is None:
            raise self._unknown(asked)
        kind = self.types[found]
        return Typed(exp.column(found, quoted=True), kind, frozenset({found}), zoned=kind is Type.TIME)

    def _unknown(self, asked: str) -> ProtocolError:
        if asked in self.columns:
            return ProtocolError(
                f"{asked} is a column of the source, and predicates see event fields", do=f"write {self.columns[asked]}"
            )
        under = [field for field in self.types if field.endswith(f".{asked}")]
        if under:
            return ProtocolError(f"{asked} is not a field of the event", do=f"write {under[0]}")
        return ProtocolError(
            f"{asked} is not a field of the event", do=f"{nearest(asked, self.types, 'the fields are')}; or add it under fields"
        )


def _find(asked: str, known: Collection[str]) -> str | None:
    # As engines do: by case first, then without.
    if asked in known:
        return asked
    return next((name for name in known if name.lower() == asked.lower()), None)
