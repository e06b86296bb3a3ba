"""The policy of a gate: which suites are run, and what is asked of a model version before it may be released.

It is a YAML document of the team, read where it lies; what it means has a digest.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Annotated, Any, Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from remiss.errors import InputError, Location
from remiss.protocol.nearest import nearest
from remiss.protocol.shape import first_complaint, wrong
from remiss.records.identity import digest

Margin = Annotated[float, Field(gt=0, lt=1)]
Share = Annotated[float, Field(ge=0, le=1)]


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class GuardPolicy(_Section):
    """Does it break controls with decided labels, or resolved cases?"""

    margin: Annotated[Margin, Field(description="By how much of them the new version may be worse")] = 0.05


class ProductionPolicy(_Section):
    """Is the whole no worse? All sampled events, weighted, by criterion."""

    margin: Annotated[Margin, Field(description="By how much of production more events may meet each criterion")] = 0.02
    criteria: Annotated[tuple[str, ...], Field(description="Which criteria of the protocols are asked; default: every one")] = ()


class TargetPolicy(_Section):
    """Does it mend the open cases? Named only where that is asked of a release."""

    level: Annotated[
        float,
        Field(
            gt=0, lt=0.5, description="The greatest p of McNemar's exact test with which it is said to fix more than it breaks"
        ),
    ] = 0.05


class CriticalPolicy(_Section):
    """Severity 1: no margin. `without_ground` is the greatest share of cases on which the baseline cannot show a break."""

    without_ground: Annotated[
        Share,
        Field(
            description="The greatest share of these cases that the baseline did not pass each time, so that a break cannot be "
            "seen on them; above it the condition is inconclusive"
        ),
    ] = 1.0


class LatencyPolicy(_Section):
    """How long an answer may take: the 95th percentile, in milliseconds."""

    p95_ms: Annotated[float, Field(gt=0, description="The greatest 95th percentile, in milliseconds, where the gate runs")]


class WaiverPolicy(_Section):
    """Which conditions people may waive."""

    critical: Annotated[bool, Field(description="Whether conditions of severity 1 may be waived")] = False


class GatePolicy(_Section):
    """What a gate asks."""

    gate: Annotated[
        str, Field(pattern=r"^[a-z0-9][a-z0-9._-]{0,62}$", description="What the gate is called; flags begin with it")
    ]
    suites: Annotated[tuple[str, ...], Field(min_length=1, description="The suites that are run: NAME, or NAME@DIGEST")]
    repeats: Annotated[
        int,
        Field(
            ge=1,
            le=99,
            description="How often each event is asked, an odd number; resolved cases of severity 1 as often as chance demands",
        ),
    ] = 3
    guard: Annotated[
        GuardPolicy | None,
        Field(description="Does it break controls with decided labels, or resolved cases? `null` does not ask"),
    ] = GuardPolicy()
    production: Annotated[
        ProductionPolicy | None, Field(description="Is the whole no worse, by each criterion, weighted? `null` does not ask")
    ] = ProductionPolicy()
    target: Annotated[
        TargetPolicy | None, Field(description="Does it fix more open cases than it breaks? Asked only where it stands")
    ] = None
    critical: Annotated[
        CriticalPolicy | None,
        Field(description="Does a resolved case of severity 1 break? It has no margin; `null` does not ask"),
    ] = CriticalPolicy()
    open_critical: Annotated[
        int | None,
        Field(ge=0, description="How many open cases of severity 1 may still fail; default: not asked"),
    ] = None
    verified: Annotated[
        Share | None,
        Field(description="Which share of the flagged events, by weight, people must have decided; default: not asked"),
    ] = None
    latency: Annotated[LatencyPolicy | None, Field(description="How long answers may take; default: not asked")] = None
    waivers: Annotated[WaiverPolicy, Field(description="Which conditions people may waive")] = WaiverPolicy()
    sealed_uses: Annotated[
        int, Field(ge=0, description="How many gates on versions of one model may run the sealed part of the same suite")
    ] = 20
    seed: Annotated[int, Field(ge=0, lt=2**32, description="What the models' random numbers begin with")] = 0
    form: Annotated[Literal["remiss-gate/1"], Field(description="By which form the document is read")] = "remiss-gate/1"

    @field_validator("repeats")
    @classmethod
    def _odd(cls, value: int) -> int:
        if value % 2 == 0:
            raise wrong("is even: a majority needs an odd number", "write 3 or 5")
        return value

    @property
    def meaning(self) -> dict[str, Any]:
        """What it asks, as plain values."""
        return self.model_dump(mode="json")

    @property
    def digest(self) -> str:
        """The digest of what it asks."""
        return f"sha256:{digest(self.meaning)}"


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema of a policy, each key with its description."""
    dialect = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "remiss gate policy"}
    return GatePolicy.model_json_schema(mode="validation") | dialect


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
        what, do, path = first_complaint(GatePolicy, error)
        raise InputError(what, where=Location(file, line_of(text, path)), do=do) from error


def check_criteria(policy: GatePolicy, known: Collection[str], text: str, file: str) -> None:
    """Refuse a policy that asks for a criterion which no suite of it has.

    Raises
    ------
    InputError : says the line, and what to write instead
    """
    for at, name in enumerate(policy.production.criteria if policy.production else ()):
        if name not in known:
            raise InputError(
                f"no suite of this gate has the criterion {name}",
                where=Location(file, line_of(text, ("production", "criteria", at))),
                do=nearest(name, sorted(known), "their criteria are"),
            )


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
