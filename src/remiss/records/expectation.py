"""What a model is to answer to an event."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from enum import StrEnum
from typing import Any, ClassVar, Self

from remiss.errors import InputError
from remiss.records.model import JsonValue
from remiss.records.published import Amount, published


class ExpectationKind(StrEnum):
    """What an answer is held against."""

    EQUALS = "equals"
    ONE_OF = "one-of"
    WITHIN = "within"
    MATCHES = "matches"
    DOES_NOT_MATCH = "does-not-match"
    EXISTS = "exists"
    LATENCY = "latency-at-most"
    NOT_MET = "criterion-not-met"


_TYPED = re.compile(r"(?:(?P<path>\$\S*)\s+)?(?P<kind>[a-z-]+)(?:\s+(?P<rest>.+))?", re.DOTALL)
_WITHIN = re.compile(r"(?P<by>[\d.eE+-]+)(?P<relative>\s*%)?\s+of\s+(?P<value>\S+)")


@published("expectation", part=True)
@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """What an answer is to be.

    `value` is what it is compared with: any JSON (`equals`), a list (`one-of`), a number (`within`), a pattern (`matches`,
    `does-not-match`) or milliseconds (`latency-at-most`). `path` is a JSON path (RFC 9535) to what of the output is compared;
    without it all of it is. `tolerance` is absolute, `relative` a share of the value; the larger of both holds. `criterion` names
    the criterion of the protocol that is not to be met.
    """

    TEXT: ClassVar[str] = "[PATH] KIND VALUE"

    kind: ExpectationKind
    value: JsonValue = None
    path: str | None = None
    tolerance: Amount | None = None
    relative: Amount | None = None
    criterion: str | None = None

    @classmethod
    def from_text(cls, text: str) -> Self:
        """Return the expectation that a person typed: a value is JSON where it is that, and else text.

        Raises
        ------
        InputError

        >>> Expectation.from_text("within 5 % of 30").relative, Expectation.from_text("$.answer equals late").path
        (0.05, '$.answer')
        >>> Expectation.from_text('one-of ["late", "on-time"]').value, Expectation.from_text("equals 3").value
        (['late', 'on-time'], 3)
        """
        found = _TYPED.fullmatch(text.strip())
        if found is None or found["kind"] not in set(ExpectationKind):
            do = f"write {cls.TEXT}, where KIND is one of {', '.join(ExpectationKind)}, for example 'equals late'"
            raise InputError(f"invalid expectation: {text[:80]!r}", do=do, field="expectations")
        kind, path, rest = ExpectationKind(found["kind"]), found["path"], found["rest"] or ""
        if kind is ExpectationKind.NOT_MET:
            return cls(kind=kind, path=path, criterion=rest)
        if kind in {ExpectationKind.MATCHES, ExpectationKind.DOES_NOT_MATCH}:
            return cls(kind=kind, path=path, value=rest)
        if kind is not ExpectationKind.WITHIN:
            return cls(kind=kind, path=path, value=_json(rest) if rest else None)
        number = _WITHIN.fullmatch(rest)
        by = None if number is None else _json(number["by"])
        if number is None or isinstance(by, bool) or not isinstance(by, int | float):
            do = "write 'within 5 of 30' or 'within 2 % of 30'"
            raise InputError(f"invalid expectation: {text[:80]!r}", do=do, field="expectations")
        value, share = _json(number["value"]), number["relative"] is not None
        tolerance, relative = (None, by / 100) if share else (float(by), None)
        return cls(kind=kind, path=path, value=value, tolerance=tolerance, relative=relative)

    @classmethod
    def from_plain(cls, said: Mapping[str, Any]) -> Self:
        """Return an expectation from the plain values by which it is kept."""
        return cls(**{**said, "kind": ExpectationKind(said["kind"])})

    @property
    def typed(self) -> str:
        """The text by which a person types it.

        >>> text = '$.by within 5.0 % of 30'
        >>> Expectation.from_text(text).typed == text
        True
        """
        of, value = "" if self.path is None else f"{self.path} ", self.value
        match self.kind:
            case ExpectationKind.NOT_MET:
                said = self.criterion or ""
            case ExpectationKind.WITHIN if self.relative is not None:
                said = f"{100 * self.relative} % of {json.dumps(value)}"
            case ExpectationKind.WITHIN:
                said = f"{self.tolerance} of {json.dumps(value)}"
            case ExpectationKind.MATCHES | ExpectationKind.DOES_NOT_MATCH:
                said = str(value)
            case _:
                said = "" if value is None else json.dumps(value, ensure_ascii=False)
        return f"{of}{self.kind.value} {said}".rstrip()

    def __str__(self) -> str:
        if self.kind is ExpectationKind.NOT_MET:
            return f"does not meet {self.criterion}"
        value, of = self.value, "" if self.path is None else f"{self.path} "
        match self.kind:
            case ExpectationKind.WITHIN:
                by = [] if self.tolerance is None else [f"{self.tolerance:g}"]
                by += [] if self.relative is None else [f"{self.relative:.3g} of it"]
                return f"{of}within {' or '.join(by)} of {value}"
            case ExpectationKind.LATENCY:
                return f"answers within {value:g} ms" if isinstance(value, int | float) else f"answers within {value} ms"
            case ExpectationKind.EXISTS:
                return f"{of}is there"
            case ExpectationKind.ONE_OF:
                return f"{of}is one of {', '.join(map(str, value)) if isinstance(value, list) else value}"
            case kind:
                return f"{of}{kind.value.replace('-', ' ')} {value}"

    def as_plain(self) -> dict[str, object]:
        """Return the plain values of an expectation, without what it does not say.

        >>> str(Expectation.from_plain(Expectation.from_text("within 0.5 of 3").as_plain()))
        'within 0.5 of 3'
        """
        said = ((each.name, getattr(self, each.name)) for each in fields(self))
        return {name: value.value if name == "kind" else value for name, value in said if value is not None}


def _json(text: str) -> Any:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text
