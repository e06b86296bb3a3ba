"""From rows to a suite: what is sealed, what each file holds, its digest, and how often a gate over it would pass."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace

import numpy as np

from remiss.records.identity import digest
from remiss.records.result import ResultRow
from remiss.records.suite import CaptureRole, SealedPart, Suite, SuiteFile, SuitePart, SuitePower, SuiteRow
from remiss.safeguard.non_inferiority import Flags, Numbers, PairedCases, Places, strata_of
from remiss.safeguard.power import play, times_needed
from remiss.safeguard.suite_rows import RESOLVED, content_digest, is_sealed, keyed, sealed_digest

GUARD, PRODUCTION, TARGET = "guard", "production", "target"
# The least that a version may be worse by, and the share of events on which two versions differ, where nobody says.
MARGINS: Mapping[str, float] = {GUARD: 0.05, PRODUCTION: 0.02}
DIFFERING = 0.05
SEALED_SHARE = 0.2
ROLES = tuple(CaptureRole)
# What the first suites did not have.
ADDED = ("success",)


@dataclass(frozen=True, slots=True, kw_only=True)
class SuiteRows:
    """The rows of a suite: those that are in its files, and the sealed ones."""

    open: tuple[SuiteRow, ...]
    sealed: tuple[SuiteRow, ...]

    @property
    def every(self) -> tuple[SuiteRow, ...]:
        """All rows, sorted by id."""
        return tuple(sorted((*self.open, *self.sealed), key=lambda row: row.id))


def parted(rows: Iterable[SuiteRow], share: float, secret: bytes) -> SuiteRows:
    """Return rows with the sealed families apart, each sorted by id."""
    inside: list[SuiteRow] = []
    outside: list[SuiteRow] = []
    for row in sorted(rows, key=lambda each: each.id):
        (inside if is_sealed(row.family, share, secret) else outside).append(row)
    return SuiteRows(open=tuple(outside), sealed=tuple(inside))


def filled(suite: Suite, rows: SuiteRows, share: float, secret: bytes) -> Suite:
    """Return a suite with what follows from its rows: files, sealed part, counts, power and digest."""
    every, (files, sealed) = rows.every, contents(rows, share, secret)
    cases = [row for row in every if row.part is SuitePart.CASES]
    made = replace(
        suite,
        files=files,
        sealed=sealed,
        modes=dict(sorted(Counter(row.mode or "" for row in cases).items())),
        severities=dict(sorted(Counter(str(row.severity or "") for row in cases).items())),
        power=tuple(power(question, every, MARGINS[question], suite.production) for question in MARGINS),
    )
    return replace(made, digest=suite_digest(made))


def contents(rows: SuiteRows, share: float, secret: bytes) -> tuple[tuple[SuiteFile, ...], SealedPart]:
    """Return what the files and the sealed part of a suite hold, with their digests."""
    files = tuple(_file(part, [row for row in rows.open if row.part is part]) for part in SuitePart)
    return files, _sealed(rows.sealed, share, secret)


def suite_digest(suite: Suite) -> str:
    """Return the digest of a suite: of all that it says but who built it, when, and where it was read."""
    said = asdict(suite)
    for name in ("digest", "made_at", "made_by", "read_position"):
        del said[name]
    for name in ADDED:
        # Suites that were built before there was such a thing keep their digest.
        if not said[name]:
            del said[name]
    return f"sha256:{digest(said)}"


def _file(part: SuitePart, rows: Sequence[SuiteRow]) -> SuiteFile:
    return SuiteFile(
        part=part,
        rows=len(rows),
        families=len({row.family for row in rows}),
        weight=sum(row.weight for row in rows),
        digest=content_digest(rows),
    )


def _sealed(rows: Sequence[SuiteRow], share: float, secret: bytes) -> SealedPart:
    return SealedPart(
        share=share,
        families=tuple(sorted(keyed(family, secret).hex()[:32] for family in {row.family for row in rows})),
        rows=dict(sorted(Counter(row.part.value for row in rows).items())),
        strata=dict(sorted(Counter(row.role.value for row in rows).items())),
        digest=sealed_digest(rows, secret),
    )


def asked_in(question: str, row: SuiteRow) -> bool:
    """Return whether a row has a part in a question, as far as the row alone decides."""
    match question:
        case "guard":
            return row.part is SuitePart.CONTROLS or (row.part is SuitePart.CASES and row.status in RESOLVED)
        case "target":
            return row.part is SuitePart.CASES and row.status not in RESOLVED
        case _:
            return True


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RowColumns:
    """Rows as arrays, an entry each: what one stands for, its capture role and its family by their numbers."""

    weight: Numbers
    role: Places
    family: Places

    def pairs(self, places: Places, baseline: Flags, candidate: Flags) -> PairedCases:
        """Return the rows in some places with what two versions made of them, as conditions are judged."""
        weight, role, family = self.weight[places], self.role[places], self.family[places]
        return PairedCases(baseline=baseline, candidate=candidate, weight=weight, role=role, family=family)


def columns_of(rows: Sequence[SuiteRow] | Sequence[ResultRow]) -> RowColumns:
    """Return rows as arrays."""
    place: dict[str, int] = {}
    return RowColumns(
        weight=np.array([row.weight for row in rows], dtype=float),
        role=np.array([ROLES.index(row.role) for row in rows], dtype=np.intp),
        family=np.array([place.setdefault(row.family, len(place)) for row in rows], dtype=np.intp),
    )


def pairs_of(rows: Sequence[SuiteRow] | Sequence[ResultRow], baseline: Sequence[bool], candidate: Sequence[bool]) -> PairedCases:
    """Return rows with what two versions made of them, as conditions are judged."""
    was, now = np.asarray(baseline, dtype=bool), np.asarray(candidate, dtype=bool)
    return columns_of(rows).pairs(np.arange(len(rows)), was, now)


def shares_of(production: Mapping[str, float], role: Places) -> Numbers:
    """Return how many events of production each capture role stands for, by its number; 0 where no row is of it.

    Parameters
    ----------
    role : the capture role of each row, by its number
    """
    stands_for = np.array([production.get(each.value, 0.0) for each in ROLES])
    return np.where(np.isin(np.arange(len(ROLES)), role), stands_for, 0.0)


def power(question: str, rows: Sequence[SuiteRow], margin: float, production: Mapping[str, float]) -> SuitePower:
    """Return how often a gate over these rows passes a version that is as good."""
    asked = [row for row in rows if asked_in(question, row)]
    if question == PRODUCTION:
        asked = [row for row in asked if any(state is not None for state in row.met_by_log.values())]
    if not asked:
        return SuitePower(question=question, margin=margin, differing=DIFFERING, passed=0.0, events=0, effective=0.0)
    nobody = [False] * len(asked)
    # Guard cases stand for themselves; of production it is known what each role stands for.
    cases = pairs_of(asked, nobody, nobody)
    shares = shares_of(production, cases.role) if question == PRODUCTION else None
    played = play(cases, margin, differing=DIFFERING, production=shares)
    times = None if played.can_pass else times_needed(cases, margin, differing=DIFFERING, production=shares)
    return SuitePower(
        question=question,
        margin=margin,
        differing=DIFFERING,
        passed=played.passed,
        events=len(asked),
        effective=round(float(strata_of(cases, shares).pairs.sum()), 6),
        needed=None if times is None else times * len(asked),
    )
