"""Scan: from a checked protocol and an interval to the rows that are events, as text of the DuckDB dialect.

Nothing is run here. A statement is a chain of named steps (`typed`, `judged`, `admitted`; `criteria.py` adds `stated`), of
which each says one thing about a row, and an end that asks a question (`statements.py`).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import timedelta
from functools import partial

from remiss.capture import requirements
from remiss.capture.sql.floating import deciding, guarded, number
from remiss.capture.sql.plan import EVENTS, KNOWN, LABELS, REPEATS, SAMPLE, LabelHistory, ScanPlan, Shape
from remiss.capture.sql.spelling import at_clock_changes, before_cast, instant, literal, moment, name, of_source
from remiss.protocol.check_result import Checked
from remiss.records.identity import to_micros

# How the columns of `probe` begin that are the source's own, and are compared.
COMPARED = "remiss_compared_"


def reads_labels(plan: ScanPlan, fields: Iterable[str]) -> bool:
    """Return whether some of the fields come from the labels."""
    return any(one.startswith(f"{LABELS}.") for field_name in fields for one in plan.checked.fields[field_name].reads)


def probe(checked: Checked) -> str:
    """Return a statement without rows whose columns have the types of the fields, and of numbers before they are cast.

    So have the columns by whose values an expression decides, under names that begin with `COMPARED`.
    """
    has_labels = checked.protocol.labels is not None
    columns = {one: of_source(expression, has_labels=has_labels) for one, expression in checked.fields.items()}
    columns |= {f"remiss_raw_{one}": before_cast(columns[one]) for one in requirements.NUMERIC if one in columns}
    if checked.by is not None:
        columns["remiss_by"] = of_source(checked.by, has_labels=has_labels)
    compared = [*columns.values(), *([] if checked.admit is None else [of_source(checked.admit, has_labels=has_labels)])]
    columns |= {f"{COMPARED}{one}": one for sql in compared for one in deciding(sql)}
    fields = ", ".join(f"{sql} AS {name(column)}" for column, sql in columns.items())
    return f"SELECT {fields} FROM {EVENTS} AS source {f'CROSS JOIN {LABELS} AS labels' if has_labels else ''} LIMIT 0"


def clock_columns(plan: ScanPlan, sql: str) -> dict[str, str]:
    """Return the columns that say of a local time whether it comes twice, or does not exist; none where no clock changes."""
    at = partial(at_clock_changes, sql, plan.shapes["time"], plan.clock_changes)
    found = {"remiss_twice": at(twice=True), "remiss_never": at(twice=False)}
    return {name: f"COALESCE({condition}, FALSE)" for name, condition in found.items() if condition is not None}


def admits(plan: ScanPlan) -> str | None:
    """Return the condition that a row of the log is one that the protocol is about; None where all are."""
    admit = plan.checked.admit
    return None if admit is None else guarded(of_source(admit, has_labels=plan.checked.protocol.labels is not None), plan.floats)


def typed(
    plan: ScanPlan,
    *,
    labels: bool,
    extra: Sequence[str] = (),
    only_sample: bool = False,
    every_row: bool = False,
    lateness: bool = False,
) -> str:
    """Return the first step: rows of the interval, and those without a time, with each field under its canonical name.

    Parameters
    ----------
    labels : whether to join the labels; fields that read them are left out otherwise
    extra : further columns
    only_sample : read the sampled ids alone, decided before anything is computed for a row
    every_row : also rows that the protocol leaves out, told apart in `remiss_admitted`: true, false or null
    lateness : add when the first label of the event was known, in microseconds, `remiss_first`: also of one that came too late
    """
    protocol = plan.checked.protocol
    has_labels = protocol.labels is not None
    columns = ["source.remiss_file", "source.remiss_row", *extra]
    identity = time = ""
    timely = plan.reasons is not None and requirements.BAD_TIME not in plan.reasons
    for field_name, expression in plan.checked.fields.items():
        if not labels and reads_labels(plan, [field_name]):
            continue
        sql = guarded(of_source(expression, has_labels=has_labels), plan.floats)
        if field_name == "id":
            sql = identity = f"CAST({sql} AS VARCHAR)"
        elif field_name == "time":
            columns += [f"{condition} AS {column}" for column, condition in clock_columns(plan, sql).items()]
            sql = time = instant(
                sql,
                plan.shapes["time"],
                protocol.source.time_zone,
                all_known=timely,
                changes=plan.clock_changes,
                ambiguous=protocol.source.ambiguous,
            )
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
    wanted = in_time(plan, time, timely=timely)
    if only_sample:
        wanted += f" AND {identity} IN (SELECT id FROM {SAMPLE})"
    admit = admits(plan)
    if admit is not None and every_row:
        columns.append(f"{admit} AS remiss_admitted")
    elif admit is not None:
        wanted += f" AND ({admit})"
    joins = label_join(plan, time) if labels else ""
    if lateness:
        columns.append("firsts.remiss_from AS remiss_first")
        joins += f" {first_label_join(plan)}"
    return f"SELECT {', '.join(columns)} FROM {EVENTS} AS source {joins} WHERE {wanted}"


def in_time(plan: ScanPlan, time: str, *, timely: bool) -> str:
    """Return the condition that a row is of the plan's windows, or has no time; `timely`: every row has one."""
    if plan.anytime:
        return "TRUE"
    # BETWEEN reads the time once, and times are whole microseconds; bare, it reaches the reader, which then passes over
    # whole row groups.
    wanted = f"{time} BETWEEN {moment(plan.bounds[0])} AND {moment(plan.bounds[1])}"
    return wanted if timely else f"COALESCE({wanted}, TRUE)"


def label_join(plan: ScanPlan, time: str) -> str:
    """Return the join that gives each event the newest label known by min(as-of, event time + lag)."""
    labels, keys = plan.checked.protocol.labels, plan.checked.keys
    if labels is None or keys is None or plan.history is LabelHistory.NONE:
        return ""
    limit = f"LEAST({to_micros(plan.as_of)}, epoch_us({time}) + {labels.lag // timedelta(microseconds=1)})"
    newest = f"AND (labels.remiss_until IS NULL OR labels.remiss_until > {limit})" if plan.history is LabelHistory.MANY else ""
    return (
        f"LEFT JOIN {KNOWN} AS labels ON CAST({of_source(keys[0], has_labels=False)} AS VARCHAR) = labels.remiss_key "
        f"AND labels.remiss_from <= {limit} {newest}"
    )


def first_label_join(plan: ScanPlan) -> str:
    """Return the join that gives each event the row of its label that was known first, as `firsts`."""
    keys = plan.checked.keys
    assert keys is not None, "labels are joined on keys"
    first = "AND firsts.remiss_from = firsts.remiss_first" if plan.history is LabelHistory.MANY else ""
    key = f"CAST({of_source(keys[0], has_labels=False)} AS VARCHAR)"
    return f"LEFT JOIN {KNOWN} AS firsts ON {key} = firsts.remiss_key {first}"


def judged(plan: ScanPlan) -> str:
    """Return the second step: the window, and the first reason to refuse the row, null for an event.

    Window numbers count from the plan's first one. No time that is read lies before it, so the difference is never
    negative and dividing integers rounds down on every engine.
    """
    cases = " ".join(f"WHEN {condition} THEN {literal(reason)}" for reason, condition in reasons(plan))
    reason = f"CASE {cases} END" if cases else "CAST(NULL AS VARCHAR)"
    width = plan.width // timedelta(microseconds=1)
    return f"SELECT *, (remiss_at - {plan.base}) // {width} AS remiss_window, {reason} AS remiss_reason FROM typed"


def reasons(plan: ScanPlan) -> list[tuple[str, str]]:
    """Return the reasons for which some row may be refused, in order, with their conditions."""
    kinds = {each.twice for each in plan.clock_changes}
    every = requirements.rules(plan.checked, labels_disagree=plan.labels_disagree, twice=True in kinds, never=False in kinds)
    return [(reason, condition) for reason, condition in every if plan.reasons is None or reason in plan.reasons]


def admitted(plan: ScanPlan) -> str:
    """Return the third step: events alone, without rows that were dropped as duplicates."""
    if not plan.repeated:
        return "SELECT * FROM judged WHERE remiss_reason IS NULL"
    return (
        f"SELECT judged.* FROM judged LEFT JOIN {REPEATS} AS twin ON remiss_row = twin.line AND remiss_file = twin.file "
        "WHERE remiss_reason IS NULL AND twin.line IS NULL"
    )


def order_of_rows(plan: ScanPlan) -> str:
    """Return the column by which rows of one id are compared, null where they are not."""
    by = plan.checked.by
    if by is None:
        return "NULL AS remiss_by"
    sql = guarded(of_source(by, has_labels=plan.checked.protocol.labels is not None), plan.floats)
    return f"{number(sql) if plan.shapes['remiss_by'] is Shape.NUMBER else sql} AS remiss_by"


def steps(
    plan: ScanPlan,
    *,
    labels: bool,
    extra: Sequence[str] = (),
    only_sample: bool = False,
    every_row: bool = False,
    lateness: bool = False,
) -> str:
    """Return the chain up to `admitted`, ready for a question; parameters as of `typed`."""
    rows = typed(plan, labels=labels, extra=extra, only_sample=only_sample, every_row=every_row, lateness=lateness)
    return f"WITH typed AS ({rows}), judged AS ({judged(plan)}), admitted AS ({admitted(plan)})"


def refusing_labels(plan: ScanPlan) -> bool:
    """Return whether refusing rows needs the labels: a required label, or labels that contradict each other."""
    may_hold = {reason for reason, _ in reasons(plan)}
    required = (one for one in plan.checked.fields if requirements.MISSING + one in may_hold)
    return requirements.LABELS_DISAGREE in may_hold or reads_labels(plan, required)
