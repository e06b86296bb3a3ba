"""The cases that catalogs are timed on: as a protocol of three criteria would capture them, filed run by run.

Everything follows from the number of an event, so that both databases hold the same. `overbooked` stands in one text of three,
`rerouted` in one of 200, `birdstrike` in one of 50,000.
"""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

from remiss.curate.blinding import Viewer
from remiss.edges.stores.filing import FilingStore
from remiss.edges.stores.protocols import ProtocolStore
from remiss.edges.stores.reading import Reader
from remiss.edges.stores.store import Store
from remiss.govern.ports.actor import Actor, Scope
from remiss.protocol.terms import Address, Criterion, Kind, Protocol, Rubric, Sampling, Taxonomy
from remiss.records.event import Event
from remiss.records.identity import digest
from remiss.records.run import Cell, DerivedRun, Group, Manifest, Member, Refusals, RunWindow

SOURCE = "arrivals"
START = datetime(2025, 1, 6, tzinfo=UTC)
WEEK = timedelta(weeks=1)
AIRPORTS = ("EWR", "JFK", "LGA")
WORDS = tuple(f"{front}{back}" for front in ("gate", "crew", "bag", "fuel", "slot", "taxi") for back in range(40))
PEOPLE = Actor(name="bench")
OPERATOR = Viewer(
    name="bench", operator=True, adjudicates=lambda _: True, labels=True, verifies=None, now=lambda: datetime.now(UTC)
)

TEXT = """\
protocol: arrival-delay
version: 1
about: What catalogs are timed on.
model: arrival-delay
source: {name: arrivals, format: parquet, uri: "*.parquet"}
fields:
  id: id
  time: at
  model_version: model_version
  output: output
  label: label
  confidence: confidence
  latency_ms: latency_ms
  status: status
  inputs: [distance, carrier, wind_speed]
  context: {airport: airport, month: month}
  text: text
require: [id, time]
criteria:
  - {name: missed-delay, kind: misclassification, when: "output = 'on-time' AND label = 'late'", severity: 2, why: a bench}
  - {name: slow, kind: latency, when: latency_ms > 250, severity: 3, why: a bench}
  - {name: off-scale, kind: anomaly, of: inputs.wind_speed, beyond: 4, severity: 1, why: a bench}
sampling: {window: 1 week, strata: [context.airport], keep: 10, control: 20, undecided: 10, population: 500, seed: "1"}
"""
PROTOCOL = Protocol(
    name="arrival-delay",
    version=1,
    model="arrival-delay",
    source=Address(name=SOURCE, format="parquet", uri="*.parquet"),
    fields={},
    criteria=(
        Criterion(name="missed-delay", kind=Kind.MISCLASSIFICATION, why="a bench", severity=2, mode="remiss:model/weak-slice"),
        Criterion(name="slow", kind=Kind.LATENCY, why="a bench", severity=3, mode="remiss:system/latency"),
        Criterion(name="off-scale", kind=Kind.ANOMALY, why="a bench", severity=1),
    ),
    sampling=Sampling(window=WEEK, strata=("context.airport",), keep=10, control=20, undecided=10, population=500, seed="1"),
    taxonomy=Taxonomy(namespace="remiss", version=1, modes={}),
    rubric=Rubric(name="r", version=1, questions=(), thresholds={}),
    digest="bench",
    text=TEXT,
    path="arrival-delay.yaml",
    lines={"version": 2},
)


def file_runs(store: Store, cases: int, size: int) -> None:
    """File `cases` cases through the store's own filing, in runs of `size`, a week each."""
    for week in range(-(-cases // size)):
        file_run(store, drawn(week, min(size, cases - week * size), size), week)


def file_run(store: Store, draw: DerivedRun, week: int) -> None:
    """File what was drawn in one transaction, as a capture does."""
    with store.writing(PEOPLE, "bench.file", START + (week + 1) * WEEK):
        everything = Scope.everywhere()
        ProtocolStore(Reader(store, everything, OPERATOR)).save(PROTOCOL)
        run = f"run-{week:012d}"
        FilingStore(Reader(store, everything, OPERATOR)).file(
            draw, run=run, status="complete", changes=(), team="default", document=PROTOCOL
        )


def drawn(week: int, count: int, size: int) -> DerivedRun:
    """Return what the capture of one week drew: `count` events, numbered from `week * size`."""
    members = tuple(member(number, week) for number in range(week * size, week * size + count))
    window = START + week * WEEK
    return DerivedRun(
        manifest=Manifest(
            protocol=PROTOCOL.name,
            protocol_version=PROTOCOL.version,
            protocol_digest=PROTOCOL.digest,
            source=SOURCE,
            fingerprint="f",
            files=("a.parquet",),
            file_digests={"a.parquet": "d"},
            rows=1_000_000,
            since=window,
            until=window + WEEK,
            as_of=window + 3 * WEEK,
            engine="duckdb",
            software="0",
        ),
        digest=digest([week, count, size]),
        windows=(RunWindow(window=window, population=1_000_000, labelled=1_000_000, provisional=False),),
        groups=tuple(
            Group(
                criterion=criterion.name,
                window=window,
                stratum={"context.airport": airport},
                population=100_000,
                labelled=100_000,
                kept=count,
                threshold=0.25,
            )
            for criterion in PROTOCOL.criteria
            for airport in AIRPORTS
        ),
        cells=tuple(cells(window, members)),
        members=members,
        profiles=(),
        refusals=Refusals(counts={}, rows=()),
    )


def cells(window: datetime, members: Sequence[Member]) -> Iterator[Cell]:
    """Give the cells of a week: four times as many events as were sampled from each, and as many again without a failure."""
    for airport in AIRPORTS:
        stratum = {"context.airport": airport}
        sampled = Counter(each.met for each in members if each.stratum == stratum)
        for met, count in ((), sum(sampled.values())), *sorted(sampled.items()):
            yield Cell(window=window, stratum=stratum, met=met, undecided=(), population=4 * count, labelled=4 * count)


def member(number: int, week: int) -> Member:
    """Return an event and what a run saw of it."""
    draw = random.Random(number)
    window = START + week * WEEK
    airport = draw.choices(AIRPORTS, (4, 4, 2))[0]
    met = draw.choices((("missed-delay",), ("slow",), ("missed-delay", "slow"), ("off-scale",)), (25, 60, 10, 5))[0]
    output, label = ("on-time", "late") if "missed-delay" in met else ("late", "late")
    said = [*draw.choices(WORDS, k=9), *(word for word, every in SAID.items() if draw.randrange(every) == 0)]
    return Member(
        event=Event(
            id=f"2025/{number:08d}/{airport}",
            at=window + timedelta(seconds=draw.randrange(7 * 86_400)),
            model=draw.choices(("arrival-delay", "boarding"), (8, 2))[0],
            model_version=draw.choices(("1", "2", "3"), (5, 4, 1))[0],
            output=output,
            label=label,
            confidence=round(draw.random(), 4),
            latency_ms=round(draw.random() * 900, 1),
            status="ok",
            inputs={"distance": draw.randrange(100, 2600), "carrier": f"C{draw.randrange(16)}", "wind_speed": draw.randrange(40)},
            context={"airport": airport, "month": f"{1 + week % 12:02d}"},
            text=" ".join(said),
        ),
        priority=f"{draw.getrandbits(52):013x}",
        window=window,
        stratum={"context.airport": airport},
        groups=met,
        probability=0.25,
        met=met,
        undecided=(),
        evidence=f"{draw.getrandbits(128):032x}",
    )


SAID = {"overbooked": 3, "rerouted": 200, "birdstrike": 50_000}

# People have been at work on one case of ten; written at once, for a million revisions through actions would take hours.
WORKED_ON = (
    "UPDATE cases SET status = 'annotated', mode = 'remiss:model/weak-slice' WHERE key % 10 = 3",
    "UPDATE revisions SET status = 'annotated', mode = 'remiss:model/weak-slice' WHERE case_key % 10 = 3",
)
