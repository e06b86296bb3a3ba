"""An index of what was looked at by its kind: refusals and raw evidence are few among what is read all day.

Where the catalog is a file its log of views lies beside it, and gets the index when it is next opened.
"""

from alembic import op

revision = "0016"
down_revision = "0015"


def upgrade() -> None:
    if op.get_bind().dialect.name == "postgresql":
        op.execute("CREATE INDEX ix_views_kind ON views (((entry::jsonb) ->> 'kind'), n)")
