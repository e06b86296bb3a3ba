"""Clusters that were found, and the cases of each: fulfils `understand.clusters.ports.ClusterStore`."""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence

from sqlalchemy import Connection, and_, false, func, insert, not_, select, update

from remiss.catalog.query.guessing import NamedQuery
from remiss.edges.stores.blinding import blinded_viewer, sampled_blinded
from remiss.edges.stores.dialect.conditions import among
from remiss.edges.stores.reading import Reader, Reading
from remiss.edges.stores.tables import cases, cluster_members, clusterings, events
from remiss.edges.stores.visible import visible_to
from remiss.errors import NotFound
from remiss.records.case import Sensitivity
from remiss.records.cluster import WITHDRAWN
from remiss.understand.clusters.keeping import became, continues_one_another, holder, read_clustering
from remiss.understand.clusters.ports import StoredClustering

# So many cases are looked up at once.
AT_ONCE = 500


def cluster_query(reading: Reading, name: str) -> NamedQuery | None:
    """Return the cluster that an id, also of one that was merged, means in the last clustering that has it; of a clustering that
    is named with it, in that one. None where the viewer may not know it.
    """
    id_, _, clustering = name.partition("@")
    every = [read_clustering(each) for each in _listed(reading, None) if reading.viewer.estimates(each.team)]
    try:
        found, one = holder([each for each in every if clustering in {"", each.id}], id_)
    except NotFound:
        return None
    if one.id in _untold(reading, found.id) or (clustering and one.id != id_):
        return None
    last = next(each for each in every if continues_one_another(each, found))
    parts = {each.id for each in last.clusters if each.split_from == one.id} - _untold(reading, last.id)
    return NamedQuery(f"cluster:{one.id}@{found.id}", became(one, found, asked=id_, parts=parts, lasts=last is found))


class ClusterTable:
    """The clusterings of an open catalog, as far as a scope may see them."""

    def __init__(self, reader: Reader) -> None:
        self._reader = reader
        self._store = reader.store

    def listed(self, position: int | None = None) -> Sequence[StoredClustering]:
        """Return all clusterings, the newest first, as they were at a position."""
        with self._reader.at() as reading:
            return _listed(reading, position)

    def untold(self, clustering: str) -> frozenset[str | None]:
        """Return the clusters of a clustering with a case that is not visible to the scope, or blinded for the viewer."""
        with self._reader.at() as reading:
            return _untold(reading, clustering)

    def members(self, clustering: str) -> Mapping[str, frozenset[str]]:
        """Return the ids of the cases of each cluster of a clustering."""
        wanted = (
            select(cluster_members.c.cluster, cases.c.id)
            .join(clusterings, clusterings.c.key == cluster_members.c.clustering_key)
            .join(cases, cases.c.key == cluster_members.c.case_key)
            .where(clusterings.c.id == clustering, cluster_members.c.cluster.is_not(None))
        )
        found: dict[str, set[str]] = defaultdict(set)
        with self._reader.at() as reading:
            for cluster, case in reading.connection.execute(wanted):
                found[cluster].add(case)
        return {cluster: frozenset(own) for cluster, own in found.items()}

    def save(self, found: StoredClustering, members: Mapping[str, str | None]) -> int:
        """Keep a clustering, with the cluster of each case; return the position that it has."""
        transaction = self._store.transaction
        connection, position = transaction.connection, transaction.position()
        row = {"id": found.id, "question": found.question, "content": found.content, "position": position}
        governed = {"team_id": found.team, "sensitivity": int(found.sensitivity)}
        connection.execute(insert(clusterings), row | governed)
        key = connection.execute(select(clusterings.c.key).where(clusterings.c.id == found.id)).scalar_one()
        every = sorted(members)
        for begin in range(0, len(every), AT_ONCE):
            some = every[begin : begin + AT_ONCE]
            keys = connection.execute(select(cases.c.id, cases.c.key).where(cases.c.id.in_(some))).all()
            rows = [{"clustering_key": key, "case_key": each.key, "cluster": members[each.id]} for each in keys]
            connection.execute(insert(cluster_members), rows)
        transaction.subjects.append(found.id)
        return position


def withdraw_names(connection: Connection, event_keys: Collection[int]) -> None:
    """Write over the names of clusters with a case of these events, of which something is gone: the names may say it."""
    found = (
        select(clusterings.c.key, clusterings.c.content, cluster_members.c.cluster)
        .join(cluster_members, cluster_members.c.clustering_key == clusterings.c.key)
        .join(cases, cases.c.key == cluster_members.c.case_key)
        .where(among(cases.c.event_key, sorted(event_keys)), cluster_members.c.cluster.is_not(None))
        .distinct()
    )
    named: dict[tuple[int, str], set[str]] = defaultdict(set)
    for row in connection.execute(found):
        named[row.key, row.content].add(row.cluster)
    for (key, content), theirs in named.items():
        said = json.loads(content)
        gone = {"name": WITHDRAWN, "terms": []}
        said["clusters"] = [each | gone if each["id"] in theirs else each for each in said["clusters"]]
        written = json.dumps(said, ensure_ascii=False)
        connection.execute(update(clusterings).where(clusterings.c.key == key).values(content=written))


def _listed(reading: Reading, position: int | None) -> Sequence[StoredClustering]:
    seen = select(clusterings).where(visible_to(reading.scope, clusterings)).order_by(clusterings.c.key.desc())
    if position is not None:
        seen = seen.where(clusterings.c.position <= position)
    return tuple(
        StoredClustering(
            id=row.id,
            question=row.question,
            content=row.content,
            position=row.position,
            team=row.team_id,
            sensitivity=Sensitivity(row.sensitivity),
        )
        for row in reading.connection.execute(seen)
    )


def _untold(reading: Reading, clustering: str) -> frozenset[str | None]:
    viewer = blinded_viewer(reading)
    blinded = false() if viewer is None else func.coalesce(sampled_blinded(reading, viewer), false())
    found = (
        select(cluster_members.c.cluster)
        .join(clusterings, clusterings.c.key == cluster_members.c.clustering_key)
        .join(cases, cases.c.key == cluster_members.c.case_key)
        .join(events, events.c.key == cases.c.event_key)
        .where(clusterings.c.id == clustering, not_(and_(visible_to(reading.scope), not_(blinded))))
        .distinct()
    )
    return frozenset(reading.connection.execute(found).scalars())
