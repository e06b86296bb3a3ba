// What scripts add to the page of a case: the keys that it prints.
import { lettersOn, typing } from "/static/keys.js";

document.addEventListener("keydown", (event) => {
  if (typing(event) || event.ctrlKey || event.metaKey || event.altKey || !lettersOn() || !/^[a-z]$/.test(event.key)) return;
  const target = document.querySelector(`[data-key="${event.key}"]`);
  if (!target) return;
  event.preventDefault();
  const href = target.getAttribute("href");
  const part = href.startsWith("#") && document.querySelector(href);
  if (!part) { target.click(); return; }
  if (part.tagName === "DETAILS") part.open = true;
  part.scrollIntoView({ block: "start" });
  part.querySelector("form:last-of-type :is(input:not([type=hidden]), textarea)")?.focus();
});

// The link to a part that is folded opens it.
for (const link of document.querySelectorAll('.do a[href^="#"]')) {
  link.addEventListener("click", () => {
    const part = document.querySelector(link.getAttribute("href"));
    if (part?.tagName === "DETAILS") part.open = true;
  });
}
