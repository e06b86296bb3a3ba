"""SQL scalar expressions of a protocol: read, checked node by node, typed, and written anew.

A protocol is a stranger's text. Nothing of it is executed: each node of the parsed expression must be one that this
module knows, each is built again from its checked parts, and the engine is given the text of that new tree. What is
not known is refused with what to write instead, so a new version of the parser can only refuse more, never let more by.

Two things are made explicit on the way, because engines disagree on them and a run must not stop at one bad value: a
cast that fails, a division by zero, a logarithm of nothing or the root of a negative number is null.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from sqlglot import exp

from remiss.errors import ProtocolError
from remiss.protocol.check_result import CheckedExpression
from remiss.protocol.expressions import nested
from remiss.protocol.expressions.grammar import Names, parse, typed
from remiss.protocol.expressions.typed import Typed, show
from remiss.protocol.nearest import nearest, nearest_part
from remiss.protocol.structure import Structure, leaves
from remiss.protocol.terms import Type, is_among

LABELS = "labels"


def check_field(text: str, columns: Mapping[str, Structure], *, labels_unknown: bool = False) -> CheckedExpression:
    """Return a field's expression checked against the columns of its source.

    Parameters
    ----------
    text : one SQL scalar expression, DuckDB's dialect
    columns : name to what its values are; the source's under their own names, the labels' as `labels.NAME`
    labels_unknown : the columns of the labels could not be described; each that is read is of type UNKNOWN

    Raises
    ------
    ProtocolError : not one scalar expression of known columns and functions; without a location, which the caller knows
    """
    return _checked(text, _Columns(columns, labels_unknown))


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
    if done.type is Type.NESTED:
        raise ProtocolError(f"{show(done.node)} is nested", do=nested.advice(done))
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
    """Names in a field: columns of the source and `labels.NAME`, and parts of those that are nested."""

    columns: Mapping[str, Structure]
    labels_unknown: bool

    def resolve(self, parts: Sequence[str]) -> Typed:
        of_labels = len(parts) > 1 and parts[0].lower() == LABELS and (self.labels_unknown or self._any_of(LABELS))
        if of_labels and self.labels_unknown:
            return Typed(exp.column(parts[1], table=LABELS, quoted=True), Type.UNKNOWN, frozenset({f"{LABELS}.{parts[1]}"}))
        known = [column for column in self.columns if column.startswith(f"{LABELS}.") == of_labels]
        # A column may have a dot in its name; it goes before a part of another.
        for length in range(len(parts), of_labels, -1):
            found = _find(".".join(parts[:length]), known)
            if found is None:
                continue
            # The labels' columns are known by their table.
            node = exp.column(
                found.removeprefix(f"{LABELS}.") if of_labels else found, table=LABELS if of_labels else None, quoted=True
            )
            value = nested.of(node, frozenset({found}), self.columns[found])
            for name in parts[length:]:
                value = nested.part(value, name)
            return value
        raise self._unknown(parts)

    def _any_of(self, prefix: str) -> bool:
        return any(column.startswith(f"{prefix}.") for column in self.columns)

    def _unknown(self, parts: Sequence[str]) -> ProtocolError:
        asked, first = ".".join(parts), parts[0]
        of_labels = len(parts) > 1 and first.lower() == LABELS
        if of_labels and not self._any_of(LABELS):
            return ProtocolError(f"{asked} reads labels, and the protocol has none", do="add a labels section, or remove it")
        columns = [column for column in self.columns if column.startswith(f"{LABELS}.") == of_labels]
        known = [part for column in columns for part, _ in leaves(column, self.columns[column])]
        if len(parts) > 1 and not of_labels:
            return ProtocolError(
                f"{asked} is neither a column of the source nor a part of one, nor of the labels",
                do=nearest_part(asked, known, "the columns are"),
            )
        if not of_labels and f"{LABELS}.{asked}" in self.columns:
            return ProtocolError(f"{asked} is not a column of the source but of the labels", do=f"write {LABELS}.{asked}")
        return ProtocolError(
            f"{asked} is not a column of the {'labels' if of_labels else 'source'}",
            do=nearest_part(asked, known, "the columns are"),
        )


@dataclass(frozen=True, slots=True)
class _Fields:
    """Names in a predicate: event fields, `inputs.NAME` and `context.NAME` among them."""

    types: Mapping[str, Type]
    columns: Mapping[str, str]
    unread: Collection[str]

    def resolve(self, parts: Sequence[str]) -> Typed:
        asked = ".".join(parts)
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
