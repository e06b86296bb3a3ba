"""What the parameters of an action are: types with bounds, words on the command line, and the sentence that says what each does.

An action's signature is written in these types; from it every face derives how the parameter is given and described. Bounds hold
for every caller: they are checked where the action is called, and shown by commands, requests and the reference.
"""

from __future__ import annotations

import functools
import inspect
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import MISSING, dataclass, fields
from numbers import Real
from typing import Annotated, Any

from remiss import former
from remiss.errors import InputError

MOST_POSITION = 2**63 - 1
MOST_REVISION = 2**31 - 1


@dataclass(frozen=True, slots=True)
class Range:
    """The least and the greatest number that is sound, both included; None is no bound."""

    low: float | None = None
    high: float | None = None

    def __str__(self) -> str:
        if self.low is None or self.high is None:
            return f"at most {self.high:,}" if self.low is None else f"{self.low:,} or more"
        return f"{self.low:,} to {self.high:,}"

    def holds(self, value: object) -> bool:
        """Whether a value is a number, also one of numpy, within the bounds."""
        number: Any = value
        return isinstance(value, Real) and (self.low is None or self.low <= number) and (self.high is None or number <= self.high)


@dataclass(frozen=True, slots=True)
class OneOf:
    """The values that there are, where they are no enumeration of their own: `Annotated[str, OneOf(("complete", "waiting"))]`."""

    words: tuple[object, ...]

    def __str__(self) -> str:
        return f"one of {', '.join(map(str, self.words))}"

    def holds(self, value: object) -> bool:
        return all(each in self.words for each in ([value] if isinstance(value, str) else value))  # type: ignore[attr-defined]


@dataclass(frozen=True, slots=True)
class Help:
    """The sentence that every face shows of a parameter, unless the action's docstring has one of its own."""

    text: str


@dataclass(frozen=True, slots=True)
class Option:
    """How a parameter is given on the command line: by an option, also where the library takes it by position.

    `name` is the option's when it is not the parameter's own, for example of one item of many. `metavar` stands for the value.
    """

    name: str | None = None
    metavar: str | None = None


@dataclass(frozen=True, slots=True)
class Without:
    """Names the fields of a record that an action does not take."""

    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class InFile:
    """Marks a text that a command takes from a file, by its name."""


@dataclass(frozen=True, slots=True)
class IfMatch:
    """Marks the revision that a writer read: a request names it by the header If-Match."""


# What parameters of several actions are.
CaseId = Annotated[str, Help("The id, or a prefix of six or more characters that no other case shares.")]
# A severity, from critical to minor.
Grade = Annotated[int, Range(1, 4)]
Columns = Annotated[str, Help("Only these columns, in this order, set apart by commas; default: all."), Option(metavar="NAMES")]
Document = Annotated[str, Help("The document, a YAML file; what it names is looked for beside it.")]
InTeam = Annotated[str, Help("Which team; * is every team, those to come as well.")]
Limit = Annotated[int, Range(1, 10_000), Help("How many at most.")]
PageToken = Annotated[str, Help("Go on after the page that ended with this token."), Option(metavar="TOKEN")]
Position = Annotated[int, Range(0, MOST_POSITION), Help("Read the catalog as it stood at this position."), Option(metavar="P")]
ProtocolName = Annotated[str, Help("The name of a protocol that the catalog keeps.")]
Query = Annotated[str, Help("In the filter language; empty is everything.")]
FieldName = Annotated[
    str, Help("A field of the protocol, for example inputs.carrier, or label_delay: how late labels came. Default: all.")
]
RunId = Annotated[str, Help("The id of a run, or a prefix that no other run shares.")]
Username = Annotated[str, Help("What the person is called in the catalog.")]
Revision = Annotated[int, Range(1, MOST_REVISION), Help("The revision that you read; see `case show`."), Option(), IfMatch()]


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One parameter of an action.

    `type` is what the library takes, without None and without annotations; `nullable` says whether None is a value. `default`
    is `inspect.Parameter.empty` where there is none. `positional` says whether a command takes it as an argument rather than by
    an option.
    """

    name: str
    type: Any
    nullable: bool
    default: Any
    positional: bool
    range: Range | None = None
    one_of: OneOf | None = None
    help: str | None = None
    option: Option | None = None
    precondition: bool = False
    without: tuple[str, ...] = ()
    in_file: bool = False

    @property
    def required(self) -> bool:
        return self.default is inspect.Parameter.empty


def parameter(name: str, declared: Any, default: Any = inspect.Parameter.empty, *, positional: bool = False) -> Parameter:
    """Return what a declared type, `Limit` or `CaseId | None` for example, says of a parameter."""
    bare, notes, nullable = _opened(declared)
    option = next((each for each in notes if isinstance(each, Option)), None)
    return Parameter(
        name=name,
        type=bare,
        nullable=nullable,
        default=default,
        positional=positional and option is None,
        range=next((each for each in notes if isinstance(each, Range)), None),
        one_of=next((each for each in notes if isinstance(each, OneOf)), None),
        help=next((each.text for each in notes if isinstance(each, Help)), None),
        option=option,
        precondition=any(isinstance(each, IfMatch) for each in notes),
        in_file=any(isinstance(each, InFile) for each in notes),
        without=next((each.names for each in notes if isinstance(each, Without)), ()),
    )


def _opened(declared: Any) -> tuple[Any, tuple[Any, ...], bool]:
    """Return a type without its annotations and without None, the annotations, and whether None was in it."""
    if typing.get_origin(declared) is Annotated:
        bare, notes, nullable = _opened(declared.__origin__)
        return bare, (*declared.__metadata__, *notes), nullable
    if typing.get_origin(declared) in {typing.Union, types.UnionType}:
        members = [each for each in typing.get_args(declared) if each is not types.NoneType]
        if len(members) == 1:
            bare, notes, _ = _opened(members[0])
            return bare, notes, True
    return declared, (), False


@functools.cache
def parameters_of(run: Callable[..., Any]) -> Mapping[str, Parameter]:
    """Return the parameters of an action's function by name: all but the workspace, which comes first, and what is `prepared`."""
    hints = typing.get_type_hints(run, include_extras=True)
    _, *given = inspect.signature(run).parameters.values()
    return {
        each.name: parameter(
            each.name, hints.get(each.name, object), each.default, positional=each.kind is inspect.Parameter.POSITIONAL_OR_KEYWORD
        )
        for each in given
        if each.name != "prepared"
    }


@functools.cache
def parameters_of_record(record: type) -> Mapping[str, Parameter]:
    """Return the fields of a record that an action takes, each as a parameter."""
    hints = typing.get_type_hints(record, include_extras=True)
    found = {}
    for field in fields(record):
        default = field.default
        if default is MISSING:
            factory = field.default_factory
            default = inspect.Parameter.empty if factory is MISSING else factory()
        if field.init:
            found[field.name] = parameter(field.name, hints[field.name], default)
    return found


@functools.cache
def _bounds_of(run: Callable[..., Any]) -> tuple[tuple[str, Range | OneOf], ...]:
    """Return the parameters of a function that have bounds, and these."""
    bounds = ((name, bound) for name, each in parameters_of(run).items() for bound in (each.range, each.one_of))
    return tuple((name, bound) for name, bound in bounds if bound is not None)


def check_bounds(run: Callable[..., Any], arguments: Mapping[str, Any]) -> None:
    """Go on only if every number lies in its bounds, and every word is one that may be given.

    Raises
    ------
    InputError
    """
    for name, bound in _bounds_of(run):
        value = arguments.get(name)
        if value is not None and not bound.holds(value):
            said = str(value) if isinstance(value, int) else repr(value)[:80]
            do = f"give {bound}{former.value_hint(name, value)}"
            raise InputError(f"invalid {name.replace('_', ' ')}: {said}", do=do, field=name)
