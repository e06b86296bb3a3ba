"""A stranger's Parquet log: structs, lists, decimals, a folder a day; from `protocol new` to confirmed figures. Truth by pandas.

Handwritten digits (scikit-learn's copy of the UCI data) are read by a nearest-centroid classifier. The first 300 teach it, it
reads the others in four weeks, and what it gets wrong it really does. What a service does to its log is added: shadow traffic,
retries with another latency, copies, a column that came with the third week, truth that comes late, is corrected, or never comes.
"""

from __future__ import annotations

import hashlib
import importlib.util
import re
from collections import Counter
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from scipy.special import stdtrit

from remiss import capture, understand
from remiss.catalog import actions as catalog
from remiss.curate import labelling_actions as labelling
from remiss.curate import queue_actions as queue
from remiss.faces.cli import main
from remiss.protocol import actions as protocols
from remiss.records.labelling import Judgement, LabellingKind, Verdict
from tests.properties import plain

MONDAY = datetime(2026, 3, 2, tzinfo=UTC)
WEEK = timedelta(weeks=1)
UNTIL = MONDAY + 4 * WEEK
LAG = timedelta(days=3)
LEARNT = 300
SHARES = {1: 0.9, 2: 0.8, 3: 0.6, 4: 0.5, "rejected": 1.0, "cleared": 0.3}
# What a stranger changes of the template, line by line.
EDITED = {
    "about: What this protocol looks for, in a sentence that a newcomer understands.": "about: Digits read wrong.",
    "model: my-model ": "model: reader ",
    "name: my-predictions": "name: scans",
    '"predictions/*.parquet"': "scans",
    "time_zone: UTC ": "time_zone: Europe/Berlin ",
    "# admit: traffic = 'live'": "admit: scan.traffic = 'live'",
    "# duplicates: {keep: last, by: logged_at}": "duplicates: {keep: last, by: scan.attempt}",
    '"outcomes/*.parquet"': "truth",
    "key: request_id": "key: {events: scan.id, labels: scan_id}",
    "time: known_at ": "time: told.at ",
    "lag: 2 days": "lag: 3 days",
    "id: prediction_id": "id: scan.id",
    "time: predicted_at": "time: scan.at",
    "model_version: model_version": "model_version: model['version']",
    "output: prediction": "output: answers[1].digit",
    "label: labels.actual": "label: labels.told.digit",
    "confidence: score": "confidence: answers[1].score",
    "latency_ms: latency_ms": "latency_ms: timing.total_ms",
    "# text: remarks": "text: note",
    "inputs: [country, device, amount]": "inputs: {device: scan.device, ink: ink, day: dt}",
    "context: {region: country, channel: source_app}": "context: {office: office}",
    "when: confidence < 0.6": "when: confidence < 0.5",
    "of: inputs.amount": "of: inputs.ink",
    "beyond: 6 ": "beyond: 2.5 ",
    "strata: [context.region]": "strata: [context.office]",
    "sensitivity: {context.channel: public}": "sensitivity: {context.office: public}",
    "every: week\n": "every: 8 weeks\n",
}
OWN_CRITERION = """\
  - {name: took-for-one, kind: misclassification, when: label <> '1', among: output = '1', severity: 2, why: It goes to row 1.}
"""
AMOUNTS = {"keep": 6, "control": 8, "undecided": 6, "population": 60}
CRITERIA = ("wrong-answer", "unsure", "slow", "no-answer", "odd-amount", "took-for-one")


def digits():
    """Return the images, one row each, and the digit that each shows; found beside the package and read without its import."""
    [package] = importlib.util.find_spec("sklearn").submodule_search_locations
    table = pd.read_csv(Path(package) / "datasets" / "data" / "digits.csv.gz", header=None).to_numpy()
    return table[:, :-1], table[:, -1].astype(int)


def answers(images, shown, metric):
    """Return what is read of each image after the first, and how sure: by the distances to the mean of each digit."""
    centres = np.stack([images[:LEARNT][shown[:LEARNT] == digit].mean(axis=0) for digit in range(10)])
    away = (np.abs(images[LEARNT:, None, :] - centres) ** metric).sum(axis=2) ** (1 / metric)
    sure = np.exp(-away / away.std())
    return away.argmin(axis=1), (sure / sure.sum(axis=1, keepdims=True)).max(axis=1) * 3


@pytest.fixture(scope="module")
def rows():
    """One row for each of the log, in no order."""
    images, shown = digits()
    rng = np.random.default_rng(5)
    count = len(shown) - LEARNT
    read, sure = answers(images, shown, 2)
    rows = pd.DataFrame({"id": [f"s{at:04}" for at in range(count)], "shown": shown[LEARNT:], "read": read})
    rows["other"] = answers(images, shown, 1)[0]
    rows["score"] = np.minimum(sure, 0.9999).round(4)
    rows["at"] = [MONDAY + timedelta(milliseconds=int(at)) for at in rng.integers(0, 4 * 7 * 86_400_000, count)]
    rows["ink"] = images[LEARNT:].sum(axis=1) / 4
    rows["ms"] = rng.gamma(5, 60, count).round(1)
    rows["office"], rows["device"] = rng.choice(["north", "south"], count), rng.choice(["a4", "b7"], count)
    rows["attempt"], rows["traffic"], rows["version"] = 1, "live", "2.10"
    rows["note"] = np.where(rng.random(count) < 0.1, "ask mo@example.org about " + rows["id"], "")
    rows["status"] = np.where(rows["at"] < MONDAY + 2 * WEEK, None, rng.choice(["ok", "timeout"], count, p=[0.96, 0.04]))
    again = rows.sample(frac=0.08, random_state=1).assign(attempt=2)
    again["ms"] = (again["ms"] + 400).round(1)
    again["at"] = again["at"] + pd.to_timedelta(np.where(np.arange(len(again)) % 3 == 0, 7 * 86_400, 2), unit="s")
    copies = rows.sample(frac=0.02, random_state=3)
    shadow = rows.sample(frac=0.4, random_state=4).assign(traffic="shadow", version="3.0")
    shadow["read"] = shadow["other"]
    unknown = rows.sample(frac=0.01, random_state=6).assign(traffic=None)
    unknown["id"] = "u" + unknown["id"]
    nameless = rows.sample(frac=0.005, random_state=7).assign(version=None)
    nameless["id"] = "n" + nameless["id"]
    every = pd.concat([rows, again, copies, shadow, unknown, nameless])
    return every[every["at"] < UNTIL].sample(frac=1, random_state=8).reset_index(drop=True)


@pytest.fixture(scope="module")
def told(rows):
    """What came to be known of scans, and when: mostly soon, some first wrong and then corrected, some too late, some never."""
    rng = np.random.default_rng(6)
    found = []
    for row in rows[(rows["traffic"] == "live") & (rows["attempt"] == 1)].drop_duplicates("id").itertuples():
        fate = rng.random()
        if fate < 0.08:
            continue
        first = str((row.shown + 1) % 10) if fate > 0.85 else str(row.shown)
        known = row.at + timedelta(hours=5 if fate > 0.12 else 80)
        found.append((row.id, first, known))
        if fate > 0.85:
            found.append((row.id, str(row.shown), row.at + timedelta(hours=30 if fate < 0.97 else 90)))
    return pd.DataFrame(found, columns=["id", "digit", "known_at"])


def arrow(rows):
    """Return rows as the service's own schema has them."""
    word = pa.dictionary(pa.int16(), pa.string())
    local = rows["at"].dt.tz_convert("Europe/Berlin").dt.tz_localize(None).to_list()
    named = rows.astype(object).where(rows.notna(), None)
    scan = pa.struct(
        [("id", pa.string()), ("at", pa.timestamp("ms")), ("device", word), ("traffic", word), ("attempt", pa.int8())]
    )
    answer = pa.list_(pa.struct([("digit", pa.string()), ("score", pa.decimal128(5, 4))]))
    columns = {
        "scan": pa.array(
            [
                {"id": row.id, "at": at, "device": row.device, "traffic": row.traffic, "attempt": row.attempt}
                for row, at in zip(named.itertuples(), local, strict=True)
            ],
            scan,
        ),
        "model": pa.array([{"version": row.version} for row in named.itertuples()], pa.struct([("version", word)])),
        "answers": pa.array(
            [[{"digit": str(row.read), "score": Decimal(f"{row.score:.4f}")}] for row in rows.itertuples()], answer
        ),
        "timing": pa.array(
            [{"total_ms": Decimal(f"{ms:.1f}")} for ms in rows["ms"]], pa.struct([("total_ms", pa.decimal128(9, 1))])
        ),
        "ink": pa.array([Decimal(f"{ink:.2f}") for ink in rows["ink"]], pa.decimal128(8, 2)),
        "office": pa.array(named["office"].to_list()).dictionary_encode(),
        "note": pa.array(named["note"].to_list(), pa.string()),
    }
    if rows["status"].notna().any():
        columns["status"] = pa.array(named["status"].to_list()).dictionary_encode()
    return pa.table(columns)


def write(folder, rows):
    """Write the log, a folder a day."""
    for day, own in rows.groupby(rows["at"].dt.date):
        place = folder / "scans" / f"dt={day}"
        place.mkdir(parents=True, exist_ok=True)
        pq.write_table(arrow(own), place / "part-0.parquet")


def write_labels(folder, told):
    word = pa.dictionary(pa.int16(), pa.string())
    for day, own in told.groupby(told["known_at"].dt.date):
        place = folder / "truth" / f"dt={day}"
        place.mkdir(parents=True, exist_ok=True)
        kind = pa.struct([("digit", word), ("at", pa.timestamp("ms", "UTC"))])
        said = pa.array([{"digit": row.digit, "at": row.known_at.to_pydatetime()} for row in own.itertuples()], kind)
        pq.write_table(pa.table({"scan_id": own["id"].to_list(), "told": said}), place / "part-0.parquet")


def stranger(path):
    """Fill in the template as somebody would who has never seen one."""
    text = path.read_text()
    for former, new in EDITED.items():
        assert text.count(former) == 1, former
        text = text.replace(former, new)
    for name, amount in AMOUNTS.items():
        text, found = re.subn(rf"^  (# )?{name}: \d+", f"  {name}: {amount}", text, flags=re.MULTILINE)
        assert found == 1, name
    text, found = re.subn(r"verify: \{[^}]*\}", "verify: {" + ", ".join(f"{k}: {v}" for k, v in SHARES.items()) + "}", text)
    assert found == 1
    path.write_text(text.replace("\n# How to draw", f"{OWN_CRITERION}\n# How to draw"))


@pytest.fixture
def protocol(rows, told, tmp_path):
    return written(tmp_path / "log", rows, told)


def written(folder, rows, told):
    """Return a protocol beside the log that it is about."""
    write(folder, rows)
    write_labels(folder, told)
    path = folder / "digits.yaml"
    assert main.run(["protocol", "new", str(path)]) == 0
    stranger(path)
    return path


def kept(rows):
    """Return the events: of each scan and week the row of the last attempt, where that is of this week."""
    live = rows[(rows["traffic"] == "live") & rows["version"].notna()].copy()
    live["week"] = (live["at"] - MONDAY) // WEEK
    weeks = live[["id", "week"]].drop_duplicates()
    near = weeks.merge(live, on="id", suffixes=("_of", ""))
    near = near[(near["week"] - near["week_of"]).abs() <= 1].sort_values("attempt", kind="stable")
    last = near.groupby(["id", "week_of"]).tail(1)
    return last[last["week"] == last["week_of"]].reset_index(drop=True)


def judged(rows, told):
    """Return the events with their labels and, for each criterion, `met`, `undecided`, `outside` or nothing, by pandas alone."""
    events = kept(rows)
    known = told.merge(events[["id", "week", "at"]], on="id")
    known = known[known["known_at"] <= known["at"] + LAG].sort_values("known_at").groupby(["id", "week"]).tail(1)
    events = events.merge(known[["id", "week", "digit"]], on=["id", "week"], how="left")
    said, label = events["read"].astype(str), events["digit"]
    missing = label.isna()
    met = {
        "wrong-answer": said != label,
        "unsure": events["score"] < 0.5,
        "slow": events["ms"] > 500,
        "no-answer": events["status"].notna() & (events["status"] != "ok"),
        "took-for-one": label != "1",
    }
    states = pd.DataFrame({name: np.where(each, "met", "") for name, each in met.items()})
    states.loc[missing, ["wrong-answer", "took-for-one"]] = "undecided"
    states.loc[said != "1", "took-for-one"] = "outside"
    ink = events["ink"]
    before = {week + 1: (own.median(), (own - own.median()).abs().median()) for week, own in ink.groupby(events["week"])}
    middle, spread = (events["week"].map(lambda week, at=at: before.get(week, (np.nan, np.nan))[at]) for at in (0, 1))
    odd = (ink - middle).abs() / (1.4826 * spread) > 2.5
    states["odd-amount"] = np.where(events["week"] == 0, "undecided", np.where(odd, "met", ""))
    return events.join(states[list(CRITERIA)])


def drawn(events):
    """Return what is sampled of the events, by plain Python: groups, and each event with its chance to be sampled."""
    plan = plain.Plan(
        seed="2026",
        width=WEEK,
        lag=LAG,
        strata=("context.office",),
        keep=dict.fromkeys(CRITERIA, AMOUNTS["keep"])
        | {"control": AMOUNTS["control"], "undecided": AMOUNTS["undecided"], "all": AMOUNTS["population"]},
        rules=(),
    )
    of = plain.Told()
    for event in events.to_dict("records"):
        states = {state: [name for name in CRITERIA if event[name] == state] for state in ("met", "undecided", "outside")}
        of.events.append(
            {
                "id": event["id"],
                "model_version": event["version"],
                "window": MONDAY + event["week"] * WEEK,
                "stratum": (event["office"],),
                "label": None if pd.isna(event["digit"]) else event["digit"],
                "groups": [],
                "ruled_out": [],
                "priority": plain.priority("2026", event["id"]),
                **states,
            }
        )
    plain.sample(of, plan)
    return of


@pytest.fixture(scope="module")
def events(rows, told):
    return judged(rows, told)


def groups_of(run):
    return {
        (group.window, tuple(group.stratum.values()), group.criterion): (
            group.population,
            group.labelled,
            group.kept,
            group.threshold,
        )
        for group in run.groups
    }


@pytest.mark.of_the_log
def test_what_check_says_of_the_template_as_a_stranger_filled_it_in(ws, protocol):
    found = protocols.check(ws, str(protocol))
    assert [each.what for each in found if each.level == "error"] == []
    assert any("status is in 14 of the 28 files of the log" in each.what for each in found)


def test_counts_and_rates_are_those_of_pandas(ws, rows, events, protocol):
    run = capture.capture(ws, str(protocol), since=MONDAY, until=UNTIL)
    manifest, live = run.manifest, rows[rows["traffic"] == "live"]
    assert (manifest.rows, manifest.left_out) == (len(rows), int((rows["traffic"] != "live").sum()))
    assert manifest.left_out_null == int(rows["traffic"].isna().sum()) > 0
    assert run.refused == {"missing:model_version": int(rows["version"].isna().sum())}
    assert len(events) + manifest.merged + manifest.resolved + run.refused["missing:model_version"] == len(live)
    copies = live.duplicated(["id", "attempt", "at"], keep=False) & (live["attempt"] == 1)
    assert manifest.merged == int((live[copies]["id"].isin(events[events["attempt"] == 1]["id"])).sum() / 2) > 0
    assert groups_of(run) == drawn(events).groups
    for name in CRITERIA:
        [total] = understand.estimate(ws, f"criterion:{name}").rows
        [rate] = understand.estimate(ws, f"criterion:{name}", rate=True).rows
        states = Counter(events[name])
        at_risk = len(events) - states["outside"]
        decided = at_risk - states["undecided"]
        assert (total.value, rate.value, rate.method) == (states["met"], states["met"] / decided, "counted")
        assert rate.left_out == manifest.left_out
        assert rate.judged == (decided / at_risk if states["undecided"] else None)
    # Nobody but those who were read as a one is at risk, whatever became of their labels.
    assert Counter(events["took-for-one"])["outside"] == int((events["read"] != 1).sum())


@pytest.mark.of_the_log
def test_a_field_that_was_no_stratum_is_estimated_and_its_interval_holds(ws, events, protocol):
    capture.capture(ws, str(protocol), since=MONDAY, until=UNTIL)
    of = drawn(events)
    device = dict(zip(events["id"], events["device"], strict=True))
    rows = understand.estimate(ws, "criterion:unsure", by="inputs.device", variance="sample").rows
    assert [row.key for row in rows] == ["a4", "b7"]
    for row in rows:
        own = plain.total(of, met("unsure", lambda event, key=row.key: device[event["id"]] == key), met("unsure"))
        assert (row.value, row.low, row.high) == pytest.approx((own.value, own.low, own.high))
        assert row.low <= int(((events["unsure"] == "met") & (events["device"] == row.key)).sum()) <= row.high


def met(name, also=lambda event: True):
    return lambda event: name in event["met"] and also(event)


@pytest.mark.of_the_log
def test_labels_that_come_later_narrow_the_bounds_and_stay_within_them(ws, rows, told, events, tmp_path):
    protocol = written(tmp_path / "log", rows, told[~told.duplicated("id", keep="last") & (told["known_at"] < MONDAY + 2 * WEEK)])
    capture.capture(ws, str(protocol), since=MONDAY, until=UNTIL)
    early = rate_of(ws, "wrong-answer")
    # Corrections and the truth of later weeks come in files of their own; the others are as they were.
    write_labels(protocol.parent, told)
    capture.capture(ws, str(protocol), since=MONDAY, until=UNTIL)
    late = rate_of(ws, "wrong-answer")
    assert early.judged < late.judged
    assert early.bounds[0] <= late.bounds[0] <= late.bounds[1] <= early.bounds[1]
    states = Counter(events["wrong-answer"])
    assert late.bounds == (states["met"] / len(events), (states["met"] + states["undecided"]) / len(events))
    assert (early.provisional, late.provisional) == (True, False)


def rate_of(ws, name, **asked):
    [row] = understand.estimate(ws, f"criterion:{name}", rate=True, **asked).rows
    return row


ANNOTATED = 75
# How a person grades a digit that was read wrong.
ANSWERS = {"harm": "loss", "reach": "few", "detection": "late", "recovery": "itself"}


def judgement(*, failed):
    if not failed:
        return Judgement(verdict=Verdict.NOT_A_FAILURE, rationale="It reads as it should.")
    return Judgement(verdict=Verdict.FAILURE, mode="remiss:model/error", answers=ANSWERS, rationale="It shows another digit.")


def labelled(ws_as, events):
    """Have two people label by the queue, and a third settle what they dispute; return what each said of which scan."""
    wrong = dict(zip(events["id"], events["shown"] != events["read"], strict=True))
    said = {"ana": {}, "bo": {}, "chen": {}}
    desks = {name: ws_as(name, role=role) for name, role in (("ana", "annotator"), ("bo", "verifier"), ("chen", "curator"))}

    def gives(name, kind, failed):
        task = queue.take(desks[name], kind=kind).task
        if task is None:
            return False
        scan = task.form.event.id
        said[name][scan] = failed(scan)
        give = {
            LabellingKind.ANNOTATION: labelling.annotate,
            LabellingKind.VERIFICATION: labelling.verify,
            LabellingKind.ADJUDICATION: labelling.adjudicate,
        }[kind]
        give(desks[name], task.form.case, task.form.revision, judgement(failed=failed(scan)))
        return True

    for _ in range(ANNOTATED):
        # Ana overlooks each sixth.
        assert gives("ana", LabellingKind.ANNOTATION, lambda scan: wrong[scan] and int(scan[1:]) % 6 > 0)
    while gives("bo", LabellingKind.VERIFICATION, lambda scan: wrong[scan] and int(scan[1:]) % 7 > 0):
        pass
    while gives("chen", LabellingKind.ADJUDICATION, lambda scan: wrong[scan]):
        pass
    return said


def batches(of):
    """Return which batch each sampled event is in: that of the rarest criterion that it met, and its place there."""
    found = {}
    for event in of.members:
        names = [name for name in CRITERIA if name in event["met"]] or plain.groups_of(event)
        batch = min(names, key=lambda name: of.groups[event["window"], event["stratum"], name][0])
        own = int(hashlib.md5(f"label:2026:{event['id']}".encode()).hexdigest()[:13], 16) / 16**13
        found[event["id"]] = batch, own * event["p"]
    return found


def annotated(of, said):
    """Return the events of which the first of each batch in turn were annotated, with the chance that they were."""
    place = pd.DataFrame.from_dict(batches(of), orient="index", columns=["batch", "q"])
    place["done"] = place.index.isin(list(said["ana"]))
    reached = place[~place["done"]].groupby("batch")["q"].min()
    found = pd.DataFrame([{"id": event["id"], "p1": event["p"], "met": tuple(event["met"])} for event in of.members])
    found = found.set_index("id").join(place)
    found["t"] = found["batch"].map(reached).fillna(np.inf)
    found = found[found["q"] < found["t"]].copy()
    found["p12"] = found["p1"] * np.minimum(1, found["t"] / found["p1"])
    return found


def confirmed(of, said, name):
    """Return total, precision and its interval of what two people confirmed, from the formulas of the explanation."""
    rows = annotated(of, said)
    rows = rows[[name in met for met in rows["met"]]].copy()
    failure = rows.index.map(said["ana"]).to_numpy()
    rows["p3"] = np.where(failure, SHARES[2], SHARES["rejected"])
    rows["verified"] = rows.index.isin(list(said["bo"]))
    second = rows.index.to_series().map(said["bo"].get)
    third = rows.index.to_series().map(said["chen"].get)
    rows["y"] = np.where(second == failure, failure, third.fillna(value=False))
    # What has fewer than five to expect goes with others: all such patterns together, what she rejected with what she did not.
    expected = rows.groupby("met")["p3"].sum()
    rows["cell"] = ["" if expected[met] < 5 else str(met) for met in rows["met"]]
    of_grade = rows.groupby(["cell", "p3"])["p3"].sum().unstack()
    apart = of_grade[(of_grade >= 5).all(axis=1)].index
    rows["cell"] += np.where(rows["cell"].isin(apart), rows["p3"].astype(str), "")
    rows["a"] = np.where(rows["verified"], 1 / (rows["p12"] * rows["p3"]), 0.0)
    whole, shares = 0.0, {}
    for cell, own in rows.groupby("cell"):
        number = (1 / own["p12"]).sum()
        shares[cell] = number, (own["a"] * own["y"]).sum() / own["a"].sum()
        whole += number
    precision = sum(number * share for number, share in shares.values()) / whole
    of_total, of_share = [], []
    for cell, own in rows[rows["verified"]].groupby("cell"):
        number, share = shares[cell]
        size = own["a"].sum() ** 2 / (own["a"] ** 2).sum()
        factor = (number / own["a"].sum()) ** 2 * (1 - own["p3"]) / (own["p12"] * own["p3"]) ** 2 * size / (size - 1)
        drawn_as = (1 - own["p12"]) / (own["p12"] ** 2 * own["p3"])
        of_total.extend(drawn_as * own["y"] ** 2 + factor * (own["y"] - share) ** 2)
        of_share.extend(drawn_as * (own["y"] - precision) ** 2 + factor * (own["y"] - share) ** 2)
    variance, of_total = sum(of_share) / whole**2, np.array(of_total)
    degrees = of_total.sum() ** 2 / (of_total**2).sum()
    size = precision * (1 - precision) / variance * (plain.Z / stdtrit(degrees, 0.975)) ** 2
    low, high = plain.clopper_pearson(precision, size)
    # A side without a verdict of a batch that was annotated in small part may hold as many as its gamma interval says.
    verdicts = rows[rows["verified"]]
    heavy = verdicts["p12"] < 2.5 * verdicts["p12"].min()
    yes, no = verdicts[verdicts["y"] == 1], verdicts[verdicts["y"] == 0]
    if not (heavy & (verdicts["y"] == 0)).any():
        drawn_ = (1 / no["a"])[no["a"] > 1]
        least = 1 / verdicts["a"].max()
        more = plain.gamma_interval(list(drawn_), 1 / least)[1] if len(drawn_) else np.log(0.05) / np.log1p(-least)
        low = min(low, yes["a"].sum() / (yes["a"].sum() + len(no) - len(drawn_) + more))
    assert (heavy & (verdicts["y"] == 1)).any()
    return precision, (low, high)


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
@pytest.mark.slow(reason="two people label some hundred times, each in a transaction of its own")
def test_what_two_people_confirm_is_what_the_formulas_say_of_their_words(ws, ws_as, events, protocol):
    capture.capture(ws, str(protocol), since=MONDAY, until=UNTIL)
    said = labelled(ws_as, events)
    assert min(map(len, said.values())) > 3
    [row] = understand.estimate(ws, "criterion:wrong-answer", confirmed=True).rows
    flagged = int((events["wrong-answer"] == "met").sum())
    precision, ends = confirmed(drawn(events), said, "wrong-answer")
    # All that she rejected is verified, so that there is always something of either kind.
    assert 0 < precision < 1
    assert row.flagged == flagged
    assert row.precision == pytest.approx((precision, *ends))
    assert (row.value, row.low, row.high) == pytest.approx(tuple(flagged * each for each in (precision, *ends)), rel=1e-6)
    assert not row.preliminary
    rate = rate_of(ws, "wrong-answer", confirmed=True)
    judged = int((events["wrong-answer"] != "undecided").sum())
    assert rate.value == pytest.approx(precision * flagged / judged)


@pytest.mark.of_the_log
def test_addresses_in_notes_are_not_stored(ws, events, protocol):
    capture.capture(ws, str(protocol), since=MONDAY, until=UNTIL)
    noted = [catalog.show(ws, line["id"]).event.text for line in catalog.search(ws, "about", limit=5)]
    assert noted
    assert all("[email:" in text and "example.org" not in text for text in noted)
