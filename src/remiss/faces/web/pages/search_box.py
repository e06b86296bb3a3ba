"""The help at the search box of cases: what may follow the word being written, and the keys of the filter language."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, ClassVar

from fastapi import APIRouter, Query
from starlette.responses import Response

from remiss.catalog import actions as catalog
from remiss.catalog.listing import FIELDS
from remiss.catalog.query.completing import LEAST_BEGUN, Completion, KnownValues, completions, key_of
from remiss.catalog.query.fields import TABLE, FieldForm, Key
from remiss.faces.serving import Cached, Ws
from remiss.faces.web import protocol_cache
from remiss.faces.web.pages.list_address import PATH
from remiss.faces.web.rendering import address, part
from remiss.protocol.actions import list_protocols
from remiss.protocol.taxonomy import mode_titles
from remiss.protocol.terms import CONTEXT, INPUTS
from remiss.records.event import Scalar

if TYPE_CHECKING:
    from remiss.protocol.terms import Protocol
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
    kept = protocol_cache.newest(ws)
    word = with_family(word, fields_of(kept))
    return part(CompletionsPart(offers=completions(word, known(ws, answers, word, kept))))


def fields_of(kept: Sequence[Protocol]) -> tuple[str, ...]:
    """Return the inputs and context fields of some protocols, each once."""
    named = (name for protocol in kept for name in protocol_cache.fields(protocol))
    return tuple(dict.fromkeys(name for name in named if name.startswith((INPUTS, CONTEXT))))


def with_family(word: str, fields: Sequence[str]) -> str:
    """Return a word whose key is written without its family with it, where only one field has that name.

    >>> with_family("airport:E", ["context.airport"]), with_family("status:v", ["inputs.status"])
    ('context.airport:E', 'status:v')
    """
    name, colon, begun = word.partition(":")
    found = [each for each in fields if each.partition(".")[2] == name] if colon and key_of(word) is None else []
    return f"{found[0]}:{begun}" if len(found) == 1 else word


def known(ws: Workspace, answers: ResultCache, word: str, kept: Sequence[Protocol]) -> KnownValues:
    """Return what the catalog knows that could complete a word: fields from its protocols, values by counting cases."""
    fields = fields_of(kept)
    key = key_of(word)
    if key is None:
        # What somebody writes without a key may be a value of something that has few.
        few = ("label", "output", *(name for name in fields if name.startswith(CONTEXT)))
        ask = len(word) >= LEAST_BEGUN and word.isalnum()
        counted = answers.ask(ws, catalog.facets, ws.position(), fields=few).rows if ask else ()
        by_key: dict[str, list[tuple[Scalar, str]]] = {}
        for name, value, count in counted:
            by_key.setdefault(str(name), []).append((value, f"{count:,} cases"))
        return KnownValues(fields=fields, values=by_key)
    values: list[tuple[Scalar, str]] = []
    if key in {"mode", "suggested_mode"}:
        values = list(mode_titles(kept).items())
    elif key == "criterion":
        values = [(each.name, each.why) for protocol in kept for each in protocol.criteria]
    elif key == "protocol":
        values = [(protocol.name, protocol.about) for protocol in kept]
        versions = answers.ask(ws, list_protocols, ws.position()).rows
        values += [(f"{name}@{version}", f"since {str(at)[:10]}") for name, version, _, _, at in versions]
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
