"""Rows that a protocol leaves out: those of the log that it is not about, such as shadow traffic or another model's.

They are neither refused nor sampled, and no figure knows them; how many there are stands beside every figure.

Rows that one protocol leaves out may be another's: shadow traffic, which answers the same events. An event is known by the name
of its source and its id, so that such a protocol needs ids of its own: a row that another protocol leaves out must not be filed
under the id of a row that it filed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from remiss.capture import row_checks
from remiss.capture.row_checks import RowChecks
from remiss.capture.sql import scan, statements
from remiss.capture.sql.floating import guarded
from remiss.capture.sql.plan import SAMPLE, ScanPlan
from remiss.errors import Location, ProtocolError
from remiss.protocol.check_result import Checked, CheckedExpression
from remiss.protocol.ports import Description, Session
from remiss.protocol.predicate import check_field
from remiss.protocol.terms import Expression


@dataclass(frozen=True, slots=True, kw_only=True)
class FiledIds:
    """The ids that another protocol filed of rows of this source that it admits, and the condition by which it admits them."""

    protocol: str
    version: int
    admit: Expression
    ids: tuple[str, ...]


def left_out_notes(session: Session, plan: ScanPlan, seen: RowChecks) -> tuple[str, ...]:
    """Return what people should know of the rows that a run leaves out: nulls, ids on both sides, rows without a time."""
    rows = sum(seen.left_out.values())
    if plan.checked.admit is None or not rows + seen.left_out_timeless:
        return ()
    found = []
    if seen.left_out_null:
        found.append(f"`admit` is null for {seen.left_out_null:,} of the {rows:,} rows left out: they lack what it reads")
    several = session.run(statements.both_sides(plan)).to_pylist()[0]["ids"] if rows else 0
    if several:
        stand = "1 id stands" if several == 1 else f"{several:,} ids stand"
        found.append(
            f"{stand} on rows that are admitted and on rows left out: another protocol for those needs ids that tell them apart"
        )
    if seen.left_out_timeless:
        lost = seen.left_out_timeless
        found.append(f"{lost:,} {'row' if lost == 1 else 'rows'} left out without a time that can be read count in no run")
    return tuple(found)


def check_filed_ids(session: Session, plan: ScanPlan, source: Description, others: Sequence[FiledIds]) -> None:
    """Check that no row would be filed under an id that another protocol filed of a row that it admits, as it does not this one.

    A condition of another protocol that the source cannot answer any more tells nothing, and is passed over.

    Raises
    ------
    ProtocolError : there is such a row, with the id expression to write
    """
    for other in others:
        try:
            admit = check_field(other.admit.sql, source.columns)
        except ProtocolError:
            continue
        session.keep(SAMPLE, statements.sample(other.ids))
        held = scan.of_source(admit, has_labels=plan.checked.protocol.labels is not None)
        held = guarded(held, row_checks.floating(session, held))
        found = session.run(statements.admitted_otherwise(plan, held)).to_pylist()[0]
        if found["ids"]:
            raise _taken(plan.checked, other, admit, found["ids"], found["first"])


def _taken(checked: Checked, other: FiledIds, admit: CheckedExpression, ids: int, first: str) -> ProtocolError:
    protocol = checked.protocol
    written = protocol.fields["id"]
    # In these columns the two rows differ, or one condition would hold for both.
    apart = "".join(f", '/', {name}" for name in sorted(admit.reads))
    return ProtocolError(
        f"{ids:,} {'id stands' if ids == 1 else 'ids stand'} on rows that {other.protocol} version {other.version} leaves out "
        f"and on rows that it filed, the first is {first}: these would be other predictions of the same id",
        where=Location(protocol.path, written.line),
        do=f"give them ids of their own: write id: concat({written.sql}{apart}) under fields",
    )
