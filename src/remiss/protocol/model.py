"""The protocol document as pydantic models: the shape of each section, and the JSON Schema by which editors complete and check.

What the values in them look like is in `values.py`; what needs more than one section to be judged, in `document.py`.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BeforeValidator, Field

from remiss.protocol.attention import AlertsModel, ReviewModel
from remiss.protocol.shape import Section, one_line, wrong
from remiss.protocol.titles import MOST_TEMPLATE, TemplateError, names_of, parse_template
from remiss.protocol.values import (
    MOST_ROWS,
    Columns,
    CriterionKind,
    CriterionName,
    Days,
    Duration,
    Entries,
    Format,
    Fraction,
    Group,
    Mode,
    Name,
    PositiveDuration,
    Seed,
    Slug,
    SourceName,
    Sql,
    Text,
    VerifyShare,
    Width,
    Zone,
    on_both_sides,
)


def _template(value: str) -> str:
    try:
        if names_of(parse_template(one_line(value, MOST_TEMPLATE))):
            return value.strip()
    except TemplateError as error:
        raise wrong(str(error), "write each field as {inputs.carrier}; {{ and }} stand for braces") from None
    raise wrong("names no field, so that every event would be called alike", "name some, for example {inputs.carrier}")


Title = Annotated[str, AfterValidator(_template)]
Shown = Annotated[str, AfterValidator(lambda value: one_line(value, 60))]
Unit = Annotated[str, AfterValidator(lambda value: one_line(value, 20))]


class SourceModel(Section):
    name: SourceName
    """the identity of the log; its address may change, its name may not"""
    format: Format
    """parquet, csv or jsonl; csv and jsonl may be compressed, .gz or .zst"""
    uri: Text
    """a file, glob or folder, relative to this document"""
    time_zone: Zone | None = None
    """the zone of times that do not say theirs, for example America/New_York"""
    ambiguous: Literal["refuse", "earlier", "later"] = "refuse"
    """what such a time means in the hour that comes twice when clocks are set back; default: refuse, its row is refused"""


class DuplicatesModel(Section):
    keep: Literal["refuse", "first", "last"]
    """which of several rows of one id that say different things: none of them, or that with the least or greatest `by`"""
    by: Sql | None = None
    """what first and last compare, over the source's columns, for example logged_at; a row without it comes last"""


class LabelKeyModel(Section):
    events: Sql
    """the events' column, or an expression over their columns"""
    labels: Sql
    """the labels' column, or an expression over their columns"""


class LabelsModel(Section):
    uri: Text
    """a file, glob or folder, relative to this document"""
    key: Annotated[LabelKeyModel, BeforeValidator(on_both_sides, json_schema_input_type=str | LabelKeyModel)]
    """what labels are joined on: a column, or an expression, of both sides; or {events: ..., labels: ...}"""
    time: Sql
    """the labels' column, or an expression over their columns, that says since when each label is known"""
    lag: Duration
    """how long after the event labels may still arrive, for example 2 days"""
    format: Format | None = None
    """parquet, csv or jsonl; default: the source's"""
    time_zone: Zone | None = None
    """the zone of times that do not say theirs; default: the source's"""
    ambiguous: Literal["refuse", "earlier", "later"] | None = None
    """what such a time means in the hour that comes twice when clocks are set back; default: as for the source"""


class FieldsModel(Section):
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


class CriterionModel(Section):
    name: CriterionName
    """a slug that names the rule"""
    kind: CriterionKind
    """misclassification, low-confidence, anomaly, latency, policy, error or custom"""
    when: Sql | None = None
    """the condition that catches an event, over event fields; every kind but anomaly has one"""
    among: Sql | None = None
    """the population at risk; others are outside, and in no rate; default: every event"""
    of: Text | None = None
    """anomaly: the numeric field that is compared, for example inputs.wind_speed"""
    beyond: Annotated[float, Field(gt=0, le=1000)] | None = None
    """anomaly: the robust z beyond which a value is odd, for example 6"""
    reference: Literal["current", "previous"] | None = None
    """anomaly: the window whose median and spread are compared with; default: current"""
    nulls: Literal["not-met", "undecided"] | None = None
    """what an event is on which `when` is null although its label is known; default: not-met, as in every SQL filter"""
    keep: Group | None = None
    """how many of its events to keep for each stratum and window; default: what `sampling` says; at least 2"""
    mode: Mode | None = None
    """the failure mode suggested, for example remiss:model/weak-slice"""
    severity: Annotated[int, Field(ge=1, le=4)]
    """the grade suggested, 1 (critical) to 4 (minor)"""
    why: Text
    """why it matters, in a sentence"""


class SamplingModel(Section):
    window: Width
    """the interval of event time within which sampling is done, for example 1 week"""
    seed: Seed
    """a text that fixes the draw; a new version keeps it"""
    unit: Text | None = None
    """the field whose values are drawn, each with all of its events, for example inputs.flight_key, trace_id or context.user; all
    numbers to keep count these then. An event without a value is drawn by its id; default: id, every event by itself"""
    keep: Group | None = None
    """how many events to keep for each criterion, stratum and window; at least 2; default: 50 for severity 1 and 2, else 10"""
    strata: list[str] = Field(default_factory=list)
    """the fields within whose values sampling is done, for example [context.airport]"""
    control: Group = 20
    """how many events that met no criterion to keep for each stratum and window; at least 2"""
    undecided: Group = 10
    """how many events that could not be judged yet to keep for each stratum and window; at least 2"""
    population: Group | None = None
    """how many events of any kind to keep for each window; at least 2; default: 2,000 a week, in proportion to the window"""


class VerifyModel(Section):
    grade_1: VerifyShare = Field(0.3, alias="1")
    """the share of failures of grade 1 that a second person labels"""
    grade_2: VerifyShare = Field(0.3, alias="2")
    """the share of failures of grade 2 that a second person labels"""
    grade_3: VerifyShare = Field(0.3, alias="3")
    """the share of failures of grade 3 that a second person labels"""
    grade_4: VerifyShare = Field(0.3, alias="4")
    """the share of failures of grade 4 that a second person labels"""
    rejected: VerifyShare = 0.3
    """the share of rejected candidates that a second person labels"""
    cleared: VerifyShare = 0.1
    """the share of controls and undecided events that a second person labels where the first found no failure; else all"""


class LabellingModel(Section):
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
    strata: Literal["together", "apart"] = "together"
    """whether all strata are labelled in one order, or each in its own, so that the queue can be opened for one; apart asks for a
    budget of two cases for each criterion and stratum, and more"""


class RetentionModel(Section):
    raw: PositiveDuration | None = None
    """how long raw evidence is kept, for example 90 days; default: for ever"""
    redacted: PositiveDuration | None = None
    """how long redacted content is kept, for example 5 years; default: for ever"""
    suites: Literal["raw", "redacted"] = "raw"
    """inputs that a suite may hold: raw for a person who may open raw evidence, or redacted alone"""


class ShowModel(Section):
    label: Shown | None = None
    """what people call the field, for example Temperature"""
    unit: Unit | None = None
    """the unit of its values, for example °F or ms"""
    of: Shown | None = None
    """confidence: the answer that it is the probability of, for example late"""
    threshold: Fraction | None = None
    """confidence: the least with which that answer is given, for example 0.3; for showing alone"""


class ProtocolModel(Section):
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
    grace: Duration | None = None
    """how long after a window's end files of it may still come before it is due, for example 6 hours; default: not at all"""
    owners: list[Name] = Field(default_factory=list)
    """the owners of the model; they never verify its cases"""
    admit: Sql | None = None
    """which rows of the log this protocol is about, over the source's columns; the others are left out and counted"""
    duplicates: DuplicatesModel | None = None
    """what becomes of rows of one id that say different things; default: {keep: refuse}. Rows that say the same are one"""
    labels: LabelsModel | None = None
    """ground truth that arrives late, from a second source"""
    require: list[str] = Field(default_factory=list)
    """the fields that an event must have; others may be null"""
    sensitivity: dict[str, Literal["public", "internal", "restricted", "secret"]] = Field(default_factory=dict)
    """the level of fields that are not internal; restricted and above never reach the catalog"""
    redaction: Entries | None = None
    """what is replaced in text before anything is filed: names of detectors, and patterns of your own; default: what any built-in
    detector finds in any text; none says that texts are kept as they were logged"""
    taxonomy: Text | None = None
    """a taxonomy file relative to this document; default: the built-in one, namespace remiss"""
    severity: Text | None = None
    """a rubric file relative to this document, or the built-in one-question; default: the built-in one of four questions"""
    labelling: LabellingModel | None = None
    """how labelling is planned"""
    retention: RetentionModel | None = None
    """how long evidence is kept"""
    review: ReviewModel | None = None
    """scheduled reviews"""
    reference: Days | None = None
    """the windows that others are compared with, for example 2013-01..2013-02, both with them; default: the first eight"""
    alerts: AlertsModel | None = None
    """what somebody is told of: budget, watch, levels, judged, refused, volume, missed; default: what is met more often"""
    title: Title | None = None
    """how people call an event: a text with fields in braces, for example "{inputs.carrier} {inputs.flight}: announced {output},
    came {label}"; without it lists show ids"""
    show: dict[str, ShowModel] = Field(default_factory=dict)
    """how fields are shown: what people call each, and its unit, for example {latency_ms: {label: Latency, unit: ms}}"""
    guidelines: Text | None = None
    """a Markdown file relative to this document that people read beside the form when they label"""


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema (draft 2020-12) of a protocol document, each key with its description."""
    made = ProtocolModel.model_json_schema(by_alias=True, mode="validation")
    head = {"$schema": "https://json-schema.org/draft/2020-12/schema", "title": "remiss/protocol@1"}
    return {**made, **head}
