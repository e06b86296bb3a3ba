"""Rows that a protocol does not admit: counted as left out, neither refused nor sampled, and in no reference."""

from __future__ import annotations

import pytest

from tests.edges.engines.worlds import HOUR, MONDAY, WEEK, captured, protocol, write

LIVE = "admit: traffic = 'live'"


def row(name: str | None, traffic: str | None, hour: float | None = 0, said: str | None = "yes", **more: object):
    return {"id": name, "at": None if hour is None else MONDAY + hour * HOUR, "said": said, "traffic": traffic, **more}


def drawn(tmp_path, rows, **more):
    write(tmp_path / "log.parquet", rows)
    return captured(tmp_path, protocol(rows=LIVE, **more), until=MONDAY + 2 * WEEK)


def test_rows_that_are_not_admitted_are_left_out_and_neither_refused_nor_sampled(tmp_path):
    rows = [row(f"e{at}", "live") for at in range(4)]
    rows += [row(f"s{at}", "shadow") for at in range(3)] + [row("batch", "batch", 200), row("unsaid", None)]
    rows += [row(None, "shadow"), row("", None, said=None)]
    found = drawn(tmp_path, rows, require=["output"])
    assert [window.population for window in found.windows] == [4, 0]
    assert [window.left_out for window in found.windows] == [6, 1]
    assert found.left_out_null == 2
    assert found.refusals.counts == {}
    assert sorted(one.member.event.id for one in found.sampled) == ["e0", "e1", "e2", "e3"]
    assert found.rows == 11
    assert found.notes == ("`admit` is null for 2 of the 7 rows left out: they lack what it reads",)


def test_what_a_protocol_leaves_out_repeats_no_event_and_sets_no_reference(tmp_path):
    odd = "{name: odd, kind: anomaly, of: inputs.wind, beyond: 3, reference: current, severity: 3, why: A sensor fault.}"
    rows = [row(f"e{at}", "live", wind=float(at % 5)) for at in range(50)] + [row("far", "live", wind=40.0)]
    rows += [row(f"e{at}", "shadow", said="no", wind=1000.0) for at in range(50)]
    found = drawn(tmp_path, rows, fields=["inputs: [wind]"], criteria=[odd])
    assert {group.criterion: group.population for group in found.groups} == {"all": 51, "control": 50, "odd": 1}
    assert found.refusals.counts == {}
    assert found.notes[-1].startswith("50 ids stand on rows that are admitted and on rows left out")


def test_rows_left_out_without_a_time_count_in_no_run_and_are_told(tmp_path):
    found = drawn(tmp_path, [row("a", "live"), row("b", "shadow", None), row("c", "live", None)])
    assert found.windows[0].left_out == 0
    assert found.refusals.counts == {"bad-time": 1}
    assert found.notes == ("1 row left out without a time that can be read count in no run",)


@pytest.mark.parametrize("format", ["csv", "jsonl"])
def test_rows_of_texts_are_left_out_by_what_the_condition_compares(tmp_path, format):
    lines = {
        "csv": ["id,at,said,traffic", "a,2013-06-03T10:00:00Z,yes,1", "b,2013-06-03T10:00:00Z,yes,0"],
        "jsonl": [
            '{"id": "a", "at": "2013-06-03T10:00:00Z", "said": "yes", "traffic": {"kind": "1"}}',
            '{"id": "b", "at": "2013-06-03T10:00:00Z", "said": "yes", "traffic": {"kind": "0"}}',
        ],
    }[format]
    (tmp_path / f"log.{format}").write_text("\n".join(lines) + "\n")
    admit = "admit: traffic = '1'" if format == "csv" else "admit: traffic.kind = '1'"
    found = captured(tmp_path, protocol(format=format, uri=f"log.{format}", rows=admit))
    assert [one.member.event.id for one in found.sampled] == ["a"]
    assert found.windows[0].left_out == 1
