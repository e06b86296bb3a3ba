"""Capturing a log: remiss, and hand-written SQL with the same outputs; DuckDB's own filtered COPY beside them.

The same outputs are cells, samples, profiles, refusals, content, histograms of every field by week, version and pattern, and
the pairs of the first sixteen fields by week and pattern.
"""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import uuid
from pathlib import Path

import duckdb

from bench import capture_log, results
from bench.results import WORK, Figure, Timed

HERE = Path(__file__).parent
ROWS = int(os.environ.get("BENCH_ROWS", "20000000"))
CATEGORIES = ("model_version", "digest", "predicted", "actual", "status", "carrier", "dest", "origin", "feed")
NUMBERS = ("score", "latency_ms", "distance", "wind_speed", "precip", "visib", "temp")
# A digit for each criterion: not met, met, or undecided while the outcome is missing.
PATTERN = """
  CASE WHEN predicted = 'on-time' AND actual = 'late' THEN 1 WHEN actual IS NULL THEN 2 ELSE 0 END
  + 3 * CASE WHEN predicted = 'late' AND actual = 'on-time' THEN 1 WHEN actual IS NULL THEN 2 ELSE 0 END
  + 9 * (coalesce(score < 0.05, false)::INTEGER + 2 * coalesce(latency_ms > 250, false)::INTEGER
    + 4 * coalesce(status <> 'ok', false)::INTEGER + 8 * coalesce(visib IS NULL AND precip > 0.5, false)::INTEGER)
"""
COMPLETE = """
  prediction_id IS NOT NULL AND scheduled_at IS NOT NULL AND model_version IS NOT NULL AND predicted IS NOT NULL
  AND carrier IS NOT NULL AND origin IS NOT NULL
"""
LIMITS = {"memory_limit": "600MB", "threads": "2"}


def floor() -> None:
    """Run capture_floor.sql, and count histograms and pairs of fields."""
    connection = run_sql((HERE / "capture_floor.sql").read_text())
    histograms_by_hand(connection)


def histograms_by_hand(connection: duckdb.DuckDBPyConnection) -> None:
    """Count every field and every two of the first sixteen, as somebody would who has all of SQL at hand.

    Bins end at deciles of what was sampled, categories are the fifty commonest of it. Each event's bins are kept in a table of
    small integers, of which every aggregate is taken: the fastest of four ways that were tried.
    """
    log = "read_parquet('log/*.parquet')"
    bins = {}
    for field in NUMBERS:
        deciles = f"quantile_disc({field}, [0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9])"
        [(edges,)] = connection.execute(f"SELECT {deciles} FROM read_parquet('floor.parquet')").fetchall()
        below = " ".join(f"WHEN {field} < {edge!r} THEN {at}" for at, edge in enumerate(sorted(set(edges)), 1))
        bins[field] = f"CASE WHEN {field} IS NULL THEN 0 {below} ELSE {len(set(edges)) + 1} END"
    for field in CATEGORIES:
        commonest = (
            f"SELECT {field} FROM read_parquet('floor.parquet') WHERE {field} IS NOT NULL GROUP BY 1 ORDER BY COUNT(*) DESC"
        )
        values = [value for (value,) in connection.execute(f"{commonest} LIMIT 50").fetchall()]
        found = f"list_position([{', '.join(map(repr, values))}], {field})"
        bins[field] = f"CASE WHEN {field} IS NULL THEN 0 ELSE coalesce({found}, {len(values) + 1}) END"
    coded = ", ".join(f"({sql})::UTINYINT AS {field}" for field, sql in bins.items())
    connection.execute(
        "CREATE TEMP TABLE coded AS SELECT ((epoch_us(scheduled_at) - 345600000000) // 604800000000)::USMALLINT AS week, "
        f"({PATTERN})::USMALLINT AS pattern, {coded} FROM {log} WHERE {COMPLETE}"
    )
    fields = list(bins)
    for field in fields:
        of = f"SELECT week, model_version, pattern, {field}, count(*) AS n FROM coded GROUP BY ALL"
        connection.execute(f"COPY ({of}) TO 'single-{field}.parquet' (FORMAT parquet)")
    paired = fields[:16]
    for at, first in enumerate(paired[:-1]):
        others = paired[at + 1 :]
        sets = ", ".join(f"(week, pattern, {first}, {other})" for other in others)
        both = f"SELECT week, pattern, {first}, {', '.join(others)}, count(*) AS n FROM coded GROUP BY GROUPING SETS ({sets})"
        connection.execute(f"COPY ({both}) TO 'pairs-{first}.parquet' (FORMAT parquet)")


def copy() -> None:
    """Run a filtered COPY of all columns: about what a log's reader and writer cost alone."""
    run_sql("COPY (SELECT * FROM read_parquet('log/*.parquet') WHERE latency_ms > 215) TO 'copy.parquet' (FORMAT parquet)")


def capture(protocol: str = "capture.yaml") -> None:
    """Run the capture of a protocol into the new catalog that REMISS_CATALOG names."""
    import remiss
    from remiss.capture import actions

    with remiss.open() as ws:
        run = actions.capture(ws, protocol, since=capture_log.SINCE, until=capture_log.UNTIL)
        if run.manifest.rows != ROWS or run.events_new < 1000:
            sys.exit(f"the capture read {run.manifest.rows} rows and filed {run.events_new} events")


def new_catalog() -> None:
    """Make an empty catalog for the next capture and let the environment name it.

    A new one each time, and all removed at the end: for five minutes ext4 avoids the inodes of files just removed, and
    looking for others makes thousands of small files many times slower.
    """
    import remiss

    os.environ |= {f"REMISS_{name.upper()}": value for name, value in LIMITS.items()}
    os.environ["REMISS_CATALOG"] = f"bench-{uuid.uuid4().hex}.db"
    remiss.open(create=True).close()


def clear() -> None:
    """Remove the catalogs of all runs from the working folder."""
    for old in Path().glob("bench-*"):
        shutil.rmtree(old) if old.is_dir() else old.unlink()


def run_sql(text: str) -> duckdb.DuckDBPyConnection:
    """Run SQL in an engine with the limits that captures have."""
    connection = duckdb.connect(config={**LIMITS, "temp_directory": "spill"})
    connection.execute("SET TimeZone = 'UTC'")
    connection.execute(text)
    return connection


def measure() -> list[Figure]:
    """Measure both sides and return the figures."""
    WORK.mkdir(exist_ok=True)
    capture_log.generate(WORK / "log", ROWS)
    shutil.copy(HERE / "capture.yaml", WORK / "capture.yaml")
    os.environ["PYTHONPATH"] = str(HERE.parent)
    os.chdir(WORK)
    ours, by_hand, copied = results.alternate(lambda: _side("capture"), lambda: _side("floor"), lambda: _side("copy"))
    ratio = results.ratio(ours, by_hand)
    beside = results.ratio(by_hand, copied)
    peak = results.peak(ours)
    return [
        Figure(
            f"capture of {ROWS:,} rows, 20 columns, six criteria",
            f"{results.seconds(ours):.1f} s; by hand {results.seconds(by_hand):.1f} s; ratio {ratio:.2f}",
            "1.25",
            ratio <= 1.25,
            f"processor time {results.processor(ours):.1f} s, by hand {results.processor(by_hand):.1f} s; "
            f"the hand-written SQL takes {beside:.1f} times DuckDB's filtered COPY ({results.seconds(copied):.1f} s)",
        ),
        Figure(f"peak memory, memory_limit={LIMITS['memory_limit']}", f"{peak:.0f} MB", "1000 MB", peak < 1000),
    ]


def _side(name: str) -> Timed:
    if name == "capture":
        new_catalog()
    return results.child("-m", "bench.capture", name)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("side", choices=["capture", "floor", "copy"])
    {"capture": capture, "floor": floor, "copy": copy}[parser.parse_args().side]()
