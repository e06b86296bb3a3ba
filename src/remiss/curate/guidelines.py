"""Grounds: by what a case is labelled: the rubric and failure modes of its protocols, their units, and who owns its model."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from remiss.errors import ProtocolError
from remiss.protocol.ports import StoredProtocol
from remiss.protocol.terms import Mode, Protocol, Rubric
from remiss.protocol.versions import kept_version

# Who owns a model, as names are compared, each with the protocols that say so.
Owners: TypeAlias = Mapping[str, tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Guidelines:
    """What a labelling of a case is held to. Without `units` any name of one will do. `text` is what a protocol has read with it.

    `modes` stand in one order for all cases of a protocol: first the branches that any of its criteria suggests, whichever the
    case met.
    """

    rubric: Rubric
    modes: Mapping[str, Mode]
    units: tuple[str, ...]
    owners: Owners
    text: str | None = None


def guidelines_of(
    team: str,
    model: str,
    caught_by: Sequence[tuple[str, int]],
    binding: Iterable[StoredProtocol],
    seen: Iterable[StoredProtocol],
) -> Guidelines:
    """Return by what a team's case of a model is labelled.

    Parameters
    ----------
    caught_by : names and versions of the protocols whose runs met the event, the latest first
    binding : all versions that the catalog keeps: who owns a model does not depend on who looks
    seen : those of them that the labeller sees

    A case that no protocol caught is labelled by the newest protocols of its model; where there is none, by the built-in rubric
    and with the modes of every taxonomy. Of protocols that the labeller does not see only one that caught the case counts.
    """
    # As with documents: to own a model, or to be in somebody's hands, needs neither of the two.
    from remiss.protocol import rubric, taxonomy

    known = {(each.name, each.version): each for each in read(binding)}
    newest = newest_of(read(seen))
    of_model = [each for each in newest if each.model == model]
    own = [known[each] for each in caught_by if each in known] or of_model
    modes = dict(taxonomy.builtin().modes)
    for each in own or newest:
        modes |= each.taxonomy.modes
    branches = {_branch(criterion.mode) for each in own for criterion in each.criteria if criterion.mode}
    return Guidelines(
        rubric=own[0].rubric if own else rubric.builtin(),
        modes={name: modes[name] for name in sorted(modes, key=lambda name: (_branch(name) not in branches, name))},
        units=tuple(dict.fromkeys(unit for each in own if each.labelling is not None for unit in each.labelling.units)),
        owners=owners_of(team, model, known.values(), (known[each] for each in caught_by if each in known)),
        text=next((each.guidelines for each in own if each.guidelines is not None), None),
    )


def _branch(mode: str) -> str:
    """Return the branch of a taxonomy that a mode is in.

    >>> _branch("remiss:data/label-noise"), _branch("acme:gate")
    ('remiss:data', 'acme:gate')
    """
    return mode.rpartition("/")[0] or mode


def owners_of(team: str, model: str, protocols: Iterable[Protocol], captured_by: Iterable[Protocol] = ()) -> Owners:
    """Return who owns a model for a team's cases of it: by protocols of that team alone.

    Parameters
    ----------
    protocols : all that there are; the newest version of each says who owns its model now
    captured_by : those whose runs drew the case: who owned the model then stays an owner for it, whatever a later version says
    """
    newest = [each for each in newest_of(each for each in protocols if each.team == team) if each.model == model]
    saying = {(each.name, each.version): each for each in (*newest, *captured_by) if each.team == team}
    found: dict[str, tuple[str, ...]] = {}
    for (name, version), each in sorted(saying.items()):
        found |= {owner: (*found.get(owner, ()), f"{name}@{version} of team {team}") for owner in map(named, each.owners)}
    return found


def owns(person: str, owners: Owners) -> bool:
    """Return whether a person is among the owners of a model; however the document spells them."""
    return named(person) in owners


def named(person: str) -> str:
    r"""Return a person's name as two spellings of it are compared.

    >>> named(" Ana ") == named("ana") == named("\uff41na")
    True
    """
    return unicodedata.normalize("NFKC", person).strip().casefold()


def newest_of(protocols: Iterable[Protocol]) -> list[Protocol]:
    """Return the newest version of each protocol, by name."""
    found: dict[str, Protocol] = {}
    for each in protocols:
        if each.name not in found or found[each.name].version < each.version:
            found[each.name] = each
    return [found[name] for name in sorted(found)]


def read(stored: Iterable[StoredProtocol]) -> Iterator[Protocol]:
    """Yield the kept versions that this remiss can read."""
    for each in stored:
        try:
            yield kept_version(each, f"{each.name}@{each.version}")
        except ProtocolError:
            # An earlier remiss took what this one refuses; it has neither modes nor owners for us.
            continue
