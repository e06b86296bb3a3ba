"""Answers remembered: what an action answered at a position, so that no question is worked out twice.

At one position an answer never changes, and an estimate of a large catalog takes seconds. So a server keeps the latest answers,
by who asked with which roles, action, arguments and position, and a caller who asks for one that is being worked out waits for
it. People who label nothing and were granted the same see the same, and share what was worked out for one of them; of whoever
labels something, what may be told differs by person. What looks at the world beside the catalog (`run.status` reads the ends of
logs) is kept for a short while only. The answer of an earlier position can be had while the latest is worked out: whoever was
granted something else meanwhile has none.
"""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from threading import Lock
from typing import TYPE_CHECKING, Any, TypeAlias, TypeVar, cast

from remiss.action import action_of
from remiss.govern.authority import Granted
from remiss.govern.ports.actor import Actor, Authority
from remiss.records.person import Grant

if TYPE_CHECKING:
    from remiss.workspace import Workspace

# An overview takes some ten for each protocol, a page of estimates one; an answer is some kilobytes.
MOST = 256

R = TypeVar("R")
# Who shares answers: one person with what they may, or all who were granted the same and label nothing.
Askers: TypeAlias = tuple[Actor, Authority] | frozenset[Grant]
Key: TypeAlias = tuple[Askers, str, object, str]
LABELLING = ("queue:work", "case:annotate", "case:verify", "case:adjudicate")


@dataclass(frozen=True, slots=True)
class CachedResult:
    """An answer, there or under way, and the time on the clock after which it is asked anew."""

    answer: Future[Any] = field(default_factory=Future)
    until: float = float("inf")


class ResultCache:
    """The latest answers of one server; safe for threads.

    `clock` tells seconds that never go back.
    """

    def __init__(self, most: int = MOST, clock: Callable[[], float] = time.monotonic) -> None:
        self._most = most
        self._clock = clock
        self._lock = Lock()
        self._kept: OrderedDict[Key, CachedResult] = OrderedDict()
        # Of each question the last answer that was worked out, with its position.
        self._last: OrderedDict[Key, tuple[int, CachedResult]] = OrderedDict()

    def ask(
        self,
        ws: Workspace,
        call: Callable[..., R],
        position: int,
        *,
        seconds: float | None = None,
        standing: object = None,
        **arguments: object,
    ) -> R:
        """Return what an action answers, from memory or by calling it; raises what it raises, which is not remembered.

        Parameters
        ----------
        call : an action that reads; one that takes `as_of` is asked as of the position
        position : the catalog's
        seconds : how long the answer holds, for an action that looks beside the catalog; it takes no `as_of`
        standing : all that the answer rests on, for one that does not change with every position
        """
        key, given = _asked(ws, call, position, arguments, seconds, standing)
        with self._lock:
            kept = self._found(key)
            mine = kept is None
            if kept is None:
                kept = self._kept[key] = CachedResult(until=float("inf") if seconds is None else self._clock() + seconds)
                while len(self._kept) > self._most:
                    self._kept.popitem(last=False)
        if mine:
            self._work_out(key, kept, lambda: call(ws, **given))
            self._remember(key, position, kept)
        return self._shown(ws, call, given, kept, again=not mine)

    def ready(
        self,
        ws: Workspace,
        call: Callable[..., R],
        position: int,
        *,
        seconds: float | None = None,
        standing: object = None,
        look: bool = True,
        **arguments: object,
    ) -> R | None:
        """Return the answer to the same question if it is there already; never waits.

        Parameters
        ----------
        standing : as of `ask`
        look : whether what it shows is shown; without, only how much it is, and nothing is recorded
        """
        key, given = _asked(ws, call, position, arguments, seconds, standing)
        with self._lock:
            kept = self._found(key)
        there = kept is not None and kept.answer.done() and kept.answer.exception() is None
        return self._shown(ws, call, given, kept, again=look) if kept is not None and there else None

    def earlier(self, ws: Workspace, call: Callable[..., R], position: int, **arguments: object) -> tuple[R, int] | None:
        """Return the last answer to the same question of an earlier position, with that position; never waits."""
        key, given = _asked(ws, call, position, arguments, None, None)
        with self._lock:
            found = self._last.get(_question(key))
        if found is None or found[0] > position:
            return None
        at, kept = found
        return self._shown(ws, call, {**given, "as_of": at}, kept, again=True), at

    def _remember(self, key: Key, position: int, kept: CachedResult) -> None:
        question = _question(key)
        with self._lock:
            if question not in self._last or self._last[question][0] <= position:
                self._last[question] = (position, kept)
                self._last.move_to_end(question)
                while len(self._last) > self._most:
                    self._last.popitem(last=False)

    def _shown(self, ws: Workspace, call: Callable[..., R], given: Mapping[str, object], kept: CachedResult, *, again: bool) -> R:
        """Return an answer; of one that was not worked out for this caller, their look at it is recorded here."""
        if not kept.answer.done():
            # Somebody else works it out, for seconds: no connection is held meanwhile.
            ws.let_go()
        answer = cast("R", kept.answer.result())
        action = action_of(call)
        if again and action is not None:
            ws.record_view(action, action.filled(given), answer)
        return answer

    def _found(self, key: Key) -> CachedResult | None:
        kept = self._kept.get(key)
        if kept is None or self._clock() >= kept.until:
            self._kept.pop(key, None)
            return None
        self._kept.move_to_end(key)
        return kept

    def _work_out(self, key: Key, kept: CachedResult, work: Callable[[], object]) -> None:
        try:
            kept.answer.set_result(work())
        except BaseException as error:  # noqa: BLE001 - whatever it was, those who wait must be told
            with self._lock:
                if self._kept.get(key) is kept:
                    del self._kept[key]
            kept.answer.set_exception(error)


def _asked(
    ws: Workspace,
    call: Callable[..., object],
    position: int,
    arguments: dict[str, object],
    seconds: float | None,
    standing: object,
) -> tuple[Key, dict[str, object]]:
    name = f"{call.__module__}.{call.__qualname__}"
    key = (_askers(ws), name, position if standing is None else repr(standing), repr(sorted(arguments.items())))
    return key, arguments if seconds is not None else {**arguments, "as_of": position}


def _question(key: Key) -> Key:
    """Return a key without where the catalog stood."""
    askers, name, _, arguments = key
    return askers, name, None, arguments


def _askers(ws: Workspace) -> Askers:
    """Return for whom an answer is: what one sees is not for another, nor for the same person with other roles."""
    authority = ws.authority
    if isinstance(authority, Granted) and not any(authority.may(ws.actor, each) for each in LABELLING):
        return frozenset(authority.person.grants) if ws.actor.name == authority.person.name else (ws.actor, authority)
    return ws.actor, authority
