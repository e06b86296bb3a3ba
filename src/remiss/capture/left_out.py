"""Rows that a protocol leaves out: those of the log that it is not about, such as shadow traffic or another model's.

They are neither refused nor sampled, and no figure knows them; how many there are stands beside every figure.

Rows that one protocol leaves out may be another's: shadow traffic, which answers the same events. An event is known by the name
of its source and its id, so that such a protocol needs ids of its own: a row that another protocol leaves out must not be filed
under the id of a row that it filed.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import timedelta

from remiss.capture import requirements, row_checks
from remiss.capture.ports import CaptureWorkspace
from remiss.capture.row_checks import RowChecks
from remiss.capture.sql import scan, spelling, statements
from remiss.capture.sql.floating import guarded
from remiss.capture.sql.plan import SAMPLE, ScanPlan
from remiss.errors import Location, ProtocolError
from remiss.protocol.check_result import Checked
from remiss.protocol.ports import Description, Session
from remiss.protocol.predicate import check_field
from remiss.protocol.terms import Expression, Protocol
from remiss.protocol.versions import salvage
from remiss.records.window import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class FiledIds:
    """The ids that another protocol filed of rows of this source that it admits, and the condition by which it admits them.

    None is the condition of one that admits every row.
    """

    protocol: str
    version: int
    admit: Expression | None
    ids: tuple[str, ...]


def left_out_notes(session: Session, plan: ScanPlan, seen: RowChecks) -> tuple[str, ...]:
    """Return what people should know of the rows that a run leaves out: nulls, ids on both sides, rows without a time."""
    rows = sum(seen.left_out.values())
    if plan.checked.admit is None or not rows + seen.left_out_timeless:
        return ()
    found = []
    if seen.left_out_null:
        found.append(f"`admit` is null for {seen.left_out_null:,} of the {rows:,} rows left out: they lack what it reads")
    several = session.run(both_sides(plan)).to_pylist()[0]["ids"] if rows else 0
    if several:
        stand = "1 id stands" if several == 1 else f"{several:,} ids stand"
        found.append(
            f"{stand} on rows that are admitted and on rows left out: another protocol for those needs ids that tell them apart"
        )
    if seen.left_out_timeless:
        lost = seen.left_out_timeless
        found.append(f"{lost:,} {'row' if lost == 1 else 'rows'} left out without a time that can be read count in no run")
    return tuple(found)


def filed_by_others(ws: CaptureWorkspace, document: Protocol, windows: Sequence[Window]) -> tuple[FiledIds, ...]:
    """Return the ids that other protocols, or versions, filed of the source in these windows by another `admit`."""
    source, since, until = document.source.name, windows[0].start, windows[-1].end
    found = []
    for stored in ws.runs.documents(source, since, until):
        other = salvage(stored.text, stored.name)
        if other is None or _admit(other) == _admit(document):
            continue
        ids = ws.runs.sampled_ids(source, stored.name, stored.version, since, until)
        found.append(FiledIds(protocol=stored.name, version=stored.version, admit=other.admit, ids=ids))
    return tuple(found)


def _admit(document: Protocol) -> str | None:
    return None if document.admit is None else document.admit.sql


def check_filed_ids(session: Session, plan: ScanPlan, source: Description, others: Sequence[FiledIds]) -> None:
    """Check that no row would be filed under an id that another protocol filed, where the two admit different rows of it.

    Which of the two came first does not matter: of an id that stands on rows of both kinds nobody can say which row it means. A
    condition of another protocol that the source cannot answer any more tells nothing, and is passed over. So does an earlier
    version of the same protocol that admitted more: its runs give way to those of this one.

    Raises
    ------
    ProtocolError : there is such a row, with the id expression to write
    """
    for other in others:
        held, reads = "TRUE", frozenset[str]()
        if other.admit is not None:
            try:
                admit = check_field(other.admit.sql, source.columns)
            except ProtocolError:
                continue
            held, reads = spelling.of_source(admit, has_labels=plan.checked.protocol.labels is not None), admit.reads
            held = guarded(held, row_checks.floating(session, held))
        session.keep(SAMPLE, statements.sample(other.ids))
        found = session.run(admitted_otherwise(plan, held)).to_pylist()[0]
        if found["only_ours"]:
            leaves = f"that {other.protocol} version {other.version} leaves out and on rows that it filed"
            raise _taken(plan.checked, leaves, reads, found["only_ours"], found["first_only_ours"])
        if found["only_theirs"] and plan.checked.admit is not None and other.protocol != plan.checked.protocol.name:
            leaves = (
                f"that {plan.checked.protocol.name} leaves out, and {other.protocol} version {other.version} filed one of them"
            )
            raise _taken(plan.checked, leaves, plan.checked.admit.reads, found["only_theirs"], found["first_only_theirs"])


def _taken(checked: Checked, leaves: str, reads: Collection[str], ids: int, first: str) -> ProtocolError:
    protocol = checked.protocol
    written = protocol.fields["id"]
    # In these columns the two rows differ, or one condition would hold for both.
    apart = "".join(f", '/', {name}" for name in sorted(reads))
    return ProtocolError(
        f"{ids:,} {'id stands' if ids == 1 else 'ids stand'} on rows {leaves}, the first is {first}: these would be other "
        "predictions of the same id",
        where=Location(protocol.path, written.line),
        do=f"give them ids of their own: write id: concat({written.sql}{apart}) under fields",
    )


def both_sides(plan: ScanPlan) -> str:
    """Return the statement that counts the ids that stand, in one window, on rows that are admitted and on rows left out.

    By a 64-bit hash of the id, as a third of the memory is worth more than the last digit of a note.
    """
    bad = requirements.UNUSABLE_ID
    return (
        f"{scan.steps(plan, labels=False, every_row=True)} SELECT COUNT(*) AS ids FROM (SELECT hash(id) FROM judged "
        f"WHERE NOT ({bad}) AND remiss_window >= {plan.reach} GROUP BY hash(id), remiss_window "
        "HAVING BOOL_OR(COALESCE(remiss_admitted, FALSE)) AND NOT BOOL_AND(COALESCE(remiss_admitted, FALSE))) AS several"
    )


def admitted_otherwise(plan: ScanPlan, held: str) -> str:
    """Return the statement that counts the ids of `SAMPLE` of which, in a window, this protocol and another admit different rows.

    `only_ours` are those on a row that the other condition does not hold for, `only_theirs` those on a row that this protocol
    leaves out; an id of which it leaves out every row is none of them.
    """
    rows = scan.typed(plan, labels=False, extra=[f"{held} AS remiss_held"], only_sample=True, every_row=True)
    ours = "TRUE" if plan.checked.admit is None else "COALESCE(remiss_admitted, FALSE)"
    theirs = "COALESCE(remiss_held, FALSE)"
    number = f"(remiss_at - {plan.base}) // {plan.width // timedelta(microseconds=1)}"
    counted = ", ".join(
        f"COUNT(DISTINCT id) FILTER (WHERE {kind}) AS {kind}, MIN(id) FILTER (WHERE {kind}) AS first_{kind}"
        for kind in ("only_ours", "only_theirs")
    )
    return (
        f"WITH typed AS ({rows}), ids AS (SELECT id, BOOL_OR({ours} AND NOT {theirs}) AS only_ours, "
        f"BOOL_OR({theirs} AND NOT {ours}) AS only_theirs FROM typed GROUP BY id, {number} HAVING BOOL_OR({ours})) "
        f"SELECT {counted} FROM ids"
    )
