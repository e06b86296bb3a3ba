"""Late files: what the files of a source are now, held against what the run in force for each window had seen of them.

A window is due again when a file that reaches it is new to its run, or was changed since. Whether a file is the same is told by
its size and its time of change, and where these differ by the digest of its content, whatever it is called by then.

What is gone makes nothing due: a source that keeps its newest days only would have every older window captured again, without its
events. That is said, and a person decides (`run.accept`). The same holds where a file was changed and the source does not
reach back to the beginning of a window any more (docs/adr/0038).
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from remiss.capture.captured import WindowInForce
from remiss.records.identity import from_micros, to_micros
from remiss.records.source_file import FileChange, SourceFile

NEW, CHANGED, GONE = "new", "changed", "gone"
# Files that are named, of those that changed something; all are counted.
NAMED = 20
# How often a file may have grown since the oldest run in force; one that grew more often counts as changed.
MOST_TAILS = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class FileChanges:
    """What became of the files of a source since its windows were captured.

    `due` are the windows to capture again for it. `changes` has the first 20, those that make windows due before those that are
    gone; `gone` counts all files that are gone. `unlisted` counts the windows of runs that kept no list of files.
    """

    due: frozenset[datetime] = frozenset()
    changes: tuple[FileChange, ...] = ()
    gone: int = 0
    unlisted: int = 0

    def with_labels(self, of_labels: FileChanges) -> FileChanges:
        """Return these changes, and those of the files of the labels after them."""
        due, gone = self.due | of_labels.due, self.gone + of_labels.gone
        return replace(self, due=due, changes=(*self.changes, *of_labels.changes)[:NAMED], gone=gone)


@dataclass(slots=True)
class _Windows:
    """The windows in force, oldest first, each with the position of the run that last saw its files."""

    width: int
    starts: list[int] = field(default_factory=list)
    seen_at: list[int] = field(default_factory=list)

    def reached(self, at: int, times: Sequence[tuple[int, ...]]) -> bool:
        """Return whether stretches of time reach a window."""
        return any(least < self.starts[at] + self.width and greatest >= self.starts[at] for least, greatest in times)

    def within(self, times: Sequence[tuple[int, ...]]) -> Iterator[int]:
        """Yield the places of the windows that stretches of time reach."""
        for least, greatest in times:
            at = bisect_left(self.starts, least - self.width + 1)
            while at < len(self.starts) and self.starts[at] <= greatest:
                yield at
                at += 1


def file_changes(
    now: Mapping[str, SourceFile],
    known: Sequence[SourceFile],
    in_force: Sequence[WindowInForce],
    waiting: Mapping[datetime, int],
    width: timedelta,
    beside: Sequence[tuple[datetime, datetime]] = (),
) -> FileChanges:
    """Return what became of the files of a source since its windows were captured.

    Parameters
    ----------
    now : the files as they are, by path, read for their times
    known : what runs saw of them, and what was read since
    in_force : the windows that are captured, oldest first
    beside : windows whose rows share ids with those of a window next to them, each with that one: which row of an id is an event
        is decided by both, so that what is new to the one may change the other
    waiting : windows that a run has seen which waits to be accepted, with its position: they are not captured once more meanwhile
    """
    begins = min((file.since for file in known if file.since is not None), default=None)
    windows = _Windows(width // timedelta(microseconds=1))
    for item in in_force:
        seen_at = max(item.filed, waiting.get(item.window.window, 0))
        if begins is not None and seen_at >= begins:
            windows.starts.append(to_micros(item.window.window))
            windows.seen_at.append(seen_at)
    unlisted = len(in_force) - len(windows.starts)
    if not windows.starts:
        return FileChanges(unlisted=unlisted)
    comparing = _Comparing(now, known, windows, beside)
    for file in now.values():
        comparing.compare(file)
    gone = comparing.look_for_gone()
    return FileChanges(due=frozenset(comparing.due()), changes=tuple(comparing.changes())[:NAMED], gone=gone, unlisted=unlisted)


class _Comparing:
    """The files of a source while they are compared; what is found is by path and kind the places of windows."""

    def __init__(
        self,
        now: Mapping[str, SourceFile],
        known: Sequence[SourceFile],
        windows: _Windows,
        beside: Sequence[tuple[datetime, datetime]],
    ) -> None:
        self._now, self._windows = now, windows
        places = {start: at for at, start in enumerate(windows.starts)}
        self._beside: defaultdict[int, list[int]] = defaultdict(list)
        for window, other in beside:
            if (at := places.get(to_micros(window))) is not None and (its := places.get(to_micros(other))) is not None:
                self._beside[at].append(its)
        self._oldest = min(windows.seen_at)
        self._seen: defaultdict[str, list[SourceFile]] = defaultdict(list)
        self._moved: defaultdict[str, list[SourceFile]] = defaultdict(list)
        for file in known:
            if file.since is not None:
                self._seen[file.path].append(file)
                if file.digest is not None and file.path not in now:
                    self._moved[file.digest].append(file)
        # Before this the source has nothing any more.
        self._first = min((file.times[0][0] for file in now.values() if file.times), default=None)
        self._found: defaultdict[tuple[str, str], set[int]] = defaultdict(set)

    def compare(self, file: SourceFile) -> None:
        """Find the windows to which a file that is there is new, or another than it was."""
        before = self._seen.get(file.path, [])
        same = [each for each in before if same_file(each, file)]
        if any(each.since <= self._oldest and each.until is None for each in same if each.since is not None):
            return
        same += self._moved.get(file.digest or "", [])
        reached = set(self._windows.within(file.times or ()))
        for at in reached:
            for place in (at, *self._beside[at]):
                seen_at = self._windows.seen_at[place]
                if any(held(each, seen_at) for each in same) or self._only_longer(file, before, at, seen_at):
                    continue
                former = next((each for each in before if held(each, seen_at)), None)
                kind = NEW if former is None else GONE if self._left_behind(former, place) else CHANGED
                self._found[file.path, kind].add(place)
        for former in before:
            if former not in same:
                self._leave(former, (at for at in self._windows.within(former.times or ()) if at not in reached))

    def look_for_gone(self) -> int:
        """Find the windows that had files which are not there any more, under no name; return how many files are gone."""
        there = {file.digest for file in self._now.values()}
        for path, states in self._seen.items():
            if path not in self._now:
                for former in states:
                    if former.digest is None or former.digest not in there:
                        self._leave(former, self._windows.within(former.times or ()))
        return sum(kind == GONE for _, kind in self._found)

    def due(self) -> Iterator[datetime]:
        """Yield the windows that are due again."""
        for (_, kind), places in self._found.items():
            if kind != GONE:
                yield from (from_micros(self._windows.starts[at]) for at in places)

    def changes(self) -> Iterator[FileChange]:
        """Yield every file that is another, with how many windows it is for."""
        for (path, kind), places in sorted(self._found.items(), key=lambda found: (found[0][1] == GONE, found[0])):
            starts = sorted(self._windows.starts[at] for at in places)
            since, until = from_micros(starts[0]), from_micros(starts[-1] + self._windows.width)
            yield FileChange(path=path, kind=kind, windows=len(starts), since=since, until=until)

    def _leave(self, former: SourceFile, places: Iterator[int]) -> None:
        for at in places:
            if held(former, self._windows.seen_at[at]):
                self._found[former.path, GONE].add(at)

    def _left_behind(self, former: SourceFile, at: int) -> bool:
        """Return whether the source does not reach back any more to what the run of a window had of a changed file."""
        start = self._windows.starts[at]
        reached_back = any(start <= least < (self._first or start) for least in _least_within(former, start, self._windows.width))
        return self._first is not None and start < self._first and reached_back

    def _only_longer(self, file: SourceFile, before: Sequence[SourceFile], at: int, seen_at: int) -> bool:
        """Return whether all that came to a file since it was seen was appended to it, and is not of a window."""
        here = file
        for _ in range(MOST_TAILS):
            tail = here.tail
            if tail is None or self._windows.reached(at, tail.times):
                return False
            former = [each for each in before if each.digest == tail.digest]
            if any(held(each, seen_at) for each in former):
                return True
            longer = next((each for each in former if each.tail is not None), None)
            if longer is None:
                return False
            here = longer
        return False


def _least_within(file: SourceFile, start: int, width: int) -> Iterator[int]:
    """Yield the least times that a file may have in a window."""
    for least, greatest in file.times or ():
        if least < start + width and greatest >= start:
            yield max(least, start)


def held(file: SourceFile, position: int) -> bool:
    """Return whether the runs at a position saw a file in this state."""
    return file.since is not None and file.since <= position and (file.until is None or position < file.until)


def same_file(before: SourceFile, now: SourceFile) -> bool:
    """Return whether a file is what it was, by its content where that is known, else by its size and time of change."""
    if before.digest is not None and now.digest is not None:
        return before.digest == now.digest
    return (before.size, before.modified_ns) == (now.size, now.modified_ns)
