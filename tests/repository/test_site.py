"""The site of the documentation: every page is in its navigation, and it loads nothing from elsewhere. `make site` builds it."""

from __future__ import annotations

from scripts import site
from scripts.links import ROOT
from tests.tables import each

NAVIGATION = site.navigation()


def test_every_page_of_docs_is_in_the_navigation():
    assert site.pages_of_docs() - set(site.linked_pages(NAVIGATION)) == set()


def test_no_page_is_in_the_navigation_twice():
    found = list(site.linked_pages(NAVIGATION))
    assert sorted(found) == sorted(set(found))


def test_every_entry_of_the_navigation_and_every_link_to_another_file_is_a_page_of_the_site(tmp_path):
    site.stage(tmp_path)
    assert [page for page in site.linked_pages(NAVIGATION) if not (tmp_path / page).is_file()] == []
    assert (tmp_path / "repository" / "SECURITY.md").is_file()


def test_the_sections_are_those_of_the_index_in_its_order():
    assert [name for section in NAVIGATION for name in section] == ["Documentation", "Learn", "Do", "Understand", "Look up"]


@each(
    "source, link",
    [
        ("docs/index.md", "(repository/SECURITY.md)"),
        ("SECURITY.md", "(../explanation/audit.md#against-whom)"),
        ("docs/how-to/use-the-pages.md", "(../reference/query.md)"),
    ],
)
def test_links_lead_to_where_the_site_has_the_file(source, link):
    text, _ = site.settled(ROOT / source)
    assert link in text


def test_the_site_loads_no_font_and_no_script_from_elsewhere():
    assert site.CONFIGURATION["theme"]["font"] is False
    assert site.CONFIGURATION["plugins"] == ["search"]
