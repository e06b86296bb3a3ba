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

/** List the keys that the page prints, each with what it is printed in or beside, and those that lead to sections. */
function printedKeys() {
  const own = [...document.querySelectorAll("main :is(a, button, label, legend):has(> kbd)")].filter((each) => each.id !== "letters");
  const led = [...document.querySelectorAll("[data-go]")].map((each) => [["g", each.dataset.go], each.textContent.replace(/[\d,]+$/, "")]);
  const words = (each) => [...each.childNodes].filter((node) => node.nodeType === Node.TEXT_NODE).map((node) => node.data).join(" ").trim();
  return [...own.map((each) => [[...each.querySelectorAll(":scope > kbd")].map((key) => key.textContent), words(each)]), ...led];
}

/** Show them in a dialog; the letters of the page are no keys meanwhile. */
function help() {
  const dialog = document.createElement("dialog");
  dialog.setAttribute("aria-label", "Keys of this page");
  const list = document.createElement("dl");
  list.className = "facts keys";
  for (const [keys, words] of printedKeys()) {
    if (!words) continue;
    const [term, said] = [document.createElement("dt"), document.createElement("dd")];
    for (const key of keys) { const made = document.createElement("kbd"); made.textContent = key; term.append(made, " "); }
    said.textContent = words;
    list.append(term, said);
  }
  const close = document.createElement("button");
  close.className = "small";
  close.textContent = "Close";
  close.addEventListener("click", () => dialog.close());
  dialog.append(list, close);
  dialog.addEventListener("keydown", (event) => event.stopPropagation());
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}

document.addEventListener("keydown", (event) => {
  // The list of cases has a help of its own.
  if (event.key !== "?" || event.ctrlKey || event.metaKey || event.altKey || typing(event) || !lettersOn()) return;
  if (document.getElementById("language") || document.querySelector("dialog[open]") || !printedKeys().length) return;
  event.preventDefault();
  event.stopImmediatePropagation();
  help();
}, true);

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
