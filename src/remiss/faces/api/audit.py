"""Routes on the audit."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import AwareDatetime, Field
from starlette.responses import Response

from remiss.codec import to_json
from remiss.faces.api.answering import answers as documented
from remiss.faces.api.answering import as_json
from remiss.faces.api.listing import Listed
from remiss.faces.api.serving import Asked, Ws

router = APIRouter(tags=["audit"])
MOST_CHARACTERS = 1_000_000


class Entries(Asked):
    """Which entries."""

    log: Literal["journal", "views"] | None = Field(None, description="What was done, or what was looked at; default: both.")
    actor: str | None = Field(None, description="Only what this person did.")
    action: str | None = Field(None, description="Only this action, for example case.show.")
    subject: str | None = Field(None, description="Only on this thing: the whole id of a case, a run, ...")
    kind: Literal["change", "case", "evidence", "list", "figure", "refused"] | None = Field(
        None, description="Only changes, only looks at one of these, or only what was refused."
    )
    since: AwareDatetime | None = Field(None, description="From this moment.")
    until: AwareDatetime | None = Field(None, description="To before this moment.")
    limit: int = Field(50, ge=1, le=10_000, description="How many at most.")
    after: str | None = Field(None, description="`next` of the page before.")


class Against(Asked):
    """What to hold the logs against besides their own seals."""

    checkpoint: str | None = Field(None, max_length=MOST_CHARACTERS, description="Signed notes that were kept elsewhere.")
    key: str | None = Field(None, max_length=1000, description="The public key that they were signed with: rely on nothing else.")


class Kept(Asked):
    """The checkpoint to prove something against."""

    checkpoint: str | None = Field(None, max_length=MOST_CHARACTERS, description="A note that was kept; default: one of now.")


@router.get("/audit", operation_id="audit.search", responses=documented("list", csv=True))
def search(ws: Ws, listed: Listed, asked: Annotated[Entries, Query()]) -> Response:
    """List what was done, looked at and refused, newest first."""
    from remiss.govern import audit_actions as actions

    return listed(actions.search(ws, **asked.model_dump()))


@router.post("/audit/verify", operation_id="audit.verify", responses=documented("verification"))
def verify(ws: Ws, body: Against) -> Response:
    """Say of each log whether it is still what was written, and if not, which entry is the first that is not."""
    from remiss.govern import audit_actions as actions
    from remiss.govern.verification import Verification

    return as_json(to_json(actions.verify(ws, checkpoint=body.checkpoint, key=body.key), Verification))


@router.get("/audit/checkpoint", operation_id="audit.checkpoint", responses=documented("checkpoint"))
def checkpoint(ws: Ws) -> Response:
    """Sign how long each log is and which root it has."""
    from remiss.govern import audit_actions as actions

    return as_json(to_json(actions.checkpoint(ws)))


@router.post("/audit/entries/{entry}/proof", operation_id="audit.prove", responses=documented("proof", 404))
def prove(ws: Ws, entry: str, body: Kept) -> Response:
    """Prove that an entry is in the log, to people who have no access to the catalog."""
    from remiss.govern import audit_actions as actions

    return as_json(to_json(actions.prove(ws, entry, checkpoint=body.checkpoint)))
