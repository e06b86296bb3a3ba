// What scripts add to the page of a case: the keys that it prints, and one part at a time of what people said.
import { lettersOn, typing } from "/static/keys.js";

const bar = document.querySelector(".tabs ul");
const tabs = [...bar.querySelectorAll("a")];
const parts = tabs.map((tab) => document.querySelector(tab.getAttribute("href")));

/** Show one part, as the tab pattern of the ARIA authoring practices has it. */
function show(at) {
  tabs.forEach((tab, index) => {
    tab.setAttribute("aria-selected", String(index === at));
    tab.tabIndex = index === at ? 0 : -1;
    parts[index].classList.toggle("folded", index !== at);
  });
}

/** Show what an address within the page names: a part, something in it, or something folded. */
function reveal(hash) {
  const target = hash.length > 1 && document.getElementById(decodeURIComponent(hash.slice(1)));
  if (!target) return null;
  const at = parts.findIndex((part) => part.contains(target));
  if (at >= 0) show(at);
  for (let each = target; each; each = each.parentElement) if (each.tagName === "DETAILS") each.open = true;
  return target;
}

bar.setAttribute("role", "tablist");
bar.setAttribute("aria-label", bar.parentElement.getAttribute("aria-label"));
bar.parentElement.removeAttribute("aria-label");
bar.parentElement.setAttribute("role", "presentation");
tabs.forEach((tab, index) => {
  tab.parentElement.setAttribute("role", "presentation");
  tab.setAttribute("role", "tab");
  tab.setAttribute("aria-controls", parts[index].id);
  parts[index].setAttribute("role", "tabpanel");
  parts[index].setAttribute("aria-labelledby", tab.id);
  tab.addEventListener("click", (event) => {
    event.preventDefault();
    show(index);
    history.replaceState(null, "", tab.getAttribute("href"));
  });
});
bar.addEventListener("keydown", (event) => {
  const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  const at = tabs.indexOf(event.target);
  const next = step ? (at + step + tabs.length) % tabs.length : { Home: 0, End: tabs.length - 1 }[event.key];
  if (at < 0 || next === undefined) return;
  event.preventDefault();
  show(next);
  tabs[next].focus();
});
parts[0].parentElement.classList.add("tabbed");
show(Math.max(0, parts.findIndex((part) => part.querySelector("[role=alert]"))));
// An answer goes to the thread that the address names, as that of an inbox does; else to the first that is open.
const answer = document.querySelector('[data-key="a"]');
function answerThere() {
  const named = location.hash.length > 1 && document.getElementById(decodeURIComponent(location.hash.slice(1)));
  const thread = named && named.closest("details.thread:has(form.say)");
  if (answer && thread) answer.setAttribute("href", `#${thread.id}`);
}
answerThere();
addEventListener("hashchange", answerThere);
if (reveal(location.hash)) document.getElementById(decodeURIComponent(location.hash.slice(1))).scrollIntoView();
addEventListener("hashchange", () => reveal(location.hash)?.scrollIntoView());

document.addEventListener("keydown", (event) => {
  if (typing(event) || event.ctrlKey || event.metaKey || event.altKey || !lettersOn() || !/^[a-z]$/.test(event.key)) return;
  const target = document.querySelector(`[data-key="${event.key}"]`);
  if (!target) return;
  event.preventDefault();
  const href = target.getAttribute("href");
  const part = href.startsWith("#") && reveal(href);
  if (!part) { target.click(); return; }
  part.scrollIntoView({ block: "start" });
  part.querySelector("form.say textarea, form:last-of-type :is(input:not([type=hidden]), textarea)")?.focus();
});

// The link to a part that is folded opens it.
for (const link of document.querySelectorAll('.do a[href^="#"]')) link.addEventListener("click", () => reveal(link.getAttribute("href")));
