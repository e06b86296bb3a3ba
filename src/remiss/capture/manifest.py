"""The digest of a run: from what it is made, and what is left out of it on purpose.

Left out are capture time, actor, position, row keys (they differ between two honest repetitions), floating-point profiles
(compared to 1e-9 instead), of which model version events are (compared apart: runs that were filed before cells said so keep
their digest), redacted text (its key is the catalog's own), whether a window is provisional (which depends on what was captured
before), and rows of the labels that no reader could take apart (they belong to no event and no window: what a label said is in
the events that have it).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime

from remiss.capture.listing import told_in
from remiss.capture.requirements import OF_LABELS
from remiss.capture.versions import without_versions
from remiss.records.identity import canonical, digest
from remiss.records.run import RULES, Cell, DerivedRun, Group, Member, RunWindow


def fingerprint(file_digests: Iterable[str]) -> str:
    """Return SHA-256, in hex, over the sorted content digests of the files that hold at least one event of the run.

    Names do not count: a log that was moved or whose files were renamed is the same log.
    """
    return hashlib.sha256("\n".join(sorted(file_digests)).encode()).hexdigest()


def stratum_key(stratum: Mapping[str, object]) -> bytes:
    """Return the canonical text that orders and joins strata."""
    return canonical(stratum)


def group_order(group: Group) -> tuple[datetime, bytes, str]:
    """Return what groups are sorted by: window, stratum, criterion."""
    return group.window, stratum_key(group.stratum), group.criterion


def cell_order(cell: Cell) -> tuple[datetime, bytes, tuple[str, ...], tuple[str, ...], tuple[str, ...]]:
    """Return what cells are sorted by: window, stratum, pattern."""
    return cell.window, stratum_key(cell.stratum), cell.met, cell.undecided, cell.outside


def member_order(member: Member) -> tuple[datetime, str, str]:
    """Return what members are sorted by: window, priority, id."""
    return member.window, member.priority, member.event.id


def run_digest(
    *,
    protocol_digest: str,
    source_fingerprint: str,
    as_of: datetime,
    windows: Sequence[RunWindow],
    groups: Sequence[Group],
    cells: Sequence[Cell],
    members: Sequence[Member],
    refused: Mapping[str, int],
) -> str:
    """Return the digest by which two derivations of one run are compared (design, section 4)."""
    return digest(
        {
            "protocol": protocol_digest,
            "source": source_fingerprint,
            "as_of": as_of,
            "rules": RULES,
            "windows": [_window(window) for window in windows],
            **_left_out(windows),
            "groups": [
                [group.window, group.stratum, group.criterion, group.population, group.labelled, group.kept, group.threshold]
                for group in sorted(groups, key=group_order)
            ],
            "cells": [_cell(cell) for cell in sorted(without_versions(cells), key=cell_order)],
            "members": [_member(member) for member in sorted(members, key=member_order)],
            "refused": _of_events(refused),
        }
    )


def _left_out(windows: Sequence[RunWindow]) -> dict[str, object]:
    # Nothing where no row is left out: a run of before has the digest that it had.
    left_out = [[window.window, window.left_out] for window in windows if window.left_out]
    return {"left_out": left_out} if left_out else {}


def differences(before: DerivedRun, after: DerivedRun) -> tuple[str, ...]:
    """Return, in words, where two derivations of one run part; empty when their digests, and counts by version, agree."""
    if before.digest == after.digest:
        return _version_differences(before.cells, after.cells)
    found: list[str] = []
    old, new = before.manifest, after.manifest
    if old.protocol_digest != new.protocol_digest:
        found.append("the protocol means something else now (its taxonomy or rubric file changed)")
    if old.fingerprint != new.fingerprint:
        found.extend(_file_differences(old.file_digests, new.file_digests))
    if old.as_of != new.as_of:
        found.append("the as-of times differ")
    for name, left, right in (
        ("window", [_comparable(item) for item in before.windows], [_comparable(item) for item in after.windows]),
        ("group", [_comparable(item) for item in before.groups], [_comparable(item) for item in after.groups]),
        (
            "cell",
            [_comparable(item) for item in without_versions(before.cells)],
            [_comparable(item) for item in without_versions(after.cells)],
        ),
        (
            "sampled event",
            [canonical(_member(item)) for item in before.members],
            [canonical(_member(item)) for item in after.members],
        ),
    ):
        lost, won = len(set(left) - set(right)), len(set(right) - set(left))
        if lost or won:
            found.append(f"{name}s: {lost} only in the run, {won} only in the new derivation")
    was, now = _of_events(before.refusals.counts), _of_events(after.refusals.counts)
    found.extend(
        f"refused for {reason}: {was.get(reason, 0)} in the run, {now.get(reason, 0)} now"
        for reason in sorted({*was, *now})
        if was.get(reason, 0) != now.get(reason, 0)
    )
    return tuple(found) or ("the digests differ, and nothing that is recorded shows where",)


def _version_differences(before: Sequence[Cell], after: Sequence[Cell]) -> tuple[str, ...]:
    """Return where cells part by model version; of a run that was filed before versions were counted nothing can be said."""
    if not (told_in(before) and told_in(after)):
        return ()
    left, right = (
        {canonical([*_cell(cell), cell.version and [cell.version.name]]) for cell in cells} for cells in (before, after)
    )
    if left == right:
        return ()
    return (f"cells by model version: {len(left - right)} only in the run, {len(right - left)} only in the new derivation",)


def _of_events(refused: Mapping[str, int]) -> dict[str, int]:
    return {reason: count for reason, count in refused.items() if reason not in OF_LABELS}


def _file_differences(old: Mapping[str, str], new: Mapping[str, str]) -> list[str]:
    changed = [name for name in sorted(old) if name in new and new[name] != old[name]]
    return [
        *(f"{name} holds other bytes than when the run was made" for name in changed),
        *(f"{name} no longer holds an event of these windows" for name in sorted(set(old) - set(new))),
        *(f"{name} holds events of these windows and did not before" for name in sorted(set(new) - set(old))),
    ]


def _comparable(item: RunWindow | Group | Cell | Member) -> bytes:
    match item:
        case RunWindow():
            return canonical([*_window(item), item.left_out])
        case Group():
            return canonical([*group_order(item)[::2], item.stratum, item.population, item.labelled, item.kept, item.threshold])
        case Cell():
            return canonical(_cell(item))
        case Member():
            return canonical(_member(item))


def _window(item: RunWindow) -> list[object]:
    return [item.window, item.population, item.labelled, item.nulls]


def _cell(item: Cell) -> list[object]:
    return [item.window, item.stratum, item.met, item.undecided, item.outside, item.population, item.labelled, item.ruled_out]


def _member(item: Member) -> list[object]:
    lists = (item.met, item.undecided, item.outside, item.ruled_out)
    return [item.event.id, *map(sorted, lists), item.priority]
