"""What a capture counts of every field, held against pandas on a log with nulls, NaN, odd types and late labels."""

from __future__ import annotations

import math
import sqlite3
from contextlib import closing
from datetime import timedelta
from itertools import combinations
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from remiss import capture
from remiss.capture.bins import PURPOSE, opened
from remiss.errors import InputError
from remiss.records.histogram import LABEL_DELAY, VERSION, Bins, WindowHistograms
from tests.stories.logs import MONDAY, WEEK

PROTOCOL = """\
protocol: loans
version: 1
model: loans
source: {name: loans, format: parquet, uri: "log/*.parquet", time_zone: UTC}
labels: {format: parquet, uri: "outcomes/*.parquet", key: id, time: known_at, lag: 60 days}
fields:
  id: id
  time: at
  model_version: version
  output: said
  label: labels.paid
  confidence: score
  inputs: [income, children, employed, town, since, opened, remark, pay, diagnosis]
  text: remark
criteria:
  - {name: wrong, kind: misclassification, when: output <> label, severity: 2, why: A loan was lost.}
  - {name: unsure, kind: low-confidence, when: confidence < 0.2, severity: 3, why: The score says nothing.}
sampling: {window: 1 week, keep: 5, control: 5, undecided: 5, population: 150, seed: "2026"}
sensitivity: {inputs.pay: restricted, inputs.diagnosis: secret}
"""
# What is counted is not of a database; that each gives back what it was given is told by the story of it.
pytestmark = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


def events(weeks: int = 3, a_week: int = 300) -> pd.DataFrame:
    chance = np.random.default_rng(7)
    n = weeks * a_week
    number = np.arange(n)
    income = np.round(chance.lognormal(10, 1, n), 2)
    return pd.DataFrame(
        {
            "id": [f"L{at:05}" for at in number],
            "at": [MONDAY + at * WEEK / a_week for at in number],
            "version": chance.choice(["1", "2", None], n, p=[0.7, 0.25, 0.05]),
            "said": chance.choice(["yes", "no"], n),
            "score": np.where(number % 17 == 0, math.nan, np.round(chance.random(n), 3)),
            "income": np.where(number % 11 == 0, math.nan, income),
            "children": chance.integers(0, 5, n),
            "employed": chance.choice([True, False, None], n),
            "town": chance.choice(["Kraków", "O'Fallon", "", "ana@example.com", "Lyon"], n),
            "since": pd.to_datetime("2013-01-01", utc=True) + pd.to_timedelta(chance.integers(0, 400, n), unit="D"),
            "opened": [(MONDAY + timedelta(days=int(day))).date() for day in chance.integers(0, 4, n)],
            "remark": [f"remark {at}" for at in number],
            "pay": chance.integers(1000, 9000, n).astype(float),
            "diagnosis": chance.choice(["flu", "cold"], n),
        }
    )


def outcomes(log: pd.DataFrame) -> pd.DataFrame:
    """Labels after an hour to three weeks, one in nine never; some corrected a day later."""
    delays = [timedelta(minutes=59 + 997 * (at % 31)) for at in range(len(log))]
    found = pd.DataFrame({"id": log["id"], "paid": np.where(np.arange(len(log)) % 5 == 0, "no", "yes")})
    found["known_at"] = log["at"] + pd.Series(delays)
    found = found[found.index % 9 != 0]
    corrected = found[found.index % 14 == 0].assign(paid="no", known_at=lambda rows: rows["known_at"] + timedelta(days=1))
    return pd.concat([found, corrected])


def written(folder: Path, log: pd.DataFrame, labels: pd.DataFrame, protocol: str = PROTOCOL, files: int = 1) -> str:
    for name, rows in (("log", log), ("outcomes", labels)):
        (folder / name).mkdir(parents=True, exist_ok=True)
        for old in (folder / name).iterdir():
            old.unlink()
        for at, part in enumerate(np.array_split(np.arange(len(rows)), files)):
            table = pa.Table.from_pandas(rows.iloc[part], preserve_index=False)
            pq.write_table(table, folder / name / f"{at}.parquet", row_group_size=50)
    path = folder / "loans.yaml"
    path.write_text(protocol)
    return str(path)


def codes(log: pd.DataFrame, bins: Bins) -> pd.DataFrame:
    """Return the bin of each field of each event, and its pattern, by pandas alone."""
    labels = outcomes(log).sort_values("known_at")
    newest = labels.groupby("id")["paid"].last()
    first = labels.groupby("id")["known_at"].first()
    rows = log.assign(label=log["id"].map(newest), delay=log["id"].map(first) - log["at"])
    found = pd.DataFrame({"window": (rows["at"] - MONDAY) // WEEK})
    columns = {"model_version": "version", "output": "said", "label": "label", "confidence": "score", LABEL_DELAY: "delay"}
    for name, of in bins.fields.items():
        values = rows[columns.get(name, name.removeprefix("inputs."))]
        if of.edges is not None:
            if of.kind == "time":
                values = (values - pd.Timestamp(0, tz="UTC")) // timedelta(microseconds=1)
            elif of.kind == "delay":
                values = values / timedelta(microseconds=1)
            places = np.searchsorted(of.edges, values.astype(float), side="right") + 1
        else:
            known = {value: at for at, value in enumerate(of.values or (), 1)}
            places = values.map(
                lambda value, known=known: known.get(str(value).lower() if isinstance(value, bool) else str(value))
            )
            places = places.fillna(of.size - 1)
        found[name] = np.where(values.isna(), 0, places).astype(int)
    wrong = np.where(rows["label"].isna(), "2", np.where(rows["said"] != rows["label"], "1", "0"))
    unsure = np.where(rows["score"].isna(), "5", np.where(rows["score"] < 0.2, "1", "0"))
    return found.assign(pattern=[one + other for one, other in zip(wrong, unsure, strict=True)])


def as_counted(found: WindowHistograms, bins: Bins, own: pd.DataFrame) -> None:
    """Check every count of a window against pandas."""
    patterns = found.axes.patterns
    for name in bins.fields:
        by_version, by_pattern = found.by_version(name), found.by_pattern(name)
        assert by_version.sum() == by_pattern.sum() == len(own)
        for (version, its_bin), events in own.groupby([VERSION, name]).size().items():
            assert by_version[version, its_bin] == events, (name, version, its_bin)
        for (pattern, its_bin), events in own.groupby(["pattern", name]).size().items():
            assert by_pattern[patterns.index(pattern), its_bin] == events, (name, pattern, its_bin)
    for first, second in found.pairs:
        table = found.of_pair(first, second)
        assert table.sum() == len(own)
        for (pattern, one, other), events in own.groupby(["pattern", first, second]).size().items():
            assert table[patterns.index(pattern), one, other] == events, (first, second)


def captured(ws, path: str, since: int = 0, until: int = 3):
    return capture.capture(ws, path, since=MONDAY + since * WEEK, until=MONDAY + until * WEEK)


def held(ws, run: str) -> tuple[Bins, tuple[WindowHistograms, ...]]:
    kept = ws.histograms.bins(run)
    return opened(kept, ws.keys.secret(PURPOSE)), ws.histograms.of_run(run)


def test_every_field_and_every_two_are_counted_as_pandas_counts_them(ws, tmp_path):
    log = events()
    run = captured(ws, written(tmp_path / "log", log, outcomes(log)))
    bins, found = held(ws, run.id)
    assert set(bins.fields) == {
        *(VERSION, "output", "label", "confidence", LABEL_DELAY),
        *(f"inputs.{one}" for one in ("income", "children", "employed", "town", "since", "opened", "remark", "pay")),
    }
    own = codes(log, bins)
    assert len(found) == 3
    for at, one in enumerate(found):
        as_counted(one, bins, own[own["window"] == at])
    pairs = set(found[0].pairs)
    telling = [name for name, of in bins.fields.items() if name != LABEL_DELAY and of.size > 2]
    assert pairs == set(combinations(telling, 2))
    assert capture.reproduce(ws, run.id).verdict == "same"


def test_labels_that_come_after_the_lag_are_counted_by_how_late_they_came(ws, tmp_path):
    log = events()
    run = captured(ws, written(tmp_path / "log", log, outcomes(log), PROTOCOL.replace("lag: 60 days", "lag: 5 days")))
    bins, found = held(ws, run.id)
    own = codes(log, bins)
    late = sum(one.by_pattern(LABEL_DELAY).sum(axis=0) for one in found)
    assert late.tolist() == np.bincount(own[LABEL_DELAY], minlength=len(late)).tolist()
    unlabelled = sum(int(one.by_pattern("label").sum(axis=0)[0]) for one in found)
    assert unlabelled > late[0]


def test_of_a_restricted_field_the_catalog_has_bins_without_values_and_of_a_secret_one_nothing(ws, tmp_path):
    log = events()
    run = captured(ws, written(tmp_path / "log", log, outcomes(log)))
    kept = ws.histograms.bins(run.id)
    assert kept.fields["inputs.pay"].edges is kept.fields["inputs.pay"].values is None
    assert "inputs.diagnosis" not in kept.fields
    lines = capture.histograms(ws, run.id, field="inputs.pay")
    assert {line["values"] for line in lines} == {f"bin {at}" for at in range(1, 11)}
    assert sum(line["events"] for line in lines) == len(log)


def test_a_category_that_looks_like_a_person_is_counted_among_the_others(ws, tmp_path):
    log = events()
    run = captured(ws, written(tmp_path / "log", log, outcomes(log)))
    lines = capture.histograms(ws, run.id, field="inputs.town")
    assert {line["values"] for line in lines} == {"Kraków", "O'Fallon", "", "Lyon", "other"}
    others = sum(line["events"] for line in lines if line["values"] == "other")
    assert others == (log["town"] == "ana@example.com").sum()


def test_what_is_counted_is_the_same_in_any_order_of_rows_and_files(ws, ws_as, tmp_path):
    log = events()
    path = written(tmp_path / "log", log, outcomes(log))
    first = captured(ws, path)
    written(tmp_path / "log", log.sample(frac=1, random_state=1), outcomes(log).sample(frac=1, random_state=2), files=4)
    again = captured(ws, path)
    assert ws.histograms.bins(first.id) == ws.histograms.bins(again.id)
    assert ws.histograms.of_run(first.id) == ws.histograms.of_run(again.id)


def test_later_windows_are_counted_in_the_bins_of_the_first_and_new_categories_get_their_own(ws, tmp_path):
    log = events()
    late = log["at"] >= MONDAY + WEEK
    log.loc[late, "income"] *= 100
    log.loc[late & (log.index % 4 == 0), "town"] = "Graz"
    path = written(tmp_path / "log", log, outcomes(log))
    first, later = captured(ws, path, until=1), captured(ws, path, since=1)
    bins, found = held(ws, first.id)
    bins_later, found_later = held(ws, later.id)
    assert bins_later.fields["inputs.income"] == bins.fields["inputs.income"]
    assert bins_later.fields["inputs.town"].values == (*bins.fields["inputs.town"].values, "Graz")
    own = codes(log, bins_later)
    for at, one in enumerate((*found, *found_later)):
        as_counted(one, bins if at == 0 else bins_later, own[own["window"] == at] if at else codes(log, bins)[own["window"] == 0])
    last = bins.fields["inputs.income"].size - 1
    assert found_later[0].by_pattern("inputs.income").sum(axis=0)[last] > 200


def test_a_version_that_answered_twice_has_a_bin_of_its_own(ws, tmp_path):
    log = events()
    log.loc[[5, 500], "version"] = "canary"
    run = captured(ws, written(tmp_path / "log", log, outcomes(log)))
    lines = capture.histograms(ws, run.id, field="output")
    counted = dict.fromkeys(("1", "2", "canary", None), 0)
    for line in lines:
        counted[line["model_version"]] += line["events"]
    assert counted == {name: int((log["version"].fillna("-") == (name or "-")).sum()) for name in counted}


def test_a_field_that_is_read_in_another_way_begins_with_new_bins(ws, tmp_path):
    log = events()
    path = written(tmp_path / "log", log, outcomes(log))
    first = captured(ws, path, until=1)
    changed = PROTOCOL.replace("version: 1\nmodel", "version: 2\nmodel").replace(
        "inputs: [income,", "inputs: {income: income / 1000, children: children}\n  context: ["
    )
    changed = changed.replace("context: [ children,", "context: [").replace("inputs.pay", "context.pay")
    written(tmp_path / "log", log, outcomes(log), changed.replace("inputs.diagnosis", "context.diagnosis"))
    later = captured(ws, path, since=1)
    before, after = (held(ws, run.id)[0].fields for run in (first, later))
    assert after["inputs.income"].expression != before["inputs.income"].expression
    assert max(after["inputs.income"].edges) < max(before["inputs.income"].edges) / 100
    assert after["inputs.children"] == before["inputs.children"]


def test_a_run_that_is_derived_again_with_other_counts_is_different_and_says_where(ws, tmp_path):
    log = events()
    run = captured(ws, written(tmp_path / "log", log, outcomes(log)))
    with closing(sqlite3.connect(ws.file)) as stored, stored:
        (first, _), (_, other), _ = stored.execute("SELECT window_start, single FROM histograms ORDER BY window_start")
        stored.execute("UPDATE histograms SET single = ? WHERE window_start = ?", (other, first))
    found = capture.reproduce(ws, run.id)
    assert found.verdict == "different"
    assert found.differences == ("the histograms of the window of 2013-06-03T00:00:00Z differ",)


@pytest.mark.parametrize("field", ["inputs.nothing", "id", "text"])
def test_a_field_that_is_not_counted_is_refused_with_those_that_are(ws, tmp_path, field):
    log = events(weeks=1, a_week=60)
    run = captured(ws, written(tmp_path / "log", log, outcomes(log)), until=1)
    with pytest.raises(InputError, match=f"{field} is not counted") as refused:
        capture.histograms(ws, run.id, field=field)
    assert "inputs.income" in str(refused.value)


def test_a_window_without_events_and_a_log_without_labels_or_versions_are_counted(ws, tmp_path):
    log = events(weeks=3)
    log = log[(log["at"] < MONDAY + WEEK) | (log["at"] >= MONDAY + 2 * WEEK)]
    bare = PROTOCOL.replace("  model_version: version\n", "").replace("  label: labels.paid\n", "")
    bare = "\n".join(line for line in bare.splitlines() if not line.startswith("labels:") and "output <> label" not in line)
    run = captured(ws, written(tmp_path / "log", log, outcomes(log), bare))
    bins, found = held(ws, run.id)
    assert LABEL_DELAY not in bins.fields
    assert VERSION not in bins.fields
    assert [one.window for one in found] == [MONDAY, MONDAY + 2 * WEEK]
    lines = capture.histograms(ws, run.id, field="inputs.children")
    assert {line["model_version"] for line in lines} == {None}
    assert sum(line["events"] for line in lines) == len(log)
