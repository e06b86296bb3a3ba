"""Routes on protocols and taxonomies."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from remiss.codec import to_json
from remiss.faces.api.answering import answers as documented
from remiss.faces.api.answering import as_json
from remiss.faces.api.cases import AsOf
from remiss.faces.api.listing import Listed
from remiss.faces.api.runs import Documented
from remiss.faces.api.serving import Asked, Ws, opened

router = APIRouter(tags=["protocols"])
Version = Annotated[int, Field(ge=0, le=2**31 - 1)]


class OneVersion(AsOf):
    """Which version of a protocol; default: the newest."""

    version: Version | None = None


class TwoVersions(AsOf):
    """Which two versions of a protocol."""

    before: Version
    after: Version


class Modes(Asked):
    """Which failure modes."""

    mode: str | None = Field(None, description="This one and those under it; default: all.")


@router.post("/protocols/check", operation_id="protocol.check", responses=documented("findings"))
def check(request: Request, body: Documented) -> Response:
    """Return every finding on a protocol, checked against its sources."""
    from remiss.protocol import actions as protocols
    from remiss.protocol.terms import Findings

    return as_json(to_json(protocols.check(opened(request, body.documents), body.protocol), Findings))


@router.get("/protocols", operation_id="protocol.list", responses=documented("list", csv=True))
def list_(ws: Ws, listed: Listed, asked: Annotated[AsOf, Query()]) -> Response:
    """List the protocol versions that the catalog keeps."""
    from remiss.protocol import actions as protocols

    return listed(protocols.versions(ws, as_of=asked.as_of))


@router.get("/protocols/{name}", operation_id="protocol.show", responses=documented("stored-protocol", 404))
def show(ws: Ws, name: str, asked: Annotated[OneVersion, Query()]) -> Response:
    """Return a protocol version as the catalog keeps it."""
    from remiss.protocol import actions as protocols

    return as_json(to_json(protocols.show(ws, name, asked.version, as_of=asked.as_of)))


@router.get("/protocols/{name}/diff", operation_id="protocol.diff", responses=documented("diff", 404))
def diff(ws: Ws, name: str, asked: Annotated[TwoVersions, Query()]) -> Response:
    """Return what changed between two versions of a protocol, as lines of a unified diff."""
    from remiss.protocol import actions as protocols
    from remiss.protocol.terms import Diff

    lines = protocols.diff(ws, name, asked.before, asked.after, as_of=asked.as_of)
    return as_json(to_json(lines, Diff))


@router.get("/taxonomy", operation_id="taxonomy.show", responses=documented("list", csv=True))
def taxonomy(ws: Ws, listed: Listed, asked: Annotated[Modes, Query()]) -> Response:
    """List the built-in failure modes, with what counts and what does not."""
    from remiss.protocol import actions as protocols

    return listed(protocols.modes(ws, asked.mode))
