"""What a protocol takes columns for is known from its text, before any source is looked at."""

from __future__ import annotations

import pytest

from remiss.protocol.columns import taken_for
from remiss.protocol.terms import Expression, LabelKey, Type


def taken(fields: dict[str, str], *predicates: str, anomalies: tuple[str, ...] = (), key: LabelKey | None = None):
    return taken_for(
        {name: Expression(sql, 1) for name, sql in fields.items()}, [Expression(each, 1) for each in predicates], anomalies, key
    )


@pytest.mark.parametrize("sql", ["ver", "ver || '-' || build", "COALESCE(ver, build)", "(ver)", "CAST(ver AS VARCHAR)"])
def test_what_names_something_is_text(sql):
    found, _ = taken({"model_version": sql})
    assert found["ver"] is Type.TEXT


def test_a_number_is_asked_for_by_numeric_fields_anomalies_and_comparisons():
    fields = {"latency_ms": "took", "inputs.price": "price", "inputs.wind": "wind", "inputs.other": "other"}
    found, _ = taken(fields, "inputs.price * 2 > output", "took > 3", anomalies=("inputs.wind",))
    assert found == {"took": Type.NUMBER, "price": Type.NUMBER, "wind": Type.NUMBER}


def test_context_is_no_number_because_it_is_compared_with_one():
    assert taken({"context.release": "rel"}, "context.release > 1.1") == ({}, {})


def test_what_is_compared_as_text_is_text_although_it_is_a_number_elsewhere():
    fields = {"inputs.release": "rel", "latency_ms": "rel"}
    assert taken(fields, "CAST(inputs.release AS VARCHAR) = '1.10'")[0] == {"rel": Type.TEXT}
    assert taken(fields, "inputs.release = '1.10'")[0] == {"rel": Type.TEXT}


def test_the_key_is_text_on_both_sides_and_columns_of_labels_are_theirs():
    found = taken({"id": "flight", "label": "TRY_CAST(labels.actual AS DOUBLE)"}, key=LabelKey(events="flight", labels="flight"))
    assert found == ({"flight": Type.TEXT}, {"flight": Type.TEXT, "actual": Type.TEXT})
    found = taken({"id": "number"}, key=LabelKey(events="lower(flight key)", labels="number || '-' || day"))
    assert (found[0]["number"], found[1]["number"], found[1]["day"]) == (Type.TEXT,) * 3


def test_a_field_that_is_no_sql_is_left_to_others_to_report():
    assert taken({"id": "((", "time": "at"}) == ({}, {})
