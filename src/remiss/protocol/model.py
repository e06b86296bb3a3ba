"""The protocol document as pydantic models: the shape of each section, and what the JSON Schema is made from.

What needs more than one section to be judged is in `document.py`.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator, Field

from remiss.protocol.durations import parse_duration
from remiss.protocol.guarding import Entries
from remiss.protocol.nearest import nearest
from remiss.protocol.shape import Part, wrong
from remiss.protocol.terms import Kind
from remiss.records.event import BY_HAND
from remiss.records.run import RESERVED
from remiss.records.window import parse_width

MOST_ROWS = 100_000
LEAST_SHARE = 0.05


def _slug(value: str) -> str:
    if not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", value) or len(value) > 64:
        made = re.sub(r"[^a-z0-9]+", "-", value.lower()).strip("-")[:64]
        raise wrong(f"is {value!r}, not a slug", f"use lower-case letters, digits and single hyphens: {made or 'my-name'}")
    return value


def _text(value: str) -> str:
    if not value.strip():
        raise wrong("is empty", "write a text")
    return value


def _name(value: str) -> str:
    if not value.strip() or len(value) > 200 or not value.isprintable():
        raise wrong(f"is {value[:40]!r}, not a name", "write a name of at most 200 characters on one line")
    return value.strip()


def _source(value: str) -> str:
    if _name(value) == BY_HAND:
        raise wrong(f"is {BY_HAND}, which is the source of what people file", "name the log")
    return _name(value)


def _duration(value: str) -> str:
    try:
        parse_duration(value)
    except ValueError:
        raise wrong(
            f"is {value!r}, not a span of time", "write a number and a unit, for example 2 days, 1 week or 5 years"
        ) from None
    return value


def _positive(value: str) -> str:
    if parse_duration(_duration(value)) <= timedelta(0):
        raise wrong("is no time at all", "write at least 1 minute")
    return value


def _width(value: str) -> str:
    try:
        width = parse_width(value)
    except ValueError:
        raise wrong(
            f"is {value!r}, not the width of a window", "write a number of minutes, hours, days or weeks, for example 1 week"
        ) from None
    if width > timedelta(weeks=520):
        raise wrong(f"is {value!r}, longer than 520 weeks", "write a shorter one, for example 1 week")
    return value


def _zone(value: str) -> str:
    try:
        ZoneInfo(value)
    except (KeyError, ValueError, OSError):
        raise wrong(
            f"is {value!r}, which is not a time zone", "write a name of the IANA list, for example Europe/Berlin or UTC"
        ) from None
    return value


def _criterion(value: str) -> str:
    if value in RESERVED:
        raise wrong(
            f"is {value}, which is reserved", f"choose another name; {', '.join(sorted(RESERVED))} name groups of the sample"
        )
    return _slug(value)


def _mode(value: str) -> str:
    if not re.fullmatch(r"([a-z][a-z0-9-]*:)?[a-z0-9-]+(/[a-z0-9-]+)*", value):
        raise wrong(f"is {value!r}, not a failure mode", "write namespace:path, for example remiss:model/weak-slice")
    return value


def _seed(value: str) -> str:
    if not value or ":" in value or len(value) > 64 or not value.isprintable():
        raise wrong(f"is {value[:40]!r}, not a seed", 'write a short text without ":", for example "2026"')
    return value


def _kind(value: Any) -> Any:
    if not isinstance(value, str):
        raise wrong("is not a kind of criterion", f"use one of {', '.join(Kind)}")
    try:
        return Kind(value)
    except ValueError:
        raise wrong(f"is {value}, an unknown kind of criterion", nearest(value, list(Kind), "use one of")) from None


def _columns(value: Any) -> Any:
    """A list of columns is a mapping of each name to the column of that name."""
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        return value
    for item in value:
        if not re.fullmatch(r"[A-Za-z_]\w*", item, re.ASCII):
            raise wrong(
                f"lists {item!r}, which is not a plain column name",
                f"write a mapping of names to expressions: {{my_name: '\"{item}\"'}}",
            )
        if value.count(item) > 1:
            raise wrong(f"lists {item} twice", "list it once")
    return {item: f'"{item}"' for item in value}


def _named(value: dict[str, str]) -> dict[str, str]:
    seen: dict[str, str] = {}
    for name in value:
        if not re.fullmatch(r"[A-Za-z_]\w*", name, re.ASCII) or len(name) > 64:
            raise wrong(f"has the name {name!r}", "use letters, digits and underscores, a letter first, at most 64")
        if name.lower() in seen:
            raise wrong(f"has {seen[name.lower()]} and {name}, which engines read as one name", "rename one")
        seen[name.lower()] = name
    return value


Slug = Annotated[str, AfterValidator(_slug)]
Name = Annotated[str, AfterValidator(_name)]
Text = Annotated[str, AfterValidator(_text)]
Sql = Annotated[str, AfterValidator(_text)]
Duration = Annotated[str, AfterValidator(_duration)]
PositiveDuration = Annotated[str, AfterValidator(_positive)]
Zone = Annotated[str, AfterValidator(_zone)]
Format = Literal["parquet", "csv", "jsonl"]
Fraction = Annotated[float, Field(ge=0, le=1)]
VerifyShare = Annotated[float, Field(ge=LEAST_SHARE, le=1)]
Group = Annotated[int, Field(ge=2, le=MOST_ROWS)]
Columns = Annotated[
    dict[str, Sql], BeforeValidator(_columns, json_schema_input_type=list[str] | dict[str, str]), AfterValidator(_named)
]


class SourceModel(Part):
    name: Annotated[str, AfterValidator(_source)]
    """the identity of the log; its address may change, its name may not"""
    format: Format
    """parquet, csv or jsonl; csv and jsonl may be gzipped"""
    uri: Text
    """a file, glob or folder, relative to this document"""
    time_zone: Zone | None = None
    """the zone of times that do not say theirs, for example America/New_York"""


class LabelsModel(Part):
    uri: Text
    """a file, glob or folder, relative to this document"""
    key: Name
    """the column that both sides have, by which labels are joined"""
    time: Name
    """the labels' column that says since when each label is known"""
    lag: Duration
    """how long after the event labels may still arrive, for example 2 days"""
    format: Format | None = None
    """parquet, csv or jsonl; default: the source's"""
    time_zone: Zone | None = None
    """the zone of times that do not say theirs; default: the source's"""


class FieldsModel(Part):
    id: Sql
    """what names one prediction; where versions score one thing, include the version"""
    time: Sql
    """when the prediction was made or is for: event time"""
    model_version: Sql | None = None
    """the version of the model that answered"""
    model_digest: Sql | None = None
    """the digest of the model's artefact"""
    features: Sql | None = None
    """the feature configuration"""
    output: Sql | None = None
    """what the model said"""
    label: Sql | None = None
    """what was true, often labels.NAME"""
    confidence: Sql | None = None
    """how sure the model said it was"""
    latency_ms: Sql | None = None
    """how long the answer took, in milliseconds"""
    status: Sql | None = None
    """how the call ended"""
    trace_id: Sql | None = None
    """the trace that the call belongs to"""
    inputs: Columns = Field(default_factory=dict)
    """what the model was given: a list of columns, or names with expressions"""
    context: Columns = Field(default_factory=dict)
    """what is known around the event: a list of columns, or names with expressions"""
    text: Sql | None = None
    """what full-text search reads, after redaction"""


class CriterionModel(Part):
    name: Annotated[str, AfterValidator(_criterion)]
    """a slug that names the rule"""
    kind: Annotated[Kind, BeforeValidator(_kind)]
    """misclassification, low-confidence, anomaly, latency, policy, error or custom"""
    when: Sql | None = None
    """the condition that catches an event, over event fields; every kind but anomaly has one"""
    among: Sql | None = None
    """the population at risk; default: label IS NOT NULL when `when` reads the label, else every event"""
    of: Text | None = None
    """anomaly: the numeric field that is compared, for example inputs.wind_speed"""
    beyond: Annotated[float, Field(gt=0, le=1000)] | None = None
    """anomaly: the robust z beyond which a value is odd, for example 6"""
    reference: Literal["current", "previous"] | None = None
    """anomaly: the window whose median and spread are compared with; default: current"""
    mode: Annotated[str, AfterValidator(_mode)] | None = None
    """the failure mode suggested, for example remiss:model/weak-slice"""
    severity: Annotated[int, Field(ge=1, le=4)]
    """the grade suggested, 1 (critical) to 4 (minor)"""
    why: Text
    """why it matters, in a sentence"""


class SamplingModel(Part):
    window: Annotated[str, AfterValidator(_width)]
    """the interval of event time within which sampling is done, for example 1 week"""
    keep: Group
    """how many events to keep for each criterion, stratum and window; at least 2"""
    seed: Annotated[str, AfterValidator(_seed)]
    """a text that fixes the draw; a new version keeps it"""
    strata: list[str] = Field(default_factory=list)
    """the fields within whose values sampling is done, for example [context.airport]"""
    control: Group = 20
    """how many events that met no criterion to keep for each stratum and window; at least 2"""
    undecided: Group = 10
    """how many events that could not be judged yet to keep for each stratum and window; at least 2"""
    population: Group = 500
    """how many events of any kind to keep for each window; at least 2"""


class VerifyModel(Part):
    grade_1: VerifyShare = Field(1.0, alias="1")
    """the share of failures of grade 1 that a second person labels"""
    grade_2: VerifyShare = Field(0.5, alias="2")
    """the share of failures of grade 2 that a second person labels"""
    grade_3: VerifyShare = Field(0.25, alias="3")
    """the share of failures of grade 3 that a second person labels"""
    grade_4: VerifyShare = Field(0.1, alias="4")
    """the share of failures of grade 4 that a second person labels"""
    rejected: VerifyShare = 0.25
    """the share of rejected candidates that a second person labels"""


class LabellingModel(Part):
    every: PositiveDuration
    """the period of a batch, for example week"""
    budget: Annotated[int, Field(ge=1, le=MOST_ROWS)]
    """how many cases people can label in a period"""
    controls: Fraction = 0.2
    """the share of controls and undecided events in each batch, from 0 to 1"""
    verify: VerifyModel = Field(default_factory=VerifyModel)
    """the share that a second person labels, by grade and for rejected; at least 0.05"""
    units: Annotated[list[Name], Field(max_length=20)] = Field(default_factory=list)
    """the units in which people may say what one failure costs, for example [EUR, minutes]; default: any"""


class RetentionModel(Part):
    raw: PositiveDuration | None = None
    """how long raw evidence is kept, for example 90 days; default: for ever"""
    redacted: PositiveDuration | None = None
    """how long redacted content is kept, for example 5 years; default: for ever"""


class ReviewModel(Part):
    every: PositiveDuration
    """how often, for example week"""
    owners: Annotated[list[Name], Field(min_length=1)]
    """who takes turns"""
    quorum: Annotated[int, Field(ge=1)]
    """how many of them must be there"""


class ProtocolModel(Part):
    """What counts as a failure of a model, which metadata an event must have, how to sample, what is sensitive, how to label."""

    protocol: Slug
    """the name; a slug"""
    version: Annotated[int, Field(ge=1, le=1_000_000)]
    """a whole number, raised by hand when the meaning changes"""
    model: Name
    """the model whose predictions are judged"""
    source: SourceModel
    """where the predictions are read from"""
    fields: FieldsModel
    """SQL expressions over the source's columns and, as labels.NAME, the labels'"""
    criteria: Annotated[list[CriterionModel], Field(min_length=1)]
    """the rules that say what is a failure"""
    sampling: SamplingModel
    """how to draw the sample"""
    about: str = ""
    """what this protocol is for, in a sentence"""
    team: Slug = "default"
    """the team that owns it"""
    owners: list[Name] = Field(default_factory=list)
    """the owners of the model; they never verify its cases"""
    labels: LabelsModel | None = None
    """ground truth that arrives late, from a second source"""
    require: list[str] = Field(default_factory=list)
    """the fields that an event must have; others may be null"""
    sensitivity: dict[str, Literal["public", "internal", "restricted", "secret"]] = Field(default_factory=dict)
    """the level of fields that are not internal; restricted and above never reach the catalog"""
    redaction: Entries = Field(default_factory=list)
    """what is replaced in text before anything is filed: names of detectors, and patterns of your own"""
    taxonomy: Text | None = None
    """a taxonomy file relative to this document; default: the built-in one, namespace remiss"""
    severity: Text | None = None
    """a rubric file relative to this document; default: the built-in one"""
    labelling: LabellingModel | None = None
    """how labelling is planned"""
    retention: RetentionModel | None = None
    """how long evidence is kept"""
    review: ReviewModel | None = None
    """scheduled reviews"""
