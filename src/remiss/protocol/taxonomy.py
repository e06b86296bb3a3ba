"""Taxonomies: namespaced trees of failure modes, the built-in one and users' own."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from typing import Annotated

from pydantic import AfterValidator, Field

from remiss.errors import Location, ProtocolError
from remiss.protocol.check_result import Finding, has_errors
from remiss.protocol.nearest import nearest
from remiss.protocol.reading import Document, Path, read
from remiss.protocol.shape import Section, Sink, sink, validate, wrong
from remiss.protocol.terms import Mode, Protocol, Taxonomy

BUILTIN = "remiss"
_STEP = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_AVID = re.compile(r"[SEP]\d{4}")


def _namespace(value: str) -> str:
    if not re.fullmatch(r"[a-z][a-z0-9-]{0,31}", value):
        raise wrong(f"is {value!r}, not a namespace", "use lower-case letters, digits and hyphens, at most 32, a letter first")
    return value


def _avid(value: str) -> str:
    if not _AVID.fullmatch(value):
        raise wrong(f"is {value!r}, not a code of the AVID taxonomy", "write S, E or P and four digits, for example P0202")
    return value


class ModeModel(Section):
    title: Annotated[str, Field(min_length=1)]
    """a few words that people see in lists"""
    definition: Annotated[str, Field(min_length=1)]
    """what the failure is, in a sentence or two"""
    counts: list[str] = []
    """examples of what counts as this mode"""
    excludes: list[str] = []
    """what looks like it and belongs elsewhere"""
    avid: Annotated[str, AfterValidator(_avid)] | None = None
    """the SEP code of the AVID taxonomy, where one fits"""
    template: Annotated[str, Field(min_length=1, max_length=2000)] | None = None
    """what the rationale of a failure of this mode begins as, with ___ for each blank; default: its parent's"""


class TaxonomyModel(Section):
    namespace: Annotated[str, AfterValidator(_namespace)]
    """what its modes' names begin with, for example acme"""
    version: Annotated[int, Field(ge=1)]
    """a whole number, raised when modes change"""
    modes: Annotated[dict[str, ModeModel], Field(min_length=1)]
    """failure modes by path, for example model/weak-slice; a parent has a mode of its own"""


def parse(text: str, file: str) -> tuple[Taxonomy | None, tuple[Finding, ...]]:
    """Return the taxonomy that a YAML text holds, None with errors, and every finding."""
    document, early = read(text, file)
    if document is None:
        return None, early
    model, complaints = validate(TaxonomyModel, document, file, optional=[("modes", "*")])
    findings = [*early, *complaints]
    if model is not None:
        _tree(model, document, sink(findings, document, file, code="taxonomy"))
    if model is None or has_errors(findings):
        return None, tuple(findings)
    return _taxonomy(model), tuple(findings)


def _tree(model: TaxonomyModel, document: Document, add: Sink) -> None:
    if model.namespace == BUILTIN:
        add(("namespace",), f"the namespace {BUILTIN} is the built-in one's", "choose another, for example your team's name")
    for path in model.modes:
        where: Path = ("modes", path)
        steps = path.split("/")
        if not all(_STEP.fullmatch(step) for step in steps) or len(steps) > 4:
            add(where, f"the mode {path} is not a path of slugs", "write it like model/weak-slice, at most four steps")
        elif len(steps) > 1 and "/".join(steps[:-1]) not in model.modes:
            add(where, f"the mode {path} has no parent", f"add the mode {'/'.join(steps[:-1])}")


def _taxonomy(model: TaxonomyModel) -> Taxonomy:
    modes = {}
    for path in sorted(model.modes, key=lambda path: path.split("/")):
        mode, parent = model.modes[path], path.rpartition("/")[0]
        identity = f"{model.namespace}:{path}"
        modes[identity] = Mode(
            id=identity,
            title=mode.title,
            definition=" ".join(mode.definition.split()),
            counts=tuple(mode.counts),
            excludes=tuple(mode.excludes),
            parent=f"{model.namespace}:{parent}" if parent else None,
            avid=mode.avid,
            template=_template(path, model.modes),
        )
    return Taxonomy(namespace=model.namespace, version=model.version, modes=modes)


def _template(path: str, modes: Mapping[str, ModeModel]) -> str | None:
    """Return the template of a mode, or else of the nearest mode above that has one."""
    while path:
        mode = modes.get(path)
        if mode is not None and mode.template is not None:
            return " ".join(mode.template.split())
        path = path.rpartition("/")[0]
    return None


@cache
def builtin() -> Taxonomy:
    """Return the built-in taxonomy, namespace `remiss`."""
    file = "builtin/taxonomy.yaml"
    document, early = read(files("remiss.protocol").joinpath(file).read_text(encoding="utf-8"), file)
    model, complaints = (None, ()) if document is None else validate(TaxonomyModel, document, file)
    if model is None:
        raise AssertionError([*early, *complaints])
    return _taxonomy(model)


def find(taxonomy: Taxonomy, mode: str) -> Mode:
    """Return a mode by its id, or by its path alone.

    Raises
    ------
    ProtocolError : the taxonomy has no such mode
    """
    asked = mode if ":" in mode else f"{taxonomy.namespace}:{mode}"
    if asked in taxonomy.modes:
        return taxonomy.modes[asked]
    namespace = asked.partition(":")[0]
    if namespace != taxonomy.namespace:
        raise ProtocolError(
            f"the mode {mode} is of the namespace {namespace}, and the taxonomy's is {taxonomy.namespace}",
            do=f"{nearest(asked, taxonomy.modes, 'the modes are')}, or name that taxonomy",
        )
    raise ProtocolError(
        f"the taxonomy {taxonomy.namespace} has no mode {mode}", do=nearest(asked, taxonomy.modes, "the modes are")
    )


def load(text: str, file: str) -> Taxonomy:
    """Return the taxonomy that a YAML text holds.

    Raises
    ------
    ProtocolError : the first finding, and how many there are more
    """
    taxonomy, findings = parse(text, file)
    if taxonomy is None:
        first = findings[0]
        more = f" (and {len(findings) - 1} more)" if len(findings) > 1 else ""
        raise ProtocolError(first.what + more, where=Location(first.file, first.line), do=first.do)
    return taxonomy


def mode_titles(known: Iterable[Protocol]) -> dict[str, str]:
    """Return the failure modes that one may choose from with their titles: the built-in ones and those of the protocols."""
    found = {mode.id: mode.title for mode in builtin().modes.values()}
    for each in known:
        found |= {mode.id: mode.title for mode in each.taxonomy.modes.values()}
    return found
