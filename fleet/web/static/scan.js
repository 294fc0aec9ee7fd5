// Every page of somebody who is signed in hears the hand scanner. A scan fills the field that waits for one, else it shows
// what was scanned with what can be done now: on a page of its own, or over a form that somebody is filling in.

import { lookUp, tell } from "./scan-tell.js";
import { good } from "./sound.js";
import { isLabel, listen } from "./wedge.js";

const JUST_SCANNED = "heropstart.scanned";
const BADGE = /^HPB[CBDEFGHIJKLNRTUV]{32}$/i; // fleet/contract/badge.py

/** The field that the scan is meant for: the one that has the focus, else the first empty one that waits for a scan. */
function waiting() {
  const active = document.activeElement;
  if (active?.matches("[data-scan-into]")) return active;
  return [...document.querySelectorAll("main [data-scan-into]")].find((field) => !field.value && !field.disabled);
}

function fill(field, text) {
  field.value = text;
  for (const type of ["input", "change"]) field.dispatchEvent(new Event(type, { bubbles: true }));
  (waiting() ?? field).focus();
  // a list that grows by one with each scan asks for this; every other form waits for its button
  if (field.dataset.scanInto === "submit") field.form.requestSubmit();
  else good();
}

/** Whether another option is chosen than the one that the page came with: without one that it names, that is the first. */
function chosen(select) {
  const options = [...select.options];
  const first = select.multiple || options.some((option) => option.defaultSelected) ? undefined : options.find((option) => !option.disabled);
  return options.some((option) => option.selected !== (option.defaultSelected || option === first));
}

/** Whether something was typed or chosen in a form of the page that would be lost. */
function filling() {
  const changed = (control) => {
    if (control.matches("select")) return chosen(control);
    if (control.matches("[type=checkbox], [type=radio]")) return control.checked !== control.defaultChecked;
    return control.type !== "hidden" && "defaultValue" in control && control.value !== control.defaultValue;
  };
  return [...document.querySelectorAll("main form[method=post]")].some((form) => [...form.elements].some(changed));
}

async function showOver(text) {
  document.querySelector("dialog.scanned")?.remove();
  const { result, outcome, said } = await lookUp(text, true);
  const dialog = document.createElement("dialog");
  dialog.className = "card scanned";
  dialog.append(result);
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  tell(outcome, said);
}

function go(text) {
  sessionStorage.setItem(JUST_SCANNED, "yes");
  // a badge's code is a secret: it must stand in no address
  location.assign(BADGE.test(text) ? "/scan/badge" : `/scan?${new URLSearchParams({ q: text })}`);
}

function scanned(text) {
  const event = new CustomEvent("heropstart:scan", { detail: { text }, cancelable: true });
  if (!document.dispatchEvent(event)) return;
  const field = document.querySelector("dialog[open]") ? null : waiting();
  if (field) fill(field, text);
  else if (filling() && !BADGE.test(text)) showOver(text).catch(() => tell("bad", text));
  else go(text);
}

// the page that takes a badge listens for itself
const own = document.querySelector("form[data-badge]");
if (!own) listen(scanned, { accept: (text) => isLabel(text) || BADGE.test(text), box: "[data-scan-box], [data-scan-into]" });

// what a page says of the scan that led to it
const shown = document.querySelector("main [data-outcome]");
if (shown && sessionStorage.getItem(JUST_SCANNED)) tell(shown.dataset.outcome, shown.querySelector("[data-said]").textContent.trim());
sessionStorage.removeItem(JUST_SCANNED);
