"""Jobs and their leases in the store: one runner has a job, and whoever lost it can write nothing of it."""

from __future__ import annotations

import re
import time
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import select, update

from remiss.edges.stores.leases import seen, take
from remiss.edges.stores.tables import jobs, runners
from remiss.errors import Ambiguous, Conflict, NotFound
from remiss.govern.jobs import MOST_ATTEMPTS, MOST_LINES, JobOutcome, LeaseLost
from remiss.govern.ports.jobs import Posted
from remiss.records.identity import parse_time
from remiss.records.job import JobState, JobStep
from tests.edges.stores.acting import unlisted
from tests.edges.stores.drawing import MONDAY, WEEK, drawn, file, member, protocol

STEPS = tuple(JobStep(since=MONDAY + at * WEEK, until=MONDAY + (at + 1) * WEEK) for at in range(2))


@unlisted("test.post")
def post(ws, team="default"):
    return ws.jobs.post(
        Posted(
            kind="capture",
            protocol="arrival-delay",
            version=2,
            team=team,
            path="a.yaml",
            text="protocol: arrival-delay",
            folder="/data",
            since=MONDAY,
            strict=True,
        )
    )


@unlisted("test.cancel")
def cancel(ws, job):
    return ws.jobs.cancel(job)


@unlisted("test.awaited")
def awaited(ws, protocol):
    return ws.jobs.awaited(protocol)


def ids(page):
    return [job.id for job in page.found]


def taken(ws, runner="one"):
    return take(ws._store, runner, 60)


def end_lease(ws, job):
    """Have the lease of a job be over, as if its time had passed."""
    with ws._store.tending(60) as connection:
        connection.execute(update(jobs).where(jobs.c.id == job.id).values(free_at=0))


def stepping(ws, lease, number=0):
    """File a run as the next step of a job."""
    acting = ws.serving(lease.job.id)
    acting.lease = lease
    return file(acting, drawn([member(number, met=["slow"])], weeks=(number,)), run=f"run-{number:012}")


def test_what_was_posted_comes_back_to_the_runner(ws):
    job = post(ws)
    lease = taken(ws)
    assert lease.job.id == job.id
    assert lease.posted == Posted(
        kind="capture",
        protocol="arrival-delay",
        version=2,
        team="default",
        path="a.yaml",
        text="protocol: arrival-delay",
        folder="/data",
        since=MONDAY,
        strict=True,
    )
    assert lease.operator


def test_a_job_is_had_by_one_runner_and_the_oldest_comes_first(ws):
    first, second = post(ws), post(ws)
    assert [taken(ws).job.id, taken(ws, "two").job.id] == [first.id, second.id]
    assert taken(ws, "three") is None


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_server_gives_another_job_where_the_first_is_just_being_had(ws):
    first, second = post(ws), post(ws)
    with ws._store.tending(60) as connection:
        assert connection.execute(select(jobs.c.id).order_by(jobs.c.key).limit(1).with_for_update()).scalar_one() == first.id
        assert taken(ws).job.id == second.id
        assert taken(ws) is None
    assert taken(ws).job.id == first.id


def test_to_take_a_job_to_renew_its_lease_and_to_let_go_of_it_is_no_change_of_the_catalog(ws):
    post(ws)
    before = ws.position()
    lease = taken(ws)
    lease.plan(STEPS)
    lease.beat()
    lease.settle(JobOutcome(JobState.WAITING, "the disk is full", timedelta(seconds=30)))
    assert ws.position() == before


def test_a_lease_that_is_renewed_lasts_and_one_that_is_over_goes_to_another(ws):
    job = post(ws)
    lease = take(ws._store, "one", 60)
    end_lease(ws, job)
    lease.beat()
    assert taken(ws, "two") is None
    end_lease(ws, job)
    again = taken(ws, "two")
    assert again.job.id == job.id
    assert again.job.log[-1].text == "taken by two, as one was silent"


def test_whoever_lost_a_lease_can_write_nothing_of_the_job(ws):
    job = post(ws)
    lost = taken(ws)
    lost.plan(STEPS)
    end_lease(ws, job)
    lease = taken(ws, "two")
    before = ws.jobs.get(job.id), ws.position()
    for write in (
        lost.check,
        lost.beat,
        lambda: lost.plan(STEPS),
        lambda: lost.settle(JobOutcome(JobState.FAILED, "a reason")),
        lambda: stepping(ws, lost),
    ):
        with pytest.raises(LeaseLost):
            write()
    assert (ws.jobs.get(job.id), ws.position()) == before
    stepping(ws, lease)
    assert ws.jobs.get(job.id).runs == ("run-000000000000",)


def test_a_lease_that_is_lost_in_the_middle_of_a_step_undoes_it(ws):
    job = post(ws)
    lease = taken(ws)
    lease.plan(STEPS)
    acting = ws.serving(job.id)
    acting.lease = lease

    @unlisted("test.lose")
    def lose(here):
        here.protocols.save(protocol())
        # Nobody else can do this while the step has the row; a server that ended the transaction could have let them.
        here._store.transaction.connection.execute(update(jobs).values(fence=jobs.c.fence + 1))
        return here.jobs.get(job.id)

    before = ws.position()
    with pytest.raises(LeaseLost):
        lose(acting)
    assert ws.position() == before
    assert ws.protocols.versions() == ()


def test_progress_is_the_steps_that_are_committed(ws):
    job = post(ws)
    lease = taken(ws)
    assert ws.jobs.get(job.id).steps is None
    lease.plan(STEPS)
    for number in range(2):
        assert (ws.jobs.get(job.id).done, ws.jobs.get(job.id).state) == (number, JobState.RUNNING)
        stepping(ws, lease, number)
    done = ws.jobs.get(job.id)
    assert (done.state, done.done, done.runs) == (JobState.DONE, 2, ("run-000000000000", "run-000000000001"))
    assert done.ended_at is not None
    assert taken(ws) is None
    # What is put in place after the last commit is still its own.
    lease.check()


def test_a_job_goes_on_after_the_step_that_was_committed_last(ws):
    job = post(ws)
    lease = taken(ws)
    lease.plan(STEPS)
    stepping(ws, lease, 0)
    end_lease(ws, job)
    again = taken(ws, "two")
    assert (again.done, again.steps[0].run, again.steps[1]) == (1, "run-000000000000", STEPS[1])
    stepping(ws, again, 1)
    assert ws.jobs.get(job.id).state is JobState.DONE


def test_a_job_of_which_nothing_is_due_is_done(ws):
    job = post(ws)
    taken(ws).plan(())
    done = ws.jobs.get(job.id)
    assert (done.state, done.steps, done.log[-1].text) == (JobState.DONE, (), "nothing is due")


def test_a_job_that_waits_is_not_had_before_its_time(ws):
    job = post(ws)
    taken(ws).settle(JobOutcome(JobState.WAITING, "the disk is full", timedelta(seconds=30)))
    waiting = ws.jobs.get(job.id)
    assert (waiting.state, waiting.attempts) == (JobState.WAITING, 1)
    assert waiting.reason == "the disk is full; no runner is at work; start one: remiss job run, or remiss serve --jobs"
    assert timedelta(seconds=20) < waiting.retry_at - waiting.log[-1].at < timedelta(seconds=40)
    assert taken(ws) is None
    end_lease(ws, job)
    assert taken(ws).attempts == 2


def test_a_job_whose_runners_die_again_and_again_has_failed(ws):
    job = post(ws)
    for _ in range(MOST_ATTEMPTS):
        assert taken(ws) is not None
        end_lease(ws, job)
    assert taken(ws) is None
    failed = ws.jobs.get(job.id)
    assert (failed.state, failed.reason) == (JobState.FAILED, "its runners ended 10 times before a step was committed")


def test_a_job_that_is_cancelled_is_had_by_nobody(ws):
    waiting, running = post(ws), post(ws)
    cancel(ws, waiting.id)
    lease = taken(ws)
    assert lease.job.id == running.id
    lease.plan(STEPS)
    stepping(ws, lease)
    cancelled = cancel(ws, running.id[:10])
    assert (cancelled.state, cancelled.done) == (JobState.CANCELLED, 1)
    with pytest.raises(LeaseLost):
        stepping(ws, lease, 1)
    with pytest.raises(LeaseLost):
        lease.check()
    assert taken(ws) is None


def test_what_is_done_cannot_be_cancelled(ws):
    job = post(ws)
    taken(ws).plan(())
    before = ws.position()
    with pytest.raises(Conflict, match="it is done"):
        cancel(ws, job.id)
    assert ws.position() == before


def test_a_log_keeps_its_newest_lines(ws):
    job = post(ws)
    for _ in range(MOST_LINES):
        taken(ws).settle(JobOutcome(JobState.WAITING, ""))
    log = ws.jobs.get(job.id).log
    assert len(log) == MOST_LINES
    assert log[-1].text == "one let go of it"
    # That a runner ends is no try that failed.
    assert ws.jobs.get(job.id).attempts == 0


def test_a_job_is_found_by_a_prefix_that_no_other_has(ws):
    job = post(ws)
    assert ws.jobs.get(job.id[:10]) == ws.jobs.get(job.id.removeprefix("job-")[:6]) == job
    for name in ("job-", job.id[:9], "job-\x00aaaaaa", "\udcff"):
        with pytest.raises(NotFound):
            ws.jobs.get(name)
    with ws._store.tending(60) as connection:
        connection.execute(update(jobs).values(id="job-aaaaaaaaaaaa"))
    post(ws)
    with ws._store.tending(60) as connection:
        connection.execute(update(jobs).where(jobs.c.id != "job-aaaaaaaaaaaa").values(id="job-aaaaaaaaaaab"))
    with pytest.raises(Ambiguous):
        ws.jobs.get("job-aaaaaa")


def test_a_job_that_waits_says_whether_somebody_is_there_to_take_it(ws):
    job = post(ws)
    nobody = "no runner is at work; start one: remiss job run, or remiss serve --jobs"
    assert job.reason == ws.jobs.get(job.id).reason == ws.jobs.newest(1).found[0].reason == nobody
    before = ws.position()
    seen(ws._store, "one", 60)
    assert ws.jobs.get(job.id).reason == ws.jobs.newest(1).found[0].reason == ""
    seen(ws._store, "one", 0)  # it ends
    seen(ws._store, "two", 0)
    [last] = re.findall("no runner is at work since (2[0-9T:-]*Z); start one", ws.jobs.get(job.id).reason)
    assert abs(datetime.now(UTC) - parse_time(last)) < timedelta(minutes=2)
    assert ws.position() == before
    cancel(ws, job.id)
    assert ws.jobs.get(job.id).reason.startswith("cancelled by")


def test_a_runner_that_works_on_another_job_is_one_that_is_there(ws):
    post(ws)
    waiting = post(ws)
    lease = taken(ws)
    assert ws.jobs.get(waiting.id).reason == ""
    assert ws.jobs.get(lease.job.id).reason == ""
    end_lease(ws, lease.job)
    assert ws.jobs.get(waiting.id).reason.startswith("no runner is at work")
    assert ws.jobs.get(lease.job.id).reason.startswith("its runner is silent; no runner is at work")


def test_of_runners_that_ended_the_last_is_kept(ws):
    for name in ("one", "two", "three"):
        seen(ws._store, name, 60 if name == "one" else 0)
        # The clock of a file goes by milliseconds: of two that ended in the same one both are the last.
        time.sleep(0.01)
    with ws._store.reading() as connection:
        assert set(connection.execute(select(runners.c.name)).scalars()) == {"one", "three"}


def test_jobs_are_listed_newest_first_by_their_state(ws):
    first, second = post(ws), post(ws)
    cancel(ws, first.id)
    assert ids(ws.jobs.newest(10)) == [second.id, first.id]
    assert ids(ws.jobs.newest(1)) == [second.id]
    assert ids(ws.jobs.newest(10, (JobState.CANCELLED,))) == [first.id]
    assert (ws.jobs.newest(1).total, ws.jobs.newest(1, (JobState.WAITING,)).total) == (2, 1)


def test_jobs_are_listed_page_by_page(ws):
    posted = [post(ws).id for _ in range(3)]
    page = ws.jobs.newest(2)
    post(ws)  # what comes meanwhile shifts nothing
    rest = ws.jobs.newest(2, before=page.last)
    assert (ids(page), ids(rest)) == (posted[:0:-1], posted[:1])
    assert (page.total, rest.total, rest.last) == (3, 4, None)
    assert ws.jobs.newest(4).last is None


def test_a_protocol_is_awaited_while_a_job_by_it_is_open(ws):
    assert not awaited(ws, "arrival-delay")
    job = post(ws)
    assert awaited(ws, "arrival-delay")
    assert not awaited(ws, "boarding")
    cancel(ws, job.id)
    assert not awaited(ws, "arrival-delay")


def test_a_scope_sees_the_jobs_of_its_teams(ws, ws_as):
    mine, other = post(ws), post(ws, team="boarding")
    bo = ws_as("bo", role="reader")
    assert ids(bo.jobs.newest(10)) == [mine.id]
    with pytest.raises(NotFound):
        bo.jobs.get(other.id)


def test_raw_evidence_is_put_in_place_by_nobody_who_lost_the_job(ws, environment, tmp_path):
    job = post(ws)
    lease = taken(ws)
    acting = ws.serving(job.id)
    acting.lease = lease
    vault = acting.vault
    with vault.bundle(ws.runs.filed) as kept:
        kept.add(b"content")
        kept.seal()
        kept.belong("run-000000000001")
    bundles = tmp_path / "vault" / "bundles"
    assert [path.name for path in bundles.iterdir()] == ["run-000000000001.bundle"]

    def lose():
        with vault.bundle(ws.runs.filed) as lost:
            lost.add(b"more")
            lost.seal()
            end_lease(ws, job)
            taken(ws, "two")
            lost.belong("run-000000000002")

    with pytest.raises(LeaseLost):
        lose()
    with pytest.raises(LeaseLost):
        vault.put(b"alone")
    assert [path.name for path in bundles.iterdir()] == ["run-000000000001.bundle"]
    assert sorted(path.name for path in (tmp_path / "vault").iterdir()) == ["bundles", "wrapping"]
