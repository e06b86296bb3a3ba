"""A protocol document: YAML text to the frozen values of `terms.py`, with every finding at once.

The shape of the sections is in `model.py`, what needs several of them in `consistency.py`. A document with errors gives no
protocol, but what can be saved of it is a draft on which later checks still find their share.

A protocol and the files it names as one text, so that what the catalog keeps can be read again anywhere.

A taxonomy or rubric of one's own decides meaning as much as the protocol does. It is attached in comments below the
document, which stays valid YAML and reads the same to everybody else.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TypeVar

from remiss.errors import RemissError
from remiss.protocol import rubric as rubrics
from remiss.protocol import taxonomy as taxonomies
from remiss.protocol.assembly import Whole, assemble, fields_of, unread_of
from remiss.protocol.check_result import Finding, has_errors
from remiss.protocol.consistency import check_sections
from remiss.protocol.model import FieldsModel, ProtocolModel
from remiss.protocol.reading import Path, Value, read
from remiss.protocol.shape import sink, validate
from remiss.protocol.terms import Protocol
from remiss.protocol.titles import check_guidelines

_BEGINS = "#: attached "
_LINE = "#| "


def attach(text: str, files: Mapping[str, str]) -> str:
    r"""Return `text` with files attached; without files unchanged.

    >>> attach("a: 1\n", {"t.yaml": "b: 2\n"})
    'a: 1\n#: attached t.yaml\n#| b: 2\n'
    """
    if not files:
        return text
    lines = text.splitlines()
    for name, content in sorted(files.items()):
        lines.append(_BEGINS + name)
        lines += [(_LINE + line).rstrip() if not line else _LINE + line for line in content.splitlines()]
    return "\n".join(lines) + "\n"


def detach(text: str) -> tuple[str, Mapping[str, str]]:
    r"""Return the document alone and the files attached to it, by name.

    >>> detach("a: 1\n#: attached t.yaml\n#| b: 2\n")
    ('a: 1\n', {'t.yaml': 'b: 2\n'})
    """
    lines = text.splitlines()
    begin = next((at for at, line in enumerate(lines) if line.startswith(_BEGINS)), None)
    if begin is None:
        return text, {}
    files: dict[str, list[str]] = {}
    here: list[str] = []
    for line in lines[begin:]:
        if line.startswith(_BEGINS):
            here = files.setdefault(line.removeprefix(_BEGINS), [])
        elif line.startswith(_LINE.rstrip()):
            here.append(line.removeprefix(_LINE.rstrip()).removeprefix(" "))
    return "\n".join(lines[:begin]) + "\n", {name: "\n".join(content) + "\n" for name, content in files.items()}


Read = Callable[[str], str]
T = TypeVar("T")

_SALVAGEABLE: tuple[Path, ...] = (
    ("criteria", "*", "keep"),
    ("criteria", "*"),
    ("fields", "*", "*"),
    *(("fields", name) for name in FieldsModel.model_fields if name not in {"id", "time"}),
    ("labelling", "verify", "*"),
    ("source", "time_zone"),
    ("labels", "time_zone"),
    *((name,) for name in ("about", "grace", "team", "owners", "require", "sensitivity", "redaction", "taxonomy", "severity")),
    *((name,) for name in ("labelling", "retention", "review", "title", "guidelines", "reference", "alerts")),
    ("show", "*", "*"),
    ("show", "*"),
    ("show",),
    *(("sampling", name) for name in ("strata", "keep", "control", "undecided", "population", "unit")),
    ("*",),
)
# What stands in for a part that is wrong and cannot be left out, so that the rest of the document is checked too.
_STAND_INS: Mapping[Path, Value] = {
    ("protocol",): "draft",
    ("version",): 1,
    ("model",): "draft",
    ("source", "name"): "draft",
    ("fields", "id"): "''",
    ("fields", "time"): "to_timestamp(0)",
    ("labels", "lag"): "1 day",
    ("sampling",): {"window": "1 day", "seed": "draft"},
    ("sampling", "window"): "1 day",
    ("sampling", "seed"): "draft",
}


def parse(text: str, path: str, read_file: Read) -> tuple[Protocol | None, tuple[Finding, ...]]:
    """Return the protocol that a document holds, None with errors, and every finding.

    Parameters
    ----------
    text : the document
    path : its name as the user gave it, for findings
    read_file : gives the text of a taxonomy or rubric by its name relative to the document; raises RemissError
    """
    protocol, findings = draft(text, path, read_file)
    return (None if has_errors(findings) else protocol), findings


def draft(text: str, path: str, read_file: Read) -> tuple[Protocol | None, tuple[Finding, ...]]:
    """Return what can be saved of a document, errors or not, and every finding; for checking on, never for a capture."""
    text, attached = detach(text)
    document, early = read(text, path)
    if document is None:
        return None, early
    if not isinstance(document.value, dict):
        what, do = "the document is not a mapping", "begin with protocol: NAME; `remiss protocol new` writes a template"
        return None, (*early, Finding(code="document", level="error", file=path, line=1, what=what, do=do))
    model, complaints = validate(ProtocolModel, document, path, optional=_SALVAGEABLE, instead=_STAND_INS)
    if model is None:
        return None, _sorted([*early, *complaints])
    findings = [*early, *complaints]
    add = sink(findings, document, path)
    files: dict[str, str] = {}
    for key, name in (("taxonomy", model.taxonomy), ("severity", model.severity), ("guidelines", model.guidelines)):
        try:
            if name is not None and not (key == "severity" and name in rubrics.BUILTIN):
                files[name] = _read(name, read_file, attached)
        except RemissError as error:
            add((key,), f"{key} names {name}: {error.what}", error.do or "name a file beside this document")
    check_guidelines(model.guidelines, files, add)
    taxonomy, more = _parsed(model.taxonomy, files, taxonomies.parse, taxonomies.builtin)
    findings += more
    built_in = partial(rubrics.builtin, model.severity if model.severity in rubrics.BUILTIN else rubrics.BUILT_IN)
    rubric, more = _parsed(model.severity, files, rubrics.parse, built_in)
    findings += more
    guidelines = None if model.guidelines is None else files.get(model.guidelines)
    fields = fields_of(model.fields, document)
    unread = unread_of(fields, document) if complaints else frozenset()
    check_sections(model, taxonomy, fields, unread, add)
    protocol = assemble(Whole(model, document, path, attach(text, files), unread, guidelines), fields, taxonomy, rubric)
    return protocol, _sorted(findings)


def _sorted(findings: list[Finding]) -> tuple[Finding, ...]:
    return tuple(sorted(dict.fromkeys(findings), key=lambda finding: (finding.file, finding.line)))


def _read(name: str, read_file: Read, attached: Mapping[str, str]) -> str:
    try:
        return read_file(name)
    except RemissError:
        if name in attached:
            return attached[name]
        raise


def _parsed(
    name: str | None,
    files: Mapping[str, str],
    parse_file: Callable[[str, str], tuple[T | None, tuple[Finding, ...]]],
    builtin: Callable[[], T],
) -> tuple[T, tuple[Finding, ...]]:
    if name is None or name not in files:
        return builtin(), ()
    value, findings = parse_file(files[name], name)
    return (builtin() if value is None else value), findings
