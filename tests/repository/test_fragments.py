"""Changelog fragments are named and written as `changes/README.md` asks."""

from __future__ import annotations

import pytest

from scripts.fragments import OTHERS, ROOT, faults


def test_every_fragment_is_well_formed():
    fragments = [path for path in (ROOT / "changes").iterdir() if path.name not in OTHERS]
    assert {path.name: found for path in fragments if (found := faults(path.name, path.read_text("utf-8")))} == {}


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("capture.md", "Capture draws a sample."),
        ("capture.feat.md", "Capture draws a sample."),
        ("Capture.feature.md", "Capture draws a sample."),
        ("capture.feature.md", ""),
        ("capture.feature.md", "capture draws a sample"),
        ("capture.feature.md", "# Capture\n\nIt draws a sample."),
        ("capture.feature.md", "It draws. It files. It ends."),
    ],
)
def test_a_malformed_fragment_is_refused(name, text):
    assert faults(name, text)
