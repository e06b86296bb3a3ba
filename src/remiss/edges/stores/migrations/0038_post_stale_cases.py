"""From when until when cases were stale, so that queries find them at any position; of before it is as runs and people left it.

After this, a program of before would make cases stale of which nothing says since when: every one of them has to have ended.
"""

from collections import defaultdict
from collections.abc import Iterator, Sequence

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"

KEY = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
STALE = sa.table("stale_cases", sa.column("case_key"), sa.column("position_from"), sa.column("position_to"))
# When a run came in force that saw another output or label of an event than the one before it.
CHANGES = """
SELECT cases.key, seen.position_from FROM (
    SELECT o.event_key, o.output, o.label, w.position_from,
        LAG(o.output) OVER earlier AS output_before, LAG(o.label) OVER earlier AS label_before,
        ROW_NUMBER() OVER earlier AS number
    FROM observations o JOIN run_windows w ON w.run_key = o.run_key AND w.window_start = o.window_start
    WHERE w.position_from IS NOT NULL AND o.event_key IN (SELECT event_key FROM cases WHERE revision > 1)
    WINDOW earlier AS (PARTITION BY o.event_key ORDER BY w.position_from, o.run_key)
) seen JOIN cases ON cases.event_key = seen.event_key
WHERE seen.number > 1 AND (
    COALESCE(CAST(seen.output AS TEXT), '') <> COALESCE(CAST(seen.output_before AS TEXT), '')
    OR COALESCE(CAST(seen.label AS TEXT), '') <> COALESCE(CAST(seen.label_before AS TEXT), '')
)
"""
STATES = """
SELECT case_key, position_from, action, status FROM revisions
WHERE case_key IN (SELECT key FROM cases WHERE revision > 1) ORDER BY case_key, revision
"""
# Those that are stale now, with when their present state was written.
NOW = "SELECT key, position_from FROM cases WHERE stale"
UNLABELLED = frozenset({"candidate", "control"})
# What labels a case, or begins it, anew.
ENDS = frozenset({"case.annotate", "case.reopen"})
State = tuple[int, str, str]


def upgrade() -> None:
    op.create_table(
        "stale_cases",
        sa.Column("case_key", KEY, nullable=False),
        sa.Column("position_from", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("position_to", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["case_key"], ["cases.key"], name=op.f("fk_stale_cases_case_key")),
        sa.PrimaryKeyConstraint("case_key", "position_from", name=op.f("pk_stale_cases")),
        sqlite_with_rowid=False,
    )
    fill(op.get_bind())


def fill(connection: sa.Connection) -> None:
    """Write from when until when cases were stale, as runs and states tell; of what neither tells, since their present state."""
    changes: dict[int, list[int]] = defaultdict(list)
    for case, position in connection.execute(sa.text(CHANGES)):
        changes[case].append(position)
    states: dict[int, list[State]] = defaultdict(list)
    for case, *state in connection.execute(sa.text(STATES)):
        if case in changes:
            states[case].append((state[0], state[1], state[2]))
    now: dict[int, int] = dict(tuple(row) for row in connection.execute(sa.text(NOW)))
    found = {case: list(_spans(sorted(own), states[case])) for case, own in changes.items()}
    rows: list[tuple[int, int, int | None]] = [
        (case, since, until) for case, spans in found.items() for since, until in spans if until is not None
    ]
    open_ = {case: since for case, spans in found.items() for since, until in spans if until is None}
    rows += [(case, open_.get(case, written), None) for case, written in now.items()]
    if rows:
        names = ("case_key", "position_from", "position_to")
        connection.execute(sa.insert(STALE), [dict(zip(names, row, strict=True)) for row in rows])


def _spans(changes: Sequence[int], states: Sequence[State]) -> Iterator[tuple[int, int | None]]:
    """Yield from when until when a case was stale: from a change after people had labelled it until it was labelled anew."""
    until: int | None = 0
    for change in changes:
        status = [status for since, _, status in states if since <= change][-1:]
        if until is None or change < until or not status or status[0] in UNLABELLED:
            continue
        until = next((since for since, action, _ in states if since > change and action in ENDS), None)
        yield change, until
