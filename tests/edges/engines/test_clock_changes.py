"""The hour that comes twice and the hour that does not exist, of logs whose times name no zone."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from remiss.records.identity import to_micros
from remiss.records.window import clock_changes
from tests.edges.engines.worlds import captured, protocol, write

AUTUMN, SPRING = datetime(2013, 10, 28, tzinfo=UTC), datetime(2013, 3, 4, tzinfo=UTC)
WEEK = timedelta(weeks=1)
ZONE = "time_zone: America/New_York"


def local(month: int, day: int, hour: int, minute: int = 0) -> datetime:
    return datetime(2013, month, day, hour, minute, tzinfo=UTC).replace(tzinfo=None)


def drawn(tmp_path, times, monday, source=ZONE, *, text=False):
    rows = [{"id": str(at), "at": time.isoformat(" ") if text else time, "said": "yes"} for at, time in enumerate(times)]
    write(tmp_path / "log.parquet", rows)
    return captured(tmp_path, protocol(source=source, population=50), monday, monday + WEEK)


def at(found):
    return {one.member.event.id: one.member.event.at for one in found.sampled}


@pytest.mark.parametrize("text", [False, True])
def test_the_hour_that_comes_twice_is_refused_and_counted(tmp_path, text):
    night = local(11, 3, 0)
    times = [night.replace(minute=59), night.replace(hour=1), night.replace(hour=1, minute=59), night.replace(hour=2)]
    found = drawn(tmp_path, times, AUTUMN, text=text)
    assert found.refusals.counts == {"ambiguous-time": 2}
    assert [one.row for one in found.refusals.rows] == [2, 3]
    assert at(found) == {"0": datetime(2013, 11, 3, 4, 59, tzinfo=UTC), "3": datetime(2013, 11, 3, 7, tzinfo=UTC)}


@pytest.mark.parametrize(("meant", "hour"), [("earlier", 5), ("later", 6)])
def test_or_decided_by_the_source_and_said(tmp_path, meant, hour):
    times = [local(11, 3, 1, 30), local(11, 3, 3)]
    found = drawn(tmp_path, times, AUTUMN, f"{ZONE}, ambiguous: {meant}")
    assert found.refusals.counts == {}
    assert at(found)["0"] == datetime(2013, 11, 3, hour, 30, tzinfo=UTC)
    assert found.notes == (f"1 event has a local time that came twice, and is taken for the {meant}",)


@pytest.mark.parametrize("text", [False, True])
def test_the_hour_that_does_not_exist_is_refused(tmp_path, text):
    found = drawn(tmp_path, [local(3, 10, 1, 59), local(3, 10, 2, 30), local(3, 10, 3)], SPRING, text=text)
    assert found.refusals.counts == {"nonexistent-time": 1}
    assert at(found)["2"] - at(found)["0"] == timedelta(minutes=1)


def test_a_time_that_names_its_offset_is_never_ambiguous(tmp_path):
    rows = [
        {"id": "a", "at": "2013-11-03T01:30:00-04:00", "said": "yes"},
        {"id": "b", "at": "2013-11-03T01:30:00-05:00", "said": "yes"},
    ]
    write(tmp_path / "log.parquet", rows)
    found = captured(tmp_path, protocol(source=ZONE), AUTUMN, AUTUMN + WEEK)
    assert found.refusals.counts == {}
    assert at(found)["b"] - at(found)["a"] == timedelta(hours=1)


@pytest.mark.parametrize("zone", ["America/New_York", "Europe/Berlin", "Australia/Lord_Howe", "Asia/Kolkata", "UTC"])
def test_the_clock_changes_of_a_zone_are_those_that_its_local_times_show(zone):
    first, last = datetime(2013, 1, 1, tzinfo=UTC), datetime(2014, 1, 1, tzinfo=UTC)
    found, where = clock_changes(zone, to_micros(first), to_micros(last)), ZoneInfo(zone)
    minutes = (first.replace(tzinfo=None) + timedelta(minutes=10 * step) for step in range(365 * 144))
    for local in minutes:
        one, other = (local.replace(tzinfo=where, fold=fold) for fold in (0, 1))
        hits = [each for each in found if each.since <= local < each.until]
        twice = one.utcoffset() > other.utcoffset()
        never = one.utcoffset() < other.utcoffset()
        assert [each.twice for each in hits] == ([twice] if twice or never else [])


LABELS = "{{uri: labels.parquet, key: id, time: known, lag: 2 days{more}}}"
NOON = datetime(2013, 11, 2, 18, tzinfo=UTC)


def labelled(tmp_path, known, monday=AUTUMN, *, text=False, more="", source="", event=NOON):
    """Return the label of each event, each of which has one that was known at a local time; and what else was drawn."""
    write(tmp_path / "log.parquet", [{"id": str(at), "at": event, "said": "yes"} for at in range(len(known))])
    rows = [{"id": str(at), "known": time.isoformat(" ") if text else time, "actual": "no"} for at, time in enumerate(known)]
    write(tmp_path / "labels.parquet", rows)
    document = protocol(labels=LABELS.format(more=more), fields=["label: labels.actual"], source=source)
    found = captured(tmp_path, document, monday, monday + WEEK)
    return {one.member.event.id: one.member.event.label for one in found.sampled}, found


@pytest.mark.parametrize("text", [False, True])
def test_a_label_of_the_hour_that_comes_twice_is_not_used_and_counted(tmp_path, text):
    labels, found = labelled(tmp_path, [local(11, 3, 1, 30), local(11, 3, 2)], text=text, more=f", {ZONE}")
    assert labels == {"0": None, "1": "no"}
    assert found.refusals.counts == {"ambiguous-label-time": 1}
    [row] = found.refusals.rows
    assert (row.file, row.row, row.reason) == (str(tmp_path / "labels.parquet"), 1, "ambiguous-label-time")


@pytest.mark.parametrize("text", [False, True])
def test_a_label_of_the_hour_that_does_not_exist_is_not_used_and_counted(tmp_path, text):
    event = datetime(2013, 3, 9, 18, tzinfo=UTC)
    labels, found = labelled(tmp_path, [local(3, 10, 2, 30), local(3, 10, 3)], SPRING, text=text, more=f", {ZONE}", event=event)
    assert labels == {"0": None, "1": "no"}
    assert found.refusals.counts == {"nonexistent-label-time": 1}


@pytest.mark.parametrize(("meant", "label"), [("earlier", "no"), ("later", None)])
@pytest.mark.parametrize("by", ["labels", "source"])
def test_or_decided_by_the_labels_or_else_by_the_source_and_said(tmp_path, meant, label, by):
    # Two days after the event is half past five in UTC: between the two moments that the local time may mean.
    event = datetime(2013, 11, 1, 6, tzinfo=UTC)
    other = "later" if meant == "earlier" else "earlier"
    said = {"labels": {"more": f", {ZONE}, ambiguous: {meant}", "source": f"{ZONE}, ambiguous: {other}"}}
    said["source"] = {"source": f"{ZONE}, ambiguous: {meant}"}
    labels, found = labelled(tmp_path, [local(11, 3, 1, 30)], event=event, **said[by])
    assert labels == {"0": label}
    assert found.refusals.counts == {}
    assert found.notes == (f"1 label has a local time that came twice, and is taken for the {meant}",)


def test_a_label_whose_time_names_its_offset_is_used(tmp_path):
    rows = [{"id": "0", "known": "2013-11-03T01:30:00-05:00", "actual": "no"}]
    write(tmp_path / "log.parquet", [{"id": "0", "at": NOON, "said": "yes"}])
    write(tmp_path / "labels.parquet", rows)
    document = protocol(labels=LABELS.format(more=f", {ZONE}"), fields=["label: labels.actual"])
    found = captured(tmp_path, document, AUTUMN, AUTUMN + WEEK)
    assert ([one.member.event.label for one in found.sampled], found.refusals.counts) == (["no"], {})
