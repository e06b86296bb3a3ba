"""Logs: what a service that answers with these models writes down, and what comes to be known later.

`predictions/YYYY-MM.parquet` holds one row a prediction, in time order; `outcomes/YYYY-MM.parquet` one row a flight that
arrived, known at its arrival. Cancelled and diverted flights have no outcome, then as in production.

The demo in small: two airports and two weeks of July, by the same models, to try things out in seconds.

Tests build it once and copy it. Both versions answer in it, and it holds windows that are whole.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from remiss.demo import flights, models
from remiss.demo.flights import AIRPORTS, WEATHER

PROTOCOL = "arrival-delay.yaml"
# What the protocol has people read who label.
GUIDELINES = "guidelines.md"
# Which models may be asked again, and what a release of one is held against.
REGISTERED, POLICY, MODELS = "models.yaml", "release.yaml", "models"
BESIDE = (GUIDELINES, REGISTERED, POLICY)
SLOW = "latency_ms > 3"
PROMPT = 0.998
SEASONS = ("winter", "spring", "summer", "autumn")


@dataclass(frozen=True, slots=True)
class Logs:
    """What was written: how many predictions and outcomes, and where."""

    folder: Path
    predictions: int
    outcomes: int


def write(
    folder: Path,
    flights: pa.Table,
    progress: Callable[[str, int, int], object],
    asked: Callable[[pa.Table], pa.Table] = lambda flights: flights,
) -> Logs:
    """Train, answer for every flight in time order, and write both logs and the protocol that reads them under `folder`.

    Parameters
    ----------
    folder : made if missing; files of the same names are written anew
    flights : as `flights.load` gives them
    progress : called with what is being done, how much of it is done and how much there is
    asked : which of the flights the service was asked about; default: all of those months in which a version served
    """
    flights = flights.append_column("remarks", _remarks(flights))
    scored = [_scored(folder, flights, version, asked, progress) for version in models.VERSIONS]
    predictions = pa.concat_tables(scored)
    predictions = predictions.take(pc.sort_indices(predictions, [("scheduled_at", "ascending"), ("prediction_id", "ascending")]))
    outcomes = _outcomes(asked(models.served(flights, models.VERSIONS[0])))
    for name, table, by in (("predictions", predictions, "scheduled_at"), ("outcomes", outcomes, "known_at")):
        (folder / name).mkdir(parents=True, exist_ok=True)
        for month, part in _months(table, by):
            pq.write_table(part, folder / name / f"{month}.parquet", compression="zstd")
    (folder / PROTOCOL).write_text(protocol_for(predictions), encoding="utf-8")
    for name in BESIDE:
        (folder / name).write_text(Path(__file__).with_name(name).read_text(encoding="utf-8"), encoding="utf-8")
    return Logs(folder, len(predictions), len(outcomes))


def protocol_for(predictions: pa.Table) -> str:
    """Return the demo's protocol with a bound on latency that some answers of this very machine exceed, and few."""
    text = Path(__file__).with_name(PROTOCOL).read_text(encoding="utf-8")
    bound = math.ceil(10 * np.quantile(predictions["latency_ms"].to_numpy(), PROMPT)) / 10
    return text.replace(SLOW, f"latency_ms > {bound}")


def _scored(
    folder: Path,
    flights: pa.Table,
    version: models.Version,
    narrow: Callable[[pa.Table], pa.Table],
    progress: Callable[[str, int, int], object],
) -> pa.Table:
    progress(f"training version {version.name}", 0, 1)
    model = models.train(flights, version)
    models.save(model, folder / MODELS)
    asked = narrow(models.served(flights, version))
    done = 0

    def advance(count: int) -> None:
        nonlocal done
        done += count
        progress(f"version {version.name} answers", done, len(asked))

    answers = models.score(asked, model, advance)
    return pa.table(
        {
            "prediction_id": pc.binary_join_element_wise(asked["flight_key"], pa.scalar(version.name), "/"),
            "flight_key": asked["flight_key"],
            "scheduled_at": asked["scheduled_at"],
            "model_version": pa.repeat(version.name, len(asked)),
            "digest": pa.repeat(model.digest, len(asked)),
            "feature_set": pa.repeat(models.FEATURE_SET, len(asked)),
            "trace": _traces(asked, version.name),
            **{name: asked[name] for name in ("carrier", "flight", "origin", "dest", "distance", "hour", "minute", *WEATHER)},
            "weekday": models.weekdays(asked),
            "season": pa.array([SEASONS[month % 12 // 3] for month in asked["month"].to_pylist()]),
            "station": pc.binary_join_element_wise("asos", asked["origin"], "-"),
            "remarks": asked["remarks"],
            **{name: answers[name] for name in answers.column_names},
        }
    )


def _outcomes(flights: pa.Table) -> pa.Table:
    arrived = flights.filter(flights["late"].is_valid())
    return pa.table(
        {
            "flight_key": arrived["flight_key"],
            "actual": pa.array(np.where(arrived["late"].to_numpy(zero_copy_only=False), "late", "on-time")),
            "arrival_delay": arrived["arr_delay"],
            "known_at": arrived["arrived_at"],
        }
    ).sort_by([("known_at", "ascending"), ("flight_key", "ascending")])


def _traces(flights: pa.Table, version: str) -> pa.Array:
    """Return the name of the batch that a flight was answered in."""
    hour = pc.strftime(flights["time_hour"], format="%Y%m%dT%HZ")
    return pc.binary_join_element_wise("board", hour, pa.scalar(version), "-")


def _remarks(flights: pa.Table) -> pa.Array:
    """Return a sentence on each flight as an agent at the gate would say it, made of the record alone."""
    named = ["airline", "flight", "origin", "dest", "tailnum", "observed", "wind_speed", "visib", "precip", "temp"]
    return pa.array([_remark(flight) for flight in flights.select(named).to_pylist()])


def _remark(flight: dict[str, Any]) -> str:
    where = f"{flight['airline']} {flight['flight']} from {AIRPORTS[flight['origin']]} to {flight['dest']}"
    said = [f"{where}, aircraft {flight['tailnum']}" if flight["tailnum"] else f"{where}, no aircraft assigned"]
    if not flight["observed"]:
        return f"{said[0]}; weather station silent."
    visible, wind, rain, temperature = flight["visib"], flight["wind_speed"], flight["precip"], flight["temp"]
    if rain:
        freezing = temperature is not None and temperature <= 32
        said.append("snow or freezing rain" if freezing else "heavy rain" if rain >= 0.1 else "light rain")
    if visible is not None and visible < 3:
        said.append("fog" if visible < 1 else "mist")
    if wind is None:
        said.append("wind sensor silent")
    elif wind >= 25:
        said.append("strong wind")
    return "; ".join(said) + "."


def _months(table: pa.Table, by: str) -> Iterator[tuple[str, pa.Table]]:
    """Yield each month's name and its rows; the table is in the order of that column."""
    months = pc.strftime(table[by], format="%Y-%m").to_numpy(zero_copy_only=False)
    bounds = [0, *(np.flatnonzero(months[1:] != months[:-1]) + 1).tolist(), len(months)]
    for start, end in itertools.pairwise(bounds):
        yield str(months[start]), table.slice(start, end - start)


SINCE, UNTIL = datetime(2013, 7, 1, tzinfo=UTC), datetime(2013, 7, 15, tzinfo=UTC)
ORIGINS = ("EWR", "LGA")
CARRIERS = ("UA", "MQ", "DL")


def write_small(folder: Path) -> Logs:
    """Write the logs of those two weeks and the demo's own protocol under `folder`, which is made if missing."""
    return write(folder, flights.load(), lambda *_: None, asked=_asked)


def _asked(table: pa.Table) -> pa.Table:
    within = pc.and_(pc.greater_equal(table["scheduled_at"], SINCE), pc.less(table["scheduled_at"], UNTIL))
    origins = pc.is_in(table["origin"], pa.array(ORIGINS))
    carriers = pc.is_in(table["carrier"], pa.array(CARRIERS))
    return table.filter(pc.and_(within, pc.and_(origins, carriers)))
