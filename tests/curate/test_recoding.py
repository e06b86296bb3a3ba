"""Documents of recodings, and where each case goes by one: to exactly one place, so that totals stand."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from remiss.curate.recoding import Affected, destination, recoded, renamed, sources_of
from remiss.errors import RecodingError
from remiss.protocol.recoding import load
from remiss.records.recoding import Arm, ModeMove, Recoding

DOCUMENT = """\
recode: feeder
about: Feeder airports are a mode of their own.
moves:
  - {rename: "a:old", to: "a:new"}
  - {merge: ["a:x", "a:y"], to: "a:z"}
  - split: "a:wide"
    into:
      - {to: "a:left", when: "context.airport:EWR"}
      - {to: "a:right", when: "output:late"}
    otherwise: relabel
"""


def test_a_document_is_read_whole():
    found = load(DOCUMENT, "feeder.yaml")
    assert (found.name, found.about, found.text) == ("feeder", "Feeder airports are a mode of their own.", DOCUMENT)
    assert found.moves == (
        ModeMove(sources=("a:old",), arms=(Arm(to="a:new"),)),
        ModeMove(sources=("a:x", "a:y"), arms=(Arm(to="a:z"),)),
        ModeMove(sources=("a:wide",), arms=(Arm(to="a:left", when="context.airport:EWR"), Arm(to="a:right", when="output:late"))),
    )
    assert load(DOCUMENT.replace("otherwise: relabel", 'otherwise: "a:rest"'), "f").moves[2].otherwise == "a:rest"


@pytest.mark.parametrize(
    ("before", "after", "said", "line"),
    [
        ("recode: feeder", "recode: Feeder 1", "is not a name", 1),
        ('to: "a:new"', 'to: "new"', "is not a failure mode", 4),
        ('{rename: "a:old", to: "a:new"}', '{rename: "a:old"}', "does not say what becomes of it", 4),
        ('{rename: "a:old", to: "a:new"}', '{to: "a:new"}', "does not do one thing", 4),
        ('{rename: "a:old", to: "a:new"}', '{rename: "a:x", to: "a:new"}', "is moved twice", 5),
        ('{rename: "a:old", to: "a:new"}', '{rename: "a:old", to: "a:x"}', "moved and given too", 5),
        ('to: "a:z"}', 'to: "a:z", otherwise: relabel}', "does not say what becomes of it", 5),
        ("moves:", "movess:", "moves", 1),
    ],
)
def test_what_cannot_be_meant_is_refused_with_its_line(before, after, said, line):
    assert before in DOCUMENT
    with pytest.raises(RecodingError, match=said) as refused:
        load(DOCUMENT.replace(before, after), "feeder.yaml")
    assert refused.value.where.file == "feeder.yaml"
    assert refused.value.where.line >= line


@pytest.mark.parametrize("text", ["", "recode: feeder\n", "- a list", "recode: &a x\nabout: *a", "\ud800"])
def test_a_recoding_that_is_wrong_is_not_called_a_protocol(text):
    with pytest.raises(RecodingError) as refused:
        load(text, "feeder.yaml")
    assert refused.value.code == "recoding"
    assert "protocol" not in refused.value.what


MODES = ("a:p", "a:q", "a:r", "a:s")


@st.composite
def recodings(draw):
    """Recodings of some modes into others, with rules or without."""
    sources = draw(st.lists(st.sampled_from(MODES), min_size=1, unique=True))
    targets = st.sampled_from(("b:one", "b:two", "b:three"))
    moves = []
    for source in sources:
        arms = tuple(Arm(to=to, when="q") for to in draw(st.lists(targets, min_size=1, max_size=3)))
        moves.append(ModeMove(sources=(source,), arms=arms, otherwise=draw(st.none() | targets)))
    return Recoding(name="r", about="x", moves=tuple(moves), text="")


@given(recoding=recodings(), data=st.data())
def test_what_a_mode_had_is_what_its_lines_have_and_no_case_is_lost(recoding, data):
    moved = sources_of(recoding)
    weights = st.integers(1, 64).map(float)
    cases = data.draw(st.lists(st.tuples(st.sampled_from(MODES), weights), max_size=40))
    affected = []
    for number, (mode, weight) in enumerate(cases):
        goes = {
            source: destination(move, [data.draw(st.booleans()) for _ in move.arms])
            for move in recoding.moves
            for source in move.sources
        }
        affected.append(Affected(case=str(number), mode=mode if mode in moved else None, goes=goes, weight=weight))
    found = recoded(recoding, affected, written=False)
    before, sums, counts = Counter(), Counter(), Counter()
    for mode, weight in cases:
        before[mode] += weight
        counts[mode] += 1
    for line in found.sent:
        sums[line.mode] += line.weight
        counts[line.mode] -= line.cases
        assert line.to not in moved
    assert {mode: total for mode, total in before.items() if mode in moved} == dict(sums)
    assert {mode for mode, left in counts.items() if left} <= set(MODES) - moved


def test_a_labelling_says_each_mode_once_after_a_merge():
    goes = {"a:x": "a:z", "a:y": "a:z"}
    assert renamed("a:x", ("a:y", "a:w"), goes) == ("a:z", ("a:w",))
    assert renamed("a:w", ("a:x", "a:y"), goes) == ("a:w", ("a:z",))
    assert renamed(None, (), goes) == (None, ())
