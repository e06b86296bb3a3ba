"""Which failures are alike? Told through the library on both databases."""

from __future__ import annotations

import pytest

from remiss.capture.actions import capture
from remiss.catalog.actions import facets, search
from remiss.catalog.view_actions import save_view
from remiss.codec import from_json, to_json
from remiss.errors import Denied, NotFound, QueryError
from remiss.records.case import Sensitivity
from remiss.records.cluster import Cluster, Clustering
from remiss.safeguard.suite_actions import build_suite
from remiss.understand.actions import estimate
from remiss.understand.cluster_actions import find_clusters
from remiss.understand.exact_actions import exact
from remiss.understand.kept_cluster_actions import list_clusters, show_cluster
from remiss.understand.sample_actions import list_sample
from remiss.understand.slice_actions import keep_slices
from tests.stories.logs import MONDAY, PROTOCOL, WEEK, log_with_a_fault

WEEKS = 10
MISSED = "criterion:missed-delay"


@pytest.fixture
def captured(ws, tmp_path, once):
    """A catalog of ten weeks in which one carrier's short flights are announced wrong more often, for a reason that is said."""
    log = log_with_a_fault(tmp_path / "log", WEEKS, said="gate closed before boarding ended, ask gate@example.org")
    once(ws, "ten_weeks_one_reason", lambda: capture(ws, log.protocol, since=MONDAY, until=MONDAY + WEEKS * WEEK).id)
    return ws


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_similar_failures_are_found_named_and_kept_with_their_cases(captured):
    found = find_clusters(captured, MISSED)
    assert found.clusters
    first = found.clusters[0]
    assert len(found.clusters) == 1
    assert {"boarding", "carrier UA"} <= {*first.terms}
    assert "example" not in first.name
    assert found.considered == found.noise + sum(each.cases for each in found.clusters)
    assert all(each.events_low <= each.events <= each.events_high for each in found.clusters)
    [row] = estimate(captured, MISSED).rows
    assert found.noise_events + sum(each.events for each in found.clusters) == pytest.approx(row.value)
    shown = show_cluster(captured, first.id)
    assert (shown.found, shown.clustering, len(shown.members)) == (first, found.id, first.cases)
    assert {*first.typical} <= {*shown.members}
    [listed] = list_clusters(captured)
    assert (listed.id, listed.clusters) == (found.id, found.clusters)


def test_who_asks_again_finds_the_same_ids_and_every_one_is_read_as_of_then(captured):
    first = find_clusters(captured, MISSED)
    before = list_clusters(captured).position
    again = find_clusters(captured, MISSED)
    assert again.continues == first.id
    assert [(each.id, each.name) for each in again.clusters] == [(each.id, each.name) for each in first.clusters]
    assert again.ended == ()
    [then] = list_clusters(captured, as_of=before)
    assert then.id == first.id
    assert show_cluster(captured, first.clusters[0].id, as_of=before).clustering == first.id
    assert show_cluster(captured, first.clusters[0].id).clustering == again.id


def test_a_cluster_is_told_to_nobody_who_may_be_given_one_of_its_cases(captured, ws_as):
    found = find_clusters(captured, MISSED)
    reader = ws_as("rae", role="reader")
    [listed] = list_clusters(reader)
    assert listed.clusters == found.clusters
    labeller = ws_as("ana", role="annotator")
    [blind] = list_clusters(labeller)
    assert (blind.clusters, blind.untold) == ((), len(found.clusters))
    with pytest.raises(NotFound, match="there is no cluster cluster-"):
        show_cluster(labeller, found.clusters[0].id)
    with pytest.raises(Denied):
        find_clusters(reader, MISSED)


def test_its_id_is_its_query_wherever_one_is_asked_for(captured):
    found = find_clusters(captured, MISSED)
    [one] = found.clusters
    listed = search(captured, f"cluster:{one.id}", limit=200)
    assert {row["id"] for row in listed} == {*show_cluster(captured, one.id).members}
    written = f"cluster:{one.id}@{found.id}"
    assert listed.query == f"({written})"
    assert listed.read_as == (
        f"cluster:{one.id}: read as ({written}); what was captured after it was found ({found.at:%Y-%m-%d}) is not in it",
    )
    # What was written out is read as itself.
    again = search(captured, listed.query, limit=200)
    assert (again.rows, again.read_as) == (listed.rows, ())
    assert search(captured, f"{MISSED} -cluster:{one.id}").total == search(captured, MISSED).total - one.cases
    assert search(captured, f"cluster:{one.id}", as_of=found.position).total == one.cases
    assert facets(captured, f"cluster:{one.id}", fields=("inputs.carrier",)).rows[0][1:] == ("UA", one.cases)


def test_figures_of_a_cluster_are_those_that_it_is_told_with(captured):
    found = find_clusters(captured, MISSED)
    [one] = found.clusters
    estimated = estimate(captured, f"cluster:{one.id}")
    [row] = estimated.rows
    assert (row.value, row.sampled) == (pytest.approx(one.events), one.cases)
    assert any(note.startswith(f"cluster:{one.id}: read as") for note in estimated.notes)
    [inside] = estimate(captured, f"{MISSED} cluster:{one.id}", rate=True).rows
    [whole] = estimate(captured, MISSED, rate=True).rows
    # The events among which a rate is are all of them, in a cluster or not.
    assert inside.among == whole.among
    assert 0 < inside.value < whole.value
    with pytest.raises(QueryError, match="a cluster is of sampled events, and the log does not know it"):
        exact(captured, f"{MISSED} cluster:{one.id}", rate=True)
    with pytest.raises(QueryError, match="no later event is in a cluster"):
        keep_slices(captured, f"{MISSED} cluster:{one.id}")
    assert list_sample(captured, f"cluster:{one.id}").total == one.cases


def test_a_suite_is_built_of_a_cluster_and_a_list_of_one_is_saved(captured, ws_as):
    [one] = find_clusters(captured, MISSED).clusters
    suite = build_suite(ws_as("stella", role="steward"), "silent", f"cluster:{one.id}")
    assert suite.query == f"cluster:{one.id}"
    saved = save_view(captured, "theirs", f"/cases?query=cluster:{one.id}")
    assert "cluster" in saved.address


def test_a_cluster_is_no_query_of_who_may_not_know_it(captured, ws_as):
    found = find_clusters(captured, MISSED)
    [one] = found.clusters
    nobody = "cluster-0000000000000"[: len(one.id)]
    labeller = ws_as("ana", role="annotator")
    far = ws_as("far", role="reader", team="other")
    low = ws_as("low", role="reader", clearance="public")
    for ws in (labeller, far, low):
        for written in (f"cluster:{one.id}", f"cluster:{one.id}@{found.id}", f"-(late OR cluster:{one.id})"):
            for ask in (search, estimate, facets, list_sample):
                with pytest.raises(QueryError) as forbidden:
                    ask(ws, written)
                with pytest.raises(QueryError) as absent:
                    ask(ws, written.replace(one.id, nobody))
                assert str(forbidden.value).replace(one.id, nobody) == str(absent.value)
                assert forbidden.value.do == absent.value.do
    assert search(ws_as("rae", role="reader"), f"cluster:{one.id}").total == one.cases


def test_a_cluster_of_a_clustering_that_does_not_have_it_is_none(captured):
    found = find_clusters(captured, MISSED)
    [one] = found.clusters
    for wrong in (
        f"cluster:{one.id}@clustering-000",
        f"cluster:nothing@{found.id}",
        "cluster:nothing",
        "has:cluster",
        "cluster:*",
    ):
        with pytest.raises(QueryError):
            search(captured, wrong)


def test_who_is_not_cleared_for_the_cases_of_a_clustering_is_told_none_of_it(captured, ws_as):
    found = find_clusters(captured, MISSED)
    assert found.sensitivity is Sensitivity.INTERNAL
    for hidden in (ws_as("low", role="reader", clearance="public"), ws_as("far", role="reader", team="other")):
        assert list_clusters(hidden).items == ()
        with pytest.raises(NotFound) as absent:
            show_cluster(hidden, "nothing-here")
        with pytest.raises(NotFound) as forbidden:
            show_cluster(hidden, found.clusters[0].id)
        assert str(forbidden.value).replace(found.clusters[0].id, "nothing-here") == str(absent.value)
        assert forbidden.value.do == absent.value.do


def test_what_was_sampled_together_is_counted_together(ws, tmp_path):
    """Each flight is asked of two versions and sampled as one: a cluster has the interval that an estimate of it has."""
    log = log_with_a_fault(tmp_path / "log", 6, said="gate closed before boarding ended")
    log.predictions[:] = [
        {**row, "prediction_id": f"{row['flight']}@{version}", "model_version": version}
        for row in log.predictions
        for version in ("1", "2")
    ]
    log.write(PROTOCOL.replace('seed: "2026"', 'seed: "2026", unit: inputs.flight').replace("[carrier,", "[flight, carrier,"))
    capture(ws, log.protocol, since=MONDAY, until=MONDAY + 6 * WEEK)
    found = find_clusters(ws, MISSED)
    one = found.clusters[0]
    [row] = estimate(ws, f"cluster:{one.id}").rows
    assert one.cases < one.events
    assert (one.events, one.events_low, one.events_high) == pytest.approx((row.value, row.low, row.high))


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_what_is_not_there_is_not_found_and_answers_survive_json(captured):
    with pytest.raises(NotFound, match="there is no cluster nothing-here"):
        show_cluster(captured, "nothing-here")
    found = find_clusters(captured, MISSED)
    assert from_json(Clustering, to_json(found)) == found
    shown = show_cluster(captured, found.clusters[0].id)
    assert from_json(Cluster, to_json(shown)) == shown
