"""Policies of redaction: which detectors read a text, and a team's own patterns beside them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from remiss.errors import InputError
from remiss.govern.redaction.detectors import DETECTORS
from remiss.govern.redaction.national_ids import NATIONAL_IDS
from remiss.records.identity import digest

# Found by a model that the extra `pii` brings.
MODELLED = ("person", "place")
# One word for several detectors.
GROUPS: Mapping[str, tuple[str, ...]] = {"national-id": tuple(NATIONAL_IDS)}
# Every tenth number of nine to twelve digits is right by chance; nobody asked for these, so nobody expects such numbers to go.
GUESSED = frozenset({"nl-bsn", "in-aadhaar", "se-personnummer"})


@dataclass(frozen=True, slots=True)
class TextPattern:
    """What a team itself knows to be personal: a name for its marks, and RE2 text."""

    name: str
    pattern: str


@dataclass(frozen=True, slots=True)
class Policy:
    """Detectors in the order in which they run, and patterns. It is true when it looks for anything.

    One that is `unasked`, since a protocol says nothing of redaction, reads texts alone: no number becomes a mark unless somebody
    named what is to be found in numbers.
    """

    detectors: tuple[str, ...] = ()
    patterns: tuple[TextPattern, ...] = ()
    unasked: bool = False

    def __bool__(self) -> bool:
        return bool(self.detectors or self.patterns)

    @property
    def names(self) -> frozenset[str]:
        """The names that marks can have."""
        return frozenset((*self.detectors, *(each.name for each in self.patterns)))

    @property
    def certain(self) -> Policy:
        """The same without what is often right by chance, unless somebody asked for it."""
        kept = tuple(name for name in self.detectors if name not in GUESSED)
        return Policy(kept, self.patterns, unasked=True) if self.unasked else self

    @property
    def built_in(self) -> tuple[str, ...]:
        return tuple(name for name in self.detectors if name in DETECTORS)

    @property
    def modelled(self) -> tuple[str, ...]:
        return tuple(name for name in self.detectors if name in MODELLED)


def policy_of(names: Iterable[str], patterns: Iterable[TextPattern] = ()) -> Policy:
    """Return the policy of those detectors, each once.

    Raises
    ------
    InputError : a name that is not a detector
    """
    wanted: set[str] = set()
    for name in names:
        if name not in DETECTORS and name not in MODELLED and name not in GROUPS:
            raise InputError(
                f"there is no detector {name!r}",
                do=f"use {', '.join(sorted((*DETECTORS, *MODELLED, *GROUPS)))}; "
                "keep out what they cannot see by grading its field restricted",
            )
        wanted.update(GROUPS.get(name, (name,)))
    return Policy(tuple(name for name in (*MODELLED, *DETECTORS) if name in wanted), tuple(patterns))


def policy_version(policy: Policy, model: str | None = None) -> str:
    """Return what names this policy as this software reads it: another detector, pattern or model gives another.

    >>> policy_version(policy_of(["email"])) == policy_version(policy_of(["email", "ip"]))
    False
    """
    means = {
        "detectors": {name: DETECTORS[name].version for name in policy.built_in},
        "modelled": dict.fromkeys(policy.modelled, model),
        "patterns": [[each.name, each.pattern] for each in policy.patterns],
        **({"unasked": True} if policy.unasked else {}),
    }
    return digest(means)[:16]


# For what people write into the catalog themselves, where no protocol chooses.
WRITTEN = policy_of(name for name in DETECTORS if name not in GUESSED)
# By a protocol that says nothing of redaction.
UNASKED = Policy(tuple(DETECTORS), unasked=True)
# What names in logs (model version, trace, ...) are read for.
NAMING = policy_of(["email"])
# What names that people give are read for: a version may look like the address of a machine.
NAMED = policy_of(name for name in WRITTEN.detectors if name != "ip")
