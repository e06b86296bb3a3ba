"""A failure mode gets a better name: in the library on both databases, from afar, and at a terminal."""

from __future__ import annotations

import pytest

from remiss import catalog, curate
from remiss.errors import Conflict, RecodingError
from remiss.records.case import Filing
from tests.stories.logs import MONDAY

OLD, NEW = "remiss:model/weak-slice", "remiss:data/label-noise"


@pytest.mark.every_way("case.show", "taxonomy.recode", "taxonomy.recodings", "taxonomy.rehearse")
def test_a_mode_is_renamed_after_a_rehearsal(ws, tmp_path):
    case = catalog.file(ws, Filing(model="arrival-delay", at=MONDAY, title="Wrong gate", mode=OLD))
    path = tmp_path / "recoding.yaml"
    path.write_text(f'recode: r1\nabout: better words\nmoves:\n  - {{rename: "{OLD}", to: "{NEW}"}}\n')
    rehearsed = curate.rehearse(ws, str(path))
    assert [(each.mode, each.to, each.cases, each.weight) for each in rehearsed.sent] == [(OLD, NEW, 1, 0)]
    assert catalog.show(ws, case.id).mode == OLD
    assert curate.recode(ws, str(path)).written
    assert catalog.show(ws, case.id).mode == NEW
    assert [each.mode for each in catalog.history(ws, case.id)] == [OLD, NEW]
    assert [each.name for each in curate.recodings(ws)] == ["r1"]
    with pytest.raises(Conflict):
        curate.recode(ws, str(path))
    path.write_text("recode: r2\n")
    path.write_text("recode: r2\n")
    with pytest.raises(RecodingError):
        curate.rehearse(ws, str(path))
