"""Models of Python: a list of rows in and a list of answers out, in processes of their own. Saved models run in the same."""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from functools import partial
from queue import SimpleQueue
from threading import Lock
from typing import Self

from remiss.edges.runners.batches import BatchTrouble, Fuse, Search, in_trouble, spread
from remiss.edges.runners.process import Launch, ModelProcess, trouble_of
from remiss.errors import ModelError
from remiss.records.model import (
    ModelAnswer,
    ModelEnvironment,
    ModelLimits,
    ModelRow,
    ModelSpecification,
    TroubleKind,
)


class _Seat:
    """Where a process is, or will be when it is needed again."""

    def __init__(self, launch: Launch) -> None:
        self.launch = launch
        self._process: ModelProcess | None = None
        self._closed = False

    def process(self) -> ModelProcess:
        """Return the process, started anew where the former one is gone.

        Raises
        ------
        BatchTrouble : it does not start, or is not to any more
        """
        if self._closed:
            raise in_trouble(TroubleKind.START, "it was stopped", splits=False)
        if self._process is None or not self._process.alive:
            self._process = ModelProcess(self.launch)
        return self._process

    def ask(self, seed: int, rows: Sequence[ModelRow], seconds: float, again: bool) -> Sequence[ModelAnswer]:  # noqa: FBT001
        """Return the answers to rows; with its seed it is an `Ask`."""
        process = self.process()
        found = process.ask({"rows": rows, "seed": seed}, seconds)
        try:
            share = float(found["ms"]) / len(rows)
            return [_answer(each, share) for each, _ in zip(found["answers"], rows, strict=True)]
        except (KeyError, TypeError, ValueError) as error:
            process.kill()
            raise in_trouble(TroubleKind.TYPE, "what it answers has not the form of answers", splits=True) from error

    def stop(self) -> None:
        """End the process, also while it is asked; none is started any more."""
        self._closed = True
        if self._process is not None:
            self._process.interrupt()

    def clear(self) -> None:
        """Let go of the process, which nobody asks."""
        if self._process is not None:
            self._process.kill()


def _answer(found: dict[str, object], latency_ms: float) -> ModelAnswer:
    """Return one answer.

    Raises
    ------
    KeyError, TypeError, ValueError : it has not the form of one
    """
    if "trouble" in found:
        return ModelAnswer(trouble=trouble_of(found), latency_ms=latency_ms)
    confidence = found["confidence"]
    if not isinstance(confidence, int | float | None):
        raise TypeError("confidence")
    return ModelAnswer(
        output=found["output"], confidence=None if confidence is None else float(confidence), latency_ms=latency_ms
    )


def _failed(what: str, error: BatchTrouble) -> ModelError:
    failed = ModelError(f"{what}: {error.trouble.message}", do="mend it, and try it with `remiss model check`")
    failed.trouble = error.trouble
    return failed


class PythonRunner:
    """A model of Python that runs in as many processes as its limits say; the first is started at once, others when needed."""

    def __init__(self, model: ModelSpecification, launch: Launch) -> None:
        self._model = model
        self._limits: ModelLimits = model.limits
        self._launch = launch
        self._seats = [_Seat(launch) for _ in range(self._limits.concurrency)]
        self._free: SimpleQueue[_Seat] = SimpleQueue()
        self._closing = Lock()
        for seat in self._seats:
            self._free.put(seat)
        try:
            told = self._seats[0].process().told
        except BatchTrouble as error:
            self.close()
            raise _failed(f"{model} does not start", error) from error
        self._digest = model.digest
        if launch.saved is not None:
            # What a registry gave to the first process the others load, too, whatever it would give them.
            self._digest = str(told.get("digest"))
            same = {**launch.saved, "uri": str(told.get("at")), "digest": self._digest}
            for seat in self._seats:
                seat.launch = replace(launch, saved=same)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def answers(self, rows: Iterable[ModelRow], *, repeat: int = 0) -> Iterator[ModelAnswer]:
        """Yield one answer for each row, in their order."""
        limits = self._limits
        return spread(rows, limits.batch_size, limits.concurrency, Fuse(partial(self._batch, self._launch.seed + repeat)))

    def _batch(self, seed: int, rows: Sequence[ModelRow]) -> Sequence[ModelAnswer]:
        with self._seat() as seat:
            return Search(ask=partial(seat.ask, seed), seconds=self._limits.seconds, whole=self._limits.seconds).answers(rows)

    @contextmanager
    def _seat(self) -> Iterator[_Seat]:
        seat = self._free.get()
        try:
            yield seat
        finally:
            self._free.put(seat)

    def environment(self) -> ModelEnvironment:
        """Return where the model runs, as its own process knows it."""
        with self._seat() as seat:
            try:
                found = seat.process().ask({}, self._limits.start_seconds)
            except BatchTrouble as error:
                raise _failed(f"{self._model} does not say where it runs", error) from error
        packages = {str(name): str(version) for name, version in dict(found.get("packages", {})).items()}
        return ModelEnvironment(
            python=str(found.get("python")),
            platform=str(found.get("platform")),
            packages=dict(sorted(packages.items())),
            digest=self._digest,
            seed=self._launch.seed,
        )

    def close(self) -> None:
        """Kill all processes, also those that are being asked."""
        for seat in self._seats:
            seat.stop()
        # One after the other: of two who each hold a seat and wait for the next, none ever gets it.
        with self._closing:
            for _ in self._seats:
                self._free.get().clear()
            for seat in self._seats:
                self._free.put(seat)
        if self._launch.scratch is not None:
            shutil.rmtree(self._launch.scratch, ignore_errors=True)
