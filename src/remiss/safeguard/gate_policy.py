"""The policy of a gate: which suites are run, and what is asked of a model version before it may be released.

It is a YAML document of the team, read where it lies; what it means has a digest.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from remiss.errors import InputError, Location
from remiss.protocol.nearest import nearest
from remiss.records.identity import digest

Margin = Annotated[float, Field(gt=0, lt=1)]
Share = Annotated[float, Field(ge=0, le=1)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class GuardPolicy(_Section):
    """Does it break controls with decided labels, or resolved cases?"""

    margin: Margin = 0.05


class ProductionPolicy(_Section):
    """Is the whole no worse? All sampled events, weighted, by criterion."""

    margin: Margin = 0.02
    criteria: tuple[str, ...] = ()


class TargetPolicy(_Section):
    """Does it mend the open cases? Named only where that is asked of a release."""

    level: Annotated[float, Field(gt=0, lt=0.5)] = 0.05


class CriticalPolicy(_Section):
    """Severity 1: no margin. `without_ground` is the greatest share of cases on which the baseline cannot show a break."""

    without_ground: Share = 1.0


class LatencyPolicy(_Section):
    """How long an answer may take: the 95th percentile, in milliseconds."""

    p95_ms: Annotated[float, Field(gt=0)]


class WaiverPolicy(_Section):
    """Which conditions people may waive."""

    critical: bool = False


class GatePolicy(_Section):
    """What a gate asks."""

    gate: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,62}$")]
    suites: Annotated[tuple[str, ...], Field(min_length=1)]
    repeats: Annotated[int, Field(ge=1, le=99)] = 3
    guard: GuardPolicy | None = GuardPolicy()
    production: ProductionPolicy | None = ProductionPolicy()
    target: TargetPolicy | None = None
    critical: CriticalPolicy | None = CriticalPolicy()
    open_critical: Annotated[int, Field(ge=0)] | None = None
    verified: Share | None = None
    latency: LatencyPolicy | None = None
    waivers: WaiverPolicy = WaiverPolicy()
    sealed_uses: Annotated[int, Field(ge=0)] = 20
    seed: Annotated[int, Field(ge=0, lt=2**32)] = 0
    form: Literal["remiss-gate/1"] = "remiss-gate/1"

    @field_validator("repeats")
    @classmethod
    def _odd(cls, value: int) -> int:
        if value % 2 == 0:
            raise ValueError("is even: a majority needs an odd number")
        return value

    @property
    def meaning(self) -> dict[str, Any]:
        """What it asks, as plain values."""
        return self.model_dump(mode="json")

    @property
    def digest(self) -> str:
        """The digest of what it asks."""
        return f"sha256:{digest(self.meaning)}"


def read(text: str, file: str) -> GatePolicy:
    """Return the policy that a document says.

    Raises
    ------
    InputError : it is none; says what, where and what to write instead
    """
    try:
        said = yaml.safe_load(text)
    except (yaml.YAMLError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        where = Location(file, None if mark is None else mark.line + 1)
        raise InputError(f"{file} is no YAML that can be read: {error}".partition("\n")[0], where=where) from error
    if not isinstance(said, dict):
        raise InputError(f"{file} is no mapping", where=Location(file), do="begin with gate: NAME and suites: [NAME]")
    try:
        return GatePolicy.model_validate(said)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        name = ".".join(map(str, first["loc"]))
        do = f"write it as {first['msg'].lower()}"
        if first["type"] == "extra_forbidden":
            kind: Any = GatePolicy
            for part in first["loc"][:-1]:
                kind = next((k for k in _sections(kind, str(part))), kind)
            do = nearest(str(first["loc"][-1]), [*kind.model_fields], "the keys are")
        raise InputError(f"{file}: {name}: {first['msg']}", where=Location(file, line_of(text, first["loc"])), do=do) from error


def _sections(kind: type[BaseModel], name: str) -> list[type[BaseModel]]:
    field = kind.model_fields.get(name)
    args = [] if field is None else [field.annotation, *getattr(field.annotation, "__args__", ())]
    return [each for each in args if isinstance(each, type) and issubclass(each, BaseModel)]


def line_of(text: str, path: tuple[int | str, ...]) -> int | None:
    """Return the line where a key of the document stands."""
    node = yaml.compose(text)
    line = None if node is None else node.start_mark.line + 1
    for part in path:
        if isinstance(node, yaml.MappingNode):
            found = [(key, value) for key, value in node.value if key.value == str(part)]
            if not found:
                break
            line, node = found[0][0].start_mark.line + 1, found[0][1]
        elif isinstance(node, yaml.SequenceNode) and isinstance(part, int) and part < len(node.value):
            node = node.value[part]
            line = node.start_mark.line + 1
    return line
