// What scripts add to every page. Each page works without them.
import { lettersOn, typing } from "/static/keys.js";
import { localTimes } from "/static/times.js";

localTimes(document);
// On a narrow screen the sections scroll: bring the current one into view.
const current = document.querySelector(".bar nav [aria-current]");
const bar = current?.closest("nav");
if (bar) bar.scrollLeft = current.offsetLeft - bar.offsetLeft - (bar.clientWidth - current.offsetWidth) / 2;
// What was not taken is said where it was sent, and that has the focus; browsers see to it where they read a whole page.
const refused = () => document.querySelector("[role=alert][autofocus]");
if (refused() && document.activeElement !== refused()) refused().focus();
document.addEventListener("htmx:after:swap", () => {
  localTimes(document);
  refused()?.focus();
});

// Who signs out is told first of labels that this browser could not send.
const leaving = document.getElementById("sign-out");
leaving?.addEventListener("submit", async (event) => {
  event.preventDefault();
  const { kept, drop, flush } = await import("/static/outbox.js");
  if (kept().length) await flush(true);
  const count = kept().length;
  const labels = count === 1 ? "1 label is" : `${count} labels are`;
  if (count && !confirm(`${labels} not sent yet, and would be lost. Sign out all the same?`)) return;
  for (const each of kept()) drop(each.case);
  leaving.submit();
});

// How much waits: a number beside its section, read out with what it is.
const marks = [...document.querySelectorAll("[data-waits]")];
if (marks.length) {
  fetch("/parts/waiting", { headers: { Accept: "application/json" } }).then(async (answer) => {
    const waits = answer.ok ? await answer.json() : {};
    for (const mark of marks) {
      const count = waits[mark.dataset.waits];
      mark.hidden = !count;
      mark.textContent = count ? count.toLocaleString("en") : "";
    }
  }, () => {});
}

// `g` and a letter lead to a section, on every page. It is heard before the keys of the page, which have none on `g`.
const GO_MS = 1500;
let until = 0;
const listed = document.getElementById("go");
if (listed) listed.hidden = !lettersOn();
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || typing(event) || !lettersOn()) return;
  const led = event.timeStamp < until && /^[a-z]$/.test(event.key) && document.querySelector(`[data-go="${event.key}"]`);
  until = event.key === "g" ? event.timeStamp + GO_MS : 0;
  if (!led && !until) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  if (led) led.click();
}, true);
