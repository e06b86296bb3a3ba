"""What one can do with clusters that were found: list them, and show one with its cases."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Annotated, Any

from remiss.action import action
from remiss.errors import NotFound
from remiss.parameters import Help, Position
from remiss.records.catalog import reached
from remiss.records.cluster import Cluster, Clusterings
from remiss.records.view_entry import ViewEntry, ViewKind
from remiss.understand.clusters.keeping import continues_one_another, holder, newest, recorded, told
from remiss.understand.clusters.ports import ClusterWorkspace
from remiss.understand.ports import ESTIMATE


def _listed(_: object, __: Mapping[str, Any], found: Clusterings) -> Sequence[ViewEntry]:
    return (ViewEntry(kind=ViewKind.FIGURE, query="clusters", position=found.position, count=len(found)),)


def _shown(_: object, __: Mapping[str, Any], found: Cluster) -> Sequence[ViewEntry]:
    query = f"cluster:{found.found.id}"
    return (ViewEntry(kind=ViewKind.FIGURE, query=query, position=found.read_position, count=len(found.members)),)


@action("cluster.list", permission=ESTIMATE, http="GET /clusters", reads=True, views=_listed)
def list_clusters(ws: ClusterWorkspace, *, as_of: Position | None = None) -> Clusterings:
    """List the clusters of each question that was asked, as last found.

    A cluster is told to who may see all of its cases, and may be given none of them to label any more.

    Example: remiss cluster list
    """
    at = reached(as_of, ws.evidence.position())
    position = ws.evidence.position() if at is None else at
    return Clusterings(position=position, items=tuple(told(ws, each) for each in newest(recorded(ws, at))))


@action("cluster.show", permission=ESTIMATE, http="GET /clusters/{cluster}", reads=True, subject="cluster", views=_shown)
def show_cluster(
    ws: ClusterWorkspace,
    cluster: Annotated[str, Help("The id of a cluster, also of one that was merged.")],
    *,
    as_of: Position | None = None,
) -> Cluster:
    """Show a cluster, and the cases in it.

    As the last clustering has it; of one that was merged, the one that it went into.

    Example: remiss cluster show cluster-4f7q2m9x3kbd

    Raises
    ------
    NotFound
    """
    at = reached(as_of, ws.evidence.position())
    position = ws.evidence.position() if at is None else at
    every = recorded(ws, at)
    clustering, figure = holder(every, cluster)
    if figure.id in ws.clusters.untold(clustering.id):
        raise NotFound(f"there is no cluster {cluster[:80]}", do="see `remiss cluster list`", field="cluster")
    last = next(each for each in every if continues_one_another(each, clustering))
    found = Cluster(
        asked=cluster,
        found=figure,
        members=tuple(sorted(ws.clusters.members(clustering.id)[figure.id])),
        clustering=clustering.id,
        query=clustering.query,
        source=clustering.source,
        protocol=clustering.protocol,
        protocol_version=clustering.protocol_version,
        looked_at=clustering.looked_at,
        at=clustering.at,
        position=clustering.position,
        newer=None if last.id == clustering.id else last.id,
    )
    return replace(found, read_position=position)
