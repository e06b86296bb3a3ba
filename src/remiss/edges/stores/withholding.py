"""What is withheld of what people say of cases: comments and findings by those who have labelled a case, by `blindness.withheld`.

Of one case the rule itself is asked; a list of many cases bears it as a condition, which says the same.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from sqlalchemy import ColumnElement, FromClause, Row, Select, and_, exists, not_, select, true, tuple_

from remiss.curate.blindness import REVISING, withheld
from remiss.edges.stores.labelling_reading import in_force, labellers_of, settles, undecided
from remiss.edges.stores.reading import Reading
from remiss.edges.stores.tables import cases, labellings, revisions
from remiss.records.states import Status


def withheld_of(reading: Reading, case: Row[Any]) -> frozenset[str]:
    """Return whose words about a case the viewer may not read, as it stands now; `case` is its row."""
    people, viewer = labellers_of(reading, case.key), reading.viewer
    return withheld(people, Status(case.status), viewer, lambda: settles(reading, case.team_id, case.model))


def revised_by(labelled: FromClause) -> ColumnElement[bool]:
    """Return the condition that the person of a labelling changed what is said of its case: title or note, for example."""
    said = revisions.alias("said")
    return exists().where(said.c.case_key == labelled.c.case_key, said.c.actor == labelled.c.person, said.c.action == REVISING)


def readable(reading: Reading, wrote: Callable[[FromClause], ColumnElement[bool]]) -> ColumnElement[bool]:
    """Return the condition that the viewer may read something said of the case at hand.

    Parameters
    ----------
    wrote : the condition that the person of a labelling, of which it gets the table, wrote it
    """
    viewer = reading.viewer
    if viewer.operator:
        return true()
    theirs, own = labellings.alias("theirs"), labellings.alias("own")
    by_labeller = exists().where(theirs.c.case_key == cases.c.key, in_force(of=theirs), wrote(theirs))
    labelled = exists().where(own.c.case_key == cases.c.key, in_force(of=own), own.c.person == viewer.name)
    disputed = cases.c.status == Status.DISPUTED.value
    # Who may settle is a matter of team and model, of which there are few.
    kinds: Select[Any] = select(cases.c.team_id, cases.c.model).where(disputed).distinct()
    disputes = reading.once("disputes", lambda: reading.connection.execute(kinds).all())
    settled = [(each.team_id, each.model) for each in disputes if settles(reading, each.team_id, each.model)]
    settling = and_(disputed, tuple_(cases.c.team_id, cases.c.model).in_(settled))
    return not_(and_(undecided(), by_labeller, not_(labelled), not_(settling)))
