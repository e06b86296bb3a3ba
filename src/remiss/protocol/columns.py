"""Columns: what a protocol takes them for, as far as its text alone says.

A delimited file holds spellings and no types: `1.10` may be a version, of which `1.1` is another, or a number. Which one
is known before the file is looked at where a field names something, or where a number is asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from sqlglot import exp

from remiss.errors import ProtocolError
from remiss.protocol.expressions.grammar import parse
from remiss.protocol.terms import CONTEXT, Expression, LabelKey, Type

NAMING = frozenset({"id", "model_version", "model_digest", "features", "status", "trace_id", "text"})
NUMERIC = frozenset({"confidence", "latency_ms"})
LABELS = "labels"
_TEXT = (exp.DPipe, exp.Concat, exp.Coalesce, exp.Paren)
_ARITHMETIC = (exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Mod, exp.Abs, exp.Round)


def taken_for(
    fields: Mapping[str, Expression],
    predicates: Iterable[Expression],
    anomalies: Iterable[str],
    key: LabelKey | None,
    admit: Expression | None = None,
) -> tuple[Mapping[str, Type], Mapping[str, Type]]:
    """Return which columns of the source, and which of the labels, are read as TEXT and which as NUMBER.

    Parameters
    ----------
    fields : expressions over the columns; one that is no SQL is passed over, and reported elsewhere
    predicates : of the criteria, over fields
    anomalies : fields that criteria compare as numbers
    key : what joins the labels
    admit : which rows are of the protocol, over the source's columns

    What is cast is read as it is spelled: the cast says what becomes of it. Text wins where a column is taken for both.
    """
    used = {use for one in predicates for use in _uses(one)}
    names = NAMING | {name for name, kind in used if kind is Type.TEXT}
    numbers = NUMERIC | {*anomalies} | {name for name, kind in used if kind is Type.NUMBER}
    found: tuple[dict[str, Type], dict[str, Type]] = ({}, {})
    for name, expression in fields.items():
        root = _parsed(expression)
        for column in root.find_all(exp.Column) if root is not None else ():
            side = found[column.table == LABELS and key is not None]
            if isinstance(column.parent, exp.Cast | exp.DPipe | exp.Concat) or (name in names and _shown(column)):
                side[column.name] = Type.TEXT
            elif column is root and name in numbers and not name.startswith(CONTEXT):
                side.setdefault(column.name, Type.NUMBER)
    for column_name, kind in sorted(_uses(admit)) if admit is not None else ():
        if kind is Type.TEXT:
            found[0][column_name] = kind
        else:
            found[0].setdefault(column_name, kind)
    if key is not None:
        for side, text in zip(found, (key.events, key.labels), strict=True):
            root = _parsed(Expression(text, 0))
            side |= dict.fromkeys([text, *(column.name for column in root.find_all(exp.Column))] if root else [text], Type.TEXT)
    return found


def _parsed(expression: Expression) -> exp.Expression | None:
    try:
        return parse(expression.sql)
    except ProtocolError:
        return None


def _shown(column: exp.Expression) -> bool:
    """Return whether what a column holds shows in the field as it is spelled."""
    parent = column.parent
    while isinstance(parent, _TEXT):
        parent = parent.parent
    return parent is None


def _uses(predicate: Expression) -> Iterable[tuple[str, Type]]:
    """Yield the fields that a predicate compares with a number or calculates with, and those that it compares as text."""
    root = _parsed(predicate)
    for column in root.find_all(exp.Column) if root is not None else ():
        parent = column.parent
        field = ".".join(part.name for part in column.parts)
        beside = [*parent.iter_expressions()] if isinstance(parent, exp.Predicate) else []
        literals = [one for one in beside if isinstance(one, exp.Literal)]
        if isinstance(parent, _ARITHMETIC) or any(not one.is_string for one in literals):
            yield field, Type.NUMBER
        elif literals or (isinstance(parent, exp.Cast) and parent.is_type(*exp.DataType.TEXT_TYPES)):
            yield field, Type.TEXT
