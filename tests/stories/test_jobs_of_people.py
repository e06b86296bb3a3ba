"""A job acts as who posted it, by the rights that they have when it starts and at each commit."""

from __future__ import annotations

import pytest

from remiss import capture, runner
from remiss.capture import job_actions as capturing
from remiss.errors import Denied, NotFound
from remiss.govern import access_actions, people_actions
from remiss.govern import job_actions as jobs
from remiss.govern.authority import Granted, actor_of
from remiss.records.case import Sensitivity
from remiss.records.job import JobState
from tests.conftest import DATABASES
from tests.stories.logs import small_log


@pytest.fixture(params=DATABASES)
def database(request):
    """A job is run by whoever has the database itself."""
    return request.param


@pytest.fixture
def environment(environment, tmp_path):
    return {**environment, "REMISS_SOURCES": str(tmp_path / "log")}


@pytest.fixture
def log(tmp_path):
    return small_log(tmp_path / "log", a_week=40)


def person(ws, name, role="curator", team="default"):
    """A person as they come through a server, with the grants that they have now."""
    if ws.people.find(name) is None:
        people_actions.add_person(ws, name)
    people_actions.grant(ws, name, role, team=team, clearance=Sensitivity.INTERNAL)
    return serving(ws, name)


def serving(ws, name):
    found = ws.people.person(name)
    return ws.serving("call", actor=actor_of(found), authority=Granted(found))


@pytest.fixture
def posted(ws, log, already_captured):
    """A job of bo's of two steps, for the week between them is captured."""
    already_captured(log, 1, 2)
    return capturing.capture_job(person(ws, "bo"), log.protocol)


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_what_a_job_does_is_journalled_as_done_by_who_posted_it(ws, posted):
    runner.work_off(ws)
    done = jobs.show_job(ws, posted.id)
    assert done.state is JobState.DONE
    assert {capture.show(ws, run).actor for run in done.runs} == {"bo"}


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_right_that_is_taken_away_before_it_starts_has_it_fail(ws, posted):
    people_actions.revoke_person(ws, "bo", "curator")
    runner.work_off(ws)
    failed = jobs.show_job(ws, posted.id)
    assert (failed.state, failed.done) == (JobState.FAILED, 0)
    assert failed.reason == "bo may not do capture.due: it needs run:capture"
    assert len(capture.list_runs(ws)) == 1


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_somebody_who_is_disabled_does_nothing_by_jobs(ws, posted):
    people_actions.disable(ws, "bo")
    runner.work_off(ws)
    assert jobs.show_job(ws, posted.id).reason == "bo, who posted this, is disabled"
    assert len(capture.list_runs(ws)) == 1


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_token_that_is_revoked_ends_no_job_for_none_is_kept(ws, posted):
    token = access_actions.create_token(ws, "bo").token
    access_actions.revoke_token(ws, token.id)
    runner.work_off(ws)
    assert jobs.show_job(ws, posted.id).state is JobState.DONE


def meanwhile(ws, job, done, work):
    """Return what a runner asks while it reads logs: once so many steps are committed, something else is done, and it goes on."""
    left = [work]

    def asked():
        if left and jobs.show_job(ws, job.id).steps is not None and jobs.show_job(ws, job.id).done == done:
            left.pop()()
        return False

    return asked


@pytest.mark.parametrize("done", [0, 1])
def test_a_right_that_is_taken_away_meanwhile_has_it_fail_and_nothing_is_committed_after(ws, posted, done):
    runner.work_off(ws, stopped=meanwhile(ws, posted, done, lambda: people_actions.revoke_person(ws, "bo", "curator")))
    failed = jobs.show_job(ws, posted.id)
    assert (failed.state, failed.done) == (JobState.FAILED, done)
    assert "it needs run:capture" in failed.reason
    assert len(capture.list_runs(ws)) == 1 + done


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_right_that_is_taken_away_in_something_else_ends_nothing(ws, posted):
    people_actions.add_team(ws, "boarding")
    person(ws, "bo", "reader", "boarding")
    taken = meanwhile(ws, posted, 0, lambda: people_actions.revoke_person(ws, "bo", "reader", team="boarding"))
    runner.work_off(ws, stopped=taken)
    assert jobs.show_job(ws, posted.id).state is JobState.DONE


def test_a_job_that_is_cancelled_while_it_runs_commits_nothing_more(ws, posted):
    runner.work_off(ws, stopped=meanwhile(ws, posted, 1, lambda: jobs.cancel(serving(ws, "bo"), posted.id)))
    cancelled = jobs.show_job(ws, posted.id)
    assert (cancelled.state, cancelled.done, cancelled.reason) == (JobState.CANCELLED, 1, "cancelled by bo")
    assert len(capture.list_runs(ws)) == 2


def test_a_runner_that_is_to_end_leaves_the_job_to_another(ws, posted):
    ends = []
    runner.work_off(ws, stopped=lambda: bool(ends) or meanwhile(ws, posted, 1, lambda: ends.append(True))())
    waiting = jobs.show_job(ws, posted.id)
    assert (waiting.state, waiting.done, waiting.retry_at) == (JobState.WAITING, 1, None)
    runner.work_off(ws)
    assert (jobs.show_job(ws, posted.id).state, len(capture.list_runs(ws))) == (JobState.DONE, 3)


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_jobs_are_seen_and_cancelled_in_the_teams_of_whoever_asks(ws, posted):
    people_actions.add_team(ws, "boarding")
    far, reader = person(ws, "cy", team="boarding"), person(ws, "di", "reader")
    assert len(jobs.list_jobs(far)) == 0
    with pytest.raises(NotFound, match="there is no job"):
        jobs.show_job(far, posted.id)
    with pytest.raises(NotFound, match="there is no job"):
        jobs.cancel(far, posted.id)
    assert jobs.show_job(reader, posted.id) == posted
    with pytest.raises(Denied, match="it needs job:cancel"):
        jobs.cancel(reader, posted.id)


def test_who_may_not_capture_in_a_team_posts_no_job_in_it(ws, log):
    people_actions.add_team(ws, "boarding")
    far = person(ws, "cy", team="boarding")
    with pytest.raises(Denied, match="it needs run:capture"):
        capturing.capture_job(far, log.protocol)
    assert len(jobs.list_jobs(ws)) == 0
