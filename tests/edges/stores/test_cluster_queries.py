"""What became of a cluster, as its id is read in a query: what it went into, what was split from it, and that it ended."""

from __future__ import annotations

from dataclasses import replace

import pytest

from remiss.capture.actions import capture
from remiss.catalog.actions import search
from remiss.understand.cluster_actions import find_clusters
from remiss.understand.clusters.keeping import stored
from remiss.understand.kept_cluster_actions import list_clusters, show_cluster
from tests.stories.logs import MONDAY, WEEK, log_with_a_fault

WEEKS = 10


@pytest.fixture
def found(ws, tmp_path, once):
    """A clustering with one cluster."""
    log = log_with_a_fault(tmp_path / "log", WEEKS, said="gate closed before boarding ended, ask gate@example.org")
    once(ws, "ten_weeks_one_reason", lambda: capture(ws, log.protocol, since=MONDAY, until=MONDAY + WEEKS * WEEK).id)
    return find_clusters(ws, "criterion:missed-delay")


def followed(ws, found, number, clusters):
    """Keep a clustering of the same question after it, with some clusters and the cases of each."""
    later = replace(found, id=f"clustering-{number}", continues=found.id, clusters=tuple(each for each, _ in clusters))
    members = {case: each.id for each, own in clusters for case in own}
    with ws._store.writing(ws.actor, "cluster.find", ws.now, None):
        ws.clusters.save(stored(later), members)
    return later


def parts(ws, one):
    """Return the cases of a cluster in two halves."""
    every = show_cluster(ws, one.id).members
    return every[: len(every) // 2], every[len(every) // 2 :]


def test_an_id_that_was_merged_is_read_as_what_it_went_into(ws, found):
    [one] = found.clusters
    first, second = parts(ws, one)
    new = replace(one, id="cluster-new", merged=(one.id,), cases=len(first))
    later = followed(ws, found, 2, [(new, first)])
    read = search(ws, f"cluster:{one.id}", limit=200)
    assert read.query == f"(cluster:cluster-new@{later.id})"
    assert f"into which {one.id} was merged" in read.read_as[0]
    assert {row["id"] for row in read} == {*first}
    # What was written out before stays as it was.
    assert search(ws, f"cluster:{one.id}@{found.id}").total == len(first) + len(second)
    assert [each.id for each in list_clusters(ws)] == [later.id]


def test_of_an_id_from_which_another_was_split_it_is_said(ws, found):
    [one] = found.clusters
    first, second = parts(ws, one)
    rest = replace(one, id="cluster-part", split_from=one.id)
    followed(ws, found, 2, [(one, first), (rest, second)])
    read = search(ws, f"cluster:{one.id}", limit=200)
    assert "from which cluster-part was split" in read.read_as[0]
    assert {row["id"] for row in read} == {*first}


def test_a_cluster_that_is_not_found_any_more_is_read_as_it_was_found_last(ws, found):
    [one] = found.clusters
    followed(ws, found, 2, [])
    read = search(ws, f"cluster:{one.id}", limit=200)
    assert "which was not found any more since" in read.read_as[0]
    assert read.query == f"(cluster:{one.id}@{found.id})"
    assert read.total == one.cases


def test_what_was_split_off_is_not_named_to_who_may_not_know_it(ws, found, ws_as):
    [one] = found.clusters
    first, second = parts(ws, one)
    secret = replace(found, id="clustering-2", clusters=(one, replace(one, id="cluster-part", split_from=one.id)))
    with ws._store.writing(ws.actor, "cluster.find", ws.now, None):
        ws.clusters.save(
            replace(stored(secret), team="other"), dict.fromkeys(first, one.id) | dict.fromkeys(second, "cluster-part")
        )
    read = search(ws_as("rae", role="reader"), f"cluster:{one.id}", limit=200)
    assert "cluster-part" not in read.read_as[0]
    assert read.total == one.cases
