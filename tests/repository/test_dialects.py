"""What differs between SQLite and PostgreSQL is in one place."""

from __future__ import annotations

import re
from pathlib import Path

from tests.tables import each

SOURCE = Path(__file__).resolve().parents[2] / "src" / "remiss"
PLACES = {
    "edges/stores/dialect/": "the one place",
    "edges/stores/migrations/": "written once and kept",
    "settings.py": "tells users how addresses are written",
    "faces/cli/everywhere.py": "tells users how addresses are written",
    "edges/health.py": "warns of versions of the library that this Python has",
    "protocol/expressions/refusal.py": "refuses functions of other databases by name",
}
NAMES = re.compile(r"sqlite|postgres|psycopg|\bfts5\b|tsvector|jsonb", re.IGNORECASE)


def code_of(text: str) -> str:
    """Return a module without its comments and docstrings: people may be told which database they use."""
    without_docstrings = re.sub(r'("""|\'\'\').*?\1', "", text, flags=re.DOTALL)
    return re.sub(r"#.*", "", without_docstrings)


@each(
    "path",
    sorted(path for path in SOURCE.rglob("*.py")),
    ids=lambda path: str(path.relative_to(SOURCE)),
)
def test_no_module_knows_a_database_by_name(path):
    if str(path.relative_to(SOURCE)).startswith(tuple(PLACES)):
        assert path.name  # here they may be named
    else:
        assert NAMES.findall(code_of(path.read_text("utf-8"))) == []
