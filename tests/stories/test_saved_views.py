"""A list that a team looks at every week is saved under a name, found again, renamed and removed."""

from __future__ import annotations

import pytest

from remiss import catalog
from remiss.errors import InputError


@pytest.mark.every_way("view.save", "view.list", "view.rename", "view.remove")
def test_a_list_is_saved_found_by_its_name_renamed_and_removed(ws):
    made = catalog.save_view(ws, "Weekly", "/cases?query=severity:<=2&sort=-label&as_of=1", team="default")
    assert made.address == "/cases?query=severity%3A%3C%3D2&sort=-label"
    [line] = catalog.list_views(ws)
    assert (line["view"], line["name"], line["team"]) == (made.id, "Weekly", "default")
    assert catalog.rename_view(ws, made.id, "Severe, by week").id == made.id
    with pytest.raises(InputError):
        catalog.save_view(ws, "People", "/people")
    assert catalog.remove_view(ws, made.id).name == "Severe, by week"
    assert len(catalog.list_views(ws)) == 0
