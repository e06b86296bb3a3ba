"""Whatever passes `check_predicate` runs on the engine, whatever the events hold, and reads back as the same tree."""

from __future__ import annotations

from collections.abc import Callable

import duckdb
import pytest
import sqlglot
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from remiss.edges.engines.structures import structure_of
from remiss.errors import ProtocolError
from remiss.protocol.check_result import CheckedExpression
from remiss.protocol.expressions.patterns import check_pattern
from remiss.protocol.predicate import check_field, check_predicate
from remiss.protocol.terms import Type

FIELDS = {
    "id": Type.TEXT,
    "time": Type.TIME,
    "output": Type.TEXT,
    "confidence": Type.NUMBER,
    "latency_ms": Type.INTEGER,
    "inputs.count": Type.INTEGER,
    "inputs.price": Type.NUMBER,
    "inputs.member": Type.BOOLEAN,
    "context.day": Type.DATE,
    "context.local": Type.TIME,
}
COLUMNS = {
    "id": "VARCHAR",
    "time": "TIMESTAMPTZ",
    "output": "VARCHAR",
    "confidence": "DOUBLE",
    "latency_ms": "BIGINT",
    "inputs.count": "SMALLINT",
    "inputs.price": "DECIMAL(38, 10)",
    "inputs.member": "BOOLEAN",
    "context.day": "DATE",
    "context.local": "TIMESTAMP",
}
# Columns that hold others, of which fields name parts.
NESTED = {
    "meta": 'STRUCT(name VARCHAR, "a b" STRUCT(size BIGINT, since TIMESTAMPTZ)[], score DOUBLE)',
    "tags": "VARCHAR[]",
    "by_name": "MAP(VARCHAR, DOUBLE)",
    "by_number": "MAP(INTEGER, VARCHAR)",
    "pair": "INTEGER[2]",
    "payload": "VARCHAR",
    "document": "JSON",
}
PARTS = {
    Type.TEXT: [
        "meta.name", "meta['name']", "tags[1]", "tags[-1]", "tags[9999]", "by_number[3]", "payload->>'$.model'",
        "payload->'$.a'->>'$.b[0]'", "document->>'$.\"a b\"'", "(payload->>'$.model')", "split_part(payload, ':', -2)",
        "regexp_extract(payload, '\"(mo)(del)?', 2)", "E'a\\nb'",
    ],
    Type.NUMBER: ["meta.score", 'meta."a b"[1].size', "by_name['k']", "by_name.other", "pair[2]", "length(tags[1])"],
    Type.TIME: ['meta."a b"[-1].since', "strptime(payload, '%d.%m.%Y')", "strptime(meta.name, '%Y-%m-%dT%H:%M:%S.%f%z')"],
}  # fmt: skip
# One more row than there are of events: each value is beside others.
PARTS_OF_ROWS = """
    (ROW('n', [ROW(1, TIMESTAMPTZ '2013-06-03 10:00:00+00')], 0.5), ['a', NULL], MAP {'k': 1.5}, MAP {3: 'three'}, [1, 2],
     '{"model": "m", "a": {"b": ["c"]}}', '{"a b": 1}'),
    (NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    (ROW(NULL, NULL, 'nan'), [], MAP {}, MAP {}, [NULL, NULL], 'no JSON', '[]'),
    (ROW('2013-06-03T10:00:00.5+0200', [], 'inf'), ['', 'b'], MAP {'k': NULL}, MAP {3: NULL}, [1, NULL], '{"model": ', 'null'),
    (ROW('', [NULL], 1e308), [NULL], MAP {'': 1}, MAP {-1: ''}, [0, 0], '{"model": {"x": [1]}, "a": {"b": 3}}', '"text"'),
    (ROW('x', [ROW(NULL, NULL)], 0), ['a'], MAP {'K': 1}, MAP {3: 'x'}, NULL, '3.6.2013', '{"a b": null}')
"""
ROWS = """
    ('a', TIMESTAMPTZ '2013-06-03 10:00:00+00', 'late', 0.5, 250, 3, 9.99, true, DATE '2013-06-03',
     TIMESTAMP '2013-06-03 10:00:00'),
    (NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
    ('', TIMESTAMPTZ '1900-01-01 00:00:00+00', '0', 'nan', -1, -32768, -1, false, DATE '0001-01-01',
     TIMESTAMP '9999-12-31 23:59:59'),
    ('%_', TIMESTAMPTZ '9999-12-31 23:59:59+00', '1e999', '-inf', 0, 32767, 0, NULL, DATE '9999-12-31', NULL),
    ('b', NULL, '-1', 'inf', 9223372036854775807, 1, 9999999999999999999999999999.9999999999, true, DATE '2024-02-29', NULL),
    ('c', NULL, 'NaN', 1e308, -9223372036854775808, -1, 0.0000000001, true, NULL, TIMESTAMP '1969-12-31 23:59:59.999999')
"""


@pytest.fixture(scope="module")
def events():
    connection = duckdb.connect(config={"autoload_known_extensions": "false", "autoinstall_known_extensions": "false"})
    connection.execute("SET TimeZone = 'UTC'; SET enable_external_access = false")
    for table, columns, rows in (("flat", COLUMNS, ROWS), ("parts", NESTED, PARTS_OF_ROWS)):
        declared = ", ".join(f'"{name}" {kind}' for name, kind in columns.items())
        connection.execute(f"CREATE TABLE {table} ({declared}); INSERT INTO {table} VALUES {rows}")
    connection.execute("CREATE TABLE events AS SELECT * FROM flat POSITIONAL JOIN parts")
    yield connection
    connection.close()


def names(*kinds: Type) -> st.SearchStrategy[str]:
    return st.sampled_from([name for name, kind in FIELDS.items() if kind in kinds])


def one_of(form: str, *parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.tuples(*parts).map(lambda given: form.format(*given))


TEXTS = st.sampled_from(["'late'", "''", "'it''s'", "'100%'", "'2013-06-03'", "'[a'", "'ß'"])
NUMBERS = st.sampled_from(["0", "1", "-1", "2.5", "1e300", "9223372036854775807", "0.1", ".5", "12345678901234567890"])
TIMES = st.sampled_from(["'2013-06-03'", "timestamp '2013-06-03 10:00:00'", "date '2013-06-03'", "'2013-06-03T10:00:00Z'"])
SIGNS = st.sampled_from(["=", "<>", "<", "<=", ">", ">=", "==", "!=", "IS DISTINCT FROM", "IS NOT DISTINCT FROM"])


def comparisons(*sides: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    return st.one_of(*(st.builds(lambda a, sign, b: f"{a} {sign} {b}", side, SIGNS, side) for side in sides))


# Each kind nests itself; of the other kinds it takes leaves, so that what is drawn stays small.
TEXT_LEAF = names(Type.TEXT) | TEXTS
NUMBER_LEAF = names(Type.NUMBER, Type.INTEGER) | NUMBERS
TIME_LEAF = names(Type.TIME, Type.DATE) | TIMES
CONDITION_LEAF = names(Type.BOOLEAN) | st.sampled_from(["TRUE", "FALSE"]) | comparisons(TEXT_LEAF, NUMBER_LEAF, TIME_LEAF)
ANY_LEAF = TEXT_LEAF | NUMBER_LEAF | TIME_LEAF | CONDITION_LEAF | st.just("NULL")

TEXT: st.SearchStrategy[str] = st.recursive(
    TEXT_LEAF,
    lambda text: (
        st.builds(lambda f, a: f"{f}({a})", st.sampled_from(["lower", "upper", "trim", "ltrim", "rtrim"]), text)
        | one_of("{} || {}", text, text)
        | one_of("concat({}, {})", text, text | names(Type.INTEGER))
        | one_of("replace({}, {}, {})", text, text, text)
        | one_of("substr({}, {}, {})", text, NUMBERS, NUMBERS)
        | one_of("coalesce({}, {})", text, text)
        | one_of("nullif({}, {})", text, text)
        | one_of("CASE WHEN {} THEN {} ELSE {} END", CONDITION_LEAF, text, text | st.just("NULL"))
        | one_of("CASE {} WHEN {} THEN {} END", text, text, text)
        | one_of("CAST({} AS VARCHAR)", NUMBER_LEAF | TIME_LEAF | CONDITION_LEAF)
        | one_of("greatest({}, {})", text, text)
        | one_of("trim(both {} from {})", text, text)
    ),
    max_leaves=4,
)
NUMBER: st.SearchStrategy[str] = st.recursive(
    NUMBER_LEAF,
    lambda number: (
        st.builds(lambda a, sign, b: f"{a} {sign} {b}", number, st.sampled_from(["+", "-", "*", "/", "%"]), number)
        | st.builds(
            lambda f, a: f"{f}({a})", st.sampled_from(["abs", "round", "floor", "ceil", "ln", "sqrt", "-", "coalesce"]), number
        )
        | one_of("({})", number)
        | one_of("-{}", number)
        | one_of("round({}, 2)", number)
        | one_of("least({}, {})", number, number)
        | one_of("nullif({}, {})", number, number)
        | one_of("length({})", TEXT_LEAF)
        | st.builds(
            lambda f, a: f"{f}({a})", st.sampled_from(["year", "month", "day", "hour", "dayofweek", "week", "isodow"]), TIME_LEAF
        )
        | one_of("extract(dow FROM {})", TIME_LEAF)
        | st.builds(
            lambda a, to: f"CAST({a} AS {to})",
            TEXT_LEAF | CONDITION_LEAF | number,
            st.sampled_from(["DOUBLE", "BIGINT", "INTEGER"]),
        )
        | one_of("CASE WHEN {} THEN {} WHEN {} THEN {} END", CONDITION_LEAF, number, names(Type.BOOLEAN), number)
    ),
    max_leaves=5,
)
TIME: st.SearchStrategy[str] = st.recursive(
    TIME_LEAF,
    lambda time: (
        one_of("coalesce({}, {})", time, time)
        | one_of("CAST({} AS DATE)", time | names(Type.TEXT))
        | one_of("CAST({} AS TIMESTAMP)", time | names(Type.TEXT))
        | one_of("TRY_CAST({} AS TIMESTAMPTZ)", time | names(Type.TEXT))
        | one_of("to_timestamp({})", names(Type.INTEGER, Type.NUMBER))
        | one_of("least({}, {})", time, time)
    ),
    max_leaves=3,
)
CONDITION: st.SearchStrategy[str] = st.recursive(
    CONDITION_LEAF | comparisons(TEXT, NUMBER, TIME),
    lambda condition: (
        st.builds(lambda a, word, b: f"{a} {word} {b}", condition, st.sampled_from(["AND", "OR", "=", "<>"]), condition)
        | one_of("NOT {}", condition)
        | one_of("({})", condition)
        | one_of("{} IS NULL", ANY_LEAF)
        | one_of("{} IS NOT TRUE", condition)
        | one_of("{} IN ({}, {})", NUMBER, NUMBER, NUMBER)
        | one_of("{} NOT IN ({})", TEXT, TEXT)
        | one_of("{} BETWEEN {} AND {}", NUMBER, NUMBER, NUMBER)
        | one_of("{} NOT BETWEEN {} AND {}", TIME, TIME, TIME)
        | one_of("{} LIKE {}", TEXT, TEXT)
        | one_of("{} NOT ILIKE {}", TEXT, TEXT)
        | one_of("starts_with({}, {})", TEXT, TEXT)
        | one_of("contains({}, {})", TEXT, TEXT)
        | st.builds(
            lambda a, p, f: f"regexp_matches({a}, '{p}'{f})",
            TEXT,
            st.text("ab.*+?|()[]{}^$\\d1,-", max_size=6),
            st.sampled_from(["", ", 'i'", ", 's'"]),
        )
        | one_of("if({}, {}, {})", condition, condition, condition)
    ),
    max_leaves=5,
)
BROKEN = st.builds(
    lambda text, at, piece: text[:at] + piece + text[at:],
    CONDITION,
    st.integers(0, 40),
    st.sampled_from(["(", ")", "'", " AND ", "--", ";", "[1]", ".x", "::", "NULL", "*", " OVER ()", "/*", "?", '"', "$$", "\\"]),
)


def of_a_field(text: str) -> CheckedExpression:
    """Return the expression of a field, checked against all columns."""
    return check_field(text, {name: structure_of(kind) for name, kind in (COLUMNS | NESTED).items()})


def of_a_predicate(text: str) -> CheckedExpression:
    """Return a predicate, checked against the fields."""
    return check_predicate(text, FIELDS)


def accepted(text: str, check: Callable[[str], CheckedExpression]) -> CheckedExpression | None:
    """Return the checked expression, or None when it is refused as it should be: with words."""
    try:
        return check(text)
    except ProtocolError as refusal:
        error = refusal
    assert error.what
    assert error.do
    return None


def runs(events: duckdb.DuckDBPyConnection, sql: str) -> None:
    """Run it over rows with the worst that a log may hold; none of them may stop it."""
    events.execute(f"SELECT count({sql}) FROM events").fetchall()


@settings(max_examples=60, deadline=None)
@given(text=CONDITION | BROKEN)
def test_a_predicate_that_passes_runs_on_the_engine_and_reads_back_alike(events, text):
    checked = accepted(text, of_a_predicate)
    if checked is None:
        return
    runs(events, checked.sql)
    assert checked.reads <= FIELDS.keys()
    assert sqlglot.parse_one(checked.sql, read="duckdb").sql("duckdb") == checked.sql
    again = check_predicate(checked.sql, FIELDS)
    assert again == checked


def of_parts(texts: st.SearchStrategy[str], *kinds: Type) -> st.SearchStrategy[str]:
    """Return expressions in which some names are those of parts of nested columns."""
    parts = st.sampled_from([part for kind in kinds for part in PARTS[kind]])
    named = [name for name, kind in FIELDS.items() if kind in kinds]
    return st.builds(lambda text, part, name: text.replace(name, part), texts, parts, st.sampled_from(named))


OF_PARTS = of_parts(TEXT, Type.TEXT) | of_parts(NUMBER, Type.NUMBER) | of_parts(TIME, Type.TIME)


@pytest.mark.parametrize("text", [each for kind in PARTS for each in PARTS[kind]])
def test_a_part_of_a_nested_column_is_a_field(events, text):
    checked = of_a_field(text)
    runs(events, checked.sql)
    assert of_a_field(checked.sql) == checked


@settings(max_examples=60, deadline=None)
@given(text=TEXT | NUMBER | TIME | OF_PARTS)
def test_a_field_that_passes_has_the_type_that_the_engine_gives_it(events, text):
    checked = accepted(text, of_a_field)
    if checked is None:
        return
    found = events.execute(f"DESCRIBE SELECT {checked.sql} AS it FROM events").fetchall()[0][1]
    runs(events, checked.sql)
    assert of_a_field(checked.sql) == checked
    families = {
        Type.TEXT: ("VARCHAR",),
        Type.INTEGER: ("BIGINT", "INTEGER", "SMALLINT"),
        Type.NUMBER: ("DOUBLE", "DECIMAL", "FLOAT", "BIGINT"),
        Type.TIME: ("TIMESTAMP", "TIMESTAMP WITH TIME ZONE"),
        Type.DATE: ("DATE",),
    }
    assert found.startswith(families[checked.type])
    if checked.type is Type.TIME and not {"time", "context.local"} & checked.reads:
        assert checked.zoned == (found == "TIMESTAMP WITH TIME ZONE")


WORDS = """
    output confidence time inputs.count inputs.member context.day 'a' '2013-01-01' 1 2.5 NULL TRUE ( ) [ ] { } , . ; :: = <> <
    + - * / % // || -> => := ? $1 @ AND OR NOT IS IN LIKE BETWEEN CASE WHEN THEN ELSE END IF if( cast( AS VARCHAR DATE
    INTERVAL DAY extract( FROM hour lower( substr( trim( BOTH coalesce( nullif( round( regexp_matches( SELECT WHERE
    OVER FILTER DISTINCT ANY EXISTS UNION VALUES WITH COLLATE ESCAPE random() now( count(* sum( read_csv( COLUMNS array
    meta.name tags[1] [-1] .x payload->>'$.a' ->>'$..b' ->'$' payload->>'/a' strptime( split_part( regexp_extract( by_name['k']
    E'x' x'ab' $$a$$ -- /* */ \\ é PRAGMA ATTACH COPY to_timestamp( max( rand(1) #1 ~ ^ & | ! !~ <=> ** QUALIFY PIVOT
"""


@settings(max_examples=100, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(pieces=st.lists(st.sampled_from(WORDS.split()), max_size=12))
def test_any_words_at_all_are_checked_or_refused_without_a_word_on_the_side(caplog, pieces):
    for text in (" ".join(pieces), "".join(pieces)):
        accepted(text, of_a_predicate)
        accepted(text, of_a_field)
    assert caplog.records == []


@settings(max_examples=100, deadline=None)
@given(pattern=st.text("ab01.*+?|()[]{}^$\\dDwWsSbBAzZpQnx,-:?<=!&# é", max_size=12))
def test_a_pattern_that_passes_is_one_that_the_engine_reads(events, pattern):
    try:
        check_pattern(pattern)
    except ProtocolError:
        return
    events.execute("SELECT count(regexp_matches(output, $1)) FROM events", [pattern]).fetchall()
