"""Opening: from an address and the settings to a workspace, on a database or behind a server.

`remiss.open` is `open_workspace`. Here the process is asked who runs it, what its environment says, and what time it is.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from importlib import import_module
from pathlib import Path
from typing import cast

from remiss import adapters
from remiss import settings as settings_table
from remiss.errors import CatalogMissing, SettingError
from remiss.govern.authority import OPERATOR
from remiss.govern.ports.actor import Actor
from remiss.govern.ports.vault import Keys
from remiss.offline import Offline
from remiss.records.rows import as_html
from remiss.settings import Settings, is_server
from remiss.workspace import Workspace

HERE = "remiss.db"
# What most requests of a server need: what estimates, agreement and captures need besides would make an idle server half as
# large again, and is loaded when somebody asks.
LOADED = (
    "remiss.govern.audit_actions",
    "remiss.protocol.actions",
    "remiss.protocol.expressions",
)
# While garbage is looked for nobody is answered: often and little rather than seldom and much.
GARBAGE = (2_000, 10, 10)
# What has outlived a search of everything is left out of the next ones: each takes 20 ms then and not 70 to 110 ms, every 13 s
# where 32 clients are busy. The search that takes in all again takes 0.13 to 0.2 s: it is due after so many others, and is made
# when nobody asks.
SEARCHES = 256
# Where somebody always asks it is made all the same once what is spared has grown to so many times what was in use at the last;
# what is loaded for the first estimate and the first capture alone makes it half as much again.
MOST_GROWTH = 4


@as_html.register(object)
def _shown(record: object) -> str | None:
    """Return a record as a notebook shows it. What shows them is loaded with the first that is shown."""
    import_module("remiss.present.notebook")
    return None if as_html.dispatch(type(record)) is _shown else as_html(record)


def open_workspace(
    address: str | os.PathLike[str] | None = None,
    *,
    token: str | None = None,
    token_file: str | None = None,
    environment: Mapping[str, str] | None = None,
    create: bool = False,
    upgrade: bool = False,
    otherwise: str | None = None,
) -> Workspace:
    """Open a catalog to work in.

    Parameters
    ----------
    address : a path, `sqlite:///PATH`, `postgresql://...` or a server's `https://...`; else REMISS_CATALOG; else ./remiss.db
        if it is there
    token, token_file : what a server knows you by, or a file with it; else REMISS_TOKEN or REMISS_TOKEN_FILE
    environment : where settings are read; default: the process's
    create : make the catalog that is named when it is not there
    upgrade : bring an older catalog to this version
    otherwise : the address when nothing is named and there is no ./remiss.db

    Raises
    ------
    CatalogMissing, CatalogForeign, CatalogNewer, CatalogOlder, StorageError, SettingError
    """
    environment = os.environ if environment is None else environment
    settings = settings_table.read(environment, catalog=_text(address), token=token, token_file=token_file)
    where = which(settings, otherwise)
    if is_server(where):
        if create or upgrade:
            raise SettingError(
                f"{where} is a server: its catalog is made and upgraded where it lies", do="name the database itself"
            )
        # It needs the codec and a client, which a catalog of one's own does not.
        from remiss.remote import open_remote

        # It answers every action as a catalog of one's own would; ports it has none, and actions are all that anybody calls.
        return cast("Workspace", open_remote(where, settings))

    actor = Actor(name=_user(), role=OPERATOR)
    limit = int(settings.statement_timeout)
    store = adapters.open_store(
        where,
        create=create,
        upgrade=upgrade,
        now=datetime.now(UTC),
        actor=actor,
        limit_seconds=limit,
        keys=partial(_finder, settings),
    )
    return Workspace(store=store, settings=settings, actor=actor)


def _finder(settings: Settings, file: Path | None) -> Callable[[bool], Keys]:
    """Return what finds the key of a catalog, in the folder that is set or beside its file."""
    return lambda create: adapters.FolderKeys(settings.folder("keys", file), create=create)


def _text(address: str | os.PathLike[str] | None) -> str | None:
    return None if address is None else os.fspath(address)


def which(settings: Settings, otherwise: str | None = None) -> str:
    """Return the address of the catalog to use.

    Raises
    ------
    CatalogMissing : none is named and there is none in this folder
    """
    if settings.catalog:
        return settings.catalog
    if Path(HERE).exists():
        return HERE
    if otherwise is not None:
        return otherwise
    raise CatalogMissing(
        "no catalog is named, and there is no remiss.db in this folder",
        do="make one with `remiss init`, or name one with --catalog or REMISS_CATALOG",
    )


def _user() -> str:
    """Return the operating system's name of who runs this; never taken from the environment, which anybody may set."""
    try:
        import pwd

        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return f"uid {os.geteuid()}"


def without_catalog(environment: Mapping[str, str] | None = None) -> Offline:
    """Return a workspace without a catalog."""
    settings = settings_table.read(os.environ if environment is None else environment)
    return Offline(settings=settings, actor=Actor(name=_user(), role=OPERATOR))


@contextmanager
def ready_to_serve() -> Iterator[Callable[[], None]]:
    """Load what requests need; in this block no garbage is looked for in it, which stops every answer for 0.1 to 0.4 s.

    What is given is to be called now and then while nobody asks: it looks for garbage everywhere where that is due.

    At the end it is garbage again: a library that is let go of with the process says on stderr what it still finds in use.
    """
    for module in LOADED:
        import_module(module)
    before = gc.get_threshold()
    gc.set_threshold(*GARBAGE)
    gc.collect()
    gc.freeze()
    spared = Survivors()
    gc.callbacks.append(spared.around)
    try:
        yield spared.nobody_asks
    finally:
        gc.callbacks.remove(spared.around)
        gc.set_threshold(*before)
        gc.unfreeze()


class Survivors:
    """What outlived a search for garbage, and is left out of the next ones until all of it is searched again."""

    def __init__(self) -> None:
        self._searches = 0
        self._everywhere = False
        self._in_use = gc.get_freeze_count()

    def around(self, phase: str, search: dict[str, int]) -> None:
        """Be called by the interpreter before and after each search."""
        if search["generation"] < 2:
            return
        if phase == "start":
            self._searches += 1
            if self._searches > SEARCHES and gc.get_freeze_count() > MOST_GROWTH * self._in_use:
                self._take_in()
            return
        gc.freeze()
        if self._everywhere:
            self._searches, self._everywhere, self._in_use = 0, False, gc.get_freeze_count()

    def nobody_asks(self) -> None:
        """Search everywhere, where that is due."""
        if self._searches >= SEARCHES:
            self._take_in()
            gc.collect()

    def _take_in(self) -> None:
        gc.unfreeze()
        self._everywhere = True
