"""Routes on the catalog itself: how captures stand."""

from __future__ import annotations

from dataclasses import asdict

from fastapi import APIRouter
from starlette.responses import Response

from remiss.faces import answers
from remiss.faces.api.answering import answers as documented
from remiss.faces.api.answering import as_json
from remiss.faces.api.serving import Ws
from remiss.records.identity import plain

router = APIRouter(tags=["catalog"])


@router.get("/status", operation_id="run.status", responses=documented("status"))
def status(ws: Ws) -> Response:
    """Say, for each protocol and source, which windows are due or provisional, and what looks odd."""
    from remiss.capture import actions

    return as_json({"schema": answers.schema_name("status"), "items": [plain(asdict(item)) for item in actions.status(ws)]})
