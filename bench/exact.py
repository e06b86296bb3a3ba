"""Counting a figure over the log itself: `remiss estimate --exact`, and the same count by hand-written SQL."""

from __future__ import annotations

import argparse
import hashlib
import os
import shutil
import sys
from pathlib import Path

from bench import capture, capture_log, results
from bench.results import WORK, Figure

# By carrier, how many of the events that were judged were announced on time and came late.
BY_HAND = """
SELECT carrier, count(*) FILTER (WHERE predicted = 'on-time' AND actual = 'late') AS missed, count(*) AS judged
FROM read_parquet('log/*.parquet')
WHERE prediction_id IS NOT NULL AND scheduled_at IS NOT NULL AND model_version IS NOT NULL AND predicted IS NOT NULL
  AND carrier IS NOT NULL AND origin IS NOT NULL AND actual IS NOT NULL
GROUP BY carrier
"""
# Proof that no id occurs twice, and of the bytes that were read, which remiss gives too.
PROOF = "SELECT count(*) FROM (SELECT hash(prediction_id) AS h FROM read_parquet('log/*.parquet') GROUP BY h HAVING count(*) > 1)"


def exact() -> None:
    """Ask for the figure over the log of the catalog that REMISS_CATALOG names."""
    import remiss
    from remiss.understand import exact_actions

    with remiss.open() as ws:
        found = exact_actions.exact(ws, "criterion:missed-delay", rate=True, by="inputs.carrier", variance="sample")
        if len(found.rows) < 2:
            sys.exit(f"the figure has {len(found.rows)} rows")


def by_hand() -> None:
    """Count the same by hand, with the same proof that no id is repeated and of what was read."""
    capture.run_sql(BY_HAND)
    capture.run_sql(PROOF)
    for file in sorted(Path("log").glob("*.parquet")):
        with file.open("rb") as opened:
            hashlib.file_digest(opened, "sha256")


def measure() -> list[Figure]:
    """Measure both sides and return the figure."""
    WORK.mkdir(exist_ok=True)
    capture_log.generate(WORK / "log", capture.ROWS)
    shutil.copy(capture.HERE / "capture.yaml", WORK / "capture.yaml")
    os.environ["PYTHONPATH"] = str(capture.HERE.parent)
    os.chdir(WORK)
    capture.new_catalog()
    capture.capture()
    ours, theirs = results.alternate(
        lambda: results.child("-m", "bench.exact", "exact"), lambda: results.child("-m", "bench.exact", "by_hand")
    )
    ratio = results.ratio(ours, theirs)
    return [
        Figure(
            f"an exact rate by carrier over {capture.ROWS:,} rows",
            f"{results.seconds(ours):.1f} s; by hand {results.seconds(theirs):.1f} s; ratio {ratio:.2f}",
            "1.5",
            ratio <= 1.5,
            "both prove that no id is repeated, and hash the files",
        )
    ]


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("side", choices=["exact", "by_hand"])
    {"exact": exact, "by_hand": by_hand}[parser.parse_args().side]()
