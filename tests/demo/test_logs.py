"""The demo's data, models and logs: real, and what a service would have written."""

import re
import sys
from datetime import timedelta

import numpy as np
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest

from remiss.demo import flights, logs, models
from remiss.errors import InputError
from remiss.govern.redaction.policy import WRITTEN
from remiss.govern.redaction.redactor import Redactor, redact
from remiss.protocol.document import parse
from remiss.protocol.titles import parse_template, title_of


@pytest.fixture(scope="module")
def predictions(small_demo):
    return pq.read_table(small_demo.folder / "predictions")


@pytest.fixture(scope="module")
def outcomes(small_demo):
    return pq.read_table(small_demo.folder / "outcomes")


def test_every_flight_of_the_year_is_there_once_and_in_order(all_flights):
    assert len(all_flights) == 336_776
    assert len(pc.unique(all_flights["flight_key"])) == 336_776
    assert np.all(np.diff(all_flights["time_hour"].cast("int64").to_numpy()) >= 0)


def test_nearly_all_flights_have_the_weather_of_their_hour(all_flights):
    assert pc.sum(all_flights["observed"]).as_py() / len(all_flights) > 0.99


def test_arrivals_fit_the_time_in_the_air_across_zones_and_midnight(all_flights):
    arrived = all_flights.filter(all_flights["late"].is_valid())
    minutes = pc.subtract(arrived["arrived_at"].cast("int64"), arrived["scheduled_at"].cast("int64")).to_numpy() / 60e6
    taxiing = minutes - arrived["dep_delay"].to_numpy() - arrived["air_time"].to_numpy()
    assert taxiing.min() > 0
    assert taxiing.max() < 240


def test_cancelled_and_diverted_flights_never_get_an_outcome(all_flights, predictions, outcomes):
    nowhere = set(all_flights.filter(all_flights["late"].is_null())["flight_key"].to_pylist())
    assert nowhere & set(predictions["flight_key"].to_pylist())
    assert not nowhere & set(outcomes["flight_key"].to_pylist())
    assert all_flights["late"].null_count == 9430


def test_an_outcome_is_known_at_arrival_and_never_before_departure(predictions, outcomes):
    scheduled = dict(zip(predictions["flight_key"].to_pylist(), predictions["scheduled_at"].to_pylist(), strict=True))
    waits = [
        known - scheduled[key]
        for key, known in zip(outcomes["flight_key"].to_pylist(), outcomes["known_at"].to_pylist(), strict=True)
    ]
    assert min(waits) > timedelta(0)
    assert max(waits) < timedelta(days=2)


def test_a_prediction_id_names_one_answer_of_one_version(small_demo, predictions):
    assert len(predictions) == small_demo.predictions == len(pc.unique(predictions["prediction_id"]))
    assert set(predictions["model_version"].to_pylist()) == {"1", "2"}
    assert predictions["prediction_id"][0].as_py().startswith(predictions["flight_key"][0].as_py() + "/")


def test_answers_follow_from_the_threshold(predictions):
    late = predictions["probability"].to_numpy() >= models.THRESHOLD
    assert [each == "late" for each in predictions["predicted"].to_pylist()] == late.tolist()


def test_a_silent_station_is_answered_from_the_carriers_history(predictions):
    silent = predictions.filter(pc.not_equal(predictions["status"], "ok"))
    assert set(silent["status"].to_pylist()) <= {"no-weather"}
    by_carrier = {}
    for row in silent.select(["carrier", "model_version", "probability"]).to_pylist():
        by_carrier.setdefault((row["carrier"], row["model_version"]), set()).add(row["probability"])
    assert all(len(values) == 1 for values in by_carrier.values())


def test_latency_is_that_of_the_whole_batch(predictions):
    pairs = zip(predictions["trace"].to_pylist(), predictions["latency_ms"].to_pylist(), strict=True)
    batches = {}
    for trace, latency in pairs:
        batches.setdefault(trace, set()).add(latency)
    assert all(len(values) == 1 for values in batches.values())
    assert any(values != {0.0} for values in batches.values())


def test_the_bound_on_latency_is_one_that_few_answers_of_this_machine_exceed(small_demo, predictions):
    written = (small_demo.folder / logs.PROTOCOL).read_text(encoding="utf-8")
    bound = float(re.search(r"when: latency_ms > ([\d.]+) ", written)[1])
    assert pc.mean(pc.greater(predictions["latency_ms"], bound)).as_py() <= 0.01


def test_models_do_better_than_a_guess_and_say_the_same_each_time(all_flights):
    first = models.VERSIONS[0]
    one, two = models.train(all_flights, first), models.train(all_flights, first)
    assert one.digest == two.digest
    march = all_flights.filter(pc.equal(all_flights["month"], 3))
    answers, again = (models.score(march, model, lambda _: None)["probability"].to_numpy() for model in (one, two))
    assert np.array_equal(answers, again)
    late = pc.fill_null(march["late"], False).to_numpy(zero_copy_only=False)
    assert answers[late].mean() > answers[~late].mean() + 0.05


def test_nothing_in_the_remarks_looks_like_personal_data(predictions):
    remarks = pc.unique(predictions["remarks"]).to_pylist()
    assert [text for text in remarks if redact(text, Redactor(WRITTEN, b"k")) != text] == []


def test_missing_data_is_said_with_how_to_install_it(monkeypatch):
    monkeypatch.setattr(sys, "path", [])
    with pytest.raises(InputError, match="flights are not installed") as refused:
        flights.package_folder()
    assert "remiss[demo]" in refused.value.do


def test_the_protocol_calls_a_flight_by_its_number_and_way_and_says_what_people_read_who_label(small_demo):
    found, findings = parse(
        (small_demo.folder / logs.PROTOCOL).read_text(encoding="utf-8"),
        logs.PROTOCOL,
        lambda name: (small_demo.folder / name).read_text(encoding="utf-8"),
    )
    assert not findings
    values = {"inputs.carrier": "MQ", "inputs.flight": 3604, "inputs.origin": "EWR", "inputs.dest": "ORD", "output": "on-time"}
    title = title_of(parse_template(found.title), {**values, "label": "late"}.get)
    assert title == "MQ 3604, EWR to ORD: announced on-time, came late"
    assert found.guidelines.startswith("# How to label an arrival")
