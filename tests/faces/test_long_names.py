"""Values with names of 200 characters: on a narrow terminal they make no cards of a table, and nothing wider than it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from remiss.faces.cli import run_tables
from remiss.records.drift import ASKED, REFERENCE, ChangeReport, DriftWindow, SliceChange
from remiss.records.heatmap import FIGURE, HeatAxis, HeatCell, Heatmap

WIDTH, MANY = 80, 10
NAMES = tuple(f"station {at:02} {'of a name that goes on and on ' * 7}"[:197] + f" {at:02}" for at in range(MANY))
MONDAY = datetime(2013, 6, 3, tzinfo=UTC)


@pytest.fixture
def printed(monkeypatch, capsys):
    """What is printed on a terminal of 80 columns, line by line."""
    monkeypatch.setenv("COLUMNS", str(WIDTH))

    def lines(show, found):
        show(found)
        return capsys.readouterr().out.splitlines()

    return lines


def test_a_heatmap_of_long_names_is_a_list_with_a_line_or_two_for_each_cell(printed):
    axes = {name: HeatAxis(by=f"inputs.{name}", labels=NAMES, queries=NAMES) for name in ("rows", "columns")}
    figures = {"value": 0.25, "low": 0.2, "high": 0.31, "sampled": 40, "support": 160, "among": 600.0, "effective": 150.0}
    kinds = {"state": FIGURE, "method": "weighted", "variance": "sample", "interval": "log-odds", "query": ""}
    cells = tuple(HeatCell(row=row, column=column, **figures, **kinds) for row in range(MANY) for column in range(MANY))
    asked = {"query": "criterion:slow", "of": None, "measure": "rate", "source": "log", "protocol": "p@1", "kind": "flagged"}
    lines = printed(run_tables.heatmap, Heatmap(**axes, **asked, cells=cells, denominators=(), least=10, position=1))
    assert max(map(len, lines)) <= WIDTH
    assert len(lines) <= 3 * MANY * MANY
    assert not any(line.startswith("value: ") for line in lines)
    assert sum("…" in line for line in lines) >= MANY * MANY


def test_slices_of_long_names_are_broken_between_words(printed):
    slices = tuple(
        SliceChange(
            words=f"inputs.station is {name}",
            query=None,
            sampled_before=100,
            sampled_after=100,
            share_before=0.1,
            share_after=0.12,
            rate_before=0.2,
            rate_after=0.25,
            mix=0.001,
            mix_low=-0.002,
            mix_high=0.004,
            rate=0.005,
            rate_low=0.001,
            rate_high=0.009,
        )
        for name in NAMES
    )
    of = {f"{name}{end}": 0.01 for name in ("change", "mix", "rate") for end in ("", "_low", "_high")}
    windows = tuple(
        DriftWindow(start=MONDAY, end=MONDAY + timedelta(weeks=1), role=role, sampled=1_000, query="")
        for role in (REFERENCE, ASKED)
    )
    named = {"query": "criterion:slow", "among": "everything", "by": ("inputs.station",), "source": "log", "protocol": "p"}
    counts = {"protocol_version": 1, "needs": 0, "sampled": 2_000, "correlation": 0.0, "position": 1}
    found = ChangeReport(**named, **counts, **of, windows=windows, rate_before=0.2, rate_after=0.25, slices=slices)
    lines = printed(run_tables.rate_change, found)
    assert max(map(len, lines)) <= WIDTH
    assert not any(line.startswith("slice: ") for line in lines)
    assert " ".join(NAMES[0].split()[:2]) in "\n".join(lines)
