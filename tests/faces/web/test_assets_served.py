"""Styles and scripts are kept by browsers; what a catalog holds is not."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize("path", ["/static/system.css", "/assets/htmx.min.js"])
def test_a_style_or_script_is_sent_once_and_asked_after(reading, path):
    with reading.browser() as client:
        first = client.get(path)
        assert first.headers["Cache-Control"] == "private, no-cache"
        again = client.get(path, headers={"If-None-Match": first.headers["ETag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert client.get("/cases").headers["Cache-Control"] == "no-store"
