// Comfort only: every page works without this file.
"use strict";

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

// an open menu closes with Escape or a click beside it
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.who[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details.who[open]")) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});

// after a refused form, the summary of what is wrong is read first
const errors = document.getElementById("errors");
if (errors) errors.focus();
