"""Taxonomies: the built-in one, users' own, and finding a mode."""

from __future__ import annotations

import pytest

from remiss.errors import ProtocolError
from remiss.protocol.taxonomy import builtin, find, load, parse

OURS = """\
namespace: acme
version: 2
modes:
  gate: {title: Gate, definition: Something about gates.}
  gate/late: {title: Late gate, definition: Announced too late., counts: [after boarding], avid: P0204}
"""
ROOTS = {"data", "labels", "input", "model", "policy", "system", "use"}
# The SEP view of the AVID taxonomy, version 0.2.
AVID = {
    "S0100", "S0200", "S0201", "S0202", "S0300", "S0301", "S0302", "S0400", "S0401", "S0402", "S0403", "S0500", "S0501", "S0502",
    "S0600", "S0601", "E0100", "E0101", "E0102", "E0200", "E0201", "E0202", "E0300", "E0301", "E0302", "E0400", "E0401", "P0100",
    "P0101", "P0102", "P0103", "P0104", "P0105", "P0200", "P0201", "P0202", "P0203", "P0204", "P0300", "P0301", "P0302", "P0303",
    "P0400", "P0401", "P0402", "P0403", "P0404",
}  # fmt: skip


def test_the_built_in_taxonomy_is_a_tree_of_at_least_thirty_modes_under_seven_roots():
    taxonomy = builtin()
    assert taxonomy.namespace == "remiss"
    assert len(taxonomy.modes) >= 30
    assert {mode.id.removeprefix("remiss:") for mode in taxonomy.modes.values() if mode.parent is None} == ROOTS
    seen: set[str] = set()
    for mode in taxonomy.modes.values():
        assert mode.parent is None or mode.parent in seen
        seen.add(mode.id)


def test_every_built_in_mode_says_what_it_is_what_counts_and_what_does_not():
    for mode in builtin().modes.values():
        assert mode.title
        assert mode.definition.endswith(".")
        assert mode.counts, mode.id
        assert mode.excludes, mode.id
        assert mode.avid is None or mode.avid in AVID, mode.id


def test_the_modes_that_the_design_names_are_there():
    for mode in ("data/label-noise", "model/weak-slice", "system/latency", "policy/violation"):
        assert find(builtin(), f"remiss:{mode}").id == f"remiss:{mode}"


def test_a_taxonomy_of_ones_own_is_read():
    taxonomy, findings = parse(OURS, "ours.yaml")
    assert findings == ()
    assert taxonomy is not None
    late = find(taxonomy, "acme:gate/late")
    assert (late.parent, late.avid, late.counts) == ("acme:gate", "P0204", ("after boarding",))


def test_a_mode_is_found_by_its_path_alone():
    assert find(load(OURS, "ours.yaml"), "gate/late").id == "acme:gate/late"


@pytest.mark.parametrize(
    ("mode", "what", "do"),
    [
        ("acme:gate/lat", "has no mode acme:gate/lat", "write acme:gate/late"),
        ("remiss:model", "namespace remiss", "that taxonomy"),
    ],
)
def test_an_unknown_mode_is_refused_with_the_nearest(mode, what, do):
    with pytest.raises(ProtocolError, match=what) as error:
        find(load(OURS, "ours.yaml"), mode)
    assert do in error.value.do


@pytest.mark.parametrize(
    ("old", "new", "line", "what"),
    [
        ("gate/late:", "gates/late:", 5, "the mode gates/late has no parent"),
        ("gate/late:", "gate/Late Gate:", 5, "is not a path of slugs"),
        ("namespace: acme", "namespace: remiss", 1, "the namespace remiss is the built-in one's"),
        ("namespace: acme", "namespace: Acme", 1, "not a namespace"),
        ("version: 2", "version: two", 2, "where a whole number is wanted"),
        ("avid: P0204", "avid: X1", 5, "not a code of the AVID taxonomy"),
        ("title: Gate", "titel: Gate", 4, "unknown key titel"),
        ("gate/late:", "gate:", 5, "the key gate a second time"),
    ],
)
def test_mistakes_in_a_taxonomy_are_found(old, new, line, what):
    taxonomy, findings = parse(OURS.replace(old, new, 1), "ours.yaml")
    assert taxonomy is None
    fitting = [finding for finding in findings if what in finding.what]
    assert [(finding.file, finding.line) for finding in fitting] == [("ours.yaml", line)]
    with pytest.raises(ProtocolError):
        load(OURS.replace(old, new, 1), "ours.yaml")
