// Hand scanners that type ("keyboard wedges"), heard on the whole page: no field needs the focus.
//
// A scanner sends physical keys. What they become depends on two layouts that may differ: the scanner's and the computer's.
// A US scanner on a Belgian AZERTY computer turns "HA112" into "HQ&&é"; so each scan is read in three ways (see `readings`),
// and the check character or the known shape decides. What a person types is never swallowed.

const GAP_MS = 80; // between two keys of a scan; scanners send one each 5 to 50 ms
const SURE_MS = 50; // average gap that no typist keeps up (240 words a minute)
const SHORTEST = 4;
const SURE_LENGTH = 6;
const LEARNED = "heropstart.wedge"; // which reading was right the last time that it could be known

const CODE = /^[0-9A-HJKMNP-TV-Z]{8}$/;
const LABEL_URL = /^https?:\/\/[^/?#\s]+\/a\/([^/?#\s]+)\/?$/i;
const WEB_URL = /^https?:\/\/[^/?#\s]+(\/\S*)?$/i;
const PLAIN = /^[\x20-\x7e]+$/;
const ODD = /[^0-9A-Za-z ./:_+#$%*=?&-]/; // no barcode of a maker, and no address, holds these
const ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ";

const pairs = (codes, plain, shifted) =>
  codes.split(" ").map((code, index) => [code, [[...plain][index], [...shifted][index]]]);
const letters = (order) => [...order].map((letter, index) => [`Key${ALPHABET[index + 10]}`, [letter, letter.toUpperCase()]]);
const digits = (plain, shifted) => [..."1234567890"].map((digit, index) => [`Digit${digit}`, [[...plain][index], [...shifted][index]]]);
const PUNCTUATION = "Minus Equal BracketLeft BracketRight Semicolon Quote Backquote Backslash Comma Period Slash IntlBackslash Space";
const PAD = [
  ...[..."0123456789"].map((digit) => [`Numpad${digit}`, [digit, digit]]),
  ...pairs("NumpadAdd NumpadSubtract NumpadMultiply NumpadDivide NumpadDecimal", "+-*/.", "+-*/."),
];
const US = new Map([
  ...letters("abcdefghijklmnopqrstuvwxyz"),
  ...digits("1234567890", "!@#$%^&*()"),
  ...pairs(PUNCTUATION, "-=[];'`\\,./\\ ", '_+{}:"~|<>?| '),
  ...PAD,
]);
const BELGIAN = new Map([
  ...letters("qbcdefghijkl,noparstuvzxyw"),
  ...digits("&é\"'(§è!çà", "1234567890"),
  ...pairs(PUNCTUATION, ")-^$mù²µ;:=< ", "°_¨*M%³£./+> "),
  ...PAD,
  ["KeyM", [",", "?"]],
]);

/** Whether the ISO 7064 MOD 37,36 check character of this asset code is right; a dash, spaces and lower case are allowed. */
export function isAssetCode(text) {
  const code = text.replace(/[\s-]/g, "").toUpperCase();
  if (!CODE.test(code)) return false;
  let check = 36;
  for (const char of code.slice(0, -1)) check = ((((check + ALPHABET.indexOf(char)) % 36 || 36) * 2) % 37);
  return (check + ALPHABET.indexOf(code.at(-1))) % 36 === 1;
}

/** Whether this is the text of one of our labels: the address with a right code, or the code alone. */
export function isLabel(text) {
  const address = LABEL_URL.exec(text);
  return isAssetCode(address ? address[1] : text);
}

/** The ways to read these keys, in the order in which they are tried: [name, text]; unreadable ones are left out.
 *  keys: [{code, key, shift}], as KeyboardEvent has them. CapsLock and NumLock play no part, but in "typed". */
export function readings(keys) {
  const physical = (layout) => keys.map(({ code, shift }) => layout.get(code)?.[shift ? 1 : 0]);
  const all = [
    ["us", physical(US)],
    ["typed", keys.map(({ key }) => (key?.length === 1 ? key : undefined))],
    ["belgian", physical(BELGIAN)],
  ];
  return all.filter(([, chars]) => !chars.includes(undefined)).map(([name, chars]) => [name, chars.join("").trim()]);
}

/** The one reading to believe: {name, text, ours, certain}, or null. `accept(text)`: is it one of our codes?
 *  Then a web address; then what holds no sign that barcodes do not use, with `learned` (a reading's name) first. */
export function choose(keys, accept = isLabel, learned = null) {
  const found = readings(keys).filter(([, text]) => text.length >= SHORTEST);
  const pick = (fits) => found.find(([, text]) => fits(text));
  const certain = (reading, ours) => reading && { name: reading[0], text: reading[1], ours, certain: true };
  const known = certain(pick(accept), true) ?? certain(pick((text) => WEB_URL.test(text)), false);
  if (known) return known;
  const plain = found.filter(([, text]) => PLAIN.test(text) && !ODD.test(text));
  const likely = plain.find(([name]) => name === learned) ?? plain[0] ?? found[0];
  return likely ? { name: likely[0], text: likely[1], ours: false, certain: false } : null;
}

/** Keys that came as fast as a scanner's, gathered until the terminator. Pure: times are given, in ms. */
export class Burst {
  keys = [];
  /** Takes a key; true when it begins a new burst. */
  add(key) {
    const gap = key.time - this.keys.at(-1)?.time;
    const fresh = !(gap >= 0 && gap <= GAP_MS);
    if (fresh) this.keys = [];
    this.keys.push(key);
    return fresh;
  }
  /** The keys of a scan that ends at `time`, else null; the burst is over either way. */
  end(time) {
    const keys = this.keys;
    this.keys = [];
    return keys.length >= SHORTEST && time - keys.at(-1).time <= GAP_MS ? keys : null;
  }
  running(time) {
    return this.keys.length >= 2 && time - this.keys.at(-1).time <= GAP_MS;
  }
}

/** Whether no person can have typed this: used where a person may be typing. */
export function tooFastForAPerson(keys, end) {
  return keys.length >= SURE_LENGTH && (end - keys[0].time) / keys.length <= SURE_MS;
}

const EDITABLE = "textarea, select, [contenteditable], input:not([type=checkbox], [type=radio], [type=button], [type=submit], [type=reset], [type=range], [type=color], [type=file], [type=image])";

function remember(element) {
  return { element, value: element.isContentEditable ? element.textContent : element.value };
}

function restore({ element, value }) {
  if (element.isContentEditable) element.textContent = value;
  else if (element.value !== value) element.value = value;
  else return;
  // those who follow what is typed (live search) must see that it went
  element.dispatchEvent(new Event("input", { bubbles: true }));
}

const store = {
  get: () => { try { return localStorage.getItem(LEARNED); } catch { return null; } },
  set: (name) => { try { localStorage.setItem(LEARNED, name); } catch { /* a browser that keeps nothing: learned anew each time */ } },
};

/**
 * Calls onScan(text, {ours}) for each scan on the page; returns a function that stops it.
 * options.accept(text): is it one of our codes (default: a label with a right check character)? Only those are taken out of a
 *   text field again; any other scan stays in the field that has the focus.
 * options.box: a selector of the fields that are there to scan into: each scan goes to onScan, and the field is emptied again.
 */
export function listen(onScan, { accept = isLabel, box = "[data-scan-box]", target = document } = {}) {
  const burst = new Burst();
  let before = null;

  const finish = (event, field) => {
    const keys = burst.end(event.timeStamp);
    const scan = keys && choose(keys, accept, store.get());
    if (!scan) return;
    const fast = tooFastForAPerson(keys, event.timeStamp);
    const inBox = field?.matches(box) && fast;
    if (field && !scan.ours && !inBox) {
      if (fast && event.key === "Enter") event.preventDefault(); // the text stays; the form is not sent by a scan
      return;
    }
    event.preventDefault();
    event.stopImmediatePropagation();
    if (field && before?.element === field) restore(before);
    if (scan.certain) store.set(scan.name);
    onScan(scan.text, { ours: scan.ours });
  };

  const onKeyDown = (event) => {
    const field = event.target instanceof Element ? event.target.closest(EDITABLE) : null;
    if (event.key === "Enter" || event.key === "Tab" || event.code === "NumpadEnter") return finish(event, field);
    if (event.key === "Shift" || event.key === "CapsLock" || event.key === "NumLock" || event.key === "AltGraph") return;
    const graph = event.getModifierState("AltGraph");
    if (event.repeat || event.isComposing || ((event.ctrlKey || event.altKey || event.metaKey) && !graph)) {
      if (event.key !== "Control" && event.key !== "Alt") burst.keys = [];
      return;
    }
    const quick = burst.running(event.timeStamp);
    const key = { code: graph ? "" : event.code, key: event.key, shift: event.shiftKey, time: event.timeStamp };
    if (burst.add(key)) before = field && remember(field);
    // in the middle of a scan these would press the focused button or open the browser's own search
    if (quick && !field && (event.key === " " || event.key === "/" || event.key === "'")) event.preventDefault();
  };

  target.addEventListener("keydown", onKeyDown, true);
  return () => target.removeEventListener("keydown", onKeyDown, true);
}
