"""Tokens that do not work slow down the address that sends them, and are told of once a minute; one that works goes on."""

from __future__ import annotations

import threading

import pytest

from remiss.govern.tokens import ADDRESSES, ENTRIES, MINUTE, WRONG_TOKENS, Attempts, Waits


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def told():
    return []


@pytest.fixture
def attempts(told, clock):
    return Attempts(lambda address, count: told.append((address, count)), clock, threading.Lock())


def wrong(attempts, address, times=1):
    return [attempts.tried(address, f"guess {number}", lambda: None) for number in range(times)]


def test_an_address_waits_for_the_minute_to_end_when_it_sent_too_many(attempts, clock):
    assert wrong(attempts, "a", WRONG_TOKENS) == [None] * WRONG_TOKENS
    clock.now += 20.5
    with pytest.raises(Waits, match="wait 40 seconds") as waits:
        attempts.tried("a", "another", lambda: pytest.fail("it was looked up"))
    assert waits.value.seconds == 40
    assert wrong(attempts, "b") == [None]
    clock.now += 40
    assert attempts.tried("a", "right", lambda: "ana") == "ana"


def test_who_has_a_token_that_worked_does_not_wait_for_others_at_their_address(attempts):
    assert attempts.tried("a", "right", lambda: "ana") == "ana"
    wrong(attempts, "a", WRONG_TOKENS)
    assert attempts.tried("a", "right", lambda: "ana") == "ana"
    with pytest.raises(Waits):
        attempts.tried("a", "also right", lambda: "bo")


def test_of_an_address_is_told_once_a_minute_with_how_many_it_sent(attempts, told, clock):
    wrong(attempts, "a", WRONG_TOKENS)
    for _ in range(280):
        with pytest.raises(Waits):
            wrong(attempts, "a")
    assert told == [("a", 1)]
    clock.now += MINUTE
    wrong(attempts, "a", 2)
    assert told == [("a", 1), ("a", 300)]


def test_many_addresses_flood_neither_the_log_nor_the_memory(attempts, told, clock):
    for number in range(ADDRESSES + 100):
        wrong(attempts, str(number))
    assert len(told) == ENTRIES
    assert len(attempts._wrong) == ADDRESSES
    clock.now += MINUTE
    wrong(attempts, "x")
    assert len(told) == ENTRIES + 1
