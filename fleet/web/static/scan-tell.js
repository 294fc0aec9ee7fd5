// What a scan led to, asked of the service and told to eyes, ears and hands.

import { attention, bad, good } from "./sound.js";

const FLASH_MS = { good: 700, warn: 1200, bad: 1600 };
const SOUNDS = { good, warn: attention, bad };

/** Sound, colour, shape and words over the whole screen, and a shake where the device can. Takes no click and no focus. */
export function tell(outcome, text) {
  SOUNDS[outcome]();
  navigator.vibrate?.(outcome === "good" ? 60 : [120, 60, 120]);
  document.querySelector(".flash")?.remove();
  const flash = document.createElement("div");
  flash.className = `flash tone-${outcome}`;
  flash.setAttribute("role", "status");
  const icon = document.getElementById(`toast-${outcome}`)?.content.querySelector(".icon");
  if (icon) flash.append(icon.cloneNode(true));
  flash.append(Object.assign(document.createElement("strong"), { textContent: text }));
  document.body.append(flash);
  setTimeout(() => flash.remove(), FLASH_MS[outcome]);
}

/** What the service says of a scan: the element to show, with its outcome and its first words. Throws when there is no answer. */
export async function lookUp(text, over = false) {
  const query = new URLSearchParams({ q: text, over: String(over) });
  const answer = await fetch(`/scan/result?${query}`, { headers: { Accept: "text/html" }, redirect: "error" });
  const page = new DOMParser().parseFromString(await answer.text(), "text/html");
  const result = page.querySelector("[data-outcome]");
  if (!result) throw new Error(`no result of a scan: ${answer.status}`);
  return { result, outcome: result.dataset.outcome, said: result.querySelector("[data-said]").textContent.trim() };
}
