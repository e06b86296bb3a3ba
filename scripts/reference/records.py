"""Reference pages of what stands in tables of the code: settings, errors, states, filter keys, failure modes."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

from remiss import errors, settings
from remiss.catalog.query import fields
from remiss.catalog.query.expression import Level
from remiss.records.states import MOVES, Status
from scripts.reference.markdown import block, code, page, prose, table

SPEAKS_OF = {
    Level.EVENT: "the event as production logged it",
    Level.CRITERION: "what criteria said of it",
    Level.PEOPLE: "what people added",
    Level.SAMPLE: "how a sampled event was drawn",
}


def settings_page() -> str:
    """Every setting, its environment twin and default."""
    rows = [[code(each.name), code(each.variable), code(each.default) or "not set", each.help] for each in settings.TABLE]
    lead = (
        "A setting is taken from the command line where there is an option for it, else from the environment, else its default "
        "holds. It is read once, when a catalog is opened."
    )
    return page("Settings", lead, table(["setting", "environment", "default", "meaning"], rows))


def error_classes(base: type[errors.RemissError] = errors.RemissError) -> Iterator[type[errors.RemissError]]:
    """The base and all that derive from it, each before those that derive from it, in the order of the module."""
    yield base
    for each in base.__subclasses__():
        yield from error_classes(each)


def errors_page() -> str:
    """The tree of errors with their codes and exit statuses."""
    lead, tree, rest = (inspect.getdoc(errors) or "").split("\n\n")
    rows = [[code(each.code), code(each.__name__), str(each.exit_status), prose(each)] for each in error_classes()]
    return page(
        "Errors",
        f"{lead}\n\nOn the command line the problem and its place stand on the first line, and what to do about it on the next.",
        "## Codes",
        table(["code", "class", "exit status", "when"], rows),
        "## The tree",
        block(inspect.cleandoc(tree)),
        rest,
        "Exit status 0 is done, or yes. Only 70, a fault of ours, comes with a traceback and where to report it.",
    )


def states_page() -> str:
    """The states of a case and every move between them."""
    rows = [[code(before), code(move), code(after)] for (before, move), after in MOVES.items()]
    starts = " and ".join(code(each) for each in (Status.CANDIDATE, Status.CONTROL))
    return page(
        "States of a case",
        f"A case begins as {starts}. This table has every move there is; whatever is not in it is refused.",
        table(["from", "move", "to"], rows),
        "How people label: [Label cases](../how-to/label-cases.md). How a version resolves a case, and a later one makes "
        "it recur: [resolve what a version fixes](../how-to/test-a-model-version.md#resolve-what-a-version-fixes).",
    )


def query_page() -> str:
    """The filter language and its keys."""
    parts = []
    for level, of in SPEAKS_OF.items():
        rows = [
            [code(each.name + ("NAME" if each.name.endswith(".") else "")), each.form, meaning(each), code(each.example)]
            for each in (*fields.TABLE, *fields.OF_SAMPLE)
            if each.level is level
        ]
        parts += [f"## Keys that speak of {of}", table(["key", "form", "meaning", "example"], rows)]
    return page(
        "Filter language",
        "What `remiss case search`, `remiss estimate` and the library understand.",
        table(
            ["write", "for"],
            [
                ["`key:value`", "equal; a `*` in the value stands for any text"],
                ["`key:>0.8` `key:<=2`", "compared: `<`, `<=`, `>`, `>=`"],
                ["`key:2013-06-01..2013-06-30`", "a range, both ends included"],
                ["`has:key`", "the key has any value at all"],
                ["`airport:EWR`", "a field without its family, where only one has that name: `context.airport:EWR`"],
                ["`slice:NAME`", "what the query of a slice that was kept matches"],
                ["`cluster:ID`", "the cases of a cluster as it was last found, also by the id of one that was merged into it"],
                [
                    '`word` or `"several words"`',
                    "full text over redacted text, title and note, and values of the event; several words are a phrase",
                ],
                ["`a b`, `a AND b`", "both"],
                ["`a OR b`", "either"],
                ["`NOT a`, `-a`", "not"],
                ["`(...)`", "grouping"],
                ['`key:"two words"`', "a value with spaces or brackets in it"],
            ],
        ),
        "Operators are in capitals; `or` and `severity=2` are refused unless quoted. A key that does not exist is "
        "refused with the nearest one that does. An estimate without `--of` takes its denominator "
        "from the keys that speak of the event; see [how to read an estimate](../how-to/read-an-estimate.md).",
        "A context field of some case that the asker may see, and an input that a protocol declares, may be written without "
        "`context.` or `inputs.`; where two have the name, both are named. What was meant is written out before anything is "
        "asked: the answer says it (`read_as`), and links have the whole name.",
        "The name of a slice and the id of a cluster are written out likewise: a slice as its query, a cluster "
        "together with the clustering that has it, so that it stays the same cases. A cluster is of sampled events: what was "
        "captured since is not in it, an exact figure over the log is refused, and the denominator of a rate leaves it out. Of a "
        "slice or a cluster that the asker may not know it is said that there is none.",
        *parts,
    )


def meaning(key: fields.Key) -> str:
    """The help of a key with the words it may take."""
    return key.help + (f" One of {', '.join(code(each) for each in key.choices)}." if key.choices else "")
