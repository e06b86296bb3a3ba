"""Preparing: the shapes of fields, whether they can bear their use, and the labels laid ready to join."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from remiss.capture import requirements
from remiss.capture.sql import late_labels, scan
from remiss.capture.sql.plan import KNOWN, LabelHistory, ScanPlan, Shape
from remiss.capture.values import shape_of
from remiss.errors import Location, ProtocolError
from remiss.protocol.ports import Session
from remiss.protocol.terms import Checked


def prepared(session: Session, plan: ScanPlan) -> ScanPlan:
    """Return the plan that knows the shapes of fields and how labels lie; keeps the labels for joining."""
    checked = plan.checked
    schema = session.run(scan.probe(checked)).schema
    shapes = {one: shape_of(kind) for one, kind in zip(schema.names, schema.types, strict=True)}
    check_shapes(checked, shapes)
    plan = replace(plan, shapes=shapes)
    labels = checked.protocol.labels
    if labels is None or not late_labels.columns(checked):
        return plan
    shape = shape_of(session.run(late_labels.probe(labels)).schema.types[0])
    _check_zone(
        shape,
        labels.address.time_zone or checked.protocol.source.time_zone,
        "labels.time",
        Location(checked.protocol.path, labels.line),
    )
    found = session.run(late_labels.survey(plan, labels, shape)).to_pylist()[0]
    plan = replace(plan, history=LabelHistory.ONE if found["rows"] == found["keys"] else LabelHistory.MANY)
    session.keep(KNOWN, late_labels.known(plan, labels, shape))
    if plan.history is LabelHistory.MANY and session.run(late_labels.disagreements()).to_pylist()[0]["rows"]:
        plan = replace(plan, labels_disagree=True)
    return plan


def check_shapes(checked: Checked, shapes: Mapping[str, Shape]) -> None:
    """Check that fields are of shapes that their use can bear; the types of expressions were checked before."""
    protocol = checked.protocol

    def refuse(field_name: str, what: str, do: str) -> None:
        raise ProtocolError(f"{field_name} {what}", where=Location(protocol.path, protocol.fields[field_name].line), do=do)

    if shapes["id"] not in (Shape.TEXT, Shape.INTEGER, Shape.WIDE):
        refuse(
            "id", f"is {shapes['id']}", "use a column of text or whole numbers, or CAST it to VARCHAR: ids are compared as text"
        )
    if shapes["time"] not in (Shape.INSTANT, Shape.NAIVE, Shape.DATE, Shape.TEXT):
        refuse("time", f"is {shapes['time']}", "use a time, or make one of it, for example to_timestamp(seconds)")
    _check_zone(shapes["time"], protocol.source.time_zone, "time", Location(protocol.path, protocol.fields["time"].line))
    for one in requirements.NUMERIC:
        if shapes.get(f"remiss_raw_{one}") in (Shape.INSTANT, Shape.NAIVE, Shape.DATE, Shape.NESTED, Shape.BOOLEAN):
            refuse(one, f"is {shapes[f'remiss_raw_{one}']}", "use a number")


def _check_zone(shape: Shape, time_zone: str | None, what: str, where: Location) -> None:
    if shape in (Shape.NAIVE, Shape.DATE) and not time_zone:
        raise ProtocolError(
            f"{what} has no zone and the source names none",
            where=where,
            do="add time_zone to the source, for example America/New_York",
        )
