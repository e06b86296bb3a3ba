"""Pages from templates: a typed context in, escaped HTML out; one language for numbers, shares and times.

A page's context is a frozen dataclass that names its template; templates show it and decide nothing. Around it stands a
`Shell`: what every page has, whatever it shows. An error is a page, too: the same what and do as everywhere.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import cache, lru_cache, partial
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Protocol
from urllib.parse import quote, urlencode

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.responses import HTMLResponse, PlainTextResponse, Response

from remiss.faces.spreadsheet import as_markdown
from remiss.faces.web.markdown import markdown
from remiss.govern.authority import OPERATOR
from remiss.present import facts
from remiss.present.legible import cut, figure, number, printable, printable_lines, share, within, without_namespace
from remiss.records.event import NONE_OF
from remiss.records.identity import format_time
from remiss.records.rows import as_csv
from remiss.version import __version__

if TYPE_CHECKING:
    from remiss.workspace import Workspace


# The forms in which pages give their tables to other programs.
CSV, MARKDOWN = "csv", "markdown"
TEMPLATES = Path(__file__).parent / "templates"


@dataclass(frozen=True, slots=True)
class BarEntry:
    """An entry of the bar: its name, where it leads, its words, and what whoever opens it may do; empty where anybody may."""

    name: str
    href: str
    words: str
    needs: str = ""
    key: str = ""  # after `g` it leads there, on every page


# What stands in the bar, in groups that follow the work. Nobody is shown what they may not open.
GROUPS: tuple[tuple[str, tuple[BarEntry, ...]], ...] = (
    (
        "Mine",
        (
            BarEntry("overview", "/", "Home", key="h"),
            BarEntry("queue", "/queue", "Label", "queue:work", "l"),
            BarEntry("inbox", "/inbox", "Inbox", "inbox:read", "i"),
        ),
    ),
    (
        "Find",
        (
            BarEntry("cases", "/cases", "Cases", "case:read", "c"),
            BarEntry("trends", "/trends", "Trends", "estimate:read", "t"),
            BarEntry("slices", "/slices", "Patterns", "estimate:read"),
            BarEntry("alerts", "/alerts", "Alerts", "estimate:read"),
        ),
    ),
    ("Guard", (BarEntry("suites", "/suites", "Suites", "suite:read"), BarEntry("gates", "/gates", "Gates", "gate:read"))),
    (
        "Sources",
        (BarEntry("runs", "/runs", "Captures", "run:read"), BarEntry("protocols", "/protocols", "Protocols", "protocol:read")),
    ),
    (
        "Manage",
        (
            BarEntry("people", "/people", "People", "person:read"),
            BarEntry("agreement", "/agreement", "Quality", "agreement:read"),
            BarEntry("audit", "/audit", "Audit", "audit:read"),
        ),
    ),
)


class Page(Protocol):
    """A context: a frozen dataclass whose template shows it as `page`."""

    template: ClassVar[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Twin:
    """The API route that answers what a page shows, for programs."""

    href: str
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shell:
    """base.html: what stands around every page.

    `section` is the entry of the bar that is current, `above` the words and the address of what it is part of; `position` is the
    one that was read; `twins` name the page's JSON; `who` is the person, empty for the operator, `groups` what they may open,
    `may` tells of a permission, `came_from` says that another server led them here.
    """

    title: str
    section: str
    catalog: str
    position: int
    twins: tuple[Twin, ...]
    who: str = ""
    groups: tuple[tuple[str, tuple[BarEntry, ...]], ...] = ()
    above: tuple[str, str] = ("Home", "/")
    may: Callable[[str], bool] = lambda permission: False  # noqa: ARG005 - nobody may anything until it is known who looks
    came_from: str | None = None


def moment(value: datetime | None) -> Markup:
    """Return a time as an element that says it in UTC; the script of the pages turns it to the reader's zone."""
    if value is None:
        return Markup("")
    exact = format_time(value.replace(microsecond=0))
    return Markup('<time datetime="{}">{} UTC</time>').format(exact, f"{value:%Y-%m-%d %H:%M}")


def day(value: datetime) -> Markup:
    """Return the day of a bound in UTC: windows begin and end at days of UTC, wherever the reader is."""
    return Markup('<span class="day">{}</span>').format(f"{value:%Y-%m-%d %H:%M}".removesuffix(" 00:00"))


def address(path: str, **query: object) -> str:
    """Return an address with a query, leaving out what is empty."""
    given = {name: value for name, value in query.items() if value not in {None, ""}}
    return path + (f"?{urlencode(given, doseq=True)}" if given else "")


def segment(text: object) -> str:
    """Return a text as one segment of an address."""
    return quote(str(text), safe="")


def in_words(value: object) -> str:
    """Return a logged value as text; an absent one as a dash."""
    match value:
        case None:
            return "\u2013"
        case bool():
            return "yes" if value else "no"
        case float():
            # Not grouped into thousands, as no other value of a log is.
            return number(value).replace(",", "")
        case datetime():
            return format_time(value)
        case _:
            return printable(str(value))


def sentence(text: str) -> str:
    """Return what an error says as a sentence of a page: messages begin small, as they stand behind a name on a terminal.

    >>> sentence("there is no such case"), sentence("k7m4-qp is the beginning of two ids"), sentence("")
    ('There is no such case', 'k7m4-qp is the beginning of two ids', '')
    """
    shown = printable(text)
    first = shown.partition(" ")[0]
    return shown[:1].upper() + shown[1:] if first.rstrip(",:;.").isalpha() and first.islower() else shown


@cache
def environment() -> Environment:
    """Return the environment of all templates; compiled once."""
    found = Environment(
        loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    found.globals.update(version=__version__, address=address, none_of=NONE_OF, called=facts.called, headed=facts.headed)
    found.filters |= {each.__name__: each for each in (cut, figure, printable, printable_lines, sentence, share)}
    found.filters |= {
        "count": number,
        "moment": moment,
        "day": day,
        "segment": segment,
        "exact": format_time,
        "without_namespace": without_namespace,
        "breakable": lru_cache(1024)(lambda path: Markup("/<wbr>").join(path.split("/"))),  # lists have few paths, time and again
        "spelled": in_words,
        "within": within,
        "confidence": facts.confidence,
        "markdown": markdown,
    }
    found.tests["moment_like"] = lambda value: isinstance(value, datetime)
    return found


def render(page: Page, shell: Shell, *, status: int = 200) -> HTMLResponse:
    """Return a page in its shell, as a response."""
    return filled(page.template, {"page": page, "shell": shell}, status=status)


def part(page: Page) -> HTMLResponse:
    """Return a piece of a page without a shell, for a script to put where it belongs."""
    return filled(page.template, {"page": page})


def filled(template: str, context: Mapping[str, object], *, status: int = 200) -> HTMLResponse:
    """Return a template filled in, as a response."""
    return HTMLResponse(environment().get_template(template).render(context), status)


def sheet(columns: Sequence[str], lines: Iterable[Sequence[object]], *, form: str, name: str) -> Response:
    """Return a table as a file of CSV, or as Markdown, which a browser shows to be copied."""
    if form == MARKDOWN:
        return PlainTextResponse(as_markdown(columns, lines))
    named = {"content-disposition": f'attachment; filename="{name}.csv"'}
    return Response(as_csv(columns, lines).encode("utf-8", "backslashreplace"), media_type="text/csv", headers=named)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """What stood in a form, of several of a page, that was not taken, and why; `wrong` is the field that it is likely about."""

    form: str
    problem: tuple[str, str]
    wrong: str = ""
    typed: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ProblemPage:
    """problem.html: what went wrong, and what to do."""

    template: ClassVar[str] = "problem.html"
    heading: str
    what: str
    do: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HelpPage:
    """help/page.html: a page of docs, and the entries of the glossary that it uses."""

    template: ClassVar[str] = "help/page.html"
    title: str
    html: Markup
    words: tuple[tuple[str, Markup], ...]


def shell(ws: Workspace, title: str, section: str, *twins: tuple[str, str], position: int | None = None) -> Shell:
    """Return the shell of a page.

    Parameters
    ----------
    section : the entry of the bar that is current, or empty
    twins : address and title of the API routes that answer the same
    position : the one that was read; default: the catalog's
    """
    catalog = ws.address.rpartition("/")[2] or ws.address
    return Shell(
        title=title,
        section=section,
        above=_above(section, catalog),
        catalog=catalog,
        position=ws.position() if position is None else position,
        twins=tuple(Twin(href=href, title=name) for href, name in twins),
        who=signed_in_as(ws),
        may=partial(ws.authority.may, ws.actor),
        groups=tuple((title, open_to) for title, each in GROUPS if (open_to := _opened(ws, each))),
        came_from=ws.came_from,
    )


def _above(section: str, catalog: str) -> tuple[str, str]:
    """Return what stands above a section: of Home the catalog, of one's own work Home, of all else the group of the bar."""
    if section == "overview":
        return catalog, ""
    return next(((title, "") for title, entries in GROUPS[1:] if any(each.name == section for each in entries)), ("Home", "/"))


def signed_in_as(ws: Workspace) -> str:
    """Return the name of the person who is signed in; empty for the operator."""
    return "" if ws.actor.role == OPERATOR else ws.actor.name


def _opened(ws: Workspace, sections: tuple[BarEntry, ...]) -> tuple[BarEntry, ...]:
    """Return the sections that who is signed in may open."""
    return tuple(each for each in sections if not each.needs or ws.authority.may(ws.actor, each.needs))
