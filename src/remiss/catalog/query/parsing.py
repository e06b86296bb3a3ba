r"""The filter language as people write it: text in, a `Query` out, or an error that says where it went wrong.

    expression := conjunction ("OR" conjunction)*
    conjunction := factor ("AND"? factor)*
    factor := "NOT" factor | "-" factor | "(" expression ")" | comparison | phrase
    comparison := key ":" ("=" | "<" | "<=" | ">" | ">=")? value
    value := "quoted" | bare | bare ".." bare

Operators are in capitals: `or` and `severity=2`, which other languages read as operators, are refused unless they are quoted.
In bare text a backslash takes the next letter as it is; `*` stands for anything. Quoted text is taken as it is, but for
`\"` and `\\`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from remiss.catalog.full_text import words_of
from remiss.catalog.query.expression import EVERYTHING, Not, Operator, Query, Term, Text, both, either
from remiss.catalog.query.fields import (
    BY_NAME,
    CLUSTER,
    FAMILIES,
    HAS,
    NAMEABLE,
    OF_SAMPLE,
    TABLE,
    UNNAMEABLE,
    Key,
    find,
    nearest,
)
from remiss.catalog.query.values import InvalidValue, read
from remiss.errors import QueryError

# Far above what anybody writes, far below what would exhaust a parser's or a database's stack.
LENGTH_LIMIT = 4_000
DEPTH_LIMIT = 40
LEAF_LIMIT = 200

SPACE = re.compile(r"\s*")
NAME = r"""([^\W\d][\w-]*(?:\.(?:"(?:\\.|[^"\\])+"|[^\s:()"\\<>=]*))?)"""
KEY = re.compile(f"{NAME}:")
NAMED = re.compile(NAME)
OPERATOR = re.compile(r"<=|>=|<|>|=|")
QUOTED = re.compile(r'"((?:\\.|[^"\\])*)"', re.DOTALL)
BARE = re.compile(r'(?:\\.|[^\s()"\\])+', re.DOTALL)
ESCAPE = re.compile(r"\\(.)", re.DOTALL)
OPERATORS = {"AND": "both", "OR": "either", "NOT": "all others"}
# How other languages compare; a value may hold the same signs.
OTHER_COMPARISON = re.compile(r"([^\W\d][\w.]*)?(==|=|!=|<>|<=|>=|<|>)(.*)", re.DOTALL)
AFTER = re.compile(r"[\s()]|$")
# A cluster of a clustering, as names of clusters are written out.
FOUND = re.compile(r"[\w-]+@[\w-]+", re.ASCII)
KNOWN = (*(key.name for key in TABLE if key.name not in FAMILIES), HAS)


@lru_cache(256)
def parse(text: str, *, of_sample: bool = False) -> Query:
    """Return the query that `text` writes; empty text is everything.

    Parameters
    ----------
    of_sample : whether sampled events are asked, of which the groups that they were kept in may be asked too

    Raises
    ------
    QueryError : with the column, counted from 1, and what to write instead

    >>> parse("severity:<=2")
    Term(key='severity', operator=<Operator.AT_MOST: '<='>, value=2, level=<Level.PEOPLE: 'people'>)
    """
    if len(text) > LENGTH_LIMIT:
        raise QueryError(f"the query has {len(text)} characters, more than {LENGTH_LIMIT}", do="search in smaller steps")
    for at, letter in enumerate(text):
        if letter == "\0" or "\ud800" <= letter <= "\udfff":
            raise QueryError(f"the query has a character that no text may hold, at column {at + 1}", do="remove it")
    reader = QueryReader(text, of_sample=of_sample)
    if reader.done():
        return EVERYTHING
    query = reader.expression()
    if not reader.done():
        raise reader.error("a closing parenthesis without its opening one", "remove it, or quote it to search for it")
    return query


@dataclass
class QueryReader:
    """Reads one expression from left to right; `at` is the next character to read."""

    text: str
    of_sample: bool = False
    at: int = 0
    depth: int = 0
    leaf_count: int = 0

    def error(self, what: str, do: str, at: int | None = None) -> QueryError:
        return QueryError(f"{what}, at column {(self.at if at is None else at) + 1}", do=do)

    def take(self, pattern: re.Pattern[str]) -> re.Match[str] | None:
        found = pattern.match(self.text, self.at)
        if found:
            self.at = found.end()
        return found

    def done(self) -> bool:
        self.take(SPACE)
        return self.at == len(self.text)

    def word(self, word: str) -> bool:
        """Take an operator word when it stands here as a word of its own."""
        self.take(SPACE)
        end = self.at + len(word)
        if self.text.startswith(word, self.at) and AFTER.match(self.text, end):
            self.at = end
            return True
        return False

    def closes(self) -> bool:
        return self.done() or self.text[self.at] == ")"

    def expression(self) -> Query:
        parts = [self.conjunction()]
        while self.word("OR"):
            parts.append(self.conjunction())
        return either(*parts)

    def conjunction(self) -> Query:
        parts = [self.factor()]
        while not self.closes():
            start = self.at
            if self.word("OR"):
                self.at = start
                break
            self.word("AND")
            parts.append(self.factor())
        return both(*parts)

    def factor(self) -> Query:
        self.depth += 1
        if self.depth > DEPTH_LIMIT:
            raise self.error(f"parentheses and negations nest deeper than {DEPTH_LIMIT}", "write it flatter")
        query = self.nested()
        self.depth -= 1
        return query

    def nested(self) -> Query:
        if self.done():
            raise self.error("something is missing", "write a term after the operator, or quote the operator to search for it")
        start = self.at
        for operator in ("AND", "OR"):
            if self.word(operator):
                raise self.error(f"{operator} has nothing before it", f'write a term first, or quote it: "{operator}"', start)
        if self.word("NOT"):
            return Not(self.factor())
        match self.text[self.at]:
            case "-" if not AFTER.match(self.text, self.at + 1) or self.text.startswith("(", self.at + 1):
                self.at += 1
                return Not(self.factor())
            case "(":
                return self.group(start)
            case ")":
                raise self.error("nothing stands before this parenthesis", "write a term, or remove the parentheses")
        return self.leaf()

    def group(self, start: int) -> Query:
        self.at += 1
        query = self.expression()
        if self.done():
            raise self.error("a parenthesis is never closed", "close it, or quote it to search for it", start)
        self.at += 1
        return query

    def leaf(self) -> Query:
        self.leaf_count += 1
        if self.leaf_count > LEAF_LIMIT:
            raise self.error(f"more than {LEAF_LIMIT} terms", "search in smaller steps")
        start = self.at
        key = self.take(KEY)
        return self.comparison(key[1], start) if key else self.phrase(start)

    def phrase(self, start: int) -> Query:
        raw, quoted = self.value("text", start)
        if not quoted:
            self.check_meant(raw, start)
        phrase = raw if quoted else ESCAPE.sub(r"\1", raw)
        if not words_of(phrase):
            raise self.error(f"there is no word in {phrase!r}", "search for letters or digits", start)
        return Text(phrase)

    def check_meant(self, raw: str, start: int) -> None:
        """Refuse bare text that was meant for an operator or a comparison of another language, and would be searched for."""
        if raw.upper() in OPERATORS:
            does = OPERATORS[raw.upper()]
            do = f'write {raw.upper()} for {does}, or "{raw}" for the word'
            raise self.error(f"{raw!r} is searched for as a word only in quotes", do, start)
        found = OTHER_COMPARISON.fullmatch(raw)
        if found is None:
            return
        name, sign, value = found.groups()
        if not name or not value:
            raise self.error(f"{raw!r} compares nothing", "write KEY:VALUE without spaces, for example severity:<=2", start)
        minus, shown = ("-", "") if sign in {"!=", "<>"} else ("", "" if sign in {"=", "=="} else sign)
        raise self.error(f"{raw!r} is no comparison", f"write {minus}{name}:{shown}{value}, or quote it to search for it", start)

    def comparison(self, written: str, start: int) -> Query:
        if written in NAMEABLE:
            return self.named(written, start)
        if written == HAS:
            named = self.take(NAMED)
            if named is None or not AFTER.match(self.text, self.at):
                raise self.error(f"{HAS} needs the name of a key", f"write for example {HAS}:label", start)
            name, key = self.known(named[1], named.start())
            return Term(name, Operator.PRESENT, None, key.level)
        name, key = self.known(written, start)
        sign = self.take(OPERATOR)
        operator = Operator(sign[0]) if sign and sign[0] else Operator.EQUAL
        at = self.at
        raw, quoted = self.value(written, start)
        try:
            if name == "model" and not quoted and operator is Operator.EQUAL and split_at(raw) is not None:
                return versioned(key, raw)
            return read(name, key, operator, raw, quoted=quoted)
        except InvalidValue as error:
            raise self.error(error.what, error.do, at) from error

    def named(self, kind: str, start: int) -> Query:
        """Return the cluster of a clustering; what a name stands for depends on who asks, and is not known here."""
        raw, _ = self.value(kind, start)
        if kind == CLUSTER.name and FOUND.fullmatch(raw):
            return Term(kind, Operator.EQUAL, raw, CLUSTER.level)
        raise self.error(f"{kind}:{raw[:80]} is a name, which nothing can be called by here", "write what it stands for", start)

    def known(self, written: str, start: int) -> tuple[str, Key]:
        """Return canonical name and table entry of a key as it was written."""
        name = written
        family, dot, field = written.partition(".")
        if dot and field.startswith('"'):
            name = family + "." + ESCAPE.sub(r"\1", field[1:-1])
        key = None if name in NAMEABLE else find(name)
        if key in OF_SAMPLE and not self.of_sample:
            what = f"{written!r} asks how a sampled event was drawn, which only lists of sampled events are asked"
            raise self.error(what, f"use remiss sample list '{key.example}'; cases are found by criterion:NAME", start)
        if key is not None and UNNAMEABLE.search(name):
            raise self.error(f"no field is named {name!r}", "a field's name has no quote, backslash or line break", start)
        if key is not None:
            return name, key
        if f"{written.rstrip('.')}." in FAMILIES:
            example = BY_NAME[f"{written.rstrip('.')}."].example
            raise self.error(f"{written} needs the name of a field", f"write for example {example}", start)
        close = nearest(f"{family}.", FAMILIES) if dot else nearest(name, KNOWN)
        suggestion = f"{close}{field}" if dot and close else close
        hint = f"did you mean {suggestion}? " if suggestion else f"keys are {', '.join(KNOWN)}, inputs.NAME, context.NAME; "
        raise self.error(f"unknown key {written!r}", f"{hint}to search for the text itself, quote it", start)

    def value(self, name: str, start: int) -> tuple[str, bool]:
        """Take a value and return it with whether it was quoted; quotes are gone, escapes of bare text are not."""
        quoted = self.take(QUOTED)
        found = quoted or self.take(BARE)
        if found is None:
            if self.at < len(self.text) and self.text[self.at] == '"':
                raise self.error("a quote is never closed", 'close it with "')
            if self.at < len(self.text) and self.text[self.at] == "(":
                do = f"write ({name}:A OR {name}:B), or quote a value that has parentheses"
                raise self.error(f"{name}: cannot take a group", do)
            raise self.error(f"no value for {name}", f"write {name}:VALUE without a space between, or quote it", start)
        if not AFTER.match(self.text, self.at):
            raise self.error("a quote or backslash in the middle of a word", 'quote the whole, with \\" for a quote in it')
        return (ESCAPE.sub(r"\1", found[1]), True) if quoted else (found[0], False)


def split_at(raw: str) -> int | None:
    """Return where the last @ of bare text stands that no backslash takes as it is."""
    at = ESCAPE.sub("--", raw).rfind("@")
    return None if at < 0 else at


def versioned(key: Key, raw: str) -> Query:
    """Return what `model:NAME@VERSION` means: two comparisons."""
    at = split_at(raw) or 0
    model, version = raw[:at], raw[at + 1 :]
    parts = []
    for name, value in ((key.name, model), ("model_version", version)):
        if value:
            parts.append(read(name, BY_NAME[name], Operator.EQUAL, value, quoted=False))
    if len(parts) < 2:
        raise InvalidValue(
            f"model {raw!r} lacks its name or its version", "write model:NAME@VERSION, or quote a name that has an @"
        )
    return both(*parts)
