"""The filter language: what people write and what it means."""

from datetime import UTC, datetime

import pytest

from remiss.catalog.query.expression import EVERYTHING, And, Level, Not, Operator, Or, Term, Text, leaves
from remiss.catalog.query.parsing import parse
from remiss.catalog.query.printing import unparse
from remiss.errors import QueryError

EWR = Term("context.airport", Operator.EQUAL, "EWR", Level.EVENT)
SLOW = Term("criterion", Operator.EQUAL, "slow", Level.CRITERION)
GRAVE = Term("severity", Operator.AT_MOST, 2, Level.PEOPLE)


def at(*date: int) -> datetime:
    return datetime(*date, tzinfo=UTC)


def times(*bounds: tuple[Operator, datetime]) -> And:
    return And(tuple(Term("occurred", operator, moment, Level.EVENT) for operator, moment in bounds))


def test_empty_text_is_everything():
    assert parse("") == parse("  \n ") == EVERYTHING


@pytest.mark.parametrize(
    "text",
    ["context.airport:EWR criterion:slow", "context.airport:EWR AND criterion:slow", "context.airport:EWR (criterion:slow)"],
)
def test_terms_side_by_side_must_all_hold(text):
    assert parse(text) == And((EWR, SLOW))


def test_and_binds_tighter_than_or():
    assert parse("context.airport:EWR OR criterion:slow severity:<=2") == Or((EWR, And((SLOW, GRAVE))))
    assert parse("(context.airport:EWR OR criterion:slow) severity:<=2") == And((Or((EWR, SLOW)), GRAVE))


@pytest.mark.parametrize("text", ["-criterion:slow", "NOT criterion:slow", "-(criterion:slow)", "NOT (criterion:slow)"])
def test_a_leading_minus_and_not_are_the_same(text):
    assert parse(text) == Not(SLOW)


def test_a_minus_within_a_word_or_a_value_is_no_negation():
    assert parse("on-time") == Text("on-time")
    assert parse("inputs.temperature:-5") == Term("inputs.temperature", Operator.EQUAL, -5, Level.EVENT)


@pytest.mark.parametrize(
    ("text", "column", "advice"),
    [
        ("this or that", 6, 'write OR for either, or "or" for the word'),
        ("criterion:slow and this", 16, "write AND for both"),
        ("not this", 1, "write NOT for all others"),
        ("this Or", 6, 'or "Or" for the word'),
        ("severity=2", 1, "write severity:2, or quote it"),
        ("this severity<=2", 6, "write severity:<=2"),
        ("severity!=2", 1, "write -severity:2"),
        ("inputs.distance>1000", 1, "write inputs.distance:>1000"),
        ("code=42", 1, "write code:42, or quote it to search for it"),
        ("severity = 2", 10, "without spaces"),
        ("severity= 2", 1, "without spaces"),
    ],
)
def test_what_other_languages_read_as_operators_is_never_searched_for_in_silence(text, column, advice):
    with pytest.raises(QueryError, match=f"at column {column}\\b") as refused:
        parse(text)
    assert advice in refused.value.do


@pytest.mark.parametrize("text", ['"or"', '"severity=2"', r"severity\=2", "order", "android", "a->b"])
def test_quoted_and_longer_words_are_searched_for(text):
    assert isinstance(parse(text), Text)


def test_quoted_text_is_a_phrase_and_may_hold_quotes_and_operators():
    assert parse(r'"missed OR \"lost\""') == Text('missed OR "lost"')


@pytest.mark.parametrize(
    ("text", "operator", "value"),
    [
        ("inputs.distance:>1000", Operator.GREATER, 1000),
        ("inputs.distance:1e3", Operator.EQUAL, 1000),
        ("inputs.distance:0.5", Operator.EQUAL, 0.5),
        ("inputs.zip:08540", Operator.EQUAL, "08540"),
        ('inputs.zip:"1000"', Operator.EQUAL, "1000"),
        ("inputs.night:true", Operator.EQUAL, True),
        ('inputs.night:"true"', Operator.EQUAL, "true"),
        ("inputs.carrier:U*", Operator.GLOB, "U*"),
        ('inputs.carrier:"U*"', Operator.EQUAL, "U*"),
        (r"inputs.carrier:U\*", Operator.EQUAL, "U*"),
        (r"inputs.carrier:New\ York", Operator.EQUAL, "New York"),
        ("inputs.path:../x", Operator.EQUAL, "../x"),
    ],
)
def test_a_field_of_the_protocol_is_compared_as_it_is_written(text, operator, value):
    query = parse(text)
    assert (query.operator, query.value, type(query.value)) == (operator, value, type(value))


def test_a_field_whose_name_is_no_plain_word_is_quoted():
    assert parse('inputs."wind speed (kt)":>20') == Term("inputs.wind speed (kt)", Operator.GREATER, 20, Level.EVENT)


def test_a_model_may_name_its_version():
    model = Term("model", Operator.EQUAL, "arrival-delay", Level.EVENT)
    assert parse("model:arrival-delay@1.*") == And((model, Term("model_version", Operator.GLOB, "1.*", Level.EVENT)))
    assert parse('model:"a@b"') == Term("model", Operator.EQUAL, "a@b", Level.EVENT)


def test_a_day_is_whole_and_in_utc():
    day = times((Operator.AT_LEAST, at(2013, 6, 1)), (Operator.LESS, at(2013, 6, 2)))
    assert parse("occurred:2013-06-01") == day


def test_ranges_of_days_include_both_ends():
    assert parse("occurred:2013-06-01..2013-06-30") == times((Operator.AT_LEAST, at(2013, 6, 1)), (Operator.LESS, at(2013, 7, 1)))
    assert parse("occurred:2013-12") == times((Operator.AT_LEAST, at(2013, 12, 1)), (Operator.LESS, at(2014, 1, 1)))


@pytest.mark.parametrize(
    ("text", "operator", "moment"),
    [
        ("occurred:>2013-06-01", Operator.AT_LEAST, at(2013, 6, 2)),
        ("occurred:>=2013-06-01", Operator.AT_LEAST, at(2013, 6, 1)),
        ("occurred:<2013-06-01", Operator.LESS, at(2013, 6, 1)),
        ("occurred:<=2013-06-01", Operator.LESS, at(2013, 6, 2)),
        ("occurred:2013-06-01..", Operator.AT_LEAST, at(2013, 6, 1)),
        ("occurred:..2013-06-01", Operator.LESS, at(2013, 6, 2)),
        ("occurred:>2013-06-01T10:00+02:00", Operator.GREATER, at(2013, 6, 1, 8)),
    ],
)
def test_comparisons_with_days_mean_the_whole_day(text, operator, moment):
    assert parse(text) == Term("occurred", operator, moment, Level.EVENT)


def test_ranges_of_times_include_both_instants():
    query = parse("occurred:2013-06-01T10:00Z..2013-06-01T12:00Z")
    assert query == times((Operator.AT_LEAST, at(2013, 6, 1, 10)), (Operator.AT_MOST, at(2013, 6, 1, 12)))


def test_ranges_of_numbers_include_both_ends():
    low = Term("confidence", Operator.AT_LEAST, 0.2, Level.EVENT)
    assert parse("confidence:0.2..0.8") == And((low, Term("confidence", Operator.AT_MOST, 0.8, Level.EVENT)))


def test_has_asks_whether_there_is_any_value():
    assert parse("has:label") == Term("label", Operator.PRESENT, None, Level.EVENT)
    assert parse("-has:mode") == Not(Term("mode", Operator.PRESENT, None, Level.PEOPLE))


@pytest.mark.parametrize(
    ("text", "column", "advice"),
    [
        ("modle:x", 1, "did you mean mode?"),
        ("context.a:1 serverity:2", 13, "did you mean severity?"),
        ("contxt.airport:EWR", 1, "did you mean context.airport?"),
        ("has:lable", 5, "did you mean label?"),
        ("context:EWR", 1, "context.airport:EWR"),
        ("http://example.org", 1, "quote it"),
        ("severity:0", 10, "severity:<=2"),
        ("status:canddate", 8, "did you mean status:candidate?"),
        ("status:>candidate", 9, "has no order|write status:VALUE"),
        ("mode:>remiss:x", 7, "mode:VALUE"),
        ("confidence:high", 12, "confidence:<0.6"),
        ("confidence:nan", 12, "confidence:<0.6"),
        ("inputs.x:1e999", 10, "smaller"),
        ("occurred:yesterday", 10, "with its zone"),
        ("occurred:2013-06-01T10:00", 10, "with its zone"),
        ("occurred:9999-12-31", 10, "with its zone"),
        ("occurred:2013-13-01", 10, "with its zone"),
        ("model:a@", 7, "NAME@VERSION"),
        ("criterion:", 1, "criterion:VALUE"),
        ("criterion: slow", 1, "criterion:VALUE"),
        ("status:(a OR b)", 8, "status:A OR status:B"),
        ('"never closed', 1, "close it"),
        ('ab"c"', 3, "quote the whole"),
        ("(a", 1, "close it"),
        ("a)", 2, "remove it"),
        ("()", 2, "write a term"),
        ("a OR", 5, "write a term"),
        ("a AND", 6, "write a term"),
        ("NOT", 4, "write a term"),
        ("OR a", 1, "write a term first"),
        ("a OR OR b", 6, "write a term first"),
        ("!!", 1, "letters or digits"),
        ("a\0b", 2, "remove it"),
        ("\udc80", 1, "remove it"),
    ],
)
def test_what_cannot_be_understood_is_refused_with_its_column_and_advice(text, column, advice):
    with pytest.raises(QueryError) as refusal:
        parse(text)
    assert f"at column {column}" in refusal.value.what
    assert any(part in refusal.value.do for part in advice.split("|"))


@pytest.mark.parametrize(
    "text", ["(" * 5000, "-" * 3000 + "a", "(" * 2000 + "a" + ")" * 2000, "NOT " * 900 + "a", "a " * 1900, "a" * 5000]
)
def test_hostile_sizes_are_refused(text):
    with pytest.raises(QueryError):
        parse(text)


@pytest.mark.parametrize("written", ["2026-10-25T02:30+02:00", "2026-10-25T01:30+01:00", "2026-10-25T00:30:00Z"])
def test_a_time_with_its_zone_is_compared_with_fields_as_the_catalog_holds_times(written):
    assert parse(f"inputs.landed:{written}") == Term("inputs.landed", Operator.EQUAL, "2026-10-25T00:30:00Z", Level.EVENT)
    for sign, operator in ((">=", Operator.AT_LEAST), ("<", Operator.LESS)):
        compared = parse(f"inputs.landed:{sign}{written}")
        assert compared == Term("inputs.landed", operator, "2026-10-25T00:30:00", Level.EVENT)
        # Held with and without fractions of a second.
        held = ["2026-10-25T00:29:59.900000Z", "2026-10-25T00:30:00Z", "2026-10-25T00:30:00.500000Z"]
        assert [text >= compared.value for text in held] == [False, True, True]
        assert parse(unparse(compared)) == compared


def test_a_time_of_day_without_a_zone_is_refused_where_times_have_one_and_is_text_where_the_log_has_none():
    for asked in ("occurred:>=2026-10-25T02:30", "occurred:2026-10-25T02:30..2026-10-25T03:30", "revised:<2026-10-25T02:30"):
        with pytest.raises(QueryError, match="as a time") as refused:
            parse(asked)
        assert "a time with its zone" in refused.value.do
    assert parse("inputs.landed:>=2026-10-25T02:30") == Term("inputs.landed", Operator.AT_LEAST, "2026-10-25T02:30", Level.EVENT)


def test_a_name_stands_for_nothing_where_nobody_looks_it_up():
    for written in ("slice:carrier-ua", "cluster:cluster-4f7q", "-cluster:a*", "slice:a@b"):
        with pytest.raises(QueryError, match="is a name, which nothing can be called by here"):
            parse(written)


def test_a_cluster_that_was_written_out_is_a_set_and_is_printed_as_it_was_read():
    written = "cluster:cluster-4f7q@clustering-9tvx"
    [leaf] = leaves(parse(written))
    assert (leaf.key, leaf.level) == ("cluster", Level.SET)
    assert unparse(parse(f"-({written} late)")) == f"-({written} late)"
    for refused in ("has:cluster", "cluster:>a@b", 'cluster:"a@b@c"'):
        with pytest.raises(QueryError):
            parse(refused)
