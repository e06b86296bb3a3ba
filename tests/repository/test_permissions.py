"""Every action, route and command stands under a permission that the policy knows."""

from __future__ import annotations

from remiss.contract.table import entries
from remiss.faces.http.answering import DOCUMENTS
from remiss.govern.roles import OF_ADMINS, OF_THE_CATALOG, PERMISSIONS, ROLES
from scripts.declared import load
from scripts.reference.faces import commands
from tests.faces.http.routes import WAYS
from tests.tables import each

ACTIONS = load()
KNOWN = {permission for role in ROLES.values() for permission in role}
# Commands that are no action, and why they need no permission.
BESIDE = {
    "remiss init": "makes a database, for whoever can",
    "remiss catalog backup": "copies a database and its folders, for who has them",
    "remiss catalog restore": "makes a database, for whoever can",
    "remiss catalog upgrade": "opens a database",
    "remiss demo": "makes a folder of its own",
    "remiss serve": "opens a database",
    "remiss job run": "opens a database, and does what others posted by their rights",
    "remiss schema": "reads no catalog",
    "remiss protocol new": "writes a file",
    "remiss suite verify": "reads a folder",
    "remiss result report": "writes what result.show and result.rows answer",
    "remiss gate report": "writes what gate.show answers",
    "remiss gate verify": "reads a file",
    "remiss case notebook": "writes what case.show answers",
}
# What an action asks besides of what is not one's own.
ASKED_WITHIN = {"token:revoke", "waiver:end"}
# Routes that are no action's: what they show is of no catalog, or they ask by themselves (tests/faces/http/test_matrix.py).
OPEN = {"/livez", "/readyz", "/sign-in", "/sign-in/style.css", "/sign-out"}
OF_THE_PROGRAM = {*DOCUMENTS, "/static/{file}", "/assets/{file}"}


@each("name", ACTIONS)
def test_the_policy_knows_the_permission_of_an_action(name):
    assert ACTIONS[name].permission in PERMISSIONS


def test_no_permission_of_admins_is_one_that_others_have():
    assert not OF_ADMINS & KNOWN
    assert OF_THE_CATALOG <= KNOWN | OF_ADMINS
    assert {action.permission for action in ACTIONS.values()} >= OF_ADMINS - ASKED_WITHIN


def test_a_command_is_an_action_or_says_why_not():
    of_actions = {face.command.partition(" --")[0] for face in entries().values()}
    there = {context.command_path for context in commands()}
    assert there - of_actions - BESIDE.keys() == set()


def test_a_route_of_the_api_is_an_action_s():
    of_actions = {face.route for face in entries().values()}
    others = {str(way) for way in WAYS if way.path.startswith("/api/")} - of_actions - {"POST /api/v1/actions/{name}"}
    assert {each.partition(" ")[2] for each in others} <= OF_THE_PROGRAM
