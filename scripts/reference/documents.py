"""Reference pages of documents: the protocol's keys, the built-in taxonomy and rubric, and what is printed as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from remiss import codec
from remiss.protocol import rubric, taxonomy
from remiss.protocol.expressions.grammar import MOST_CHARACTERS, MOST_NESTING, MOST_TOKENS
from remiss.protocol.expressions.refusal import TABLE
from remiss.protocol.terms import Mode, Rubric
from scripts.reference.markdown import block, code, page, table

Schema = Mapping[str, Any]


def taxonomy_page() -> str:
    """The built-in failure modes, as a tree with what counts and what does not."""
    built_in = taxonomy.builtin()
    parts = [part for mode in built_in.modes.values() for part in mode_parts(mode)]
    return page(
        "Failure modes",
        f"The built-in taxonomy, namespace `{built_in.namespace}`, version {built_in.version}: {len(built_in.modes)} modes. A "
        "protocol may name a taxonomy of its own instead, with a namespace of its own. AVID codes are those of the AI "
        "Vulnerability Database's SEP view, where one fits.",
        *parts,
    )


def mode_parts(mode: Mode) -> list[str]:
    """The parts of one mode; a mode without a parent begins a section."""
    heading = f"{'##' if mode.parent is None else '###'} {mode.id}"
    rows = [
        *(["counts", each] for each in mode.counts),
        *(["does not count", each] for each in mode.excludes),
        *([["AVID", code(mode.avid)]] if mode.avid else []),
    ]
    return [heading, f"{mode.title}. {mode.definition}", *([table(["", ""], rows)] if rows else [])]


def severity_page() -> str:
    """The built-in rubric: questions, anchored answers, thresholds."""
    built_in = rubric.builtin()
    grades = [[str(grade), f"{points} points and more"] for grade, points in sorted(built_in.thresholds.items())]
    return page(
        "Severity",
        f"The built-in rubric, version {built_in.version}. The points of the answers add up to a grade from 1 (critical) to 4 "
        "(minor). A protocol may name a rubric of its own instead, or the one below that asks one question. People answer it "
        "when they label; until then a case has the severity that its criterion suggests, or that whoever filed it gave.",
        *question_parts(built_in),
        "## Grades",
        table(["severity", "from"], [*grades, ["4", "fewer"]]),
        "# One question",
        f"With `severity: {rubric.ONE_QUESTION}` a protocol asks one question instead, whose answers are the grades.",
        *question_parts(rubric.builtin(rubric.ONE_QUESTION)),
    )


def question_parts(of: Rubric) -> list[str]:
    """The questions of a rubric, each with its answers and their points."""
    parts = []
    for question in of.questions:
        rows = [[code(answer.id), answer.says, str(answer.points)] for answer in question.answers]
        parts += [f"## {question.asks}", f"As `{question.id}`:", table(["answer", "when", "points"], rows)]
    return parts


def expressions_page() -> str:
    """What an expression of a protocol may say, and what it means."""
    calls = [[code(each.example), each.gives.value, each.says] for each in TABLE]
    return page(
        "Expressions",
        "Fields, `when` and `among` of a protocol are SQL scalar expressions in DuckDB's dialect. Each is read, checked node "
        "by node against this page, and written anew; nothing of a protocol is executed as text.",
        "## What may be written",
        "- Names: in `fields` columns of the source and `labels.NAME`; in `when` and `among` event fields, `inputs.NAME` and "
        "`context.NAME` among them. Double quotes for names that SQL would not read.\n"
        "- In `fields` also parts of nested columns: `meta.request_id` or `prediction['label']` of a struct, `scores['late']` of "
        "a map, `tags[1]` and `tags[-1]` of a list, `payload->>'$.model.name'` of JSON, also of a text that holds some; "
        "together too, as in `items[1].name`. Columns are also what the names of folders say, as `dt=2026-11-30`.\n"
        "- Texts in single quotes, in which a backslash is a backslash; `E'a\\nb'` for one with a line break. Numbers, "
        "`TRUE`, `FALSE`, times as `'2013-06-03'` or `'2013-06-03T14:30:00Z'` beside a time.\n"
        "- `AND OR NOT`, `= <> < <= > >=`, `IS [NOT] DISTINCT FROM`, `BETWEEN`, `IN (...)`, `IS [NOT] NULL`, `IS [NOT] TRUE`, "
        "`LIKE`, `ILIKE`.\n"
        "- `+ - * / %`, `||`, `CASE`, and `CAST(... AS ...)` to `VARCHAR`, `DOUBLE`, `BIGINT`, `BOOLEAN`, `TIMESTAMP`, "
        "`TIMESTAMPTZ` and `DATE`; `::` likewise.\n"
        "- The functions below.",
        "## What it means",
        "- Text is compared with text, numbers with numbers, times with times; anything else is refused, and says which cast to "
        "write.\n"
        "- Arithmetic is in double precision, so that nothing overflows.\n"
        "- What has no value is null and never stops a run: a cast that fails, a division by zero, the "
        "logarithm of zero, the root "
        "of a negative number; of nested values an element behind the end, a key or a path that is not there, a text that is no "
        "JSON. A part that the log's own schema does not have is refused.\n"
        "- Times without a zone beside the event's time are UTC, and so are the parts of times.",
        "## Functions",
        table(["call", "gives", "what"], calls),
        "## What is refused",
        f"Sub-queries, aggregates, window functions, everything that reads files, tables or the surroundings, "
        "everything that gives "
        f"another value each time, statements, `;`, parameters, lambdas, nested values as a whole, intervals; texts of more than "
        f"{MOST_CHARACTERS:,} characters, {MOST_TOKENS:,} words and signs, or {MOST_NESTING} levels. Patterns "
        "are those that every "
        f"engine reads alike: no look-around, no back-references.",
    )


def protocol_page() -> str:
    """Every key of a protocol."""
    return keys_page(
        "protocol",
        "The protocol document",
        "Every key there is; any other is refused by name. `remiss schema protocol` prints the JSON Schema, for editors. How to "
        "write one: [write a protocol](../how-to/write-a-protocol.md).",
    )


def policy_page() -> str:
    """Every key of the policy of a gate."""
    return keys_page(
        "policy",
        "The policy of a gate",
        "Every key there is; any other is refused by name. `remiss schema policy` prints the JSON Schema, for editors. How it is "
        "used: [have a gate decide](../how-to/test-a-model-version.md#have-a-gate-decide).",
    )


def keys_page(name: str, title: str, lead: str) -> str:
    """Every key of a document that people write, from its JSON Schema."""
    schema = codec.published(name)
    parts = []
    for path, part in sections(schema, schema.get("$defs", {})):
        required = set(part.get("required", ()))
        rows = [
            [code(key), kind_of(each, schema.get("$defs", {})), "required" if key in required else default(each), told(each)]
            for key, each in part["properties"].items()
        ]
        parts += [f"## {path}" if path else "## The document", table(["key", "value", "default", "meaning"], rows)]
    return page(title, lead, *parts)


def sections(schema: Schema, defs: Schema, path: str = "") -> Iterator[tuple[str, Schema]]:
    """Each object with fixed keys in a schema, with its path, outer ones first."""
    yield path, schema
    for name, each in schema["properties"].items():
        for inner, item in objects(each, defs):
            yield from sections(inner, defs, f"{path}.{name}".lstrip(".") + item)


def objects(part: Schema, defs: Schema, item: str = "") -> Iterator[tuple[Schema, str]]:
    """The objects with fixed keys that a value may be, and `[]` for each list and `.NAME` for each mapping around them."""
    if "$ref" in part:
        yield from objects(defs[part["$ref"].rpartition("/")[2]], defs, item)
    elif "properties" in part:
        yield part, item
    for choice in (*part.get("anyOf", ()), *part.get("oneOf", ())):
        yield from objects(choice, defs, item)
    if isinstance(part.get("items"), Mapping):
        yield from objects(part["items"], defs, f"{item}[]")
    if isinstance(part.get("additionalProperties"), Mapping):
        yield from objects(part["additionalProperties"], defs, f"{item}.NAME")


def kind_of(part: Schema, defs: Schema) -> str:
    """What a value is, in a few words."""
    if "$ref" in part:
        return kind_of(defs[part["$ref"].rpartition("/")[2]], defs)
    if "enum" in part:
        return ", ".join(code(str(each)) for each in part["enum"])
    if "const" in part:
        return code(str(part["const"]))
    choices = [*part.get("anyOf", ()), *part.get("oneOf", ())]
    if choices:
        return " or ".join(dict.fromkeys(kind_of(each, defs) for each in choices if each.get("type") != "null"))
    match part.get("type"):
        case "array":
            return f"list of {kind_of(part['items'], defs)}" if part.get("items") else "list"
        case "object":
            inner = part.get("additionalProperties")
            return f"mapping to {kind_of(inner, defs)}" if isinstance(inner, Mapping) else "mapping"
        case "integer" | "number" as number:
            bounds = [
                f"{words} {part[key]}"
                for key, words in (
                    ("minimum", "at least"),
                    ("exclusiveMinimum", "above"),
                    ("maximum", "at most"),
                    ("exclusiveMaximum", "below"),
                )
                if key in part
            ]
            return f"{'whole number' if number == 'integer' else 'number'} {' and '.join(bounds)}".rstrip()
        case "string":
            return "text"
        case "boolean":
            return "true or false"
        case _:
            return "any value"


def default(part: Schema) -> str:
    """The default of a key, as it would be written."""
    value = part.get("default")
    return "" if value is None else code(json.dumps(value, ensure_ascii=False))


def told(part: Schema) -> str:
    """The description of a key, as a sentence."""
    text = " ".join(str(part.get("description", "")).split())
    return text[:1].upper() + text[1:]


def answers_page() -> str:
    """Every JSON object that is printed, with its schema."""
    parts = [
        part
        for name in codec.names()
        if name not in {"protocol", "policy"}
        for part in (f"## {name}", block(json.dumps(codec.published(name), indent=2, ensure_ascii=False), "json"))
    ]
    return page(
        "What is printed as JSON",
        "With `--format json`. Keys are only ever added. `remiss schema NAME` prints one of these; the protocol document and the "
        "policy of a gate have [pages](protocol.md) [of their own](policy.md).",
        *parts,
    )
