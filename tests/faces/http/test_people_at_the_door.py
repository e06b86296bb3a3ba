"""People come through the server with tokens of their own, and are out as soon as they are."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import select

from remiss.edges.stores.tables import journal
from remiss.errors import SettingError
from remiss.faces import server
from remiss.faces.identity import sessions_at
from remiss.govern import access_actions as access
from remiss.govern import audit_actions as audit
from remiss.govern import people_actions as people
from remiss.govern.tokens import SESSIONS_OF_ONE, WRONG_TOKENS, SignedIn
from remiss.records.case import Filing, Sensitivity
from remiss.records.person import Person
from tests.edges.stores.drawing import MONDAY

CASE = {"model": "m", "at": "2013-06-05T00:00:00Z", "title": "Wrong gate"}


def test_a_program_acts_as_the_person_whose_token_it_sends(there):
    token = there.person("ana", role="annotator")
    with there.program(token) as client:
        assert client.post("/api/v1/cases", json=CASE).status_code == 201
        denied = client.get("/api/v1/people")
        assert denied.status_code == 403
        assert denied.json()["error"]["what"] == "ana may not do person.list: it needs person:read"
        posted = client.post("/api/v1/actions/person.list", json={"arguments": {}})
        assert (posted.status_code, posted.json()) == (403, denied.json())
    with there.workspace._store.reading() as connection:
        row = connection.execute(select(journal).order_by(journal.c.position.desc())).first()
    assert (row.action, row.actor, row.role) == ("case.file", "ana", "annotator")


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_whoever_was_granted_nothing_is_signed_in_and_may_nothing(there):
    with there.program(there.person("ana")) as client:
        for path in ("/api/v1/cases", "/api/v1/runs", "/api/v1/catalog", "/api/v1/protocols"):
            assert client.get(path).status_code == 403


def link_of(there, person, **options):
    """Return a new link's token, of somebody who is there."""
    return access.link_token(there.workspace.serving("an admin"), person, **options)


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_link_signs_one_browser_in_once_and_the_session_goes_on(there):
    there.person("ana", role="reader")
    made = link_of(there, "ana")
    with there.stranger(headers={"Origin": there.url}) as client:
        for _ in range(2):  # as a mail scanner does before the person
            form = client.get("/sign-in", params={"token": made.text})
            assert (form.status_code, "works once" in form.text, "set-cookie" in form.headers) == (200, True, False)
        assert client.post("/sign-in", data={"token": made.text}).status_code == 303
        assert client.get("/api/v1/cases").status_code == 200
        with there.stranger(headers={"Origin": there.url}) as other:
            assert other.post("/sign-in", data={"token": made.text}).status_code == 401
            again = other.get("/sign-in", params={"token": made.text})
            assert (again.status_code, made.text in again.text) == (401, False)
            assert "This link is invalid" in again.text
        assert client.get("/api/v1/cases").status_code == 200
    [used] = [line["used"] for line in access.list_tokens(there.workspace.serving("x")) if line["once"]]
    with there.workspace._store.reading() as connection:
        row = connection.execute(select(journal).where(journal.c.position == used)).one()
    assert (row.action, row.actor, row.subjects) == ("token.use", "ana", [made.token.id])


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_an_admin_of_low_clearance_reads_nothing_as_somebody_of_higher_clearance(there):
    from remiss.catalog import actions as catalog

    closed = catalog.file(
        there.workspace.serving("x"), Filing(model="m", at=MONDAY, title="closed", sensitivity=Sensitivity.SECRET)
    ).id
    low = there.person("low", role="admin", team="*")
    there.person("vera", role="reader", clearance="secret")
    with there.program(low) as admin:
        assert admin.get(f"/api/v1/cases/{closed}").status_code == 404
        for path in ("/api/v1/tokens", "/api/v1/tokens/links"):
            refused = admin.post(path, json={"person": "vera"})
            assert refused.status_code == 403, path
            assert "remiss_" not in refused.text
        # Whoever holds less is invited, once; the invitation opens nothing that is granted after it was made.
        there.person("bo")
        invitation = admin.post("/api/v1/tokens/links", json={"person": "bo"}).json()["text"]
    people.grant(there.workspace.serving("x"), "bo", "reader", clearance=Sensitivity.SECRET)
    with there.stranger(headers={"Origin": there.url}) as client:
        assert client.get("/sign-in", params={"token": invitation}).status_code == 401
        assert client.post("/sign-in", data={"token": invitation}).status_code == 401


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_from_an_invitation_a_person_makes_tokens_of_their_own(there):
    there.person("ana", role="reader")
    root = there.person("root", role="admin", team="*", clearance="secret")
    with there.program(root) as admin:
        invitation = admin.post("/api/v1/tokens/links", json={"person": "ana"}).json()["text"]
    with there.browser_of(invitation) as browser:
        made = browser.post("/api/v1/tokens", json={"person": "ana", "about": "laptop"})
        assert made.status_code == 201, made.text
        told = browser.get("/api/v1/tokens").json()["items"]
    assert [(each["made_by"], each["used"] is not None) for each in told if each["once"]] == [("root", True)]
    with there.program(made.json()["text"]) as client:
        assert client.get("/api/v1/cases").status_code == 200
    with there.workspace._store.reading() as connection:
        rows = connection.execute(select(journal).order_by(journal.c.position.desc()).limit(3)).all()
    assert [(row.action, row.actor) for row in rows] == [("token.create", "ana"), ("token.use", "ana"), ("token.link", "root")]


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_signing_in_by_a_link_ends_the_session_of_before(there):
    there.person("ana", role="reader")
    with there.browser() as browser:
        former = dict(browser.cookies)
        assert browser.post("/sign-in", data={"token": link_of(there, "ana").text}).status_code == 303
        assert dict(browser.cookies) != former
    with there.stranger(cookies=former) as copied:
        assert copied.get("/api/v1/cases").status_code == 401


def test_of_many_who_send_a_link_at_once_one_is_let_in(there):
    there.person("ana", role="reader")
    text = link_of(there, "ana").text

    def send(_):
        with there.stranger(headers={"Origin": there.url}) as client:
            return client.post("/sign-in", data={"token": text}).status_code

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(send, range(8))) == [303] + [401] * 7


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_the_token_of_a_link_is_none_for_programs(there):
    there.person("ana", role="reader")
    made = link_of(there, "ana")
    with there.program(made.text) as client:
        assert client.get("/api/v1/cases").status_code == 401
        with there.browser_of(made.text) as browser:
            assert browser.get("/api/v1/cases").status_code == 200
        assert client.get("/api/v1/cases").status_code == 401


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_link_that_was_revoked_signs_nobody_in_and_ends_the_session_that_it_opened(there):
    there.person("ana", role="reader")
    unused, used = link_of(there, "ana"), link_of(there, "ana")
    with there.browser_of(used.text) as browser, there.stranger(headers={"Origin": there.url}) as client:
        for each in (unused, used):
            access.revoke_token(there.workspace.serving("an admin"), each.token.id)
        assert browser.get("/api/v1/cases").status_code == 401
        assert client.post("/sign-in", data={"token": unused.text}).status_code == 401


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_link_with_a_token_that_goes_on_working_is_none(there):
    token = there.person("ana", role="reader")
    with there.stranger() as client:
        form = client.get("/sign-in", params={"token": token})
    assert form.status_code == 401
    assert token not in form.text


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_browser_signs_in_by_a_token_that_is_pasted(there):
    token = there.person("ana", role="reader")
    with there.stranger(headers={"Origin": there.url}) as client:
        assert client.post("/sign-in", data={"token": f" {token} "}).status_code == 303
        page = client.get("/cases", headers={"Accept": "text/html"})
        assert page.status_code == 200
        assert '<a href="/account">ana</a>' in page.text
    with there.stranger(headers={"Origin": there.url}) as client:
        refused = client.post("/sign-in", data={"token": token[:-1]})
        assert refused.status_code == 401
        assert "This token is invalid" in refused.text
        assert token[:-1] not in refused.text


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_signing_in_again_is_another_session_and_ends_the_one_before(there):
    token = there.person("ana", role="reader")
    with there.browser_of(token) as browser:
        former = dict(browser.cookies)
        assert browser.post("/sign-in", data={"token": token}).status_code == 303
        assert dict(browser.cookies) != former
        assert browser.get("/api/v1/cases").status_code == 200
    with there.stranger(cookies=former) as copied:
        assert copied.get("/api/v1/cases").status_code == 401


ENDS = {
    "disabled": lambda ws, token: people.disable(ws, "ana"),
    "the token revoked": access.revoke_token,
    "a role revoked": lambda ws, token: people.revoke_person(ws, "ana", "reader"),
    "a role granted": lambda ws, token: people.grant(ws, "ana", "curator"),
    "a clearance lowered": lambda ws, token: people.grant(ws, "ana", "reader", clearance=Sensitivity.PUBLIC),
}


@pytest.mark.postgresql_in_soak("others send it each of these statements")
@pytest.mark.parametrize("what", ENDS)
def test_a_session_ends_at_the_next_request_after_its_person_changed(there, what):
    token = there.person("ana", role="reader")
    with there.browser_of(token) as browser, there.browser() as operator:
        assert browser.get("/api/v1/cases").status_code == 200
        ENDS[what](there.workspace.serving("an admin"), token.split("_")[1])
        assert browser.get("/api/v1/cases").status_code == 401
        assert operator.get("/api/v1/cases").status_code == 200


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_token_ends_at_the_next_request_after_it_was_revoked_or_its_person_disabled(there):
    first, second = there.person("ana", role="reader"), there.person("ana")
    with there.program(first) as one, there.program(second) as other:
        assert (one.get("/api/v1/cases").status_code, other.get("/api/v1/cases").status_code) == (200, 200)
        access.revoke_token(there.workspace.serving("x"), first.split("_")[1])
        assert (one.get("/api/v1/cases").status_code, other.get("/api/v1/cases").status_code) == (401, 200)
        people.disable(there.workspace.serving("x"), "ana")
        assert other.get("/api/v1/cases").status_code == 401


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_what_was_granted_holds_from_the_next_request_on(there):
    with there.program(there.person("ana", role="reader")) as client:
        assert client.post("/api/v1/cases", json=CASE).status_code == 403
        people.grant(there.workspace.serving("x"), "ana", "annotator")
        assert client.post("/api/v1/cases", json=CASE).status_code == 201


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_wrong_token_of_a_person_is_not_saved_by_their_session(there):
    with there.browser_of(there.person("ana", role="reader")) as browser:
        assert browser.get("/api/v1/cases", headers={"Authorization": "Bearer remiss_0_0"}).status_code == 401


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_forbidden_case_and_one_that_is_not_there_answer_alike_byte_for_byte(there):
    from remiss.catalog import actions as catalog

    ws = there.workspace.serving("x")
    filing = Filing(model="m", at=MONDAY, title="closed", sensitivity=Sensitivity.SECRET)
    closed, absent = catalog.file(ws, filing).id, "zzzz-zzzz-zzzz"
    with there.browser_of(there.person("ana", role="curator")) as browser:
        # Compressed, one id takes more bytes than another of the same length.
        browser.headers["Accept-Encoding"] = "identity"
        for method, path in (
            ("GET", "/api/v1/cases/{}"),
            ("GET", "/api/v1/cases/{}/history"),
            ("GET", "/api/v1/cases/{}/comparison"),
            ("PATCH", "/api/v1/cases/{}"),
            ("GET", "/cases/{}"),
        ):
            said = [asked(browser, method, path, case) for case in (closed, absent)]
            assert said[0] == said[1], path
            assert said[0][0] == 404


def asked(browser, method, path, case):
    answer = browser.request(
        method,
        path.format(case),
        headers={"If-Match": '"1.0"', "Accept": "*/*", "X-Request-Id": "same"},
        **({"json": {"title": "x"}} if method == "PATCH" else {}),
    )
    headers = {name: value for name, value in answer.headers.items() if name != "date"}
    return answer.status_code, answer.text.replace(case, "CASE"), headers


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_remembered_answers_are_not_for_others(there):
    from remiss.catalog import actions as catalog

    ws = there.workspace.serving("x")
    catalog.file(ws, Filing(model="m", at=MONDAY, title="Closed matter", sensitivity=Sensitivity.SECRET))
    ana, bo = there.person("ana", role="reader", clearance="secret"), there.person("bo", role="reader")
    seen = {}
    for _ in range(2):
        for name, token in (("ana", ana), ("bo", bo)):
            with there.browser_of(token) as browser:
                page = browser.get("/cases", params={"query": "closed"}, headers={"Accept": "text/html"})
                seen.setdefault(name, set()).add("Closed matter" in page.text)
                counted = browser.get("/api/v1/cases/facets", params={"fields": "status"}).json()["items"]
                seen[name].add(len(counted))
    assert seen == {"ana": {True}, "bo": {False}}


def test_a_server_that_others_reach_has_no_operator():
    sessions = sessions_at(1, "x" * 40, operator=False)
    assert not sessions.admits(b"Bearer " + b"x" * 40, None)
    assert sessions.sign_in(sessions.link()) is None


@pytest.mark.parametrize(
    ("text", "origin"),
    [
        ("https://remiss.example.org", "https://remiss.example.org"),
        ("https://remiss.example.org:443/", "https://remiss.example.org"),
        ("http://10.0.0.7:8765", "http://10.0.0.7:8765"),
        ("http://[fe80::1]:80", "http://[fe80::1]"),
    ],
)
def test_an_origin_is_what_a_browser_sends(text, origin):
    assert server.checked_origin(text) == origin


@pytest.mark.parametrize("text", ["remiss.example.org", "https://", "https://a/path", "ftp://a", "https://u:p@a", "https://a:x"])
def test_what_is_no_origin_is_refused(text):
    with pytest.raises(SettingError, match="not an origin"):
        server.checked_origin(text)


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_nobody_serves_for_others_a_catalog_that_nobody_could_enter(ws):
    with pytest.raises(SettingError, match="nobody has a token") as refused:
        server.check_somebody(ws)
    assert "remiss token link" in refused.value.do
    people.add_person(ws, "ana")
    access.create_token(ws, "ana")
    with pytest.raises(SettingError):
        server.check_somebody(ws)
    people.grant(ws, "ana", "reader")
    server.check_somebody(ws)


def test_who_signs_in_a_thousand_times_ends_sessions_of_their_own_alone():
    now = [0.0]
    sessions = sessions_at(1, clock=lambda: now[0])
    bo, ana = (SignedIn("a-token", Person(name=name)) for name in ("bo", "ana"))
    theirs, operator = sessions.open(bo), sessions.open(None)
    own = []
    for _ in range(2 * SESSIONS_OF_ONE):
        now[0] += 1
        own.append(sessions.open(ana))

    def signed_in(session):
        return sessions.signed_in(f"{sessions.cookie}={session}".encode())

    assert signed_in(theirs) == bo
    assert sessions.admits(None, f"{sessions.cookie}={operator}".encode())
    # The oldest ended for the newest.
    assert [signed_in(each) for each in own] == [None] * SESSIONS_OF_ONE + [ana] * SESSIONS_OF_ONE


def test_over_https_the_cookie_is_for_encrypted_connections_of_this_host_alone():
    sessions = sessions_at(8765, secure=True)
    assert sessions.cookie == "__Host-remiss-8765"
    assert re.fullmatch(r"[\w-]{43}", sessions.open(None))


def wrong_tokens(there, count, **settings):
    with there.program("remiss_0123456789ab_" + "x" * 43, **settings) as client:
        return [client.get("/api/v1/cases") for _ in range(count)]


@pytest.mark.postgresql_in_soak("others send it what these statements are made of")
def test_tokens_that_do_not_work_are_slowed_down_by_address_and_recorded(there):
    right, other = there.person("ana", role="reader"), there.person("bo", role="reader")
    with there.program(right) as ana, there.program(other) as bo:
        assert ana.get("/api/v1/cases").status_code == 200
        answers = wrong_tokens(there, WRONG_TOKENS + 10)
        assert [each.status_code for each in answers] == [401] * WRONG_TOKENS + [429] * 10
        assert 0 < int(answers[-1].headers["retry-after"]) <= 60
        assert answers[-1].json()["error"]["code"] == "waits"
        assert "wait" in answers[-1].json()["error"]["what"]
        # Somebody at work is not kept from it, a newcomer at that address is; nobody elsewhere.
        assert ana.get("/api/v1/cases").status_code == 200
        assert bo.get("/api/v1/cases").status_code == 429
        assert bo.get("/api/v1/cases", headers={"X-Forwarded-For": "198.51.100.7"}).status_code == 200
        with there.client() as operator:
            assert operator.get("/api/v1/cases").status_code == 200
    with there.stranger(headers={"Origin": there.url}) as browser:
        for answer in (browser.post("/sign-in", data={"token": "guess"}), browser.get("/sign-in", params={"token": "guess"})):
            assert (answer.status_code, "retry-after" in answer.headers) == (429, True)
            assert "Too many invalid tokens" in answer.text
        assert browser.get("/sign-in").status_code == 401
    found = [
        (line["actor"], line["team"], line["action"], line["kind"], line["subject"], line["count"])
        for line in audit.search_audit(there.workspace, action="token.use", kind="refused")
    ]
    assert found == [("(nobody)", "*", "token.use", "refused", "127.0.0.1", 1)]
