"""Clusterings as they are kept, which one continues which, and what of one its asker may know."""

from __future__ import annotations

import json
from collections.abc import Sequence
from collections.abc import Set as AbstractSet
from dataclasses import asdict, replace

from remiss.errors import NotFound
from remiss.records.cluster import ClusterFigure, Clustering
from remiss.records.identity import kind_id, parse_time, plain
from remiss.understand.clusters.ports import ClusterWorkspace, StoredClustering
from remiss.understand.ports import ESTIMATE

# What of a clustering is kept in columns of its own, or follows.
BESIDE = ("id", "position", "team", "sensitivity", "untold", "read_position")
LISTS = ("fields", "ended", "notes")
UNTOLD = "clusters with a case that you may not see, or may still be given to label, are not told"


def question_of(team: str, source: str, protocol: str, query: str) -> str:
    """Return the digest of what was asked: clusterings of the same continue one another."""
    return kind_id("question", [team, source, protocol, query])


def stored(found: Clustering) -> StoredClustering:
    """Return a clustering as the catalog keeps it."""
    content = {name: value for name, value in asdict(found).items() if name not in BESIDE}
    return StoredClustering(
        id=found.id,
        question=question_of(found.team, found.source, found.protocol, found.query),
        content=json.dumps(plain(content), ensure_ascii=False),
        team=found.team,
        sensitivity=found.sensitivity,
    )


def read_clustering(one: StoredClustering) -> Clustering:
    """Return a clustering as it was found, from what the catalog keeps."""
    said = json.loads(one.content)
    said["clusters"] = tuple(_figure(each) for each in said["clusters"])
    said |= {name: tuple(said[name]) for name in LISTS} | {"at": parse_time(said["at"])}
    return Clustering(id=one.id, position=one.position, team=one.team, sensitivity=one.sensitivity, **said)


def _figure(said: dict[str, object]) -> ClusterFigure:
    return ClusterFigure(**{name: tuple(value) if isinstance(value, list) else value for name, value in said.items()})  # type: ignore[arg-type]


def recorded(ws: ClusterWorkspace, position: int | None = None) -> tuple[Clustering, ...]:
    """Return all clusterings that the asker sees, the newest first, as they were at a position, whole."""
    return tuple(read_clustering(each) for each in ws.clusters.listed(position) if ws.may(ESTIMATE, each.team))


def predecessor(every: Sequence[Clustering], found: Clustering) -> Clustering | None:
    """Return the clustering whose ids a new one has: the last of the same question, and none that is more sensitive.

    Of those the most sensitive: what is found among more cases goes on by itself, and nothing of it shows among fewer.
    """
    same = [each for each in every if continues_one_another(each, found)]
    below = [each for each in same if each.sensitivity <= found.sensitivity]
    return max(below, key=lambda each: (each.sensitivity, each.position), default=None)


def continues_one_another(one: Clustering, other: Clustering) -> bool:
    """Return whether two clusterings are of the same question, and so have the same ids."""
    return _asked(one) == _asked(other)


def _asked(one: Clustering) -> tuple[str, ...]:
    return (one.team, one.source, one.protocol, one.query)


def became(one: ClusterFigure, found: Clustering, *, asked: str, parts: AbstractSet[str], lasts: bool) -> str:
    """Return what is said where the id of a cluster is read: what became of it, and that later events are in none.

    Parameters
    ----------
    asked : the id that was given
    parts : the clusters that were split from it
    lasts : whether the last clustering still has it
    """
    said = [f", into which {asked} was merged"] if asked != one.id else []
    said += [f", from which {' and '.join(sorted(parts))} was split"] if parts else []
    said += [] if lasts else [", which was not found any more since"]
    return f"{''.join(said)}; what was captured after it was found ({found.at:%Y-%m-%d}) is not in it"


def told(ws: ClusterWorkspace, found: Clustering) -> Clustering:
    """Return a clustering without the clusters of which the asker may not know every case, and without what names these."""
    untold = ws.clusters.untold(found.id)
    clusters = tuple(each for each in found.clusters if each.id not in untold)
    left = len(found.clusters) - len(clusters)
    notes = (*found.notes, UNTOLD) if left else found.notes
    return replace(found, clusters=clusters, untold=left, notes=notes)


def newest(every: Sequence[Clustering]) -> tuple[Clustering, ...]:
    """Return the last clustering of each question, the newest first."""
    found: dict[str, Clustering] = {}
    for each in every:
        found.setdefault(question_of(each.team, each.source, each.protocol, each.query), each)
    return tuple(found.values())


def holder(every: Sequence[Clustering], name: str) -> tuple[Clustering, ClusterFigure]:
    """Return the last clustering that has a cluster, and the cluster; of one that was merged, that which it went into.

    Raises
    ------
    NotFound
    """
    wanted = {name}
    # From the oldest on, so that what was merged is followed into what it went into, and that again.
    for found in reversed(every):
        wanted |= {each.id for each in found.clusters if wanted & {*each.merged}}
    last = {each.id: (found, each) for found in reversed(every) for each in found.clusters if each.id in wanted}
    if not last:
        raise NotFound(f"there is no cluster {name[:80]}", do="see `remiss cluster list`", field="cluster")
    return max(last.values(), key=lambda one: (one[0].position, one[1].id == name))
