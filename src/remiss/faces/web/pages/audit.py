"""The audit: who did and saw what, newest first, and whether the logs are still what was written."""

from __future__ import annotations

import re
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


# What stands for what is given in the first sentence of an action's contract, where that is not its own name.
GIVEN = {"OTHER": "another", "TEXT": "", "MB": "MB", "JSON": "JSON"}
# The words before are enough of a sentence.
ENOUGH = 3


def in_words(action: str) -> str:
    """Return what an action does: the beginning of the first sentence of its contract, of whatever it was given.

    >>> in_words("case.resolve"), in_words("suite.run"), in_words("remiss 0.1")
    ('Resolve a verified case by a version that answers it', 'Run a suite on a model', 'Remiss 0.1')
    >>> in_words("token.list"), in_words("taxonomy.recode"), in_words("thread.list")
    ('List their own tokens', 'Rename, merge or split failure modes', 'List the threads of a case with all their comments')
    """
    entry = entries().get(action)
    if entry is None:
        return action[:1].upper() + action[1:]
    first, *clauses = re.split("[:;] ", entry.summary.removesuffix("."))[0].split(", ")
    while clauses and len(first.split()) < ENOUGH:
        first = f"{first}, {clauses.pop(0)}"
    said = re.sub(r"\bthe ((?:saved )?(?:decision|file|suite|view)) [A-Z]{2,}\b", r"a \1", first)
    said = re.sub(r"(?:\bthe ([a-z]+ed )|\b)([A-Z]{2,})\b", lambda found: _given(found[1] or "", found[2]), said)
    said = re.sub(r"\byou(?= (?:did|have|labelled|may|saw)\b)", "they", said)
    for word, other in {"yourself": "themselves", "your": "their", "you": "them"}.items():
        said = re.sub(rf"\b{word}\b", other, said)
    return " ".join(said.split())


def _given(kind: str, name: str) -> str:
    """Return an argument of an action, of some kind, with its article."""
    if name in GIVEN:
        return GIVEN[name]
    words = f"{kind}{name.lower()}"
    return f"{'an' if words[0] in 'aeiou' else 'a'} {words}"


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
