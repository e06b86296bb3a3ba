"""One case as a person reads it on a terminal."""

from __future__ import annotations

from remiss.faces.cli import render
from remiss.records.case import Case


def show(case: Case) -> None:
    """Print what happened, what caught it, and how it was sampled."""
    event = case.event
    version = f"@{event.model_version}" if event.model_version else ""
    render.facts(
        [
            ("case", case.id),
            ("status", f"{case.status.value} (revision {case.revision})"),
            *([("title", case.title)] if case.title else []),
            ("event", event.id),
            ("source", case.source),
            ("happened", event.at),
            ("model", f"{event.model}{version}"),
            ("output", event.output),
            ("label", event.label if event.label is not None else "not known"),
            *_given(("confidence", event.confidence), ("latency, ms", event.latency_ms), ("call status", event.status)),
            *_given(("trace", event.trace_id)),
            ("caught by", ", ".join(case.criteria) or ("a person" if case.origin == "filed" else "no criterion in force")),
            ("mode", case.mode or (f"{case.suggested_mode} (suggested)" if case.suggested_mode else "")),
            ("severity", case.severity),
            ("team", case.team),
            ("sensitivity", case.sensitivity.name.lower()),
            # As text: a number that is a name (flight 1371) must not be grouped into thousands.
            *((f"inputs.{name}", None if value is None else str(value)) for name, value in event.inputs.items()),
            *((f"context.{name}", None if value is None else str(value)) for name, value in event.context.items()),
            *_given(("text", event.text), ("note", case.note)),
        ]
    )
    if case.captures:
        render.table(
            ("run", "protocol", "window", "stratum", "probability", "in force"),
            [
                (
                    each.run,
                    each.protocol,
                    each.window,
                    ", ".join(f"{name}={value}" for name, value in each.stratum.items()),
                    each.probability,
                    each.in_force,
                )
                for each in case.captures
            ],
        )


def _given(*pairs: tuple[str, object]) -> list[tuple[str, object]]:
    return [pair for pair in pairs if pair[1] is not None]
