"""A protocol that a catalog keeps is parsed once, whoever asks what it says."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from types import FrameType
from typing import Any

import pytest

from remiss import capture
from remiss.errors import ProtocolError
from remiss.protocol import reading
from remiss.protocol.versions import restore
from remiss.understand import actions as understand
from tests.stories.logs import MONDAY, PROTOCOL, WEEK, small_log


@pytest.fixture
def text(tmp_path):
    """A document that no other test has."""
    return PROTOCOL.replace("about: Missed delays", f"about: Missed delays of {tmp_path}", 1)


@contextmanager
def calls_of(function: Callable[..., Any]) -> Iterator[list[str]]:
    """Give a list that gets an item whenever this thread calls a function of Python."""
    heard: list[str] = []

    def listen(frame: FrameType, event: str, _: object) -> None:
        if event == "call" and frame.f_code is function.__code__:
            heard.append(function.__name__)

    sys.setprofile(listen)
    try:
        yield heard
    finally:
        sys.setprofile(None)


def test_a_kept_protocol_is_read_once_for_two_estimates_and_a_status(ws, tmp_path, text):
    log = small_log(tmp_path / "log").write(text)
    capture.capture(ws, log.protocol, since=MONDAY, until=MONDAY + WEEK)
    with calls_of(reading.read) as read:
        understand.estimate(ws, "criterion:slow")
        understand.estimate(ws, "criterion:missed-delay", rate=True)
        [stands] = capture.status(ws)
    assert stands.windows == 1
    assert len(read) <= 1


def test_each_caller_has_the_document_under_the_name_they_gave_it(text):
    first, second = restore(text, "a.yaml"), restore(text, "b.yaml")
    assert (first.path, second.path) == ("a.yaml", "b.yaml")
    assert first.criteria is second.criteria


def test_a_text_that_this_version_refuses_names_the_document_as_the_caller_does(text):
    for path in ("a.yaml", "b.yaml"):
        with pytest.raises(ProtocolError) as refused:
            restore(text.replace("version: 1", "version: none", 1), path)
        assert refused.value.where is not None
        assert (refused.value.where.file, refused.value.where.line) == (path, 2)


def test_many_who_ask_at_once_get_the_same(text):
    with ThreadPoolExecutor(8) as threads:
        first, *others = threads.map(lambda at: restore(text, f"{at % 2}.yaml"), range(32))
    assert {each.path for each in others} == {"0.yaml", "1.yaml"}
    assert all(replace(each, path=first.path) == first for each in others)
