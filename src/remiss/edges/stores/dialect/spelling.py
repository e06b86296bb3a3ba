"""Elements of a statement that each database spells its own way."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial
from typing import Any

from sqlalchemy import Boolean
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.functions import FunctionElement

_PART = re.compile(r"\{([0-9])\}")


class Condition(FunctionElement[bool]):
    """A condition of its own spelling, which is one already: SQLAlchemy would write `= 1` behind it and hide the index."""

    inherit_cache = True
    type = Boolean()

    def self_group(self, against: object = None) -> Condition:
        return self


def compiled_as(kind: type[FunctionElement[Any]], spellings: Mapping[str, str]) -> None:
    """Say how dialects spell a kind of element.

    Parameters
    ----------
    spellings : by dialect, SQL in which `{0}`, `{1}` and so on stand for the element's parts; what does not stand there is not
        bound either
    """
    for dialect, spelling in spellings.items():
        compiles(kind, dialect)(partial(_filled, spelling))


def _filled(spelling: str, element: FunctionElement[Any], compiler: SQLCompiler, **kw: Any) -> str:
    parts = list(element.clauses)
    texts = {at: compiler.process(parts[int(at)], **kw) for at in sorted(set(_PART.findall(spelling)))}
    return _PART.sub(lambda part: texts[part[1]], spelling)
