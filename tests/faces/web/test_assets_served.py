"""Styles and scripts are kept by browsers; what a catalog holds is not."""

from __future__ import annotations

import re

import pytest


@pytest.mark.parametrize("path", ["/static/system.css", "/assets/htmx.min.js"])
def test_a_style_or_script_is_sent_once_and_asked_after(reading, path):
    with reading.browser() as client:
        first = client.get(path)
        assert first.headers["Cache-Control"] == "private, no-cache"
        again = client.get(path, headers={"If-None-Match": first.headers["ETag"]})
        assert (again.status_code, again.content) == (304, b"")
        assert client.get("/cases").headers["Cache-Control"] == "no-store"


def test_pages_and_answers_are_compressed_and_what_is_compressed_already_is_not(reading):
    with reading.browser() as client:
        for path in ("/", "/cases", "/static/system.css", "/api/v1/cases?limit=50"):
            answer = client.get(path)
            assert answer.headers["content-encoding"] == "gzip", path
            assert "accept-encoding" in answer.headers["vary"].lower()
            assert int(answer.headers["content-length"]) < len(answer.content) / 2
        assert "content-encoding" not in client.get("/assets/inter.woff2").headers
        assert "content-encoding" not in client.get("/", headers={"Accept-Encoding": "identity"}).headers


def test_styles_and_fonts_of_a_page_are_small(reading):
    with reading.browser() as client:
        for path in ("/", "/cases", "/queue", "/trends", "/runs", "/people", "/audit"):
            sheets = re.findall(r'<link rel="stylesheet" href="([^"]*)"', client.get(path).text)
            sent = sum(int(client.get(sheet).headers["content-length"]) for sheet in sheets)
            assert sent <= 15_000, (path, sent)
        fonts = sum(len(client.get(f"/assets/{name}.woff2").content) for name in ("inter", "jetbrains-mono"))
        assert fonts <= 120_000


def test_a_page_with_its_drawings_has_at_most_sixty_kilobytes(reading):
    with reading.browser() as client:
        case = client.get("/api/v1/cases?limit=1").json()["items"][0]["id"]
        for path in (
            "/?whole=true",
            "/cases?facets=true",
            f"/cases/{case}?controls=true",
            "/queue",
            f"/queue/{case}",
            "/trends?query=criterion%3Aslow&what=rate&by=week",
            "/runs",
            "/audit",
        ):
            assert len(client.get(path).content) <= 60_000, path
