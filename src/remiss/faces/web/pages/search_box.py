"""The help at the search box of cases: what may follow the word being written, and the keys of the filter language."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

from fastapi import APIRouter, Query
from starlette.responses import Response

from remiss.catalog import actions as catalog
from remiss.catalog.listing import FIELDS
from remiss.catalog.query.completing import Completion, KnownValues, completions, key_of
from remiss.catalog.query.fields import TABLE, FieldForm, Key
from remiss.faces.serving import Cached, Ws
from remiss.faces.web import protocol_cache
from remiss.faces.web.pages.list_address import PATH
from remiss.faces.web.rendering import address, part
from remiss.protocol.terms import CONTEXT, INPUTS
from remiss.records.event import Scalar

if TYPE_CHECKING:
    from remiss.result_cache import ResultCache
    from remiss.workspace import Workspace

router = APIRouter()
FORMS = {
    FieldForm.TEXT: "text, or a glob with *",
    FieldForm.GRADE: "1 to 4; < <= > >= and ranges",
    FieldForm.INTEGER: "a whole number; < <= > >= and ranges",
    FieldForm.NUMBER: "a number; < <= > >= and ranges",
    FieldForm.TIME: "a day, a month or a time with its zone; < <= > >= and ranges",
    FieldForm.VALUE: "text, number, true or false",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyHelp:
    """A key of the filter language, for the help."""

    name: str
    says: str
    takes: str
    example: str
    href: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CompletionsPart:
    """cases/completions.html: what may follow the word that is being written."""

    template: ClassVar[str] = "cases/completions.html"
    offers: tuple[Completion, ...]


@router.get("/parts/cases/completions")
def completed(ws: Ws, answers: Cached, word: Annotated[str, Query(max_length=500)] = "") -> Response:
    """Offer what may follow a word of the search box, as a piece of the page."""
    return part(CompletionsPart(offers=completions(word, known(ws, answers, word))))


def known(ws: Workspace, answers: ResultCache, word: str) -> KnownValues:
    """Return what the catalog knows that could complete a word: fields from its protocols, values by counting cases."""
    kept = protocol_cache.newest(ws)
    named = (name for protocol in kept for name in protocol_cache.fields(protocol))
    fields = tuple(dict.fromkeys(name for name in named if name.startswith((INPUTS, CONTEXT))))
    key = key_of(word)
    if key is None:
        return KnownValues(fields=fields)
    values: list[tuple[Scalar, str]] = []
    if key in {"mode", "suggested_mode"}:
        values = list(protocol_cache.modes(kept).items())
    elif key == "criterion":
        values = [(each.name, each.why) for protocol in kept for each in protocol.criteria]
    elif key == "protocol":
        values = [(protocol.name, protocol.about) for protocol in kept]
    elif key in FIELDS or key.startswith(CONTEXT):
        rows = answers.ask(ws, catalog.facets, ws.position(), fields=(key,)).rows
        values = [(value, f"{count:,} cases") for _, value, count in rows]
    return KnownValues(fields=fields, values={key: values})


def language() -> tuple[KeyHelp, ...]:
    """Return the keys of the filter language, each with an example that links to what it finds."""
    return tuple(_help(key) for key in TABLE)


def _help(key: Key) -> KeyHelp:
    name = f"{key.name}NAME" if key.name.endswith(".") else key.name
    takes = ", ".join(key.choices) if key.form is FieldForm.CHOICE else FORMS[key.form]
    return KeyHelp(name=name, says=key.help, takes=takes, example=key.example, href=address(PATH, query=key.example))
