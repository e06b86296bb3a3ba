"""Routes derived from actions: the path, the query or body, the headers and the answer of each follow from its declaration.

What is not derived is a file as it is, in or out (`attachments`). Every request has a workspace of its own; what belongs to how
answers travel is done here once: ETag and If-Match, JSON or CSV, 201 and Location, documents that come along.
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Mapping, Sequence
from contextlib import nullcontext
from types import GenericAlias
from typing import TYPE_CHECKING, Annotated, Any, Literal

from fastapi import APIRouter, Header, Query, Request
from pydantic import AfterValidator, AwareDatetime, BaseModel, Field, create_model
from starlette.responses import Response

from remiss.action import Action
from remiss.codec import to_json
from remiss.contract.arguments import arguments_of
from remiss.contract.forms import ParameterEntry
from remiss.contract.table import Entry, action_of, entries, entry_of, function_of
from remiss.errors import Unconditional
from remiss.faces.http.answering import answer_in, as_json, prefers_csv, tagged
from remiss.faces.http.answering import answers as documented
from remiss.faces.serving import Asked, JsonRoute, opened
from remiss.records.identity import utc

if TYPE_CHECKING:
    from remiss.workspace import Workspace

# The published kinds that name a revision, which their ETag holds; of what the queue gives it is that of the case in hand.
TAGGED = frozenset({"case", "form", "served", "waiver"})
# What stands for a file as it is: see `attachments`.
BY_HAND = frozenset({"attachment.add", "attachment.get", "sample.export"})
DOCUMENTS = "documents"
ASYNC = "respond-async"
# What a document is called that comes with others and is not named.
DEFAULT_NAME = "protocol.yaml"
# An ETag of ours, or a revision alone.
REVISION = re.compile(r'"([0-9]{1,18})(?:\.[^"]*)?"$')
SEND = """send the ETag of what was read as If-Match, or its revision in quotes: If-Match: "2\""""
TYPES: Mapping[str, Any] = {
    "text": str,
    "integer": int,
    "number": float,
    "flag": bool,
    "time": Annotated[AwareDatetime, AfterValidator(utc)],
    "scalar": str | int | float | bool | None,
}


def router() -> APIRouter:
    """Return the routes of all actions; those of literal paths before those with a name in the same place."""
    made = APIRouter(route_class=JsonRoute)
    for entry in sorted((each for each in entries().values() if each.name not in BY_HAND), key=_order):
        made.add_api_route(
            entry.http.partition(" ")[2],
            endpoint(entry),
            methods=[entry.method],
            operation_id=entry.name,
            name=entry.name,
            tags=[entry.chapter],
            summary=entry.summary,
            description="\n\n".join(filter(None, (entry.summary, entry.text))),
            status_code=_status(entry),
            responses=_documented(entry),
        )
    return made


def _order(entry: Entry) -> tuple[Any, ...]:
    # Cases are asked for most, and a router is searched in this order.
    segments = entry.path.split("/")
    return (segments[3] != "cases", [(each.startswith("{"), each) for each in segments], entry.method)


def _status(entry: Entry) -> int:
    """Return the status of a good answer: of a job that was posted, that it is accepted."""
    if not entry.created:
        return 200
    return 202 if entry.name.startswith("job.") else 201


def _documented(entry: Entry) -> dict[int | str, dict[str, Any]]:
    """Return what OpenAPI says of the answers of a route."""
    found = documented(
        entry.kind, *_also(entry), status=_status(entry), etag=_is_tagged(entry), csv=entry.tabular and entry.reads
    )
    if entry.posted:
        found[202] = documented(entry_of(entry.posted).kind, status=202)[202]
    return found


def _is_tagged(entry: Entry) -> bool:
    return entry.kind in TAGGED


def _also(entry: Entry) -> set[int]:
    """Return the statuses that a route answers with besides those of every route."""
    found: set[int] = set()
    if entry.parameters:
        # What is named may not be there, or several things may be called so.
        found |= {404, 409}
    if not entry.reads:
        found.add(409)
    if any(each.precondition for each in entry.parameters):
        found |= {412, 428}
    elif not entry.reads and any(each.name == "revision" for each in entry.parameters):
        found.add(412)
    if _is_tagged(entry) and entry.method == "GET":
        found.add(304)
    return found


def endpoint(entry: Entry) -> Callable[..., Response]:
    """Return the function of a route, whose signature tells FastAPI what to parse."""
    in_path = [each for each in entry.parameters if f"{{{each.name}}}" in entry.path]
    asked = [each for each in entry.parameters if each not in in_path and not each.precondition]
    precondition = next((each for each in entry.parameters if each.precondition), None)
    parameters = [_parameter("request", Request), *(_parameter(each.name, str) for each in in_path)]
    if asked:
        sent = _model(entry, asked)
        reads = entry.method in {"GET", "DELETE"}
        # Who asks for nothing in particular needs no body.
        needed = reads or any(each.is_required() for each in sent.model_fields.values())
        default = inspect.Parameter.empty if needed else sent()
        parameters.append(_parameter("asked", Annotated[sent, Query()] if reads else sent, default))
    if precondition is not None:
        parameters.append(_parameter("if_match", Annotated[str | None, Header()], None))
    if _is_tagged(entry) and entry.method == "GET":
        parameters.append(_parameter("if_none_match", Annotated[str | None, Header()], None))

    if entry.posted:
        parameters.append(_parameter("prefer", Annotated[str | None, Header()], None))

    def call(request: Request, **given: Any) -> Response:
        values: dict[str, Any] = {each.name: given[each.name] for each in in_path}
        if precondition is not None:
            values[precondition.name] = revision_of(given["if_match"])
        documents = None
        if asked:
            sent = _sent(given["asked"])
            documents = sent.pop(DOCUMENTS, None)
            if entry.document is not None and sent.get(entry.document) is None:
                # One that comes alone needs no name.
                sent[entry.document] = next(iter(documents)) if documents and len(documents) == 1 else DEFAULT_NAME
            values |= _cleared(sent) if entry.method == "PATCH" else sent
        if entry.posted and prefers_not_to_wait(given["prefer"]):
            response = _answered(entry_of(entry.posted), request, values, documents, None)
            response.headers["Preference-Applied"] = ASYNC
            return response
        return _answered(entry, request, values, documents, given.get("if_none_match"))

    call.__signature__ = inspect.Signature(parameters)  # type: ignore[attr-defined]
    call.__doc__ = entry.summary
    return call


def _parameter(name: str, annotation: Any, default: Any = inspect.Parameter.empty) -> inspect.Parameter:
    return inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, annotation=annotation, default=default)


def _answered(
    entry: Entry, request: Request, values: Mapping[str, Any], documents: Mapping[str, str] | None, if_none_match: str | None
) -> Response:
    """Call the action, and answer in the form that the caller asked for."""
    action = action_of(entry.name)
    arguments = arguments_of(action, entry.parameters, values)
    ws = opened(request, documents)
    # What reads does so from one snapshot, and is answered when it is recorded what that shows.
    with ws.reading(held=True) if entry.method == "GET" else nullcontext():
        answer = _asked(entry, action, request, ws, arguments)
        document = to_json(answer, action.returns)
        if entry.tabular and entry.reads:
            return answer_in(request, answer, document, action.returns, csv=prefers_csv(request.headers.get("accept", "")))
        response = tagged(document, answer.revision, if_none_match) if _is_tagged(entry) else as_json(document)
    if entry.created:
        response.status_code = _status(entry)
        path = entry_of(entry.created).path
        if "{" in path:
            response.headers["Location"] = f"{path[: path.index('{')]}{answer.id}"
    return response


def _asked(entry: Entry, action: Action, request: Request, ws: Workspace, arguments: Mapping[str, Any]) -> Any:
    """Return what the action answers; of one whose answers are cached, perhaps what it answered before."""
    if not entry.cached:
        return ws.perform(action, arguments)
    position = ws.position() if arguments["as_of"] is None else arguments["as_of"]
    asked = {name: value for name, value in arguments.items() if name != "as_of"}
    return request.app.state.answers.ask(ws, function_of(entry.name), position, **asked)


def prefers_not_to_wait(prefer: str | None) -> bool:
    """Return whether a caller who prefers this would rather not wait. Source: RFC 7240, section 4.1.

    >>> prefers_not_to_wait("respond-async, wait=10"), prefers_not_to_wait("return=minimal"), prefers_not_to_wait(None)
    (True, False, False)
    """
    return ASYNC in {each.partition(";")[0].strip().lower() for each in (prefer or "").split(",")}


def revision_of(tag: str | None) -> int:
    """Return the revision that an If-Match header names.

    Raises
    ------
    Unconditional : none, or not one of ours

    >>> revision_of('"2"'), revision_of('"2.40a3d1"')
    (2, 2)
    """
    named = REVISION.match((tag or "").strip())
    if named is None:
        raise Unconditional("the change does not say which revision was read", do=SEND)
    return int(named[1])


def _sent(model: BaseModel) -> dict[str, Any]:
    """Return what was sent, by name; what was left out is left out. Objects within are plain."""
    return {name: _plain(getattr(model, name)) for name in model.model_fields_set}


def _plain(value: Any) -> Any:
    if isinstance(value, BaseModel):
        return _sent(value)
    return [_plain(each) for each in value] if isinstance(value, list) else value


def _cleared(sent: Mapping[str, Any]) -> dict[str, Any]:
    """Return what a change brings: null takes a thing away. Source: RFC 7396."""
    gone = tuple(name for name, value in sent.items() if value is None)
    return {name: value for name, value in sent.items() if value is not None} | ({"clear": gone} if gone else {})


def _model(entry: Entry, asked: Sequence[ParameterEntry]) -> type[Asked]:
    """Return the model of a query or body: the parameters of an action, those of a record each by their name."""
    fields = {
        each.name: _field(entry, each)
        for parameter in asked
        for each in (parameter.fields if parameter.form == "record" else (parameter,))
        if not (entry.method == "PATCH" and each.name == "clear")
    }
    if entry.document is not None:
        about = f"The name of the document, for messages; default: of one that comes alone its own, else `{DEFAULT_NAME}`."
        fields[entry.document] = (str | None, Field(None, max_length=1000, description=about))
        told = "Texts by name: the document, and those that it names."
        fields[DOCUMENTS] = (dict[str, str], Field(description=told))
    name = "".join(part.title() for part in entry.name.replace("-", ".").split("."))
    made: type[Asked] = create_model(f"{name}Asked", __base__=Asked, __doc__=entry.summary, **fields)  # type: ignore[call-overload]
    return made


def _field(entry: Entry, given: ParameterEntry) -> tuple[Any, Any]:
    described: dict[str, Any] = {"description": given.help or None}
    type_ = _type(entry, given)
    if given.required:
        return type_, Field(**described)
    if given.nullable or given.form in {"many", "pairs"}:
        default: Any = (
            Field(None, **described) if given.nullable else Field(default_factory=list if given.form == "many" else dict)
        )
        return type_ | None if given.nullable else type_, default
    return type_, Field(given.default, **described)


def _type(entry: Entry, given: ParameterEntry) -> Any:
    """Return the type of a field, for pydantic: made here, it has no name that a checker of types would know."""
    item = _bounded(_item(entry, given), given)
    if given.form == "many":
        return GenericAlias(list, item)
    return GenericAlias(dict, (str, item)) if given.form == "pairs" else item


def _item(entry: Entry, given: ParameterEntry) -> Any:
    form = given.of or given.form
    if given.values:
        return Literal[given.values]
    if form == "record":
        name = f"{''.join(part.title() for part in entry.name.split('.'))}{given.name.title()}"
        fields = {each.name: _field(entry, each) for each in given.fields}
        return create_model(name, __base__=Asked, **fields)  # type: ignore[call-overload]
    return TYPES[form]


def _bounded(type_: Any, given: ParameterEntry) -> Any:
    bounded = given.low is not None or given.high is not None
    return Annotated[type_, Field(ge=given.low, le=given.high)] if bounded else type_
