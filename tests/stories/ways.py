"""Stories that not every way can tell: they ask what only the library has, or run a model that nobody registered."""

from __future__ import annotations

import pytest

from tests.conftest import DATABASES

# Raw inputs are written where the catalog is, jobs are worked off beside it, and what is shared by calls is in one process.
IN_THE_LIBRARY = pytest.mark.parametrize("database", DATABASES, indirect=True)
# Through a server only registered models are run.
NOT_FROM_AFAR = pytest.mark.parametrize("database", [*DATABASES, "cli"], indirect=True)
