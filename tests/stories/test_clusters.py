"""Which failures are alike? Told through the library on both databases."""

from __future__ import annotations

import pytest

from remiss.capture.actions import capture
from remiss.codec import from_json, to_json
from remiss.errors import Denied, NotFound
from remiss.records.cluster import Cluster, Clustering
from remiss.understand.actions import estimate
from remiss.understand.cluster_actions import find_clusters
from remiss.understand.kept_cluster_actions import list_clusters, show_cluster
from tests.stories.logs import MONDAY, WEEK, log_with_a_fault

WEEKS = 10
MISSED = "criterion:missed-delay"


@pytest.fixture
def captured(ws, tmp_path, once):
    """A catalog of ten weeks in which one carrier's short flights are announced wrong more often, for a reason that is said."""
    log = log_with_a_fault(tmp_path / "log", WEEKS, said="gate closed before boarding ended, ask gate@example.org")
    once(ws, "ten_weeks_one_reason", lambda: capture(ws, log.protocol, since=MONDAY, until=MONDAY + WEEKS * WEEK).id)
    return ws


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


def test_what_is_not_there_is_not_found_and_answers_survive_json(captured):
    with pytest.raises(NotFound, match="there is no cluster nothing-here"):
        show_cluster(captured, "nothing-here")
    found = find_clusters(captured, MISSED)
    assert from_json(Clustering, to_json(found)) == found
    shown = show_cluster(captured, found.clusters[0].id)
    assert from_json(Cluster, to_json(shown)) == shown
