"""The store of investigations: the port `Investigations` on a database."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    FromClause,
    Row,
    Select,
    and_,
    bindparam,
    exists,
    func,
    insert,
    or_,
    select,
    tuple_,
    update,
)
from sqlalchemy import case as sql_case

from remiss.curate.blinding import why_blinded
from remiss.curate.investigating import TEXTS, CitedPage, Draft, PartRevision, following, investigation_of, unread
from remiss.edges.stores.blinded_case import blinded_people
from remiss.edges.stores.blinding import revised_by, words_visible
from remiss.edges.stores.case_reading import resolve
from remiss.edges.stores.in_force import come_by, holds
from remiss.edges.stores.logs.journal import Transaction
from remiss.edges.stores.reading import POSITION, Reader, Reading
from remiss.edges.stores.tables import case_texts, cases, citations, finding_texts, findings
from remiss.edges.stores.visible import visible_to
from remiss.errors import NotFound
from remiss.records.investigation import Citation, CitationKind, Investigation, Part, Written
from remiss.records.states import Status


class InvestigationStore:
    """Investigations of an open catalog, of the cases that a scope may see, with the findings that a viewer may read."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._store = reader.store
        self._scope = reader.scope

    def get(self, case_id: str, position: int | None) -> Investigation:
        """Return what was found out about a case."""
        with self._reader.at(position) as reading:
            row = resolve(reading, case_id)
            found = _found(reading, row.key)
            blinded = _blinded(reading, row)
            read = [(each, written) for _, each, written in found if (each.part, each.number) not in blinded]
            return investigation_of(row.id, read, why_blinded(Status(row.status)) if len(read) < len(found) else None)

    def write(self, case_id: str, draft: Draft) -> Investigation:
        """Write a new finding, or the next state of one."""
        transaction = self._store.transaction
        connection, reading = transaction.connection, self._reader.writing
        row = resolve(reading, case_id)
        # Of two who read the same revision, the second waits here and is told.
        connection.execute(select(cases.c.key).where(cases.c.key == row.key).with_for_update())
        there = {(each.part, each.number): (key, each) for key, each, _ in _found(reading, row.key)}
        key, before = there.get((draft.part, draft.number or 0), (None, None))
        if before is None and draft.number is not None and draft.part is not Part.WRITE_UP:
            raise NotFound(f"case {row.id} has no {draft.part.value} {draft.number}", do="see which there are")
        if before is not None and (before.part, before.number) in _blinded(reading, row):
            raise unread(draft, why_blinded(Status(row.status)))
        numbers = {part: [number for of, number in there if of is part] for part in Part}
        after = following(draft, before, max(numbers[draft.part], default=0) + 1, numbers[Part.HYPOTHESIS])
        if key is not None:
            ended = {"position_to": transaction.position()}
            connection.execute(update(findings).where(findings.c.key == key).values(ended))
        _insert(transaction, row.key, after)
        transaction.subjects.append(row.id)
        return self.get(row.id, None)

    def citing(
        self,
        address: str | None,
        kind: CitationKind | None,
        *,
        limit: int,
        after: tuple[int, ...] | None,
        position: int | None,
    ) -> CitedPage:
        """Return the findings that cite an address, the newest first."""
        with self._reader.at(position) as reading:
            title = sql_case((words_visible(reading, revised_by), case_texts.c.title))
        asked = (
            select(
                citations.c.finding_key,
                citations.c.ordinal,
                cases.c.id,
                title,
                findings.c.part,
                findings.c.number,
                citations.c.kind,
                citations.c.address,
                findings.c.state,
                finding_texts.c.text,
                findings.c.created_at,
            )
            .join(findings, findings.c.key == citations.c.finding_key)
            .join(cases, cases.c.key == findings.c.case_key)
            .outerjoin(case_texts, and_(case_texts.c.case_key == cases.c.key, case_texts.c.version == cases.c.text_version))
            .outerjoin(finding_texts, and_(finding_texts.c.finding_key == findings.c.key, _first()))
            .where(visible_to(self._scope), holds(findings, position))
        )
        if address is not None:
            asked = asked.where(citations.c.address == address)
        if kind is not None:
            asked = asked.where(citations.c.kind == kind.value)
        order = (citations.c.finding_key, citations.c.ordinal)
        with self._reader.at(position) as reading:
            connection = reading.connection
            asked = asked.where(words_visible(reading, _wrote))
            page = asked if after is None else asked.where(tuple_(*order) < tuple_(*after))
            total = connection.execute(select(func.count()).select_from(asked.subquery())).scalar_one()
            found = connection.execute(page.order_by(*(each.desc() for each in order)).limit(limit + 1)).all()
            at = reading.head
        last = tuple(found[limit - 1][:2]) if len(found) > limit else None
        return CitedPage(lines=tuple(tuple(each[2:]) for each in found[:limit]), total=total, last=last, head=at)


def _wrote(labelled: FromClause) -> ColumnElement[bool]:
    """Return the condition that the person of a labelling wrote the finding at hand, or a state before that it continues."""
    earlier = findings.alias("earlier")
    states = exists().where(
        earlier.c.case_key == findings.c.case_key,
        earlier.c.part == findings.c.part,
        earlier.c.number == findings.c.number,
        earlier.c.revision <= findings.c.revision,
        earlier.c.person == labelled.c.person,
    )
    # Named, for the finding at hand is two statements out.
    return states.correlate(findings, labelled)


def _blinded(reading: Reading, case: Row[Any]) -> frozenset[tuple[Part, int]]:
    """Return which findings of a case the viewer may not read: those with a state that is by somebody whose words are blinded."""
    people, position = blinded_people(reading, case), reading.position
    if not people:
        return frozenset()
    theirs = select(findings.c.part, findings.c.number).where(
        findings.c.case_key == case.key,
        findings.c.person.in_(sorted(people)),
        come_by(findings, position, begins="position_from"),
    )
    return frozenset((Part(each.part), each.number) for each in reading.connection.execute(theirs))


def _first() -> ColumnElement[bool]:
    """Return which text of a finding says what it is."""
    return or_(*(and_(findings.c.part == part.value, finding_texts.c.name == names[0]) for part, names in TEXTS.items()))


@cache
def _of_case(*, past: bool) -> Select[Any]:
    of_case = select(findings).where(findings.c.case_key == bindparam("case"), holds(findings, POSITION if past else None))
    return of_case.order_by(findings.c.part, findings.c.number)


# Those of some findings, as many as there are.
_OF_FINDINGS: BindParameter[int] = bindparam("findings", expanding=True)
_TEXTS = select(finding_texts).where(finding_texts.c.finding_key.in_(_OF_FINDINGS))
_CITATIONS = select(citations).where(citations.c.finding_key.in_(_OF_FINDINGS)).order_by(citations.c.ordinal)


def _found(reading: Reading, case_key: int) -> Sequence[tuple[int, PartRevision, Written]]:
    """Return the findings of a case with their keys, of each part in the order of their numbers."""
    rows = reading.rows(_of_case(past=reading.past), case=case_key)
    keys = [row.key for row in rows]
    texts: dict[int, dict[str, str]] = defaultdict(dict)
    for each in reading.rows(_TEXTS, findings=keys):
        texts[each.finding_key][each.name] = each.text
    cited: dict[int, list[Citation]] = defaultdict(list)
    for each in reading.rows(_CITATIONS, findings=keys):
        cited[each.finding_key].append(Citation(kind=CitationKind(each.kind), address=each.address))
    return [(row.key, _finding(row, texts[row.key], cited[row.key]), _written(row)) for row in rows]


def _finding(row: Row[Any], texts: dict[str, str], cited: Sequence[Citation]) -> PartRevision:
    return PartRevision(
        part=Part(row.part),
        number=row.number,
        revision=row.revision,
        texts=texts,
        state=row.state,
        hypothesis=row.hypothesis,
        model_version=row.model_version,
        citations=tuple(cited),
    )


def _written(row: Row[Any]) -> Written:
    return Written(revision=row.revision, person=row.person, at=row.created_at, position=row.position_from)


def _insert(transaction: Transaction, case_key: int, finding: PartRevision) -> None:
    connection = transaction.connection
    row = {
        "case_key": case_key,
        "part": finding.part.value,
        "number": finding.number,
        "revision": finding.revision,
        "state": finding.state,
        "hypothesis": finding.hypothesis,
        "model_version": finding.model_version,
        "person": transaction.actor.name,
        "created_at": transaction.at,
        "position_from": transaction.position(),
    }
    key = connection.execute(insert(findings).returning(findings.c.key), row).scalar_one()
    if finding.texts:
        said = [{"finding_key": key, "name": name, "text": text} for name, text in finding.texts.items()]
        connection.execute(insert(finding_texts), said)
    if finding.citations:
        cited = [
            {"finding_key": key, "ordinal": at, "kind": each.kind.value, "address": each.address}
            for at, each in enumerate(finding.citations)
        ]
        connection.execute(insert(citations), cited)
