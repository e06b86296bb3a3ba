"""Worlds for tests of the engine: rows on disk, a protocol over them, and what a capture draws from them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from remiss.capture.sample import CaptureSample, draw_sample
from remiss.edges.engines.duckdb import DuckDB, DuckDBSession
from remiss.protocol import document, lint
from remiss.protocol.check_result import Checked
from remiss.protocol.ports import Description
from remiss.settings import Settings

MONDAY = datetime(2013, 6, 3, tzinfo=UTC)
HOUR = timedelta(hours=1)
WEEK = timedelta(weeks=1)
LATER = datetime(2030, 1, 1, tzinfo=UTC)

PROTOCOL = """\
protocol: sketch
version: 1
model: sketch
source: {{name: log, format: {format}, uri: "{uri}"{source}}}
{labels}
{rows}
fields:
  id: id
  time: at
  output: said
{fields}
require: [id, time{require}]
criteria:
{criteria}
sampling: {{window: 1 week, strata: [{strata}], keep: {keep}, control: {control}, undecided: {undecided},
  population: {population}, seed: "7"}}
"""
SLOW = ["{name: wrong, kind: misclassification, when: \"output <> 'yes'\", severity: 2, why: It said no.}"]


def protocol(
    *,
    format: str = "parquet",
    uri: str = "log.parquet",
    source: str = "",
    labels: str = "",
    rows: str = "",
    fields: Sequence[str] = (),
    require: Sequence[str] = (),
    criteria: Sequence[str] = tuple(SLOW),
    strata: Sequence[str] = (),
    keep: int = 3,
    control: int = 3,
    undecided: int = 3,
    population: int = 5,
) -> str:
    """Return a protocol document over the columns id, at and said, and what is added."""
    return PROTOCOL.format(
        format=format,
        uri=uri,
        source=f", {source}" if source else "",
        labels=f"labels: {labels}" if labels else "",
        rows=rows,
        fields="".join(f"  {one}\n" for one in fields),
        require="".join(f", {one}" for one in require),
        criteria="".join(f"  - {one}\n" for one in criteria),
        strata=", ".join(strata),
        keep=keep,
        control=control,
        undecided=undecided,
        population=population,
    )


def write(path: Path, rows: Sequence[Mapping[str, object]] | pa.Table) -> Path:
    """Write a Parquet file of small row groups, so that several threads have work."""
    path.parent.mkdir(parents=True, exist_ok=True)
    table = rows if isinstance(rows, pa.Table) else pa.Table.from_pylist(list(rows))
    pq.write_table(table, path, row_group_size=50)
    return path


def settings(folder: Path, **changes: str) -> Settings:
    return Settings(**{"threads": "2", "memory_limit": "500MB", "temporary": str(folder), **changes})


@contextmanager
def opened(folder: Path, text: str, **changes: str) -> Iterator[tuple[DuckDBSession, Checked, Description]]:
    """Open a session on the sources of a protocol document, checked against them."""
    engine = DuckDB(settings(folder, **changes))
    parsed, findings = document.parse(text, str(folder / "sketch.yaml"), lambda name: "")
    assert parsed is not None, findings
    source = engine.describe(parsed.source, str(folder))
    labels = engine.describe(parsed.labels.address, str(folder)) if parsed.labels else None
    checked, found = lint.examine(parsed, source, labels)
    assert checked is not None, found
    relations = {"events": (parsed.source, source)}
    if parsed.labels is not None and labels is not None:
        relations["labels"] = (parsed.labels.address, labels)
    with engine.open(relations) as session:
        yield session, checked, source


def captured(
    folder: Path,
    text: str,
    since: datetime = MONDAY,
    until: datetime = MONDAY + WEEK,
    as_of: datetime = LATER,
    also: Sequence[tuple[str, datetime]] = (),
    **changes: str,
) -> CaptureSample:
    """Return what a capture of the interval draws."""
    with opened(folder, text, **changes) as (session, checked, source):
        return draw_sample(session, checked, source, since, until, as_of, also=also)
