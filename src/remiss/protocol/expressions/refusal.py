"""Why a node of an expression is not allowed, and what to write instead.

The functions that an expression may call, as people write them: for the reference, and for advice.

The rules that read them are in `grammar.py`; a test holds each example against them.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlglot import ErrorLevel, exp

from remiss.errors import ProtocolError
from remiss.protocol.nearest import nearest
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
    Function(
        "regexp_extract",
        "regexp_extract(output, '^([a-z]+)-', 1)",
        Type.TEXT,
        "what a fixed pattern, or a group of it, finds first; empty where it finds nothing",
    ),
    Function("replace", "replace(output, '-', ' ')", Type.TEXT, "with every occurrence replaced"),
    Function("round", "round(confidence, 2)", Type.NUMBER, "rounded to a fixed number of places, 0 to 15"),
    Function("rtrim", "rtrim(output)", Type.TEXT, "without blanks, or what the second text names, behind"),
    Function("second", "second(time)", Type.INTEGER, "the second, 0 to 59"),
    Function("sqrt", "sqrt(latency_ms)", Type.NUMBER, "the square root; null below 0"),
    Function(
        "split_part", "split_part(output, '-', 1)", Type.TEXT, "a piece between separators, from 1, or from the end with -1"
    ),
    Function("starts_with", "starts_with(output, 'la')", Type.BOOLEAN, "whether the first text begins with the second"),
    Function(
        "strptime",
        "strptime(inputs.day, '%d.%m.%Y')",
        Type.TIME,
        "the time that a text names in a fixed format; null where it does not",
    ),
    Function("substr", "substr(output, 1, 3)", Type.TEXT, "a part: where it begins, from 1, and how long, as fixed numbers"),
    Function("to_timestamp", "to_timestamp(inputs.seconds)", Type.TIME, "the time so many seconds after 1970-01-01T00:00Z"),
    Function("trim", "trim(output)", Type.TEXT, "without blanks, or what the second text names, at both ends"),
    Function("upper", "upper(output)", Type.TEXT, "in upper case"),
    Function("week", "week(time)", Type.INTEGER, "the week of the year after ISO 8601"),
    Function("year", "year(time)", Type.INTEGER, "the year"),
)
NAMES: tuple[str, ...] = tuple(function.name for function in TABLE)


_CHANGING = frozenset({
    "random", "rand", "now", "current_date", "current_time", "current_timestamp", "get_current_timestamp",
    "transaction_timestamp", "localtime", "localtimestamp", "today", "uuid", "gen_random_uuid", "uuidv4", "uuidv7", "nextval",
    "currval", "setseed", "txid_current", "get_current_time", "current_localtime", "current_localtimestamp", "randn", "age",
})  # fmt: skip
_OUTSIDE = frozenset({
    "getenv", "current_setting", "current_user", "session_user", "user", "current_database", "current_schema", "version",
    "current_query", "pg_sleep", "sleep", "shell", "system", "getvariable", "current_version", "current_catalog", "current_role",
})  # fmt: skip
_TABLES = (
    "read_", "parquet_", "sniff_", "duckdb_", "pragma_", "query", "from_", "postgres_", "sqlite_", "mysql_", "iceberg_", "delta_",
    "st_read", "glob", "scan_", "generate_series", "range", "unnest", "seq_scan", "arrow_", "json_execute",
)  # fmt: skip

_ONE_EVENT = "and an expression sees one event only"
_COMPARE = "use a criterion of kind anomaly to compare with the other events of a window"
PARTS = "meta.request_id, prediction['label'], tags[1] or payload->>'$.model'"
_MATCH = "use LIKE, ILIKE or regexp_matches(value, 'pattern')"

# By kind of node, the first that fits: why it is refused, and what to do.
_REASONS: tuple[tuple[tuple[type, ...], str, str], ...] = (
    (
        (exp.Query, exp.Subquery, exp.Exists, exp.Any, exp.All),
        f"is a sub-query, {_ONE_EVENT}",
        "compare with values, or join what is needed into the log or the labels",
    ),
    ((exp.Window, exp.WindowSpec), f"is a window function, {_ONE_EVENT}", _COMPARE),
    (
        (exp.Rand, exp.Randn, exp.Uuid, exp.CurrentDate, exp.CurrentTime, exp.CurrentTimestamp, exp.CurrentDatetime,
         exp.Localtime, exp.Localtimestamp),
        "gives another value each time, so no run could be derived again",
        "use the event's own time, or a column of the log",
    ),
    ((exp.AggFunc, exp.Filter), f"is an aggregate, {_ONE_EVENT}", _COMPARE),
    (
        (exp.ReadCSV, exp.ReadParquet, exp.Unnest, exp.UDTF),
        f"reads files or tables, {_ONE_EVENT}",
        "name data under source or labels",
    ),
    ((exp.Lambda, exp.Kwarg), "is a lambda", "write the condition out"),
    ((exp.Star, exp.Columns), "stands for many columns", "name one column or field"),
    ((exp.Placeholder, exp.Parameter, exp.SessionParameter), "is a parameter, and nothing fills it", "write the value"),
    (
        (exp.Struct, exp.Array, exp.Tuple, exp.Map),
        "makes nested values",
        f"name a part of one, as in {PARTS}",
    ),
    (
        (exp.Bracket, exp.Dot, exp.StructExtract, exp.Slice),
        "names no fixed part of a nested value",
        f"name one part, as in {PARTS}",
    ),
    ((exp.IntDiv,), "is whole-number division, which engines round differently", "write floor(a / b)"),
    ((exp.Interval,), "reckons with times", "have the log write the duration as a number"),
    ((exp.Alias,), "gives a name", "write the value only; the key of the YAML file names it"),
    ((exp.Escape, exp.SimilarTo, exp.Glob, exp.Collate), "is matching that engines do differently", _MATCH),
    (
        (exp.RawString, exp.HexString, exp.BitString, exp.UnicodeString, exp.National),
        "is a special kind of text",
        "write it in single quotes",
    ),
    (
        (exp.DDL, exp.DML, exp.Command, exp.Set, exp.Pragma, exp.Attach, exp.Copy),
        "is a statement",
        "write a condition or a value",
    ),
)  # fmt: skip


def refuse(node: exp.Expression) -> ProtocolError:
    """Return the error that says why `node` may not stand in an expression, and what to do."""
    text = shown(node)
    for kinds, why, do in _REASONS:
        if isinstance(node, kinds):
            return ProtocolError(f"{text} {why}", do=do)
    if isinstance(node, exp.Func):
        return _function(node, text)
    return ProtocolError(
        f"{text} is not allowed in an expression",
        do="use comparisons, AND, OR, NOT, arithmetic, CASE, COALESCE, IN, BETWEEN, LIKE and the functions of the reference",
    )


def _function(node: exp.Func, text: str) -> ProtocolError:
    name = (node.name if isinstance(node, exp.Anonymous) else node.sql_name()).lower()
    if name in _CHANGING:
        return ProtocolError(
            f"{name} gives another value each time, so no run could be derived again",
            do="use the event's own time, or a column of the log",
        )
    if name in _OUTSIDE:
        return ProtocolError(f"{name} reads the surroundings, not the event", do="use a column of the log")
    if name.startswith(_TABLES):
        return ProtocolError(
            f"{name} reads files or tables, and an expression sees one event only", do="name data under source or labels"
        )
    if name in NAMES:
        return ProtocolError(f"{text} has arguments that are not allowed", do=f"write {name} with its plain arguments")
    return ProtocolError(f"the function {name} is not known", do=nearest(name, NAMES, "the functions are"))


def shown(node: exp.Expression) -> str:
    """Return how a node reads, short enough for a message."""
    try:
        text = node.sql(dialect="duckdb", comments=False, unsupported_level=ErrorLevel.IGNORE)
    except ValueError:  # a path that the parser reads and cannot write
        text = "the expression"
    return text if len(text) <= 50 else f"{text[:47]}..."


# Each operation stands in parentheses where it is a part of another, and the parser recurses some twenty frames a pair of these:
# a + b + c is as deep as it is long.
MOST_CHAINED = 38
_OPERATIONS = (exp.Binary, exp.Func, exp.Not, exp.Neg)
_FLAT = (exp.And, exp.Or, exp.DPipe)


def check_chains(tree: exp.Expression) -> None:
    """Refuse a tree in which too many operations are each a part of the next; AND, OR and || are read flat.

    Raises
    ------
    ProtocolError
    """
    left = [(tree, 1)]
    while left:
        node, depth = left.pop()
        if depth > MOST_CHAINED:
            raise ProtocolError(
                f"an expression of more than {MOST_CHAINED} operations one upon the other",
                do="split the criterion, or have the log write the value",
            )
        # Of an IF what is in it is a part of its CASE.
        flat = (exp.If, type(node)) if isinstance(node, _FLAT) else exp.If
        for part in node.iter_expressions():
            deeper = isinstance(part, _OPERATIONS) and not isinstance(part, flat)
            left.append((part, depth + deeper))
