"""Frames: the source and protocol version that a figure is about. Two of them are never added up.

Two versions of a protocol may mean different things by the same name, and two sources may hold the same events. Where nobody
says which version, it is the newest one that has windows in the scope of the question, and the figure says which others have.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from remiss.catalog.query.expression import Query
from remiss.errors import FigureRefused, NotFound, QueryError
from remiss.records.window import Window
from remiss.understand.question import Rules
from remiss.understand.sampling_facts import Frame
from remiss.understand.scope import Constants, Facts, holds


def constants_of(frame: Frame, rules: Rules) -> Constants:
    """Return the canonical keys whose values all events of a frame share: a protocol goes by its name, and with its version."""
    versions = (f"{frame.protocol}@{version}" for version in {frame.version, *frame.versions})
    return {"source": (frame.source,), "protocol": (frame.protocol, *versions), "model": (rules.model,), "team": (rules.team,)}


def narrowed(frames: Sequence[Frame], source: str | None, protocol: str | None) -> tuple[Frame, ...]:
    """Return the frames of that source and protocol (`name` or `name@version`).

    Raises
    ------
    NotFound : nothing was captured, or nothing by that name
    """
    if not frames:
        raise NotFound("the catalog holds no captured windows", do="capture some: remiss capture PROTOCOL.yaml")
    name, _, version = (protocol or "").partition("@")
    found = tuple(
        frame
        for frame in frames
        if source in {None, frame.source}
        and name in {"", frame.protocol}
        and version in {"", str(frame.version), *map(str, frame.versions)}
    )
    if not found:
        raise NotFound(
            f"nothing in force was captured from {source or 'any source'} by {protocol or 'any protocol'}",
            do=f"there is {listed(frames)}",
        )
    return found


def only(frames: Sequence[Frame], queries: Sequence[Query], rules: Sequence[Rules]) -> Frame:
    """Return the frame that has windows in the scope of the queries, derived by the same rules: of a protocol its newest version.

    Parameters
    ----------
    rules : of each frame's protocol

    Raises
    ------
    QueryError : none has, or several have that are not of one source and protocol
    """
    reached = [frame for frame, its in zip(frames, rules, strict=True) if reaches(frame, queries, its)]
    found = newest(reached)
    if len(found) == 1:
        others = {each.version for each in reached} - {found[0].version}
        return replace(found[0], besides=tuple(sorted(others)))
    if len({(frame.source, frame.protocol, frame.digest) for frame in found}) == 1:
        older = min(found, key=lambda frame: frame.rules)
        starts = [one.window.date().isoformat() for one in older.windows]
        raise FigureRefused(
            f"{len(older.windows):,} of the windows ({min(starts)} to {max(starts)}) are by the rules of an older remiss, which "
            "counted missing labels and nulls otherwise; figures of both are never added up",
            do=f"capture these windows again by {older.protocol}, or choose windows of one kind by time (occurred:)",
        )
    if found:
        raise QueryError(
            f"the query spans {len(found)} sources or protocols, whose figures are never added up",
            do=f"choose one by its source, by its protocol or by time (occurred:); there is {listed(found)}",
        )
    begin = sorted(one.window for frame in frames for one in frame.windows)
    raise QueryError(
        "no captured window is in the scope of the query",
        do=f"windows in force begin between {begin[0].date()} and {begin[-1].date()}, of {listed(frames)}",
    )


def newest(frames: Sequence[Frame]) -> list[Frame]:
    """Return of frames of one source and protocol those of the newest version; all where they are of several."""
    if len({(frame.source, frame.protocol) for frame in frames}) != 1:
        return list(frames)
    last = max(frames, key=lambda frame: frame.version)
    return [frame for frame in frames if frame.digest == last.digest]


def besides(frame: Frame) -> tuple[str, ...]:
    """Return what to say of a figure that other versions of the protocol have windows for, too."""
    if not frame.besides:
        return ()
    others = " and ".join(str(each) for each in frame.besides)
    plural = "s" if len(frame.besides) > 1 else ""
    return (
        f"of version {frame.version} of {frame.protocol}, the newest; version{plural} {others} also had windows in this scope, "
        "which are in figures of their own and never added to these",
    )


def reaches(frame: Frame, queries: Sequence[Query], rules: Rules) -> bool:
    """Return whether some window of a frame may hold events of all the queries."""
    constants = constants_of(frame, rules)
    return any(
        all(holds(query, Facts(window=Window(one.window, rules.width), constants=constants)) is not False for query in queries)
        for one in frame.windows
    )


def listed(frames: Sequence[Frame]) -> str:
    """Return frames in words."""
    return "; ".join(f"{frame.source} by {frame.protocol}@{frame.version}" for frame in frames)
