"""The form in which a person changes what is said of a case, and what becomes of it when somebody else was quicker."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from remiss.catalog.revision import CLEARABLE
from remiss.errors import InputError
from remiss.records.case import Case, Revision


@dataclass(frozen=True, slots=True, kw_only=True)
class Clash:
    """One field in which two people differ: what was read, what one wrote, what the other made of it meanwhile."""

    field: str
    yours: str
    theirs: str


@dataclass(frozen=True, slots=True, kw_only=True)
class RevisionForm:
    """What stands in the form, by the names of SAID, and which revision it is about.

    `problem` says why nothing was written, and `wrong` which field is to blame, if one is. After a lost race `clashes` name the
    fields that both changed, `other` the revision of the other, and the form is about that one: sent again, it writes over it.
    """

    revision: int
    typed: Mapping[str, str]
    modes: Mapping[str, str]
    problem: tuple[str, str] | None = None
    clashes: tuple[Clash, ...] = ()
    other: Revision | None = None
    wrong: str = ""


def fields_as_text(state: Case | Revision) -> dict[str, str]:
    """Return what a case says, as a form writes it."""
    said = {name: getattr(state, name) for name in CLEARABLE}
    # What its protocol calls it nobody has written.
    said |= {"title": state.written_title} if isinstance(state, Case) else {}
    return {name: "" if value is None else str(value) for name, value in said.items()}


def changed(read: Mapping[str, str], typed: Mapping[str, str]) -> dict[str, str]:
    """Return the fields that somebody changed from what they had read."""
    return {name: text for name, text in typed.items() if text != read[name]}


def blank(case: Case, modes: Mapping[str, str]) -> RevisionForm:
    """Return the form as it is first shown."""
    return RevisionForm(revision=case.revision, typed=fields_as_text(case), modes=modes)


def again(case: Case, modes: Mapping[str, str], typed: Mapping[str, str], error: InputError) -> RevisionForm:
    """Return the form with what was typed, and why it was not taken."""
    problem = (error.what, error.do)
    return RevisionForm(revision=case.revision, typed=typed, modes=modes, problem=problem, wrong=error.field)


def lost(
    case: Case, modes: Mapping[str, str], history: Sequence[Revision], mine: Mapping[str, str], problem: tuple[str, str]
) -> RevisionForm:
    """Return the form after a lost race: what one changed is kept as typed, all else is as the other left it.

    Parameters
    ----------
    case, history : as they are now
    mine : the fields that were changed from what had been read, as typed
    """
    now = fields_as_text(case)
    clashes = tuple(Clash(field=name, yours=text, theirs=now[name]) for name, text in mine.items() if text != now[name])
    return RevisionForm(
        revision=case.revision, typed={**now, **mine}, modes=modes, problem=problem, clashes=clashes, other=history[-1]
    )
