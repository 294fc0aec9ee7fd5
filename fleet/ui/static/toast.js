// A short note that appears over the page: `toast("Saved", "good")`. Its shapes are templates in the page's layout.

const STAYS_MS = 8000;

/**
 * Show a note and return its element, or null on a page without a place for notes.
 * `tone` is good, busy, warn or bad; a bad one stays until it is closed. `options.action` is an element (a button that
 * takes something back, a link) shown in it; `options.stays` keeps it until it is closed.
 */
export function toast(text, tone = "good", options = {}) {
  const shelf = document.getElementById("toasts");
  const shape = document.getElementById(`toast-${tone}`) ?? document.getElementById("toast-busy");
  if (!shelf || !shape) return null;
  const note = shape.content.firstElementChild.cloneNode(true);
  note.querySelector("strong").textContent = text;
  const close = note.querySelector("button");
  if (options.action) close.before(options.action);
  close.addEventListener("click", () => note.remove());
  shelf.append(note);
  if (tone !== "bad" && !options.stays) leaveLater(note);
  return note;
}

// goes by itself, but never while somebody points at it or has the focus in it
function leaveLater(note) {
  let timer = 0;
  const start = () => {
    timer = setTimeout(() => note.remove(), STAYS_MS);
  };
  const stop = () => clearTimeout(timer);
  for (const type of ["pointerenter", "focusin"]) note.addEventListener(type, stop);
  for (const type of ["pointerleave", "focusout"]) note.addEventListener(type, start);
  start();
}
