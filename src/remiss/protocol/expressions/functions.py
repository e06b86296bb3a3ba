"""The functions that an expression may call, as people write them: for the reference, and for advice.

The rules that read them are in `grammar.py`; a test holds each example against them.
"""

from __future__ import annotations

from dataclasses import dataclass

from remiss.protocol.terms import Type


@dataclass(frozen=True, slots=True)
class Function:
    """One function: a call over event fields, the type that it gives, and what it does."""

    name: str
    example: str
    gives: Type
    says: str


TABLE: tuple[Function, ...] = (
    Function("abs", "abs(inputs.change)", Type.NUMBER, "the number without its sign"),
    Function("ceil", "ceil(confidence)", Type.NUMBER, "the next whole number above"),
    Function("coalesce", "coalesce(status, 'none')", Type.TEXT, "the first that is not null; also `ifnull`"),
    Function("concat", "concat(inputs.carrier, '/', inputs.flight)", Type.TEXT, "texts joined, null as nothing; `||` gives null"),
    Function("contains", "contains(output, 'late')", Type.BOOLEAN, "whether the second text is in the first"),
    Function("day", "day(time)", Type.INTEGER, "the day of the month, from 1"),
    Function("dayofweek", "dayofweek(time)", Type.INTEGER, "the day of the week, Sunday 0"),
    Function(
        "extract",
        "extract(hour FROM time)",
        Type.INTEGER,
        "the part of a time that a function here gives, or dow",
    ),
    Function("floor", "floor(confidence)", Type.NUMBER, "the next whole number below"),
    Function("greatest", "greatest(latency_ms, 10)", Type.NUMBER, "the greatest that is not null"),
    Function("hour", "hour(time)", Type.INTEGER, "the hour in UTC, 0 to 23"),
    Function("if", "if(latency_ms > 250, 'slow', 'fast')", Type.TEXT, "a value by a condition, as CASE does"),
    Function("isodow", "isodow(time)", Type.INTEGER, "the day of the week, Monday 1, Sunday 7"),
    Function("least", "least(latency_ms, 10)", Type.NUMBER, "the least that is not null"),
    Function("length", "length(output)", Type.INTEGER, "how many characters"),
    Function("ln", "ln(latency_ms)", Type.NUMBER, "the natural logarithm; null at 0 and below"),
    Function("lower", "lower(output)", Type.TEXT, "in lower case"),
    Function("ltrim", "ltrim(output)", Type.TEXT, "without blanks, or what the second text names, in front"),
    Function("minute", "minute(time)", Type.INTEGER, "the minute, 0 to 59"),
    Function("month", "month(time)", Type.INTEGER, "the month, 1 to 12"),
    Function("nullif", "nullif(status, '')", Type.TEXT, "null where the two are equal, else the first"),
    Function("quarter", "quarter(time)", Type.INTEGER, "the quarter, 1 to 4"),
    Function(
        "regexp_matches", "regexp_matches(output, '^late', 'i')", Type.BOOLEAN, "whether a fixed pattern is found; `i` any case"
    ),
    Function("replace", "replace(output, '-', ' ')", Type.TEXT, "with every occurrence replaced"),
    Function("round", "round(confidence, 2)", Type.NUMBER, "rounded to a fixed number of places, 0 to 15"),
    Function("rtrim", "rtrim(output)", Type.TEXT, "without blanks, or what the second text names, behind"),
    Function("second", "second(time)", Type.INTEGER, "the second, 0 to 59"),
    Function("sqrt", "sqrt(latency_ms)", Type.NUMBER, "the square root; null below 0"),
    Function("starts_with", "starts_with(output, 'la')", Type.BOOLEAN, "whether the first text begins with the second"),
    Function("substr", "substr(output, 1, 3)", Type.TEXT, "a part: where it begins, from 1, and how long, as fixed numbers"),
    Function("to_timestamp", "to_timestamp(inputs.seconds)", Type.TIME, "the time so many seconds after 1970-01-01T00:00Z"),
    Function("trim", "trim(output)", Type.TEXT, "without blanks, or what the second text names, at both ends"),
    Function("upper", "upper(output)", Type.TEXT, "in upper case"),
    Function("week", "week(time)", Type.INTEGER, "the week of the year after ISO 8601"),
    Function("year", "year(time)", Type.INTEGER, "the year"),
)
NAMES: tuple[str, ...] = tuple(function.name for function in TABLE)
