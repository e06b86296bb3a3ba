"""Making a record of the tree that stands first on the path, on each database."""

from __future__ import annotations

import json
import shutil
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path

from scripts.golden import asking, keeping, visiting
from scripts.golden.databases import Place, place, server
from scripts.golden.driving import source_of_the_tree
from scripts.golden.fixing import fix_clock, fix_randomness
from scripts.golden.making import Made, make, to_json
from scripts.golden.record import Record
from scripts.golden.renames import Rename
from scripts.golden.serving import Served, served
from scripts.golden.statements import watch

WORK = "work"


def record(folder: Path, databases: Sequence[str], renames: Sequence[Rename]) -> None:
    """Write a record into `folder`, which must be missing or empty.

    Raises
    ------
    FileExistsError : there is something in it
    """
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()):
        raise FileExistsError(f"{folder} is not empty")
    folder = folder.resolve()
    fix_clock()
    fix_randomness("record")
    take = watch()
    written = Record(folder)
    say = _clock()
    with ExitStack() as held:
        running = held.enter_context(server()) if "postgresql" in databases else None
        (folder / WORK).mkdir()
        asking.helps(written, folder / WORK)
        say("help and schemas")
        for database in databases:
            here = place(folder / WORK / database, database, running if database == "postgresql" else None)
            made = make(here, renames)
            here.counted()
            written.put(f"{database}/made/names", to_json(made))
            say(f"{database}: the catalog")
            keeping.keep(folder, made)
            say(f"{database}: kept")
            asking.writes(written, made, take)
            say(f"{database}: commands that write")
            with _copied(here) as copy:
                asking.reads(written, replace(made, place=copy), take)
            say(f"{database}: commands that read")
            for name, visit in (("commands from afar", asking.from_afar), ("routes and pages", _reads), ("writing", _writes)):
                with _copied(here) as copy, served(copy) as there:
                    visit(written, replace(made, place=copy), there)
                say(f"{database}: {name}")
    written.close()
    shutil.rmtree(folder / WORK)
    about = {"tree": source_of_the_tree(), "databases": list(databases)}
    (folder / "about.json").write_text(json.dumps(about, indent=2) + "\n")


@contextmanager
def _copied(here: Place) -> Iterator[Place]:
    copy = here.copied(f"{here.folder.name}_served")
    yield copy
    copy.removed()


def _reads(written: Record, made: Made, there: Served) -> None:
    visiting.visited(written, made, there, writing=False)


def _writes(written: Record, made: Made, there: Served) -> None:
    visiting.visited(written, made, there, writing=True)


def _clock() -> Callable[[str], None]:
    begun = time.monotonic()

    def say(what: str) -> None:
        sys.stderr.write(f"{time.monotonic() - begun:7.1f} s  {what}\n")

    return say
