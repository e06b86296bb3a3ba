"""The stories that are told in every way are marked with each action, or it is listed that none does it."""

from __future__ import annotations

from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import FunctionType

from scripts.declared import load

# No story of several ways does these: they are done in the tutorials, on the pages, over HTTP and in the tests of the stores.
UNTOLD = {
    *("audit.checkpoint", "audit.prove", "audit.verify", "case.adjudicate", "case.similar", "case.link"),
    *("case.reopen", "case.unlink", "case.verify", "doctor", "protocol.check"),
    *("queue.release", "capture.plan", "taxonomy.show"),
    # Told in the library (test_jobs.py), by commands and over HTTP each by itself: jobs are worked off beside the catalog.
    *("job.cancel", "job.capture", "job.due", "job.list", "job.show"),
    # Told of a catalog of a former schema, where there is something to redact (migrations/test_private_by_default.py).
    "run.redact",
}


def test_each_action_has_a_story_that_is_told_in_every_way_or_is_listed_as_untold():
    told = [action for actions in marked() for action in actions]
    assert sorted(told) == sorted(set(told))
    assert set(load()) - set(told) == UNTOLD


def marked() -> Iterator[tuple[str, ...]]:
    """Yield the actions that each story is marked with."""
    for path in Path(__file__).parent.glob("test_*.py"):
        module = import_module(f"tests.stories.{path.stem}")
        for story in vars(module).values():
            if isinstance(story, FunctionType) and story.__module__ == module.__name__:
                yield from (mark.args for mark in getattr(story, "pytestmark", ()) if mark.name == "every_way")
