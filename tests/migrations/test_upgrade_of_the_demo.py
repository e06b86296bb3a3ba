"""The demo as schema 26 left it, with what people said of it and runs by both rules, is after an upgrade what it was."""

from __future__ import annotations

from collections import Counter

import pytest
from sqlalchemy import text

import remiss
from remiss import capture as runs
from remiss.catalog import actions as catalog
from remiss.codec import to_json
from remiss.curate import labelling_actions as labelling
from remiss.curate import queue_actions as queue
from remiss.demo.labelling import BO, CHEN, granted, judge
from remiss.edges.stores.version import LATEST, read_version
from remiss.errors import InputError, QueryError
from remiss.govern import audit_actions as audit
from remiss.govern.authority import Granted, actor_of
from remiss.records.labelling import LabellingKind
from remiss.understand import actions as understand
from tests.migrations import older

# What the upgrade itself writes.
WRITTEN = ("audit_heads", "catalog_head", "journal")
TOLD = ("key", "value", "method", "variance", "sampled", "verified", "flagged", "judged", "bounds")
# How an interval of what people confirmed is made may be bettered; its value may not be another.
ENDS = ("low", "high")


@pytest.fixture(scope="module")
def kept():
    return older.kept(older.DEMO)


@pytest.fixture
def former(kept, once_in_empty, empty_address, tmp_path):
    """The address of the kept catalog, as it was written."""
    return once_in_empty("demo_26", lambda: older.restore(kept, empty_address, tmp_path / "keys"))


@pytest.fixture
def upgraded(kept, once_in_empty, empty_address, environment, tmp_path):
    def upgrade():
        older.restore(kept, empty_address, tmp_path / "keys")
        remiss.open(empty_address, environment=environment, upgrade=True).close()

    with remiss.open(once_in_empty("demo_26_upgraded", upgrade), environment=environment) as ws:
        yield ws


def test_every_row_is_there_as_it_was(former, kept, environment):
    before = older.rows(former, set(kept.catalog) - set(WRITTEN))
    [entries] = older.rows(former, ["journal"]).values()
    remiss.open(former, environment=environment, upgrade=True).close()
    with older.writing(former) as connection:
        assert read_version(connection) == LATEST
    # Later migrations add columns, at the end.
    assert older.rows(former, before, {table: len(found[0]) for table, found in before.items()}) == before
    [after] = older.rows(former, ["journal"], {"journal": len(entries[0])}).values()
    assert set(entries) <= set(after)


@pytest.mark.postgresql_in_soak("others send it what these statements are made of")
def test_of_runs_from_before_nothing_is_counted_by_field_and_it_is_said(upgraded):
    [first, *_] = [line["run"] for line in runs.list_runs(upgraded)]
    with pytest.raises(InputError, match="was filed before fields were counted") as refused:
        runs.histograms(upgraded, first)
    assert "capture its windows again" in str(refused.value)


def test_both_logs_are_sound_and_hold_what_was_signed_of_them(upgraded, kept):
    signed = {"checkpoint": kept.checkpoint, "key": kept.public_key}
    journal, views = audit.verify_audit(upgraded, **signed)
    assert (journal.sound, views.sound) == (True, True)
    assert journal.entries >= len(kept.catalog["journal"])
    with upgraded._store.reading() as connection:
        sealed = [tuple(row) for row in connection.execute(text("SELECT position, leaf, seal FROM journal ORDER BY position"))]
    written = [(row["position"], row["leaf"], row["seal"]) for row in kept.catalog["journal"]]
    assert sealed[: len(written)] == written


@pytest.mark.postgresql_in_soak("others send it what these statements are made of")
def test_figures_flagged_and_confirmed_are_what_they_were(upgraded, kept):
    for figure in kept.asked["figures"]:
        found = [to_json(row) for row in understand.estimate(upgraded, **figure["asked"]).rows]
        told = TOLD if figure["asked"].get("confirmed") else TOLD + ENDS
        assert [near(row, told) for row in figure["rows"]] == [{name: row.get(name) for name in told} for row in found]
    kinds = Counter(bool(figure["asked"].get("confirmed")) for figure in kept.asked["figures"])
    assert min(kinds[False], kinds[True]) >= 3


def near(row, told):
    """Return what a row said, to compare with sums that were added up in another order."""

    def alike(value):
        if isinstance(value, list | tuple):
            return [alike(each) for each in value]
        return pytest.approx(value, rel=1e-9, abs=1e-12) if isinstance(value, float) else value

    return {name: alike(row.get(name)) for name in told}


@pytest.mark.postgresql_in_soak("others send it what these statements are made of")
def test_runs_by_the_first_rules_and_by_the_second_are_told_apart(upgraded):
    found = Counter()
    for line in runs.list_runs(upgraded):
        found[runs.show(upgraded, line["run"]).manifest.rules, line["protocol"]] += 1
    assert found == {(1, "arrival-delay@1"): 2, (2, "arrival-delay@1"): 1, (2, "demo-delay@1"): 2}
    by_protocol = {each.protocol: each for each in runs.status(upgraded)}
    assert {name: each.older_rules for name, each in by_protocol.items()} == {"arrival-delay": 2, "demo-delay": 0}
    with pytest.raises(QueryError, match=r"2 of the windows .* are by the rules of an older remiss"):
        understand.estimate(upgraded, "criterion:slow", protocol="arrival-delay@1")


@pytest.mark.postgresql_in_soak("others send it what these statements are made of")
def test_people_go_on_where_they_were(upgraded):
    states = Counter(catalog.search(upgraded, limit=1000).to_arrow()["status"].to_pylist())
    assert states["verified"] > 5
    disputed = states["disputed"]
    assert disputed > 0
    for person in (BO, CHEN):
        known = granted(person)
        desk = upgraded.serving(f"test-{person.name}", actor=actor_of(known), authority=Granted(known))
        while (task := queue.take(desk, kind=LabellingKind.ADJUDICATION).task) is not None:
            labelling.adjudicate(desk, task.form.case, task.form.revision, judge(person, task.form.event))
            disputed -= 1
    assert disputed == 0
    assert catalog.search(upgraded, "status:disputed", limit=1).total == 0
    assert all(log.sound for log in audit.verify_audit(upgraded))
