"""Late labels: the statements that say, for each key, which label was known when.

Ground truth arrives after the prediction and may be corrected. Each label row holds from its own time until the next one
of the same key, so that an event's label is the row whose span contains min(as-of, event time + lag).
"""

from __future__ import annotations

from remiss.capture import requirements
from remiss.capture.sql.plan import KNOWN, LABELS, MARKS, LabelHistory, ScanPlan, Shape
from remiss.capture.sql.spelling import at_clock_changes, instant, literal, name
from remiss.protocol.check_result import Checked
from remiss.protocol.terms import Labels
from remiss.records.identity import FIRST, to_micros


def columns(checked: Checked) -> tuple[str, ...]:
    """Return the columns of the labels that fields read, sorted."""
    read = {one for expression in checked.fields.values() for one in expression.reads if one.startswith(f"{LABELS}.")}
    return tuple(sorted({one.removeprefix(f"{LABELS}.").partition(".")[0] for one in read}))


def _time(checked: Checked) -> str:
    assert checked.label_time is not None, "labels say since when they are known"
    return checked.label_time.sql


def probe(checked: Checked) -> str:
    """Return a statement without rows whose one column has the type of the labels' time."""
    return f"SELECT {_time(checked)} AS known FROM {LABELS} LIMIT 0"


def _rows(plan: ScanPlan, labels: Labels, shape: Shape, extra: str = "") -> str:
    """Labels known by the as-of time. A null key joins nothing and a null time means not known yet."""
    assert plan.checked.keys is not None, "labels are joined on keys"
    key = plan.checked.keys[1].sql
    values = "".join(f", {name(one)}" for one in columns(plan.checked))
    unusable = "".join(f" AND NOT {condition}" for condition in refusals(plan, labels, shape).values())
    return (
        f"SELECT CAST({key} AS VARCHAR) AS remiss_key, epoch_us({_known(plan, labels, shape)}) AS remiss_from{values}{extra} "
        f"FROM {LABELS} WHERE {_counts(plan, labels, shape)}{unusable}"
    )


def _known(plan: ScanPlan, labels: Labels, shape: Shape) -> str:
    zone = labels.address.time_zone or plan.checked.protocol.source.time_zone
    return instant(_time(plan.checked), shape, zone, changes=plan.label_changes, ambiguous=labels.address.ambiguous)


def _counts(plan: ScanPlan, labels: Labels, shape: Shape) -> str:
    assert plan.checked.keys is not None, "labels are joined on keys"
    return f"({plan.checked.keys[1].sql}) IS NOT NULL AND epoch_us({_known(plan, labels, shape)}) <= {to_micros(plan.as_of)}"


def pieces(plan: ScanPlan, labels: Labels, shape: Shape, width: int) -> str:
    """Return the statement that tells of the labels of each file, by when they were known: how many there are, and what they say.

    What they say is added up, so that it is the same in whatever order and in however many files they stand.
    """
    said = ", ".join(("remiss_key", "remiss_from", *(name(one) for one in columns(plan.checked))))
    return (
        f"WITH known AS ({_rows(plan, labels, shape, ', remiss_file')}) SELECT remiss_file AS file, "
        "MIN(remiss_from) AS least, MAX(remiss_from) AS greatest, COUNT(*) AS rows, "
        f"CAST(SUM(CAST(hash({said}) AS HUGEINT)) % {MARKS} AS VARCHAR) AS mark "
        f"FROM known GROUP BY remiss_file, (remiss_from - {FIRST}) // {width}"
    )


def local_times(checked: Checked, shape: Shape) -> str | None:
    """Return the statement that gives the bounds of the labels' times that name no zone, in microseconds; None where all do."""
    if shape not in (Shape.NAIVE, Shape.DATE, Shape.TEXT):
        return None
    cast = "TRY_CAST" if shape is Shape.TEXT else "CAST"
    return (
        f"SELECT epoch_us(MIN(moment)) AS least, epoch_us(MAX(moment)) AS greatest "
        f"FROM (SELECT {cast}({_time(checked)} AS TIMESTAMP) AS moment FROM {LABELS}) WHERE isfinite(moment)"
    )


def refusals(plan: ScanPlan, labels: Labels, shape: Shape) -> dict[str, str]:
    """Return the reasons for which a label is not used, since nobody can say when it was known, with their conditions."""
    found = {requirements.NONEXISTENT_LABEL: at_clock_changes(_time(plan.checked), shape, plan.label_changes, twice=False)}
    if labels.address.ambiguous == "refuse":
        found[requirements.AMBIGUOUS_LABEL] = at_clock_changes(_time(plan.checked), shape, plan.label_changes, twice=True)
    return {reason: condition for reason, condition in found.items() if condition is not None}


def clock_counts(plan: ScanPlan, labels: Labels, shape: Shape) -> str:
    """Return the statement that counts the labels whose time comes twice (`twice`), or does not exist (`never`)."""
    kinds = {"twice": True, "never": False}
    found = {kind: at_clock_changes(_time(plan.checked), shape, plan.label_changes, twice=twice) for kind, twice in kinds.items()}
    counted = ", ".join(f"COUNT(*) FILTER (WHERE {condition or 'FALSE'}) AS {kind}" for kind, condition in found.items())
    return f"SELECT {counted} FROM {LABELS} WHERE {_counts(plan, labels, shape)}"


def refused(plan: ScanPlan, labels: Labels, shape: Shape) -> str:
    """Return the statement that lists the first labels of each reason, in the order of files and rows."""
    counts = _counts(plan, labels, shape)
    parts = (
        f"(SELECT {literal(reason)} AS reason, remiss_file AS file, remiss_row AS line FROM {LABELS} WHERE {counts} "
        f"AND {condition} ORDER BY file, line LIMIT {requirements.LISTED})"
        for reason, condition in refusals(plan, labels, shape).items()
    )
    return f"SELECT * FROM ({' UNION ALL '.join(parts)}) AS every ORDER BY reason, file, line"


def has_several(plan: ScanPlan, labels: Labels, shape: Shape) -> str:
    """Return the statement that tells whether any key has several rows: only then is their order worth its price."""
    return (
        f"WITH known AS ({_rows(plan, labels, shape)}) SELECT COUNT(*) AS rows, "
        "(SELECT COUNT(*) FROM (SELECT DISTINCT hash(remiss_key) FROM known)) AS keys FROM known"
    )


def known(plan: ScanPlan, labels: Labels, shape: Shape) -> str:
    """Return the statement that lists labels with the span of time in which each is the newest.

    Rows of one key and time that say the same are one; where they differ the event cannot have a label (`remiss_disagree`).
    """
    rows = _rows(plan, labels, shape)
    if plan.history is not LabelHistory.MANY:
        return rows
    values = columns(plan.checked)
    kept = "".join(f", ANY_VALUE({name(one)}) AS {name(one)}" for one in values)
    row = f"COUNT(DISTINCT ROW({', '.join(name(one) for one in values)}))" if values else "1"
    listed = "".join(f", {name(one)}" for one in values)
    # Few keys have several rows, and ordering them is dear: the others go by. Where two keys share a hash, one is ordered
    # needlessly.
    return (
        f"WITH known AS ({rows}), several AS (SELECT hash(remiss_key) AS h FROM known GROUP BY hash(remiss_key) "
        f"HAVING COUNT(*) > 1), once AS (SELECT remiss_key, remiss_from{kept}, {row} > 1 AS remiss_disagree FROM known "
        "WHERE hash(remiss_key) IN (SELECT h FROM several) GROUP BY remiss_key, remiss_from) "
        f"SELECT remiss_key, remiss_from{listed}, remiss_disagree, LEAD(remiss_from) OVER (PARTITION BY remiss_key "
        "ORDER BY remiss_from) AS remiss_until, MIN(remiss_from) OVER (PARTITION BY remiss_key) AS remiss_first FROM once "
        f"UNION ALL SELECT remiss_key, remiss_from{listed}, FALSE, NULL, remiss_from FROM known "
        "LEFT JOIN several ON hash(remiss_key) = several.h "
        "WHERE several.h IS NULL"
    )


def disagreements() -> str:
    """Return the statement that tells whether any label contradicts another of the same key and time."""
    return f"SELECT COUNT(*) AS rows FROM {KNOWN} WHERE remiss_disagree"
