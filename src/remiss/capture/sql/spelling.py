"""Spelling: names, texts, fields and times as they stand in a statement of the DuckDB dialect."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from functools import lru_cache

import sqlglot
from sqlglot import exp

from remiss.capture.sql.plan import LABELS, Shape
from remiss.protocol.check_result import CheckedExpression
from remiss.records.identity import FIRST, LAST, format_time, from_micros
from remiss.records.window import ClockChange

# Texts of which it is known what becomes of them: a capture writes the same fields into a dozen statements, and to parse one of
# them takes as long as the rest of a statement.
MOST_KNOWN = 2048


@lru_cache(MOST_KNOWN)
def name(text: str) -> str:
    """Return a name as a quoted identifier."""
    return exp.to_identifier(text, quoted=True).sql("duckdb")


def literal(text: str) -> str:
    """Return a text as a literal."""
    return "'" + text.replace("'", "''") + "'"


def of_source(expression: CheckedExpression, *, has_labels: bool) -> str:
    """Return a field's expression with each column qualified by the side that it comes from."""
    return _qualified(expression.sql, has_labels=has_labels)


@lru_cache(MOST_KNOWN)
def _qualified(sql: str, *, has_labels: bool) -> str:
    def qualify(node: exp.Expression) -> exp.Expression:
        if not isinstance(node, exp.Column):
            return node
        first, *rest = node.parts
        if has_labels and rest and first.name == LABELS:
            return exp.column(rest[0].name, table=LABELS, fields=[part.name for part in rest[1:]], quoted=True)
        return exp.column(first.name, table="source", fields=[part.name for part in rest], quoted=True)

    return sqlglot.parse_one(sql, read="duckdb").transform(qualify).sql("duckdb")


@lru_cache(MOST_KNOWN)
def before_cast(sql: str) -> str:
    """Return what an expression that ends in TRY_CAST tries to cast, and any other expression as it is.

    >>> before_cast("TRY_CAST(source.score AS DOUBLE)")
    'source.score'
    """
    parsed = sqlglot.parse_one(sql, read="duckdb")
    return parsed.this.sql("duckdb") if isinstance(parsed, exp.TryCast) else sql


def casts(sql: str) -> list[tuple[str, str]]:
    """Return what an expression tries to cast, or to read as a time, each with the attempt; none of attempts that never fail.

    >>> casts("TRY_CAST(source.score AS DOUBLE)")
    [('source.score', 'TRY_CAST(source.score AS DOUBLE)')]
    """
    found = {}
    for node in sqlglot.parse_one(sql, read="duckdb").find_all(exp.TryCast, exp.StrToTime, exp.Anonymous):
        as_time = isinstance(node, exp.StrToTime) or (isinstance(node, exp.Anonymous) and node.name.lower() == "try_strptime")
        if as_time or (isinstance(node, exp.TryCast) and not node.is_type(*exp.DataType.TEXT_TYPES)):
            value = node.expressions[0] if isinstance(node, exp.Anonymous) else node.this
            if not isinstance(value, exp.Literal):
                found[node.sql("duckdb")] = value.sql("duckdb")
    return [(value, attempt) for attempt, value in found.items()]


def columns_of(sql: str) -> list[str]:
    """Return the columns that an expression reads, each once."""
    return list(dict.fromkeys(one.sql("duckdb") for one in sqlglot.parse_one(sql, read="duckdb").find_all(exp.Column)))


def outline(sql: str) -> str:
    """Return SQL for how a text is written, without its words: each run of digits a 9, of letters an a; at most 20 characters."""
    marked = f"regexp_replace(regexp_replace(CAST({sql} AS VARCHAR), '[0-9]+', '9', 'g'), '\\p{{L}}+', 'a', 'g')"
    return f"left(regexp_replace({marked}, '[^ -~]', '?', 'g'), 20)"


# Thousands divided by commas, as engines read no number.
THOUSANDS = "'^ *[+-]?[0-9]{1,3}(,[0-9]{3})+([.][0-9]*)? *$'"


def instant(
    sql: str,
    shape: Shape,
    time_zone: str | None,
    *,
    all_known: bool = False,
    changes: Sequence[ClockChange] = (),
    ambiguous: str = "refuse",
) -> str:
    """Return SQL that gives a TIMESTAMPTZ, null where there is none of years 1 to 9999; `all_known`: this occurs nowhere.

    Engines know times beyond the calendar of records, and infinite ones: no window could hold such an event.

    A naive time means local time of the source's zone; without one it means nothing. A text is naive unless it ends in an
    offset: a cast alone would read it in the session's zone and be wrong without a word. In the hour that comes twice at one of
    `changes` it means the first, unless `ambiguous` is `later`; of one that does not exist engines make something.
    """
    if shape is Shape.INSTANT:
        found = sql
    elif shape in (Shape.NAIVE, Shape.DATE):
        found = _local(f"CAST({sql} AS TIMESTAMP)", time_zone, changes, ambiguous) if time_zone else "CAST(NULL AS TIMESTAMPTZ)"
    else:
        local = _local(f"TRY_CAST({sql} AS TIMESTAMP)", time_zone, changes, ambiguous) if time_zone else "NULL"
        found = f"CASE WHEN {_has_offset(sql)} THEN TRY_CAST(trim({sql}) AS TIMESTAMPTZ) ELSE {local} END"
    return found if all_known else f"CASE WHEN {found} BETWEEN {moment(FIRST)} AND {moment(LAST)} THEN {found} END"


def _has_offset(sql: str) -> str:
    offset = literal(r":\d\d(\.\d+)? ?(Z|z|UTC|[+-]\d\d(:?\d\d)?)$")
    return f"regexp_matches(trim({sql}), {offset})"


def _local(sql: str, time_zone: str, changes: Sequence[ClockChange], ambiguous: str) -> str:
    repeated = ""
    for each in changes:
        if each.twice:
            seconds = (each.after if ambiguous == "later" else each.before) // timedelta(seconds=1)
            repeated += f"WHEN {_within(sql, [each])} THEN timezone('UTC', {sql} - INTERVAL {literal(str(seconds))} SECOND) "
    found = f"timezone({literal(time_zone)}, {sql})"
    return f"CASE {repeated}ELSE {found} END" if repeated else found


def _within(sql: str, changes: Iterable[ClockChange]) -> str:
    bounds = ((literal(each.since.isoformat(" ")), literal(each.until.isoformat(" "))) for each in changes)
    return " OR ".join(f"({sql} >= CAST({a} AS TIMESTAMP) AND {sql} < CAST({b} AS TIMESTAMP))" for a, b in bounds)


def at_clock_changes(sql: str, shape: Shape, changes: Sequence[ClockChange], *, twice: bool) -> str | None:
    """Return the condition that a time without a zone is one that comes twice, or does not exist; None where none can be.

    Parameters
    ----------
    sql : the time before it is one: local, a text, or both
    """
    of_kind = [each for each in changes if each.twice is twice]
    if not of_kind:
        return None
    if shape is Shape.TEXT:
        return f"(NOT {_has_offset(sql)} AND ({_within(f'TRY_CAST({sql} AS TIMESTAMP)', of_kind)}))"
    return f"({_within(f'CAST({sql} AS TIMESTAMP)', of_kind)})"


def moment(micros: int) -> str:
    """Return a time as a literal."""
    return f"CAST({literal(format_time(from_micros(micros)))} AS TIMESTAMPTZ)"
