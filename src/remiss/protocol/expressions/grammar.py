"""The grammar of expressions: text to a parsed tree, and the allow-list of its nodes with the rule that reads each.

A rule reads the parts of a node that it knows; a part that it does not know refuses the node. Text is parsed
within limits that keep any stranger's text cheap to refuse.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import zip_longest
from typing import Protocol

from sqlglot import exp
from sqlglot.dialects.duckdb import DuckDB
from sqlglot.errors import ParseError, TokenError
from sqlglot.tokenizer_core import Token, TokenType

from remiss.errors import ProtocolError
from remiss.protocol.expressions import conditions, functions, nested, patterns, values
from remiss.protocol.expressions.refusal import check_chains, refuse
from remiss.protocol.expressions.typed import ExpressionReader, Rule, Typed
from remiss.protocol.terms import Type

MOST_CHARACTERS = 4_000
MOST_TOKENS = 800
# The parser recurses some twenty frames a level; this keeps far from Python's limit of a thousand.
MOST_NESTING = 24

_OPENING = {TokenType.L_PAREN, TokenType.L_BRACKET, TokenType.L_BRACE, TokenType.CASE}
_CLOSING = {TokenType.R_PAREN, TokenType.R_BRACKET, TokenType.R_BRACE, TokenType.END}
_PREFIXES = {TokenType.NOT, TokenType.DASH, TokenType.PLUS, TokenType.TILDE}
_STATEMENTS = {
    "alter", "analyze", "attach", "begin", "call", "checkpoint", "comment", "commit", "copy", "create", "deallocate", "delete",
    "describe", "detach", "drop", "execute", "explain", "export", "force", "from", "grant", "import", "insert", "install",
    "load", "merge", "pivot", "pragma", "prepare", "reset", "revoke", "rollback", "select", "set", "show", "summarize",
    "truncate", "unpivot", "update", "use", "vacuum", "values", "with",
}  # fmt: skip

_AFTER_NAMES = {"and", "or", "is", "in", "not", "like", "ilike", "between", "collate", "similar", "glob", "isnull", "notnull"}

# The word that a text begins with, where a part of it follows: of a statement the reader of tokens makes one text.
_BEGINNING = re.compile(r"""^(\s*)([A-Za-z_]\w*)(?=\.[A-Za-z_"]|\[\s*')""")
_WORDS_OF_COMMANDS = _STATEMENTS | {"fetch", "optimize", "rename"}
# With a text in brackets behind it each of these is a list of its own, and no type is written so.
_LISTS = {TokenType.ARRAY}
_NAMES = {TokenType.VAR, TokenType.IDENTIFIER}


def parse(text: str) -> exp.Expression:
    """Return the tree of one scalar expression.

    Raises
    ------
    ProtocolError : empty, too long, too deep, a statement, several, or not SQL
    """
    if len(text) > MOST_CHARACTERS:
        raise ProtocolError(
            f"an expression of {len(text):,} characters, and the most is {MOST_CHARACTERS:,}",
            do="split the criterion, or have the log write the value as a column",
        )
    try:
        text = _BEGINNING.sub(_quoted_statement, text, count=1)
        if spots := _columns_called_like_words(text, tokens := DuckDB().tokenize(text)):
            text = _quoted(text, spots)
            tokens = DuckDB().tokenize(text)
        _limits(tokens)
        with _without_warnings():
            trees = DuckDB().parser().parse(tokens, text)
    except RecursionError:
        raise _too_deep() from None
    except TokenError as error:
        raise _unreadable(text, "a quote that is not closed, or a character that SQL does not know") from error
    except ParseError as error:
        if len(tokens) == 1 and text.strip().isidentifier():
            raise _word_of_sql(text) from error
        raise _unreadable(text, _where(error)) from error
    tree = trees[0] if len(trees) == 1 else None
    if len(tokens) == 1 and isinstance(tree, exp.Query):
        raise _word_of_sql(text)
    if not isinstance(tree, exp.Expression):
        raise ProtocolError("an empty expression", do="write one SQL expression, for example output = 'late'")
    check_chains(tree)
    return tree


def _quoted_statement(beginning: re.Match[str]) -> str:
    space, word = beginning.groups()
    return f'{space}"{word}"' if word.lower() in _WORDS_OF_COMMANDS else beginning[0]


def _columns_called_like_words(text: str, tokens: Sequence[Token]) -> list[Token]:
    """Return the words of SQL that can only be columns, for a part of them follows at once: `from.country`, `text['en']`."""
    found = []
    for at, token in enumerate(tokens[:-2]):
        before, after, part = tokens[at - 1] if at else None, tokens[at + 1], tokens[at + 2]
        word = token.token_type not in {*_NAMES, TokenType.END} and text[token.start : token.end + 1].isidentifier()
        if not word or after.start != token.end + 1 or (before is not None and before.token_type is TokenType.DOT):
            continue
        named = after.token_type is TokenType.DOT and (part.token_type in _NAMES or part.text.isidentifier())
        keyed = after.token_type is TokenType.L_BRACKET and part.token_type is TokenType.STRING
        if named or (keyed and token.token_type in DuckDB.parser_class.TYPE_TOKENS - _LISTS):
            found.append(token)
    return found


def _quoted(text: str, tokens: Sequence[Token]) -> str:
    for token in reversed(tokens):
        text = f'{text[: token.start]}"{text[token.start : token.end + 1]}"{text[token.end + 1 :]}'
    return text


@contextmanager
def _without_warnings() -> Iterator[None]:
    """Keep what the parser logs of statements to itself: they are refused with words of our own."""
    logger = logging.getLogger("sqlglot")
    logger.addFilter(_nothing)
    try:
        yield
    finally:
        logger.removeFilter(_nothing)


def _nothing(_: logging.LogRecord) -> bool:
    return False


def _limits(tokens: list[Token]) -> None:
    if len(tokens) > MOST_TOKENS:
        raise ProtocolError(
            f"an expression of {len(tokens):,} words and signs, and the most is {MOST_TOKENS:,}",
            do="split the criterion, or have the log write the value as a column",
        )
    if any(token.token_type is TokenType.SEMICOLON for token in tokens):
        raise ProtocolError("a semicolon in an expression", do="write one SQL expression, without ';'")
    if tokens and tokens[0].text.lower() in _STATEMENTS and not _is_name(tokens):
        raise ProtocolError(
            f"{tokens[0].text} begins a statement, and only an expression is allowed here",
            do="write a condition or a value, for example output = 'late'; quote the name if it is a column",
        )
    for token, following in zip_longest(tokens, tokens[1:]):
        called = following is not None and following.text == "("
        # Without its parenthesis the parser takes IF for a statement of its own, and says so on stderr.
        if token.text.lower() == "if" and token.token_type is not TokenType.IDENTIFIER and not called:
            raise ProtocolError("IF without its parenthesis", do="write if(condition, value, other), or CASE WHEN ... END")
    depth = prefixes = 0
    for token in tokens:
        depth += (token.token_type in _OPENING) - (token.token_type in _CLOSING)
        prefixes = prefixes + 1 if token.token_type in _PREFIXES else 0
        if max(depth, prefixes) > MOST_NESTING:
            raise _too_deep()


def _is_name(tokens: list[Token]) -> bool:
    # A column may well be called `show` or `comment`; a statement's word is followed by another word or a value.
    first, second = tokens[0], tokens[1] if len(tokens) > 1 else None
    if first.token_type is TokenType.IDENTIFIER:
        return True
    if second is None or first.text.lower() in {"select", "from", "with", "values"}:
        return second is None
    values = {TokenType.STRING, TokenType.NUMBER, TokenType.IDENTIFIER}
    word = second.text[:1].isalpha() and second.text.lower() not in _AFTER_NAMES
    return not (word or second.token_type in values)


def _word_of_sql(text: str) -> ProtocolError:
    word = text.strip()
    return ProtocolError(f"{word} is a word of SQL", do=f"""quote a column that is named so: '"{word}"'""")


def _too_deep() -> ProtocolError:
    return ProtocolError(
        f"an expression nested deeper than {MOST_NESTING} levels", do="split the criterion, or have the log write the value"
    )


def _unreadable(text: str, why: str) -> ProtocolError:
    shown = " ".join(text.split())
    shown = shown if len(shown) <= 60 else f"{shown[:57]}..."
    return ProtocolError(f"{shown} is not an SQL expression: {why}", do="write one expression, for example output = 'late'")


def _where(error: ParseError) -> str:
    if not error.errors:
        return "it cannot be read"
    first = error.errors[0]
    near = str(first.get("highlight") or "").strip()
    place = f"column {first.get('col')}" if first.get("col") else "the end"
    return f"unexpected {near!r} at {place}" if near else f"it stops making sense at {place}"


CALLS: Mapping[tuple[str, int], Rule] = {**nested.CALLS, ("try_strptime", 2): patterns.from_text}


def _call(node: exp.Expression, reader: ExpressionReader) -> Typed:
    """Read a function that the parser has no node of its own for."""
    rule = CALLS.get((node.name.lower(), len(node.expressions)))
    if rule is None:
        raise refuse(node)
    return rule(node, reader)


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
    exp.Neg: functions.negative,
    exp.Abs: functions.magnitude,
    exp.Round: functions.rounding,
    exp.Ln: functions.logarithm,
    exp.Sqrt: functions.root,
    exp.DPipe: functions.pipe,
    exp.Concat: functions.concat,
    exp.Trim: functions.trim,
    exp.Substring: functions.substring,
    exp.Lower: functions.of_texts(Type.TEXT),
    exp.Upper: functions.of_texts(Type.TEXT),
    exp.Length: functions.of_texts(Type.INTEGER),
    exp.Replace: functions.of_texts(Type.TEXT, more=2),
    exp.StartsWith: functions.of_texts(Type.BOOLEAN, more=1),
    exp.Contains: functions.of_texts(Type.BOOLEAN, more=1),
    exp.Extract: functions.extract,
    exp.UnixToTime: functions.from_epoch,
    exp.StrToTime: patterns.from_text,
    exp.SplitPart: patterns.split_part,
    exp.RegexpExtract: patterns.regular_part,
    exp.ByteString: values.escaped,
    exp.Dot: nested.dot,
    exp.Bracket: nested.bracket,
    exp.StructExtract: nested.struct_part,
    exp.JSONExtract: nested.json_part,
    exp.JSONExtractScalar: nested.json_text,
    exp.Anonymous: _call,
    **dict.fromkeys((exp.And, exp.Or), conditions.connector),
    **dict.fromkeys((exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE, exp.NullSafeEQ, exp.NullSafeNEQ), conditions.comparison),
    **dict.fromkeys((exp.Like, exp.ILike), conditions.likeness),
    **dict.fromkeys((exp.Add, exp.Sub, exp.Mul, exp.Div, exp.Mod), functions.arithmetic),
    **dict.fromkeys((exp.Floor, exp.Ceil), functions.whole_below_or_above),
    **dict.fromkeys(functions.PARTS.values(), functions.date_part),
}


class Names(Protocol):
    """Who knows the names of an expression."""

    def resolve(self, parts: Sequence[str]) -> Typed:
        """Return the column, or the part of one, that a name stands for, given as it is divided by dots.

        Raises
        ------
        ProtocolError : it is not known
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

    def resolve(self, parts: Sequence[str]) -> Typed:
        return self.names.resolve(parts)


def typed(node: exp.Expression, names: Names) -> Typed:
    """Return `node` built anew from checked parts.

    Raises
    ------
    ProtocolError : a node, a part of a node or a combination of types that is not allowed
    """
    return _Reader(names).read(node)
