"""Agreement as published JSON (`remiss schema agreement`): keys are only ever added."""

from __future__ import annotations

from remiss.records.agreement import Agreement, AgreementRow, Figure

Json = dict[str, object]


def agreement_json(found: Agreement) -> Json:
    """Return the `agreement` object; an undefined figure and an interval that there is not are null."""
    return {
        "schema": "remiss/agreement@1",
        "query": found.query,
        "by": None if found.by is None else found.by.value,
        "position": found.position,
        "cases": found.cases,
        "rows": [_row(each) for each in found.rows],
        "notes": list(found.notes),
    }


def _row(row: AgreementRow) -> Json:
    return {
        "key": row.key,
        "field": row.field.value,
        "cases": row.cases,
        "agreed": _figure(row.agreed),
        "alpha": _figure(row.alpha),
        "ac": _figure(row.ac),
        "note": row.note,
    }


def _figure(figure: Figure) -> Json:
    return {"value": figure.value, "low": figure.low, "high": figure.high}
