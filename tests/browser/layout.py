"""What is wrong with how a page is laid out, as the browser that shows it tells: cut, broken, or moved."""

from __future__ import annotations

from collections.abc import Sequence

from playwright.sync_api import Page, expect

# The widths that people have, from a phone to a wide screen.
WIDTHS = (375, 768, 820, 1024, 1440, 1920)
MOST_MOVED = 0.05  # half of the cumulative layout shift that still counts as good

# What reaches beyond the view but for what scrolls by itself, with a shade at the edge where it goes on.
WIDE = """(() => {
  const edge = document.documentElement.clientWidth;
  const sideways = document.documentElement.scrollWidth > innerWidth ? ["the page scrolls sideways"] : [];
  return sideways.concat([...document.querySelectorAll("main *, .foot *")].flatMap((each) => {
    const { right, width } = each.getBoundingClientRect();
    const scrolls = each.closest(".scroll, pre, svg, .visually-hidden");
    if (scrolls || !width) return [];
    const wider = each.localName === "table" && each.offsetWidth > each.parentElement.clientWidth + 1;
    return right > edge + 1 || wider ? ["wider than its view: " + each.outerHTML.slice(0, 160)] : [];
  }));
})()"""

# Words that stand on two lines: boxes of one word, one below the other. What is no word (an address, a digest) may be broken.
BROKEN = r"""(() => {
  const found = new Set();
  const texts = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
  const range = document.createRange();
  const boxes = () => [...range.getClientRects()].filter((each) => each.width > 1);
  const lines = () => new Set(boxes().map((each) => Math.round(each.top))).size;
  while (texts.nextNode()) {
    const text = texts.currentNode;
    const parent = text.parentElement;
    range.selectNodeContents(text);
    if (parent.closest("pre, svg, option, script, style, textarea, .visually-hidden, .digest") || lines() < 2) continue;
    for (const { 0: whole, index } of text.data.matchAll(/\S+/gu)) {
      if (whole.includes("://") || whole.length > 40) continue;
      for (const word of whole.matchAll(/[\p{L}\p{N}]{1,20}/gu)) {
        range.setStart(text, index + word.index);
        range.setEnd(text, index + word.index + word[0].length);
        if (lines() > 1) found.add("broken: " + whole + " in " + parent.outerHTML.slice(0, 160));
      }
    }
  }
  return [...found];
})()"""

# The browser's own measure, with what it saw before it was asked, and what moved.
SHIFTS = """new Promise((answer) => {
  const seen = [];
  const told = (one) => one.node?.outerHTML?.slice(0, 120) ?? String(one.node?.data);
  new PerformanceObserver((list) => seen.push(...list.getEntries())).observe({ type: "layout-shift", buffered: true });
  setTimeout(() => answer(seen.filter((each) => !each.hadRecentInput).map((each) => [each.value, each.sources.map(told)])), 20);
})"""


def settle(page: Page) -> None:
    """Wait until all that a page loads by itself after it came is there: what stands in its place until then asks for it."""
    expect(page.locator('[hx-trigger="load"], .htmx-request')).to_have_count(0)
    page.evaluate("document.fonts.ready.then(() => true)")


def cut_or_broken(page: Page, widths: Sequence[int] = WIDTHS) -> dict[int, list[str]]:
    """Return what is cut or broken at each width; where nothing is, the width is left out."""
    found = {}
    for width in widths:
        page.set_viewport_size({"width": width, "height": 900})
        found[width] = page.evaluate(WIDE) + page.evaluate(BROKEN)
    return {width: told for width, told in found.items() if told}


def moved(page: Page) -> tuple[float, list[str]]:
    """Return how far the parts of a page have moved since it came, as cumulative layout shift, and which did."""
    shifts = page.evaluate(SHIFTS)
    return sum(value for value, _ in shifts), [each for _, sources in shifts for each in sources]
