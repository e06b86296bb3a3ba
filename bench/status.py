"""What `remiss status` computes for when a log was captured by the hour: of a year of windows, and of half of it.

The windows are of one run, as the first capture of a log makes them, or of a run for each day, as those that follow do.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

import remiss
from bench import results
from bench.catalog_cases import OPERATOR, PEOPLE
from bench.catalog_filing import opened
from bench.results import WORK, Figure
from remiss.edges.stores.filing import FilingStore
from remiss.edges.stores.protocols import ProtocolStore
from remiss.edges.stores.reading import Reader
from remiss.govern.ports.actor import Scope
from remiss.protocol.terms import Protocol
from remiss.protocol.versions import restore
from remiss.records.run import ALL, CONTROL, Cell, DerivedRun, Group, Manifest, Refusals, RunWindow

YEAR = 8_760
DAY = 24
BOUND_SECONDS = 2.0
# What twice the windows may take of what the windows themselves take: twice as long, and some noise.
BOUND_GROWTH = 2.3
START, HOUR = datetime(2013, 1, 1, tzinfo=UTC), timedelta(hours=1)
STRATUM = {"context.airport": "EWR"}
TEXT = """\
protocol: hourly
version: 1
about: One prediction an hour, captured by the hour.
model: hourly
source: {name: hourly, format: parquet, uri: hourly.parquet}
fields: {id: id, time: at, output: said, latency_ms: latency_ms, context: {airport: origin}}
criteria:
  - {name: slow, kind: latency, when: latency_ms > 250, severity: 3, why: Somebody waits.}
  - {name: wordless, kind: custom, when: "output = ''", severity: 2, why: There is nothing to show.}
sampling: {window: 1 hour, strata: [context.airport], keep: 5, control: 5, undecided: 5, population: 50, seed: "2026"}
"""


def measure() -> list[Figure]:
    """Measure both kinds of catalogs and return the figures."""
    folder = WORK / "status"
    shutil.rmtree(folder, ignore_errors=True)
    figures = []
    for said, size in (("one run", YEAR), ("a run for each day", DAY)):
        half, year = (catalog(folder / f"{count}-{size}", count, size) for count in (YEAR // 2, YEAR))
        times = results.alternate(lambda: results.child("-c", "pass"), asked(half), asked(year))
        empty, of_half, of_year = map(results.processor, times)
        figures.append(
            Figure(
                f"remiss status of {YEAR:,} hourly windows in {said}",
                f"{of_year:.2f} processor seconds; of half as many {of_half:.2f}; an empty process {empty:.2f}",
                f"{BOUND_SECONDS:.0f} s, and {BOUND_GROWTH} times half as many",
                of_year < min(BOUND_SECONDS, BOUND_GROWTH * of_half),
            )
        )
    shutil.rmtree(folder)
    return figures


def asked(address: Path) -> Callable[[], results.Timed]:
    """Return how the status of a catalog is asked for, in a process of its own."""
    return lambda: results.child("-m", "remiss", "--catalog", str(address), "status")


def catalog(folder: Path, count: int, size: int) -> Path:
    """Return a new catalog of so many hourly windows in runs of `size`, with the log that they are of."""
    folder.mkdir(parents=True)
    write_log(folder, count)
    document = restore(TEXT, str(folder / "hourly.yaml"))
    address = folder / "remiss.db"
    remiss.open(str(address), environment={"REMISS_KEYS": str(results.KEYS)}, create=True).close()
    everything = Scope.everywhere()
    with opened(str(address)) as store:
        for first in range(0, count, size):
            draw = drawn(document, folder, range(first, min(first + size, count)))
            with store.writing(PEOPLE, "bench.file", START + count * HOUR):
                reader = Reader(store, everything, OPERATOR)
                ProtocolStore(reader).save(document)
                FilingStore(reader).file(
                    draw, run=f"run-{first:012d}", status="complete", changes=(), team="default", document=document
                )
    return address


def write_log(folder: Path, count: int) -> None:
    """Write one prediction for each hour."""
    columns = {
        "id": [f"e{at}" for at in range(count)],
        "at": [START + at * HOUR for at in range(count)],
        "said": ["on-time"] * count,
        "latency_ms": [float(at % 300) for at in range(count)],
        "origin": ["EWR"] * count,
    }
    pq.write_table(pa.table(columns), folder / "hourly.parquet")


def drawn(document: Protocol, folder: Path, hours: Sequence[int]) -> DerivedRun:
    """Return what a capture of some hours counted. It kept no event: status counts, and looks at none."""
    starts = [START + at * HOUR for at in hours]
    return DerivedRun(
        manifest=Manifest(
            protocol=document.name,
            protocol_version=document.version,
            protocol_digest=document.digest,
            source=document.source.name,
            fingerprint="f",
            files=("hourly.parquet",),
            file_digests={"hourly.parquet": "d"},
            rows=len(starts),
            since=starts[0],
            until=starts[-1] + HOUR,
            as_of=starts[-1] + HOUR,
            engine="duckdb",
            software="0",
            folder=str(folder),
        ),
        digest="d",
        windows=tuple(RunWindow(window=start, population=1, labelled=0, provisional=False) for start in starts),
        groups=tuple(group(start, name) for start in starts for name in (ALL, CONTROL, "slow", "wordless")),
        cells=tuple(Cell(window=start, stratum=STRATUM, met=(), undecided=(), population=1, labelled=0) for start in starts),
        members=(),
        profiles=(),
        refusals=Refusals(),
    )


def group(start: datetime, criterion: str) -> Group:
    """Return one group of a window."""
    stratum = {} if criterion == ALL else STRATUM
    count = int(criterion in {ALL, CONTROL})
    return Group(criterion=criterion, window=start, stratum=stratum, population=count, labelled=0, kept=count, threshold=1.0)
