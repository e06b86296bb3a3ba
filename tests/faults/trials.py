"""Trials: one deed, done again and again from the same beginning, each time with another fault; and what was wrong with each."""

from __future__ import annotations

import errno
import shutil
import uuid
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.databases import copy_database, drop_database
from tests.faults import power
from tests.faults.faulty import Call, Fault, FaultyCommands
from tests.faults.worlds import Deed, World, begin

# One call fails; or all from one on, as on a disk that is full, over its quota or read-only from then on; or the process ends.
WAYS = ((errno.EIO, False), (errno.ENOSPC, True), (errno.EDQUOT, True), (errno.EROFS, True), (0, False))
# How an error says that what was asked for took place all the same, or may have.
DONE_ALREADY = (
    "could not be taken away again",
    "it is done, and only the answer cannot be given",
    "whether it did is not known",
    "rotate again, which finishes it",
    "it is erased in the catalog",
)


@dataclass
class Tally:
    """How many trials ended how, and what was wrong."""

    ended: Counter[str] = field(default_factory=Counter)
    wrong: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        parts = ", ".join(f"{count} {what}" for what, count in sorted(self.ended.items()))
        return f"{self.ended.total()} trials: {parts}; {len(self.wrong)} wrong"


class Trials:
    """A deed in a folder on SQLite, or with keys and vault in that folder on a server."""

    def __init__(self, commands: FaultyCommands, deed: Deed, folder: Path, log: Path, server: str | None = None) -> None:
        self.commands = commands
        self.deed = deed
        self.under = folder / "disk"
        self._kept, self._log_of_calls = folder / "kept", folder / "calls"
        self._server, self._name = server, f"faults_{uuid.uuid4().hex}"
        self.under.mkdir(parents=True)
        if server is not None:
            copy_database(server, "template0" if deed.begins == "nothing" else "template", self._name)
        address = f"sqlite:///{self.under / 'remiss.db'}" if server is None else f"{server}/{self._name}"
        self.world = World(self.under, address)
        self.typed = list(deed.typed(log, begin(deed.begins, self.world, log), self.under))
        if server is not None:
            copy_database(server, "template0" if deed.begins == "lost" else self._name, f"{self._name}_kept")
        self.under.rename(self._kept)
        self.reset()
        self.before = self.state()
        self.calls = self.traced()
        # The calls after which something more is on the disk than before.
        self.moments = power.moments(self._log_of_calls)
        self.after = self.state()
        assert not self.before["wrong"]
        assert not self.after["wrong"]

    def close(self) -> None:
        """Drop what is on the server."""
        if self._server is not None:
            drop_database(self._server, self._name)
            drop_database(self._server, f"{self._name}_kept")

    def reset(self) -> None:
        """Put everything back as it was at the beginning."""
        shutil.rmtree(self.under, ignore_errors=True)
        shutil.copytree(self._kept, self.under)
        if self._server is not None:
            drop_database(self._server, self._name)
            copy_database(self._server, f"{self._name}_kept", self._name)

    def state(self) -> Any:
        """Return how the catalog stands."""
        return self.commands.ask(self.deed.looks, self.world.environment)

    def traced(self) -> list[Call]:
        """Do the deed and return its calls; what is durable after each is in the log."""
        shutil.rmtree(self._log_of_calls, ignore_errors=True)
        self._log_of_calls.mkdir()
        self._at_first = power.before(self.under, self._log_of_calls)
        return self.commands.calls(self.typed, self.world.environment, self.under, self._log_of_calls)

    def fail(self, faults: Sequence[Fault]) -> Tally:
        """Do the deed with each fault in turn: the catalog is as before or after, whoever asked is told, and can do it again."""
        tally = Tally()
        for fault in faults:
            self.reset()
            ended = self.commands.run(self.typed, self.world.environment, fault)
            at = self.calls[min(fault.at, len(self.calls)) - 1]
            which, wrong = self._standing()
            told = ended.err.strip()
            if ended.status == 0 and which != "after":
                wrong.append("it was said to be done")
            elif ended.status == 2 and which == "after" and not any(words in told for words in DONE_ALREADY):
                wrong.append(f"it is done, and was said to have failed: {told}")
            elif fault.error and (ended.status not in {0, 2} or "Traceback" in told):
                wrong.append(f"status {ended.status}: {told[-800:]}")
            elif ended.status == 2 and not told:
                wrong.append("nothing was said")
            if which == "before":
                wrong += self._again()
            tally.ended[f"{errno.errorcode.get(fault.error, 'killed')} {which}"] += 1
            tally.wrong += [f"{self.deed.name}, {fault} ({at.kind} {at.path}), {which}: {each}" for each in wrong]
        return tally

    def lose_power(self, moments: Sequence[int]) -> Tally:
        """Do the deed and have the power go after each of some calls, of which nothing is left but what was waited for."""
        tally = Tally()
        for moment in moments:
            if self._server is None:
                power.left(self.under, self._at_first, self._log_of_calls, moment)
            else:
                # The server is another machine, and knows what was committed by then.
                self.reset()
                self.traced_until(moment)
                power.left(self.under, self._at_first, self._log_of_calls, moment)
            which, wrong = self._standing()
            if moment == self.moments[-1] and which != "after":
                wrong.append("it was said to be done")
            if which == "before":
                wrong += self._again()
            at = self.calls[moment - 1]
            tally.ended[f"power lost {which}"] += 1
            tally.wrong += [f"{self.deed.name}, power lost after call {moment} ({at.kind} {at.path}): {each}" for each in wrong]
        return tally

    def traced_until(self, moment: int) -> None:
        """Do the deed until it is killed after a call."""
        shutil.rmtree(self._log_of_calls, ignore_errors=True)
        self._log_of_calls.mkdir()
        self._at_first = power.before(self.under, self._log_of_calls)
        fault = Fault(under=str(self.under), at=moment + 1, log=str(self._log_of_calls))
        self.commands.run(self.typed, self.world.environment, fault)

    def _standing(self) -> tuple[str, list[str]]:
        found = self.state()
        wrong = list(found["wrong"])
        for which, state in (("before", self.before), ("after", self.after)):
            if found["holds"] == state["holds"]:
                return which, wrong
        return "neither", [*wrong, f"it holds {found['holds']}"]

    def _again(self) -> list[str]:
        ended = self.commands.run(self.typed, self.world.environment)
        if ended.status:
            return [f"it cannot be done again: {ended.err.strip()[-800:]}"]
        which, wrong = self._standing()
        return wrong if which == "after" else [*wrong, f"after it was done again it is {which}"]
