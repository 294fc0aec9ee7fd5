// The badge page: a scan counts wherever the focus is, and digits can be pressed. Without this file the page works by keyboard.

import { listen } from "./wedge.js";

const BADGE = /^HPB[CBDEFGHIJKLNRTUV]{32}$/i;
const form = document.querySelector("form[data-badge]");
const badge = form.elements.namedItem("badge");
const pin = form.elements.namedItem("pin");

// a badge at any time, also one of somebody else while a PIN is asked for: it begins anew
listen((text) => {
  badge.value = text;
  if (pin) {
    pin.value = "";
    pin.disabled = true;
  }
  form.noValidate = true;
  form.requestSubmit();
}, { accept: (text) => BADGE.test(text) });

const keypad = form.querySelector("[data-keypad]");
if (keypad) {
  keypad.hidden = false;
  form.querySelector("[data-no-keypad]").hidden = true;
  const send = () => { if (pin.value.length === pin.maxLength) form.requestSubmit(); };
  keypad.addEventListener("click", ({ target }) => {
    const key = target.closest("button[type=button]");
    if (!key) return;
    if (key.dataset.digit === undefined) pin.value = pin.value.slice(0, -1);
    else if (pin.value.length < pin.maxLength) pin.value += key.dataset.digit;
    send();
  });
  pin.addEventListener("input", send);
}
