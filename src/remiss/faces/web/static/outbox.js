// Labels that are said and not taken yet. They are kept in this browser until the server has taken them: a lost connection, a
// closed page or a browser that ends loses none. Each belongs to a person and a catalog, and is sent as nobody else.
// A second sending writes nothing twice: it names the revision that was read, and what was taken before is answered as taken.

const { catalog = "", person = "" } = document.body.dataset;
const KEY = `remiss.labels ${catalog} ${person}`;
const LOCK = `remiss.labels ${catalog}`;
const RETRY_MS = [1000, 2000, 5000, 15000, 60000];
// A request that outlives its page may have so many bytes; a longer one goes at the next visit.
const MOST_LEAVING = 60000;
// So many at most can be taken back: each is a case in hand. Of more the oldest goes at once.
const MOST_OPEN = 8;
const PATIENCE_MS = 30000;
// Where nothing can be stored, they are kept as long as the page is.
let unstored = null;
let timer = 0;
let failures = 0;
let flushing = null;
/** Whether the last sending failed because nobody is signed in any more. */
export let signedOut = false;
let heard = { taken() {}, refused() {}, changed() {} };

/** Return all that is kept, oldest first. */
export function kept() {
  if (unstored) return unstored;
  try {
    return JSON.parse(localStorage.getItem(KEY)) ?? [];
  } catch {
    return [];
  }
}

function store(all) {
  try {
    if (all.length) localStorage.setItem(KEY, JSON.stringify(all));
    else localStorage.removeItem(KEY);
    unstored = null;
  } catch {
    unstored = all;
  }
  heard.changed();
}

/** Change what is kept of a case, if it is still the same labelling; null takes it away. */
function become(each, change) {
  store(kept().flatMap((other) => (other.case !== each.case || other.said !== each.said ? [other] : change ? [{ ...other, ...change }] : [])));
}

/** Keep a label: of a case there is one, the last. It is sent when its time to take it back is over. */
export function keep(label, seconds) {
  const now = Date.now();
  const each = { ...label, said: now, due: now + seconds * 1000, tried: false, refused: "" };
  store([...kept().filter((other) => other.case !== label.case), each]);
  if (unstored) become(each, { due: now });
  for (const old of open().slice(0, -MOST_OPEN)) become(old, { due: now });
  flush();
}

/** What can still be taken back. */
export const open = () => kept().filter((each) => !each.tried && !each.refused);
/** What waits to be sent and did not come to it when it was due. */
export const unsent = () => kept().filter((each) => each.tried && !each.refused);
/** What the server would not take. */
export const refused = () => kept().filter((each) => each.refused);

/** Take a label away, whatever became of it. */
export function drop(name) {
  store(kept().filter((each) => each.case !== name));
}

/** Take back what was said last; return it, if there is any. */
export function takeBack() {
  const each = open().at(-1);
  if (each) drop(each.case);
  return each;
}

/** Be told what becomes of labels, and begin to send them. */
export function begin(listener) {
  heard = listener;
  addEventListener("online", () => { failures = 0; flush(); });
  addEventListener("storage", (event) => { if (event.key === KEY) { heard.changed(); flush(); } });
  addEventListener("pagehide", leave);
  addEventListener("pageshow", (event) => { if (event.persisted) flush(); });
  heard.changed();
  flush();
}

/** Send what is due, one after the other, and come back when more is; `all` waits for no time to take back. */
export function flush(all = false) {
  clearTimeout(timer);
  flushing = (flushing ?? Promise.resolve()).then(() => alone(() => sendDue(all))).catch(() => {});
  return flushing;
}

// Two pages of one browser do not send at once, where it can be told.
const alone = (act) => (navigator.locks ? navigator.locks.request(LOCK, act) : act());

async function sendDue(all) {
  const waiting = () => kept().filter((each) => !each.refused);
  for (;;) {
    const each = waiting().find((one) => all || one.due <= Date.now());
    if (!each) break;
    become(each, { tried: true });
    const answer = await send(each, false).catch(() => null);
    signedOut = Boolean(answer && (answer.redirected || answer.status === 401));
    if (!(await judged(each, answer))) {
      timer = setTimeout(flush, RETRY_MS[Math.min(failures, RETRY_MS.length - 1)]);
      failures += 1;
      heard.changed();
      return;
    }
    failures = 0;
  }
  const next = Math.min(...waiting().map((each) => each.due));
  clearTimeout(timer);
  if (Number.isFinite(next)) timer = setTimeout(flush, Math.max(0, next - Date.now()));
}

function send(each, leaving) {
  const address = `${each.address}${each.address.includes("?") ? "&" : "?"}${new URLSearchParams({ held: "true", by: person })}`;
  return fetch(address, { method: "POST", body: new URLSearchParams(each.fields), keepalive: leaving, signal: leaving ? undefined : AbortSignal.timeout(PATIENCE_MS) });
}

/** Say whether an answer settles what becomes of a label; until then it is kept and tried again. */
async function judged(each, answer) {
  if (answer?.status === 204) {
    become(each, null);
    heard.taken(each);
    return true;
  }
  const final = answer && !answer.redirected && (answer.status === 200 || [400, 403, 404, 410, 413, 422].includes(answer.status));
  if (!final) return false;
  const why = answer.status === 404 ? "there is no such case here" : answer.status === 403 ? "you may not label it" : "see why below";
  become(each, { refused: why });
  await heard.refused(each, answer, why);
  return true;
}

// Who leaves has said what they said: it is sent while the page goes, and the next page asks whether it was taken.
function leave() {
  for (const each of kept().filter((one) => !one.refused)) {
    if (each.tried) continue;
    become(each, { tried: true, due: 0 });
    if (each.fields.length < MOST_LEAVING) send(each, true).catch(() => {});
  }
}
