// Single letters that act as keys: an element with `data-key` is followed or pressed by its letter.
// Whoever speaks to their machine, or hits keys by chance, can switch them off in the list of cases (WCAG 2.1.4).
export const STORED = "remiss.letter-keys";

/** Whether single letters act as keys. */
export const lettersOn = () => localStorage.getItem(STORED) !== "off";

/** Whether an event is of somebody who types a text. */
export const typing = (event) => Boolean(event.target.closest?.("input:not([type=checkbox], [type=radio]), select, textarea, [contenteditable]"));
