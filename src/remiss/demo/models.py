"""Models: "arrives more than 15 minutes late", twice, trained on what is known before departure.

Version 1 learned from January and February, version 2 from January to June. They are what such models are in practice:
somewhat better than a guess, trained on a season that then passes.
"""

from __future__ import annotations

import hashlib
import itertools
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

import joblib
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from sklearn.ensemble import HistGradientBoostingClassifier
from threadpoolctl import threadpool_limits

from remiss.demo.flights import WEATHER

# Saying "late" costs less than missing a delay, so half a chance is not asked for.
THRESHOLD = 0.3
NUMBERS = ("distance", "hour", "minute", "weekday", *WEATHER)
PLACES = ("carrier", "origin", "dest")
SETTINGS = {"max_iter": 60, "max_leaf_nodes": 31, "learning_rate": 0.15, "early_stopping": False, "random_state": 2013}
FEATURE_SET = "schedule-and-station-1"
# The module by which a saved version answers.
ANSWERING = "arrival_delay.py"


@dataclass(frozen=True, slots=True)
class Version:
    """A version of the model: the months that it learned from and those in which it answered."""

    name: str
    learned: range
    served: range


VERSIONS = (Version("1", range(1, 3), range(3, 13)), Version("2", range(1, 7), range(7, 13)))


@dataclass(frozen=True, slots=True)
class Model:
    """A trained version. `levels` maps each carrier, origin and destination to its rank by late rate in training.

    `rates` are the late rates by carrier that it falls back on when there is no weather; `digest` names what it was made of;
    `learner` is what scikit-learn made of it.
    """

    version: str
    digest: str
    levels: dict[str, dict[str, int]]
    rates: dict[str, float]
    usual: float
    learner: Any

    def predict(self, rows: np.ndarray) -> np.ndarray:
        """Return the probability of being late of each row of the matrix."""
        found: np.ndarray = self.learner.predict_proba(rows)[:, 1]
        return found

    def features(self, flights: pa.Table) -> np.ndarray:
        """Return the matrix that the model reads, one row a flight; what it has never seen is missing."""
        return _matrix(flights, self.levels)


def train(flights: pa.Table, version: Version) -> Model:
    """Return the version trained on the flights of its months that arrived."""
    seen = flights.filter(pc.and_(_within(flights, version.learned), flights["late"].is_valid()))
    late = seen["late"].to_numpy(zero_copy_only=False)
    rates = {name: _rates(seen[name], late) for name in PLACES}
    levels = {name: _ranks(each) for name, each in rates.items()}
    matrix = _matrix(seen, levels)
    with _one_thread():
        learner = HistGradientBoostingClassifier(**SETTINGS).fit(matrix, late)
    made_of = repr(sorted(SETTINGS.items())).encode() + np.nan_to_num(matrix, nan=-1.0).tobytes()
    return Model(
        version=version.name,
        digest=hashlib.sha256(made_of).hexdigest(),
        levels=levels,
        rates=rates["carrier"],
        usual=float(late.mean()),
        learner=learner,
    )


def score(flights: pa.Table, model: Model, progress: Callable[[int], object]) -> pa.Table:
    """Return the answers of a model to flights in time order, one batch for each scheduled hour as a service would.

    Columns: `probability` of being late, `predicted`, `latency_ms` (measured, of the whole batch) and `status`: `ok`, or
    `no-weather` where the station was silent and the answer is the carrier's late rate in training.
    """
    matrix = model.features(flights)
    observed = flights["observed"].to_numpy()
    carriers = flights["carrier"].to_pylist()
    probability = np.array([model.rates.get(carrier, model.usual) for carrier in carriers])
    latency_ms = np.zeros(len(flights))
    with _one_thread():
        for start, end in _batches(flights["time_hour"]):
            asked = start + np.flatnonzero(observed[start:end])
            began = perf_counter()
            if len(asked):
                probability[asked] = model.predict(matrix[asked])
            latency_ms[start:end] = (perf_counter() - began) * 1000
            progress(end - start)
    return pa.table(
        {
            "probability": probability.round(6),
            "predicted": pa.array(np.where(probability >= THRESHOLD, "late", "on-time")),
            "latency_ms": latency_ms.round(3),
            "status": pa.array(np.where(observed, "ok", "no-weather")),
        }
    )


def save(model: Model, folder: Path) -> None:
    """Write a version and what answers by it into a folder, which is made if missing, to be asked again (`arrival_delay.py`)."""
    folder.mkdir(parents=True, exist_ok=True)
    parts = {"learner": model.learner, "levels": model.levels, "rates": model.rates, "usual": model.usual}
    joblib.dump(
        {**parts, "threshold": THRESHOLD, "places": PLACES, "numbers": NUMBERS, "weather": WEATHER}, folder / named(model.version)
    )
    (folder / ANSWERING).write_text(Path(__file__).with_name(ANSWERING).read_text("utf-8"), encoding="utf-8")


def named(version: str) -> str:
    """Return the name of the file of a version."""
    return f"arrival-delay-{version}.joblib"


def weekdays(flights: pa.Table) -> pa.ChunkedArray:
    """Return the day of the week of each flight, by the clock of Greenwich: 0 is Monday."""
    return pc.day_of_week(flights["time_hour"])


def served(flights: pa.Table, version: Version) -> pa.Table:
    """Return the flights that a version answered for."""
    return flights.filter(_within(flights, version.served))


def _one_thread() -> AbstractContextManager[object]:
    """Keep the learner's threads to one: batches are small, and on a busy machine threads wait for one another for ever."""
    limits: AbstractContextManager[object] = threadpool_limits(1)
    return limits


def _within(flights: pa.Table, months: range) -> pa.ChunkedArray:
    return pc.and_(pc.greater_equal(flights["month"], months.start), pc.less(flights["month"], months.stop))


def _rates(column: pa.ChunkedArray, late: np.ndarray) -> dict[str, float]:
    by_level = pa.table({"level": column, "late": late.astype(float)}).group_by("level").aggregate([("late", "mean")])
    return dict(zip(by_level["level"].to_pylist(), by_level["late_mean"].to_pylist(), strict=True))


def _ranks(rates: dict[str, float]) -> dict[str, int]:
    ordered = sorted(rates, key=lambda level: (rates[level], level))
    return {level: rank for rank, level in enumerate(ordered)}


def _matrix(flights: pa.Table, levels: dict[str, dict[str, int]]) -> np.ndarray:
    places = [np.array([levels[name].get(value, np.nan) for value in flights[name].to_pylist()]) for name in PLACES]
    columns: dict[str, Any] = {name: flights[name] for name in NUMBERS if name != "weekday"} | {"weekday": weekdays(flights)}
    numbers = [columns[name].to_numpy().astype(float) for name in NUMBERS]
    return np.column_stack([*places, *numbers])


def _batches(hours: pa.ChunkedArray) -> Iterator[tuple[int, int]]:
    """Yield the bounds of the runs of equal hours."""
    values = hours.cast(pa.int64()).to_numpy()
    bounds = [0, *(np.flatnonzero(np.diff(values)) + 1).tolist(), len(values)]
    yield from itertools.pairwise(bounds)
