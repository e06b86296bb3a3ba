"""Actions: everything that one can do, each declared once.

An action is a function that takes the workspace first. Calling it asks the workspace to perform it, which authorises,
begins, runs, writes one row of the journal and commits. There is no other way in, for users of the library too. Its name,
permission and route stand in the declaration, its parameters in the signature, what they mean in the docstring: commands, routes,
requests and the reference are derived from these (`contract`).
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar, get_type_hints

from remiss import former
from remiss.parameters import Parameter, check_bounds, parameters_of
from remiss.records.view_entry import Looked

ACTIONS: dict[str, Action] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Action:
    """What is known of an action without calling it.

    `http` is its route: method, and path below the API's root. `within` names the action and the flag by whose command this one
    is called: `case.search --facets`. `created` names the action that shows what this one made. `catalog` is
    False where none is needed. `reads` marks one that changes
    nothing and leaves no journal row; it sees one snapshot of the catalog unless `snapshot` is False, for work so long at the
    edge that holding a snapshot would hurt others, and for what takes one itself when it needs one. `subject` names the
    parameter that says what is acted on or looked at: its value is in the journal, and in the log of views where somebody was
    refused. `prepare` gives a block around the transaction: long work at the edge (a scan of logs) that must not hold the
    catalog comes before it, and what it gives becomes the keyword argument `prepared`. `document` names the parameter that is
    the path of a document where the caller is; called from afar, the document travels with the arguments. `views` says what its
    answer shows, which is recorded before anybody has it.
    """

    name: str
    permission: str
    run: Callable[..., Any]
    http: str
    within: str | None
    created: str | None
    posted: str | None
    catalog: bool
    cached: bool
    reads: bool
    snapshot: bool
    subject: str | None
    document: str | None
    prepare: Callable[..., AbstractContextManager[Any]] | None
    views: Looked | None = None

    @property
    def parameters(self) -> Mapping[str, Parameter]:
        """What a caller gives, by name."""
        return parameters_of(self.run)

    @property
    def types(self) -> dict[str, Any]:
        """The type of each argument that a caller gives, by name, None included."""
        hints = _hints(self.run)
        return {name: hints[name] for name in self.parameters}

    def filled(self, given: Mapping[str, Any], args: tuple[Any, ...] = ()) -> dict[str, Any]:
        """Return all arguments by name, defaults filled in.

        Raises
        ------
        TypeError : one is missing or unknown
        InputError : a number out of its bounds
        """
        try:
            arguments = binder(self.run)(args, given)
        except TypeError as error:
            if now := former.key_hint(self.name, given):
                raise TypeError(f"{error}{now}") from None
            raise
        check_bounds(self.run, arguments)
        return arguments

    @property
    def returns(self) -> Any:
        """The type of what the action returns."""
        return _hints(self.run)["return"]

    @property
    def summary(self) -> str:
        return (inspect.getdoc(self.run) or "").partition("\n")[0]


# Each answer asks for them, and to read annotations takes longer than to answer with a short list.
@functools.cache
def _hints(run: Callable[..., Any]) -> Mapping[str, Any]:
    return get_type_hints(run, include_extras=True)


class Performs(Protocol):
    """What an action needs to be called: somebody who performs it."""

    def perform(self, action: Action, arguments: Mapping[str, Any]) -> Any:
        """Authorise, prepare, begin, run, journal and commit; return what the action returned."""
        ...


W = TypeVar("W", bound=Performs)
P = ParamSpec("P")
R = TypeVar("R")


def action(
    name: str,
    *,
    permission: str,
    http: str,
    within: str | None = None,
    created: str | None = None,
    posted: str | None = None,
    catalog: bool = True,
    cached: bool = False,
    reads: bool = False,
    snapshot: bool = True,
    subject: str | None = None,
    document: str | None = None,
    prepare: Callable[..., AbstractContextManager[Any]] | None = None,
    views: Looked | None = None,
) -> Callable[[Callable[Concatenate[W, P], R]], Callable[Concatenate[W, P], R]]:
    """Return a decorator that registers a function as an action and routes its calls through the workspace.

    Parameters
    ----------
    name : noun and verb, for example `case.annotate`; unique
    permission : what an actor needs, for example `case:annotate`
    http : its route, for example `GET /cases/{case}`
    within : action and flag by whose command this one is called: `case.search --facets`; default: a command of its own
    created : the action that shows what this one made, by which an answer says where that is
    posted : the action that has a job do the same, for a caller who would rather not wait
    catalog : False for one that needs no catalog
    cached : whether a server keeps answers, which at one position never change
    reads : True for an action that changes nothing
    snapshot : False for one that reads and works long outside the catalog, or takes a snapshot itself
    subject : the parameter that names what is acted on or looked at, for the logs
    document : the parameter that is a path to a document of the caller
    views : given workspace, arguments and result, returns what was shown, which is recorded before the answer leaves
    prepare : called with the same arguments outside the transaction; gives a block that the transaction lies in
    """

    def register(run: Callable[Concatenate[W, P], R]) -> Callable[Concatenate[W, P], R]:
        this = Action(
            name=name,
            permission=permission,
            run=run,
            http=http,
            within=within,
            created=created,
            posted=posted,
            catalog=catalog,
            cached=cached,
            reads=reads,
            snapshot=snapshot,
            subject=subject,
            document=document,
            prepare=prepare,
            views=views,
        )
        if name in ACTIONS:
            raise ValueError(f"two actions are named {name}")
        ACTIONS[name] = this

        @functools.wraps(run)
        def call(ws: W, /, *args: P.args, **kwargs: P.kwargs) -> R:
            result: R = ws.perform(this, this.filled(kwargs, args))
            return result

        # For a caller who has an answer already and shows it again (`action_of`).
        call.action = this  # type: ignore[attr-defined]
        return call

    return register


def action_of(call: Callable[..., Any]) -> Action | None:
    """Return the action that a function is, if it is one."""
    found: Action | None = getattr(call, "action", None)
    return found


@functools.cache
def binder(run: Callable[..., Any]) -> Callable[[tuple[Any, ...], Mapping[str, Any]], dict[str, Any]]:
    """Return how the arguments of a call, without the workspace and without what is `prepared`, are found by name.

    As `inspect.Signature.bind` does it, which answers for every call that is wrong; for one that is right it takes ten times
    as long as this, and pages are short.
    """
    signature = inspect.signature(run)
    _, *parameters = [each for each in signature.parameters.values() if each.name != "prepared"]
    names = frozenset(each.name for each in parameters)
    places = tuple(each.name for each in parameters if each.kind is each.POSITIONAL_OR_KEYWORD)
    defaults = {each.name: each.default for each in parameters if each.default is not each.empty}

    def given(args: tuple[Any, ...], kwargs: Mapping[str, Any]) -> dict[str, Any]:
        placed = dict(zip(places, args, strict=False))
        arguments = {**defaults, **placed, **kwargs}
        right = len(args) == len(placed) and names == arguments.keys() and placed.keys().isdisjoint(kwargs)
        if not right:
            bound = signature.bind(None, *args, **kwargs)
            bound.apply_defaults()
            arguments = {name: value for name, value in bound.arguments.items() if name in names}
        return arguments

    return given
