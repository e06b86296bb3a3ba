// The failure mode by typing: a combobox of the ARIA authoring practices (list, automatic selection) in the place of the select,
// which keeps the value and is there without scripts. The three modes used last are buttons, and Shift+1 to 3.

const { catalog = "", person = "" } = document.body.dataset;
const USED = `remiss.modes ${catalog} ${person}`;
const LAST = 3;

function used() {
  try {
    return JSON.parse(localStorage.getItem(USED)) ?? [];
  } catch {
    return [];
  }
}

function remember(id) {
  try {
    localStorage.setItem(USED, JSON.stringify([id, ...used().filter((other) => other !== id)].slice(0, LAST)));
  } catch {
    // Where nothing can be stored there are no modes that were used last.
  }
}

/** How well words fit a mode, 0 where they do not: its title or the end of its id first, then any word of it. */
function fits(option, words) {
  const [title, id] = [option.dataset.title.toLowerCase(), option.value.toLowerCase()];
  const all = `${title} ${id} ${option.dataset.definition.toLowerCase()}`;
  if (!words.every((word) => all.includes(word))) return 0;
  const whole = words.join(" ");
  if (title.startsWith(whole) || id.split("/").at(-1).startsWith(whole)) return 3;
  return `${title} ${id}`.includes(whole) ? 2 : 1;
}

function made(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

/** Put a combobox in the place of a form's select of modes; `chosen` is called when a mode was chosen in it. */
export function typedModes(form, chosen) {
  const select = form.elements.mode;
  const options = [...select.options].filter((each) => each.value);
  const box = made("input", {
    id: "mode", type: "text", role: "combobox", autocomplete: "off", spellcheck: "false", "data-key": "m", placeholder: "type a few letters",
    "aria-autocomplete": "list", "aria-controls": "mode-list", "aria-expanded": "false", "aria-describedby": "mode-definition",
  });
  if (select.getAttribute("aria-invalid")) {
    box.setAttribute("aria-invalid", "true");
    box.setAttribute("aria-describedby", "problem mode-definition");
  }
  const list = made("ul", { id: "mode-list", role: "listbox", "aria-label": "Failure modes", class: "modes" });
  const definition = made("p", { id: "mode-definition", class: "hint" });
  const recent = made("div", { class: "recent", role: "group", "aria-label": "Modes used last" });
  list.hidden = true;
  select.hidden = true;
  select.removeAttribute("id");
  select.removeAttribute("data-key");
  select.required = false;
  select.after(box, list, definition, recent);
  let at = -1;

  function close() {
    list.hidden = true;
    at = -1;
    box.setAttribute("aria-expanded", "false");
    box.removeAttribute("aria-activedescendant");
  }

  function show() {
    const option = options.find((each) => each.value === select.value);
    box.value = option ? option.dataset.title : "";
    definition.textContent = option ? `${option.value}: ${option.dataset.definition}` : "";
    close();
  }

  function choose(id) {
    select.value = id;
    remember(id);
    show();
    select.dispatchEvent(new Event("change", { bubbles: true }));
    chosen();
  }

  function mark(next) {
    const all = [...list.children];
    if (!all.length) return;
    at = (next + all.length) % all.length;
    all.forEach((each, index) => each.setAttribute("aria-selected", String(index === at)));
    box.setAttribute("aria-activedescendant", all[at].id);
    all[at].scrollIntoView({ block: "nearest" });
  }

  function offer(all) {
    const words = all ? [] : box.value.toLowerCase().split(/\s+/).filter(Boolean);
    const found = options.map((each) => [fits(each, words), each]).filter(([how]) => how).sort(([a], [b]) => b - a);
    list.replaceChildren(...found.map(([, each], index) => made(
      "li", { id: `mode-${index}`, role: "option", "data-id": each.value },
      made("strong", {}, each.dataset.title), " ", made("span", { class: "id" }, each.value), made("span", { class: "sub" }, each.dataset.definition),
    )));
    list.hidden = !found.length;
    box.setAttribute("aria-expanded", String(found.length > 0));
    if (found.length) mark(0);
    else close();
    box.setCustomValidity(found.length ? "" : "No failure mode is called so.");
  }

  box.addEventListener("input", () => offer(false));
  box.addEventListener("blur", () => {
    // What was typed and not chosen is no mode.
    if (!box.value.trim()) select.value = "";
    box.setCustomValidity("");
    show();
  });
  box.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      event.preventDefault();
      if (list.hidden) offer(true);
      else mark(at + (event.key === "ArrowDown" ? 1 : -1));
    } else if (event.key === "Enter") {
      // It chooses; the form is submitted from elsewhere.
      event.preventDefault();
      event.stopPropagation();
      if (at >= 0) choose(list.children[at].dataset.id);
      else if (select.value && box.value) chosen();
    } else if (event.key === "Tab" && at >= 0 && box.value) {
      select.value = list.children[at].dataset.id;
      remember(select.value);
      show();
    }
  });
  // Before the box loses the focus, which would close the list.
  list.addEventListener("mousedown", (event) => {
    const option = event.target.closest("[role=option]");
    event.preventDefault();
    if (option) choose(option.dataset.id);
  });

  const last = used().map((id) => options.find((each) => each.value === id)).filter(Boolean);
  recent.append(...last.map((each, index) => {
    const button = made("button", { type: "button", class: "small", "data-last": String(index + 1) }, each.dataset.title, " ", made("kbd", {}, `⇧${index + 1}`));
    button.addEventListener("click", () => choose(each.value));
    return button;
  }));
  recent.hidden = !last.length;
  show();
  return { box, show };
}
