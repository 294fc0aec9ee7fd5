// The bench's screen: shows what the agent pushes, and sends what is scanned and touched. It decides nothing.

import { isLabel, listen } from "/static/wedge.js";
import * as sound from "/static/sound.js";
import { say } from "/static/speech.js";

const SILENT_MS = 7000; // the agent is heard every two seconds
const AGAIN_MS = 2000;

const page = document.documentElement;
const token = document.querySelector("meta[name=kiosk-token]").content;
const lost = document.querySelector("#lost");
const grid = document.querySelector("#tiles");
let frame = null;
let source = null;
let heardAt = Date.now();
let sending = Promise.resolve();

function heard() {
  heardAt = Date.now();
  lost.hidden = true;
}

function connect() {
  source?.close();
  source = new EventSource("/events");
  source.addEventListener("frame", (event) => show(JSON.parse(event.data)));
  source.addEventListener("beat", heard);
  source.addEventListener("error", () => { lost.hidden = false; }); // the next beat takes it away
}

function watch() {
  const silent = Date.now() - heardAt;
  if (silent >= SILENT_MS) lost.hidden = false;
  if (source.readyState === EventSource.CLOSED || silent > 2 * SILENT_MS) connect();
}

/** Puts new content in the place of old, and the focus back on the same control. */
function replace(element, html, inside) {
  const held = element.contains(document.activeElement) ? document.activeElement : null;
  const mark = held && [held.getAttribute("name"), held.getAttribute("value"), held.id];
  const made = document.createElement("template");
  made.innerHTML = html;
  let fresh = element;
  if (inside) element.replaceChildren(made.content);
  else { fresh = made.content.firstElementChild; element.replaceWith(fresh); }
  if (!mark) return fresh;
  const again = [...fresh.querySelectorAll("button, input, a")].find((one) => mark[2] ? one.id === mark[2] : one.getAttribute("name") === mark[0] && one.value === mark[1]);
  again?.focus();
  return fresh;
}

function piece(name, fresh, before) {
  const element = document.querySelector(`#${name}`);
  if ((before?.key ?? element.dataset.key) === fresh.key) return;
  replace(element, fresh.html, true);
  element.dataset.key = fresh.key;
  if (name === "front" && fresh.html) element.querySelector(".panel button")?.focus({ focusVisible: false });
}

function tile(fresh, before) {
  let element = document.getElementById(`port-${fresh.port}`);
  if (before?.key !== fresh.key) element = replace(element, fresh.html, false);
  const bar = element.querySelector("progress");
  if (bar && fresh.percent !== null) bar.value = fresh.percent;
  const rest = element.querySelector("[data-rest]");
  if (rest && rest.textContent !== (fresh.rest ?? "")) rest.textContent = fresh.rest ?? "";
  // what stood there when the page came is no news
  if (!before || before.moment === fresh.moment) return;
  if (fresh.sound) sound[fresh.sound]();
  if (frame.speak_always) say(fresh.say);
}

function show(fresh) {
  heard();
  if (fresh.page !== page.dataset.page) return sending.finally(() => location.reload());
  const before = frame;
  frame = fresh;
  const known = new Map(before?.tiles.map((one) => [one.port, one]));
  for (const one of fresh.tiles) tile(one, known.get(one.port));
  grid.classList.toggle("focused", fresh.tiles.some((one) => document.getElementById(`port-${one.port}`).classList.contains("front")));
  piece("status", fresh.status, before?.status);
  piece("reply", fresh.reply, before?.reply);
  piece("front", fresh.front, before?.front);
  if (!before) return;
  if (fresh.replied > before.replied && fresh.reply_good !== null) fresh.reply_good ? sound.good() : sound.bad();
  if (fresh.spoken > before.spoken) say(fresh.speech);
  if (fresh.sounded > before.sounded) sound.good();
  if (fresh.printed > before.printed && fresh.print_port) print(fresh.print_port);
}

/** Prints the label in a frame that nobody sees; a browser started for a kiosk sends it straight to the printer. */
function print(port) {
  document.querySelector("#printing")?.remove();
  const paper = document.createElement("iframe");
  paper.id = "printing";
  paper.className = "hide";
  paper.tabIndex = -1;
  paper.setAttribute("aria-hidden", "true");
  paper.title = port;
  paper.addEventListener("load", () => paper.contentWindow.print());
  paper.src = `/label/${encodeURIComponent(port)}`;
  document.body.append(paper);
}

function send(code) {
  sending = post(code);
}

async function post(code) {
  try {
    const answer = await fetch("/act", {
      method: "POST",
      headers: { "X-Kiosk-Token": token, Accept: "application/json" },
      body: new URLSearchParams({ code }),
    });
    await answer.text(); // to its end: a page that is loaded anew meanwhile would cut it off
    if (answer.status === 403) location.reload(); // the agent was started anew since the page came
  } catch {
    lost.hidden = false;
    sound.bad();
  }
}

document.addEventListener("submit", (event) => {
  event.preventDefault();
  const code = new FormData(event.target, event.submitter).get("code");
  if (code?.trim()) send(code);
});
document.addEventListener("click", (event) => {
  const button = event.target.closest("[data-hear], [data-print]");
  if (button?.dataset.print) print(button.dataset.print);
  else if (button) say(frame?.tiles.find((one) => one.port === button.dataset.hear)?.say ?? []);
});
listen(send, { accept: (text) => isLabel(text) || /^HP:[A-Z0-9._-]+$/i.test(text) || /^HPB[B-V]{32}$/i.test(text) });
connect();
setInterval(watch, AGAIN_MS);
