"""Small captures, drawn by hand, to file."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import Any

import remiss
from remiss.protocol.terms import Address, Criterion, Kind, Protocol, Rubric, Sampling, Taxonomy
from remiss.records.case import Sensitivity
from remiss.records.event import Event
from remiss.records.identity import digest
from remiss.records.run import Cell, Change, DerivedRun, Group, Manifest, Member, Profile, Refusals, RefusedRow, Run, RunWindow
from tests.edges.stores.acting import unlisted

MONDAY = datetime(2013, 6, 3, tzinfo=UTC)
WEEK = timedelta(weeks=1)


def protocol(version: int = 1, *, name: str = "arrival-delay") -> Protocol:
    return Protocol(
        name=name,
        version=version,
        model="arrival-delay",
        source=Address(name="arrivals", format="parquet", uri="*.parquet"),
        fields={},
        criteria=(
            Criterion(name="slow", kind=Kind.LATENCY, why="w", severity=3, mode="remiss:system/latency"),
            Criterion(name="missed", kind=Kind.MISCLASSIFICATION, why="w", severity=2, mode="remiss:model/weak-slice"),
            Criterion(name="odd", kind=Kind.ANOMALY, why="w", severity=2),
        ),
        sampling=Sampling(window=WEEK, strata=("context.airport",), keep=10, control=20, undecided=10, population=500, seed="1"),
        taxonomy=Taxonomy(namespace="remiss", version=1, modes={}),
        rubric=Rubric(name="r", version=1, questions=(), thresholds={}),
        digest=f"protocol-{name}-{version}",
        text=f"protocol: {name}\nversion: {version}\n",
        path="arrival-delay.yaml",
        lines={"version": 2},
    )


def member(number: int, *, met: Sequence[str] = (), week: int = 0, airport: str = "EWR", **event: Any) -> Member:
    details: dict[str, Any] = {
        "id": f"e{number}",
        "at": MONDAY + week * WEEK + timedelta(minutes=number),
        "model": "arrival-delay",
        "model_version": "1",
        "output": "on-time",
        "label": "late",
        "confidence": 0.5,
        "latency_ms": 12.5,
        "status": "ok",
        "inputs": {"distance": 100 + number, "carrier": "UA"},
        "context": {"airport": airport},
        "text": f"Remarks of flight {number}",
    }
    return Member(
        event=Event(**{**details, **event}),
        priority=digest(number)[:13],
        window=MONDAY + week * WEEK,
        stratum={"context.airport": airport},
        groups=tuple(sorted(met)) or ("control",),
        probability=0.25,
        met=tuple(met),
        undecided=(),
        outside=("odd",),
        evidence=f"hmac-{number}",
    )


def drawn(members: Sequence[Member], *, weeks: Sequence[int] = (0,), version: int = 1, name: str = "arrival-delay") -> DerivedRun:
    ordered = tuple(sorted(members, key=lambda item: (item.window, item.priority, item.event.id)))
    windows = tuple(MONDAY + week * WEEK for week in weeks)
    return DerivedRun(
        manifest=Manifest(
            protocol=name,
            protocol_version=version,
            protocol_digest=f"protocol-{name}-{version}",
            source="arrivals",
            fingerprint="f",
            files=("a.parquet",),
            file_digests={"a.parquet": "d"},
            rows=1000,
            since=windows[0],
            until=windows[-1] + WEEK,
            as_of=windows[-1] + 3 * WEEK,
            engine="duckdb",
            software="0",
        ),
        digest=digest([item.event.id for item in ordered]),
        windows=tuple(RunWindow(window=window, population=100, labelled=90, provisional=False) for window in windows),
        groups=tuple(
            Group(
                criterion=criterion,
                window=window,
                stratum={"context.airport": "EWR"},
                population=40,
                labelled=35,
                kept=10,
                threshold=0.25,
            )
            for window in windows
            for criterion in ("control", "missed", "slow")
        ),
        cells=tuple(
            Cell(
                window=window,
                stratum={"context.airport": "EWR"},
                met=met,
                undecided=(),
                population=len(met) + 10,
                labelled=10,
            )
            for window in windows
            for met in ((), ("missed",), ("slow", "missed"))
        ),
        members=ordered,
        profiles=(
            Profile(window=windows[0], field="confidence", count=100, nulls=2, minimum=0.1, maximum=float("nan")),
            Profile(window=windows[0], field="inputs.carrier", count=100, nulls=0, minimum="AA", maximum="WN"),
        ),
        refusals=Refusals(
            counts={"missing id": 3}, rows=(RefusedRow(reason="missing id", file="a.parquet", row=7, detail="id is null"),)
        ),
    )


@unlisted("test.file")
def file(
    ws: remiss.Workspace,
    draw: DerivedRun,
    *,
    run: str,
    status: str = "complete",
    changes: Sequence[Change] = (),
    version: int = 1,
    sensitivity: Mapping[str, Sensitivity] = MappingProxyType({}),
    text: str | None = None,
) -> Run:
    """File what was drawn, as a capture does; with a text, by a document that can be read again."""
    fields = {name: name for name in sensitivity}
    document = replace(protocol(version, name=draw.manifest.protocol), fields=fields, sensitivity=sensitivity)
    document = document if text is None else replace(document, text=text)
    ws.protocols.save(document)
    return ws.filing.file(draw, run=run, status=status, changes=changes, team="default", document=document)


@unlisted("test.accept")
def accept(ws: remiss.Workspace, run: str) -> Run:
    """Accept a waiting run."""
    return ws.filing.accept(run)


def by_event(members: Sequence[Member]) -> Mapping[str, Member]:
    return {item.event.id: item for item in members}
