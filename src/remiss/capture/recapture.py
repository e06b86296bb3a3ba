"""What a recapture changes: the sample that was in force, compared with the one just drawn.

`added` was not sampled before; `dropped` is still in the source and no longer sampled; `gone` is no longer in the source,
which somebody must accept; `changed` has another output, another label or meets other criteria.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence

from remiss.capture.ports import Known
from remiss.catalog.spelling import to_text
from remiss.records.run import Change, Member

ADDED, DROPPED, GONE, CHANGED = "added", "dropped", "gone", "changed"


def compare(known: Iterable[Known], members: Sequence[Member], present: Collection[str]) -> tuple[Change, ...]:
    """Return every difference, by window and event.

    Parameters
    ----------
    known : what the runs in force had sampled in these windows; empty for a first capture, which has no changes
    members : what was drawn now, redacted as it will be filed
    present : which of the known ids the source still holds
    """
    before = {item.event: item for item in known}
    if not before:
        return ()
    now = {member.event.id: member for member in members}
    found = [Change(event=event, kind=ADDED, window=member.window) for event, member in now.items() if event not in before]
    for event, old in before.items():
        if event in now:
            detail = "; ".join(_changed(old, now[event]))
            if detail:
                found.append(Change(event=event, kind=CHANGED, window=old.window, detail=detail))
        else:
            found.append(Change(event=event, kind=DROPPED if event in present else GONE, window=old.window))
    return tuple(sorted(found, key=lambda change: (change.window, change.event)))


def _changed(old: Known, new: Member) -> Iterable[str]:
    pairs = (
        ("output", old.output, to_text(new.event.output)),
        ("label", old.label, to_text(new.event.label)),
        ("met", ", ".join(sorted(old.met)), ", ".join(sorted(new.met))),
        ("undecided", ", ".join(sorted(old.undecided)), ", ".join(sorted(new.undecided))),
    )
    return (f"{name}: {before or 'none'} -> {after or 'none'}" for name, before, after in pairs if before != after)
