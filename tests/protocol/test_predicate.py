"""Expressions: what is refused, each with advice, and what is allowed, as canonical text with a type."""

from __future__ import annotations

import re

import pytest
from sqlglot import exp

from remiss.errors import ProtocolError
from remiss.protocol.expressions.grammar import MOST_CHARACTERS, MOST_NESTING, parse
from remiss.protocol.expressions.refusal import MOST_CHAINED, NAMES, TABLE
from remiss.protocol.predicate import check_field, check_predicate
from remiss.protocol.structure import Nesting, Structure
from remiss.protocol.terms import Type
from tests.protocol.documents import flat

FIELDS = {
    "id": Type.TEXT,
    "time": Type.TIME,
    "output": Type.TEXT,
    "label": Type.TEXT,
    "confidence": Type.NUMBER,
    "latency_ms": Type.NUMBER,
    "status": Type.TEXT,
    "inputs.carrier": Type.TEXT,
    "inputs.count": Type.INTEGER,
    "inputs.member": Type.BOOLEAN,
    "inputs.tags": Type.NESTED,
    "context.day": Type.DATE,
}
COLUMNS = {
    "predicted": Type.TEXT,
    "score": Type.NUMBER,
    "count": Type.INTEGER,
    "Wind Speed": Type.NUMBER,
    "features.age": Type.INTEGER,
    "at": Type.TIME,
    "blob": Type.NESTED,
    "labels.actual": Type.TEXT,
    "labels.known_at": Type.TIME,
}


def refused(text: str, check=lambda text: check_predicate(text, FIELDS)) -> ProtocolError:
    with pytest.raises(ProtocolError) as error:
        check(text)
    assert error.value.do
    return error.value


@pytest.mark.parametrize(
    "text",
    [
        "output IN (SELECT output FROM other)",
        "(SELECT true)",
        "EXISTS (SELECT 1)",
        "confidence > (SELECT avg(confidence) FROM events)",
        "output = ANY (SELECT 'x')",
        "confidence > ALL (SELECT 1)",
    ],
)
def test_a_sub_query_is_refused(text):
    assert "sub-query" in refused(text).what


@pytest.mark.parametrize("text", ["select", "From", "case"])
def test_a_column_named_like_a_word_of_sql_is_to_be_quoted(text):
    error = refused(text)
    assert error.what == f"{text} is a word of SQL"
    assert f"""'"{text}"'""" in error.do


@pytest.mark.parametrize(
    "text",
    [
        "read_csv('/etc/passwd') = 'x'",
        "read_parquet('x.parquet') IS NULL",
        "read_json('x') IS NULL",
        "read_text('/etc/passwd') = 'x'",
        "read_blob('x') IS NULL",
        "parquet_scan('x') IS NULL",
        "parquet_metadata('x') IS NULL",
        "sniff_csv('x') IS NULL",
        "glob('*') IS NULL",
        "query('SELECT 1') = 1",
        "query_table('events') = 1",
        "duckdb_settings() IS NULL",
        "pragma_version() = 'x'",
        "sqlite_scan('x', 'y') IS NULL",
        "postgres_query('x', 'y') IS NULL",
        "unnest([1]) = 1",
        "generate_series(1, 2) = 1",
        "range(5) IS NULL",
    ],
)
def test_every_table_and_file_function_is_refused(text):
    error = refused(text)
    assert "reads files or tables" in error.what
    assert error.do == "name data under source or labels"


@pytest.mark.parametrize(
    "text",
    [
        "ATTACH 'x.db'",
        "COPY events TO 'x.csv'",
        "PRAGMA database_list",
        "SELECT 1",
        "FROM events",
        "WITH x AS (SELECT 1) SELECT true",
        "INSERT INTO events VALUES (1)",
        "UPDATE events SET a = 1",
        "DELETE FROM events",
        "DROP TABLE events",
        "CREATE TABLE x (a INT)",
        "SET memory_limit = '1GB'",
        "INSTALL httpfs",
        "LOAD httpfs",
        "CALL dbgen(sf = 1)",
        "EXPORT DATABASE 'x'",
        "VALUES (1)",
        "DESCRIBE events",
        "VACUUM events",
        "EXPLAIN SELECT 1",
    ],
)
def test_a_statement_is_refused(text):
    error = refused(text)
    assert "statement" in error.what
    assert "output = 'late'" in error.do


@pytest.mark.parametrize("text", ["output = 'a'; DROP TABLE events", "output = 'a';", ";", "output = 'a' --;\n ; SELECT 1"])
def test_a_semicolon_is_refused(text):
    assert refused(text).what == "a semicolon in an expression"


def test_a_semicolon_inside_a_text_is_text():
    assert check_predicate("output = 'a;b'", FIELDS).sql == "\"output\" = 'a;b'"


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("row_number() OVER () > 1", "window function"),
        ("avg(confidence) OVER (PARTITION BY output) > 1", "window function"),
        ("lag(confidence) OVER (ORDER BY time) > 1", "window function"),
        ("count(*) > 1", "aggregate"),
        ("max(confidence) > 1", "aggregate"),
        ("sum(confidence) FILTER (WHERE true) > 1", "aggregate"),
        ("median(confidence) > 1", "aggregate"),
        ("quantile(confidence, 0.5) > 1", "aggregate"),
    ],
)
def test_window_functions_and_aggregates_are_refused_and_pointed_to_anomalies(text, kind):
    error = refused(text)
    assert kind in error.what
    assert "anomaly" in error.do


@pytest.mark.parametrize(
    "text",
    [
        "random() < 0.5",
        "time < now()",
        "context.day = current_date",
        "time < current_timestamp",
        "context.day = today()",
        "time < get_current_timestamp()",
        "time < localtimestamp",
        "uuid() = 'x'",
        "gen_random_uuid() IS NULL",
        "nextval('x') = 1",
        "time < transaction_timestamp()",
    ],
)
def test_what_gives_another_value_each_time_is_refused(text):
    error = refused(text)
    assert "gives another value each time" in error.what
    assert "event's own time" in error.do


@pytest.mark.parametrize("text", ["getenv('HOME') = 'x'", "current_user = 'x'", "current_setting('x') = 'y'", "version() = 'x'"])
def test_what_reads_the_surroundings_is_refused(text):
    assert "surroundings" in refused(text).what


@pytest.mark.parametrize(
    ("text", "what", "do"),
    [
        ("latency_sec > 250", "latency_sec is not a field of the event", "write latency_ms"),
        ("inputs.carier = 'UA'", "inputs.carier is not a field of the event", "write inputs.carrier"),
        ("carrier = 'UA'", "carrier is not a field of the event", "write inputs.carrier"),
        ("zzz = 1", "zzz is not a field of the event", "the fields are id, time, output"),
        ("predicted = 'late'", "predicted is a column of the source, and predicates see event fields", "write output"),
        ("lowr(output) = 'x'", "the function lowr is not known", "write lower"),
        ("regexp_match(output, 'x')", "the function regexp_match is not known", "write regexp_matches"),
        ("output.lower() = 'x'", "calls a function of a value", "write lower(output)"),
        ("system_call('x') = 1", "system_call", "the functions are"),
    ],
)
def test_an_unknown_name_is_refused_with_the_nearest_known(text, what, do):
    error = refused(text, lambda text: check_predicate(text, FIELDS, columns={"predicted": "output"}))
    assert what in error.what
    assert do in error.do


@pytest.mark.parametrize("text", ["output", "confidence", "1", "lower(output)", "latency_ms + 1", "time", "'late'"])
def test_a_predicate_must_be_true_or_false(text):
    error = refused(text)
    assert "not true or false" in error.what
    assert "compare it" in error.do


@pytest.mark.parametrize(
    ("text", "do"),
    [
        ("output = 1", "write '1', or TRY_CAST(output AS DOUBLE)"),
        ("confidence > 'high'", "TRY_CAST('high' AS DOUBLE)"),
        ("output IN ('a', 2)", "write '2', or TRY_CAST(output AS DOUBLE)"),
        ("inputs.count BETWEEN 'a' AND 'b'", "TRY_CAST('a' AS DOUBLE)"),
        ("inputs.carrier < inputs.count", "TRY_CAST(inputs.carrier AS DOUBLE)"),
        ("output = true", "write 'true'"),
        ("inputs.member = 1", "like with like"),
        ("CASE output WHEN 1 THEN true END", "write '1'"),
        ("nullif(output, 1) = 'a'", "write '1'"),
        ("time = output", "TRY_CAST(output AS TIMESTAMP)"),
        ("time > 5", "like with like"),
    ],
)
def test_unlike_types_are_not_compared(text, do):
    error = refused(text)
    assert "cannot be compared" in error.what
    assert do in error.do


@pytest.mark.parametrize("text", ["output = NULL", "NULL = NULL", "output <> NULL", "output IN ('a', NULL)", "confidence > NULL"])
def test_a_comparison_with_null_is_refused(text):
    error = refused(text)
    assert "never true" in error.what
    assert "IS NULL" in error.do


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("output = 'a' AND", "not an SQL expression"),
        ("output = 'a", "not an SQL expression"),
        ("(output = 'a'", "not an SQL expression"),
        ("output = 'a' 5", "not an SQL expression"),
        ("", "an empty expression"),
        ("-- nothing", "an empty expression"),
        ("inputs.tags[1] = 'a'", "is nested and has no element"),
        ("inputs.tags = ['a']", "nested"),
        ("{'a': 1} = 1", "makes nested values"),
        ("(output, label) = ('a', 'b')", "makes nested values"),
        ("output -> 'a' = 'b'", "is nested and cannot be compared"),
        ("list_filter(inputs.tags, x -> x = 'a') IS NULL", "the function"),
        ("*", "stands for many columns"),
        ("inputs.* IS NULL", "stands for many columns"),
        ("COLUMNS(*) IS NULL", "stands for many columns"),
        ("output = ?", "is a parameter"),
        ("output = $1", "is a parameter"),
        ("output = :x", "is a parameter"),
        ("a.b.c.d = 1", "a.b.c.d is not a field"),
        ("output AS x", "gives a name"),
        ("output COLLATE nocase = 'a'", "engines do differently"),
        ("output SIMILAR TO 'a'", "engines do differently"),
        ("output GLOB 'a*'", "engines do differently"),
        ("output LIKE 'a' ESCAPE 'b'", "engines do differently"),
        ("inputs.count // 2 = 1", "engines round differently"),
        ("inputs.count & 1 = 1", "not allowed"),
        ("time > time - INTERVAL 1 DAY", "reckons with times"),
        ("time - time > 1", "reckons with times"),
        ("CAST(output AS BLOB) IS NULL", "a cast to"),
        ("CAST(output AS INTEGER[]) IS NULL", "a cast to"),
        ("CAST(confidence AS DECIMAL(10, 2)) = 1", "a cast to"),
        ("CAST(confidence AS DATE) IS NULL", "does not become a date"),
        ("hour(output) = 1", "where a time or a date is wanted"),
        ("extract(millennium FROM time) = 1", "EXTRACT does not give"),
        ("lower(confidence) = 'a'", "where text is wanted"),
        ("output || confidence = 'a'", "where text is wanted"),
        ("abs(output) > 1", "where a number is wanted"),
        ("output AND inputs.member", "where a condition is wanted"),
        ("NOT confidence", "where a condition is wanted"),
        ("round(confidence, inputs.count) > 1", "fixed number of places"),
        ("substr(output, inputs.count, 1) = 'a'", "fixed places"),
        ("coalesce(output, 1) = 'a'", "mixes"),
        ("CASE WHEN inputs.member THEN 1 ELSE 'a' END = 1", "mixes"),
        ("confidence > 99999999999999999999", "beyond what engines hold exactly"),
        ("confidence > 1e999", "beyond what engines hold exactly"),
        ("time > 'yesterday'", "is not a time"),
        ("time > TIMESTAMP '2013-13-01 00:00:00'", "is not a time"),
        ("output IN label", "does not list values"),
        ("output = $$a$$", "special kind of text"),
        ("output IS DISTINCT FROM 1", "cannot be compared"),
        ("coalesce(NULL, NULL) IS NULL", "always null"),
        ("epoch_ms(inputs.count) > time", "other units than seconds"),
    ],
)
def test_what_is_not_on_the_list_is_refused(text, what):
    assert what in refused(text).what


def test_an_expression_above_a_limit_is_refused_before_it_is_parsed():
    assert f"most is {MOST_CHARACTERS:,}" in refused("output = '" + "x" * MOST_CHARACTERS + "'").what
    assert "words and signs" in refused(" OR ".join(["a"] * 450)).what
    assert f"nested deeper than {MOST_NESTING}" in refused("(" * 100 + "inputs.member" + ")" * 100).what
    assert "nested deeper" in refused("NOT " * 100 + "inputs.member").what
    assert "nested deeper" in refused("- " * 100 + "confidence > 1").what
    assert "nested deeper" in refused("CASE WHEN inputs.member THEN " * 60 + "1" + " END" * 60 + " = 1").what


@pytest.mark.parametrize(
    "chain", ["1{ + 1} > 0", "1{ % 1} > 0", "confidence{::DOUBLE} > 0", "output{ IS NULL}", "output{->'a'} = 'a'"]
)
def test_operations_one_upon_the_other_are_so_many_as_can_be_read(chain):
    # Two hundred were a fault.
    begins, again, ends = re.split("[{}]", chain)
    for times in (199, 390):
        assert f"more than {MOST_CHAINED} operations" in refused(begins + again * times + ends).what
    assert parse(begins + again * 36 + ends)


def test_what_is_read_flat_may_be_long():
    assert check_predicate("output = 'a'" + " OR output = 'a'" * 190, FIELDS)
    assert check_predicate("output" + " || 'a'" * 300 + " = 'b'", FIELDS)


def test_a_long_list_of_conditions_is_fine():
    text = " AND ".join(f"confidence <> {number}" for number in range(150))
    assert check_predicate(text, FIELDS).sql.count("AND") == 149


@pytest.mark.parametrize(
    ("text", "sql"),
    [
        ("output = 'on-time' AND label = 'late'", "\"output\" = 'on-time' AND \"label\" = 'late'"),
        ("inputs.carrier = 'UA'", "\"inputs.carrier\" = 'UA'"),
        ("\"inputs.carrier\" = 'UA'", "\"inputs.carrier\" = 'UA'"),
        ("INPUTS.Carrier = 'UA'", "\"inputs.carrier\" = 'UA'"),
        ("label IS NOT NULL", 'NOT "label" IS NULL'),
        ("output != 'it''s'", "\"output\" <> 'it''s'"),
        ("a_b OR x".replace("a_b", "inputs.member").replace("x", "NOT inputs.member"), '"inputs.member" OR NOT "inputs.member"'),
        ("inputs.member AND (output = 'a' OR label = 'b')", '"inputs.member" AND ("output" = \'a\' OR "label" = \'b\')'),
        (
            "latency_ms / inputs.count > 2",
            '(TRY_CAST("latency_ms" AS DOUBLE) / NULLIF(TRY_CAST("inputs.count" AS DOUBLE), 0)) > 2',
        ),
        ("1 - confidence < 0.1", '(1 - TRY_CAST("confidence" AS DOUBLE)) < 0.1'),
        ("confidence BETWEEN 0.4 AND 0.6", '"confidence" BETWEEN 0.4 AND 0.6'),
        ("status NOT IN ('ok', 'slow')", "NOT \"status\" IN ('ok', 'slow')"),
        ("output NOT LIKE 'a%'", "\"output\" NOT LIKE 'a%'"),
        ("regexp_matches(output, '^l.te$', 'i')", "REGEXP_MATCHES(\"output\", '^l.te$', 'i')"),
        ("time >= '2013-06-03'", "\"time\" >= TRY_CAST('2013-06-03 00:00:00+00:00' AS TIMESTAMPTZ)"),
        ("time >= '2013-06-03T10:00:00+02:00'", "\"time\" >= TRY_CAST('2013-06-03 10:00:00+02:00' AS TIMESTAMPTZ)"),
        ("context.day = '2013-06-03'", "\"context.day\" = TRY_CAST('2013-06-03' AS DATE)"),
        ("extract(hour FROM time) = 3", 'HOUR("time") = 3'),
        ("CAST(output AS DOUBLE) > 1", 'TRY_CAST("output" AS DOUBLE) > 1'),
        ("output::int > 1", 'TRY_CAST("output" AS BIGINT) > 1'),
        ("if(inputs.member, 1, 2) = 1", 'CASE WHEN "inputs.member" THEN 1 ELSE 2 END = 1'),
        ("coalesce(label, output) = 'a'", 'COALESCE("label", "output") = \'a\''),
        ("ln(confidence) < 0", 'LN(NULLIF(GREATEST(TRY_CAST("confidence" AS DOUBLE), 0), 0)) < 0'),
        ("sqrt(confidence) < 1", "NULLIF(SQRT(TRY_CAST(\"confidence\" AS DOUBLE)), TRY_CAST('NaN' AS DOUBLE)) < 1"),
        (
            "inputs.carrier || '/' || inputs.count = 'UA/1'",
            "(\"inputs.carrier\" || '/' || TRY_CAST(\"inputs.count\" AS TEXT)) = 'UA/1'",
        ),
        ("output /* why */ = 'a' -- because", "\"output\" = 'a'"),
        ("output IS DISTINCT FROM label", '"output" IS DISTINCT FROM "label"'),
    ],
)
def test_what_is_allowed_comes_out_as_canonical_text(text, sql):
    checked = check_predicate(text, FIELDS)
    assert checked.sql == sql
    assert checked.type is Type.BOOLEAN
    assert check_predicate(sql, FIELDS) == checked


def test_a_predicate_says_which_fields_it_reads():
    checked = check_predicate("output = 'a' AND CASE WHEN inputs.member THEN confidence END > 0.5", FIELDS)
    assert checked.reads == {"output", "inputs.member", "confidence"}


@pytest.mark.parametrize(
    ("text", "sql", "kind", "reads"),
    [
        ("predicted", '"predicted"', Type.TEXT, {"predicted"}),
        ("PREDICTED", '"predicted"', Type.TEXT, {"predicted"}),
        ("labels.actual", '"labels"."actual"', Type.TEXT, {"labels.actual"}),
        ('"Wind Speed" * 2', 'TRY_CAST("Wind Speed" AS DOUBLE) * 2', Type.NUMBER, {"Wind Speed"}),
        ("features.age", '"features.age"', Type.INTEGER, {"features.age"}),
        ("CAST(at AS DATE)", 'TRY_CAST("at" AS DATE)', Type.DATE, {"at"}),
        (
            "to_timestamp(count)",
            'TO_TIMESTAMP(TRY_CAST(TRY_CAST(TRY_CAST("count" AS DOUBLE) AS DECIMAL(18, 6)) AS DOUBLE))',
            Type.TIME,
            {"count"},
        ),
        ("CASE WHEN score > 0.5 THEN 'late' ELSE 'on-time' END", None, Type.TEXT, {"score"}),
        ("coalesce(labels.actual, predicted)", None, Type.TEXT, {"labels.actual", "predicted"}),
    ],
)
def test_a_field_is_an_expression_over_columns_of_the_source_and_the_labels(text, sql, kind, reads):
    checked = check_field(text, flat(COLUMNS))
    assert sql is None or checked.sql == sql
    assert checked.type is kind
    assert checked.reads == reads


@pytest.mark.parametrize(
    ("text", "what", "do"),
    [
        ("predictd", "predictd is not a column of the source", "write predicted"),
        ("labels.actul", "labels.actul is not a column of the labels", "write labels.actual"),
        ("actual", "actual is not a column of the source but of the labels", "write labels.actual"),
        ("other.thing", "other.thing is neither a column", "the columns are"),
        ("blob", "blob is nested", "have the log write the part"),
        ('"labels.actual"', "is not a column of the source", "the columns are"),
        ("NULL", "NULL is always null", "name a column"),
    ],
)
def test_a_field_over_unknown_columns_is_refused(text, what, do):
    error = refused(text, lambda text: check_field(text, flat(COLUMNS)))
    assert what in error.what
    assert do in error.do


def test_labels_without_a_label_source_are_refused():
    error = refused("labels.actual", lambda text: check_field(text, flat({"predicted": Type.TEXT})))
    assert "the protocol has none" in error.what


@pytest.mark.parametrize("function", TABLE, ids=NAMES)
def test_every_function_of_the_reference_is_read_and_gives_what_it_says(function):
    fields = {
        **FIELDS,
        "inputs.change": Type.NUMBER,
        "inputs.flight": Type.INTEGER,
        "inputs.seconds": Type.NUMBER,
        "inputs.day": Type.TEXT,
    }
    assert check_field(function.example, flat(fields)).type is function.gives


@pytest.mark.parametrize(
    ("text", "zoned"),
    [
        ("at", True),
        ("labels.known_at", False),
        ("coalesce(labels.known_at, at)", True),
        ("CAST(predicted AS TIMESTAMP)", False),
        ("TRY_CAST(predicted AS TIMESTAMPTZ)", True),
        ("to_timestamp(count)", True),
    ],
)
def test_a_time_knows_whether_it_carries_a_zone(text, zoned):
    assert check_field(text, flat(COLUMNS, "at")).zoned is zoned


@pytest.mark.parametrize("text", ["COPY IN ]", "alter = 1", "comment IS NULL", "drop IN (1)", "set AND x", "truncate IS NULL"])
def test_a_statement_is_refused_without_a_word_of_the_parser(caplog, text):
    refused(text)
    assert caplog.records == []


@pytest.mark.parametrize(
    ("text", "column"),
    [
        ("call.id", "call"),
        ("from.id = 'a'", "from"),
        ("output = 'a' AND show.id = 'b'", "show"),
        (" Set['id']", "Set"),
        ("text['en'] || map.en", "text"),
        ("CASE WHEN when.id = 1 THEN row['id'] END", "when"),
    ],
)
def test_a_part_of_a_column_that_is_called_like_a_word_of_sql_needs_no_quotes(text, column):
    assert column in {each.parts[0].name for each in parse(text).find_all(exp.Column)}


@pytest.mark.parametrize(
    "text", ["output IN ['a', 'b']", "e'it\\'s from.x' = output", "'from.x' = output", "CAST(output AS INT[3])"]
)
def test_and_no_other_word_is_taken_for_a_column(text):
    assert {each.name for each in parse(text).find_all(exp.Column)} == {"output"}


@pytest.mark.parametrize(
    ("text", "do"),
    [
        ("ms", "write timing.wall.ms"),
        ("digit", "write answers[1].digit"),
        ("tming.wall.ms", "write timing.wall.ms"),
        ("prediction", "the columns are timing.wall.ms, answers[1].digit, tags[1], note"),
    ],
)
def test_of_a_nested_log_the_parts_are_named_that_a_field_may_mean(text, do):
    def struct(**fields):
        return Structure(type=Type.NESTED, form=Nesting.STRUCT, fields=fields)

    def some(item):
        return Structure(type=Type.NESTED, form=Nesting.LIST, item=item)

    columns = {
        "timing": struct(wall=struct(ms=Structure(type=Type.NUMBER))),
        "answers": some(struct(digit=Structure(type=Type.TEXT))),
        "tags": some(Structure(type=Type.TEXT)),
        "note": Structure(type=Type.TEXT),
    }
    assert refused(text, lambda text: check_field(text, columns)).do == do


@pytest.mark.parametrize("text", ["length(blob) > 3", "CAST(blob AS VARCHAR)", "blob = 'x'"])
def test_of_what_is_nested_no_cast_is_advised_that_is_refused_itself(text):
    advice = refused(text, check=lambda text: check_field(text, flat(COLUMNS))).do
    assert "CAST(blob" not in advice
    assert "part" in advice
