"""The allow-list: which nodes may occur in an expression, and the rule that reads each.

A rule reads the parts of a node that it knows; a part that it does not know refuses the node.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from sqlglot import exp

from remiss.errors import ProtocolError
from remiss.protocol.expressions import conditions, numbers, texts, values
from remiss.protocol.expressions.refusal import refuse
from remiss.protocol.expressions.typed import Rule, Typed
from remiss.protocol.terms import Type

RULES: Mapping[type[exp.Expression], Rule] = {
    exp.Column: values.column,
    exp.Literal: values.literal,
    exp.Boolean: values.truth_value,
    exp.Null: values.null,
    exp.Paren: values.parentheses,
    exp.Case: values.case,
    exp.If: values.if_then,
    exp.Coalesce: values.first_or_extreme,
    exp.Least: values.first_or_extreme,
    exp.Greatest: values.first_or_extreme,
    exp.Nullif: values.null_if,
    exp.Cast: values.cast,
    exp.TryCast: values.cast,
    exp.Between: conditions.between,
    exp.In: conditions.membership,
    exp.Is: conditions.identity,
    exp.Not: conditions.negation,
    exp.RegexpLike: conditions.regular_expression,
    exp.Neg: numbers.negative,
    exp.Abs: numbers.magnitude,
    exp.Round: numbers.rounding,
    exp.Ln: numbers.logarithm,
    exp.Sqrt: numbers.root,
    exp.DPipe: texts.pipe,
    exp.Concat: texts.concat,
    exp.Trim: texts.trim,
    exp.Substring: texts.substring,
    exp.Lower: texts.of_texts(Type.TEXT),
    exp.Upper: texts.of_texts(Type.TEXT),
    exp.Length: texts.of_texts(Type.INTEGER),
    exp.Replace: texts.of_texts(Type.TEXT, more=2),
    exp.StartsWith: texts.of_texts(Type.BOOLEAN, more=1),
    exp.Contains: texts.of_texts(Type.BOOLEAN, more=1),
    exp.Extract: numbers.extract,
    exp.UnixToTime: numbers.from_epoch,
    **dict.fromkeys((exp.And, exp.Or), conditions.connector),
    **dict.fromkeys((exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE, exp.NullSafeEQ, exp.NullSafeNEQ), conditions.comparison),
    **dict.fromkeys((exp.Like, exp.ILike), conditions.likeness),
    **dict.fromkeys((exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Mod), numbers.arithmetic),
    **dict.fromkeys((exp.Floor, exp.Ceil), numbers.whole_below_or_above),
    **dict.fromkeys(numbers.PARTS.values(), numbers.date_part),
}


class Names(Protocol):
    """Who knows the names of an expression."""

    def resolve(self, qualifier: str, name: str) -> Typed:
        """Return the column that a name stands for.

        Raises
        ------
        ProtocolError : nobody knows it
        """
        ...


@dataclass(frozen=True, slots=True)
class _Reader:
    names: Names

    def read(self, node: exp.Expression | None) -> Typed:
        if node is None:
            raise ProtocolError("an expression that breaks off after an operator", do="write what stands on its other side")
        rule = RULES.get(type(node))
        if rule is None:
            raise refuse(node)
        return rule(node, self)

    def resolve(self, qualifier: str, name: str) -> Typed:
        return self.names.resolve(qualifier, name)


def typed(node: exp.Expression, names: Names) -> Typed:
    """Return `node` built anew from checked parts.

    Raises
    ------
    ProtocolError : a node, a part of a node or a combination of types that is not allowed
    """
    return _Reader(names).read(node)
