"""Recodings as published JSON (`remiss schema recoding`): keys are only ever added."""

from __future__ import annotations

from remiss.records.identity import format_time
from remiss.records.recoding import KeptRecoding, Recoded

Json = dict[str, object]


def recoded_json(found: Recoded) -> Json:
    """Return the `recoding` object; cases that go back to be labelled are sent to null."""
    return {
        "schema": "remiss/recoding@1",
        "name": found.name,
        "written": found.written,
        "sent": [{"mode": each.mode, "to": each.to, "cases": each.cases, "weight": each.weight} for each in found.sent],
    }


def kept_json(kept: KeptRecoding) -> Json:
    """Return one item of the list of recodings."""
    return {
        "name": kept.name,
        "about": kept.about,
        "person": kept.person,
        "at": format_time(kept.at),
        "position": kept.position,
        "text": kept.text,
    }
