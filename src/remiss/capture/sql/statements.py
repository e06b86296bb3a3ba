"""Questions: the statements of a run, each one small question about the rows that `scan.py` reads.

Several small statements are faster than one that answers all: an engine reads only the columns that a question needs, and
hashing every id for its priority is the dearest part, so only the census does it.

    row_counts how many rows of each window, reason and file there are      time, required fields
    ids       whether an id is unusable, or occurs twice                   id
    eventful  which files hold an event at all                             all of these, only of files with unplaced rows
    repeats   which rows of repeated ids are no events, and why            every field; only when an id occurs twice
    census    counts and least keys by window, stratum and pattern         what criteria and strata read
    profile   count, nulls, minimum, maximum of each field by window       every field   (`profile.py`)
    fetch     content of the sampled events                                everything, of few rows
    refused   the first rows of each reason, with file and row             only when there are any
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace

from remiss.capture import requirements
from remiss.capture.requirements import Fate
from remiss.capture.sampling import DIGITS, SPAN
from remiss.capture.sql.criteria import patterns, stated
from remiss.capture.sql.plan import BOUNDS, REPEATS, SAMPLE, ScanPlan, Shape
from remiss.capture.sql.scan import order_of_rows, reads_labels, refusing_labels, steps
from remiss.capture.sql.spelling import literal, name
from remiss.protocol.group_sizes import sizes_of
from remiss.records.run import ALL

# Above every hex digit.
NO_BOUND = "g"


def row_counts(plan: ScanPlan) -> str:
    """Return the statement that counts rows by window, reason and file, with a guess at the number of strata.

    Where rows are left out it counts these too, apart: `admitted` is false or null, and no reason is looked for.
    """
    strata = ", ".join(name(one) for one in plan.checked.protocol.sampling.strata)
    guess = f"approx_count_distinct(ROW({strata}))" if strata else "1"
    labels = refusing_labels(plan) or reads_labels(plan, plan.checked.protocol.sampling.strata)
    if plan.checked.admit is None:
        reason, admitted, groups = "remiss_reason", "", "remiss_window, remiss_reason, remiss_file"
    else:
        reason = "CASE WHEN remiss_admitted THEN remiss_reason END"
        admitted, groups = ", remiss_admitted AS admitted", f"remiss_window, {reason}, remiss_file, remiss_admitted"
    return (
        f"{steps(plan, labels=labels, every_row=True)} SELECT remiss_window AS number, {reason} AS reason, remiss_file AS file, "
        f"COUNT(*) AS rows, {guess} AS strata{admitted} FROM judged GROUP BY {groups}"
    )


def twice(plan: ScanPlan) -> str:
    """Return the statement that counts the events whose local time came twice, which the protocol decides."""
    return (
        f"{steps(plan, labels=refusing_labels(plan))} SELECT COUNT(*) AS rows FROM admitted "
        f"WHERE remiss_twice AND remiss_window >= {plan.reach}"
    )


def strata(plan: ScanPlan, numbers: Sequence[int]) -> str:
    """Return the statement that counts the strata of some windows exactly."""
    names = ", ".join(name(one) for one in plan.checked.protocol.sampling.strata)
    labels = refusing_labels(plan) or reads_labels(plan, plan.checked.protocol.sampling.strata)
    listed = ", ".join(str(one) for one in numbers)
    return (
        f"{steps(plan, labels=labels)} SELECT remiss_window AS number, COUNT(DISTINCT ROW({names})) AS strata FROM judged "
        f"WHERE remiss_reason IS NULL AND remiss_window IN ({listed}) GROUP BY remiss_window"
    )


def distinct_ids(plan: ScanPlan) -> str:
    """Return the statement that counts different ids, fewer than events when some id is repeated, and the unusable ones.

    By a 64-bit hash of the id: a third of the memory. Two ids that share a hash only cost the exact look below. Every
    unusable id has the same hash, none: `unusable` is 1 when there are any, among refused rows or others.
    """
    bad = requirements.UNUSABLE_ID
    return (
        f"{steps(plan, labels=refusing_labels(plan))} SELECT COUNT(h) AS ids, COUNT(*) - COUNT(h) AS unusable FROM "
        f"(SELECT DISTINCT CASE WHEN NOT ({bad}) THEN hash(id) END AS h FROM judged WHERE remiss_reason IS NULL OR {bad})"
    )


def repeats(plan: ScanPlan) -> str:
    """Return the statement that lists the rows of repeated ids that are no events, each with what becomes of it.

    It is the rule of `requirements.fates`, window by window: of the rows of an id in a window and in those next to it, each of
    those that are first (or last) is of no use if they differ, and else one is kept.
    """
    fields = ", ".join(name(one) for one in plan.checked.fields)
    duplicates = plan.checked.protocol.duplicates
    best = "NULL"
    if duplicates is not None:
        best = f"{'MIN' if duplicates.keep == 'first' else 'MAX'}(remiss_by) OVER (PARTITION BY id, around)"
    return (
        f"{steps(plan, labels=True, extra=[order_of_rows(plan)])}, again AS (SELECT hash(id) AS h FROM judged "
        "WHERE remiss_reason IS NULL GROUP BY hash(id) HAVING COUNT(*) > 1), "
        f"several AS (SELECT id, remiss_window, remiss_file, remiss_row, remiss_by, "
        f"DENSE_RANK() OVER (PARTITION BY id ORDER BY {fields}) AS content, "
        "MIN(remiss_window) OVER (PARTITION BY id) < MAX(remiss_window) OVER (PARTITION BY id) AS apart FROM judged "
        "WHERE remiss_reason IS NULL AND hash(id) IN (SELECT h FROM again)), "
        "near AS (SELECT several.*, remiss_window + step AS around FROM several "
        "CROSS JOIN (VALUES (-1), (0), (1)) AS steps(step) WHERE apart OR step = 0), "
        f"compared AS (SELECT *, {best} AS best FROM near), "
        "kept AS (SELECT id, around, best, COUNT(DISTINCT content) > 1 AS differ, MIN(content) AS content, "
        "MIN(ROW(remiss_file, remiss_row)) FILTER (WHERE remiss_window = around) AS place FROM compared "
        "WHERE remiss_by IS NOT DISTINCT FROM best GROUP BY id, around, best) "
        "SELECT several.id AS id, remiss_window AS number, remiss_file AS file, remiss_row AS line, CASE "
        f"WHEN differ AND remiss_by IS NOT DISTINCT FROM best THEN {literal(Fate.REFUSED)} "
        f"WHEN NOT differ AND several.content = kept.content THEN {literal(Fate.MERGED)} "
        f"ELSE {literal(Fate.RESOLVED)} END AS fate "
        "FROM several INNER JOIN kept ON several.id = kept.id AND remiss_window = around "
        f"WHERE remiss_window BETWEEN 1 AND {plan.ends - 1} "
        "AND (differ OR place IS NULL OR place[1] <> remiss_file OR place[2] <> remiss_row)"
    )


def shared(plan: ScanPlan) -> str:
    """Return the statement that counts ids of the first window that stand in the one before it, of the last in that after."""
    edges = (plan.reach - 1, plan.reach, plan.ends - 1, plan.ends)
    before, first, last, after = (f"BOOL_OR(remiss_window = {edge})" for edge in edges)
    ids = f"SELECT {before} AND {first} AS before, {last} AND {after} AS after FROM judged WHERE remiss_reason IS NULL"
    counts = "COUNT(*) FILTER (WHERE before) AS before, COUNT(*) FILTER (WHERE after) AS after"
    asked = f"SELECT {counts} FROM ({ids} AND remiss_window IN {edges} GROUP BY id) AS ids"
    return f"{steps(plan, labels=refusing_labels(plan))} {asked}"


def dropped(plan: ScanPlan) -> str:
    """Return the statement that counts the rows that were dropped as duplicates by window, file and fate."""
    return f"SELECT number, file, fate, COUNT(*) AS rows FROM {REPEATS} GROUP BY number, file, fate"


def outranked() -> str:
    """Return the statement that lists the ids of `SAMPLE`, by window, of which a row there was outranked by another."""
    return f"SELECT DISTINCT number, id FROM {REPEATS} WHERE fate = {literal(Fate.RESOLVED)} AND id IN (SELECT id FROM {SAMPLE})"


def eventful(plan: ScanPlan, files: Sequence[str]) -> str:
    """Return the statement that lists those of the files that hold an event of any window, this run's or another's."""
    wide = replace(plan, reasons=None, anytime=True)
    refused = f"SELECT 1 FROM {REPEATS} WHERE line = remiss_row AND file = remiss_file AND fate = {literal(Fate.REFUSED)}"
    contradicted = f"AND NOT EXISTS({refused})" if plan.repeated else ""
    return (
        f"{steps(wide, labels=refusing_labels(wide))} SELECT DISTINCT remiss_file AS file FROM judged "
        f"WHERE remiss_reason IS NULL AND {among(files)} {contradicted}"
    )


def among(files: Sequence[str]) -> str:
    """Return the condition that a row stands in one of the files."""
    return f"remiss_file IN ({', '.join(literal(file) for file in files)})"


def labelled(plan: ScanPlan) -> str:
    """Return the aggregate that counts labelled events."""
    return 'COUNT("label")' if "label" in plan.checked.fields else "0"


def priority(plan: ScanPlan) -> str:
    """Return the priority of `sampling.priority`: of the id, or of the unit where there is one."""
    unit = plan.checked.protocol.sampling.unit
    drawn = "id" if unit is None else f"COALESCE(NULLIF(CAST({name(unit)} AS VARCHAR), ''), id)"
    return f"left(md5(concat({literal(plan.checked.protocol.sampling.seed + ':')}, {drawn})), {DIGITS})"


def census(plan: ScanPlan, *, keys: bool = True, also: Mapping[str, str] | None = None) -> str:
    """Return the statement that counts each window, stratum and pattern, by `also` too, and gives its least keys.

    The least keys of a group are the least of those of its parts, so that parts need no more than the largest group keeps,
    and one. The `all` sample needs many keys of a window but few of a part: only keys under a bound that the window's
    sample almost surely reaches are offered to it (`bounds`), or a part of every rare pattern would hold hundreds.
    """
    sampling = plan.checked.protocol.sampling
    strata = ", ".join(f"{shown(plan, one)} AS {name(f'stratum_{at}')}" for at, one in enumerate(sampling.strata))
    counted = {f"pattern_{at}": sql for at, sql in enumerate(patterns(plan))} | dict(also or {})
    numbers = ", ".join(f"{sql} AS {name(column)}" for column, sql in counted.items())
    least = max(size for group, size in sizes_of(plan.checked.protocol).items() if group != ALL) + 1
    label = ', "label"' if "label" in plan.checked.fields else ""
    # Without the colon of `sampling.key`, which a text of fixed length before the id does not need.
    key = f", concat({priority(plan)}, id) AS remiss_key, remiss_bound" if keys else ""
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
            *(also or {}),
        ]
    )
    return (
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


def shown(plan: ScanPlan, field_name: str) -> str:
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


def fetch(plan: ScanPlan) -> str:
    """Return the statement that brings the content of the sampled events, and the raw row as JSON text.

    Of a source of lines it brings what the line is found by, too.
    """
    raw = ", ".join(f"{name(one)} := source.{name(one)}" for one in plan.columns)
    extra = [f"CAST(to_json(struct_pack({raw})) AS VARCHAR) AS remiss_raw"]
    fields = ", ".join(f"{shown(plan, one)} AS {name(one)}" for one in plan.checked.fields if one != "time")
    drawn = [] if plan.checked.protocol.sampling.unit is None else [f"{priority(plan)} AS remiss_priority"]
    states = ", ".join([*drawn, *(name(f"remiss_state_{at}") for at in range(len(plan.checked.criteria)))])
    line = ""
    if plan.of_lines:
        extra, line = [*extra, "source.remiss_line"], "remiss_line, "
    return (
        f"{steps(plan, labels=True, extra=extra, only_sample=True)}, stated AS ({stated(plan)}) "
        f"SELECT remiss_window, remiss_at, remiss_file, remiss_row, remiss_raw, {line}{states}, {fields} FROM stated"
    )


def refused(plan: ScanPlan, reasons: Sequence[str], unplaced: Sequence[str] = ()) -> str:
    """Return the statement that lists the first rows of each reason, in the order of files and rows.

    `unplaced` are files of which rows without a window count in this run.

    Only the id is told of a row: a refused row may hold anything, and is not redacted.
    """
    parts = []
    counts = f"remiss_window >= {plan.reach}"
    if unplaced:
        counts = f"({counts} OR (remiss_window IS NULL AND {among(unplaced)}))"
    for reason in reasons:
        if reason == requirements.DUPLICATE_ID:
            rows = f"file, line, id FROM {REPEATS} WHERE fate = {literal(Fate.REFUSED)} AND number >= {plan.reach}"
        else:
            rows = f"remiss_file AS file, remiss_row AS line, id FROM judged WHERE remiss_reason = {literal(reason)} AND {counts}"
        parts.append(f"(SELECT {literal(reason)} AS reason, {rows} ORDER BY file, line LIMIT {requirements.LISTED})")
    return f"{steps(plan, labels=True)} SELECT * FROM ({' UNION ALL '.join(parts)}) AS every ORDER BY reason, file, line"
