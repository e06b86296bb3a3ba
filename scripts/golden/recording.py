"""Making a record of the tree that stands first on the path, on each database."""

from __future__ import annotations

import json
import shutil
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path

from scripts.golden import asking, keeping
from scripts.golden.databases import Place, place, server
from scripts.golden.driving import source_of_the_tree
from scripts.golden.fixing import fix_clock, fix_randomness
from scripts.golden.making import Translate, make, to_json
from scripts.golden.record import Record
from scripts.golden.serving import served
from scripts.golden.statements import watch

WORK = "work"


def record(folder: Path, databases: Sequence[str], translate: Translate) -> None:
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
            made = make(here, translate)
            written.put(f"{database}/made/names", to_json(made))
            say(f"{database}: the catalog")
            keeping.keep(folder, made)
            say(f"{database}: kept")
            asking.writes(written, made, take)
            say(f"{database}: commands that write")
            asking.reads(written, made, take)
            say(f"{database}: commands that read")
            with served(_copy(here)) as there:
                asking.from_afar(written, made, there)
            say(f"{database}: commands from afar")
    written.close()
    shutil.rmtree(folder / WORK)
    about = {"tree": source_of_the_tree(), "databases": list(databases)}
    (folder / "about.json").write_text(json.dumps(about, indent=2) + "\n")


def _copy(here: Place) -> Place:
    return here.copied(f"{here.folder.name}_served")


def _clock() -> Callable[[str], None]:
    begun = time.monotonic()

    def say(what: str) -> None:
        sys.stderr.write(f"{time.monotonic() - begun:7.1f} s  {what}\n")

    return say
