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


# What reads and knows no position, and why; the reference of commands tells users.
OF_NOW = {
    "capture.due": "what a capture would do now",
    "capture.plan": "what a capture would do now",
    "reproduce": "what a run filed never changes, and its source is as it is now",
    "attachment.get": "what was erased is gone",
    "case.duplicates": "what somebody is about to file, as it is now",
    "case.notebook": "what a replay would ask now",
    "replay.list": "what is kept and not blinded, as it stands",
    "case.form": "what somebody is about to label, as it is now",
    "queue.list": "what waits is as it is now",
    "doctor": "the machine as it is",
    "job.list": "how work stands now",
    "job.show": "how work stands now",
    "model.check": "the model as it answers now",
    "model.list": "the file of models as it is",
    "gate.attest": "a decision never changes, and what is waived is as it stands now",
    "gate.checklist": "what is true before a release, as it stands now",
    "flag.evaluate": "what programs are told now",
    "flag.list": "what programs are told now",
    "gate.show": "a decision never changes, and what is waived is as it stands now",
    "result.rows": "a result never changes",
    "result.show": "a result never changes",
    "scenario.rows": "of the position that the suite was built from",
    "suite.logged": "the log as it is, by the windows in force",
    "suite.compare": "of two results, which never change",
    "suite.rows": "of the position that the suite was built from",
    "view.list": "what people saved, as it stands",
    "audit.search": "a log has no positions but its own; --until names a moment",
    "evidence.show": "the raw event as it lies in the vault",
    "audit.verify": "a log as it is",
    "audit.checkpoint": "a log as it is",
    "audit.prove": "an entry never changes",
    "protocol.check": "reads no catalog",
    "taxonomy.show": "reads no catalog",
    "taxonomy.rehearse": "what a recoding would do now",
}

# What reads and leaves no entry in the audit's log of views, and why.
UNSEEN = {
    "audit.checkpoint": "a hash of a log",
    "catalog.info": "how much there is",
    "doctor": "the machine",
    "gate.attest": "what was decided of a model",
    "flag.evaluate": "what was decided of a model",
    "flag.list": "what was decided of models",
    "gate.checklist": "what was decided of a model, a count of cases, and ids of cases",
    "gate.list": "what was decided of models, and ids of cases",
    "gate.show": "what was decided of a model, and ids of cases",
    "job.list": "how work stands, and ids of runs",
    "job.show": "how work stands, and ids of runs",
    "model.check": "a row of the caller's own, or of the file of models",
    "model.list": "what the file of models says",
    "protocol.check": "a document of the caller's own",
    "protocol.diff": "rules, and no event",
    "protocol.list": "rules, and no event",
    "protocol.show": "rules, and no event",
    "result.list": "counts of events",
    "result.show": "counts of events",
    "run.cells": "counts of events",
    "run.compare": "counts of events, and rules",
    "run.histograms": "counts of events",
    "run.coverage": "counts of windows",
    "capture.due": "bounds of windows",
    "capture.plan": "counts of events",
    "reproduce": "digests of a run",
    "run.show": "counts of events",
    "status": "counts of windows",
    "run.windows": "counts of events",
    "scenario.list": "counts of events",
    "scenario.show": "counts of events",
    "suite.list": "counts of events",
    "suite.show": "counts of events",
    "taxonomy.show": "names of modes",
    "view.list": "addresses of pages, and no event",
    "waiver.list": "what was decided of models, and no event",
}


@each("name", [name for name, action in ACTIONS.items() if action.reads])
def test_whatever_shows_something_of_cases_or_people_says_so_to_the_audit(name):
    assert (ACTIONS[name].views is None) == (name in UNSEEN)


@each("name", [name for name, action in ACTIONS.items() if action.reads and name not in OF_NOW])
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
