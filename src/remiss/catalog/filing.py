"""Filing by hand: what a person saw, checked and redacted, as an event of its own that no log has.

The event's id is the digest of what was filed, so that filing the same thing twice gives one case. There is no protocol that
would choose detectors: the gate for what people write does.

Which failure modes a case may be given: those of the built-in taxonomy and of the protocols that the catalog keeps.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from remiss.errors import InputError
from remiss.govern.redaction.written import Gate, check_shows_nothing
from remiss.govern.roles import checked_name
from remiss.protocol.nearest import nearest
from remiss.protocol.ports import Protocols
from remiss.records.case import Filing
from remiss.records.event import BY_HAND, Event, Scalar, Values, is_text
from remiss.records.identity import digest, utc


def check_known(mode: str | None, protocols: Protocols) -> None:
    """Refuse a failure mode that no taxonomy has.

    Raises
    ------
    InputError
    """
    if mode is None:
        return
    # The reader of taxonomies takes longer to load than a list of cases to read.
    from remiss.protocol import taxonomy

    builtin = taxonomy.builtin().modes
    if mode in builtin:
        return
    known = {*builtin, *protocols.modes()}
    if mode not in known:
        advice = f"{nearest(mode, sorted(known), 'the modes are')}; `remiss taxonomy show` lists the built-in ones"
        raise InputError(f"no taxonomy has the failure mode {mode}", do=advice, field="mode")


SOURCE = BY_HAND
# A path in a namespaced taxonomy, for example `remiss:model/weak-slice`.
MODE = re.compile(r"[a-z0-9][a-z0-9-]*:[a-z0-9][a-z0-9-]*(/[a-z0-9][a-z0-9-]*)*", re.ASCII)
FIELD = re.compile(r"[^\"\\\x00-\x1f]{1,200}")
TITLE_LIMIT = 300
TEXT_LIMIT = 100_000
GRAVEST, MILDEST = 1, 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Filed:
    """A filing that the catalog may hold: checked, redacted, with the event that it tells of."""

    filing: Filing
    event: Event


def prepared(filing: Filing, gate: Gate) -> Filed:
    """Return a filing as the catalog may hold it.

    Parameters
    ----------
    filing : what the person wrote

    Raises
    ------
    InputError : something is missing, too long, or such as no catalog can hold
    """
    check(filing)

    def said(text: str | None) -> str | None:
        return None if text is None else gate.words(text)

    kept = replace(
        filing,
        at=utc(filing.at),
        model=gate.name(filing.model),
        model_version=None if filing.model_version is None else gate.name(filing.model_version),
        title=gate.words(filing.title.strip()),
        note=gate.words(filing.note),
        output=said(filing.output),
        label=said(filing.label),
        inputs={name: gate.value(value) for name, value in filing.inputs.items()},
        context={name: gate.value(value) for name, value in filing.context.items()},
        text=said(filing.text),
    )
    event = Event(
        id=content_digest(kept),
        at=kept.at,
        model=kept.model,
        model_version=kept.model_version,
        output=kept.output,
        label=kept.label,
        inputs=kept.inputs,
        context=kept.context,
        text=kept.text,
        redactions=gate.marks(_fields(kept)),
    )
    return Filed(filing=kept, event=event)


def _fields(filing: Filing) -> dict[str, Scalar]:
    """Return what the event of a filing has, by canonical names."""
    families = {"inputs": filing.inputs, "context": filing.context}
    named = {f"{family}.{name}": value for family, values in families.items() for name, value in values.items()}
    return {"output": filing.output, "label": filing.label, **named, "text": filing.text}


def content_digest(filing: Filing) -> str:
    """Return the digest over all that was said of the event, redacted: no digest of raw content is stored anywhere.

    Its sensitivity is part of it: else a person who files what a case above their clearance says would find out that it is
    there.
    """
    names = ("model", "model_version", "at", "output", "label", "inputs", "context", "text", "title", "note", "team")
    return digest({"sensitivity": int(filing.sensitivity), **{name: getattr(filing, name) for name in names}})


def check(filing: Filing) -> None:
    """Refuse what cannot be filed.

    Raises
    ------
    InputError
    """
    if not filing.model.strip():
        raise InputError("no model is named", do="name the model that failed", field="model")
    if not filing.title.strip():
        raise InputError("the title is empty", do="say in a sentence what went wrong", field="title")
    if filing.at.tzinfo is None:
        raise InputError("the time has no zone", do="give one, for example 2013-06-03T06:00Z", field="at")
    try:
        utc(filing.at)
    except ValueError as error:
        raise InputError(str(error), do="check the year and the zone", field="at") from error
    checked_name(filing.team, "team")
    check_mode(filing.mode)
    check_severity(filing.severity)
    for family, values in (("inputs", filing.inputs), ("context", filing.context)):
        for name in values:
            if not FIELD.fullmatch(name):
                do = "use a name without quotes, backslashes and line breaks"
                raise InputError(f"{name!r} cannot name a field", do=do, field=family)
            check_shows_nothing(f"the name of some {family}.NAME", name)
    for name, text in texts(filing):
        check_text(name, text)


def texts(filing: Filing) -> Iterator[tuple[str, str]]:
    """Yield every text of a filing with its name."""
    for name in ("model", "model_version", "title", "note", "output", "label", "text", "team"):
        value = getattr(filing, name)
        if value is not None:
            yield name, value
    yield from texts_of("inputs", filing.inputs)
    yield from texts_of("context", filing.context)


def texts_of(family: str, values: Values | Mapping[str, Scalar]) -> Iterator[tuple[str, str]]:
    """Yield the names and the texts among some fields."""
    for name, value in values.items():
        yield f"the name of {family}.{name}", name
        if isinstance(value, str):
            yield f"{family}.{name}", value


def check_text(name: str, text: str) -> None:
    """Refuse text that some database cannot hold, or that is no title or note any more.

    Raises
    ------
    InputError
    """
    limit = TITLE_LIMIT if name == "title" else TEXT_LIMIT
    # Of a field of a family it is the family that a form has.
    field = name.removeprefix("the name of ").partition(".")[0]
    if len(text) > limit:
        what = f"{name} has {len(text)} characters, more than {limit}"
        raise InputError(what, do="shorten it; attach the rest elsewhere", field=field)
    if not is_text(text):
        what = f"{name} has a character that no catalog can hold (NUL or half a surrogate pair)"
        raise InputError(what, do="remove it", field=field)


def check_mode(mode: str | None) -> None:
    """Refuse what is not a failure mode with its namespace.

    Raises
    ------
    InputError
    """
    if mode is not None and not MODE.fullmatch(mode):
        raise InputError(
            f"{mode!r} is not a failure mode", do="write NAMESPACE:PATH, for example remiss:model/weak-slice", field="mode"
        )


def check_severity(severity: int | None) -> None:
    """Refuse what is no grade.

    Raises
    ------
    InputError
    """
    if severity is not None and not GRAVEST <= severity <= MILDEST:
        raise InputError(f"{severity} is not a severity", do="give 1 (critical) to 4 (minor)", field="severity")
