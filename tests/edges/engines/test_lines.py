"""The raw event of JSON Lines is the line that production wrote, letter by letter, whatever was read of it."""

from __future__ import annotations

import gzip
import json
import re
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from remiss.capture.manifest import run_digest
from remiss.capture.sample import CaptureSample
from remiss.edges.engines import json_lines
from remiss.edges.engines.duckdb import DuckDB
from remiss.protocol.terms import Address
from remiss.settings import Settings
from tests.edges.engines.worlds import HOUR, MONDAY, captured, opened, protocol

BEGINS = '"at": "2013-06-03T00:00:00Z", "said": "yes"'
# What a line may be, each under an id of its own.
LINES = [
    f'{{"id": "e00", {BEGINS}, "size": 1}}',
    f'{{"id": "e01", {BEGINS}, "size": "a"}}',
    f'{{"size": 1.0, {BEGINS}, "id": "e02"}}',
    f'{{"id": "e03", {BEGINS}, "size": 123456789012345678901234567890}}',
    f'{{"id": "e04", {BEGINS}, "size": 0.1000000000000000055511151231257827, "half": 5E-1, "none": -0}}',
    f'{{"id": "e05", {BEGINS}, "half": 1e400}}',
    f'{{"id": "e06", {BEGINS}, "part": {{"x": 1}}}}',
    f'{{"id": "e07", {BEGINS}, "part": {{"y": [{{}}, null, {{"z": 2}}]}}}}',
    f'{{"id": "e08", {BEGINS}, "twice": 1, "twice": {{"twice": 2, "twice": 3}}}}',
    f'{{"id": "e09", {BEGINS}, "word": "caf\\u00e9 \\ud83d\\ude00 \\/ \\u0000"}}',
    f'{{"id": "e10", {BEGINS}, "word": "café 😀 \\"quoted\\" \u2028 \u202e"}}',
    f'{{"\\u0069d": "e11", {BEGINS}, "": 1, "a.b": {{"": null}}}}',
    f'  {{  "id" :\t"e12" , {BEGINS}  }} \t ',
    f'{{"id": "e13", {BEGINS}, "score": NaN, "half": -Infinity}}',
    f'{{"id": "e14", {BEGINS}, "word": null, "part": null}}',
]


def text_of(uri: str = "log.jsonl", **changes: object) -> str:
    return protocol(format="jsonl", uri=uri, control=2_000, population=2_000, **changes)


def raw_of(found: CaptureSample) -> dict[str, str]:
    return {one.member.event.id: one.raw for one in found.sampled}


def by_id(lines: list[str]) -> dict[str, str]:
    return {re.search(r'(?:"id|0069d)"\s*:\s*"(\w+)"', line)[1]: line for line in lines}


def compressed(file: Path, content: bytes) -> None:
    if file.suffix == ".gz":
        content = gzip.compress(content)
    elif file.suffix == ".zst":
        content = pa.compress(content, "zstd", asbytes=True)
    file.write_bytes(content)


@pytest.mark.parametrize("uri", ["log.jsonl", "log.jsonl.gz", "log.jsonl.zst"])
@pytest.mark.parametrize(("begin", "end"), [("", "\n"), ("\ufeff", "\r\n")])
def test_it_has_the_types_the_order_and_the_keys_of_the_line(tmp_path, uri, begin, end):
    content = begin + "".join(f"{line}{end}" for line in LINES)
    compressed(tmp_path / uri, content.encode())
    assert raw_of(captured(tmp_path, text_of(uri))) == by_id(LINES)


def test_a_last_line_without_an_end_and_blank_and_broken_ones_move_nothing(tmp_path):
    lines = [
        "",
        LINES[0],
        "{broken",
        '{"id": "lone", "word": "\\ud800"}',
        "  ",
        "[1]",
        LINES[1],
        "",
        f'{LINES[2][:-1]}, "s": "\x01"}}',
        LINES[4],
    ]
    (tmp_path / "log.jsonl").write_text("\n".join(lines))
    found = captured(tmp_path, text_of())
    assert raw_of(found) == by_id([LINES[0], LINES[1], LINES[4]])
    assert {one.row for one in found.sampled} == {2, 7, 10}
    assert found.refusals.counts == {"unreadable-row": 4}


def test_a_key_that_no_line_had_where_types_were_looked_for_is_there(tmp_path, monkeypatch):
    monkeypatch.setattr(json_lines, "SAMPLED_ROWS", 2)
    (tmp_path / "log.jsonl").write_text("\n".join(LINES))
    with opened(tmp_path, text_of()) as (_, _, source):
        assert "part" not in source.columns
    assert raw_of(captured(tmp_path, text_of()))["e07"] == LINES[7]


def test_a_line_of_nearly_four_million_letters_comes_whole_and_a_longer_one_is_counted(tmp_path):
    long, longer = (
        f'{{"id": "{name}", {BEGINS}, "word": "{"é" * letters}"}}' for name, letters in (("l", 1_990_000), ("m", 2_000_000))
    )
    (tmp_path / "log.jsonl").write_text(f"{LINES[0]}\n{long}\n{longer}\n{LINES[1]}\n")
    found = captured(tmp_path, text_of())
    assert raw_of(found) == by_id([LINES[0], long, LINES[1]])
    assert found.refusals.counts == {"unreadable-row": 1}


def test_whatever_the_threads_and_the_files_each_event_has_its_own_line(tmp_path):
    """Two megabytes a file, which threads read in pieces, with lines that are there twice and ids that are there again."""
    lines = [
        json.dumps({"id": f"e{at}", "at": (MONDAY + at % 150 * HOUR).isoformat(), "said": "yes", "n": at, "w": "x" * (at % 97)})
        for at in range(30_000)
    ]
    for part in range(3):
        (tmp_path / f"{part}.jsonl").write_text("".join(f"{line}\n" for line in [*lines[part::3], *lines[part:300:3]]))
    found = captured(tmp_path, text_of("*.jsonl"), threads="4")
    assert len(found.sampled) == 2_000
    of = by_id(lines)
    assert all(raw == of[event] for event, raw in raw_of(found).items())
    assert found.merged == 300


def test_of_lines_that_share_a_mark_the_row_is_kept_as_it_was_read(tmp_path, monkeypatch):
    monkeypatch.setattr(json_lines, "MARK", "hash(line) % 1")
    (tmp_path / "log.jsonl").write_text("\n".join(LINES[:2]))
    assert {each: json.loads(raw)["size"] for each, raw in raw_of(captured(tmp_path, text_of())).items()} == {
        "e00": "1",
        "e01": "a",
    }


def test_the_folders_that_a_file_lies_in_are_no_part_of_it(tmp_path):
    (tmp_path / "log" / "day=3").mkdir(parents=True)
    (tmp_path / "log" / "day=3" / "a.jsonl").write_text(LINES[0])
    [one] = captured(tmp_path, text_of("log", fields=["inputs: [day]"])).sampled
    assert (one.member.event.inputs, one.raw) == ({"day": 3}, LINES[0])


@pytest.mark.parametrize("deep", [126, 127, 5_000])
def test_a_line_that_is_nested_without_an_end_is_read_like_others(tmp_path, deep):
    """The engine's look at types ended at the 128th list in a list, and the program with it."""
    lines = [LINES[0], f'{LINES[14][:-1]}, "deep": {"[" * deep}{"]" * deep}, "no": "[{{"}}', LINES[6]]
    (tmp_path / "log.jsonl").write_text("\n".join(lines))
    assert raw_of(captured(tmp_path, text_of())) == by_id(lines)
    engine, where = DuckDB(Settings(threads="2")), Address(name="log", format="jsonl", uri="log.jsonl")
    with engine.shared([where], str(tmp_path)):
        described = engine.describe(where, str(tmp_path))
        with engine.open({"events": (where, described)}) as session:
            assert session.run("SELECT COUNT(*) AS n FROM events").to_pylist() == [{"n": 3}]


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats()
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=6),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(st.characters(exclude_categories=["Cs"]), max_size=4), inner, max_size=3)
    ),
    max_leaves=10,
)


@settings(deadline=None, max_examples=8)
@given(
    values=st.lists(st.dictionaries(st.sampled_from(["a", "b", "c", "ü"]), JSON, max_size=3), min_size=1, max_size=6),
    written=st.fixed_dictionaries(
        {"ensure_ascii": st.booleans(), "separators": st.sampled_from([(", ", ": "), (",", ":"), (" ,\t", " : ")])}
    ),
)
def test_whatever_values_stand_in_a_log_the_lines_come_back(tmp_path_factory, values, written):
    folder = tmp_path_factory.mktemp("lines")
    lines = [json.dumps({"id": f"e{at}", "at": "2013-06-03", "said": "yes", **each}, **written) for at, each in enumerate(values)]
    (folder / "log.jsonl").write_text("\n".join(lines))
    found = captured(folder, text_of(source="time_zone: UTC"))
    raw = raw_of(found)
    assert raw == {event: by_id(lines)[event] for event in raw}
    assert len(raw) + found.refusals.counts.get("unreadable-row", 0) == len(lines)


def test_a_run_has_the_digest_that_it_had_when_rows_were_kept_and_not_lines(tmp_path):
    lines = [*LINES[:11], *(f'{{"id": "f{at:02}", {BEGINS}, "size": {at}.0}}' for at in range(50))]
    (tmp_path / "log.jsonl").write_text("\n".join(lines))
    found = captured(tmp_path, protocol(format="jsonl", uri="log.jsonl"))
    made = run_digest(
        protocol_digest="p",
        source_fingerprint="s",
        as_of=MONDAY,
        windows=found.windows,
        groups=found.groups,
        cells=found.cells,
        members=[one.member for one in found.sampled],
        refused=found.refusals.counts,
    )
    assert made == "77af891b54857e106ca60eaf201b5cb07b5044ab857fd43da520836ba591c677"
