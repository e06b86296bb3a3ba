"""Writing down what was found out about a case, by forms of its page; and all that rests on one run, test or ticket."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, ClassVar

from fastapi import APIRouter, Form, Query
from pydantic import BaseModel
from starlette.responses import RedirectResponse, Response

from remiss.catalog import actions as catalog
from remiss.curate import investigation_actions as curate
from remiss.errors import InputError
from remiss.faces.serving import AsOf, Ws, status_of
from remiss.faces.web.markdown import markdown
from remiss.faces.web.pages import case as pages
from remiss.faces.web.pages.investigation_part import Unwritten, cited
from remiss.faces.web.rendering import address, render, segment, shell
from remiss.records.investigation import Citation, CitationKind, Conclusion, Investigation, Outcome, Part, Stands

if TYPE_CHECKING:
    from remiss.workspace import Workspace

router = APIRouter()
LINES = 50
# What a part is called on every page, where its record is called otherwise.
PARTS = {Part.REMEDIATION.value: "attempt"}


class TypedFinding(BaseModel):
    """What stands in a form of findings, as it was typed; each part has some of the fields."""

    number: str = ""
    revision: str = ""
    text: str = ""
    stands: str = ""
    executed: str = ""
    result: str = ""
    conclusion: str = ""
    hypothesis: str = ""
    citations: str = ""
    model_version: str = ""
    outcome: str = ""
    experiments: str = ""
    results: str = ""
    rationale: str = ""

    def lines(self) -> dict[str, str]:
        """Return the fields with the line ends of everywhere else."""
        return {name: getattr(self, name).replace("\r\n", "\n") for name in type(self).model_fields}


Sent = Annotated[TypedFinding, Form()]


@router.post("/cases/{case}/hypotheses", name="hypothesis.write")
def hypothesis(ws: Ws, case: str, typed: Sent) -> Response:
    """State a hypothesis, or change one."""
    lines = typed.lines()
    return _write(
        ws,
        case,
        Part.HYPOTHESIS,
        lines,
        lambda: curate.write_hypothesis(ws, case, text=lines["text"], stands=_member(Stands, lines["stands"]), **_named(lines)),
    )


@router.post("/cases/{case}/experiments", name="experiment.write")
def experiment(ws: Ws, case: str, typed: Sent) -> Response:
    """Record an experiment, or change one."""
    lines = typed.lines()
    return _write(
        ws,
        case,
        Part.EXPERIMENT,
        lines,
        lambda: curate.write_experiment(
            ws,
            case,
            executed=lines["executed"],
            result=lines["result"],
            conclusion=_member(Conclusion, lines["conclusion"]),
            hypothesis=_whole(lines["hypothesis"]),
            citations=_citations(lines["citations"]),
            **_named(lines),
        ),
    )


@router.post("/cases/{case}/remediations", name="remediation.write")
def remediation(ws: Ws, case: str, typed: Sent) -> Response:
    """Record an attempt to mend it, or change one."""
    lines = typed.lines()
    return _write(
        ws,
        case,
        Part.REMEDIATION,
        lines,
        lambda: curate.write_remediation(
            ws,
            case,
            text=lines["text"],
            result=lines["result"],
            outcome=_member(Outcome, lines["outcome"]),
            model_version=lines["model_version"],
            citations=_citations(lines["citations"]),
            **_named(lines),
        ),
    )


@router.post("/cases/{case}/write-up", name="write-up.write")
def write_up(ws: Ws, case: str, typed: Sent) -> Response:
    """Write up what was found out."""
    lines = typed.lines()
    sections = {name: lines[name] for name in ("hypothesis", "experiments", "results", "rationale")}
    return _write(
        ws, case, Part.WRITE_UP, lines, lambda: curate.write_up(ws, case, **sections, revision=_whole(lines["revision"]) or 0)
    )


def _write(ws: Workspace, case: str, part: Part, lines: Mapping[str, str], write: Callable[[], Investigation]) -> Response:
    """Write a finding and lead to it; what is not taken is shown again as it was typed."""
    try:
        found = write()
    except InputError as error:
        if error.code not in {"input", "conflict", "precondition"}:
            raise
        number, why = _whole(lines["number"]) or 0, (error.what, error.do)
        unwritten = Unwritten(part=part, number=number, typed=lines, problem=why, wrong=error.field)
        return pages.shown(ws, catalog.show(ws, case), pages.CaseOptions(), unwritten=unwritten, status=status_of(error))
    return RedirectResponse(f"/cases/{segment(found.case)}#investigation", 303)


def _named(lines: Mapping[str, str]) -> dict[str, int | None]:
    """Return which finding a form changes, if it does."""
    number = _whole(lines["number"])
    return {"number": number, "revision": _whole(lines["revision"]) if number else None}


def _whole(text: str) -> int | None:
    """Return a number that a form holds; nothing where there is none, or 0."""
    return int(text) or None if text.isascii() and text.isdecimal() and len(text) < 10 else None


def _member(of: Any, text: str) -> Any:
    if not text:
        return None
    if text not in set(of):
        raise InputError(f"{text[:40]!r} is none of {', '.join(of)}", do="choose one of them")
    return of(text)


def _citations(text: str) -> tuple[Citation, ...]:
    return tuple(Citation.from_text(line) for line in text.splitlines() if line.strip())


@dataclass(frozen=True, slots=True, kw_only=True)
class CitationsPage:
    """citations/page.html: what cites an address, or all citations."""

    template: ClassVar[str] = "citations/page.html"
    asked: str
    as_of: int | None
    lines: tuple[dict[str, Any], ...]
    total: int
    older: str | None


class CitationFilter(AsOf):
    """Which citations to show."""

    address: str = ""
    after: str | None = None


@router.get("/citations")
def citations(ws: Ws, asked: Annotated[CitationFilter, Query()]) -> Response:
    """Show what rests on one thing, or everything that is cited."""
    found = curate.list_citations(ws, asked.address or None, limit=LINES, after=asked.after, as_of=asked.as_of)
    older = address("/citations", address=asked.address, as_of=asked.as_of, after=found.next) if found.next else None
    lines = tuple(_line(each, asked.as_of) for each in found)
    page = CitationsPage(asked=asked.address, as_of=asked.as_of, lines=lines, total=found.total or 0, older=older)
    twin = address("/api/v1/citations", address=asked.address, as_of=asked.as_of)
    return render(page, shell(ws, "Citations", "cases", (twin, "Citations"), position=asked.as_of))


def _line(each: dict[str, Any], as_of: int | None) -> dict[str, Any]:
    """Return a finding that cites something with where it leads, and with its text as it is shown."""
    return each | {
        "href": address(f"/cases/{segment(each['case'])}", as_of=as_of) + "#investigation",
        "part": PARTS.get(each["part"], each["part"]),
        "html": None if each["text"] is None else markdown(each["text"]),
        "citation": cited(Citation(kind=CitationKind(each["kind"]), address=each["address"]), as_of),
    }
