"""Clusters: similar cases, what they have in common, and the cases of one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from fastapi import APIRouter, Form, Query
from starlette.responses import RedirectResponse, Response

from remiss import understand
from remiss.errors import RemissError
from remiss.faces.serving import AsOf, Ws, status_of
from remiss.faces.web import protocol_cache
from remiss.faces.web.pages.list_address import ListLink
from remiss.faces.web.rendering import Refusal, address, render, segment, shell
from remiss.present.legible import figure
from remiss.records.cluster import Cluster, ClusterFigure, Clustering
from remiss.workspace import Workspace

router = APIRouter()
PATH = "/clusters"
FIND = "cluster:find"
# So many cases of one are listed on its page.
LISTED = 200


class ClusterQuestion(AsOf):
    """What the form of the page sends; texts may be empty."""

    query: str = ""
    source: str = ""
    protocol: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ClustersPage:
    """clusters/list.html: the question, and the clusters of each that was asked; a cluster with its figure in texts."""

    template: ClassVar[str] = "clusters/list.html"
    asked: ClusterQuestion
    ready: tuple[ListLink, ...]
    found: tuple[tuple[Clustering, tuple[tuple[ClusterFigure, str, str], ...], tuple[str, str]], ...]
    finds: bool
    refused: Refusal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterPage:
    """clusters/page.html: one cluster and its cases."""

    template: ClassVar[str] = "clusters/page.html"
    cluster: Cluster
    events: tuple[str, str]
    cases: tuple[str, ...]
    query: str
    those: str


@router.get(PATH)
def clusters(ws: Ws, asked: Annotated[ClusterQuestion, Query()]) -> Response:
    """Show the clusters of each question that was asked."""
    return _listed(ws, asked)


def _listed(ws: Workspace, asked: ClusterQuestion, refused: Refusal | None = None, status: int = 200) -> Response:
    kept = understand.list_clusters(ws, as_of=asked.as_of)
    page = ClustersPage(
        asked=asked,
        ready=tuple(_ready(ws)),
        found=tuple((each, tuple(_lines(each)), _about(each.noise_events, each.noise_low, each.noise_high)) for each in kept),
        finds=ws.may(FIND, None),
        refused=refused,
    )
    return render(page, shell(ws, "Clusters", "slices", ("/api/v1/clusters", "Clusters"), position=kept.position), status=status)


def _ready(ws: Workspace) -> Iterator[ListLink]:
    """Yield a question for each rule of the newest protocols."""
    for each in protocol_cache.newest(ws):
        for rule in each.criteria:
            query = f"criterion:{rule.name}"
            yield ListLink(words=rule.name, href=address(PATH, query=query, protocol=each.name), current=False)


def _lines(found: Clustering) -> Iterator[tuple[ClusterFigure, str, str]]:
    for each in found.clusters:
        yield (each, *_about(each.events, each.events_low, each.events_high))


def _about(value: float, low: float, high: float) -> tuple[str, str]:
    return figure(value, low, high)


@router.post(PATH)
def find(ws: Ws, typed: Annotated[ClusterQuestion, Form()]) -> Response:
    """Find clusters, and lead to the page that has them."""
    given: dict[str, Any] = {name: value for name in ("query", "source", "protocol") if (value := getattr(typed, name))}
    try:
        understand.find_clusters(ws, **given)
    except RemissError as error:
        refused = Refusal(form="find", problem=(error.what, error.do), typed=typed.model_dump())
        return _listed(ws, typed, refused, status_of(error))
    return RedirectResponse(PATH, 303)


@router.get(PATH + "/{cluster}")
def cluster(ws: Ws, cluster: str, asked: Annotated[AsOf, Query()]) -> Response:
    """Show one cluster and its cases."""
    found = understand.show_cluster(ws, cluster, as_of=asked.as_of)
    one = found.found
    page = ClusterPage(
        cluster=found,
        events=_about(one.events, one.events_low, one.events_high),
        cases=found.members[:LISTED],
        query=address("/cases", query=found.query),
        those=address("/cases", query=f"cluster:{one.id}"),
    )
    twin = (f"/api/v1/clusters/{segment(one.id)}", "Cluster")
    return render(page, shell(ws, one.name, "slices", twin, position=found.read_position))
