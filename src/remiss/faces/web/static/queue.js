// What scripts add to the queue: keys, and ten seconds in which a label can be taken back before it is sent.
// Without scripts the form is sent at once, and an annotation can be redone.
import { typedModes } from "/static/modes.js";
import * as outbox from "/static/outbox.js";
import { localTimes } from "/static/times.js";

const SECONDS = 10;
const STORED = "remiss.letter-keys";
const RETRY_MS = 3000;
const main = document.getElementById("content");
// What was begun on a case and left unsaid when another page took its place: case to fields.
const begun = new Map();
// What is to be seen is what was asked for last, in whatever order the answers come.
let asked = 0;
// The case that was said while there was no connection: its form stays until another one can be had.
let waiting = 0;
// The box that modes are typed into.
let modes = null;

const bar = document.createElement("div");
bar.className = "undoing";
bar.setAttribute("role", "status");
bar.hidden = true;
const [told, kept] = [document.createElement("p"), document.createElement("div")];
told.hidden = true;
bar.append(told, kept);
main.prepend(bar);

/** Say something above the page; nothing, where there are no words. */
function tell(words) {
  told.textContent = words;
  told.hidden = !words;
  bar.hidden = !words && !kept.hasChildNodes();
}

function button(words, act) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = "small";
  made.textContent = words;
  made.addEventListener("click", act);
  return made;
}

/** Show what is not sent yet, what was not taken, and whether something can be taken back. */
function changed() {
  const lines = [];
  const count = outbox.unsent().length;
  if (count) {
    const line = document.createElement("p");
    const one = count === 1;
    const why = outbox.signedOut ? `Sign in again to send ${one ? "it" : "them"}.` : `${one ? "It is" : "They are"} kept in this browser and sent as soon as the server answers.`;
    line.append(`${count} ${one ? "label" : "labels"} not sent yet. ${why} `, button("Send now", () => outbox.flush(true)));
    lines.push(line);
  }
  for (const each of outbox.refused()) {
    if (each.case === document.getElementById("judging")?.dataset.case) continue;
    const line = document.createElement("p");
    const link = document.createElement("a");
    link.href = each.page;
    link.textContent = each.case;
    line.append("Case ", link, ` was not taken: ${each.refused}. `, button("Discard", () => outbox.drop(each.case)));
    lines.push(line);
  }
  kept.replaceChildren(...lines);
  const open = outbox.open();
  if (!open.length && told.dataset.undo) tell("");
  if (!open.length) delete told.dataset.undo;
  const undo = document.getElementById("undo");
  if (undo) undo.disabled = !open.length;
  bar.hidden = told.hidden && !lines.length;
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
  waiting = 0;
  hold(document.getElementById("judging"));
  for (const each of [...main.childNodes]) if (each !== bar) each.remove();
  main.append(...content.childNodes);
  document.title = page.title;
  history.replaceState(null, "", at ?? answer.url);
  localTimes(main);
  ready();
  (document.getElementById("problem") ?? deciding() ?? main).focus({ preventScroll: !document.getElementById("problem") });
  if (!document.getElementById("problem")) scrollTo(0, 0);
  return true;
}

/** The form of a dispute: both labellings stand above it, and it is what the page is opened for. */
const deciding = () => document.querySelector("main:has(table.both) #judging");

/** Keep what was begun in a form that leaves the page; what was said is kept until it is taken. */
function hold(form) {
  if (!form || form.inert) return;
  begun.set(form.dataset.case, new URLSearchParams(new FormData(form)));
}

/** Give a form what was begun in it before, or what was said in it and not taken. */
function fill(form) {
  const said = outbox.refused().find((each) => each.case === form.dataset.case);
  const fields = begun.get(form.dataset.case) ?? (said && new URLSearchParams(said.fields));
  if (fields) give(form, fields);
}

function give(form, fields) {
  for (const field of form.elements) {
    const given = fields.getAll(field.name);
    if (!field.name || field.name === "revision") continue;
    if (field.type === "radio") field.checked = given.includes(field.value);
    else if (field.multiple) for (const option of field.options) option.selected = given.includes(option.value);
    else if (given.length) field.value = given[0];
    const folded = field.closest("details");
    if (folded && given.some(Boolean)) folded.open = true;
  }
}

/** Go on to the next case; without a connection as soon as there is one. */
async function next() {
  const body = new URLSearchParams({ exclude: outbox.kept().map((each) => each.case).join(" ") });
  // Who asked for a period or a stratum goes on with it.
  const here = new URLSearchParams(location.search);
  for (const name of ["period", "stratum"]) if (here.get(name)) body.set(name, here.get(name));
  const turn = ++waiting;
  try {
    await put(fetch("/queue/next", { method: "POST", body }));
  } catch {
    if (!turn || turn !== waiting) return;
    tell(`${told.textContent.replace(/ No connection.*/, "")} No connection: the next case comes as soon as the server answers.`);
    setTimeout(() => { if (turn === waiting) next(); }, RETRY_MS);
  }
}

/** What is not taken comes back with why. */
async function refused(each, answer, why) {
  begun.set(each.case, new URLSearchParams(each.fields));
  const shown = answer.status === 200 && (await put(answer, each.page).catch(() => false));
  tell(`Case ${each.case} was not taken: ${shown || answer.status !== 200 ? why : "it comes back with what you said"}.`);
  changed();
  // What was said above has moved it.
  document.getElementById("problem")?.scrollIntoView({ block: "nearest" });
}

async function takeBack() {
  const each = outbox.takeBack();
  if (!each) return;
  begun.set(each.case, new URLSearchParams(each.fields));
  const form = document.getElementById("judging");
  if (form?.dataset.case === each.case) {
    // No other case has taken its place.
    waiting = 0;
    asked += 1;
    form.inert = false;
  } else if (!(await put(fetch(each.page)).catch(() => false))) {
    tell(`Case ${each.case} is taken back: it is not sent, and comes back with what you said.`);
    return;
  }
  tell("");
  document.querySelector("#judging [name=verdict]:checked")?.focus();
}

function submitted(event) {
  event.preventDefault();
  const form = event.target;
  const verdict = form.querySelector("[name=verdict]:checked").parentElement.firstChild.nextSibling.textContent.trim();
  begun.delete(form.dataset.case);
  outbox.keep({
    case: form.dataset.case,
    page: form.dataset.page,
    address: form.getAttribute("action"),
    fields: new URLSearchParams(new FormData(form)).toString(),
  }, SECONDS);
  form.inert = true;
  tell(`${verdict}: ${form.dataset.case}.`);
  told.dataset.undo = "yes";
  changed();
  next();
}

/** What must be said with a verdict is asked for before anything is sent: all of a failure, and why one cannot tell. */
function required(form) {
  const fails = form.querySelector("[value=failure]").checked;
  modes.box.required = fails;
  for (const radio of form.querySelectorAll(".question input")) radio.required = fails;
  form.elements.rationale.required = form.querySelector("[value=cannot-tell]").checked;
  follow(form);
}

/** Show the severity that follows from the answers; the server decides it. */
function follow(form) {
  const line = document.getElementById("follows");
  if (!line) return;
  const questions = [...form.querySelectorAll(".question")];
  const given = questions.map((each) => each.querySelector(":checked")).filter(Boolean);
  const points = given.reduce((sum, each) => sum + Number(each.dataset.points), 0);
  const left = questions.length - given.length;
  const grades = [...line.querySelectorAll(".sev")];
  const grade = grades.find((each) => points >= Number(each.dataset.from));
  for (const each of grades) each.hidden = left > 0 || each !== grade;
  const open = line.querySelector(".open");
  open.hidden = !left;
  open.textContent = `follows from ${left} more ${left === 1 ? "answer" : "answers"}`;
  line.hidden = false;
}

/** Fill the form by what one of two people found; why stays as it was written. */
async function takeOver(event) {
  event.preventDefault();
  const form = document.getElementById("judging");
  const page = new DOMParser().parseFromString(await (await fetch(event.currentTarget.href)).text(), "text/html");
  const fields = new URLSearchParams(new FormData(page.getElementById("judging")));
  fields.set("rationale", form.elements.rationale.value);
  give(form, fields);
  modes.show();
  required(form);
  form.elements.rationale.focus();
}

function answer(form, digit) {
  if (!form.querySelector("[value=failure]").checked) return;
  const questions = [...form.querySelectorAll(".question")];
  const open = questions.find((each) => !each.querySelector(":checked")) ?? questions.at(-1);
  const radio = open?.querySelectorAll("input")[digit - 1];
  if (radio) { radio.checked = true; radio.focus(); required(form); }
}

/** What leads on to another case waits until what was said before it is taken, or the same case would be given again. */
async function led(event) {
  event.preventDefault();
  const form = event.target;
  await Promise.race([outbox.flush(true), new Promise((done) => setTimeout(done, RETRY_MS))]);
  form.submit();
}

function ready() {
  for (const form of document.querySelectorAll("#releasing, #passing, form.take")) form.addEventListener("submit", led);
  const form = document.getElementById("judging");
  document.getElementById("take")?.focus();
  const letters = document.getElementById("letter-keys");
  if (letters) {
    document.getElementById("letters").hidden = false;
    letters.checked = localStorage.getItem(STORED) !== "off";
    letters.addEventListener("change", () => localStorage.setItem(STORED, letters.checked ? "on" : "off"));
  }
  const undo = document.getElementById("undo");
  if (undo) {
    undo.hidden = false;
    undo.addEventListener("click", takeBack);
  }
  changed();
  if (!form) return;
  fill(form);
  modes = typedModes(form, () => (form.querySelector(".question:not(:has(:checked)) input") ?? form).focus());
  for (const each of document.querySelectorAll("[data-take]")) {
    each.addEventListener("click", (event) => takeOver(event).catch(() => location.assign(each.href)));
  }
  form.addEventListener("submit", submitted);
  form.addEventListener("change", () => required(form));
  required(form);
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const form = document.getElementById("judging");
  const typing = event.target.closest?.("input:not([type=radio], [type=checkbox]), select, textarea");
  if (event.key === "Enter" && form && !form.inert && !event.target.closest?.("textarea, button, a, summary")) {
    event.preventDefault();
    form.requestSubmit();
    return;
  }
  if (event.key === "Escape" && (typing || form)) { (form && !form.inert ? form : main).focus(); return; }
  if (typing || document.getElementById("letter-keys")?.checked === false) return;
  const key = event.key.toLowerCase();
  if (key === "u" && outbox.open().length) { event.preventDefault(); takeBack(); return; }
  if (!form || form.inert) return;
  const last = event.shiftKey && /^Digit[1-3]$/.test(event.code) && form.querySelector(`[data-last="${event.code.at(-1)}"]`);
  if (last) {
    event.preventDefault();
    if (form.querySelector("[value=failure]").checked) last.click();
    return;
  }
  if (/^[1-9]$/.test(key)) { event.preventDefault(); answer(form, Number(key)); return; }
  const away = { p: "releasing", x: "passing" }[key];
  if (away) { event.preventDefault(); document.getElementById(away)?.requestSubmit(); return; }
  const field = form.querySelector(`[data-key="${CSS.escape(key)}"]`);
  if (!field) return;
  event.preventDefault();
  if (field.type === "radio") { field.checked = true; required(form); }
  field.focus();
});

addEventListener("online", () => { if (waiting) next(); });

ready();
if (document.activeElement === document.body) deciding()?.focus({ preventScroll: true });
outbox.begin({ changed, refused, taken: (each) => begun.delete(each.case) });
