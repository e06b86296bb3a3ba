"""Routes on the catalog itself: what it is, how it and its machine are, how captures stand."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from remiss.codec import to_json
from remiss.faces.api.answering import answers as documented
from remiss.faces.api.answering import as_json
from remiss.faces.api.cases import AsOf
from remiss.faces.api.serving import Ws

router = APIRouter(tags=["catalog"])


@router.get("/catalog", operation_id="catalog.info", responses=documented("catalog"))
def info(ws: Ws, asked: Annotated[AsOf, Query()]) -> Response:
    """Say what the catalog is and how much it holds, and to whoever may look at the machine where it lies."""
    from remiss.catalog import actions

    return as_json(to_json(actions.info(ws, as_of=asked.as_of)))


@router.post("/catalog/rotate", operation_id="catalog.rotate", responses=documented("rotation"))
def rotate(ws: Ws) -> Response:
    """Put a new key in the place of the one that wraps the keys of raw evidence, and destroy the former."""
    from remiss.govern import key_actions

    return as_json(to_json(key_actions.rotate(ws)))


@router.get("/doctor", operation_id="doctor", responses=documented("checks"))
def doctor(ws: Ws) -> Response:
    """Look at the server's machine, its catalog, its key, its vault, and room on disk."""
    from remiss.govern import actions
    from remiss.govern.health import Checks

    return as_json(to_json(actions.doctor(ws), Checks))


@router.get("/status", operation_id="run.status", responses=documented("status"))
def status(ws: Ws, asked: Annotated[AsOf, Query()]) -> Response:
    """Say, for each protocol and source, which windows are due or provisional, and what looks odd."""
    from remiss.capture import run_actions
    from remiss.capture.standing import Standings

    found = run_actions.status(ws, as_of=asked.as_of)
    return as_json(to_json(found, Standings))
