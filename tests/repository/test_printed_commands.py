"""Every command that the docs print for `remiss` is one that it takes: its name, its options and the values of these."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from itertools import dropwhile, takewhile
from pathlib import Path

import click

from remiss.faces.cli.main import cli
from tests.tables import each

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([ROOT / "README.md", ROOT / "SECURITY.md", *(ROOT / "docs").rglob("*.md")])
BLOCK = re.compile(r"^ *```(?:sh)?\n(.*?)^ *```", re.MULTILINE | re.DOTALL)
# What stands for further words.
LEFT_OUT = "..."
USAGE = "[OPTIONS]"  # the reference's line of how a command is called, which is made from it
ENDS = "();<>|&"


def printed(page: Path) -> list[list[str]]:
    """Return the words of every command for remiss on a page, without comments and where they are sent to."""
    found = []
    for block in BLOCK.findall(page.read_text("utf-8")):
        for line in block.replace("\\\n", " ").splitlines():
            if re.match(r"[\s(]*(umask 077; *)?remiss ", line):
                found += [words[1:] for words in commands(line) if words[0] == "remiss" and USAGE not in words]
    return found


def commands(line: str) -> Iterator[list[str]]:
    """Yield the commands of a line of shell as their words."""
    lexer = shlex.shlex(line, posix=True, punctuation_chars=ENDS)
    lexer.whitespace_split = True
    lexer.commenters = ""  # it would see one in an address; a comment is a word that begins with #
    words = [*takewhile(lambda word: not word.startswith("#"), lexer), ";"]
    while ";" in words:
        first, words = words[: words.index(";")], words[words.index(";") + 1 :]
        kept = list(takewhile(lambda word: not set(word) <= set(ENDS), dropwhile(lambda word: word == "(", first)))
        if kept:
            yield kept


def parsed(words: list[str]) -> None:
    """Let click read a command as far as it would before it runs it."""
    command: click.Command = cli
    context = command.make_context("remiss", [word for word in words if word != LEFT_OUT])
    while isinstance(command, click.Group):
        _, inner, rest = command.resolve_command(context, [*context._protected_args, *context.args])
        assert inner is not None
        command = inner
        context = command.make_context(inner.name, rest, parent=context)


PRINTED = [(str(page.relative_to(ROOT)), words) for page in PAGES for words in printed(page)]


@each("page, words", PRINTED, ids=lambda row: f"{row[0]}: {' '.join(row[1])}")
def test_remiss_takes_every_command_that_the_docs_print(page, words):
    parsed(words)


def test_many_commands_are_printed():
    assert len(PRINTED) > 150
