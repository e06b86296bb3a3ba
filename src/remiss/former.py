"""Former names: what actions, commands, options, parameters and values were called, so that errors say what they are called now.

Nothing answers to a former name. Entries of the logs keep the words that they were written with; readers show the new one beside,
and a search for either finds both.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

ACTIONS: Mapping[str, str] = {
    "case.alike": "case.similar",
    "case.conclude": "write-up.write",
    "case.experiment": "experiment.write",
    "case.remedy": "remediation.write",
    "case.sheet": "case.form",
    "case.suppose": "hypothesis.write",
    "run.capture": "capture",
    "run.due": "capture.due",
    "run.plan": "capture.plan",
    "run.reproduce": "reproduce",
    "run.status": "status",
}
COMMANDS: Mapping[str, str] = {
    "case alike": "case similar",
    "case investigate": "hypothesis write, experiment write, remediation write and write-up write",
    "case sheet": "case form",
}
OPTIONS: Mapping[str, str] = {"--also": "--other-mode", "--basis": "--variance", "--beside": "--exclude"}
# Of parameters in calls and requests, by action.
KEYS: Mapping[str, Mapping[str, str]] = {
    "case.facets": {"field": "fields"},
    "estimate": {"basis": "variance"},
    "inbox.list": {"all": "everything"},
    "person.add": {"name": "person"},
    "protocol.check": {"protocol": "path"},
    "queue.next": {"beside": "exclude"},
    "taxonomy.recode": {"document": "documents"},
    "taxonomy.rehearse": {"document": "documents"},
    "team.add": {"name": "team"},
}
# Of published JSON.
KINDS: Mapping[str, str] = {"sheet": "form"}
# Of choices, by parameter.
VALUES: Mapping[str, Mapping[str, str]] = {"variance": {"log": "sample"}}


def value_hint(parameter: str, value: object) -> str:
    """Return what to add to the refusal of a value: what it is called now, or nothing.

    >>> value_hint("variance", "log"), value_hint("variance", "hunch")
    ('; log is sample now', '')
    """
    now = VALUES.get(parameter, {}).get(value) if isinstance(value, str) else None
    return f"; {value} is {now} now" if now else ""


def key_hint(action: str, given: Iterable[str]) -> str:
    """Return what to add to the refusal of parameters: what they are called now, or nothing.

    >>> key_hint("estimate", ["rate", "basis"]), key_hint("estimate", ["rate"])
    ('; basis is variance now', '')
    """
    keys = KEYS.get(action, {})
    return "".join(f"; {each} is {keys[each]} now" for each in given if each in keys)


def names_of(action: str) -> tuple[str, ...]:
    """Return the names under which the logs know an action: its own, and those that it had.

    >>> names_of("case.form"), names_of("case.show")
    (('case.form', 'case.sheet'), ('case.show',))
    """
    now = ACTIONS.get(action, action)
    return (now, *sorted(former for former, new in ACTIONS.items() if new == now))


def shown(action: str) -> str:
    """Return an action of a log as readers show it: with the name that it has now.

    >>> shown("case.sheet"), shown("case.show")
    ('case.sheet (now case.form)', 'case.show')
    """
    return f"{action} (now {ACTIONS[action]})" if action in ACTIONS else action
