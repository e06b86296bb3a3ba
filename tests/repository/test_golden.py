"""Comparing golden records finds what was planted, follows renames, and takes what is explained; a record is the same twice."""

from __future__ import annotations

import sqlite3
from contextlib import closing

import pytest

from scripts.golden.__main__ import main
from scripts.golden.comparing import compared
from scripts.golden.driving import walk
from scripts.golden.explaining import reasons
from scripts.golden.masking import masked_value
from scripts.golden.plans import plan_of
from scripts.golden.record import Record
from scripts.golden.renames import load, translation

CASE = {"title": "Wrong gate", "at": "2013-06-03", "labels": ["a", "b"]}


@pytest.fixture
def recorded(tmp_path):
    """Return what writes a record of some answers, and gives its folder."""

    def write(name, answers):
        record = Record(tmp_path / name)
        for address, value in answers.items():
            record.put(address, value)
        record.close()
        return tmp_path / name

    return write


@pytest.fixture
def compare(tmp_path, capsys):
    """Return what compares two records as a person does, and gives its status and the lines that it prints."""

    def run(old, new, *, renames=None, explained=""):
        (tmp_path / "golden.md").write_text(explained)
        words = ["compare", str(old), str(new), "--explained", str(tmp_path / "golden.md")]
        if renames is not None:
            (tmp_path / "renames.yaml").write_text(renames)
            words += ["--renames", str(tmp_path / "renames.yaml")]
        status = main(words)
        return status, capsys.readouterr().out.splitlines()

    return run


def test_a_planted_difference_is_a_line_with_its_address(recorded, compare):
    old = recorded("old", {"sqlite/command/case.show/json": {"status": 0, "out": CASE}})
    new = recorded("new", {"sqlite/command/case.show/json": {"status": 0, "out": {**CASE, "labels": ["a", "c"]}}})
    assert compare(old, old) == (0, [])
    assert compare(old, new) == (1, ['sqlite/command/case.show/json.out.labels: "b" -> "c"'])


def test_an_answer_that_is_gone_or_new_is_a_difference(recorded, compare):
    old, new = recorded("old", {"sqlite/page/a/ana": {"status": 200}}), recorded("new", {"sqlite/page/b/ana": {"status": 200}})
    assert compare(old, new) == (
        1,
        ["sqlite/page/a/ana: answered -> (nothing)", "sqlite/page/b/ana: (nothing) -> answered"],
    )


def test_what_is_put_into_a_list_does_not_make_all_that_follows_differ(recorded, compare):
    old = recorded("old", {"sqlite/scan/capture": ["one", "two", "three"]})
    new = recorded("new", {"sqlite/scan/capture": ["one", "and a half", "two", "three"]})
    assert compare(old, new) == (1, ['sqlite/scan/capture: (nothing) -> "and a half"'])


def test_a_number_in_a_table_is_compared_although_a_word_beside_it_changed(recorded, compare):
    was = [" value  basis ", " ──────────── ", "   112  log   ", "              "]
    now = [" value  variance ", " ─────────────── ", "   113  sample   ", "                 "]
    old, new = (recorded(name, {"sqlite/command/estimate/table": {"out": out}}) for name, out in (("old", was), ("new", now)))
    renames = "- {kind: text, old: basis, new: variance}\n- {kind: text, old: log, new: sample}\n"
    assert compare(old, new, renames=renames) == (
        1,
        ['sqlite/command/estimate/table.out: "112  sample" -> "113  sample"'],
    )


def test_a_chart_of_a_page_is_compared_number_by_number(recorded, compare):
    def page(height):
        chart = f'<script type="application/json">{{"data": [{{"value": {height}}}], "title": "{"x" * 400}"}}</script>'
        return {"sqlite/page/GET /trends/ana": {"body": ["<h1>Estimates</h1>", chart]}}

    assert compare(recorded("old", page(112)), recorded("new", page(113))) == (
        1,
        ["sqlite/page/GET /trends/ana.charts[0].data[0].value: 112 -> 113"],
    )


def test_what_an_option_takes_is_compared_apart_from_what_is_said_of_it(recorded, compare):
    def told(words, bounds):
        lines = [
            "Options:",
            "  --days INTEGER RANGE  When",
            f"                        {words}  [default: 9;",
            bounds,
        ]
        return {"all/help/remiss token": [*lines, "  -h, --help            Show this message and exit."]}

    old, new = recorded("old", told("it ends.", " " * 24 + "x>=1]")), recorded("new", told("it expires.", " " * 24 + "x>=0]"))
    assert compare(old, new) == (
        1,
        [
            'all/help/remiss token.lines: "--days When it ends." -> "--days When it expires."',
            'all/help/remiss token.options.--days: "INTEGER RANGE [default: 9; x>=1]" -> "INTEGER RANGE [default: 9; x>=0]"',
        ],
    )


def test_what_a_request_holds_is_compared_where_it_is_asked_and_parameters_by_name(recorded, compare):
    def document(model, most, *names):
        asked = {"in": "query", "schema": {"type": "integer"}}
        body = {"content": {"application/json": {"schema": {"$ref": f"#/components/schemas/{model}"}}}}
        path = {"post": {"parameters": [{"name": name, **asked} for name in names], "requestBody": body}}
        value = {"paths": {"/x": path}, "components": {"schemas": {model: {"maximum": most}, "case": {"type": "object"}}}}
        return {"sqlite/openapi/document": value}

    old, new = recorded("old", document("Look", 9, "limit", "after")), recorded("new", document("Asked", 8, "after", "limit"))
    assert compare(old, new) == (
        1,
        ["sqlite/openapi/document.paths./x.post.requestBody.content.application/json.schema.maximum: 9 -> 8"],
    )


def test_the_revision_in_an_etag_is_compared_and_its_hash_is_not(recorded, compare):
    def tagged(etag):
        return {"sqlite/route/GET /cases/ana": {"headers": {"etag": etag}}}

    old = recorded("old", tagged('"4.39c55451869664ca"'))
    assert compare(old, recorded("same", tagged('"4.501de5ee71b46fff"'))) == (0, [])
    assert compare(old, recorded("new", tagged('"5.501de5ee71b46fff"')))[0] == 1


def test_true_is_not_one_and_the_order_of_keys_says_nothing(recorded, compare):
    old = recorded("old", {"sqlite/route/a/ana": {"x": 1, "y": 2}})
    assert compare(old, recorded("turned", {"sqlite/route/a/ana": {"y": 2, "x": 1}})) == (0, [])
    assert compare(old, recorded("true", {"sqlite/route/a/ana": {"x": True, "y": 2}}))[0] == 1


def test_a_rename_is_applied_to_the_old_record_first(recorded, compare):
    old = recorded(
        "old",
        {
            "all/help/remiss case sheet": ["Usage: remiss case sheet CASE_ID", "  see `case sheets`"],
            "sqlite/route/GET /cases/{case}/sheet/ana": {"body": {"at": "now", "nested": [{"at": "at once"}]}},
        },
    )
    new = recorded(
        "new",
        {
            "all/help/remiss case form": ["Usage: remiss case form CASE_ID", "  see `case sheets`"],
            "sqlite/route/GET /cases/{case}/form/ana": {"body": {"occurred": "now", "nested": [{"occurred": "at once"}]}},
        },
    )
    renames = """
    - {kind: command, old: case sheet, new: case form}
    - {kind: route, old: "/cases/{case}/sheet", new: "/cases/{case}/form"}
    - {kind: key, old: at, new: occurred, where: "*/route/*"}
    """
    assert compare(old, new)[0] == 1
    assert compare(old, new, renames=renames) == (0, [])


def test_a_command_is_typed_as_it_is_called_now(tmp_path):
    path = tmp_path / "renames.yaml"
    path.write_text("- {kind: command, old: case sheet, new: case form}\n- {kind: command, old: --also, new: --other-mode}\n")
    translate = translation(load(path))
    assert translate(["case", "sheet", "k7m4-qp", "--also", "case sheet"]) == [
        "case",
        "form",
        "k7m4-qp",
        "--other-mode",
        "case sheet",
    ]


def test_a_difference_that_is_explained_is_none_and_the_others_stay(recorded, compare):
    old = recorded("old", {f"sqlite/command/{name}/json": {"out": CASE} for name in ("case.show", "case.file")})
    new = recorded("new", {f"sqlite/command/{name}/json": {"out": {**CASE, "title": "x"}} for name in ("case.show", "case.file")})
    explained = "# What is meant\n\n- `*/command/case.show/*.title`: Titles are short.\n"
    assert compare(old, new, explained=explained) == (1, ['sqlite/command/case.file/json.out.title: "Wrong gate" -> "x"'])
    assert compare(old, new, explained=f'{explained}- `*: "Wrong gate" -> "x"`: All of them.\n') == (0, [])


def test_a_pattern_without_a_reason_explains_nothing(tmp_path):
    (tmp_path / "golden.md").write_text("- `*`: \n")
    with pytest.raises(ValueError, match="no reason"):
        reasons(tmp_path / "golden.md")


def test_what_the_database_is_asked_is_no_difference(recorded):
    figures = {"statements": 1, "transactions": 1, "commits": 0, "rollbacks": 1, "shapes": {"SELECT 1": 1}}
    old = recorded("old", {"sqlite/asked/page /": figures})
    new = recorded("new", {"sqlite/asked/page /": {**figures, "statements": 7}})
    assert list(compared(old, new, ())) == []


def asked(**plans):
    return {"sqlite/asked/page /": {"statements": 1, "shapes": dict.fromkeys(plans, 1), "plans": plans}}


def test_a_statement_that_is_planned_otherwise_is_a_difference_and_one_that_is_gone_is_none(recorded, compare):
    old = recorded("old", asked(one=[["SEARCH cases USING INDEX by_id (id=?)"]], two=[["SCAN runs"]]))
    new = recorded("new", asked(one=[["SCAN cases"]]))
    assert compare(old, old) == (0, [])
    assert compare(old, new) == (1, ["sqlite/asked/page / plan of one: SEARCH cases USING INDEX by_id (id=?) -> SCAN cases"])


def test_a_new_statement_may_find_rows_as_others_of_its_question_did(recorded, compare):
    old = recorded("old", asked(one=[["SEARCH cases USING INDEX by_id (id=?)"], ["SCAN runs"]]))
    assert compare(old, recorded("same", asked(two=[["LIST SUBQUERY", "  SCAN runs"]]))) == (0, [])
    assert compare(old, recorded("new", asked(two=[["SCAN cases"], ["SCAN runs"]]))) == (
        1,
        ["sqlite/asked/page / plan of two: (nothing) -> SCAN cases"],
    )


def test_what_a_parameter_is_called_does_not_keep_a_plan_from_being_compared(recorded, compare):
    old = recorded("old", asked(**{"SELECT 1 FROM cases WHERE key = %(key_1)s": [["Index Scan using pk_cases on cases"]]}))
    new = recorded("new", asked(**{"SELECT 1 FROM cases WHERE key = %(case)s": [["Seq Scan on cases"]]}))
    told = "SELECT 1 FROM cases WHERE key = %s: Index Scan using pk_cases on cases -> Seq Scan on cases"
    assert compare(old, new) == (1, [f"sqlite/asked/page / plan of {told}"])


def test_plans_are_compared_by_what_tables_are_called_now(recorded, compare):
    old = recorded("old", asked(**{"SELECT captures.at FROM captures": [["SCAN captures USING COVERING INDEX captures_at"]]}))
    now = {
        "SELECT observations.observed_at FROM observations": [["SCAN observations USING COVERING INDEX observations_observed_at"]]
    }
    renames = """
    - {kind: text, old: captures.at, new: captures.observed_at, where: "*/asked/*"}
    - {kind: text, old: captures_at, new: observations_observed_at, where: "*/asked/*"}
    - {kind: schema, old: captures, new: observations, where: "*/asked/*"}
    """
    assert compare(old, recorded("new", asked(**now)), renames=renames) == (0, [])


def test_a_record_without_plans_is_compared_without_them(recorded, compare):
    old = recorded("old", {"sqlite/asked/page /": {"statements": 1, "shapes": {"one": 1}}})
    assert compare(old, recorded("new", asked(one=[["SCAN cases"]]))) == (0, [])


def test_a_plan_is_what_the_database_says_before_it_is_asked(tmp_path):
    with closing(sqlite3.connect(tmp_path / "catalog.db")) as connection:
        connection.execute("CREATE TABLE cases (key INTEGER PRIMARY KEY, id TEXT UNIQUE)")
        cursor = connection.cursor()
        found = [
            plan_of(cursor, statement, given)
            for statement, given in (
                ("SELECT * FROM cases AS c WHERE c.id = ?", ("k7",)),
                ("INSERT INTO cases VALUES (?, ?)", [(1, "k7"), (2, "k8")]),
                ("PRAGMA foreign_keys", ()),
            )
        ]
        assert connection.execute("SELECT count(*) FROM cases").fetchone() == (0,)
    assert found == [("SEARCH cases USING COVERING INDEX sqlite_autoindex_cases_1 (id=?)",), (), ()]


def test_an_address_stands_for_one_answer(tmp_path):
    record = Record(tmp_path / "record")
    record.put("all/help/remiss", [])
    with pytest.raises(ValueError, match="recorded twice"):
        record.put("all/help/remiss", [])
    record.close()


def test_every_command_is_found_by_reading_the_help_of_what_stands_above_it(tmp_path):
    found = {" ".join(("remiss", *path)): text for path, text in walk(tmp_path)}
    assert {"remiss", "remiss case", "remiss write-up write", "remiss schema"} <= set(found)
    assert [name for name, text in found.items() if not text.startswith(f"Usage: {name}")] == []


def test_what_differs_each_time_is_masked_and_what_is_said_is_not():
    said = {"where": "http://127.0.0.1:4711/cases", "at": "2013-06-03T00:00:00Z", "room": "75.8 GB free", "folder": "/here/log"}
    assert masked_value(said, {"/here": "<folder>"}) == {
        "where": "http://127.0.0.1:<port>/cases",
        "at": "2013-06-03T00:00:00Z",
        "room": "<room> free",
        "folder": "<folder>/log",
    }


def test_csv_is_compared_by_column(recorded, compare):
    old = recorded("old", {"sqlite/command/case.history/csv": {"out": ["revision,status,note", '1,candidate,"a', 'b"']}})
    new = recorded("new", {"sqlite/command/case.history/csv": {"out": ["revision,until,status,note", '2,40,candidate,"a', 'b"']}})
    assert compare(old, new) == (
        1,
        [
            'sqlite/command/case.history/csv.out.columns: (nothing) -> "until"',
            'sqlite/command/case.history/csv.out.rows[0].revision: "1" -> "2"',
            'sqlite/command/case.history/csv.out.rows[0].until: (nothing) -> "40"',
        ],
    )
