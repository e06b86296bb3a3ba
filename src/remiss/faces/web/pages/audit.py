"""The audit: who did and saw what, newest first, and whether the logs are still what was written."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from remiss import govern
from remiss.contract.table import entries
from remiss.errors import InputError
from remiss.faces.serving import Asked, Ws
from remiss.faces.web.rendering import address, part, render, shell
from remiss.former import shown
from remiss.records.identity import parse_time

if TYPE_CHECKING:
    from remiss.govern.audit.integrity import LogIntegrity
    from remiss.workspace import Workspace

router = APIRouter()
PATH = "/audit"
LIMIT = 50
# What an entry may be of, in words.
KINDS = {
    "change": "Changes",
    "case": "Views of cases",
    "evidence": "Views of raw evidence",
    "list": "Views of lists",
    "figure": "Views of figures",
    "refused": "Refusals",
}
# Where a thing of that kind has a page, by how its id begins; what has none of these is a case, if it looks like one.
RUN = "run-"
CASE_LETTERS = len("k7m4-qp2x-9w3d")


class AuditFilter(Asked):
    """Which entries, from where on."""

    log: Literal["", "journal", "views"] = ""
    actor: str = ""
    action: str = ""
    subject: str = ""
    kind: Literal["", "change", "case", "evidence", "list", "figure", "refused"] = ""
    since: str = ""
    until: str = ""
    after: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditPage:
    """audit/page.html: entries, newest first, as they were asked for; and what verifying found, when it was asked for."""

    template: ClassVar[str] = "audit/page.html"
    kinds: ClassVar[dict[str, str]] = KINDS
    lines: tuple[dict[str, Any], ...]
    asked: AuditFilter
    first: str | None
    following: str | None
    narrowed: bool
    actions: tuple[tuple[str, str], ...]
    verdicts: tuple[LogIntegrity, ...] | None = None
    problem: tuple[str, str] | None = None
    wrong: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class VerdictsPart:
    """audit/verdicts.html: whether each log is sound."""

    template: ClassVar[str] = "audit/verdicts.html"
    verdicts: tuple[LogIntegrity, ...] | None


@router.get(PATH)
def show(ws: Ws, asked: Annotated[AuditFilter, Query()]) -> Response:
    """Show entries."""
    return _page(ws, asked)


@router.post(PATH + "/verify")
def verify(request: Request, ws: Ws) -> Response:
    """Verify the logs, and show what was found: beside the button, or on the page without script."""
    verdicts = govern.verify_audit(ws).items
    if request.headers.get("hx-request"):
        return part(VerdictsPart(verdicts=verdicts))
    return _page(ws, AuditFilter(), verdicts)


def _page(ws: Workspace, asked: AuditFilter, verdicts: tuple[LogIntegrity, ...] | None = None) -> Response:
    given: dict[str, Any] = {name: value or None for name, value in asked.model_dump(exclude={"after"}).items()}
    problem, wrong, found, status = None, "", None, 200
    try:
        moments = {name: None if given[name] is None else _moment(given[name], name) for name in ("since", "until")}
        found = govern.search_audit(ws, **(given | moments), limit=LIMIT, after=asked.after)
    except InputError as error:
        if error.code == "denied":
            raise
        problem, wrong, status = (error.what, error.do), error.field, 422
    page = AuditPage(
        lines=() if found is None else tuple(_line(line) for line in found),
        asked=asked,
        first=address(PATH, **given) if asked.after else None,
        following=None if found is None or found.next is None else address(PATH, **given, after=found.next),
        narrowed=any(given.values()),
        actions=choices(),
        verdicts=verdicts,
        problem=problem,
        wrong=wrong,
    )
    twin = address("/api/v1/audit", **given, after=asked.after)
    return render(page, shell(ws, "Audit", "audit", (twin, "Audit")), status=status)


def _moment(text: str, field: str) -> datetime:
    try:
        return parse_time(text)
    except ValueError as error:
        raise InputError(f"{text!r} is not a time", do="write 2013-06-03 or 2013-06-03T06:00:00Z", field=field) from error


# Actions that are called by what they show, and those of which even that is no sentence.
SHOWN = frozenset(
    [
        "facets",
        "duplicates",
        "form",
        "history",
        "investigation",
        "cells",
        "coverage",
        "histograms",
        "windows",
        "recodings",
        "info",
    ]
)
SAID = {"run.refused": "show refused rows of run", "case.similar": "show similar cases", "agreement.own": "show own agreement"}


def in_words(action: str) -> str:
    """Return an action as a page says it.

    >>> in_words("case.annotate"), in_words("estimate"), in_words("remiss 0.1"), in_words("case.facets")
    ('Annotate case', 'Estimate', 'Remiss 0.1', 'Show facets of case')
    """
    subject, _, verb = action.partition(".")
    words = f"{verb} {subject}" if verb and subject.isalpha() else action
    words = SAID.get(action, f"show {verb} of {subject}" if verb in SHOWN else words)
    return (words[:1].upper() + words[1:]).replace("-", " ")


def choices() -> tuple[tuple[str, str], ...]:
    """Return every action with its words, sorted by these."""
    return tuple(sorted(((name, in_words(name)) for name in entries()), key=lambda each: each[1]))


def _line(line: dict[str, Any]) -> dict[str, Any]:
    """Return an entry with the name that its action has now, and with where it leads, if what it was done on has a page."""
    subject = line["subject"]
    action = shown(line["action"])
    return line | {
        "action": action,
        "did": in_words(action),
        "also_did": ", ".join(in_words(shown(each)) for each in (line["also"] or "").split(", ") if each),
        "href": None if subject is None else _href(subject),
    }


def _href(subject: str) -> str | None:
    if subject.startswith(RUN) and subject[len(RUN) :].isalnum():
        return f"/runs/{subject}"
    looks = len(subject) == CASE_LETTERS and subject[4] == subject[9] == "-" and subject.replace("-", "").isalnum()
    return f"/cases/{subject}" if looks and subject.isascii() else None
