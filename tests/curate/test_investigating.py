"""What may be written of a case's causes, how one state follows another, and when an investigation is complete."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from remiss.curate.investigating import CITATIONS_LIMIT, TEXT_LIMIT, Draft, PartRevision, following, investigation_of, prepared
from remiss.errors import Conflict, InputError
from remiss.govern.redaction.written import Gate
from remiss.records.investigation import Citation, CitationKind, Conclusion, Part, Stands, Written

KEY = b"k" * 32
NOW = Written(revision=1, person="ana", at=datetime(2026, 1, 1, tzinfo=UTC), position=1)


def cites(address: str, kind: CitationKind = CitationKind.TICKET) -> Citation:
    return Citation(kind=kind, address=address)


def test_what_is_written_is_redacted_and_addresses_stay_as_they_are():
    address = "https://10.0.0.5:5000/#/experiments/1/runs/4f7q2m9x3kbd"
    draft = Draft(part=Part.EXPERIMENT, texts={"executed": " ask ana@example.org "}, citations=[cites(address), cites(address)])
    found = prepared(draft, Gate(KEY))
    assert "example.org" not in str(found.texts["executed"])
    assert found.citations == (cites(address),)


@pytest.mark.parametrize(
    ("draft", "said"),
    [
        (Draft(part=Part.HYPOTHESIS), "says nothing"),
        (Draft(part=Part.EXPERIMENT, texts={"executed": " ", "result": "x"}), "says nothing"),
        (Draft(part=Part.REMEDIATION, texts={"text": "a\0b"}), "no catalog can hold"),
        (Draft(part=Part.WRITE_UP, texts={"results": "x" * (TEXT_LIMIT + 1)}), "more than 20000"),
        (Draft(part=Part.REMEDIATION, texts={"text": "x"}, model_version="v" * 201), "more than 200"),
        (Draft(part=Part.EXPERIMENT, texts={"executed": "x"}, citations=[cites("a b")]), "not an address"),
        (Draft(part=Part.EXPERIMENT, texts={"executed": "x"}, citations=[cites(" ")]), "not an address"),
        (Draft(part=Part.EXPERIMENT, texts={"executed": "x"}, citations=[cites("https://u:secret@e.org/x")]), "url-credentials"),
        (Draft(part=Part.EXPERIMENT, texts={"executed": "x"}, citations=[cites("mailto:ana@example.org")]), "email"),
        (Draft(part=Part.EXPERIMENT, texts={"executed": "x"}, citations=[cites(str(n)) for n in range(21)]), "more than 20"),
    ],
)
def test_what_no_catalog_should_hold_is_refused(draft, said):
    assert CITATIONS_LIMIT == 20
    with pytest.raises(InputError, match=said):
        prepared(draft, Gate(KEY))


def test_a_citation_is_written_as_kind_and_address():
    assert Citation.from_text("mlflow-run=https://e.org/?a=b") == cites("https://e.org/?a=b", CitationKind.MLFLOW_RUN)
    for text in ("REM-17", "jira=REM-17", "=x", ""):
        with pytest.raises(InputError, match="invalid citation"):
            Citation.from_text(text)


def test_what_is_left_out_of_a_change_stays():
    first = following(Draft(part=Part.EXPERIMENT, texts={"executed": "a"}, citations=(cites("T-1"),)), None, 3, [1])
    assert (first.number, first.revision, first.state) == (3, 1, "pending")
    change = Draft(part=Part.EXPERIMENT, number=3, revision=1, texts={"result": "b"}, state=Conclusion.REFUTES, hypothesis=1)
    second = following(change, first, 9, [1])
    assert second == PartRevision(
        part=Part.EXPERIMENT,
        number=3,
        revision=2,
        texts={"executed": "a", "result": "b"},
        state="refutes",
        hypothesis=1,
        citations=(cites("T-1"),),
    )
    emptied = following(Draft(part=Part.EXPERIMENT, number=3, revision=2, texts={"result": ""}, citations=()), second, 9, [1])
    assert (emptied.texts, emptied.citations) == ({"executed": "a"}, ())


def test_whoever_read_another_state_is_told():
    there = PartRevision(part=Part.HYPOTHESIS, number=1, revision=2, texts={"text": "a"}, state="open")
    for revision, error, said in (
        (1, Conflict, "changed since revision 1"),
        (3, InputError, "no revision 3 yet"),
        (None, InputError, "does not say what it read"),
    ):
        with pytest.raises(error, match=said):
            following(Draft(part=Part.HYPOTHESIS, number=1, revision=revision, texts={"text": "b"}), there, 2, [1])
    with pytest.raises(InputError, match="is already up to date"):
        following(Draft(part=Part.HYPOTHESIS, number=1, revision=2, state=Stands.OPEN), there, 2, [1])
    with pytest.raises(InputError, match="no hypothesis 2"):
        following(Draft(part=Part.EXPERIMENT, texts={"executed": "x"}, hypothesis=2), None, 1, [1])
    with pytest.raises(InputError, match="no revision 1 yet"):
        following(Draft(part=Part.WRITE_UP, number=1, revision=1, texts={"results": "x"}), None, 1, [])
    with pytest.raises(InputError, match="says nothing"):
        following(Draft(part=Part.WRITE_UP, number=1, texts={}), None, 1, [])


def test_an_investigation_says_what_is_missing_of_it():
    hypothesis = PartRevision(part=Part.HYPOTHESIS, number=1, revision=1, texts={"text": "a"}, state="open")
    tested = PartRevision(part=Part.EXPERIMENT, number=1, revision=1, texts={"executed": "a"}, state="pending", hypothesis=1)
    told = PartRevision(
        part=Part.EXPERIMENT, number=1, revision=2, texts={"executed": "a", "result": "b"}, state="supports", hypothesis=1
    )
    sections = {"hypothesis": "a", "experiments": "b", "results": "c", "rationale": "d"}
    written = PartRevision(part=Part.WRITE_UP, number=1, revision=1, texts=sections)
    done = [
        [each.done for each in investigation_of("c", [(finding, NOW) for finding in findings]).steps]
        for findings in ([], [hypothesis], [hypothesis, tested], [hypothesis, told], [hypothesis, told, written])
    ]
    assert [sum(each) for each in done] == [0, 1, 2, 3, 7]
    partly = PartRevision(part=Part.WRITE_UP, number=1, revision=1, texts={"results": "c"})
    steps = investigation_of("c", [(hypothesis, NOW), (told, NOW), (partly, NOW)]).steps
    missing = [each.name for each in steps if not each.done]
    assert missing == [
        "the write-up states the hypothesis",
        "it names the experiments executed",
        "it says why it was so decided",
    ]
