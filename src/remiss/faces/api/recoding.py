"""Routes that rename, merge and split failure modes."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import Field
from starlette.requests import Request
from starlette.responses import Response

from remiss.faces import answers
from remiss.faces.api.answering import answers as documented
from remiss.faces.api.answering import as_json
from remiss.faces.api.cases import AsOf
from remiss.faces.api.serving import Asked, Ws, opened

router = APIRouter(tags=["taxonomy"])
FILE = "recoding.yaml"


class Document(Asked):
    """A recoding."""

    document: str = Field(description="The text of the document, YAML.")


@router.post("/taxonomy/recodings/plan", operation_id="taxonomy.rehearse", responses=documented("recoding", 409))
def rehearse(request: Request, body: Document) -> Response:
    """Say where each case would go by a recoding document, and write nothing."""
    from remiss.curate import recoding_actions as curate
    from remiss.curate.recoding_rendering import recoded_json

    return as_json(recoded_json(curate.rehearse(opened(request, {FILE: body.document}), FILE)))


@router.post("/taxonomy/recodings", operation_id="taxonomy.recode", responses=documented("recoding", 409))
def recode(request: Request, body: Document) -> Response:
    """Rename, merge or split failure modes by a document."""
    from remiss.curate import recoding_actions as curate
    from remiss.curate.recoding_rendering import recoded_json

    return as_json(recoded_json(curate.recode(opened(request, {FILE: body.document}), FILE)))


@router.get("/taxonomy/recodings", operation_id="taxonomy.recodings", responses=documented("list"))
def recodings(ws: Ws, asked: Annotated[AsOf, Query()]) -> Response:
    """List the recodings that were written, oldest first, with their documents."""
    from remiss.curate import recoding_actions as curate
    from remiss.curate.recoding_rendering import kept_json

    found = curate.recodings(ws, as_of=asked.as_of)
    return as_json(answers.listed("recoding", found, kept_json))
