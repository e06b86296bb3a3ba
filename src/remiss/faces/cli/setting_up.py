"""Commands by which one sets up: a new catalog, its upgrade, its backup, what could go wrong with it and with this machine, the
demo, and the JSON Schemas of what is written and read.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

import remiss
from remiss import catalog, codec, govern, installing
from remiss.codec import to_json
from remiss.errors import AnswerNo, InputError, NotFound, StorageError
from remiss.faces.cli import render
from remiss.faces.cli.options import formatted_object, offline, progress, workspace
from remiss.faces.cli.serve import PATIENCE, serve_pages, somebody_is_there
from remiss.former import KINDS

if TYPE_CHECKING:
    from remiss.govern.ports.machine import HealthChecks


@click.command()
@click.argument("address", required=False)
def init(address: str | None) -> None:
    """Make a new catalog at ADDRESS; default: the one that --catalog or REMISS_CATALOG names, else ./remiss.db.

    Example: remiss init failures.db
    """
    named = address or click.get_current_context().find_root().obj
    with remiss.open(named, create=True, otherwise="remiss.db") as ws:
        render.say(f"{ws.address} is ready at position {ws.position()}; next: remiss protocol new PROTOCOL.yaml")


@click.command("upgrade")
def upgrade() -> None:
    """Bring the catalog to the schema of this version of remiss.

    Where it has that already, nothing is done.

    Example: remiss catalog upgrade
    """
    with remiss.open(click.get_current_context().find_root().obj, upgrade=True) as ws:
        render.say(f"{ws.address} is at catalog version {catalog.info(ws).schema_version}")


@click.command("backup")
@click.argument("folder", metavar="FOLDER", type=click.Path(path_type=Path))
@click.option("--with-keys", is_flag=True, help="Copy the keys, too: whoever has the backup then reads everything in it.")
def backup(folder: Path, *, with_keys: bool) -> int:
    """Copy the catalog, at one position, to FOLDER.

    FOLDER must not be there yet; others go on working meanwhile. Without --with-keys evidence stays closed to whoever has the
    backup, and the folder of keys has to be saved apart. Exit status 1 when evidence was missing.

    Example: remiss catalog backup /backups/2026-12-01
    """
    with workspace() as ws, progress(ws):
        made = remiss.backup.back_up(ws, folder, with_keys=with_keys)
    click.echo(f"{folder} is {made}")
    render.say("\n".join(made.notes))
    return AnswerNo.exit_status if made.missing else 0


@click.command("restore")
@click.argument("folder", metavar="FOLDER", type=click.Path(path_type=Path))
@click.option("--to", metavar="ADDRESS", help="Where; default: the catalog that is named, else ./remiss.db.")
@click.option("--database-only", is_flag=True, help="Leave the vault and the keys that are there: they are the catalog's own.")
@click.option("--check", is_flag=True, help="Read all of the backup, say whether it is whole, and restore nothing.")
def restore(folder: Path, *, to: str | None, database_only: bool, check: bool) -> None:
    """Make the catalog of a backup, where there is none.

    Every file is held against the backup's manifest first. Where a catalog is, or anything else, nothing is restored; what
    fails leaves nothing behind. What was done after the backup is not in it: grants taken away since are there again.

    Example: remiss catalog restore /backups/2026-12-01 --to copy.db
    """
    named = to or click.get_current_context().find_root().obj
    with offline() as ws, progress(ws):
        how = {"database_only": database_only, "only_check": check, "progress": ws.progress}
        found = remiss.backup.restore(folder, named, **how)
    click.echo(f"{folder} is {'whole' if check else 'restored'}: {found}")


@click.command()
@formatted_object
def doctor(shape: str) -> int:
    """Check the machine, the catalog, its keys and its vault; exit status 1 when something needs doing.

    Example: remiss doctor
    """
    checks = _examine()
    if shape == "json":
        render.as_json(to_json(checks))
    else:
        for each in checks:
            click.echo(f"{each.level:<5}  {each.name}: {each.says}" + (f"\n         {each.do}" if each.do else ""))
    return AnswerNo.exit_status if any(each.level == "bad" for each in checks) else 0


def _examine() -> HealthChecks:
    """Look at the catalog that is named, and at the machine alone where it cannot be opened, which is a finding too."""
    from remiss.govern.ports.machine import Check, HealthChecks

    try:
        with workspace() as ws:
            return govern.doctor(ws)
    except InputError as error:
        with offline() as alone:
            found = Check("catalog", "bad", error.what, error.do)
            return HealthChecks(position=None, items=(*govern.doctor(alone), found))


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False, path_type=Path))
@click.option("--serve", is_flag=True, help="Serve the pages at the end, when a person is there to look at them.")
def demo(folder: Path, *, serve: bool) -> None:
    """Run the whole job in DIR: real flights, a real model, its failures captured, counted and compared with the truth.

    With --serve it ends by itself where standard input is no terminal, or CI is set.

    Example: remiss demo ./demo
    """
    try:
        from remiss.demo import story
    except ModuleNotFoundError as error:
        raise InputError(f"the demo needs {error.name}, which is not installed", do=installing.of_extra("demo")) from error
    story.run(folder)
    if serve and somebody_is_there():
        look(folder)


def look(folder: Path) -> None:
    """Serve the catalog of the demo; on another port where the usual one is taken."""
    # What a protocol that somebody posts names is looked for among the demo's logs.
    with remiss.open(folder / "remiss.db", environment={"REMISS_SOURCES": str(folder), **PATIENCE, **os.environ}) as ws:
        try:
            serve_pages(ws)
        except StorageError:
            serve_pages(ws, port=0)


@click.command()
@click.argument("name", required=False)
def schema(name: str | None) -> None:
    """Print the JSON Schema called NAME; without NAME, list what there is.

    Example: remiss schema protocol > protocol.schema.json
    """
    if name is None:
        click.echo("\n".join(codec.names()))
        return
    if name not in codec.names():
        do = f"use {KINDS[name]}" if name in KINDS else f"use one of {', '.join(codec.names())}"
        raise NotFound(f"there is no schema {name!r}", do=do)
    render.as_json(codec.published(name))
