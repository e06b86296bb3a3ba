// What scripts add to the list of cases: completion in the search box, keys, and the link of a view.
import { complete } from "/static/completing.js";
import { lettersOn, STORED, typing } from "/static/keys.js";

const box = document.getElementById("query");
complete(box, document.getElementById("completions"), document.getElementById("offered"));

/** Copy a text, and say so in the place of what was pressed. */
async function copied(pressed, text) {
  const words = pressed.textContent;
  await navigator.clipboard.writeText(text);
  pressed.textContent = "Copied";
  setTimeout(() => { pressed.textContent = words; }, 1500);
}

const copy = document.getElementById("copy");
const markdown = document.getElementById("markdown");
if (copy && navigator.clipboard) {
  copy.hidden = false;
  copy.addEventListener("click", () => copied(copy, location.href));
  markdown.addEventListener("click", async (event) => {
    event.preventDefault();
    const text = new URL(location.href);
    text.searchParams.set("format", "markdown");
    const answer = await fetch(text);
    // What went wrong is shown by the page itself.
    if (answer.ok) await copied(markdown, await answer.text());
    else location.assign(text);
  });
}

const letters = document.getElementById("letter-keys");
document.getElementById("letters").hidden = false;
letters.checked = lettersOn();
letters.addEventListener("change", () => localStorage.setItem(STORED, letters.checked ? "on" : "off"));

// A question too long for each line is told to the case by the browser, which is silent of the longest: then by the address.
for (const line of document.querySelectorAll('table.cases a.id[href*="listed=true"]')) {
  const where = new URLSearchParams(location.search);
  for (const name of ["facets", "more", "values", "format"]) where.delete(name);
  if (!where.has("sort")) where.set("sort", document.getElementById("sort").value);
  line.search = where;
}

/** Move the focus down or up the list of cases. */
function move(step) {
  const links = [...document.querySelectorAll("table.cases a.id")];
  if (!links.length) return;
  const row = document.activeElement?.closest("table.cases tr");
  const at = row ? links.findIndex((link) => row.contains(link)) : -1;
  const next = at < 0 ? 0 : Math.min(links.length - 1, Math.max(0, at + step));
  links[next].focus();
}

const KEYS = {
  j: () => move(1),
  k: () => move(-1),
  n: () => document.querySelector(".turn [rel=next]")?.click(),
  "/": () => { box.focus(); box.select(); },
  "?": () => {
    const help = document.getElementById("language");
    help.open = true;
    help.querySelector("summary").focus();
    help.scrollIntoView({ block: "start" });
  },
};

document.addEventListener("keydown", (event) => {
  if (typing(event) || event.ctrlKey || event.metaKey || event.altKey || !letters.checked || !KEYS[event.key]) return;
  event.preventDefault();
  KEYS[event.key]();
});

for (const link of document.querySelectorAll('a[href="#language"]')) {
  link.addEventListener("click", () => { document.getElementById("language").open = true; });
}
