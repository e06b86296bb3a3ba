"""Views that people shared under one name before it was refused are told apart at the upgrade, and no private one is touched."""

from __future__ import annotations

from tests.migrations import older

SAVED = (
    ("view-a", "Weekly", "ana", "default", 1),
    ("view-b", "Weekly", "bo", "default", 2),
    ("view-c", "Weekly (bo)", "cy", "default", 0),
    ("view-d", "Weekly", "dee", None, 3),
    ("view-e", "Weekly", "eve", "others", 4),
    ("view-f", "x" * 80, "ana", "default", 5),
    ("view-g", "x" * 80, "bo", "default", 6),
)


def test_names_shared_twice_with_a_team_are_told_apart(empty_address):
    names = ("id", "name", "person", "team", "saved_at")
    rows = [dict(zip(names, row, strict=True)) | {"address": "/cases"} for row in SAVED]
    older.make(empty_address, 38, {"saved_views": rows})
    with older.writing(empty_address) as connection:
        older.apply(connection)
    found = {row[0]: (row[1], row[3], row[4]) for row in older.rows(empty_address, ["saved_views"])["saved_views"]}
    assert found == {
        "view-a": ("Weekly", "ana", "default"),
        "view-b": ("Weekly (2)", "bo", "default"),
        "view-c": ("Weekly (bo)", "cy", "default"),
        "view-d": ("Weekly", "dee", None),
        "view-e": ("Weekly", "eve", "others"),
        "view-f": ("x" * 80, "ana", "default"),
        "view-g": (f"{'x' * 75} (bo)", "bo", "default"),
    }
