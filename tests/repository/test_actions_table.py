"""Every action is found in every place where a user looks for it."""

from __future__ import annotations

import inspect
import json
from importlib.resources import files

import click

from remiss.contract.table import FILE, entries
from scripts import declared
from scripts.reference.__main__ import FOLDER
from scripts.reference.faces import commands
from tests.command_line import ALWAYS_JSON, command_of
from tests.tables import each

ACTIONS = declared.load()
FACE = entries()
COMMANDS = {context.command_path: context.command for context in commands()}


@each("name", ACTIONS)
def test_an_action_has_a_command(name):
    path, *flags = FACE[name].command.split(" --")
    assert path in COMMANDS
    options = {option for parameter in COMMANDS[path].params for option in parameter.opts}
    assert {f"--{flag}" for flag in flags} <= options


@each("name", ACTIONS)
def test_an_action_has_a_permission_and_a_docstring(name):
    noun, _, verb = ACTIONS[name].permission.partition(":")
    assert noun
    assert verb
    assert inspect.getdoc(ACTIONS[name].run)


@each("name", ACTIONS)
def test_an_action_names_its_subject_as_a_parameter(name):
    subject = ACTIONS[name].subject
    assert subject is None or subject in inspect.signature(ACTIONS[name].run).parameters


@each("name", [name for name, action in ACTIONS.items() if action.reads])
def test_whatever_reads_says_to_the_audit_what_it_shows_of_cases_or_people_or_that_it_is_nothing_of_these(name):
    assert (ACTIONS[name].views is None) == (ACTIONS[name].unseen is not None)


@each("name", [name for name, action in ACTIONS.items() if not action.reads])
def test_what_changes_something_has_no_reasons_of_what_reads(name):
    assert (ACTIONS[name].unseen, ACTIONS[name].of_now) == (None, None)


@each("name", [name for name, action in ACTIONS.items() if action.reads and action.of_now is None])
def test_whatever_reads_the_catalog_reads_it_at_any_position(name):
    assert "as_of" in inspect.signature(ACTIONS[name].run).parameters
    path = FACE[name].command.partition(" --")[0]
    assert "--as-of" in {option for parameter in COMMANDS[path].params for option in parameter.opts}


def test_whatever_an_action_takes_its_command_can_give():
    missing = [
        (name, one.name)
        for name in ACTIONS
        for given in FACE[name].parameters
        for one in given.flattened
        if one.name not in {parameter.name for parameter in command_of(name).params}
    ]
    assert missing == []


@each("name", ACTIONS)
def test_an_answer_can_be_had_as_json(name):
    shapes = [each.type.choices for each in command_of(name).params if each.name == "shape"]
    assert name in ALWAYS_JSON or "json" in shapes[0]


@each("name", ACTIONS)
def test_an_action_has_an_entry_in_the_reference(name):
    assert f"\n## {name}\n" in (FOLDER / "actions.md").read_text("utf-8")


def test_the_table_is_what_the_declarations_say():
    assert declared.table() == json.loads(files("remiss.contract").joinpath(FILE).read_text("utf-8"))


def test_routes_are_distinct():
    assert len({face.route for face in entries().values()}) == len(entries())


@each("path", COMMANDS)
def test_a_command_has_help_with_an_example(path):
    assert "Example" in (COMMANDS[path].help or "")


@each("path", COMMANDS)
def test_every_option_has_help(path):
    assert not [option.name for option in COMMANDS[path].params if isinstance(option, click.Option) and not option.help]


@each("path", COMMANDS)
def test_a_command_has_a_section_in_the_reference(path):
    assert f"\n## {path}\n" in (FOLDER / "commands.md").read_text("utf-8")
