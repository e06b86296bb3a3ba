"""Results of suites in the catalog: the port `ResultStore` on a database. Nothing of a result is ever changed.

Who has a permission in the team of a result the actions decide; what is above somebody's clearance is not found here.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Row, delete, func, insert, or_, select

from remiss.edges.stores.dialect.writing import lock_name
from remiss.edges.stores.in_force import come_by
from remiss.edges.stores.reading import Reader
from remiss.edges.stores.tables import result_rows, result_scenarios, results, run_pieces
from remiss.edges.stores.visible import visible_to
from remiss.errors import Ambiguous, Conflict, NotFound
from remiss.records.case import Sensitivity
from remiss.records.model import ModelTrouble, TroubleKind
from remiss.records.result import ResultRow, RowVerdict, SuiteResult
from remiss.records.scenario import ScenarioFlip
from remiss.records.suite import CaptureRole, Suite, SuitePart
from remiss.safeguard.result_ports import FoundRows, ResultRowSearch, RunPiece

# So many rows are written at once.
AT_ONCE = 5_000
# For so long a run may be gone on with.
KEPT = timedelta(days=7)


class ResultTable:
    """The results of an open catalog."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._store = reader.store

    def listed(self, suite: str | None, model: str | None, version: str | None, position: int | None) -> Sequence[str]:
        """Return the documents of results, the newest first."""
        given = ((results.c.suite, suite), (results.c.model, model), (results.c.version, version))
        asked = [column == value for column, value in given if value is not None]
        found = select(results.c.content).where(*asked, come_by(results, position), visible_to(self._reader.scope, results))
        with self._reader.at() as reading:
            return tuple(reading.connection.execute(found.order_by(results.c.key.desc())).scalars())

    def get(self, result: str) -> str:
        """Return the document of one result."""
        found = select(results.c.content).where(
            results.c.id.startswith(result, autoescape=True), visible_to(self._reader.scope, results)
        )
        with self._reader.at() as reading:
            contents = reading.connection.execute(found.limit(2)).scalars().all()
        if not contents:
            raise NotFound(f"there is no result {result}", do="see `remiss result list`", field="result")
        if len(contents) > 1:
            raise Ambiguous(f"several results begin with {result}", do="give more of the id", field="result")
        content: str = contents[0]
        return content

    def rows(self, result: str, wanted: ResultRowSearch, limit: int | None = None, after: int | None = None) -> FoundRows:
        """Return rows of a result in their order."""
        key = select(results.c.key).where(results.c.id == result, visible_to(self._reader.scope, results)).scalar_subquery()
        asked = [result_rows.c.result_key == key, *_asked(wanted)]
        page = select(result_rows).where(*asked).order_by(result_rows.c.place)
        if after is not None:
            page = page.where(result_rows.c.place > after)
        with self._reader.at() as reading:
            rows = reading.connection.execute(page if limit is None else page.limit(limit + 1)).all()
            total = len(rows)
            if limit is not None:
                total = reading.connection.execute(select(func.count()).select_from(result_rows).where(*asked)).scalar_one()
        follow = limit is not None and len(rows) > limit
        shown = rows[:limit]
        return FoundRows(found=tuple(map(_row, shown)), total=total, last=shown[-1].place if follow else None)

    def flips(self, result: str) -> Sequence[ScenarioFlip]:
        """Return what became of each scenario of a result."""
        key = select(results.c.key).where(results.c.id == result, visible_to(self._reader.scope, results)).scalar_subquery()
        named = ("scenario", "recipe", "family", "compares", "flips")
        found = select(*(result_scenarios.c[name] for name in named)).where(result_scenarios.c.result_key == key)
        with self._reader.at() as reading:
            rows = reading.connection.execute(found.order_by(result_scenarios.c.place)).all()
        return tuple(ScenarioFlip(**row._asdict()) for row in rows)

    def save(self, result: SuiteResult, content: str, rows: Sequence[ResultRow], flips: Sequence[ScenarioFlip]) -> None:
        """Keep a result with its rows."""
        transaction = self._store.transaction
        row = {
            "id": result.id,
            "suite": result.suite,
            "digest": result.suite_digest,
            "model": result.model.name,
            "version": result.model.version,
            "team_id": result.team,
            "sensitivity": int(Sensitivity[result.sensitivity.upper()]),
            "content": content,
            "position": transaction.position(),
        }
        key = transaction.connection.execute(insert(results).returning(results.c.key), row).scalar_one()
        for begins in range(0, len(rows), AT_ONCE):
            cells = [_cells(key, begins + at, each) for at, each in enumerate(rows[begins : begins + AT_ONCE])]
            transaction.connection.execute(insert(result_rows), cells)
        asked = [{"result_key": key, "place": at, **asdict(each)} for at, each in enumerate(flips)]
        for begins in range(0, len(asked), AT_ONCE):
            transaction.connection.execute(insert(result_scenarios), asked[begins : begins + AT_ONCE])
        transaction.subjects.append(result.id)

    def pieces(self, run: str, *, last: bool = False) -> Sequence[RunPiece]:
        """Return what was answered in a run so far, or the last piece of it."""
        named = ("first", "count", "content", "answers", "kept_at")
        those = (run_pieces.c.run == run, run_pieces.c.kept_at > datetime.now(UTC) - KEPT)
        found = select(*(run_pieces.c[name] for name in named)).where(*those, visible_to(self._reader.scope, run_pieces))
        with self._reader.at() as reading:
            ordered = found.order_by(run_pieces.c.first.desc()).limit(1) if last else found.order_by(run_pieces.c.first)
            rows = reading.connection.execute(ordered).all()
        return tuple(RunPiece(**row._asdict()) for row in rows)

    def keep_piece(self, run: str, piece: RunPiece, suite: Suite) -> None:
        """Keep what follows on the pieces of a run that there are; raises Conflict."""
        transaction = self._store.transaction
        lock_name(transaction.connection, f"pieces of {run}")
        behind = select(func.max(run_pieces.c.first + run_pieces.c.count)).where(run_pieces.c.run == run)
        if (transaction.connection.execute(behind).scalar_one() or 0) != piece.first:
            raise Conflict("another asked the same meanwhile", do="wait until that is done, or have it begin anew")
        row = {
            "run": run,
            "first": piece.first,
            "count": piece.count,
            "kept_at": transaction.at,
            "content": piece.content,
            "answers": piece.answers,
            "team_id": suite.team,
            "sensitivity": int(Sensitivity[suite.sensitivity.upper()]),
        }
        transaction.connection.execute(insert(run_pieces), row)

    def drop_pieces(self, run: str) -> None:
        """Let the pieces of a run go, and those that nobody went on with for long."""
        transaction = self._store.transaction
        over = or_(run_pieces.c.run == run, run_pieces.c.kept_at <= transaction.at - KEPT)
        transaction.connection.execute(delete(run_pieces).where(over))


def _asked(wanted: ResultRowSearch) -> Sequence[ColumnElement[bool]]:
    given = (
        (result_rows.c.part, wanted.part and wanted.part.value),
        (result_rows.c.verdict, wanted.verdict and wanted.verdict.value),
        (result_rows.c.mode, wanted.mode),
        (result_rows.c.severity, wanted.severity),
        (result_rows.c.stratum, wanted.stratum),
        (result_rows.c.event, wanted.event),
    )
    return [column == value for column, value in given if value is not None]


def _cells(key: int, place: int, row: ResultRow) -> dict[str, object]:
    trouble = row.trouble
    content = [row.open, row.role.value, row.weight, row.family, row.passes, row.asked, row.met, row.unmet, row.latency_ms]
    return {
        "result_key": key,
        "place": place,
        "event": row.id,
        "part": row.part.value,
        "verdict": row.verdict.value,
        "mode": row.mode,
        "severity": row.severity,
        "stratum": row.stratum,
        "content": json.dumps([*content, trouble and trouble.kind.value], ensure_ascii=False),
        "answer": json.dumps([row.output, trouble and trouble.message]),
    }


def _row(row: Row[Any]) -> ResultRow:
    open_, role, weight, family, passes, asked, met, unmet, latency_ms, kind = json.loads(row.content)
    output, message = (None, None) if row.answer is None else json.loads(row.answer)
    return ResultRow(
        id=row.event,
        part=SuitePart(row.part),
        open=open_,
        role=CaptureRole(role),
        weight=weight,
        family=family,
        stratum=row.stratum,
        mode=row.mode,
        severity=row.severity,
        verdict=RowVerdict(row.verdict),
        passes=passes,
        asked=asked,
        met=tuple(met),
        unmet=tuple(unmet),
        latency_ms=latency_ms,
        output=output,
        trouble=None if kind is None else ModelTrouble(kind=TroubleKind(kind), message=message or ""),
    )
