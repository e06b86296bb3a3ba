"""Commands on tokens and on who may do what."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from remiss.codec import to_json
from remiss.errors import AnswerNo
from remiss.faces.cli import render
from remiss.faces.cli.options import as_of, formatted_object, listing, with_workspace
from remiss.faces.cli.serve import PORT

if TYPE_CHECKING:
    from remiss.records.rows import Rows
    from remiss.workspace import Workspace


@click.group()
def token() -> None:
    """Give people tokens, by which a server knows them."""


@token.command("create")
@click.argument("person")
@click.option("--about", help="What it is for, for example the machine that holds it.")
@click.option("--days", type=int, default=90, show_default=True, help="After how many days it expires.")
@formatted_object
@with_workspace
def create(ws: Workspace, person: str, about: str | None, days: int, shape: str) -> None:
    """Make a token for PERSON and print it, once: nobody can show it again.

    With it a browser signs in at SERVER/sign-in, and programs name it as REMISS_TOKEN or --token-file.

    Example: remiss token create ana --about laptop --days 30
    """
    from remiss.govern import access_actions as actions

    made = actions.create(ws, person, about=about, days=days)
    if shape == "json":
        render.as_json(to_json(made))
        return
    click.echo(made.text)
    ends = "" if made.token.expires is None else f", and works until {render.cell(made.token.expires)}"
    render.say(f"token {made.token.id} stands for {person}{ends}; it is shown this once")


@token.command("link")
@click.argument("person")
@click.option("--about", help="What it is for.")
@click.option("--minutes", type=int, default=60, show_default=True, help="After how many it expires when nobody has used it.")
@click.option(
    "--origin",
    metavar="URL",
    envvar="REMISS_SERVE_ORIGIN",
    allow_from_autoenv=False,
    help="Under which address PERSON reaches the server; default: that of the catalog, if it is a server's, else this machine's.",
)
@formatted_object
@with_workspace
def link(ws: Workspace, person: str, *, about: str | None, minutes: int, origin: str | None, shape: str) -> None:
    """Make a link that signs one browser of PERSON in, once, and print it: nobody can show it again.

    Send it by a way that only PERSON reads. Their session lasts as any other; the link works no second time.

    Example: remiss token link ana --minutes 30
    """
    from remiss.govern import access_actions as actions

    made = actions.link(ws, person, about=about, minutes=minutes)
    if shape == "json":
        render.as_json(to_json(made))
        return
    # The variable may name several addresses.
    named = origin.split()[:1] if origin else []
    server = (named or [ws.address if ws.address.startswith("http") else f"http://127.0.0.1:{PORT}"])[0]
    click.echo(f"{server.rstrip('/')}/sign-in?token={made.text}")
    ends = "" if made.token.expires is None else f" until {render.cell(made.token.expires)}"
    render.say(f"it signs {person} in, once,{ends}; it is shown this once")


@token.command("list")
@click.option("--person", help="Only the tokens of one person.")
@listing
def list_(ws: Workspace, person: str | None, as_of: int | None) -> Rows:
    """List tokens, without their secrets.

    Example: remiss token list --person ana
    """
    from remiss.govern import access_actions as actions

    return actions.tokens(ws, person, as_of=as_of)


@token.command("revoke")
@click.argument("token_id", metavar="TOKEN")
@formatted_object
@with_workspace
def revoke(ws: Workspace, token_id: str, shape: str) -> None:
    """Revoke TOKEN, named by its id: it and the sessions that it opened end at once.

    Example: remiss token revoke 3f9k2m7qx4tb
    """
    from remiss.govern import access_actions as actions

    found = actions.revoke(ws, token_id)
    if shape == "json":
        render.as_json(to_json(found))
    else:
        render.say(f"token {found.id} of {found.person} is revoked")


@click.group()
def access() -> None:
    """Ask who may do what."""


@access.command("check")
@click.argument("person")
@click.argument("permission", metavar="ACTION")
@click.argument("case", required=False)
@as_of
@formatted_object
@with_workspace
def check(ws: Workspace, person: str, permission: str, case: str | None, as_of: int | None, shape: str) -> int:
    """Say whether PERSON may do ACTION, in any team or on CASE, and by which rule; exit status 1 when they may not.

    ACTION is an action, or a permission.

    Example: remiss access check ana case.revise k7m4-qp2x
    """
    from remiss.faces.actions import permission_of
    from remiss.govern import access_actions as actions

    found = actions.check(ws, person, permission_of(permission), case, as_of=as_of)
    if shape == "json":
        render.as_json(to_json(found))
    else:
        click.echo(f"{'yes' if found.allowed else 'no'}: {found.rule}")
    return 0 if found.allowed else AnswerNo.exit_status
