// Completion of the word at the caret, after the combobox pattern of the ARIA authoring practices (list, manual selection).
// The server knows the filter language: it offers whole words, and the chosen one takes the place of what was written.

const PAUSE_MS = 90;

/** Return where the word at the caret begins: behind a space, a parenthesis or a leading minus that no quote holds. */
export function wordStart(text, caret) {
  let start = 0;
  let quoted = false;
  for (let at = 0; at < caret; at += 1) {
    const letter = text[at];
    if (letter === "\\") at += 1;
    else if (letter === '"') quoted = !quoted;
    else if (!quoted && (/\s/.test(letter) || letter === "(" || letter === ")")) start = at + 1;
    else if (!quoted && letter === "-" && at === start) start = at + 1;
  }
  return start;
}

/** Offer completions for a text box in a listbox below it; say how many there are in a live region. */
export function complete(box, list, said) {
  const known = new Map();
  let chosen = -1;
  let timer = 0;
  let asked = 0;

  box.setAttribute("role", "combobox");
  box.setAttribute("aria-autocomplete", "list");
  box.setAttribute("aria-controls", list.id);
  box.setAttribute("aria-expanded", "false");

  const options = () => [...list.children];

  function close() {
    clearTimeout(timer);
    asked += 1;
    list.hidden = true;
    chosen = -1;
    box.setAttribute("aria-expanded", "false");
    box.removeAttribute("aria-activedescendant");
  }

  function choose(at) {
    const all = options();
    chosen = (at + all.length) % all.length;
    all.forEach((each, index) => each.setAttribute("aria-selected", String(index === chosen)));
    box.setAttribute("aria-activedescendant", all[chosen].id);
    all[chosen].scrollIntoView({ block: "nearest" });
  }

  function accept(option) {
    const caret = box.selectionStart;
    const start = wordStart(box.value, caret);
    const whole = option.dataset.whole === "yes";
    const rest = box.value.slice(caret).replace(/^[^\s()]*/, "");
    const text = option.dataset.text + (whole && !/^\s/.test(rest) ? " " : "");
    box.value = box.value.slice(0, start) + text + rest;
    box.setSelectionRange(start + text.length, start + text.length);
    close();
    if (!whole) offer();
  }

  async function lookUp(word) {
    if (!known.has(word)) {
      const answer = await fetch(`${box.dataset.completions}?${new URLSearchParams({ word })}`);
      known.set(word, answer.ok ? await answer.text() : "");
    }
    return known.get(word);
  }

  async function offer() {
    const mine = (asked += 1);
    const caret = box.selectionStart;
    const word = box.value.slice(wordStart(box.value, caret), caret);
    const found = word.length > 200 ? "" : await lookUp(word);
    if (mine !== asked || document.activeElement !== box) return;
    const parsed = new DOMParser().parseFromString(found, "text/html");
    list.replaceChildren(...parsed.querySelectorAll("li"));
    const count = list.children.length;
    said.textContent = count === 0 ? "" : `${count} ${count === 1 ? "completion" : "completions"}; arrow keys to choose`;
    if (!count) { close(); return; }
    chosen = -1;
    list.hidden = false;
    box.setAttribute("aria-expanded", "true");
    box.removeAttribute("aria-activedescendant");
  }

  box.addEventListener("input", () => {
    clearTimeout(timer);
    timer = setTimeout(offer, PAUSE_MS);
  });
  box.addEventListener("blur", close);
  box.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" && list.hidden) {
      event.preventDefault();
      offer();
    } else if (list.hidden) {
      return;
    } else if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      choose(event.key === "ArrowDown" ? chosen + 1 : chosen < 0 ? -1 : chosen - 1);
    } else if ((event.key === "Enter" || event.key === "Tab") && chosen >= 0) {
      event.preventDefault();
      accept(options()[chosen]);
    } else if (event.key === "Escape") {
      event.preventDefault();
      close();
    }
  });
  // Before the box loses the focus, which would close the list.
  list.addEventListener("mousedown", (event) => {
    const option = event.target.closest("[role=option]");
    event.preventDefault();
    if (option) accept(option);
  });
}
