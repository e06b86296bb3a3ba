"""Routes on cases."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Header, Query
from pydantic import AwareDatetime, Field
from starlette.responses import Response

from remiss.catalog import actions as catalog
from remiss.catalog import duplicate_actions as doubles
from remiss.catalog.rendering import case_json, comparison_json, history_rows
from remiss.catalog.revision import SAID
from remiss.errors import Unconditional
from remiss.faces import answers
from remiss.faces.api.answering import answers as documented
from remiss.faces.api.answering import as_json, tagged
from remiss.faces.api.listing import Listed
from remiss.faces.api.serving import MOST_POSITION, Asked, Ws
from remiss.records.case import Filing, Sensitivity

router = APIRouter(tags=["cases"])
Position = Annotated[int | None, Field(default=None, ge=0, le=MOST_POSITION, description="Read the catalog as it stood there.")]
Scalar = str | int | float | bool | None


class AsOf(Asked):
    """At which position to read."""

    as_of: Position = None


class Search(AsOf):
    """Which cases, in which order, how many."""

    query: str = Field("", description="In the filter language, for example `criterion:missed-delay severity:<=2`.")
    sort: str = Field("-occurred", description="occurred, severity or filed; a leading - for descending.")
    limit: int = Field(50, ge=1, le=10_000, description="How many at most.")
    after: str | None = Field(None, description="`next` of the page before.")
    total: bool = Field(True, description="Whether to count all that match.")


class Facets(AsOf):
    """Which cases to count, by what."""

    query: str = Field("", description="In the filter language.")
    field: list[str] | None = Field(None, description="Fields to count by; default: the usual ones.")


class Compared(AsOf):
    """With how many controls to compare a case."""

    controls: int = Field(10, ge=0, le=100, description="How many controls at most; 0 for how the case was drawn alone.")


class NewCase(Asked):
    """A case that a person files: what they saw, where there may be no log at all."""

    model: str
    at: AwareDatetime
    title: str
    note: str = ""
    model_version: str | None = None
    output: str | None = None
    label: str | None = None
    mode: str | None = None
    severity: int | None = None
    inputs: dict[str, Scalar] = Field(default_factory=dict)
    context: dict[str, Scalar] = Field(default_factory=dict)
    text: str | None = None
    team: str = "default"
    sensitivity: int = Field(Sensitivity.INTERNAL, ge=0, le=3, description="0 public, 1 internal, 2 restricted, 3 secret.")

    def filing(self) -> Filing:
        """Return the record."""
        given = {name: getattr(self, name) for name in NewCase.model_fields}
        moment: datetime = self.at
        return Filing(**given | {"at": moment, "sensitivity": Sensitivity(self.sensitivity)})


class Revision(Asked):
    """What to change of a case: what is left out stays, null takes a thing away, and so does an empty note."""

    title: str | None = None
    note: str | None = None
    mode: str | None = None
    severity: int | None = None

    @property
    def clear(self) -> tuple[str, ...]:
        """What to take away."""
        return tuple(name for name in SAID if name in self.model_fields_set and getattr(self, name) is None)


@router.get("/cases", operation_id="case.search", responses=documented("list", csv=True))
def search(ws: Ws, listed: Listed, asked: Annotated[Search, Query()]) -> Response:
    """List the cases that match a query."""
    page = catalog.search(
        ws, asked.query, as_of=asked.as_of, sort=asked.sort, limit=asked.limit, after=asked.after, total=asked.total
    )
    return listed(page)


@router.get("/cases/facets", operation_id="case.facets", responses=documented("list", csv=True))
def facets(ws: Ws, listed: Listed, asked: Annotated[Facets, Query()]) -> Response:
    """Count the cases that match a query by the values of fields."""
    return listed(catalog.facets(ws, asked.query, asked.field, as_of=asked.as_of))


@router.post("/cases", operation_id="case.file", status_code=201, responses=documented("case", status=201, etag=True))
def file(ws: Ws, body: NewCase) -> Response:
    """File a failure that a person saw."""
    case = catalog.file(ws, body.filing())
    response = tagged(case_json(case), case.revision, None)
    response.status_code = 201
    response.headers["Location"] = f"/api/v1/cases/{case.id}"
    return response


class Planned(NewCase):
    """A case that a person is about to file, and how many cases like it to list."""

    limit: int = Field(5, ge=1, le=100, description="How many at most.")


@router.post("/cases/duplicates", operation_id="case.duplicates", responses=documented("list"))
def duplicates(ws: Ws, body: Planned) -> Response:
    """List the cases that a failure would be most like that somebody is about to file, and file nothing."""
    return as_json(answers.listing(doubles.duplicates(ws, body.filing(), limit=body.limit)))


@router.get("/cases/{case}", operation_id="case.show", responses=documented("case", 304, 404, 409, etag=True))
def show(
    ws: Ws,
    case: str,
    asked: Annotated[AsOf, Query()],
    if_none_match: Annotated[str | None, Header()] = None,
) -> Response:
    """Show one case, by its id or a unique prefix of six or more characters."""
    found = catalog.show(ws, case, as_of=asked.as_of)
    return tagged(case_json(found), found.revision, if_none_match)


@router.get("/cases/{case}/comparison", operation_id="case.compare", responses=documented("comparison", 404, 409))
def compare(ws: Ws, case: str, asked: Annotated[Compared, Query()]) -> Response:
    """Say how a case was drawn, and show the controls of its window and stratum that are most like it."""
    return as_json(comparison_json(catalog.compare(ws, case, controls=asked.controls, as_of=asked.as_of)))


class Alike(AsOf):
    """How many cases to list."""

    limit: int = Field(5, ge=1, le=100, description="How many at most.")


@router.get("/cases/{case}/alike", operation_id="case.alike", responses=documented("list", 404, 409, csv=True))
def alike(ws: Ws, listed: Listed, case: str, asked: Annotated[Alike, Query()]) -> Response:
    """List the cases of the same model that a case is most like: of which it may be a duplicate."""
    return listed(doubles.alike(ws, case, limit=asked.limit, as_of=asked.as_of))


@router.get("/cases/{case}/history", operation_id="case.history", responses=documented("list", 404, 409, csv=True))
def history(ws: Ws, listed: Listed, case: str, asked: Annotated[AsOf, Query()]) -> Response:
    """List every state that a case was in, oldest first."""
    return listed(history_rows(catalog.history(ws, case, as_of=asked.as_of)))


@router.patch("/cases/{case}", operation_id="case.revise", responses=documented("case", 404, 409, 412, 428, etag=True))
def revise(ws: Ws, case: str, body: Revision, if_match: Annotated[str | None, Header()] = None) -> Response:
    """Change what people say of a case; If-Match names the ETag that was read."""
    given = {name: getattr(body, name) for name in SAID}
    revised = catalog.revise(ws, case, revision_of(if_match), **given, clear=body.clear)
    return tagged(case_json(revised), revised.revision, None)


def revision_of(tag: str | None) -> int:
    """Return the revision that an If-Match header names.

    Raises
    ------
    Unconditional : none, or not one of ours
    """
    digits = (tag or "").strip().removeprefix('"').partition(".")[0]
    if tag is None or not tag.strip().startswith('"') or not digits.isdecimal() or len(digits) > 18:
        raise Unconditional("the change does not say which revision was read", do="send the ETag of what was read as If-Match")
    return int(digits)
