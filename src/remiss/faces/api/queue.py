"""Routes of the queue: take the next case to label, see what is left, put a case back."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import Field
from starlette.responses import Response

from remiss.codec import to_json
from remiss.faces.api.answering import answers as documented
from remiss.faces.api.answering import as_json
from remiss.faces.api.serving import Asked, Ws
from remiss.records.labelling import LabellingKind

router = APIRouter(tags=["queue"])


class Wanted(Asked):
    """What one wants to be given."""

    kind: LabellingKind | None = Field(None, description="annotation, verification or adjudication alone; default: any.")
    beside: list[str] = Field(default_factory=list, description="Ids of cases in hand that should not be given again.")


@router.post("/queue/next", operation_id="queue.next", responses=documented("served", 409))
def take(ws: Ws, body: Wanted) -> Response:
    """Take the next case to label; for 30 minutes nobody else is given it."""
    from remiss.curate import queue_actions as queue

    return as_json(to_json(queue.take(ws, body.kind, tuple(body.beside))))


@router.get("/queue", operation_id="queue.list", responses=documented("queue"))
def state(ws: Ws) -> Response:
    """Show what one has in hand, what is left for one, and how far each batch has come."""
    from remiss.curate import queue_actions as queue

    return as_json(to_json(queue.waiting(ws)))


@router.post("/queue/{case}/release", operation_id="queue.release", responses=documented("queue", 404))
def release(ws: Ws, case: str) -> Response:
    """Put a case back, for somebody else to take."""
    from remiss.curate import queue_actions as queue

    return as_json(to_json(queue.release(ws, case)))
