// Comfort only: every page works without this file.
"use strict";

const MENUS = "details.menu[open]";

// "/" goes to the scan box, as long as nobody is typing somewhere else
document.addEventListener("keydown", (event) => {
  const typing = event.target.closest("input, textarea, select, [contenteditable]");
  if (event.key === "/" && !typing && !event.ctrlKey && !event.metaKey && !event.altKey) {
    const scan = document.getElementById("scan");
    if (scan) {
      event.preventDefault();
      scan.focus();
      scan.select();
    }
  }
});

// a form is sent once: a second click or a scanner's second Enter must not repeat a step
document.addEventListener("submit", (event) => {
  if (event.defaultPrevented || event.target.method !== "post") return;
  if (event.target.dataset.sent) {
    event.preventDefault();
    return;
  }
  event.target.dataset.sent = "yes";
});
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll("form[data-sent]")) delete form.dataset.sent;
});

// an open menu closes with Escape, a click beside it, or when the focus leaves it
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll(MENUS)) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});
document.addEventListener("focusin", (event) => {
  for (const menu of document.querySelectorAll(MENUS)) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll(MENUS)) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

// a link that names a dialog opens it in place; a click beside the dialog closes it
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[data-dialog]");
  const dialog = link && document.getElementById(link.dataset.dialog);
  if (dialog && !event.ctrlKey && !event.metaKey && !event.shiftKey) {
    event.preventDefault();
    dialog.showModal();
  } else if (event.target.matches("dialog[open]") && outside(event, event.target)) {
    event.target.close();
  }
});

function outside(event, dialog) {
  const box = dialog.getBoundingClientRect();
  return event.clientX < box.left || event.clientX > box.right || event.clientY < box.top || event.clientY > box.bottom;
}

// the box above a list's column chooses all rows of this page
document.addEventListener("change", (event) => {
  const name = event.target.dataset.selectAll;
  if (!name) return;
  for (const box of event.target.closest("table").querySelectorAll("tbody input[type=checkbox]")) {
    if (box.name === name && box.checked !== event.target.checked) box.click();
  }
});

// after a refused form, the summary of what is wrong is read first
const errors = document.getElementById("errors");
if (errors) errors.focus();

// a rail longer than the screen shows where this page stands in it
const rail = document.querySelector(".rail > div");
const here = rail?.querySelector("[aria-current]");
if (here && here.offsetTop + 2 * here.offsetHeight > rail.clientHeight) rail.scrollTop = here.offsetTop - rail.clientHeight / 2;
