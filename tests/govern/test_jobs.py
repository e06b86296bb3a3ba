"""The rules of jobs."""

from __future__ import annotations

from datetime import timedelta

import pytest

from remiss.errors import AnswerNo, Conflict, Denied, Location, ProtocolError, SourceError, StorageError
from remiss.govern.jobs import MOST_ATTEMPTS, after_error, worn_out
from remiss.records.job import JobState


@pytest.mark.parametrize("error", [StorageError("the disk is full"), Conflict("another capture was filed meanwhile")])
def test_what_may_pass_has_a_job_wait_longer_each_time_and_fail_in_the_end(error):
    found = [after_error(error, attempts) for attempts in range(1, MOST_ATTEMPTS + 1)]
    assert {each.state for each in found[:-1]} == {JobState.WAITING}
    waits = [each.wait for each in found[:-1]]
    assert waits == sorted(waits)
    assert (waits[0], waits[-1]) == (timedelta(seconds=30), timedelta(hours=1))
    assert (found[-1].state, found[-1].reason) == (JobState.FAILED, error.what)


@pytest.mark.parametrize("error", [SourceError("no such file"), Denied("bo may not do this"), ProtocolError("unknown column")])
def test_what_is_wrong_with_the_job_itself_has_it_fail_at_once(error):
    assert after_error(error, 1).state is JobState.FAILED


def test_a_reason_names_the_line_of_a_document_and_no_place_of_the_machine():
    assert after_error(ProtocolError("it is wrong", where=Location("a.yaml", 7)), 1).reason == "a.yaml:7: it is wrong"
    assert after_error(StorageError("the disk is full", where=Location("/data/vault")), 1).reason == "the disk is full"


def test_a_reason_quotes_nothing_of_a_log():
    for error in (
        SourceError("source arrivals has content that cannot be read: Could not convert string 'ana@example.com' to TIMESTAMP"),
        SourceError("the header has the column 'ana@example.com' twice"),
        AnswerNo("3 rows are refused (3 missing id); the first: a.csv row 7, ana@example.com"),
    ):
        assert "ana" not in after_error(error, 1).reason
    assert after_error(error, 1).reason == "3 rows are refused (3 missing id)"


def test_a_job_that_nobody_gets_anywhere_with_has_failed():
    assert worn_out(MOST_ATTEMPTS - 1) is None
    assert worn_out(MOST_ATTEMPTS).state is JobState.FAILED
