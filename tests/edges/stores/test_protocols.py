"""The shelf of protocol versions, on every database."""

from __future__ import annotations

from dataclasses import replace

import pytest

from remiss.errors import Conflict, Location
from tests.edges.stores.acting import unlisted
from tests.edges.stores.drawing import protocol


@unlisted("test.save")
def save(ws, document):
    """Save a protocol."""
    ws.protocols.save(document)


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_the_newest_version_is_found_unless_one_is_named(ws):
    for version in (2, 10, 1):
        save(ws, protocol(version))
    save(ws, protocol(7, name="other"))
    newest, second = ws.protocols.find("arrival-delay"), ws.protocols.find("arrival-delay", 2)
    assert newest is not None
    assert second is not None
    assert (newest.version, second.version, second.text) == (10, 2, protocol(2).text)
    assert ws.protocols.find("arrival-delay", 3) is None
    assert [item.version for item in ws.protocols.versions("arrival-delay")] == [10, 2, 1]
    assert [(item.name, item.version) for item in ws.protocols.versions()][-1] == ("other", 7)


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_version_knows_where_in_the_journal_it_came(ws):
    save(ws, protocol(1))
    save(ws, protocol(1))
    save(ws, protocol(2))
    assert [item.position for item in ws.protocols.versions()] == [4, 2]


def test_the_same_version_with_another_meaning_is_refused(ws):
    save(ws, protocol(1))
    with pytest.raises(Conflict, match="arrival-delay version 1 is already in the catalog and means something else") as refused:
        save(ws, replace(protocol(1), digest="another"))
    assert refused.value.where == Location("arrival-delay.yaml", 2)
    assert "raise `version`" in refused.value.do
    assert ws.position() == 2
