"""What one can do with scenarios: make them of a suite by a document, list them, and take them out."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from typing import Annotated, Any

from remiss.action import action
from remiss.errors import Conflict, NotFound
from remiss.govern.redaction.written import check_shows_nothing
from remiss.parameters import Help, PageToken
from remiss.records.rows import Turn, list_name, token, turn
from remiss.records.scenario import ScenarioRowPage, ScenarioSet
from remiss.records.suite import Suite, SuiteRow
from remiss.records.view_entry import ViewEntry, ViewKind
from remiss.safeguard.kept_actions import SUITE_READ, SetName, SuiteName, found_set, found_suite
from remiss.safeguard.kept_documents import scenario_document, scenario_set_of
from remiss.safeguard.ports import SuiteWorkspace
from remiss.safeguard.scenarios.making import RULES, MadeScenarios, make
from remiss.safeguard.suite_actions import BUILD, MostRows, rows_of

# In the place of a name.
NO_SCENARIOS = "none"


@contextmanager
def _prepare(ws: SuiteWorkspace, suite: str, document: str) -> Iterator[MadeScenarios]:
    text = ws.documents.read(document)
    # It is kept, and no mark can stand in it.
    check_shows_nothing("the document", text)
    found = found_suite(ws, suite, BUILD)
    yield make(text, document, found, rows_of(ws, found).open)


@action(
    "scenario.make",
    permission=BUILD,
    http="POST /suites/{suite}/scenarios",
    created="scenario.show",
    subject="suite",
    document="document",
    prepare=_prepare,
)
def make_scenarios(
    ws: SuiteWorkspace,
    suite: SuiteName,
    document: Annotated[str, Help("The YAML document that says of which events scenarios are made, how, and what is expected.")],
    *,
    prepared: MadeScenarios | None = None,
) -> ScenarioSet:
    """Make scenarios of SUITE by the recipes of DOCUMENT.

    A scenario is a synthetic variant of a case or control: some inputs are changed by operators, with a seed, and the answer is
    to be the same, to go up or down, or to be what is expected of the parent. What production is like, by which changes are
    scaled, is told by the suite's own sample. Nothing is made of the sealed part. The same suite and document give the same
    digest. No gate counts a scenario as an event.

    Example: remiss scenario make arrivals scenarios.yaml --out arrivals/

    Raises
    ------
    NotFound : no such suite
    InputError : the document cannot be understood, or an operator has no use for an input; says where
    Conflict : events of the suite were erased since
    """
    assert prepared is not None
    made = replace(prepared.made, made_at=ws.now, made_by=ws.actor.name)
    ws.allow(BUILD, made.team)
    former = ws.suites.scenarios.find(made.name, made.digest)
    if former is not None:
        return scenario_set_of(json.loads(former), made.name)
    ws.suites.scenarios.save(made.name, made.digest, made.team, json.dumps(scenario_document(made), ensure_ascii=False))
    return made


def _rows_seen(ws: SuiteWorkspace, given: Mapping[str, Any], page: ScenarioRowPage) -> Sequence[ViewEntry]:
    ids = tuple(dict.fromkeys(each.parent for each in page.items))
    return (ViewEntry(kind=ViewKind.LIST, subject=given["name"], position=page.position, ids=ids, count=len(ids)),)


@action("scenario.rows", permission=BUILD, http="GET /scenarios/{name}/rows", reads=True, subject="name", views=_rows_seen)
def list_scenario_rows(
    ws: SuiteWorkspace, name: SetName, *, limit: MostRows = 100_000, after: PageToken | None = None
) -> ScenarioRowPage:
    """Take out scenarios page by page, each with what was changed.

    Each names its parent, the operators that made it, and their seed.

    Example: remiss scenario rows robust --limit 100

    Raises
    ------
    NotFound
    Conflict : events of the suite were erased since, or another version of remiss made them
    InputError : a token of another list
    """
    kept = found_set(ws, name, BUILD)
    suite = found_suite(ws, f"{kept.suite}@{kept.suite_digest}", BUILD)
    made = made_again(kept, suite, rows_of(ws, suite).open)
    listed, secret = list_name(kept.digest, "scenarios", suite.position), ws.keys.secret("pages")
    begins = 0 if after is None else turn(after, listed, (int,), secret).last[0]
    page = made.scenarios[begins : begins + limit]
    ends = begins + len(page)
    turned = Turn(of=listed, position=suite.position, total=len(made.scenarios), last=(ends,))
    following = token(turned, secret) if ends < len(made.scenarios) else None
    return ScenarioRowPage(position=suite.position, total=len(made.scenarios), items=page, next=following)


def asked_besides(
    ws: SuiteWorkspace, suite: Suite, rows: Sequence[SuiteRow], name: str | None
) -> tuple[MadeScenarios | None, tuple[str, ...]]:
    """Return the scenarios that are asked as well, and what is to be said of them.

    Raises
    ------
    NotFound, Conflict : of scenarios that are named
    """
    kept = None if name == NO_SCENARIOS else _set_of_suite(ws, suite, name)
    if kept is None:
        return None, ()
    try:
        return made_again(kept, suite, rows), ()
    except Conflict as error:
        if name is not None:
            raise
        # Nobody asked for them, and the events can be asked.
        return None, (f"none were asked: {error.what}",)


def _set_of_suite(ws: SuiteWorkspace, suite: Suite, name: str | None) -> ScenarioSet | None:
    """Return the scenarios of a suite that were made last, or those of a name; None where there are none.

    Raises
    ------
    NotFound : none of that name are of the suite
    """
    if name is not None:
        found = found_set(ws, name, SUITE_READ, field="scenarios")
        if found.suite_digest == suite.digest:
            return found
        what = f"scenarios {name} are of another suite than {suite.name}, or of another digest of it"
        raise NotFound(what, do=f"see `remiss scenario list {suite.name}`", field="scenarios")
    every = (scenario_set_of(json.loads(text), "scenarios") for text in ws.suites.scenarios.listed())
    return next((each for each in every if each.suite_digest == suite.digest), None)


def made_again(kept: ScenarioSet, suite: Suite, rows: Sequence[SuiteRow]) -> MadeScenarios:
    """Return scenarios that are kept, made once more of the rows of their suite's files.

    Raises
    ------
    Conflict : they are not what they were
    """
    do = f"make them anew: remiss scenario make {kept.suite} DOCUMENT"
    if kept.rules != RULES:
        raise Conflict(f"scenarios {kept.name} were made by rules {kept.rules}, and this version of remiss has {RULES}", do=do)
    made = make(kept.document, f"{kept.name}.yaml", suite, rows)
    if made.made.digest != kept.digest:
        raise Conflict(f"scenarios {kept.name} are not what they were when they were made", do=do)
    return made
