"""Finding clusters among 20,000 cases with texts and fields, beside the same steps by hand.

By hand the texts are hashed and reduced, the fields are scaled or one-hot, and HDBSCAN is asked once. On our side what is dense
is also put to the test against chance, joined and named. Both in one run, in turn, in a process of their own for the memory that
they hold at most.
"""

from __future__ import annotations

import json
import random
import resource
import subprocess
import sys
import time
from statistics import median

import numpy as np
from sklearn.cluster import HDBSCAN
from sklearn.decomposition import TruncatedSVD
from sklearn.feature_extraction.text import HashingVectorizer
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from bench.results import Figure
from remiss.understand.clusters.grouping import groups
from remiss.understand.clusters.vectors import FIELD_DIMENSIONS, HASHED, TEXT_DIMENSIONS, ClusterCase

CASES, PLANTED, OF_EACH, LEAST, REPEATS = 20_000, 20, 200, 10, 3
CATEGORIES, NUMBERS = 8, 4


def measure() -> list[Figure]:
    """Measure both sides and return the figures; nothing is promised of them."""
    told = subprocess.run([sys.executable, "-m", "bench.clusters"], check=True, capture_output=True, text=True)
    ours, bare, megabytes, found = json.loads(told.stdout)
    detail = f"{ours:.1f} s, by hand {bare:.1f} s; processor time; {found} of {PLANTED} planted groups found"
    of = f"clusters of {CASES:,} cases with texts and {CATEGORIES + NUMBERS} fields"
    return [Figure(of, f"{ours / bare:.2f}", "", None, detail), Figure(f"{of}: memory", f"{megabytes:.0f} MB", "", None)]


def cases() -> list[ClusterCase]:
    """Return cases of unrelated words and values, among them groups that say the same and have two values in common."""
    draw = random.Random(11)
    words = ["".join(draw.choices("abcdefghijklmnopqrstuvwxyz", k=6)) for _ in range(4_000)]
    said = [" ".join(draw.choices(words, k=8)) for _ in range(PLANTED)]
    found = []
    for at in range(CASES):
        fields: dict[str, str | float] = {f"inputs.c{each}": f"v{draw.randrange(5 + each)}" for each in range(CATEGORIES)}
        fields |= {f"inputs.n{each}": draw.gauss(0, 1) for each in range(NUMBERS)}
        group, text = at // OF_EACH, " ".join(draw.choices(words, k=10))
        if group < PLANTED:
            fields |= {"inputs.c6": f"v{group % 11}", "inputs.c7": f"v{group % 12}"}
            text = f"{said[group]} {draw.choice(words)}"
        found.append(ClusterCase(id=f"{at:06}", text=text, fields=fields))
    return found


def by_hand(every: list[ClusterCase]) -> int:
    """Return how many dense places HDBSCAN finds."""
    hashing = HashingVectorizer(analyzer="char_wb", ngram_range=(3, 4), n_features=HASHED, alternate_sign=False)
    texts = TruncatedSVD(TEXT_DIMENSIONS, random_state=0).fit_transform(hashing.transform([each.text for each in every]))
    coded = OneHotEncoder().fit_transform([[each.fields[f"inputs.c{at}"] for at in range(CATEGORIES)] for each in every])
    scaled = StandardScaler().fit_transform([[each.fields[f"inputs.n{at}"] for at in range(NUMBERS)] for each in every])
    fields = TruncatedSVD(FIELD_DIMENSIONS, random_state=0).fit_transform(np.hstack([coded.toarray(), scaled]))
    labels = HDBSCAN(min_cluster_size=LEAST, min_samples=5, copy=True).fit(np.hstack([texts, fields])).labels_
    return int(labels.max()) + 1


def side() -> tuple[float, float, float, int]:
    """Return the medians of both sides in processor seconds, the memory held at most in MB, and how many groups were found."""
    every = cases()
    planted = [{each.id for each in every[at * OF_EACH : (at + 1) * OF_EACH]} for at in range(PLANTED)]
    times: dict[bool, list[float]] = {True: [], False: []}
    found = 0
    for _ in range(REPEATS):
        for ours, taken in times.items():
            begun = time.process_time()
            if ours:
                made = groups(every, LEAST).groups
                found = sum(any(len(each.members & own) >= 0.9 * OF_EACH for each in made) for own in planted)
            else:
                by_hand(every)
            taken.append(time.process_time() - begun)
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return median(times[True]), median(times[False]), held, found


if __name__ == "__main__":
    print(json.dumps(side()))
