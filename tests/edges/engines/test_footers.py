"""What the footers of Parquet files tell of times is what their rows tell; and files that are alike are described by one."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from remiss.capture.time_ranges import FileTimes, times_of
from remiss.edges.engines.duckdb import DuckDB
from remiss.errors import SourceError
from remiss.protocol.terms import Address
from tests.edges.engines.worlds import opened, protocol
from tests.edges.engines.worlds import settings as engine_settings


def local(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC).replace(tzinfo=None)


ZONES = ["America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "UTC"]
LOCAL = st.datetimes(local(1, 1, 1), local(9999, 12, 31)) | st.datetimes(local(2013, 1, 1), local(2014, 1, 1))
INSTANTS = LOCAL.map(lambda at: at.replace(tzinfo=UTC))
# The hours in which clocks are changed in these zones.
CHANGES = st.sampled_from(
    [local(2013, 3, 10, 2, 30), local(2013, 11, 3, 1, 30), local(2013, 10, 27, 2, 30), local(2013, 4, 7, 1, 45)]
)
TURNED = LOCAL | CHANGES | CHANGES.map(lambda at: at + timedelta(hours=1))
MILLIS = st.integers(-(2**53), 2**62) | st.integers(1_356_998_400_000, 1_388_534_400_000)
COLUMNS = {
    "instant": (pa.timestamp("us", "UTC"), INSTANTS, "at"),
    "seconds": (pa.timestamp("s", "UTC"), INSTANTS.map(lambda at: at.replace(microsecond=0)), "at"),
    "local": (pa.timestamp("us"), TURNED, "at"),
    "fine": (pa.timestamp("ns"), st.integers(-(2**60), 2**62), "at"),
    "day": (pa.date32(), st.dates(), "at"),
    "cast": (pa.date32(), st.dates(date(2013, 1, 1), date(2014, 1, 1)), "CAST(at AS TIMESTAMP)"),
    "millis": (pa.int64(), MILLIS, "to_timestamp(at / 1000)"),
}


def world(folder, kind, zone, files, *, meant="refuse", statistics=True):
    """Open a session on files of two rows a part, and return how its times are read and its files."""
    type_, _, expression = COLUMNS.get(kind, (pa.string(), None, "at"))
    for at, times in enumerate(files):
        names = pa.array([f"{at}-{n}" for n in range(len(times))], pa.string())
        table = pa.table({"id": names, "at": pa.array(times, type_), "said": names})
        (folder / "log").mkdir(exist_ok=True)
        pq.write_table(table, folder / "log" / f"{at}.parquet", row_group_size=2, write_statistics=statistics)
    text = protocol(uri="log/*.parquet", source=f"time_zone: {zone}, ambiguous: {meant}").replace(
        "time: at", f"time: {expression}"
    )
    return opened(folder, text)


@pytest.mark.parametrize("kind", COLUMNS)
@settings(max_examples=7, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data())
def test_what_the_footers_tell_is_what_the_rows_tell(tmp_path_factory, kind, data):
    times = st.lists(st.none() | COLUMNS[kind][1], max_size=5)
    files = data.draw(st.lists(times, min_size=1, max_size=3))
    zone, meant = data.draw(st.sampled_from(ZONES)), data.draw(st.sampled_from(["refuse", "earlier", "later"]))
    with world(tmp_path_factory.mktemp("footers"), kind, zone, files, meant=meant) as (session, checked, source):
        reading = times_of(session, checked)
        told, read = reading.by_footers(source.files), reading.by_rows(source.files, {})
        assert told == {file: read[file] for file in told}


MONDAY = local(2013, 6, 3)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize(
    ("kind", "files", "told"),
    [
        ("local", [[MONDAY, MONDAY + HOUR, None], [MONDAY + 24 * HOUR], [None, None]], {0, 1, 2}),
        ("millis", [[1_370_217_600_000], [1_370_217_600_001, None]], {0, 1}),
        ("text", [["2013-06-03 00:00:00"]], set()),
        # About a change of clocks, beyond the calendar, and where most of the windows between would be empty.
        ("local", [[local(2013, 11, 3, 12)], [local(2013, 11, 1)]], {1}),
        ("millis", [[2**60], [1_370_217_600_000]], {1}),
        ("instant", [[datetime(1900, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)]], set()),
    ],
)
def test_what_files_do_not_tell_or_is_not_certain_is_read(tmp_path, kind, files, told):
    with world(tmp_path, kind, "America/New_York", files) as (session, checked, source):
        assert set(times_of(session, checked).by_footers(source.files)) == {source.files[at] for at in told}


def test_files_without_statistics_are_read(tmp_path):
    with world(tmp_path, "local", "UTC", [[MONDAY], [MONDAY, None]], statistics=False) as (session, checked, source):
        reading = times_of(session, checked)
        assert reading.by_footers(source.files) == {}
        at = 1_370_217_600_000_000
        assert list(reading.by_rows(source.files, {}).values()) == [FileTimes(((at, at),)), FileTimes(((at, at),), 1)]


def shape_of_a_log(folder):
    """Write files of three layouts, of which one widens a type and one brings a column."""
    columns = {"id": ["a"], "at": [MONDAY], "said": [1]}
    for name, more in {
        "a": {},
        "b": {"said": [1.5]},
        "c": {},
        "d": {"new": ["x"]},
        "e": {"said": [2.5]},
        "f": {"new": ["y"]},
    }.items():
        (folder / "dt=1").mkdir(exist_ok=True)
        pq.write_table(pa.table({**columns, **more}), folder / "dt=1" / f"{name}.parquet")
    return Address(name="log", format="parquet", uri="**/*.parquet")


def test_files_of_known_layout_are_described_by_one_of_each(tmp_path):
    engine, address = DuckDB(engine_settings(tmp_path)), shape_of_a_log(tmp_path)
    whole = engine.describe(address, str(tmp_path))
    assert len(set(whole.layouts.values())) == 3
    assert (whole.in_files, whole.types["said"], whole.types["dt"]) == ({"new": 2}, "DOUBLE", "BIGINT")
    known = {file: layout for file, layout in whole.layouts.items() if not file.endswith("f.parquet")}
    # What is known is not opened: it is no Parquet any more, and nobody notices.
    for name in ("c", "e"):
        (tmp_path / "dt=1" / f"{name}.parquet").write_bytes(b"none")
    assert engine.describe(address, str(tmp_path), known) == whole
    narrow = whole.narrowed([file for file in whole.files if file.endswith("f.parquet")])
    assert [Path(file).stem for file in narrow.files] == ["a", "b", "d", "f"]


def test_a_file_that_has_other_columns_than_is_known_of_it_has_all_described_anew(tmp_path):
    engine, address = DuckDB(engine_settings(tmp_path)), shape_of_a_log(tmp_path)
    whole = engine.describe(address, str(tmp_path))
    known = dict.fromkeys(whole.layouts, "of an engine that is no more")
    assert engine.describe(address, str(tmp_path), known) == whole


def test_a_source_is_not_looked_into_again_until_a_file_changes(tmp_path):
    engine, log = DuckDB(engine_settings(tmp_path)), tmp_path / "log.jsonl"
    address = Address(name="log", format="jsonl", uri="log.jsonl")
    log.write_text('{"id": 1}\n')
    before = engine.describe(address, str(tmp_path))
    assert engine.describe(address, str(tmp_path)) is before
    log.write_text('{"no": 1}\n')  # as long as it was
    assert list(engine.describe(address, str(tmp_path)).columns) == ["no"]
    log.unlink()
    with pytest.raises(SourceError):
        engine.describe(address, str(tmp_path))
