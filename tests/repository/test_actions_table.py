"""Every action is found in every place where a user looks for it."""

from __future__ import annotations

import inspect

import click
import pytest

from remiss.faces.actions import FACES
from scripts.reference.__main__ import FOLDER
from scripts.reference.faces import commands, load_actions

ACTIONS = load_actions()
FACE = {face.action: face for face in FACES}
COMMANDS = {context.command_path: context.command for context in commands()}


@pytest.mark.parametrize("name", ACTIONS)
def test_an_action_has_a_command_and_a_route(name):
    face = FACE[name]
    path, *flags = face.command.split(" --")
    assert path in COMMANDS
    options = {option for parameter in COMMANDS[path].params for option in parameter.opts}
    assert {f"--{flag}" for flag in flags} <= options
    method, _, route = face.route.partition(" ")
    assert method in {"GET", "POST", "PATCH", "DELETE"}
    assert route.startswith("/api/v1/")


@pytest.mark.parametrize("name", ACTIONS)
def test_an_action_has_a_permission_and_a_docstring(name):
    noun, _, verb = ACTIONS[name].permission.partition(":")
    assert noun
    assert verb
    assert inspect.getdoc(ACTIONS[name].run)


@pytest.mark.parametrize("name", ACTIONS)
def test_an_action_names_its_subject_as_a_parameter(name):
    subject = ACTIONS[name].subject
    assert subject is None or subject in inspect.signature(ACTIONS[name].run).parameters


@pytest.mark.parametrize("name", ACTIONS)
def test_an_action_has_an_entry_in_the_reference(name):
    assert f"\n## {name}\n" in (FOLDER / "actions.md").read_text("utf-8")


def test_the_table_has_no_row_for_an_action_that_does_not_exist():
    assert sorted(FACE) == sorted(ACTIONS)


def test_no_action_stands_twice_in_the_table():
    assert len(FACE) == len(FACES)


def test_routes_are_distinct():
    assert len({face.route for face in FACES}) == len(FACES)


@pytest.mark.parametrize("path", COMMANDS)
def test_a_command_has_help_with_an_example(path):
    assert "Example" in (COMMANDS[path].help or "")


@pytest.mark.parametrize("path", COMMANDS)
def test_every_option_has_help(path):
    assert not [option.name for option in COMMANDS[path].params if isinstance(option, click.Option) and not option.help]


@pytest.mark.parametrize("path", COMMANDS)
def test_a_command_has_a_section_in_the_reference(path):
    assert f"\n## {path}\n" in (FOLDER / "commands.md").read_text("utf-8")
