"""The list of stories that are told in every way names each action, or that no story of several ways does it."""

from __future__ import annotations

from pathlib import Path

from remiss.contract.declared import load
from tests.stories.every_way import STORIES

# No story of several ways does these: they are done in the tutorials, on the pages, over HTTP and in the tests of the stores.
UNTOLD = {
    *("audit.checkpoint", "audit.prove", "audit.verify", "case.adjudicate", "case.similar", "case.annotate", "case.link"),
    *("case.reopen", "case.form", "case.unlink", "case.verify", "doctor", "protocol.check", "queue.list", "queue.next"),
    *("queue.release", "capture.plan", "taxonomy.show"),
    # Told in the library (test_jobs.py), by commands and over HTTP each by itself: jobs are worked off beside the catalog.
    *("job.cancel", "job.capture", "job.due", "job.list", "job.show"),
}


def test_each_action_has_a_story_that_is_told_in_every_way_or_is_listed_as_untold():
    told = [action for actions in STORIES.values() for action in actions]
    assert sorted(told) == sorted(set(told))
    assert set(load()) - set(told) == UNTOLD


def test_each_listed_story_is_there():
    folder = Path(__file__).parent
    for story in STORIES:
        file, _, name = story.partition("::")
        assert f"def {name}(" in (folder / file).read_text("utf-8")
