"""Rows in batches: each row is answered once, in order, and a batch that fails is halved until the row that did it is known.

The time is bounded. A part of a batch gets its share of the batch's time, at least an eighth, and a row by itself the whole; the
search in a batch of n rows ends after 3 (1 + log2 n) times the whole, and what is left then says that it was not asked. With one
row that hangs, 64 rows take 3.1 times what a batch may take. A model that is away three batches in a row is not asked again.
"""

from __future__ import annotations

import json
import math
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from itertools import islice
from threading import Lock
from typing import TypeAlias

from remiss.records.model import AWAY, ModelAnswer, ModelRow, ModelTrouble, TroubleKind

LEAST_SHARE = 1 / 8
# Made once: to make one takes as long as to write a row.
_AS_JSON = json.JSONEncoder(allow_nan=False, ensure_ascii=False)
# So many batches in a row, none of whose rows was answered because the model was away.
MOST_AWAY = 3

# Called with rows, the seconds that they may take, and whether they are part of a batch that failed.
Ask: TypeAlias = Callable[[Sequence[ModelRow], float, bool], Sequence[ModelAnswer]]
AnswerBatch: TypeAlias = Callable[[Sequence[ModelRow]], Sequence[ModelAnswer]]


class BatchTrouble(Exception):
    """A batch came to nothing. `splits` says whether fewer rows may come to something: some of them may have done it."""

    def __init__(self, trouble: ModelTrouble, *, splits: bool) -> None:
        super().__init__(trouble.message)
        self.trouble = trouble
        self.splits = splits


def in_trouble(kind: TroubleKind, message: str, *, splits: bool, printed: str = "") -> BatchTrouble:
    """Return what is raised where a batch came to nothing."""
    return BatchTrouble(ModelTrouble(kind=kind, message=message, printed=printed), splits=splits)


def not_asked(message: str) -> ModelAnswer:
    """Return what stands for an answer that was not asked for."""
    return ModelAnswer(trouble=ModelTrouble(kind=TroubleKind.NOT_ASKED, message=message))


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """How the answers to one batch are found. `seconds` is for a try of all its rows, `whole` for one with all its retries."""

    ask: Ask
    seconds: float
    whole: float

    def answers(self, rows: Sequence[ModelRow]) -> list[ModelAnswer]:
        """Return an answer for each row."""
        found: list[ModelAnswer | None] = [_unfit(row) for row in rows]
        asked = [at for at, answer in enumerate(found) if answer is None]
        if asked:
            most = 3 * (1 + math.log2(len(asked))) * self.whole
            end = time.monotonic() + most
            parts = [asked]
            while parts:
                places = parts.pop()
                for at, answer in zip(places, self._part(places, rows, len(asked), end, parts), strict=False):
                    found[at] = answer
        return [each or not_asked("others of its batch had used up the time") for each in found]

    def _part(
        self, places: Sequence[int], rows: Sequence[ModelRow], all_: int, end: float, parts: list[list[int]]
    ) -> Sequence[ModelAnswer]:
        """Return the answers to a part of a batch; none where its halves are to be asked instead, which are added to `parts`."""
        if time.monotonic() >= end:
            return ()
        share = len(places) / all_
        seconds = self.seconds * (1 if len(places) == 1 else max(share, LEAST_SHARE))
        try:
            return self.ask([rows[at] for at in places], seconds, share < 1)
        except BatchTrouble as error:
            if len(places) == 1 or not error.splits:
                return [ModelAnswer(trouble=error.trouble)] * len(places)
            middle = len(places) // 2
            parts += [list(places[middle:]), list(places[:middle])]
            return ()


def _unfit(row: ModelRow) -> ModelAnswer | None:
    """Return what stands for the answer to a row that JSON cannot hold; None of any other."""
    try:
        _AS_JSON.encode(row).encode()
    except (TypeError, ValueError, RecursionError) as error:
        message = f"JSON cannot hold the row: {str(error)[:200]}"
        return ModelAnswer(trouble=ModelTrouble(kind=TroubleKind.ROW, message=message))
    return None


class Fuse:
    """Answers batches until the model has been away for some in a row; after that it says so without asking."""

    def __init__(self, answer: AnswerBatch) -> None:
        self._answer = answer
        self._away = 0
        self._lock = Lock()

    def __call__(self, rows: Sequence[ModelRow]) -> Sequence[ModelAnswer]:
        """Return an answer for each row."""
        if self._away >= MOST_AWAY:
            return [not_asked(f"the model was away for {MOST_AWAY} batches in a row")] * len(rows)
        answers = self._answer(rows)
        away = all(each.trouble is not None and each.trouble.kind in AWAY for each in answers)
        with self._lock:
            self._away = self._away + 1 if away else 0
        return answers


def spread(rows: Iterable[ModelRow], size: int, workers: int, answer: AnswerBatch) -> Iterator[ModelAnswer]:
    """Yield the answers to rows in their order, by batches, of which so many are under way at once."""
    coming = iter(rows)
    batches = iter(lambda: list(islice(coming, size)), [])
    if workers == 1:
        for batch in batches:
            yield from answer(batch)
        return
    pool = ThreadPoolExecutor(workers, thread_name_prefix="model")
    waiting: deque[Future[Sequence[ModelAnswer]]] = deque()
    try:
        for batch in batches:
            waiting.append(pool.submit(answer, batch))
            if len(waiting) >= 2 * workers:
                yield from waiting.popleft().result()
        while waiting:
            yield from waiting.popleft().result()
    finally:
        pool.shutdown(cancel_futures=True)
