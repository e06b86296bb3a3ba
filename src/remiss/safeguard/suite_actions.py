"""What one can do with suites: build them from the catalog, and take their rows out."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Annotated, Any

from remiss.action import action
from remiss.catalog.evidence_actions import checked_purpose, looked
from remiss.errors import Conflict, InputError
from remiss.govern.redaction.written import check_shows_nothing
from remiss.govern.roles import checked_name
from remiss.parameters import Help, Option, PageToken, Position, Query, Range
from remiss.records.rows import Turn, list_name, token, turn
from remiss.records.success import SuccessCriterion
from remiss.records.suite import Suite, SuiteRowPage
from remiss.records.view_entry import ViewEntry, ViewKind
from remiss.safeguard.kept_actions import SuiteName, found_suite
from remiss.safeguard.kept_documents import document, suite_from
from remiss.safeguard.ports import ReadSuite, SuiteWorkspace
from remiss.safeguard.raw_inputs import with_raw
from remiss.safeguard.suite_assembly import SEALED_SHARE, SuiteParts, SuiteRows, contents, filled
from remiss.safeguard.suite_building import SEAL, BuiltSuite, gathered
from remiss.safeguard.suite_columns import SuiteColumns
from remiss.safeguard.suite_rows import named

NAME, BUILD = "suite.build", "suite:build"
MOST_CRITERIA = 50
MostRows = Annotated[int, Range(1, 1_000_000), Help("How many rows at most.")]


@contextmanager
def _prepare(
    ws: SuiteWorkspace,
    name: str,
    query: str,
    *,
    within: str,
    as_of: int | None,
    sealed: float,
    success: Sequence[str],
    raw: bool,
    purpose: str | None,
) -> Iterator[BuiltSuite]:
    checked_name(name, "suite")
    if raw:
        _check_raw(ws, purpose)
    for what, text in (("the query", query), ("--within", within), *(("a criterion of success", each) for each in success)):
        # They are kept, and no mark can stand in them.
        check_shows_nothing(what, text)
    if len(success) > MOST_CRITERIA:
        what = f"{len(success)} criteria of success"
        raise InputError(what, do=f"give at most {MOST_CRITERIA}", field="success")
    typed = [SuccessCriterion.from_text(each) for each in success]
    with ws.reading():
        found = gathered(ws, name, query, within, as_of, sealed, apart=True)
        values = {name: found.rows.every.repeated[name].values for name in ("mode", "severity", "stratum")}
        suite, taken = replace(found.suite, success=tuple(named(each, values, found.suite.criteria) for each in typed)), None
        if raw:
            suite, taken = with_raw(ws, suite, found.rows)
        found = replace(found, suite=filled(suite, found.rows, sealed, ws.keys.secret(SEAL)), raw=taken)
        _keep(ws, found.suite.digest, found.rows)
    if found.raw is not None:
        # Before anybody has them: the folder is written from here.
        ws.record_views([looked(ws, each, purpose or "") for each in found.raw.events], NAME)
        ws.raw_inputs.clear()
        ws.raw_inputs[found.suite.digest] = found.raw.inputs
    yield found


def _check_raw(ws: SuiteWorkspace, purpose: str | None) -> None:
    """Go on only where raw inputs may be put into a folder, and for a purpose.

    Raises
    ------
    InputError
    """
    if ws.request_id is not None:
        what = "raw inputs are written to a folder where the catalog is, and this was asked through a server"
        raise InputError(what, do="build the suite on the machine that opens the catalog itself", field="raw")
    if purpose is None:
        what = "raw inputs are asked for, and no purpose is given"
        raise InputError(what, do="say with --purpose what they are needed for", field="purpose")
    checked_purpose(purpose)


@action(NAME, permission=BUILD, http="POST /suites", created="suite.show", subject="name", prepare=_prepare)
def build_suite(
    ws: SuiteWorkspace,
    name: Annotated[str, Help("What the suite is called: letters, digits, dots and hyphens.")],
    query: Query = "",
    *,
    within: Annotated[str, Help("Of which events it is at all, in the filter language, for example of one airport.")] = "",
    as_of: Position | None = None,
    sealed: Annotated[
        float, Range(0, 0.9), Help("The share of families that is in no file and that gates alone run.")
    ] = SEALED_SHARE,
    success: Annotated[
        Sequence[str],
        Option("--success", SuccessCriterion.TEXT),
        Help("What a version has to come to when the suite is run; may be given several times."),
    ] = (),
    raw: Annotated[
        bool, Help("Have its folder hold the raw inputs of cases that redaction touched; not through a server.")
    ] = False,
    purpose: Annotated[str, Help("What the raw inputs are needed for, in a sentence.")] | None = None,
    prepared: BuiltSuite | None = None,
) -> Suite:
    """Build the suite NAME of the cases that match QUERY.

    Verified failures that match are what a version is to fix, resolved ones and controls what it is not to break; all that was
    sampled in their windows says how it does in production. They are of one protocol version, the newest of those that match.
    What is expected of a case is what people wrote, else its label or that its criteria are not met again. Near-duplicates are
    one family. Some families are sealed: they are in no file, and gates alone run them. It prints how often a gate over the suite
    passes a version that is as good. The same catalog at the same position gives the same digest. Who labels cannot build one.
    What SUCCESS asks for is judged whenever the suite is run, by the interval of the figure: met, not met, or it cannot be told.
    RAW takes what `evidence.show` takes for each case, and a purpose; each look is recorded. Raw inputs are in the folder alone.

    Example: remiss suite build arrivals 'mode:model/weak-slice' --out arrivals/

    Raises
    ------
    QueryError : a query cannot be understood
    InputError : nothing matches, or cases of several protocols; a position that is not there yet; invalid SUCCESS
    InputError : RAW without a purpose, or through a server
    Denied : some of the events are yours to label; RAW, and the protocol or their role does not allow it
    """
    assert prepared is not None
    suite = replace(prepared.suite, made_at=ws.now, made_by=ws.actor.name)
    ws.allow(BUILD, suite.team)
    former = ws.suites.find(suite.name, suite.digest)
    if former is not None:
        return suite_from(former, suite.name)
    ws.suites.save(suite.name, suite.digest, suite.team, json.dumps(document(suite), ensure_ascii=False))
    return suite


def _rows_seen(ws: SuiteWorkspace, given: Mapping[str, Any], page: SuiteRowPage) -> Sequence[ViewEntry]:
    ids = tuple(page.items.single["id"]) if isinstance(page.items, SuiteColumns) else tuple(row.id for row in page.items)
    return (ViewEntry(kind=ViewKind.LIST, subject=given["name"], position=page.position, ids=ids, count=len(ids)),)


@action("suite.rows", permission=BUILD, http="GET /suites/{name}/rows", reads=True, subject="name", views=_rows_seen)
def list_suite_rows(
    ws: SuiteWorkspace, name: SuiteName, *, limit: MostRows = 100_000, after: PageToken | None = None
) -> SuiteRowPage:
    """Take out the rows of a suite page by page, without the sealed part.

    `remiss.suite_folder` puts them into a folder.

    Example: remiss suite rows arrivals --limit 100 --format json

    Raises
    ------
    NotFound
    Conflict : events of it were erased since
    InputError : a token of another list
    """
    suite = found_suite(ws, name, BUILD)
    rows = columns_of(ws, suite).open
    listed, secret = list_name(suite.digest, "suite", suite.position), ws.keys.secret("pages")
    begins = 0 if after is None else turn(after, listed, (int,), secret).last[0]
    page = rows[begins : begins + limit]
    ends = begins + len(page)
    turned = Turn(of=listed, position=suite.position, total=len(rows), last=(ends,))
    following = token(turned, secret) if ends < len(rows) else None
    return SuiteRowPage(position=suite.position, total=len(rows), items=page, next=following)


def rows_of(ws: SuiteWorkspace, suite: Suite) -> SuiteRows:
    """Return the rows of a suite one by one. Reads and raises like `read_suite`."""
    return read_suite(ws, suite).rows


def columns_of(ws: SuiteWorkspace, suite: Suite) -> SuiteParts:
    """Return the rows of a suite by columns. Reads and raises like `read_suite`."""
    return read_suite(ws, suite).parts


def read_suite(ws: SuiteWorkspace, suite: Suite, *, as_begun: bool = False) -> ReadSuite:
    """Return the rows of a suite, read from the catalog as it stood.

    Parameters
    ----------
    as_begun : whether what was read of it last is taken although something was written since

    Raises
    ------
    Conflict : they are not what they were: events were erased since
    """
    with ws.reading():
        kept = ws.read_suites.get(suite.digest)
        if kept is not None and (as_begun or _still_stands(ws, suite, kept)):
            return kept
        whole = (suite.name, suite.query, suite.within, suite.position, suite.sealed.share)
        again = gathered(ws, *whole, apart=suite.apart).rows
        # What follows from the rows need not be computed again.
        if contents(again, suite.sealed.share, ws.keys.secret(SEAL)) != (suite.files, suite.sealed):
            raise Conflict(
                f"what suite {suite.name} was built of is not all here: "
                "events were erased or redacted since, or you do not see them",
                do=f"build it anew: remiss suite build {suite.name} {suite.query!r}; or ask who sees all of them",
            )
        return _keep(ws, suite.digest, again)


def _keep(ws: SuiteWorkspace, digest: str, rows: SuiteParts) -> ReadSuite:
    """Keep the rows of one suite for who asks for them next in this workspace, with where the catalog stands."""
    ws.read_suites.clear()
    return ws.read_suites.setdefault(digest, ReadSuite(position=ws.position(), parts=rows))


def _still_stands(ws: SuiteWorkspace, suite: Suite, kept: ReadSuite) -> bool:
    """Return whether nothing was written since a suite was read but, alone, the suite itself."""
    now = ws.position()
    return kept.position == now or (kept.position == now - 1 and ws.suites.find(suite.name, suite.digest, kept.position) is None)
