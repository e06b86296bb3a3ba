"""Alerts: what rose beyond the usual, who has it in hand, and how the series stand that are watched."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

from fastapi import APIRouter, Form, Query
from pydantic import BaseModel
from starlette.responses import RedirectResponse, Response

from remiss import understand
from remiss.errors import Conflict, InputError
from remiss.faces.serving import AsOf, Ws, status_of
from remiss.faces.web.rendering import Refusal, address, render, segment, shell
from remiss.present.alert_facts import about, alert_in_words, stands_in_words, subject_in_words, told, waiting, watched_line
from remiss.records.alert import Alert, AlertReport, AlertRule, AlertState
from remiss.understand.alert_actions import owned_by

if TYPE_CHECKING:
    from remiss.result_cache import ResultCache
    from remiss.workspace import Workspace

router = APIRouter()
PATH = "/alerts"
HANDLE = "alert:handle"
# At one position an alert that was put off waits again when its time has come.
HOME_SECONDS = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertLine:
    """An alert in texts; `see`, cases or captures, is what stands at `href`; `acts` is whether who looks may act on it."""

    alert: Alert
    rule: str
    words: str
    stands: str
    about: str
    see: str
    href: str
    acts: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertsPage:
    """alerts/page.html: the alerts, those that wait first, and the series that are watched."""

    template: ClassVar[str] = "alerts/page.html"
    lines: tuple[AlertLine, ...]
    series: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...]
    refused: Refusal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertsAtHome:
    """What Home says of alerts: those that wait, and which rules are watched: of these nothing else is said."""

    lines: tuple[AlertLine, ...] = ()
    watched: frozenset[tuple[str, str, str]] = frozenset()

    def watches(self, source: str, protocol: str, criterion: str) -> bool:
        """Return whether a rule of a protocol, by its name or with its version, is watched."""
        return (source, protocol.partition("@")[0], criterion) in self.watched


class ActTyped(BaseModel):
    """What the form of an alert sends."""

    act: Literal["acknowledge", "day", "week", "month"]
    note: str = ""


# For how long an alert is put off, by what the form says.
OFF: Mapping[str, timedelta] = {"day": timedelta(days=1), "week": timedelta(weeks=1), "month": timedelta(days=30)}


@router.get(PATH)
def alerts(ws: Ws, asked: Annotated[AsOf, Query()]) -> Response:
    """Show alerts, and the series that are watched."""
    return _shown(ws, understand.list_alerts(ws, as_of=asked.as_of))


@router.post(PATH)
def check(ws: Ws) -> Response:
    """Look at windows that are new."""
    return _shown(ws, understand.check_alerts(ws))


@router.post(PATH + "/{alert}")
def acknowledge(ws: Ws, alert: str, typed: Annotated[ActTyped, Form()]) -> Response:
    """Take an alert in hand, or put it off."""
    note = typed.note.strip() or None
    try:
        if typed.act in OFF:
            understand.snooze_alert(ws, alert, until=ws.now + OFF[typed.act], note=note)
        else:
            understand.acknowledge_alert(ws, alert, note=note)
    except (Conflict, InputError) as error:
        refused = Refusal(form=alert, problem=(error.what, error.do), wrong="note", typed=typed.model_dump())
        return _shown(ws, understand.list_alerts(ws), refused, status_of(error))
    return RedirectResponse(f"{PATH}#{segment(alert)}", 303)


def at_home(ws: Workspace, answers: ResultCache, position: int) -> AlertsAtHome:
    """Return what Home says of alerts."""
    found = answers.ask(ws, understand.list_alerts, position, seconds=HOME_SECONDS)
    watched = frozenset((each.source, each.protocol, each.criterion) for each in found.watched if each.threshold)
    return AlertsAtHome(lines=tuple(_lines(waiting(found), ws)), watched=watched)


def owned(ws: Workspace, *, everything: bool, as_of: int | None) -> tuple[AlertLine, ...]:
    """Return the alerts of what who looks owns: those that are open, or all; a rule that raised several alarms is one of them."""
    state = None if everything else AlertState.OPEN
    return tuple(_lines(owned_by(ws.actor.name, understand.list_alerts(ws, state=state, as_of=as_of).alerts), ws))


def _shown(ws: Workspace, found: AlertReport, refused: Refusal | None = None, status: int = 200) -> Response:
    page = AlertsPage(
        lines=tuple(_lines(found.alerts, ws)),
        series=tuple(watched_line(each, words=True) for each in found.watched),
        notes=tuple(told(found)) if found.watched else found.notes,
        refused=refused,
    )
    return render(page, shell(ws, "Alerts", "alerts", ("/api/v1/alerts", "Alerts"), position=found.position), status=status)


def _lines(some: tuple[Alert, ...], ws: Workspace) -> Iterator[AlertLine]:
    for each in some:
        captures = each.rule in {AlertRule.MISSED, AlertRule.REFUSED}
        cases = address("/cases", query=each.query, sort="severity")
        yield AlertLine(
            alert=each,
            rule=subject_in_words(each),
            words=alert_in_words(each),
            stands=stands_in_words(each),
            about=about(each),
            see="captures" if captures else "cases",
            href=address("/runs", protocol=each.protocol) if captures else cases,
            acts=each.state is not AlertState.OVER and ws.authority.may(ws.actor, HANDLE, each.team),
        )
