"""What is left of a folder when the power goes: what was on the disk before, and of what came then only what was waited for.

A file has the content of its last fsync, and is empty without one. A folder has the entries of its last fsync, and none without
one. That is as strict as POSIX is loose; file systems in use keep more.
"""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass, field
from pathlib import Path


@dataclass
class Durable:
    """What is on the disk for sure, by inode: contents as paths of copies, None of an empty file; and the entries of folders."""

    root: int
    contents: dict[int, Path | None] = field(default_factory=dict)
    entries: dict[int, dict[str, int]] = field(default_factory=dict)


def before(folder: Path, copies: Path) -> Durable:
    """Return what is there at first, all of which has been on the disk for long; its contents are kept in the folder `copies`."""
    found = Durable(folder.stat().st_ino)
    for place, folders, files in os.walk(folder):
        found.entries[Path(place).stat().st_ino] = {name: (Path(place) / name).stat().st_ino for name in [*folders, *files]}
        for name in files:
            number = (Path(place) / name).stat().st_ino
            found.contents[number] = Path(shutil.copy(Path(place) / name, copies / f"before-{number}"))
    return found


def moments(log: Path) -> list[int]:
    """Return the numbers of the calls after which something more was on the disk than before."""
    return sorted(
        {int(line.split(" ")[0]) for line in (log / "log").read_text().splitlines() if line.split(" ")[1] in {"F", "D"}}
    )


def left(folder: Path, at_first: Durable, log: Path, until: int) -> None:
    """Make in the place of a folder what is left of it when the power goes right after the call of that number."""
    found = Durable(at_first.root, dict(at_first.contents), dict(at_first.entries))
    for line in (log / "log").read_text().splitlines():
        number, kind, what = line.split(" ", 2)
        if int(number) > until:
            break
        if kind == "N":
            inode, is_what = what.split(" ")
            found.contents.pop(int(inode), None)
            found.entries.pop(int(inode), None)
            if is_what == "folder":
                found.entries[int(inode)] = {}
            else:
                found.contents[int(inode)] = None
        elif kind == "F":
            inode, copy = what.split(" ")
            found.contents[int(inode)] = log / copy
        elif kind == "D":
            inode, copy = what.split(" ")
            pairs = (each.rpartition(" ") for each in (log / copy).read_text().splitlines())
            found.entries[int(inode)] = {name: int(number) for name, _, number in pairs}
    shutil.rmtree(folder, ignore_errors=True)
    _build(folder, found.root, found)


def _build(folder: Path, inode: int, found: Durable) -> None:
    folder.mkdir(mode=0o700)
    for name, number in found.entries[inode].items():
        if number in found.entries:
            _build(folder / name, number, found)
        else:
            path, copy = folder / name, found.contents.get(number)
            if copy is None:
                path.touch(mode=0o600)
            else:
                shutil.copyfile(copy, path)
                path.chmod(0o600)
