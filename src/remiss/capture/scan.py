"""Scan: from a checked protocol and an interval to relational statements, each a text of the DuckDB dialect.

Nothing is run here. A statement is a chain of named steps (`typed`, `judged`, `admitted`, `stated`), of which each says
one thing about a row, and an end that asks a question. Several small statements are faster than one that answers all:
an engine reads only the columns that a question needs, and hashing every id for its priority is the dearest part, so
only the census does it.

    survey    how many rows of each window, reason and file there are      time, id, required fields
    repeats   whether any id occurs twice, and which rows that concerns    id
    census    counts and least keys by window, stratum and pattern         what criteria and strata read
    profile   count, nulls, minimum, maximum of each field by window       every field   (`profile.py`)
    fetch     content of the sampled events                                everything, of few rows
    refused   the first rows of each reason, with file and row             only when there are any
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

import sqlglot
from sqlglot import exp

from remiss.capture import requirements
from remiss.capture.sampling import DIGITS, SPAN
from remiss.protocol.terms import Checked, CheckedCriterion, CheckedExpression
from remiss.records.identity import format_time, from_micros, to_micros

EVENTS = "events"
LABELS = "labels"
KNOWN = "remiss_labels"
REPEATS = "remiss_repeats"
BOUNDS = "remiss_bounds"
SAMPLE = "remiss_sample"
REFERENCE = "remiss_reference"
# Two bits for each criterion in a signed 64-bit integer: grouping by one integer is faster than by a column for each.
CRITERIA_A_PATTERN = 31
NOT_MET, MET, UNDECIDED, OUTSIDE = range(4)
MAD_TO_SIGMA = 1.4826
LEAST_VALUES = 30
# Above every hex digit.
NO_BOUND = "g"


class Shape(StrEnum):
    """What a field's values are in the engine, as far as reading them differs."""

    TEXT = "text"
    INTEGER = "integer"
    WIDE = "wide"  # integers beyond 64 bits
    NUMBER = "number"
    DECIMAL = "decimal"
    BOOLEAN = "boolean"
    INSTANT = "instant"
    NAIVE = "naive"
    DATE = "date"
    NULL = "null"
    NESTED = "nested"


class LabelHistory(StrEnum):
    """How labels lie: none, one row a key, or several of which the newest known counts."""

    NONE = "none"
    ONE = "one"
    MANY = "many"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """All that decides the text of the statements of one run.

    `reach` is how many windows before `since` are read for the references of anomalies (0 or 1). `columns` are the
    source's own, for the raw row. The rest is filled in while the run learns about its rows, so that later statements
    ask only what may still have an answer: `reasons` are those for which some row is refused (None: not known yet) and
    `guarded` the numbers of which some value may be NaN (None: all).
    """

    checked: Checked
    columns: tuple[str, ...]
    since: datetime
    until: datetime
    as_of: datetime
    shapes: Mapping[str, Shape] = field(default_factory=dict)
    history: LabelHistory = LabelHistory.NONE
    labels_disagree: bool = False
    repeated: bool = False
    reasons: frozenset[str] | None = None
    guarded: frozenset[str] | None = None
    reach: int = field(init=False)

    def __post_init__(self) -> None:
        previous = any(one.criterion.reference == "previous" for one in self.anomalies)
        object.__setattr__(self, "reach", 1 if previous else 0)

    @property
    def width(self) -> timedelta:
        return self.checked.protocol.sampling.window

    @property
    def anomalies(self) -> tuple[CheckedCriterion, ...]:
        return tuple(one for one in self.checked.criteria if one.criterion.of is not None)

    @property
    def base(self) -> int:
        """The first microsecond that is read: the start of window 0 of the plan."""
        return to_micros(self.since - self.reach * self.width)


def name(text: str) -> str:
    """Return a name as a quoted identifier."""
    return exp.to_identifier(text, quoted=True).sql("duckdb")


def literal(text: str) -> str:
    """Return a text as a literal."""
    return "'" + text.replace("'", "''") + "'"


def statement(text: str) -> str:
    """Return the statement laid out for people; a text that is no SQL fails here and not in an engine."""
    return sqlglot.parse_one(text, read="duckdb").sql("duckdb", pretty=True)


def of_source(expression: CheckedExpression, *, has_labels: bool) -> str:
    """Return a field's expression with each column qualified by the side that it comes from."""

    def qualify(node: exp.Expression) -> exp.Expression:
        if not isinstance(node, exp.Column):
            return node
        first, *rest = node.parts
        if has_labels and rest and first.name == LABELS:
            return exp.column(rest[0].name, table=LABELS, fields=[part.name for part in rest[1:]], quoted=True)
        return exp.column(first.name, table="source", fields=[part.name for part in rest], quoted=True)

    return sqlglot.parse_one(expression.sql, read="duckdb").transform(qualify).sql("duckdb")


def reads_labels(plan: Plan, fields: Iterable[str]) -> bool:
    """Return whether some of the fields come from the labels."""
    return any(one.startswith(f"{LABELS}.") for field_name in fields for one in plan.checked.fields[field_name].reads)


def before_cast(sql: str) -> str:
    """Return what an expression that ends in TRY_CAST tries to cast, and any other expression as it is.

    >>> before_cast("TRY_CAST(source.score AS DOUBLE)")
    'source.score'
    """
    parsed = sqlglot.parse_one(sql, read="duckdb")
    return parsed.this.sql("duckdb") if isinstance(parsed, exp.TryCast) else sql


def probe(checked: Checked) -> str:
    """Return a statement without rows whose columns have the types of the fields, and of numbers before they are cast."""
    has_labels = checked.protocol.labels is not None
    columns = {one: of_source(expression, has_labels=has_labels) for one, expression in checked.fields.items()}
    columns |= {f"remiss_raw_{one}": before_cast(columns[one]) for one in requirements.NUMERIC if one in columns}
    fields = ", ".join(f"{sql} AS {name(column)}" for column, sql in columns.items())
    return statement(f"SELECT {fields} FROM {EVENTS} AS source {f'CROSS JOIN {LABELS} AS labels' if has_labels else ''} LIMIT 0")


def instant(sql: str, shape: Shape, time_zone: str | None, *, all_finite: bool = False) -> str:
    """Return SQL that gives a TIMESTAMPTZ, null where there is no finite time; `all_finite` says that this occurs nowhere.

    A naive time means local time of the source's zone; without one it means nothing. A text is naive unless it ends in an
    offset: a cast alone would read it in the session's zone and be wrong without a word.
    """
    if shape is Shape.INSTANT:
        found = sql
    elif shape in (Shape.NAIVE, Shape.DATE):
        found = f"timezone({literal(time_zone)}, CAST({sql} AS TIMESTAMP))" if time_zone else "CAST(NULL AS TIMESTAMPTZ)"
    else:
        local = f"timezone({literal(time_zone)}, TRY_CAST({sql} AS TIMESTAMP))" if time_zone else "NULL"
        offset = literal(r":\d\d(\.\d+)? ?(Z|z|UTC|[+-]\d\d(:?\d\d)?)$")
        found = f"CASE WHEN regexp_matches(trim({sql}), {offset}) THEN TRY_CAST(trim({sql}) AS TIMESTAMPTZ) ELSE {local} END"
    return found if all_finite else f"CASE WHEN isfinite({found}) THEN {found} END"


def number(sql: str) -> str:
    """Return SQL that gives a floating-point number, null for NaN: missing, as in the frames that most logs are written from.

    NaN cannot be left to the engine's order, in which it is greatest. The statistics of a Parquet file leave NaN out, and
    DuckDB decides comparisons, and isnan() too, for a whole file by them: what an event meets would depend on how rows are
    split into files. isfinite() is always computed.
    """
    return f"CASE WHEN isfinite({sql}) OR ABS({sql}) = CAST('Infinity' AS DOUBLE) THEN {sql} END"


def moment(micros: int) -> str:
    """Return a time as a literal."""
    return f"CAST({literal(format_time(from_micros(micros)))} AS TIMESTAMPTZ)"


def typed(plan: Plan, *, labels: bool, extra: Sequence[str] = (), only_sample: bool = False) -> str:
    """Return the first step: rows of the interval, and those without a time, with each field under its canonical name.

    Parameters
    ----------
    labels : whether to join the labels; fields that read them are left out otherwise
    extra : further columns
    only_sample : read the sampled ids alone, decided before anything is computed for a row
    """
    protocol = plan.checked.protocol
    has_labels = protocol.labels is not None
    columns = ["source.remiss_file", "source.remiss_row", *extra]
    identity = time = ""
    timely = plan.reasons is not None and requirements.BAD_TIME not in plan.reasons
    for field_name, expression in plan.checked.fields.items():
        if not labels and reads_labels(plan, [field_name]):
            continue
        sql = of_source(expression, has_labels=has_labels)
        if field_name == "id":
            sql = identity = f"CAST({sql} AS VARCHAR)"
        elif field_name == "time":
            sql = time = instant(sql, plan.shapes["time"], protocol.source.time_zone, all_finite=timely)
            columns.append(f"epoch_us({sql}) AS remiss_at")
        elif field_name in requirements.NUMERIC:
            raw, sql = before_cast(sql), f"TRY_CAST({sql} AS DOUBLE)"
            is_text = plan.shapes[f"remiss_raw_{field_name}"] is Shape.TEXT
            bad = f"{raw} IS NOT NULL AND {sql} IS NULL" if is_text else "FALSE"
            columns.append(f"{bad} AS {name('remiss_bad_' + field_name)}")
        if plan.shapes[field_name] is Shape.NUMBER and (plan.guarded is None or field_name in plan.guarded):
            sql = number(sql)
        columns.append(f"{sql} AS {name(field_name)}")
    if labels and plan.labels_disagree:
        columns.append("COALESCE(labels.remiss_disagree, FALSE) AS remiss_disagree")
    # BETWEEN reads the time once, and times are whole microseconds; bare, it reaches the reader, which then passes over
    # whole row groups.
    wanted = f"{time} BETWEEN {moment(plan.base)} AND {moment(to_micros(plan.until) - 1)}"
    if not timely:
        wanted = f"COALESCE({wanted}, TRUE)"
    if only_sample:
        wanted += f" AND {identity} IN (SELECT id FROM {SAMPLE})"
    return f"SELECT {', '.join(columns)} FROM {EVENTS} AS source {label_join(plan, time) if labels else ''} WHERE {wanted}"


def label_join(plan: Plan, time: str) -> str:
    """Return the join that gives each event the newest label known by min(as-of, event time + lag)."""
    labels = plan.checked.protocol.labels
    if labels is None or plan.history is LabelHistory.NONE:
        return ""
    limit = f"LEAST({to_micros(plan.as_of)}, epoch_us({time}) + {labels.lag // timedelta(microseconds=1)})"
    newest = f"AND (labels.remiss_until IS NULL OR labels.remiss_until > {limit})" if plan.history is LabelHistory.MANY else ""
    return (
        f"LEFT JOIN {KNOWN} AS labels ON CAST(source.{name(labels.key)} AS VARCHAR) = labels.remiss_key "
        f"AND labels.remiss_from <= {limit} {newest}"
    )


def judged(plan: Plan) -> str:
    """Return the second step: the window, and the first reason to refuse the row, null for an event.

    Window numbers count from the plan's first one. No time that is read lies before it, so the difference is never
    negative and dividing integers rounds down on every engine.
    """
    cases = " ".join(f"WHEN {condition} THEN {literal(reason)}" for reason, condition in reasons(plan))
    reason = f"CASE {cases} END" if cases else "CAST(NULL AS VARCHAR)"
    width = plan.width // timedelta(microseconds=1)
    return f"SELECT *, (remiss_at - {plan.base}) // {width} AS remiss_window, {reason} AS remiss_reason FROM typed"


def reasons(plan: Plan) -> list[tuple[str, str]]:
    """Return the reasons for which some row may be refused, in order, with their conditions."""
    every = requirements.rules(plan.checked, labels_disagree=plan.labels_disagree)
    return [(reason, condition) for reason, condition in every if plan.reasons is None or reason in plan.reasons]


def admitted(plan: Plan) -> str:
    """Return the third step: events alone. Of rows that repeat an event one is kept; rows that contradict are not."""
    if not plan.repeated:
        return "SELECT * FROM judged WHERE remiss_reason IS NULL"
    return (
        f"SELECT judged.* FROM judged LEFT JOIN {REPEATS} AS twin ON judged.id = twin.id WHERE remiss_reason IS NULL AND "
        "(twin.id IS NULL OR (NOT twin.disagree AND twin.file = remiss_file AND twin.line = remiss_row))"
    )


def steps(plan: Plan, *, labels: bool, extra: Sequence[str] = (), only_sample: bool = False) -> str:
    """Return the chain up to `admitted`, ready for a question."""
    return (
        f"WITH typed AS ({typed(plan, labels=labels, extra=extra, only_sample=only_sample)}), "
        f"judged AS ({judged(plan)}), admitted AS ({admitted(plan)})"
    )


def refusing_labels(plan: Plan) -> bool:
    """Return whether refusing rows needs the labels: a required label, or labels that contradict each other."""
    may_hold = {reason for reason, _ in reasons(plan)}
    required = (one for one in plan.checked.fields if requirements.MISSING + one in may_hold)
    return requirements.LABELS_DISAGREE in may_hold or reads_labels(plan, required)


def survey(plan: Plan) -> str:
    """Return the statement that counts rows by window, reason and file, with a guess at the number of strata."""
    strata = ", ".join(name(one) for one in plan.checked.protocol.sampling.strata)
    guess = f"approx_count_distinct(ROW({strata}))" if strata else "1"
    labels = refusing_labels(plan) or reads_labels(plan, plan.checked.protocol.sampling.strata)
    return statement(
        f"{steps(plan, labels=labels)} SELECT remiss_window AS number, remiss_reason AS reason, remiss_file AS file, "
        f"COUNT(*) AS rows, {guess} AS strata FROM judged GROUP BY remiss_window, remiss_reason, remiss_file"
    )


def strata(plan: Plan, numbers: Sequence[int]) -> str:
    """Return the statement that counts the strata of some windows exactly."""
    names = ", ".join(name(one) for one in plan.checked.protocol.sampling.strata)
    labels = refusing_labels(plan) or reads_labels(plan, plan.checked.protocol.sampling.strata)
    listed = ", ".join(str(one) for one in numbers)
    return statement(
        f"{steps(plan, labels=labels)} SELECT remiss_window AS number, COUNT(DISTINCT ROW({names})) AS strata FROM judged "
        f"WHERE remiss_reason IS NULL AND remiss_window IN ({listed}) GROUP BY remiss_window"
    )


def distinct_ids(plan: Plan) -> str:
    """Return the statement that counts different ids: fewer than events means that some id is repeated.

    By a 64-bit hash of the id: a third of the memory. Two ids that share a hash only cost the exact look below.
    """
    return statement(
        f"{steps(plan, labels=refusing_labels(plan))} SELECT COUNT(*) AS ids FROM "
        "(SELECT DISTINCT hash(id) AS h FROM judged WHERE remiss_reason IS NULL)"
    )


def repeats(plan: Plan) -> str:
    """Return the statement that lists ids of several rows: whether the rows disagree, and which row stands first."""
    fields = ", ".join(name(one) for one in plan.checked.fields)
    return statement(
        f"{steps(plan, labels=True)}, again AS (SELECT hash(id) AS h FROM judged WHERE remiss_reason IS NULL "
        "GROUP BY hash(id) HAVING COUNT(*) > 1) "
        f"SELECT id, COUNT(DISTINCT ROW({fields})) > 1 AS disagree, MIN(ROW(remiss_file, remiss_row))[1] AS file, "
        "MIN(ROW(remiss_file, remiss_row))[2] AS line FROM judged "
        "WHERE remiss_reason IS NULL AND hash(id) IN (SELECT h FROM again) GROUP BY id HAVING COUNT(*) > 1"
    )


def contradictions(plan: Plan) -> str:
    """Return the statement that counts the rows whose id others contradict, and those that merely repeat, by window."""
    return statement(
        f"{steps(plan, labels=refusing_labels(plan))} SELECT remiss_window AS number, "
        "COUNT(*) FILTER (WHERE twin.disagree) AS refused, COUNT(*) FILTER (WHERE NOT twin.disagree AND "
        "(twin.file <> remiss_file OR twin.line <> remiss_row)) AS copies "
        f"FROM judged INNER JOIN {REPEATS} AS twin ON judged.id = twin.id WHERE remiss_reason IS NULL GROUP BY remiss_window"
    )


def state(plan: Plan, at: int) -> str:
    """Return the small integer that says what a criterion is on an event, by the first rule that holds (design, section 3)."""
    one = plan.checked.criteria[at]
    rules = []
    if one.reads_label:
        rules.append(f'WHEN "label" IS NULL THEN {UNDECIDED}')
    if one.among is not None:
        rules.append(f"WHEN ({one.among.sql}) IS NULL THEN {UNDECIDED} WHEN NOT ({one.among.sql}) THEN {OUTSIDE}")
    when = anomaly(one, at) if one.criterion.of is not None else one.when.sql if one.when is not None else "NULL"
    return f"CASE {' '.join(rules)} WHEN ({when}) IS NULL THEN {UNDECIDED} WHEN {when} THEN {MET} ELSE {NOT_MET} END"


def anomaly(one: CheckedCriterion, at: int) -> str:
    """Return the predicate of an anomaly: a robust z beyond the limit, null where it cannot be judged."""
    value = f"CAST({name(one.criterion.of or '')} AS DOUBLE)"
    distance = f"ABS({value} - around.{name(f'median_{at}')})"
    beyond = f"CAST({literal(repr(MAD_TO_SIGMA))} AS DOUBLE) * CAST({literal(repr(one.criterion.beyond))} AS DOUBLE)"
    limit = f"around.{name(f'mad_{at}')} * {beyond}"
    return f"{distance} > {limit}"


def stated(plan: Plan) -> str:
    """Return the step that adds the state of each criterion to an event, for the windows of the run alone."""
    states = ", ".join(f"{state(plan, at)} AS {name(f'remiss_state_{at}')}" for at in range(len(plan.checked.criteria)))
    join = f"LEFT JOIN {REFERENCE} AS around ON admitted.remiss_window = around.number" if plan.anomalies else ""
    return f"SELECT admitted.*, {states} FROM admitted {join} WHERE remiss_window >= {plan.reach}"


def patterns(plan: Plan) -> list[str]:
    """Return the integers that say which criteria are met and undecided, two bits each; outside counts as not met."""
    found = []
    for start in range(0, len(plan.checked.criteria), CRITERIA_A_PATTERN):
        terms = [
            f"CAST({name(f'remiss_state_{at}')} % {OUTSIDE} AS BIGINT) * {4 ** (at - start)}"
            for at in range(start, min(start + CRITERIA_A_PATTERN, len(plan.checked.criteria)))
        ]
        found.append(" + ".join(terms))
    return found


def labelled(plan: Plan) -> str:
    """Return the aggregate that counts labelled events."""
    return 'COUNT("label")' if "label" in plan.checked.fields else "0"


def keyed(plan: Plan) -> str:
    """Return the sampling key of `sampling.key` without its colon, which a text of fixed length before it does not need."""
    return f"concat(left(md5(concat({literal(plan.checked.protocol.sampling.seed + ':')}, id)), {DIGITS}), id)"


def census(plan: Plan, *, keys: bool = True) -> str:
    """Return the statement that counts each window, stratum and pattern and gives its least keys.

    The least keys of a group are the least of those of its parts, so that parts need no more than the largest group keeps,
    and one. The `all` sample needs many keys of a window but few of a part: only keys under a bound that the window's
    sample almost surely reaches are offered to it (`bounds`), or a part of every rare pattern would hold hundreds.
    """
    sampling = plan.checked.protocol.sampling
    strata = ", ".join(f"{shown(plan, one)} AS {name(f'stratum_{at}')}" for at, one in enumerate(sampling.strata))
    numbers = ", ".join(f"{sql} AS {name(f'pattern_{at}')}" for at, sql in enumerate(patterns(plan)))
    least = max(sampling.keep, sampling.control, sampling.undecided) + 1
    label = ', "label"' if "label" in plan.checked.fields else ""
    key = f", {keyed(plan)} AS remiss_key, remiss_bound" if keys else ""
    bounded = f"INNER JOIN {BOUNDS} AS bounds ON remiss_window = bounds.number" if keys else ""
    drawn = (
        f", MIN(remiss_key, {least}) AS least, MIN(remiss_key, {sampling.population + 1}) "
        "FILTER (WHERE remiss_key < remiss_bound) AS uniform"
        if keys
        else ""
    )
    columns = ", ".join(
        [
            "remiss_window",
            *(f"stratum_{at}" for at in range(len(sampling.strata))),
            *(f"pattern_{at}" for at in range(len(patterns(plan)))),
        ]
    )
    return statement(
        f"{steps(plan, labels=True)}, stated AS ({stated(plan)}), "
        f"placed AS (SELECT remiss_window, {strata}{',' if strata else ''} {numbers}{label}{key} FROM stated {bounded}) "
        f"SELECT {columns}, COUNT(*) AS population, {labelled(plan)} AS labelled{drawn} FROM placed GROUP BY {columns}"
    )


def bound(rows: int, population: int) -> str:
    """Return a key that at least `population` + 1 of that many events almost surely lie under.

    Eight standard deviations above the mean; when it fails after all, the census shows it and is taken again.

    >>> bound(100, 500)
    'g'
    """
    wanted = population + 1
    share = (wanted + 8 * wanted**0.5 + 16) / max(rows, 1)
    return NO_BOUND if share >= 1 else f"{int(share * SPAN):013x}"


def bounds(found: Mapping[int, str]) -> str:
    """Return the statement that gives each window its bound."""
    listed = ", ".join(f"({number}, {literal(given)})" for number, given in sorted(found.items()))
    return f"SELECT number, remiss_bound FROM (VALUES {listed}) AS given(number, remiss_bound)"


def shown(plan: Plan, field_name: str) -> str:
    """Return a field as a value that leaves the engine: text, number, boolean, or microseconds for an instant."""
    quoted = name(field_name)
    match plan.shapes[field_name]:
        case Shape.NESTED:
            return f"CAST(to_json({quoted}) AS VARCHAR)"
        case Shape.NAIVE | Shape.DATE | Shape.NULL:
            return f"CAST({quoted} AS VARCHAR)"
        case Shape.DECIMAL:
            return f"CAST({quoted} AS DOUBLE)"
        case Shape.INSTANT if field_name != "time":
            return f"CASE WHEN isfinite({quoted}) THEN epoch_us({quoted}) END"
        case Shape.TEXT if field_name not in requirements.NUMERIC:
            return f"CAST({quoted} AS VARCHAR)"
        case _:
            return quoted


def sample(ids: Sequence[str]) -> str:
    """Return the statement that lists sampled ids: one literal, which is parsed faster than a row of VALUES for each."""
    return f"SELECT unnest(from_json({literal(json.dumps(ids, ensure_ascii=False))}, '[\"VARCHAR\"]')) AS id"


def fetch(plan: Plan) -> str:
    """Return the statement that brings the content of the sampled events, and the raw row as JSON text."""
    raw = ", ".join(f"{name(one)} := source.{name(one)}" for one in plan.columns)
    extra = [f"CAST(to_json(struct_pack({raw})) AS VARCHAR) AS remiss_raw"]
    fields = ", ".join(f"{shown(plan, one)} AS {name(one)}" for one in plan.checked.fields if one != "time")
    states = ", ".join(name(f"remiss_state_{at}") for at in range(len(plan.checked.criteria)))
    return statement(
        f"{steps(plan, labels=True, extra=extra, only_sample=True)}, stated AS ({stated(plan)}) "
        f"SELECT remiss_window, remiss_at, remiss_file, remiss_row, remiss_raw, {states}, {fields} FROM stated"
    )


def refused(plan: Plan, reasons: Sequence[str]) -> str:
    """Return the statement that lists the first rows of each reason, in the order of files and rows.

    Only the id is told of a row: a refused row may hold anything, and nobody has redacted it.
    """
    parts = []
    for reason in reasons:
        if reason == requirements.DUPLICATE_ID:
            rows = f"judged INNER JOIN {REPEATS} AS twin ON judged.id = twin.id WHERE remiss_reason IS NULL AND twin.disagree"
        else:
            rows = f"judged WHERE remiss_reason = {literal(reason)}"
        parts.append(
            f"(SELECT {literal(reason)} AS reason, remiss_file AS file, remiss_row AS line, judged.id AS id FROM {rows} "
            f"AND (remiss_window IS NULL OR remiss_window >= {plan.reach}) "
            f"ORDER BY remiss_file, remiss_row LIMIT {requirements.LISTED})"
        )
    return statement(
        f"{steps(plan, labels=True)} SELECT * FROM ({' UNION ALL '.join(parts)}) AS every ORDER BY reason, file, line"
    )


def reference(plan: Plan, first: int, last: int) -> str:
    """Return the statement that gives windows `first` to `last` the median and spread of what each anomaly looks at.

    Exact medians hold every value in memory, so the caller asks for few windows at a time.
    """
    own = []
    for at, one in enumerate(plan.checked.criteria):
        if one.criterion.of is None:
            continue
        value = f"CAST({name(one.criterion.of)} AS DOUBLE)"
        finite = f"FILTER (WHERE isfinite({value}))"
        own.append(
            f"COUNT({value}) {finite} AS count_{at}, MEDIAN({value}) {finite} AS median_{at}, MAD({value}) {finite} AS mad_{at}"
        )
    labels = refusing_labels(plan) or reads_labels(plan, (one.criterion.of or "" for one in plan.anomalies))
    return statement(
        f"{steps(plan, labels=labels)} SELECT remiss_window AS number, {', '.join(own)} FROM admitted "
        f"WHERE remiss_window BETWEEN {first} AND {last} GROUP BY remiss_window"
    )


def references(plan: Plan, tables: Sequence[str], windows: Sequence[int]) -> str:
    """Return the statement that joins the references kept so far, each moved to the window that it judges.

    Too few values, or none that differ from the median, give null: the criterion is undecided on the whole window.
    """
    everything = " UNION ALL ".join(f"SELECT * FROM {table}" for table in tables)
    listed = ", ".join(f"({number})" for number in windows)
    columns = []
    joins = []
    for at, one in enumerate(plan.checked.criteria):
        if one.criterion.of is None:
            continue
        alias = f"of_{at}"
        shift = 1 if one.criterion.reference == "previous" else 0
        enough = f"{alias}.count_{at} >= {LEAST_VALUES} AND {alias}.mad_{at} > 0"
        columns += [
            f"CASE WHEN {enough} THEN {alias}.median_{at} END AS median_{at}",
            f"CASE WHEN {enough} THEN {alias}.mad_{at} END AS mad_{at}",
            f"COALESCE({alias}.count_{at}, 0) AS count_{at}",
        ]
        joins.append(f"LEFT JOIN everything AS {alias} ON numbers.number = {alias}.number + {shift}")
    return statement(
        f"WITH everything AS ({everything}), numbers AS (SELECT number FROM (VALUES {listed}) AS given(number)) "
        f"SELECT numbers.number, {', '.join(columns)} FROM numbers {' '.join(joins)}"
    )
