"""The page of people: who may what, and the forms in which it is given and taken."""

from __future__ import annotations

import re

import pytest


@pytest.fixture
def root(there):
    """An admin of the whole catalog, in a browser."""
    with there.browser_of(there.person("root", role="admin", team="*", clearance="secret")) as browser:
        browser.headers["Accept"] = "text/html"
        yield browser


def done(answer):
    assert (answer.status_code, answer.headers.get("Location")) == (303, "/people"), answer.text
    return answer


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_people_are_added_granted_and_disabled_by_forms(root):
    done(root.post("/person/add", data={"name": "ana", "about": "Ana Lima"}))
    done(root.post("/team/add", data={"name": "arrivals"}))
    done(root.post("/person/grant", data={"name": "ana", "role": "curator", "team": "arrivals", "clearance": "restricted"}))
    page = root.get("/people").text
    assert "Ana Lima" in page
    assert "Curator in team arrivals, up to restricted" in page
    done(root.post("/person/ana/revoke", data={"role": "curator", "team": "arrivals"}))
    assert "Curator in team arrivals" not in root.get("/people").text
    done(root.post("/person/ana/disable"))
    assert "Disabled" in root.get("/people").text


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_the_operator_makes_a_token_that_is_shown_once_and_revoked(there, root):
    done(root.post("/person/add", data={"name": "ana"}))
    assert 'action="/token/create"' not in root.get("/people").text
    assert root.post("/token/create", data={"person": "ana"}).status_code == 403
    with there.browser() as operator:
        assert 'action="/token/create"' in operator.get("/people").text
        made = operator.post("/token/create", data={"person": "ana", "about": "laptop", "days": "7"})
    assert made.status_code == 200
    [text] = re.findall(r"remiss_\w{12}_[\w-]{43}", made.text)
    assert made.headers["Cache-Control"] == "no-store"
    assert text not in root.get("/people").text
    with there.program(text) as client:
        assert client.get("/api/v1/cases").status_code == 403
        done(root.post(f"/token/{text.split('_')[1]}/revoke"))
        assert client.get("/api/v1/cases").status_code == 401


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_link_is_shown_once_and_signs_in_once(there, root):
    there.person("ana", role="reader")
    made = root.post("/token/link", data={"person": "ana", "minutes": "30"})
    assert made.headers["Cache-Control"] == "no-store"
    [link] = re.findall(rf"{there.url}/sign-in\?token=remiss_\w{{12}}_[\w-]{{43}}", made.text)
    assert link not in root.get("/people").text
    with there.stranger(headers={"Origin": there.url}) as browser:
        token = link.partition("=")[2]
        assert "works once" in browser.get(link).text
        assert browser.post("/sign-in", data={"token": token}).status_code == 303
    page = root.get("/people").text
    assert "Sign-in link" in page
    assert '<span class="muted">Used <time' in page
    assert root.post("/token/link", data={"person": "ana", "minutes": "0"}).status_code == 422


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_somebody_new_comes_with_roles_and_a_link_by_one_form(there, root):
    done(root.post("/team/add", data={"name": "arrivals"}))
    form = {"name": "ana", "about": "Ana Lima", "team": "arrivals", "clearance": "internal", "invited": "true", "minutes": "30"}
    made = root.post("/person/add", data={**form, "roles": ["annotator", "verifier"]})
    assert made.headers["Cache-Control"] == "no-store"
    for role in ("Annotator", "Verifier"):
        assert f"{role} in team arrivals, up to internal" in made.text
    [link] = re.findall(rf"{there.url}/sign-in\?token=(remiss_\w{{12}}_[\w-]{{43}})", made.text)
    with there.browser_of(link) as browser:
        assert browser.get("/queue", headers={"Accept": "text/html"}).status_code == 200


@pytest.mark.postgresql_in_soak("others send it each of these statements")
@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"name": "Bo"}, "name"),
        ({"name": "root"}, "name"),
        ({"about": "x" * 300}, "about"),
        ({"roles": []}, "roles"),
        ({"roles": "boss"}, "roles"),
        ({"team": "departures"}, "team"),
        ({"minutes": "0"}, "minutes"),
    ],
)
def test_what_is_wrong_with_somebody_new_is_marked_and_nobody_comes(root, wrong, field):
    form = {"name": "bo", "roles": "reader", "team": "default", "invited": "true", "minutes": "30"} | wrong
    refused = root.post("/person/add", data=form)
    assert refused.status_code in {404, 409, 422}
    marked = re.findall(r'name="(\w+)"[^>]* aria-invalid="true" aria-describedby="problem"', refused.text)
    assert set(marked) == {field}
    assert ">bo<" not in root.get("/people").text


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_whoever_holds_less_invites_nobody_to_more(there):
    low = there.person("low", role="admin", team="*", clearance="internal")
    with there.browser_of(low) as browser:
        form = {"name": "bo", "roles": "reader", "team": "default", "clearance": "secret", "invited": "true"}
        refused = browser.post("/person/add", data=form, headers={"Accept": "text/html"})
        assert refused.status_code == 403
        assert 'name="clearance" aria-invalid="true"' in refused.text
        assert ">bo<" not in browser.get("/people", headers={"Accept": "text/html"}).text


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_a_person_is_told_what_others_made_for_them_and_makes_tokens_of_their_own(there, root):
    done(root.post("/person/add", data={"name": "ana"}))
    done(root.post("/person/grant", data={"name": "ana", "role": "reader"}))
    made = root.post("/token/link", data={"person": "ana", "minutes": "30"})
    [link] = re.findall(r"remiss_\w{12}_[\w-]{43}", made.text)
    with there.browser_of(link) as browser:
        browser.headers["Accept"] = "text/html"
        for path in ("/", "/inbox", "/account"):
            page = browser.get(path).text
            assert "A sign-in link, by <strong>root</strong>" in page, path
            assert ", used <time" in page
        shown = browser.post("/account/token", data={"about": "laptop", "days": "7"})
        assert shown.headers["Cache-Control"] == "no-store"
        [token] = re.findall(r"remiss_\w{12}_[\w-]{43}", shown.text)
        assert token not in browser.get("/account").text
        assert browser.post("/account/token", data={"days": "0"}).status_code == 422
        with there.program(token) as client:
            assert client.get("/api/v1/cases").status_code == 200
            revoked = browser.post(f"/account/token/{token.split('_')[1]}/revoke")
            assert (revoked.status_code, revoked.headers["Location"]) == (303, "/account")
            assert client.get("/api/v1/cases").status_code == 401
        # With the link goes the session that it opened.
        assert browser.post(f"/account/token/{link.split('_')[1]}/revoke").status_code == 303
        assert browser.get("/account").status_code == 401


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_what_is_refused_is_said_above_what_there_is(root):
    refused = root.post("/person/grant", data={"name": "nobody", "role": "reader"})
    assert refused.status_code == 404
    assert "No active person is named" in refused.text
    wrong = root.post("/person/add", data={"name": "Ana Lima"})
    assert wrong.status_code == 422
    assert "is not a valid name of a person" in wrong.text


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_whoever_may_only_look_sees_no_form(there):
    with there.browser_of(there.person("sam", role="steward")) as browser:
        page = browser.get("/people", headers={"Accept": "text/html"})
        assert page.status_code == 200
        assert page.text.count("<form") == 1  # to sign out
        assert "Tokens" not in page.text
        assert browser.post("/person/add", data={"name": "friend"}).status_code == 403


@pytest.mark.postgresql_in_soak("others send it each of these statements")
def test_whoever_may_not_look_finds_no_way_there(there):
    with there.browser_of(there.person("ana", role="reader")) as browser:
        page = browser.get("/cases", headers={"Accept": "text/html"})
        assert 'href="/people"' not in page.text
        assert browser.get("/people", headers={"Accept": "text/html"}).status_code == 403
