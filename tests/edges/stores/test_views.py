"""Whatever somebody looks at is in the log before they have it, and the log can be trusted."""

from __future__ import annotations

import json
import shutil
import sqlite3
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager

import psycopg
import pytest
from sqlalchemy import delete, event, insert, select, true, update

import remiss
from remiss.catalog import actions as catalog
from remiss.curate import agreement_actions, recoding_actions
from remiss.edges.stores.dialect import driving
from remiss.edges.stores.logs import sealing
from remiss.edges.stores.tables import audit_heads, views
from remiss.errors import Denied, InputError, NotFound, StorageError
from remiss.govern import access_actions as access
from remiss.govern import audit_actions as audit
from remiss.govern.authority import Granted, actor_of
from remiss.records.case import Filing, Sensitivity
from remiss.records.person import Grant, Person
from remiss.records.view_entry import ViewEntry, ViewKind
from tests.databases import administering, database_on
from tests.edges.stores.drawing import MONDAY


@pytest.fixture
def case(ws):
    return catalog.file(ws, Filing(model="m", at=MONDAY, title="seen"))


def logged(ws):
    """What each entry says."""
    with ws._store.views.reading() as connection:
        return (
            [] if connection is None else [json.loads(row.entry) for row in connection.execute(select(views).order_by(views.c.n))]
        )


def altering(ws, *statements):
    with ws._store.views._engine.execution_options(writes=True).connect() as connection, connection.begin():
        for statement in statements:
            connection.execute(statement)


def verdict(ws, **options):
    _, found = audit.verify_audit(ws, **options)
    assert found.log == "views"
    return found


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_looking_at_a_case_is_recorded_with_who_as_what_and_on_which(ws_as, case, ws):
    bo = ws_as("bo", role="verifier")
    catalog.show(bo, case.id[:7])
    (entry,) = logged(ws)
    assert {name: entry[name] for name in ("action", "actor", "role", "kind", "subject", "team", "n", "request")} == {
        "action": "case.show",
        "actor": "bo",
        "role": "verifier",
        "kind": "case",
        "subject": case.id,
        "team": "default",
        "n": 1,
        "request": "as-bo",
    }


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_search_is_recorded_by_digests_of_what_was_asked_and_found(ws, case):
    for query in ("seen", "seen", "unseen"):
        catalog.search(ws, query)
    first, again, other = logged(ws)
    assert (first["kind"], first["count"], first["position"], other["count"]) == ("list", 1, 2, 0)
    assert first["digests"] == again["digests"]
    assert first["digests"].keys() == {"ids", "query"}
    assert other["digests"].keys() == {"query"}
    assert other["digests"] != first["digests"]
    assert "seen" not in json.dumps([first, again, other])


def test_a_figure_is_recorded_by_what_was_asked_and_how_many_rows_answered(ws, case, tmp_path):
    agreed = agreement_actions.show_agreement(ws, "seen", as_of=1)
    path = tmp_path / "recoding.yaml"
    move = '{rename: "remiss:model/weak-slice", to: "remiss:model"}'
    path.write_text(f"recode: r1\nabout: better words\nmoves: [{move}]\n", "utf-8")
    recoding_actions.rehearse(ws, str(path))
    recoding_actions.recodings(ws)
    figure, rehearsal, kept = logged(ws)
    assert [(each["action"], each["kind"]) for each in (figure, rehearsal, kept)] == [
        ("agreement.show", "figure"),
        ("taxonomy.rehearse", "figure"),
        ("taxonomy.recodings", "list"),
    ]
    assert (figure["position"], figure["count"]) == (1, len(agreed.rows))
    assert figure["digests"].keys() == rehearsal["digests"].keys() == {"query"}
    assert figure["digests"] != rehearsal["digests"]
    assert kept["count"] == 0


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_whoever_sees_nothing_leaves_nothing(ws, case):
    with pytest.raises(NotFound):
        catalog.show(ws, "zzzz-zzzz-zzzz")
    catalog.info(ws)
    assert logged(ws) == []


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_who_is_refused_is_recorded_by_what_they_tried_and_on_what(ws, ws_as, case):
    bo = ws_as("bo", role="reader")
    with pytest.raises(Denied):
        catalog.revise(bo, case.id[:8], 1, title="mine")
    (entry,) = logged(ws)
    assert {name: entry[name] for name in ("action", "actor", "role", "kind", "subject", "team", "request", "count")} == {
        "action": "case.revise",
        "actor": "bo",
        "role": "reader",
        "kind": "refused",
        "subject": case.id,
        "team": "default",
        "request": "as-bo",
        "count": None,
    }
    assert "mine" not in json.dumps(entry)
    assert catalog.show(ws, case.id).title == "seen"
    assert verdict(ws).sound
    both = Person(
        name="eve", grants=tuple(Grant(role="reader", team=team, clearance=Sensitivity.INTERNAL) for team in ("a", "default"))
    )
    with pytest.raises(Denied):
        catalog.revise(ws.serving("x", actor=actor_of(both), authority=Granted(both)), case.id, 1, title="mine")
    assert logged(ws)[-1]["team"] == "default"


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_case_that_is_hidden_and_one_that_is_not_there_leave_the_same_entry_but_for_its_id(ws, ws_as):
    hidden = catalog.file(ws, Filing(model="m", at=MONDAY, title="closed", sensitivity=Sensitivity.SECRET)).id
    bo = ws_as("bo", role="curator", team="boarding")
    for named in (hidden, "ZZZZ-zzzz-zzzz", hidden[:9], "zzzz-zzzz"):
        with pytest.raises(NotFound):
            catalog.show(bo, named)
        with pytest.raises(NotFound):
            catalog.revise(bo, named, 1, title="mine")
    one, two, three, four, *rest = ([each["action"], {**each, "at": 0, "n": 0, "action": ""}] for each in logged(ws))
    assert (one[1]["subject"], three[1], len(rest)) == (hidden, {**one[1], "subject": "zzzz-zzzz-zzzz"}, 4)
    assert (one[0], two[0]) == (three[0], four[0]) == ("case.show", "case.revise")
    assert {each[1]["subject"] for each in rest} == {hidden[:9], "zzzz-zzzz"}
    assert {each[1]["team"] for each in (one, two, three, four, *rest)} == {"boarding"}


def test_whoever_watches_another_team_is_not_told_of_a_refusal(ws, ws_as, case):
    bo = ws_as("bo", role="reader", team="boarding")
    with pytest.raises(NotFound):
        catalog.show(bo, case.id)
    refused = [
        [line["subject"] for line in audit.search_audit(ws_as(name, role="steward", team=team), kind="refused")]
        for name, team in (("sam", "boarding"), ("tom", "default"), ("ute", "*"))
    ]
    assert refused == [[case.id], [], [case.id]]


def test_refusals_changes_and_looks_are_found_by_their_kind(ws, ws_as, case):
    bo = ws_as("bo", role="reader")
    catalog.show(bo, case.id)
    with pytest.raises(Denied):
        catalog.file(bo, Filing(model="m", at=MONDAY, title="mine"))
    catalog.search(bo)
    kinds = ("change", "case", "evidence", "list", "refused")
    found = {kind: [line["action"] for line in audit.search_audit(ws, actor="bo", kind=kind)] for kind in kinds}
    assert found == {"change": [], "case": ["case.show"], "evidence": [], "list": ["case.search"], "refused": ["case.file"]}
    assert [line["action"] for line in audit.search_audit(ws, kind="change", limit=1)] == ["case.file"]
    assert len(audit.search_audit(ws, kind="refused", log="journal")) == 0
    with pytest.raises(InputError, match="invalid kind: 'x'"):
        audit.search_audit(ws, kind="x")


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_an_attempt_leaves_no_more_than_a_look_does(ws, ws_as, case):
    """So that whoever is refused fills the disk no faster than whoever reads."""
    bo = ws_as("bo", role="reader")
    catalog.show(bo, case.id)
    for named in ("a" * 10_000, "of Ana Lima, ana@example.org", case.id):
        with pytest.raises((Denied, InputError)):
            catalog.revise(bo, named, 1, title="t" * 10_000)
    look, *refusals = (len(json.dumps(entry)) for entry in logged(ws))
    assert len(refusals) == 3
    assert max(refusals) <= look + len("case.revise")


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_who_cannot_be_recorded_is_not_even_refused(ws, ws_as, case):
    bo = ws_as("bo", role="reader")
    catalog.show(bo, case.id)
    altering(ws, update(audit_heads).where(audit_heads.c.log == "views").values(seal=b"x" * 32))
    with pytest.raises(StorageError, match="cannot be recorded"):
        catalog.revise(bo, case.id, 1, title="mine")
    with pytest.raises(StorageError, match="cannot be recorded"):
        catalog.show(bo, "zzzz-zzzz-zzzz")
    assert len(logged(ws)) == 1


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_what_cannot_be_recorded_is_not_shown(ws, case):
    catalog.show(ws, case.id)
    of_views = audit_heads.c.log == "views"
    with ws._store.views.reading() as connection:
        seal = connection.execute(select(audit_heads.c.seal).where(of_views)).scalar_one()
    altering(ws, update(audit_heads).where(of_views).values(seal=bytes(32)))
    with pytest.raises(StorageError, match="nothing is shown, because it cannot be recorded who looks at it: "):
        catalog.show(ws, case.id)
    altering(ws, update(audit_heads).where(of_views).values(seal=seal))
    catalog.show(ws, case.id)
    assert len(logged(ws)) == 2


def test_a_log_that_was_left_alone_is_sound(ws, case):
    assert verdict(ws).sound
    for _ in range(9):
        catalog.show(ws, case.id)
    found = verdict(ws)
    assert (found.sound, found.entries) == (True, 9)
    signed = audit.checkpoint(ws)
    catalog.show(ws, case.id)
    assert verdict(ws, checkpoint="\n".join(signed.notes)).sound
    assert audit.prove(ws, "views-4").index == 3


def test_what_is_done_to_an_entry_is_found(ws, case):
    for _ in range(9):
        catalog.show(ws, case.id)
    at = views.c.n == 4
    entry = logged(ws)[3]
    altering(ws, update(views).where(at).values(entry=json.dumps(entry | {"actor": "bo"})))
    assert verdict(ws).first == 4
    altering(ws, delete(views).where(at))
    assert verdict(ws).what == "entry 4 was removed"
    altering(ws, delete(views).where(views.c.n > 3))
    assert verdict(ws).what == "entry 4 and all after it were cut off: there were 9"


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_log_that_was_taken_away_is_begun_again_and_that_is_said_for_ever(ws, case, database):
    catalog.show(ws, case.id)
    if database == "sqlite":
        path = ws._store.views.file
        for each in ("", "-wal", "-shm"):
            path.with_name(path.name + each).unlink(missing_ok=True)
    else:
        altering(ws, delete(views), delete(audit_heads).where(audit_heads.c.log == "views"))
    assert not verdict(ws).sound
    catalog.show(ws, case.id)
    assert len(logged(ws)) == 1
    found = verdict(ws)
    assert (found.sound, found.first) == (False, 1)
    assert "was begun again" in found.what


def test_many_who_look_at_once_are_all_in_the_log(ws, case, environment):
    with remiss.open(ws.address, environment=environment) as other, ThreadPoolExecutor(12) as pool:
        list(pool.map(lambda number: catalog.show((ws, other)[number % 2].serving(f"r{number}"), case.id), range(120)))
    found = logged(ws)
    assert sorted(entry["request"] for entry in found) == sorted(f"r{number}" for number in range(120))
    assert verdict(ws).sound


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_two_who_look_in_turns_go_on_where_the_other_ended(ws, case, environment):
    with remiss.open(ws.address, environment=environment) as other:
        for number in range(9):
            catalog.show((ws, ws, other)[number % 3].serving(f"r{number}"), case.id)
    assert [(entry["n"], entry["request"]) for entry in logged(ws)] == [(n + 1, f"r{n}") for n in range(9)]
    assert verdict(ws).sound


@pytest.mark.parametrize("altered", ["size", "roots", "link", "seal"])
def test_nothing_is_sealed_over_an_end_that_was_altered(ws, case, altered):
    """Also by whoever wrote that end a moment ago."""
    for _ in range(3):
        catalog.show(ws, case.id)
    end = update(audit_heads).where(audit_heads.c.log == "views")
    altering(ws, end.values({altered: 4 if altered == "size" else bytes(64)}))
    with pytest.raises(StorageError, match="nothing is shown"):
        catalog.show(ws, case.id)
    assert len(logged(ws)) == 3


@pytest.mark.parametrize("rested", [1e9, 0.0], ids=["busy", "rested"])
def test_a_server_that_went_away_between_two_looks_keeps_nobody_from_being_recorded(postgres, environment, monkeypatch, rested):
    monkeypatch.setattr(driving, "RESTED_SECONDS", rested)
    with database_on(postgres, "template") as address, remiss.open(address, environment=environment) as ws:
        for number in range(3):
            ws.record_views([ViewEntry(kind=ViewKind.CASE, subject=f"case-{number}")], "test")
            with administering(postgres) as admin:
                admin.execute(
                    "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity WHERE datname = %s",
                    (address.rsplit("/", 1)[1],),
                )
        ws.record_views([ViewEntry(kind=ViewKind.CASE, subject="case-3")], "test")
        with remiss.open(address, environment=environment) as fresh:
            assert [entry["subject"] for entry in logged(fresh)] == [f"case-{number}" for number in range(4)]
            assert verdict(fresh).sound


def test_who_looks_waits_for_no_writer(ws, case):
    """While a transaction that writes is under way, as that of a capture, which may take minutes."""
    done = []
    with ws._store.writing(ws.actor, "test", ws.now):
        reader = threading.Thread(target=lambda: done.append(catalog.show(ws.serving("r"), case.id)))
        reader.start()
        reader.join(20)
        assert [each.id for each in done] == [case.id]


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_texts_that_no_database_holds_are_recorded_all_the_same(ws, case):
    for odd in ("a\0b", "\udcff", "ü"):
        ws.record_views([ViewEntry(kind=ViewKind.EVIDENCE, subject=odd, query=odd, purpose=odd, ids=[odd])], "test")
    assert [entry["purpose"] for entry in logged(ws)] == ["a\N{REPLACEMENT CHARACTER}b", "\\udcff", "ü"]
    assert verdict(ws).sound


def test_views_are_found_by_who_what_on_what_and_when(ws, case, ws_as):
    bo = ws_as("bo", role="verifier", team="default")
    catalog.show(bo, case.id)
    catalog.show(ws, case.id)
    catalog.search(bo)

    def found(**wanted):
        return [line["entry"] for line in audit.search_audit(ws, log="views", **wanted)]

    assert found(actor="bo") == ["views-3", "views-1"]
    assert found(subject=case.id, limit=1) == ["views-2"]
    assert found(action="case.search") == ["views-3"]
    assert found(since=MONDAY)[-3:] == ["views-3", "views-2", "views-1"]
    assert found(until=MONDAY) == []
    both = audit.search_audit(ws, subject=case.id)
    assert [line["entry"] for line in both] == ["views-2", "views-1", "journal-2"]
    first = audit.search_audit(ws, limit=2)
    rest = audit.search_audit(ws, limit=100, after=first.next)
    seen = [line["entry"] for line in rest]
    assert seen[-1] == "journal-1"
    assert not {line["entry"] for line in first} & set(seen)


@pytest.mark.parametrize("name", ["actor", "kind", "subject"])
def test_what_the_audit_is_asked_for_by_is_found_by_an_index(ws, case, database, name):
    catalog.show(ws, case.id)
    engine, asked_of_log = ws._store.views._engine, []
    event.listen(engine, "before_cursor_execute", lambda _c, _u, statement, given, *_: asked_of_log.append((statement, given)))
    audit.search_audit(ws, log="views", limit=5, **{name: "evidence"})
    (statement, given), *_ = [each for each in asked_of_log if "ORDER BY" in each[0]]
    with engine.connect() as connection, connection.begin():
        if database == "postgresql":
            # Few rows it would rather read all, or sort.
            connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
            connection.exec_driver_sql("SET LOCAL enable_bitmapscan = off")
        explain = "EXPLAIN QUERY PLAN" if database == "sqlite" else "EXPLAIN"
        plan = str(connection.exec_driver_sql(f"{explain} {statement}", given).all())
    assert f"ix_views_{name}" in plan
    assert "sort" not in plan.lower()
    assert "b-tree" not in plan.lower()


def test_a_log_of_views_from_before_an_index_gets_it_when_it_is_opened(sqlite_template, environment, tmp_path):
    shutil.copy(sqlite_template, tmp_path / "here.db")
    with remiss.open(str(tmp_path / "here.db"), environment=environment) as ws:
        catalog.search(ws)
    with closing(sqlite3.connect(tmp_path / "here.db.views")) as old:
        old.execute("DROP INDEX ix_views_kind")
    with remiss.open(str(tmp_path / "here.db"), environment=environment) as ws:
        assert [line["action"] for line in audit.search_audit(ws, kind="list")] == ["case.search"]
        assert verdict(ws).sound
    with closing(sqlite3.connect(tmp_path / "here.db.views")) as now:
        assert now.execute("SELECT count(*) FROM sqlite_master WHERE name = 'ix_views_kind'").fetchone() == (1,)


def test_a_file_in_the_place_of_the_log_is_named_and_nothing_is_shown(sqlite_template, environment, tmp_path):
    shutil.copy(sqlite_template, tmp_path / "here.db")
    with remiss.open(str(tmp_path / "here.db"), environment=environment) as ws:
        case = catalog.file(ws, Filing(model="m", at=MONDAY, title="seen"))
        catalog.show(ws, case.id)
    (tmp_path / "here.db.views").write_text("something else " * 100)
    with remiss.open(str(tmp_path / "here.db"), environment=environment) as ws:
        with pytest.raises(StorageError, match="is not a log of views") as told:
            catalog.show(ws, case.id)
        assert "move that file away" in told.value.do
        journal, found = audit.verify_audit(ws)
        assert (journal.sound, found.sound, found.first) == (True, False, 1)
        assert "another file lies in its place" in found.what


def test_the_log_of_another_catalog_with_the_same_key_is_none_of_this_one(ws, case, database, environment, request, tmp_path):
    """A folder of keys may serve several catalogs."""
    catalog.show(ws, case.id)
    with other_on(database, request, tmp_path) as address, remiss.open(address, environment=environment) as other:
        theirs = catalog.file(other, Filing(model="m", at=MONDAY, title="theirs"))
        catalog.show(other, theirs.id)
        assert verdict(other).sound
        if database == "sqlite":
            ws.close()
            other.close()
            for each in ("", "-wal", "-shm"):
                ws._store.views.file.with_name(ws._store.views.file.name + each).unlink(missing_ok=True)
            shutil.copy(other._store.views.file, ws._store.views.file)
        else:
            altering(ws, delete(views), delete(audit_heads).where(audit_heads.c.log == "views"))
            for table, condition in ((views, true()), (audit_heads, audit_heads.c.log == "views")):
                with other._store.reading() as connection:
                    rows = [dict(row) for row in connection.execute(select(table).where(condition)).mappings()]
                altering(ws, insert(table).values(rows))
    found = verdict(ws)
    # The look at their case, and that both logs of theirs were verified.
    assert (found.sound, found.entries) == (False, 2)
    with pytest.raises(StorageError, match="nothing is shown"):
        catalog.show(ws, case.id)


@contextmanager
def other_on(database, request, tmp_path):
    """Give the address of another new catalog."""
    if database == "sqlite":
        shutil.copy(request.getfixturevalue("sqlite_template"), tmp_path / "other.db")
        with closing(sqlite3.connect(tmp_path / "other.db")) as file, file:
            file.execute("UPDATE catalog_head SET catalog_id = 'another'")
        yield str(tmp_path / "other.db")
    else:
        with database_on(request.getfixturevalue("postgres"), "template") as address:
            with psycopg.connect(address) as server:
                server.execute("UPDATE catalog_head SET catalog_id = 'another'")
            yield address


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_logs_that_were_sealed_before_they_were_sealed_by_catalog_go_on_as_they_were_begun(ws, environment, monkeypatch):
    with monkeypatch.context() as former:
        former.setattr(sealing, "secret_of", lambda log, _: f"audit {log}")
        former.setattr(sealing, "_mark", lambda catalog, log: f"sealed-{log}-{catalog}")
        begun = catalog.file(ws, Filing(model="m", at=MONDAY, title="seen"))
        catalog.show(ws, begun.id)
    with remiss.open(ws.address, environment=environment) as later:
        catalog.revise(later, begun.id, 1, note="more")
        catalog.show(later, begun.id)
        assert [(each.sound, each.entries) for each in audit.verify_audit(later)] == [(True, 3), (True, 2)]


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_server_notices_that_an_earlier_state_of_the_log_was_put_back(ws, case, environment):
    catalog.show(ws, case.id)
    with ws._store.views.reading() as connection:
        end = dict(connection.execute(select(audit_heads).where(audit_heads.c.log == "views")).mappings().one())
    catalog.show(ws, case.id)
    altering(ws, delete(views).where(views.c.n > 1), update(audit_heads).where(audit_heads.c.log == "views").values(end))
    with pytest.raises(StorageError, match=r"nothing is shown, .* the log of views has 1 entries and had 2 before"):
        catalog.show(ws, case.id)
    with remiss.open(ws.address, environment=environment) as fresh:
        catalog.show(fresh, case.id)
        assert verdict(fresh).sound


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_to_ask_who_may_what_is_a_look_at_the_case_or_the_person_that_it_tells_of(ws, ws_as):
    case = catalog.file(ws, Filing(model="m", at=MONDAY, title="seen", team="boarding", sensitivity=Sensitivity.SECRET)).id
    access.check_access(ws, ws.actor.name, "case.show", case)
    access.check_access(ws, "ana", "case:verify")
    found = [dict(each) for each in audit.search_audit(ws, action="access.check")]
    assert [(each["kind"], each["subject"], each["team"]) for each in found] == [
        ("list", "ana", "default"),
        ("case", case, "boarding"),
    ]
