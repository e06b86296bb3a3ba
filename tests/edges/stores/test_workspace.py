"""Opening catalogs, and what performing an action means."""

from __future__ import annotations


def test_a_new_catalog_is_at_position_zero(ws):
    assert ws.position() == 0


def test_a_catalog_says_what_it_is(ws):
    facts = ws.facts()
    assert facts["schema version"] == 1
    assert facts["cases"] == 0
    assert len(facts["catalog"]) == 36
