"""Slices of three predicates over 12 fields, beside a bare count of the same pairs and triples.

By hand each combination of fields is a number for each event, which `numpy.bincount` counts twice: all events and failed ones, by
window. On our side the same is counted, what has support is tested, and what is found is folded. Both in one run, in turn, in a
process of their own for the memory that they hold at most.
"""

from __future__ import annotations

import json
import resource
import subprocess
import sys
import time
from itertools import combinations
from statistics import median

import numpy as np
import scipy.special

from bench.results import REPEATS, Figure
from remiss.catalog.query.expression import Level, Operator, Term
from remiss.understand.slices.counting import DEEPEST, SliceSample, Support
from remiss.understand.slices.predicates import SliceField
from remiss.understand.slices.search import search

FIELDS, WINDOWS, RATE = 12, 52, 0.1
ROWS = (50_000, 1_000_000)
BOUND, BOUND_MB = 2.0, 1_000.0


def measure() -> list[Figure]:
    """Measure both sides at both sizes and return the figures."""
    found = []
    for rows in ROWS:
        told = subprocess.run([sys.executable, "-m", "bench.slices", str(rows)], check=True, capture_output=True, text=True)
        ours, bare, megabytes, tested = json.loads(told.stdout)
        detail = f"{tested:,} slices tested; {ours:.2f} s, by hand {bare:.2f} s; processor time"
        of = f"slices of three predicates over {FIELDS} fields of {rows:,} events"
        found.append(Figure(of, f"{ours / bare:.2f}", f"{BOUND:g}", ours / bare <= BOUND, detail))
        found.append(Figure(f"{of}: memory", f"{megabytes:.0f} MB", f"{BOUND_MB:g} MB", megabytes <= BOUND_MB))
    return found


def sample_of(rows: int) -> SliceSample:
    """Return events with fields of three to seven values in which two slices fail twice as often."""
    chance = np.random.default_rng(7)
    fields = []
    for at in range(FIELDS):
        name, size = f"inputs.f{at:02}", 3 + at % 5
        predicates = tuple(Term(name, Operator.EQUAL, str(code), Level.EVENT) for code in range(1, size + 1))
        fields.append(SliceField(name=name, predicates=predicates, codes=chance.integers(1, size + 1, rows)))
    worse = (fields[0].codes == 1) & (fields[5].codes == 2) | (fields[1].codes == 2) & (fields[3].codes == 3)
    failed = chance.random(rows) < np.where(worse, 2 * RATE, RATE)
    window = chance.integers(0, WINDOWS, rows)
    return SliceSample(fields=fields, weights=np.ones(rows), failed=failed, window=window, windows=WINDOWS)


def counted_by_hand(sample: SliceSample) -> int:
    """Count what there is of each value, pair and triple in each window, and how many of them failed; return of how many."""
    found = 0
    for depth in range(1, DEEPEST + 1):
        for those in combinations(sample.fields, depth):
            place, size = np.zeros(len(sample.window), dtype=np.intp), 1
            for each in those:
                place, size = place * each.size + each.codes, size * each.size
            place = place * WINDOWS + sample.window
            among = np.bincount(place, minlength=size * WINDOWS)
            failing = np.bincount(place, sample.failed, minlength=size * WINDOWS)
            found += len(among) if len(failing) else 0
    return found


def side(rows: int) -> tuple[float, float, float, int]:
    """Return the medians of both sides in processor seconds, the memory held at most in MB, and how many slices were tested."""
    times: dict[bool, list[float]] = {True: [], False: []}
    tested = 0
    scipy.special.stdtr(3.0, 0.5)  # loaded by whoever looks for slices first
    for _ in range(REPEATS):
        for ours, taken in times.items():
            sample = sample_of(rows)
            begun = time.process_time()
            if ours:
                tested = search(sample, needed=Support()).tested
            else:
                counted_by_hand(sample)
            taken.append(time.process_time() - begun)
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return median(times[True]), median(times[False]), held, tested


if __name__ == "__main__":
    print(json.dumps(side(int(sys.argv[1]))))
