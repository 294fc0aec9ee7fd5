// Scanning with the camera, one thing after another. Frames are read on this device; no picture leaves it.

import { prepareZXingModule, readBarcodes } from "./vendor/zxing/reader/index.js";
import { isLabel } from "./wedge.js";
import { lookUp, tell } from "./scan-tell.js";

const AGAIN_MS = 3000; // the same code counts again when it was out of sight this long
const LONGEST_SIDE = 1280; // pixels of a frame that is read whole
const CROP = 0.5; // the middle of the picture, in full resolution: a small label held before the lens
const PAUSE_MS = 40;
const KEPT = "heropstart.camera";
const READING = {
  formats: ["QRCode", "DataMatrix", "Code128", "Code39", "EAN13", "EAN8", "UPCA"],
  tryHarder: true,
  tryRotate: true,
  tryInvert: true,
  maxNumberOfSymbols: 8,
};

const page = document.getElementById("camera");
const video = page.querySelector("video");
const list = document.getElementById("scanned");
const count = document.getElementById("scanned-count");
const canvas = document.createElement("canvas");
const pen = canvas.getContext("2d", { willReadFrequently: true });
const seen = new Map(); // text → when it was last in sight, in ms
let candidate = null; // a code without a check of its own is believed when two pictures in a row show it
let stream = null;
let turn = 0;

/** Shows one of the page's messages (ready, denied, missing, busy, insecure, broken, offline) and hides the others. */
function say(name) {
  for (const message of page.querySelectorAll("[data-message]")) message.hidden = message.dataset.message !== name;
  page.dataset.state = name;
}

function pixels(crop) {
  const { videoWidth: width, videoHeight: height } = video;
  const wide = crop ? Math.round(Math.min(width, height) * CROP) : width;
  const high = crop ? wide : height;
  const scale = crop ? Math.min(2, LONGEST_SIDE / 2 / wide) : Math.min(1, LONGEST_SIDE / Math.max(wide, high));
  canvas.width = Math.round(wide * scale);
  canvas.height = Math.round(high * scale);
  pen.drawImage(video, (width - wide) / 2, (height - high) / 2, wide, high, 0, 0, canvas.width, canvas.height);
  return pen.getImageData(0, 0, canvas.width, canvas.height);
}

/** The code that is meant: one of our labels, else the one nearest to the middle. */
function meant(found, { width, height }) {
  const far = ({ position: { topLeft, bottomRight } }) =>
    Math.hypot((topLeft.x + bottomRight.x - width) / 2, (topLeft.y + bottomRight.y - height) / 2);
  const readable = found.filter((code) => code.isValid && code.text.trim());
  return readable.find((code) => isLabel(code.text)) ?? readable.sort((one, other) => far(one) - far(other))[0];
}

/** Whether to take this code now: not when it was in sight just before, and a weak one only when it is seen twice. */
function takes(code, now) {
  const text = code.text.trim();
  const before = seen.get(text);
  if (before !== undefined && now - before < AGAIN_MS) {
    seen.set(text, now);
    return false;
  }
  const sure = code.format.startsWith("QR") || code.format.startsWith("Data") || candidate === text;
  candidate = text;
  if (sure) seen.set(text, now);
  return sure;
}

async function read(mine) {
  for (let frame = 0; mine === turn; frame += 1) {
    if (video.readyState >= HTMLMediaElement.HAVE_CURRENT_DATA && video.videoWidth) {
      const picture = pixels(frame % 2 === 0);
      const code = meant(await readBarcodes(picture, READING), picture);
      if (code && mine === turn && takes(code, performance.now())) await show(code.text.trim());
    }
    await new Promise((next) => setTimeout(next, PAUSE_MS));
  }
}

/** Looks a scan up, tells it, and puts it on top of the list; those before it fold away. */
async function show(text) {
  try {
    const { result, outcome, said } = await lookUp(text);
    tell(outcome, said);
    for (const card of list.querySelectorAll("li > details")) card.open = false;
    const item = document.createElement("li");
    const fold = document.createElement("details");
    const head = document.createElement("summary");
    head.className = `tone-${outcome}`;
    const icon = document.getElementById(`toast-${outcome}`)?.content.querySelector(".icon");
    if (icon) head.append(icon.cloneNode(true), " ");
    head.append(said);
    fold.open = true;
    fold.append(head, result);
    item.append(fold);
    list.prepend(item);
    count.textContent = String(list.children.length);
    count.parentElement.hidden = false;
    if (page.dataset.state === "offline") say("ready");
  } catch {
    seen.delete(text);
    say("offline");
    tell("bad", page.querySelector("[data-message=offline]").textContent.trim());
  }
}

/** Light, zoom and the choice of camera, where this camera offers them. */
async function offer(track) {
  const can = track.getCapabilities?.() ?? {};
  const torch = document.getElementById("torch");
  torch.hidden = !can.torch;
  torch.setAttribute("aria-pressed", "false");
  torch.onclick = async () => {
    const on = torch.getAttribute("aria-pressed") !== "true";
    await track.applyConstraints({ advanced: [{ torch: on }] });
    torch.setAttribute("aria-pressed", String(on));
  };
  const zoom = document.getElementById("zoom");
  zoom.closest(".field").hidden = !can.zoom;
  if (can.zoom) {
    Object.assign(zoom, { min: can.zoom.min, max: can.zoom.max, step: can.zoom.step || 0.1 });
    zoom.value = track.getSettings().zoom ?? can.zoom.min;
    zoom.oninput = () => track.applyConstraints({ advanced: [{ zoom: Number(zoom.value) }] });
  }
  if (can.focusMode?.includes("continuous")) await track.applyConstraints({ advanced: [{ focusMode: "continuous" }] });
  const cameras = (await navigator.mediaDevices.enumerateDevices()).filter((device) => device.kind === "videoinput");
  const choice = document.getElementById("which");
  choice.closest(".field").hidden = cameras.length < 2;
  choice.replaceChildren(...cameras.map((device, index) => new Option(device.label || String(index + 1), device.deviceId)));
  choice.value = track.getSettings().deviceId ?? "";
  choice.onchange = () => {
    localStorage.setItem(KEPT, choice.value);
    start();
  };
}

function stop() {
  turn += 1;
  stream?.getTracks().forEach((track) => track.stop());
  stream = null;
  video.srcObject = null;
}

const WHY = { NotAllowedError: "denied", SecurityError: "denied", NotFoundError: "missing", NotReadableError: "busy", AbortError: "busy" };

async function open() {
  const size = { width: { ideal: 1920 }, height: { ideal: 1080 } };
  const kept = localStorage.getItem(KEPT);
  const wanted = kept ? { deviceId: { exact: kept } } : { facingMode: { ideal: "environment" } };
  try {
    return await navigator.mediaDevices.getUserMedia({ video: { ...wanted, ...size }, audio: false });
  } catch (error) {
    if (!kept || (error.name !== "OverconstrainedError" && error.name !== "NotFoundError")) throw error;
    localStorage.removeItem(KEPT); // the chosen camera is no longer there
    return open();
  }
}

async function start() {
  stop();
  if (!window.isSecureContext || !navigator.mediaDevices) return say("insecure");
  const mine = turn;
  try {
    const opened = await open();
    if (mine !== turn) return opened.getTracks().forEach((track) => track.stop());
    stream = opened;
  } catch (error) {
    return say(WHY[error.name] ?? "missing");
  }
  const [track] = stream.getVideoTracks();
  track.addEventListener("ended", () => say("busy"));
  video.srcObject = stream;
  try {
    await Promise.all([video.play(), offer(track), ready]);
  } catch (error) {
    stop();
    return say(error.name === "AbortError" ? "busy" : "broken");
  }
  say("ready");
  read(mine);
}

const ready = Promise.resolve(
  prepareZXingModule({ overrides: { locateFile: () => page.dataset.reader }, fireImmediately: true }),
);
ready.catch(() => {}); // told where it is waited for

document.addEventListener("heropstart:scan", (event) => {
  event.preventDefault();
  show(event.detail.text);
});
// a hidden page must not keep the camera; an iPhone's home-screen app loses it anyway
document.addEventListener("visibilitychange", () => (document.hidden ? stop() : start()));
for (const again of page.querySelectorAll("[data-again]")) again.addEventListener("click", start);
if (!document.hidden) start();
