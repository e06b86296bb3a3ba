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
# What most requests of a server need: what estimates and captures need besides would make an idle server half as large again, and
# is loaded when somebody asks.
LOADED = (
    "remiss.curate.agreement_actions",
    "remiss.govern.audit_actions",
    "remiss.protocol.actions",
    "remiss.protocol.expressions",
)
# While garbage is looked for nobody is answered: often and little rather than seldom and much.
GARBAGE = (2_000, 10, 10)
# What has outlived a search of everything is not searched again until so many later: each takes 20 ms then and not 70 to 110 ms,
# every 13 s where 32 clients are busy. The one that takes in all again, and finds what was in use at an earlier one, takes 0.2 s.
SEARCHES = 256


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
def ready_to_serve() -> Iterator[None]:
    """Load what requests need; in this block no garbage is looked for in it, which stops every answer for 0.1 to 0.4 s.

    At the end it is garbage again: a library that is let go of with the process says on stderr what it still finds in use.
    """
    for module in LOADED:
        import_module(module)
    before, around = gc.get_threshold(), spare_survivors()
    gc.set_threshold(*GARBAGE)
    gc.collect()
    gc.freeze()
    gc.callbacks.append(around)
    try:
        yield
    finally:
        gc.callbacks.remove(around)
        gc.set_threshold(*before)
        gc.unfreeze()


def spare_survivors() -> Callable[[str, dict[str, int]], None]:
    """Return what is called around each search for garbage: it leaves what outlived one out of the next ones."""
    searches = 0

    def around(phase: str, search: dict[str, int]) -> None:
        nonlocal searches
        if search["generation"] < 2:
            return
        if phase == "stop":
            gc.freeze()
            return
        searches += 1
        if searches % SEARCHES == 0:
            gc.unfreeze()

    return around
