"""Home: what waits for who looks, what goes wrong and what changed, what was captured when and what is due.

What takes longer than a page may (counting all, estimating, looking at sources) stands in it when the server remembers the
answer; else the page comes without, and has it loaded.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from fastapi import APIRouter, Query
from starlette.responses import Response

from remiss import capture
from remiss.catalog import actions as catalog
from remiss.faces.serving import Asked, Cached, Ws
from remiss.faces.web.confirmed_rates import OfCriteria, confirmed
from remiss.faces.web.criteria import CriteriaOf, criteria, criteria_named
from remiss.faces.web.home_cards import LATER, HomeCard, cards
from remiss.faces.web.pages import saved_views
from remiss.faces.web.pages.alerts import AlertsAtHome, at_home
from remiss.faces.web.pages.inbox import told
from remiss.faces.web.pages.list_address import ListLink
from remiss.faces.web.pages.list_columns import PLAIN, ListHead
from remiss.faces.web.rendering import part, render, shell
from remiss.protocol.versions import superseded
from remiss.records.view_entry import ViewEntry, ViewKind

if TYPE_CHECKING:
    from remiss.capture.capture_status import CaptureStatus
    from remiss.records.catalog import CatalogFacts
    from remiss.result_cache import ResultCache
    from remiss.workspace import Workspace

router = APIRouter()
NEWEST = 10
HOLDINGS, CRITERIA, STATUS = "/parts/overview/holdings", "/parts/overview/criteria", "/parts/standing"
CARDS = "/parts/overview/cards"
# How long it may take until the pages notice that a log has grown.
STATUS_SECONDS = 60.0


@dataclass(frozen=True, slots=True, kw_only=True)
class CardsPart:
    """overview/cards.html: what waits for who looks; loaded again from `whole` where a figure is still being worked out."""

    template: ClassVar[str] = "overview/cards.html"
    cards: tuple[HomeCard, ...]
    whole: str = CARDS

    @property
    def waits(self) -> bool:
        """Whether a figure is still worked out."""
        return any(each.figure == LATER for each in self.cards)


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldingsPart:
    """overview/holdings.html: how much the catalog holds."""

    template: ClassVar[str] = "overview/holdings.html"
    facts: CatalogFacts


@dataclass(frozen=True, slots=True, kw_only=True)
class CriteriaPart:
    """overview/criteria.html: each criterion with its rate and its trend, by protocol version and source.

    `confirmed` has of each ground what people confirmed of its criteria, and is None when that is to be loaded from `whole`.
    It may be of an earlier position, `until`: what is new then is to be loaded, too. `alerted` is whether the page around it
    says already what rose, and `watched` has the alerts that
    wait. Criteria that are just `named` have no figures yet: they stand where their figures will, so that nothing below moves.
    """

    template: ClassVar[str] = "overview/criteria.html"
    frames: tuple[CriteriaOf, ...]
    confirmed: tuple[OfCriteria, ...] | None
    until: int | None = None
    alerted: bool = False
    named: bool = False
    watched: AlertsAtHome = field(default_factory=AlertsAtHome)

    @property
    def superseded(self) -> frozenset[tuple[str, str]]:
        """The sources with labels of older versions, which stand folded."""
        return superseded((each.source, each.protocol) for each in self.frames)

    @property
    def whole(self) -> str:
        """Where what is missing is to be had."""
        return f"{CRITERIA}?confirmed={str(not self.named).lower()}"


@dataclass(frozen=True, slots=True, kw_only=True)
class StatusPart:
    """_parts/status.html: what is due, provisional, waiting or odd."""

    template: ClassVar[str] = "_parts/status.html"
    items: tuple[CaptureStatus, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OverviewPage:
    """overview/page.html: what is there, with the parts that are ready; the others are loaded from their addresses.

    `told` is what others made for who is signed in.
    """

    template: ClassVar[str] = "overview/page.html"
    cards: CardsPart
    captured: tuple[dict[str, Any], ...]
    newest: tuple[dict[str, Any], ...]
    holdings: HoldingsPart | None
    criteria: CriteriaPart
    status: StatusPart | None
    parts: dict[str, str]
    told: tuple[dict[str, Any], ...]
    views: tuple[ListLink, ...]
    columns: tuple[ListHead, ...] = PLAIN


class OverviewOptions(Asked):
    """Whether to wait until everything is there, for browsers without script."""

    whole: bool = False


@router.get("/")
def overview(ws: Ws, answers: Cached, asked: Annotated[OverviewOptions, Query()]) -> Response:
    """Show what waits, what goes wrong and what changed."""
    position = ws.position()
    captured = answers.ask(ws, capture.coverage, position)
    ask = answers.ask if asked.whole else answers.ready
    facts = ask(ws, catalog.info, position)
    rates = ask(ws, criteria, position, standing=captured.rows) if len(captured) else None
    status = ask(ws, capture.status, position, seconds=STATUS_SECONDS) if len(captured) else None
    if rates is None:
        named = answers.ask(ws, criteria_named, position, standing=captured.rows) if len(captured) else ()
        first = CriteriaPart(frames=named, confirmed=None, named=True)
    else:
        first = _criteria(ws, answers, rates, position, wait=asked.whole)
    first = replace(first, watched=at_home(ws, answers, position)) if len(captured) else first
    known = () if not len(captured) else None if status is None else status.items
    page = OverviewPage(
        cards=CardsPart(cards=cards(ws, known)),
        captured=tuple(captured),
        newest=tuple(catalog.search(ws, limit=NEWEST, total=False)),
        holdings=None if facts is None else HoldingsPart(facts=facts),
        criteria=first,
        status=None if status is None else StatusPart(items=status.items),
        parts={"holdings": HOLDINGS, "standing": STATUS},
        told=told(ws),
        views=saved_views.links(saved_views.kept(ws)),
    )
    twins = (("/api/v1/coverage", "Coverage"), ("/api/v1/status", "Status"), ("/api/v1/catalog", "Catalog"))
    return render(page, shell(ws, "Home", "overview", *twins, position=position))


@router.get(CARDS)
def home_cards(ws: Ws, answers: Cached) -> Response:
    """Say what waits for who looks, as a piece of the page."""
    return part(CardsPart(cards=cards(ws, answers.ask(ws, capture.status, ws.position(), seconds=STATUS_SECONDS).items)))


@router.get(HOLDINGS)
def holdings(ws: Ws, answers: Cached) -> Response:
    """Count what the catalog holds, as a piece of the page."""
    return part(HoldingsPart(facts=answers.ask(ws, catalog.info, ws.position())))


class CriteriaOptions(Asked):
    """Whether to wait for what people confirmed, too, and whether the page says already what rose."""

    confirmed: bool = False
    alerted: bool = False


@router.get(CRITERIA)
def rates(ws: Ws, answers: Cached, options: Annotated[CriteriaOptions, Query()]) -> Response:
    """Estimate how often each criterion is met, as a piece of the page."""
    position = ws.position()
    # What machines flagged rests on what was captured: a label does not change it.
    frames = answers.ask(ws, criteria, position, standing=answers.ask(ws, capture.coverage, position).rows)
    found = _criteria(ws, answers, frames, position, wait=options.confirmed)
    return part(replace(found, alerted=options.alerted, watched=at_home(ws, answers, position)))


def _criteria(ws: Workspace, answers: ResultCache, frames: tuple[CriteriaOf, ...], position: int, *, wait: bool) -> CriteriaPart:
    """Return the criteria with what people confirmed of them: where that is waited for or known, else of an earlier position."""
    asked: list[dict[str, Any]] = [
        {"source": each.source, "protocol": each.protocol, "criteria": tuple(line.name for line in each.lines)} for each in frames
    ]
    ask = answers.ask if wait else answers.ready
    found = [ask(ws, confirmed, position, **each) for each in asked]
    until = None
    if None in found:
        former = [answers.earlier(ws, confirmed, position, **each) for each in asked]
        if all(each is not None for each in former):
            found = [each[0] for each in former if each is not None]
            until = min(each[1] for each in former if each is not None)
    # A look at figures that may have been worked out before.
    ws.record_views([ViewEntry(kind=ViewKind.FIGURE, position=position, count=len(frames))], "estimate")
    known = tuple(each for each in found if each is not None)
    return CriteriaPart(frames=frames, confirmed=known if len(known) == len(frames) else None, until=until)


@router.get(STATUS)
def status(ws: Ws, answers: Cached) -> Response:
    """Look at the sources, and say what is due, as a piece of a page."""
    found = answers.ask(ws, capture.status, ws.position(), seconds=STATUS_SECONDS)
    return part(StatusPart(items=found.items))
