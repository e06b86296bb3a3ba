"""The HTTP API has every action, under the route that the table says, and changes nothing by any other way."""

from __future__ import annotations

import re

import pytest

from remiss.codec import schemas
from remiss.contract.table import entries
from tests.faces.http.routes import READS, WAYS, application
from tests.tables import each

DOCUMENT = application().openapi()
OPERATIONS = {
    operation["operationId"]: (method.upper(), path, operation)
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
}
# Signing in and out are no actions: they change who may ask, and nothing in the catalog. `perform` is any action by its name.
BESIDE = {
    *(("POST", "/sign-in"), ("POST", "/sign-out"), ("POST", "/api/v1/actions/{name}")),
    # Another protocol's, which posts what it reads by.
    *(("POST", "/ofrep/v1/evaluate/flags"), ("POST", "/ofrep/v1/evaluate/flags/{key}")),
}
# These read, and are posted all the same: a document or a filing comes along, or logs are read for long.
POSTED = {
    "case.duplicates",
    "capture.plan",
    "capture.due",
    "protocol.check",
    "reproduce",
    "audit.verify",
    "audit.prove",
    "evidence.show",
    "case.replay",
    "model.check",
    "taxonomy.rehearse",
}


@each("face", entries().values(), ids=lambda face: face.name)
def test_an_action_has_its_route(face):
    method, path, operation = OPERATIONS[face.name]
    assert f"{method} {path}" == face.route
    assert operation["summary"] or operation["description"]


@each("face", entries().values(), ids=lambda face: face.name)
def test_what_a_command_that_reads_gives_as_csv_a_route_gives_too(face):
    good = next(answer for status, answer in OPERATIONS[face.name][2]["responses"].items() if status.startswith("2"))
    assert ("text/csv" in good["content"]) == (face.tabular and face.reads)


def test_no_route_is_shadowed_by_one_with_a_name_in_its_place():
    for at, way in enumerate(WAYS):
        pattern = re.compile(re.sub(r"{[^}]*}", "[^/]+", re.sub(r"{[^}]*:path}", ".+", way.path)))
        later = [each.path for each in WAYS[at + 1 :] if each.method == way.method and each.path != way.path]
        assert not [path for path in later if "{" not in path and pattern.fullmatch(path)], way.path


def test_whatever_changes_something_is_an_action_or_signs_in_or_out():
    of_actions = {tuple(face.route.split(" ")) for face in entries().values()}
    others = [way for way in WAYS if way.method not in READS and (way.method, way.path) not in of_actions | BESIDE]
    # A page's form posts what an action does; it is named as the action is, or by the action's verb under the action's noun.
    odd = [
        way
        for way in others
        if way.name not in entries() and f"{way.path.split('/')[1].removesuffix('s')}.{way.name}" not in entries()
    ]
    assert odd == []


def test_an_operation_id_is_given_once():
    found = [operation["operationId"] for methods in DOCUMENT["paths"].values() for operation in methods.values()]
    assert sorted(set(found)) == sorted(found)


@pytest.fixture(scope="module")
def published():
    """What every kind is called: to know it takes all chapters."""
    return frozenset(schemas())


@each("name", OPERATIONS)
def test_an_operation_says_how_it_answers(name, published):
    _, path, operation = OPERATIONS[name]
    assert operation["description"] if path.startswith("/api/") else True
    if path.startswith("/api/"):
        assert {"401", "422"} <= operation["responses"].keys()
        kinds = {
            content["schema"]["$ref"].rpartition("/")[2]
            for answer in operation["responses"].values()
            for media, content in answer.get("content", {}).items()
            if media == "application/json"
        }
        assert kinds <= published
        assert "error" in kinds


def test_the_document_is_openapi_3_1_and_refers_to_nothing_that_is_not_there():
    assert DOCUMENT["openapi"].startswith("3.1")
    there = DOCUMENT["components"]["schemas"].keys()

    def walk(node):
        match node:
            case dict():
                for key, value in node.items():
                    if key == "$ref":
                        assert value.rpartition("/")[2] in there
                    walk(value)
            case list():
                for value in node:
                    walk(value)

    walk(DOCUMENT)


def test_only_actions_that_read_or_write_have_the_method_for_it():
    from scripts.declared import load

    for name, action in load().items():
        method = OPERATIONS[name][0]
        assert (method == "GET") == (action.reads and name not in POSTED), name
