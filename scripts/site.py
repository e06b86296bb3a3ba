"""The documentation as a site: `make site` puts it into .work/site/html, for any web server; without one, all but search works.

The pages are those that people read in the repository. What is changed is said here: the navigation is made of the lists in the
pages themselves, so that nothing lists a page twice, and files outside of docs that a page links to come along. The site needs
no network: it takes the fonts of the system and searches in the browser.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from scripts.links import CODE, FENCE, LINK, ROOT

DOCS = ROOT / "docs"
WORK = ROOT / ".work" / "site"
# Where files that stand outside of docs are found in the site.
BESIDE = "repository"
SECTION = re.compile(r"^## (.+)$", re.MULTILINE)
ENTRY = re.compile(r"^\| \[(\d+)\]\(([^)\s]+)\) \| (.+?) \|", re.MULTILINE)
NAMED = re.compile(r"\[([^\]]+)\]\(([^)\s]+)\)")
LINKS = re.compile(f"{FENCE.pattern}|{CODE.pattern}|(?P<link>{LINK.pattern})", re.MULTILINE | re.DOTALL)
# Pages that list the pages of their folder, which stand below them in the navigation.
LISTING = ("explanation/README.md", "adr/README.md")
Nav = list[dict[str, Any]]

CONFIGURATION: dict[str, Any] = {
    "site_name": "remiss",
    "site_description": "The catalog of what your machine-learning models got wrong.",
    "docs_dir": "pages",
    "site_dir": "html",
    # A folder that is opened from the disk has no server to look for index.html.
    "use_directory_urls": False,
    "theme": {
        "name": "material",
        "font": False,
        "features": ["navigation.indexes", "navigation.tabs", "navigation.footer", "content.code.copy", "search.highlight"],
        "palette": [
            {
                "media": f"(prefers-color-scheme: {scheme})",
                "scheme": name,
                "primary": "indigo",
                "toggle": {"icon": icon, "name": words},
            }
            for scheme, name, icon, words in (
                ("light", "default", "material/weather-night", "Switch to dark"),
                ("dark", "slate", "material/weather-sunny", "Switch to light"),
            )
        ],
    },
    # Not "offline", which would load a script from elsewhere into every page so that search works from the disk, too.
    "plugins": ["search"],
    "markdown_extensions": [
        "tables",
        "pymdownx.superfences",
        "pymdownx.highlight",
        {"toc": {"permalink": True}},
    ],
    "validation": {
        "nav": {"omitted_files": "warn", "not_found": "warn", "absolute_links": "warn"},
        "links": {"not_found": "warn", "anchors": "warn", "absolute_links": "warn", "unrecognized_links": "warn"},
    },
}


def navigation() -> Nav:
    """Return the sections of docs/index.md with their pages, in its order; what a listing page lists stands below it."""
    index = (DOCS / "index.md").read_text("utf-8")
    titles = SECTION.findall(index)
    bodies = SECTION.split(index)[2::2]
    sections = [{title: list(_entries(body))} for title, body in zip(titles, bodies, strict=True)]
    return [{"Documentation": "index.md"}, *sections]


def _entries(body: str) -> Iterator[dict[str, Any]]:
    """Return each page that a section links to."""
    for title, link in NAMED.findall(body):
        page = _within(DOCS / link)
        if not page.endswith(".md"):
            continue  # a notebook is there to be taken along
        yield {_capital(title): [page, *_listed(page)] if page in LISTING else page}


def _listed(page: str) -> Iterator[dict[str, str]]:
    """Return the pages that a listing page lists."""
    text = (DOCS / page).read_text("utf-8")
    numbered = {link: f"{number} {title}" for number, link, title in ENTRY.findall(text)}
    for title, link in NAMED.findall(text):
        yield {_capital(numbered.get(link, title)): _within((DOCS / page).parent / link)}


def _capital(title: str) -> str:
    return title[:1].upper() + title[1:]


def linked_pages(nav: object) -> Iterator[str]:
    """Return every page of a navigation, by its path in the site."""
    match nav:
        case str():
            yield nav
        case dict():
            for each in nav.values():
                yield from linked_pages(each)
        case list():
            for each in nav:
                yield from linked_pages(each)


def pages_of_docs() -> set[str]:
    """Return every page of docs that people read, by its path in the site."""
    return {page.relative_to(DOCS).as_posix() for page in DOCS.rglob("*.md")}


def _within(path: Path) -> str:
    """Return where a file of the repository is found in the site."""
    path = Path(os.path.normpath(path))
    return (path.relative_to(DOCS) if path.is_relative_to(DOCS) else BESIDE / path.relative_to(ROOT)).as_posix()


def settled(source: Path) -> tuple[str, set[Path]]:
    """Return a page with its relative links as they are in the site, and the files outside of docs that it links to."""
    beside: set[Path] = set()
    here = Path(_within(source)).parent

    def turned(found: re.Match[str]) -> str:
        link = found.group("link") and NAMED.search(found.group("link"))
        if not link or re.match(r"[a-z]+:|#", link.group(2)):
            return found.group()
        path, hash_, anchor = link.group(2).partition("#")
        target = Path(os.path.normpath(source.parent / path))
        if not target.is_relative_to(DOCS):
            beside.add(target)
        return f"[{link.group(1)}]({os.path.relpath(_within(target), here)}{hash_}{anchor})"

    return LINKS.sub(turned, source.read_text("utf-8")), beside


def stage(folder: Path) -> None:
    """Copy docs, and what they link to outside of it, with the links of the site."""
    waiting = {path for path in DOCS.rglob("*") if path.is_file()}
    done: set[Path] = set()
    while waiting:
        source = waiting.pop()
        done.add(source)
        target = folder / _within(source)
        target.parent.mkdir(parents=True, exist_ok=True)
        if source.suffix != ".md":
            shutil.copyfile(source, target)
            continue
        text, beside = settled(source)
        target.write_text(text, "utf-8")
        waiting |= beside - done


def main() -> int:
    """Build the site; not 0 when a link or an entry of the navigation leads nowhere."""
    shutil.rmtree(WORK, ignore_errors=True)
    stage(WORK / "pages")
    file = WORK / "mkdocs.yml"
    file.write_text(yaml.safe_dump(CONFIGURATION | {"nav": navigation()}, sort_keys=False, allow_unicode=True), "utf-8")
    built = subprocess.run([sys.executable, "-m", "zensical", "build", "--strict", "--config-file", str(file)], check=False)
    if built.returncode == 0:
        print(f"look at the site with: python -m http.server -b 127.0.0.1 -d {(WORK / 'html').relative_to(ROOT)}")
    return built.returncode


if __name__ == "__main__":
    sys.exit(main())
