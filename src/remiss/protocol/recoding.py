"""The document of a recoding: YAML to checked moves of failure modes."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Annotated

from pydantic import Field

from remiss.errors import Location, RecodingError
from remiss.protocol.check_result import has_errors
from remiss.protocol.reading import read
from remiss.protocol.shape import Section, Sink, sink, validate
from remiss.records.recoding import Arm, ModeMove, Recoding

SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
MODE = re.compile(r"[a-z0-9][a-z0-9-]*:[a-z0-9][a-z0-9-]*(/[a-z0-9][a-z0-9-]*)*", re.ASCII)
RELABEL = "relabel"


class ArmModel(Section):
    to: str
    """the mode that it gives"""
    when: Annotated[str, Field(min_length=1)]
    """which cases, in the filter language"""


class MoveModel(Section):
    rename: str | None = None
    """a mode to be called otherwise"""
    merge: Annotated[list[str], Field(min_length=2)] | None = None
    """modes to become one"""
    split: str | None = None
    """a mode to become several"""
    to: str | None = None
    """what a renamed or merged mode becomes"""
    into: Annotated[list[ArmModel], Field(min_length=1)] | None = None
    """what a split mode becomes, by rules of which the first that holds counts"""
    otherwise: str | None = None
    """what a split mode becomes where no rule holds: a mode, or relabel, which is the default"""


class RecodingModel(Section):
    recode: str
    """the name of this migration; a slug"""
    about: Annotated[str, Field(min_length=1)]
    """why"""
    moves: Annotated[list[MoveModel], Field(min_length=1)]
    """what becomes of which modes"""


def load(text: str, file: str) -> Recoding:
    """Return the recoding that a YAML text holds.

    Raises
    ------
    RecodingError : the first finding, and how many there are more
    """
    document, early = read(text, file)
    findings = list(early)
    model = None
    if document is not None:
        model, complaints = validate(RecodingModel, document, file)
        findings += complaints
        if model is not None:
            _check(model, sink(findings, document, file, code="recoding"))
    if model is None or has_errors(findings):
        first = findings[0]
        more = f" (and {len(findings) - 1} more)" if len(findings) > 1 else ""
        raise RecodingError(first.what + more, where=Location(first.file, first.line), do=first.do)
    return Recoding(
        name=model.recode, about=" ".join(model.about.split()), moves=tuple(_move(each) for each in model.moves), text=text
    )


def _check(model: RecodingModel, add: Sink) -> None:
    if not SLUG.fullmatch(model.recode):
        add(("recode",), f"{model.recode[:40]!r} is not a name", "use lower-case letters, digits and hyphens")
    seen: set[str] = set()
    given = {target for each in model.moves for target in _targets(each)}
    for at, each in enumerate(model.moves):
        where = ("moves", at)
        kinds = [name for name in ("rename", "merge", "split") if getattr(each, name) is not None]
        if len(kinds) != 1:
            add(where, "a move does not do one thing", "give it rename, merge or split")
            continue
        splits = kinds == ["split"]
        if splits != (each.into is not None) or splits == (each.to is not None) or (each.otherwise is not None and not splits):
            does = "into, and perhaps otherwise" if splits else "to"
            add(where, f"a {kinds[0]} does not say what becomes of it", f"give it {does}, and nothing else")
            continue
        for mode in (*_sources(each), *_targets(each)):
            if not MODE.fullmatch(mode):
                add(where, f"{mode[:80]!r} is not a failure mode", "write NAMESPACE:PATH, for example remiss:model/weak-slice")
        for mode in _sources(each):
            if mode in seen:
                add(where, f"the mode {mode} is moved twice", "say once what becomes of it")
            if mode in given:
                add(where, f"the mode {mode} is moved and given too", "move it in a recoding of its own, before or after")
            seen.add(mode)


def _sources(move: MoveModel) -> tuple[str, ...]:
    return tuple(filter(None, (move.rename, move.split, *(move.merge or ()))))


def _targets(move: MoveModel) -> Iterator[str]:
    if move.to is not None:
        yield move.to
    yield from (arm.to for arm in move.into or ())
    if move.otherwise not in {None, RELABEL}:
        yield str(move.otherwise)


def _move(move: MoveModel) -> ModeMove:
    if move.to is not None:
        return ModeMove(sources=_sources(move), arms=(Arm(to=move.to),))
    return ModeMove(
        sources=_sources(move),
        arms=tuple(Arm(to=arm.to, when=arm.when) for arm in move.into or ()),
        otherwise=None if move.otherwise == RELABEL else move.otherwise,
    )
