"""The stories that are told in every way are marked with each action, or it is listed that none does it."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Iterator
from importlib import import_module
from inspect import getsource
from pathlib import Path
from textwrap import dedent
from types import FunctionType

from remiss.remote import RemoteWorkspace
from scripts.declared import load
from tests.command_line import CommandLine
from tests.stories.conftest import STORIES

# No story of several ways does these: they are done in the tutorials, on the pages, over HTTP and in the tests of the stores.
UNTOLD = {
    *("audit.checkpoint", "audit.prove", "audit.verify", "case.adjudicate", "case.similar", "case.link"),
    *("case.reopen", "case.unlink", "case.verify", "doctor", "protocol.check"),
    *("queue.release", "capture.plan", "taxonomy.show"),
    # Told in the library (test_jobs.py), by commands and over HTTP each by itself: jobs are worked off beside the catalog.
    *("job.cancel", "job.capture", "job.due", "job.list", "job.show"),
    # Told in the library (test_slices.py, test_kept_slices.py), and asked from afar there.
    *("slice.confirm", "slice.confirm-exact", "slice.find", "slice.keep", "slice.list", "slice.show"),
    # Told in the library (test_clusters.py), of more weeks than others need.
    *("cluster.find", "cluster.list", "cluster.show"),
    # Told in the library (test_alerts.py), of more weeks than others need.
    *("alert.acknowledge", "alert.check", "alert.list", "alert.snooze"),
    # Told in the library and over HTTP (faces/test_alert_jobs.py), of as many.
    "job.alerts",
    # And to a server that takes it (faces/test_webhooks.py).
    "alert.tell",
    # And to one of mail (faces/test_mail.py).
    "alert.mail",
    # Told in the library (test_drift.py, test_rate_change.py), of more weeks than others need.
    *("chart.change", "chart.drift"),
    # Told in the library (test_heatmap.py); by commands and over HTTP in the tests of all positions.
    "chart.heatmap",
    # Told by commands and over HTTP (faces/test_models.py, faces/test_replay.py): a file of the machine says what may run.
    *("case.replay", "model.check", "model.list"),
    # Told in the library (test_suites.py), of cases that people labelled.
    *("gate.attest", "gate.decide", "gate.list", "gate.show", "suite.build", "suite.list", "suite.rows", "suite.show"),
    # Told in the library (test_resolved_cases.py), of cases that people labelled and models that run.
    *("case.expect", "case.resolve"),
    # Told in the library (test_waivers.py), of what a gate decided.
    *("flag.evaluate", "flag.list", "gate.checklist", "waiver.approve", "waiver.close", "waiver.list", "waiver.request"),
    *("scenario.list", "scenario.make", "scenario.rows", "scenario.show"),
    *("result.list", "result.rows", "result.show", "suite.compare", "suite.logged", "suite.run"),  # and in test_results.py
    *("job.suite", "suite.ask"),  # and in test_suite_runs.py
    # Told by commands and over HTTP (faces/test_replay.py, faces/test_case_notebook.py).
    *("case.notebook", "case.replays", "job.replay", "replay.cases", "replay.list"),
    # Told of a catalog of a former schema, where there is something to redact (migrations/test_private_by_default.py).
    "run.redact",
}


def test_each_action_has_a_story_that_is_told_in_every_way_or_is_listed_as_untold():
    told = [action for actions in marked() for action in actions]
    assert sorted(told) == sorted(set(told))
    assert set(load()) - set(told) == UNTOLD


def test_a_story_that_is_told_elsewhere_asks_of_its_workspace_what_is_there_too(request):
    there = set(dir(RemoteWorkspace)) & set(dir(CommandLine))
    stories = {each for each in request.config.stash[STORIES] if Path(each.__code__.co_filename).parent == Path(__file__).parent}
    here = [each for each in request.session.items if each.path.parent == Path(__file__).parent]
    assert stories or len(here) < 100  # where few stories are run, none of these may be
    asked = {f"{story.__module__}.{story.__name__}": asked_of_ws(story) - there for story in stories}
    assert {name: beyond for name, beyond in asked.items() if beyond} == {}


def asked_of_ws(story: FunctionType, known: frozenset[str] = frozenset()) -> set[str]:
    """Return the names that a story, with what it calls or is given of its own module, asks of `ws`."""
    code, module = ast.parse(dedent(getsource(story))), story.__globals__
    asked = {each.attr for each in ast.walk(code) if isinstance(each, ast.Attribute) and getattr(each.value, "id", "") == "ws"}
    names = {each.id for each in ast.walk(code) if isinstance(each, ast.Name)} | set(story.__code__.co_varnames)
    for name in names - known:
        called = inspect.unwrap(getattr(module.get(name), "__wrapped__", module.get(name)))
        if isinstance(called, FunctionType) and called.__module__ == story.__module__:
            asked |= asked_of_ws(called, known | names)
    return asked


def marked() -> Iterator[tuple[str, ...]]:
    """Yield the actions that each story is marked with."""
    for path in Path(__file__).parent.glob("test_*.py"):
        module = import_module(f"tests.stories.{path.stem}")
        for story in vars(module).values():
            if isinstance(story, FunctionType) and story.__module__ == module.__name__:
                yield from (mark.args for mark in getattr(story, "pytestmark", ()) if mark.name == "every_way")
