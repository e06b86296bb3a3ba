"""A name of a view is given once among those that somebody has for themselves, and once among those of a team.

Before, it was given once among all of a person: of two that people share with one team under one name, which is refused from now
on, the later has who shared it behind its name. A program of before would take another view for the one of a name: it has to have
ended.
"""

import sqlalchemy as sa
from alembic import op

revision = "0039"
down_revision = "0038"

WORD = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
FORMER = "uq_saved_views_person_name"
VIEWS = sa.table("saved_views", *map(sa.column, ("id", "name", "person", "team", "saved_at")))
LENGTH = 80
PLACES = (("own", "person", "team IS NULL"), ("shared", "team", "team IS NOT NULL"))


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.drop_constraint(FORMER, "saved_views", type_="unique")
    else:
        _without_the_constraint()
    _apart(op.get_bind())
    for name, column, where in PLACES:
        having = sa.text(where)
        index = f"uq_saved_views_{name}"
        op.create_index(index, "saved_views", [column, "name"], unique=True, sqlite_where=having, postgresql_where=having)


def _without_the_constraint() -> None:
    """Make the table anew: SQLite has no statement that takes a constraint away. Nothing refers to it, and it is small."""
    execute = op.get_bind().exec_driver_sql
    execute("CREATE TEMP TABLE former_views AS SELECT * FROM saved_views")
    op.drop_table("saved_views")
    op.create_table(
        "saved_views",
        sa.Column("id", WORD, nullable=False),
        sa.Column("name", WORD, nullable=False),
        sa.Column("address", WORD, nullable=False),
        sa.Column("person", WORD, nullable=False),
        sa.Column("team", WORD, nullable=True),
        sa.Column("saved_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_saved_views")),
    )
    execute("INSERT INTO saved_views SELECT id, name, address, person, team, saved_at FROM former_views")
    execute("DROP TABLE former_views")


def _apart(connection: sa.Connection) -> None:
    """Tell views apart that people share with one team under one name: the first keeps it."""
    shared = sa.select(VIEWS).where(VIEWS.c.team.is_not(None)).order_by(VIEWS.c.saved_at, VIEWS.c.id)
    taken: set[tuple[str, str]] = set()
    for row in connection.execute(shared).all():
        name, number = row.name, 1
        while (row.team, name) in taken:
            behind = f" ({row.person})" if number == 1 else f" ({number})"
            name, number = row.name[: LENGTH - len(behind)] + behind, number + 1
        taken.add((row.team, name))
        if name != row.name:
            connection.execute(sa.update(VIEWS).where(VIEWS.c.id == row.id).values(name=name))
