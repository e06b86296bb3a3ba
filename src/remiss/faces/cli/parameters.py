"""What is typed: each parameter of an action as click knows it, and what was typed as the action takes it.

A shell completes ids of cases and runs, and keys of the filter language. What cannot be had is not offered. Whoever presses Tab
waits: an offer takes less than a third of a second, and is of the newest things alone.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import Any

import click
from click.shell_completion import CompletionItem

import remiss
from remiss import former
from remiss.catalog.typed_filing import assignments
from remiss.contract.forms import ParameterEntry
from remiss.errors import InputError, Location, RemissError
from remiss.faces.cli.options import Time, content_of, workspace
from remiss.parameters import MOST_REVISION
from remiss.records.event import Scalar

PLAIN: dict[str, click.ParamType[Any, Any]] = {
    "text": click.STRING,
    "number": click.FLOAT,
    "time": Time(),
    "record": click.STRING,
}
_IN_CODE = re.compile(r"`(\w+)`")
# Of a file that is too large only as much is read as shows that.
MOST_BYTES = 64 * 1024 * 1024
MOST_OFFERED = 20
Offers = Callable[[click.Context, click.Parameter, str], list[CompletionItem]]


def _cases(begun: str) -> Sequence[tuple[str, str]]:
    with workspace() as ws:
        found = remiss.catalog.search(ws, f"id:{begun}*" if begun else "", limit=MOST_OFFERED, total=False)
    return [(str(line["id"]), str(line["title"] or line["criteria"] or "")) for line in found]


def _runs(begun: str) -> Sequence[tuple[str, str]]:
    with workspace() as ws:
        found = remiss.capture.list_runs(ws, limit=MOST_OFFERED)
    return [(str(line["run"]), str(line["protocol"])) for line in found if str(line["run"]).startswith(begun)]


def _keys(begun: str) -> Sequence[tuple[str, str]]:
    """Return what may follow the last word of a query."""
    language = import_module("remiss.catalog.query.completing")
    at = max(begun.rfind(sign) for sign in " (-") + 1
    offers = language.completions(begun[at:], language.KnownValues())
    return [(f"{begun[:at]}{each.text}", each.says) for each in offers]


# By the name of a parameter.
OFFERED: Mapping[str, Callable[[str], Sequence[tuple[str, str]]]] = {
    "case": _cases,
    "run": _runs,
    **dict.fromkeys(("query", "of"), _keys),
}


def completed_by(name: str) -> Offers | None:
    """Return what completes a parameter of that name; None leaves it to click."""
    offers = OFFERED.get(name)
    if offers is None:
        return None

    def complete(ctx: click.Context, _parameter: click.Parameter, begun: str) -> list[CompletionItem]:
        try:
            with ctx.scope(cleanup=False):
                found = offers(begun)
        except (RemissError, OSError):
            return []
        return [CompletionItem(text, help=says) for text, says in found]

    return complete


class Argument(click.Argument):
    """An argument that is explained, as options are."""

    def __init__(self, names: Sequence[str], *, explained: str, **kwargs: Any) -> None:
        super().__init__(names, **kwargs)
        self.explained = explained


def as_typed(text: str, parameters: Iterable[ParameterEntry]) -> str:
    """Return a sentence of help with the parameters of the action called as they are typed.

    >>> as_typed("see `of`, among `rows`", [ParameterEntry(name="of", form="text")])
    'see --of, among `rows`'
    """
    said = {each.name: each.name.upper() if each.positional else option_of(each) for each in parameters}
    return _IN_CODE.sub(lambda found: said.get(found[1], found[0]), text)


def option_of(given: ParameterEntry) -> str:
    """Return the option that a parameter is given by."""
    return given.option or f"--{given.name.replace('_', '-')}"


def clicked(given: ParameterEntry, words: Sequence[str], *, argument: bool, only: str = "") -> click.Parameter:
    """Return a parameter as click knows it.

    Parameters
    ----------
    words : those of the command, which its environment twin begins with
    argument : whether it stands by its place rather than behind an option
    only : a sentence that says with what it goes
    """
    if argument:
        metavar = given.metavar or ("FILE" if given.in_file or given.form == "bytes" else None)
        given_so = {"type": _type(given), "required": given.required, "metavar": metavar, **_default(given)}
        return Argument([given.name], explained=given.help, shell_complete=completed_by(given.name), **given_so)
    option = option_of(given)
    repeated = given.form in {"many", "pairs"}
    flag = given.form == "flag"
    on = given.default is True
    return click.Option(
        [f"{option}/--no-{option.removeprefix('--')}" if flag and on else option, given.name],
        type=None if flag else _type(given),
        is_flag=flag or None,
        required=given.required,
        multiple=repeated,
        metavar=given.metavar or given.text or ("FILE" if given.in_file else None),
        help=f"{given.help}{' May be repeated.' if repeated else ''}{only}",
        show_default=given.default not in (None, "") and not flag,
        envvar="_".join(("remiss", *words, option.removeprefix("--"))).upper().replace("-", "_"),
        allow_from_autoenv=False,
        shell_complete=completed_by(given.name),
        **_default(given),
    )


def _default(given: ParameterEntry) -> dict[str, Any]:
    """Return the default as click takes it: none at all for what has to be given."""
    if given.required:
        return {}
    return {"default": False if given.form == "flag" and given.default is None else given.default}


class Choice(click.Choice[Any]):
    """A choice of words, whose refusal of a former one says what it is now."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter as error:
            hint = former.value_hint("" if param is None else param.name or "", value)
            raise click.BadParameter(f"{error.message}{hint}", ctx, param) from None


def _type(given: ParameterEntry) -> click.ParamType[Any, Any]:
    form = given.of or given.form
    if given.in_file or form == "bytes":
        return click.Path(dir_okay=False, path_type=Path)
    if form == "integer":
        # A bound that only keeps a number storable is not worth showing; the action checks it.
        shown = given.high if given.high is not None and given.high < MOST_REVISION else None
        return click.INT if given.low is None else click.IntRange(int(given.low), None if shown is None else int(shown))
    if given.form == "pairs":
        return click.STRING
    return Choice(given.values) if given.values and form in {"choice", "text"} else PLAIN[form]


def typed(given: ParameterEntry, value: Any) -> Any:
    """Return what was typed for a parameter as it would be sent: pairs as an object, a file as its content.

    Raises
    ------
    click.BadParameter : a pair that is none, or is given twice
    InputError : a file that cannot be read
    """
    if given.form == "pairs":
        return _pairs(given, value)
    if given.in_file and value is not None:
        return content_of(value, MOST_BYTES).decode("utf-8", "strict") if _is_text(value) else None
    return content_of(value, MOST_BYTES) if given.form == "bytes" else value


def _is_text(path: Path) -> bool:
    try:
        content_of(path, MOST_BYTES).decode("utf-8")
    except UnicodeDecodeError as error:
        raise InputError(f"{path} cannot be read: it is not text", where=Location(str(path)), do="name another file") from error
    return True


def _pairs(given: ParameterEntry, texts: Sequence[str]) -> dict[str, Scalar]:
    """Return what was typed again and again as NAME=VALUE, or where values may be other than text as NAME:=VALUE."""
    if given.of == "scalar":
        return assignments(texts, given.name)
    option = given.option or f"--{given.name}"
    found: dict[str, Scalar] = {}
    for text in texts:
        name, sign, value = text.partition("=")
        if not (name and sign and value):
            raise click.BadParameter(f"{text!r} is not {given.metavar}", param_hint=option)
        if name in found:
            raise click.BadParameter(f"{name} is given twice", param_hint=option)
        found[name] = value
    return found
