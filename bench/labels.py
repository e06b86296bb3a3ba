"""What labels from a second source cost: the same log and floor, with outcomes joined by key."""

from __future__ import annotations

import argparse
import os
import shutil

from bench import capture, capture_log, results
from bench.results import WORK, Figure

LABELS = """
labels: {format: parquet, uri: "outcomes/*.parquet", key: prediction_id, time: known_at, lag: 2 days}
fields:"""
JOINED = """(
  SELECT log.* EXCLUDE (actual), outcomes.actual FROM read_parquet('log/*.parquet') AS log
  LEFT JOIN read_parquet('outcomes/*.parquet') AS outcomes
    ON log.prediction_id = outcomes.prediction_id AND outcomes.known_at <= log.scheduled_at + INTERVAL 2 DAY
)"""
ONCE = """
CREATE TEMP TABLE twice AS
SELECT hash(prediction_id) AS h FROM read_parquet('outcomes/*.parquet') GROUP BY h HAVING count(*) > 1;
"""


def floor() -> None:
    """Run capture_floor.sql with the census over the joined rows, and proof that no key has two labels."""
    text = (capture.HERE / "capture_floor.sql").read_text()
    census, profile = text.split("CREATE TEMP TABLE profile")
    capture.run_sql(ONCE + census.replace("read_parquet('log/*.parquet')", JOINED) + "CREATE TEMP TABLE profile" + profile)


def measure() -> list[Figure]:
    """Measure both sides and return the figure."""
    WORK.mkdir(exist_ok=True)
    capture_log.generate(WORK / "log", capture.ROWS)
    capture_log.outcomes(WORK / "log", WORK / "outcomes")
    text = (capture.HERE / "capture.yaml").read_text()
    (WORK / "labels.yaml").write_text(text.replace("\nfields:", LABELS).replace("label: actual", "label: labels.actual"))
    os.environ["PYTHONPATH"] = str(capture.HERE.parent)
    os.chdir(WORK)
    shutil.rmtree("spill", ignore_errors=True)
    ours, by_hand = results.alternate(lambda: _side("capture"), lambda: _side("floor"))
    capture.clear()
    return [
        Figure(
            f"capture of {capture.ROWS:,} rows with as many labels from a second source",
            f"{results.seconds(ours):.1f} s; by hand {results.seconds(by_hand):.1f} s; ratio {results.ratio(ours, by_hand):.2f}; "
            f"peak {results.peak(ours):.0f} MB",
            "none is promised",
            None,
        )
    ]


def _side(name: str) -> results.Timed:
    if name == "capture":
        capture.new_catalog()
    return results.child("-m", "bench.labels", name)


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("side", choices=["capture", "floor"])
    side = parser.parse_args().side
    if side == "capture":
        capture.capture("labels.yaml")
    else:
        floor()
