// Parts of a page with data-live="topic …" renew themselves when the service says that something of that topic changed.
// Without a stream they ask every half minute. A hidden tab asks nothing; once it is seen again, it asks at once.
import { toast } from "./toast.js";

const ASK_EVERY_MS = 30000;
const TYPED = "textarea, input:not([type=checkbox], [type=radio], [type=hidden])";
const parts = () => [...document.querySelectorAll("[data-live]")];
const topics = [...new Set(parts().flatMap((part) => part.dataset.live.split(" ")))];
const texts = document.getElementById("live-texts")?.dataset ?? {};
let source = null;
let asking = 0;
let changed = 0;
let busy = false;
let again = false;
let note = null;

function open() {
  close();
  if (document.hidden || !topics.length) return;
  asking = setInterval(renew, ASK_EVERY_MS);
  if (!window.EventSource) return;
  source = new EventSource(`/live?${topics.map((topic) => `topic=${topic}`).join("&")}`);
  source.addEventListener("open", () => {
    document.documentElement.dataset.live = "on";
    clearInterval(asking);
  });
  source.addEventListener("change", (event) => {
    const counts = JSON.parse(event.data);
    changed += counts.devices ?? 0;
    renew().then(tell);
  });
  source.addEventListener("end", () => {
    close();
    if (texts.ended) toast(texts.ended, "bad");
  });
  source.addEventListener("error", () => {
    delete document.documentElement.dataset.live;
    clearInterval(asking);
    asking = setInterval(renew, ASK_EVERY_MS);
  });
}

function close() {
  source?.close();
  source = null;
  clearInterval(asking);
  delete document.documentElement.dataset.live;
}

// one question at a time; what comes meanwhile leads to one more
async function renew() {
  if (busy) {
    again = true;
    return;
  }
  busy = true;
  try {
    const answer = await fetch(location.href, { headers: { Accept: "text/html", "X-Renews": "yes" } });
    if (answer.ok && !answer.redirected) take(new DOMParser().parseFromString(await answer.text(), "text/html"));
  } catch {
    // the network is away: the next turn asks again
  } finally {
    busy = false;
    if (again) {
      again = false;
      renew();
    }
  }
}

// what a person ticked, opened or typed, and where the focus is, stays
function take(fresh) {
  for (const part of parts()) {
    const other = fresh.getElementById(part.id);
    if (!other || part.innerHTML === other.innerHTML) continue;
    const ticked = new Set([...part.querySelectorAll("input:checked")].map((box) => `${box.name}=${box.value}`));
    const opened = new Set([...part.querySelectorAll("details[open][id]")].map((details) => details.id));
    const typed = [...part.querySelectorAll(TYPED)].filter((field) => field.id && field.value !== field.defaultValue);
    const focus = part.contains(document.activeElement) ? address(part, document.activeElement) : null;
    part.replaceChildren(...other.childNodes);
    for (const box of part.querySelectorAll("input[type=checkbox], input[type=radio]")) {
      if (ticked.has(`${box.name}=${box.value}`)) box.checked = true;
    }
    for (const field of typed) {
      const same = document.getElementById(field.id);
      if (same) same.value = field.value;
    }
    for (const details of part.querySelectorAll("details[id]")) details.open ||= opened.has(details.id);
    if (focus) find(part, focus)?.focus({ preventScroll: true });
    part.dispatchEvent(new CustomEvent("live:renewed", { bubbles: true }));
  }
}

// an element by what it is, for the one that had the focus is gone
function address(part, element) {
  for (const name of ["id", "href", "value", "name"]) {
    if (element.hasAttribute(name)) return `${element.localName}[${name}="${CSS.escape(element.getAttribute(name))}"]`;
  }
  return element.localName;
}

function find(part, selector) {
  return part.querySelector(selector);
}

function tell() {
  if (!changed || !texts.changed) return;
  const link = document.createElement("a");
  link.href = texts.link;
  link.textContent = texts.show;
  note?.remove();
  const text = changed === 1 ? texts.one : texts.changed.replace("{number}", changed);
  note = toast(text, "busy", { action: link });
}

document.addEventListener("visibilitychange", () => {
  if (document.hidden) {
    close();
  } else {
    renew();
    open();
  }
});
window.addEventListener("pagehide", close);
window.addEventListener("pageshow", (event) => {
  if (event.persisted) open();
});
open();
