"""Protocols: which the catalog keeps; one of them as it was written, each criterion with what it caught."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.responses import Response

from remiss import protocol
from remiss.catalog import actions as catalog
from remiss.catalog.query.expression import both
from remiss.catalog.query.fields import having
from remiss.catalog.query.printing import unparse
from remiss.errors import RemissError
from remiss.faces.serving import AsOf, Ws
from remiss.faces.web import highlighting, protocol_cache
from remiss.faces.web.pages.list_address import ListLink, team_choices
from remiss.faces.web.rendering import address, render, segment, shell
from remiss.parameters import MOST_REVISION
from remiss.protocol.document import detach
from remiss.protocol.ports import StoredProtocol
from remiss.records.identity import parse_time

if TYPE_CHECKING:
    from remiss.protocol.terms import Protocol
    from remiss.records.rows import Rows

router = APIRouter()
Number = Annotated[int, Field(ge=0, le=MOST_REVISION)]


class OfTeam(AsOf):
    """Whose protocols; default: those of all teams."""

    team: str | None = None


class OneVersion(AsOf):
    """Which version of a protocol; default: the newest."""

    version: Number | None = None


class TwoVersions(AsOf):
    """Which two versions of a protocol."""

    before: Number
    after: Number


@dataclass(frozen=True, slots=True, kw_only=True)
class ProtocolsPage:
    """protocols/list.html: every version that the catalog keeps."""

    template: ClassVar[str] = "protocols/list.html"
    versions: tuple[dict[str, Any], ...]
    teams: tuple[ListLink, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CriterionShown:
    """A criterion with what it caught. `line` is where it stands in the document."""

    name: str
    kind: str
    why: str
    severity: int | None
    mode: str | None
    line: int
    cases: int
    href: str
    estimate: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ProtocolPage:
    """protocols/page.html: a protocol as it was written. `readable` says whether this version of remiss can read it."""

    template: ClassVar[str] = "protocols/page.html"
    stored: StoredProtocol
    about: str
    model: str
    owners: tuple[str, ...]
    criteria: tuple[CriterionShown, ...]
    others: tuple[dict[str, Any], ...]
    files: tuple[tuple[str, tuple[highlighting.MarkedLine, ...]], ...]
    readable: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class DiffPage:
    """protocols/diff.html: what changed between two versions; no line where nothing did."""

    template: ClassVar[str] = "protocols/diff.html"
    name: str
    before: int
    after: int
    lines: tuple[tuple[str, str], ...]
    same_meaning: bool


@router.get("/protocols")
def list_(ws: Ws, asked: Annotated[OfTeam, Query()]) -> Response:
    """Show which protocol versions the catalog keeps."""
    listed = protocol.list_protocols(ws, as_of=asked.as_of)
    versions = tuple(versions_of(listed))
    page = ProtocolsPage(
        versions=tuple(each for each in versions if asked.team in {None, each["team"]}),
        teams=team_choices(
            (each["team"] for each in versions), asked.team, lambda name: address("/protocols", team=name, as_of=asked.as_of)
        ),
    )
    return render(page, shell(ws, "Protocols", "protocols", ("/api/v1/protocols", "Protocols"), position=listed.position))


@router.get("/protocols/{name}")
def show(ws: Ws, name: str, asked: Annotated[OneVersion, Query()]) -> Response:
    """Show one protocol version as it was written."""
    stored = protocol.show(ws, name, version=asked.version, as_of=asked.as_of)
    listed = protocol.list_protocols(ws, as_of=asked.as_of)
    text, attached = detach(stored.text)
    try:
        document = protocol_cache.protocol(ws, f"{stored.name}@{stored.version}")
    except RemissError:
        document = None
    lines = {} if document is None else {item.name: item.line for item in document.criteria}
    page = ProtocolPage(
        stored=stored,
        about="" if document is None else document.about,
        model="" if document is None else document.model,
        owners=() if document is None else document.owners,
        criteria=() if document is None else tuple(criteria_of(ws, document)),
        others=tuple(each for each in versions_of(listed) if each["protocol"] == stored.name),
        files=(
            (f"{stored.name}.yaml", highlighting.yaml(text, {line: f"criterion-{name}" for name, line in lines.items()})),
            *((file, highlighting.yaml(content, {})) for file, content in attached.items()),
        ),
        readable=document is not None,
    )
    twin = address(f"/api/v1/protocols/{segment(name)}", version=stored.version)
    return render(page, shell(ws, stored.name, "protocols", (twin, "Protocol"), position=listed.position))


@router.get("/protocols/{name}/diff")
def diff(ws: Ws, name: str, asked: Annotated[TwoVersions, Query()]) -> Response:
    """Show what changed between two versions."""
    found = protocol.diff(ws, name, asked.before, asked.after, as_of=asked.as_of)
    kinds = {"+": "added", "-": "removed", "@": "place"}
    lines = tuple((kinds.get(line[:1], "same"), line) for line in found[2:])
    page = DiffPage(name=name, before=asked.before, after=asked.after, lines=lines, same_meaning=found.same_meaning)
    twin = address(f"/api/v1/protocols/{segment(name)}/diff", before=asked.before, after=asked.after)
    title = f"{name}: {asked.before} to {asked.after}"
    return render(page, shell(ws, title, "protocols", (twin, "Difference"), position=found.position))


def versions_of(listed: Rows) -> Iterator[dict[str, Any]]:
    """Yield what a list of versions holds, each with where it leads."""
    for each in listed:
        href = address(f"/protocols/{segment(each['protocol'])}", version=each["version"])
        yield each | {"at": parse_time(str(each["at"])), "href": href}


def criteria_of(ws: Ws, document: Protocol) -> Iterator[CriterionShown]:
    """Yield each criterion with how many cases it has."""
    label = f"{document.name}@{document.version}"
    for each in document.criteria:
        query = unparse(both(having("protocol", label), having("criterion", each.name)))
        yield CriterionShown(
            name=each.name,
            kind=each.kind,
            why=each.why,
            severity=each.severity,
            mode=each.mode,
            line=each.line,
            cases=catalog.search(ws, query, limit=1).total or 0,
            href=address("/cases", query=query),
            estimate=address("/trends", query=unparse(having("criterion", each.name)), what="rate", by="month", protocol=label),
        )
