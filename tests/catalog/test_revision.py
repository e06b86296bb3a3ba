"""Revisions: a change names the state that it was made on."""

from __future__ import annotations

import pytest

from remiss.catalog.revision import check_read
from remiss.errors import InputError, Precondition


def test_a_change_names_the_revision_that_was_read():
    check_read("case k7m4-qp", 3, 3)
    with pytest.raises(Precondition, match="case k7m4-qp was changed since revision 2, it is at revision 3; nothing was written"):
        check_read("case k7m4-qp", 2, 3)
    with pytest.raises(InputError, match="case k7m4-qp has no revision 4 yet, it is at 3") as refused:
        check_read("case k7m4-qp", 4, 3)
    assert not isinstance(refused.value, Precondition)
