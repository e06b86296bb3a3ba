"""Forms by which whoever runs the labelling steers the queue, on the queue's page."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated, Any

from fastapi import APIRouter, Form
from pydantic import BaseModel
from starlette.responses import Response

from remiss.curate import steering_actions as steering
from remiss.curate.labelling_form import QueueState
from remiss.curate.steering import First
from remiss.errors import RemissError
from remiss.faces.serving import Ws, status_of
from remiss.faces.web.pages.queue import queue_page, to
from remiss.records.identity import parse_time

router = APIRouter()


class Scoped(BaseModel):
    """Which batches are meant, by whom read at which revision; what is empty is any."""

    revision: int = 0
    criterion: str = ""
    period: str = ""
    stratum: str = ""
    only: bool = False
    first: str = ""

    def which(self) -> dict[str, Any]:
        """Return the scope as the actions take it.

        Raises
        ------
        ValueError : a period that is no time
        """
        period = parse_time(self.period) if self.period else None
        return {"criterion": self.criterion or None, "period": period, "stratum": (self.stratum,) if self.stratum else ()}


Typed = Annotated[Scoped, Form()]


@router.post("/queue/batches/{protocol}/open", name="open")
def open_batches(ws: Ws, protocol: str, typed: Typed) -> Response:
    """Open batches and show how the queue stands."""
    return _done(ws, lambda: steering.open_batches(ws, protocol, typed.revision, only=typed.only, **typed.which()))


@router.post("/queue/batches/{protocol}/close", name="close")
def close_batches(ws: Ws, protocol: str, typed: Typed) -> Response:
    """Close batches and show how the queue stands."""
    return _done(ws, lambda: steering.close_batches(ws, protocol, typed.revision, **typed.which()))


@router.post("/queue/batches/{protocol}/order", name="order")
def order_batches(ws: Ws, protocol: str, typed: Typed) -> Response:
    """Say which batches come first, and show how the queue stands."""
    return _done(ws, lambda: steering.order_batches(ws, protocol, typed.revision, First(typed.first)))


@router.post("/queue/batches/{protocol}/undo", name="undo")
def undo_steering(ws: Ws, protocol: str, typed: Typed) -> Response:
    """Take the last act back and show how the queue stands."""
    return _done(ws, lambda: steering.undo_steering(ws, protocol, typed.revision))


def _done(ws: Ws, act: Callable[[], QueueState]) -> Response:
    try:
        act()
    except RemissError as error:
        return queue_page(ws, problem=(error.what, error.do), status=status_of(error))
    except ValueError as error:
        return queue_page(ws, problem=(str(error), "Choose what is in the lists."), status=422)
    return to("/queue#steering")
