"""People, teams, grants and tokens; the journal says in which role somebody acted.

Teams that rows name already become teams, and whoever made the catalog becomes its admin.
"""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

WORD = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")
INSTANT = sa.BigInteger()  # microseconds since 1970, UTC


def upgrade() -> None:
    op.create_table(
        "teams",
        sa.Column("name", WORD, nullable=False),
        sa.Column("about", WORD, nullable=True),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("name", name=op.f("pk_teams")),
    )
    op.create_table(
        "people",
        sa.Column("name", WORD, nullable=False),
        sa.Column("position_from", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("position_to", sa.BigInteger(), nullable=True),
        sa.Column("about", WORD, nullable=True),
        sa.PrimaryKeyConstraint("name", "position_from", name=op.f("pk_people")),
    )
    op.create_table(
        "grants",
        sa.Column("person", WORD, nullable=False),
        sa.Column("team", WORD, nullable=False),
        sa.Column("role", WORD, nullable=False),
        sa.Column("position_from", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("position_to", sa.BigInteger(), nullable=True),
        sa.Column("clearance", sa.SmallInteger(), nullable=False),
        sa.PrimaryKeyConstraint("person", "team", "role", "position_from", name=op.f("pk_grants")),
    )
    op.create_table(
        "tokens",
        sa.Column("id", WORD, nullable=False),
        sa.Column("person", WORD, nullable=False),
        sa.Column("about", WORD, nullable=True),
        sa.Column("digest", WORD, nullable=False),
        sa.Column("expires", INSTANT, nullable=True),
        sa.Column("position_from", sa.BigInteger(), nullable=False),
        sa.Column("position_to", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_tokens")),
    )
    op.create_index(op.f("ix_tokens_person"), "tokens", ["person"])
    op.add_column("journal", sa.Column("role", WORD, nullable=True))
    op.execute(
        "INSERT INTO teams (name, position) SELECT team_id, 0 FROM "
        "(SELECT 'default' AS team_id UNION SELECT team_id FROM protocols UNION SELECT team_id FROM runs "
        "UNION SELECT team_id FROM cases) AS named"
    )
    made = "FROM journal WHERE action = 'catalog.init'"
    op.execute(f"INSERT INTO people (name, position_from) SELECT actor, position {made}")
    op.execute(
        f"INSERT INTO grants (person, team, role, position_from, clearance) SELECT actor, '*', 'admin', position, 3 {made}"
    )
