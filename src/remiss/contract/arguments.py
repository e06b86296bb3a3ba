"""From what a face was given to the arguments of an action: words become members, times and records."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import is_dataclass
from enum import Enum, IntEnum
from typing import Any

from remiss.action import Action
from remiss.contract.forms import ParameterEntry
from remiss.parameters import Parameter, parameters_of_record


def arguments_of(action: Action, entry: Iterable[ParameterEntry], values: Mapping[str, Any]) -> dict[str, Any]:
    """Return the arguments of a call, by name, defaults filled in.

    Parameters
    ----------
    entry : the parameters as faces know them
    values : what was given, by name; of a record without a form as text, its fields each by their name. What is left out has its
        default

    Raises
    ------
    InputError : a number out of its bounds, a text that is no such record
    """
    found: dict[str, Any] = {}
    for each in entry:
        declared = action.parameters[each.name]
        if each.flattened == (each,):
            if each.name in values:
                found[each.name] = value_of(declared, values[each.name])
        else:
            inner = parameters_of_record(declared.type)
            given = {one.name: value_of(inner[one.name], values[one.name]) for one in each.fields if one.name in values}
            found[each.name] = declared.type(**given)
    return action.filled(found)


def value_of(declared: Parameter, value: Any) -> Any:
    """Return one value as the library takes it.

    Raises
    ------
    InputError : a text that is no such record
    """
    return None if value is None else _typed(declared.type, value)


def _typed(type_: Any, value: Any) -> Any:
    if isinstance(value, list | tuple):
        (item, *_) = type_.__args__
        return tuple(_typed(item, each) for each in value)
    if not isinstance(type_, type):
        return value
    if issubclass(type_, IntEnum) and not isinstance(value, type_):
        return type_[str(value).upper()]
    if issubclass(type_, Enum):
        return type_(value)
    if is_dataclass(type_):
        return _record(type_, value)
    return value


def _record(type_: Any, value: Any) -> Any:
    if isinstance(value, str):
        return type_.from_text(value)
    if isinstance(value, Mapping):
        inner = parameters_of_record(type_)
        return type_(**{name: value_of(inner[name], each) for name, each in value.items()})
    return value
