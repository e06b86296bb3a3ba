// What scripts add to the queue: keys, and ten seconds in which a labelling can be taken back before it is sent.
// Without scripts the form is sent at once, and an annotation can be redone.
import { localTimes } from "/static/times.js";

const SECONDS = 10;
// So many at most wait to be sent; of more the oldest goes at once.
const MOST = 8;
const STORED = "remiss.letter-keys";
const main = document.getElementById("content");
// Said and not sent yet: case, its page, fields, address, timer.
const pending = [];
// What was begun on a case and left unsaid when another page took its place: case to fields.
const begun = new Map();
// What is to be seen is what was asked for last, in whatever order the answers come.
let asked = 0;

const bar = document.createElement("div");
bar.className = "undoing";
bar.setAttribute("role", "status");
bar.hidden = true;
main.before(bar);

/** Show what was said last and can still be taken back, or what went wrong. */
function tell(words, undo) {
  bar.replaceChildren();
  const said = document.createElement("p");
  said.textContent = words;
  bar.append(said);
  if (undo) {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = "Undo (u)";
    button.addEventListener("click", takeBack);
    bar.append(button);
  }
  bar.hidden = false;
}

/** Put the page that is asked for in the place of this one's, as the page that is `at` an address; say whether it came to that. */
async function put(asking, at) {
  const turn = ++asked;
  const answer = await asking;
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  if (turn !== asked) return false;
  const content = page.getElementById("content");
  if (!content) {
    location.assign(at ?? answer.url);
    return false;
  }
  keep(document.getElementById("judging"));
  main.replaceChildren(...content.childNodes);
  document.title = page.title;
  history.replaceState(null, "", at ?? answer.url);
  localTimes(main);
  fill(document.getElementById("judging"));
  ready();
  main.focus();
  scrollTo(0, 0);
  return true;
}

/** Keep what was begun in a form that leaves the page; what was said is kept as pending. */
function keep(form) {
  if (!form || pending.some((each) => each.held === form.dataset.case)) return;
  begun.set(form.dataset.case, new URLSearchParams(new FormData(form)));
}

/** Give a form what was begun in it before. */
function fill(form) {
  const fields = begun.get(form?.dataset.case);
  if (!fields) return;
  for (const field of form.elements) {
    const given = fields.getAll(field.name);
    if (field.type === "radio") field.checked = given.includes(field.value);
    else if (field.multiple) for (const option of field.options) option.selected = given.includes(option.value);
    else if (given.length) field.value = given[0];
    const folded = field.closest("details");
    if (folded && given.some(Boolean)) folded.open = true;
  }
}

async function next() {
  const body = new URLSearchParams({ exclude: pending.map((each) => each.held).join(" ") });
  // Who asked for a period or a stratum goes on with it.
  const here = new URLSearchParams(location.search);
  for (const name of ["period", "stratum"]) if (here.get(name)) body.set(name, here.get(name));
  await put(fetch("/queue/next", { method: "POST", body }));
}

/** Send what was said; what is not taken comes back with why. */
async function send(each) {
  clearTimeout(each.timer);
  each.sending = true;
  const answer = await fetch(`${each.address}${each.address.includes("?") ? "&" : "?"}held=true`, { method: "POST", body: each.fields, keepalive: true });
  // Until it is answered it is in hand, or it would be given again.
  pending.splice(pending.indexOf(each), 1);
  const taken = answer.status === 204;
  if (!open().length && taken) bar.hidden = true;
  if (taken) {
    begun.delete(each.held);
    return;
  }
  begun.set(each.held, each.fields);
  const shown = await put(answer, each.page);
  tell(`Case ${each.held} was not taken: ${shown ? "see why below" : "it comes back with what you said"}.`, false);
}

/** What can still be taken back. */
function open() {
  return pending.filter((each) => !each.sending);
}

async function takeBack() {
  const each = open().at(-1);
  if (!each) return;
  clearTimeout(each.timer);
  pending.splice(pending.indexOf(each), 1);
  begun.set(each.held, each.fields);
  if (!(await put(fetch(each.page)))) return;
  bar.hidden = true;
  document.querySelector("#judging [name=verdict]:checked")?.focus();
}

function submitted(event) {
  event.preventDefault();
  const form = event.target;
  const fields = new URLSearchParams(new FormData(form));
  const each = { held: form.dataset.case, page: form.dataset.page, address: form.getAttribute("action"), fields };
  each.timer = setTimeout(() => send(each), SECONDS * 1000);
  pending.push(each);
  if (open().length > MOST) send(open()[0]);
  const words = form.querySelector("[name=verdict]:checked").parentElement.firstChild.nextSibling.textContent.trim();
  tell(`${words}: ${each.held}.`, true);
  next();
}

/** What must be said with a verdict is asked for before anything is sent: all of a failure, and why one cannot tell. */
function required(form) {
  const fails = form.querySelector("[value=failure]").checked;
  form.elements.mode.required = fails;
  for (const radio of form.querySelectorAll(".question input")) radio.required = fails;
  form.elements.rationale.required = form.querySelector("[value=cannot-tell]").checked;
}

function answer(form, digit) {
  if (!form.querySelector("[value=failure]").checked) return;
  const questions = [...form.querySelectorAll(".question")];
  const open = questions.find((each) => !each.querySelector(":checked")) ?? questions.at(-1);
  const radio = open?.querySelectorAll("input")[digit - 1];
  if (radio) { radio.checked = true; radio.focus(); }
}

function ready() {
  const form = document.getElementById("judging");
  document.getElementById("take")?.focus();
  const letters = document.getElementById("letter-keys");
  if (letters) {
    document.getElementById("letters").hidden = false;
    letters.checked = localStorage.getItem(STORED) !== "off";
    letters.addEventListener("change", () => localStorage.setItem(STORED, letters.checked ? "on" : "off"));
  }
  if (!form) return;
  form.addEventListener("submit", submitted);
  form.addEventListener("change", () => required(form));
  required(form);
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const form = document.getElementById("judging");
  const typing = event.target.closest?.("input:not([type=radio], [type=checkbox]), select, textarea");
  if (event.key === "Enter" && form && !event.target.closest?.("textarea, button, a, summary")) {
    event.preventDefault();
    form.requestSubmit();
    return;
  }
  if (event.key === "Escape" && typing) { typing.blur(); return; }
  if (typing || document.getElementById("letter-keys")?.checked === false) return;
  if (event.key === "u" && open().length) { event.preventDefault(); takeBack(); return; }
  if (!form) return;
  if (/^[1-9]$/.test(event.key)) { event.preventDefault(); answer(form, Number(event.key)); return; }
  const away = { p: "releasing", x: "passing" }[event.key];
  if (away) { event.preventDefault(); document.getElementById(away)?.requestSubmit(); return; }
  const field = form.querySelector(`[data-key="${CSS.escape(event.key)}"]`);
  if (!field) return;
  event.preventDefault();
  field.focus();
  if (field.type === "radio") { field.checked = true; required(form); }
});

// Whoever leaves has said what they said.
addEventListener("pagehide", () => {
  for (const each of open()) send(each);
});

ready();
