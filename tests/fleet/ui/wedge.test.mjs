// The decoder of wedge.js without a browser; run by test_wedge.py, which gives codes made by labels.codes.

import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { test } from "node:test";

// read as text: Node takes a .js file for CommonJS in some versions
const source = readFileSync(new URL("../../../fleet/ui/static/wedge.js", import.meta.url), "utf8");
const { Burst, choose, isAssetCode, isLabel, readings, tooFastForAPerson } = await import(`data:text/javascript,${encodeURIComponent(source)}`);
const { right, wrong } = JSON.parse(process.env.CODES);
const URLS = right.map((code) => `HTTPS://FLEET.EXAMPLE.ORG/A/${code}`);

// two keyboards as people have them, key by key: its name, what it gives, what it gives with shift
const keys = (rows) => rows.trim().split(/\s+/).map((cell) => [cell.slice(0, -2), cell.at(-2), cell.at(-1)]);
const US = keys(`Digit11! Digit22@ Digit33# Digit44$ Digit55% Digit66^ Digit77& Digit88* Digit99( Digit00) Minus-_ Equal=+
  KeyQqQ KeyWwW KeyEeE KeyRrR KeyTtT KeyYyY KeyUuU KeyIiI KeyOoO KeyPpP KeyAaA KeySsS KeyDdD KeyFfF KeyGgG KeyHhH KeyJjJ KeyKkK
  KeyLlL Semicolon;: KeyZzZ KeyXxX KeyCcC KeyVvV KeyBbB KeyNnN KeyMmM Comma,< Period.> Slash/?`);
const BE = keys(`Digit1&1 Digit2é2 Digit3"3 Digit4'4 Digit5(5 Digit6§6 Digit7è7 Digit8!8 Digit9ç9 Digit0à0 Minus)° Equal-_
  KeyQaA KeyWzZ KeyEeE KeyRrR KeyTtT KeyYyY KeyUuU KeyIiI KeyOoO KeyPpP KeyAqQ KeySsS KeyDdD KeyFfF KeyGgG KeyHhH KeyJjJ KeyKkK
  KeyLlL SemicolonmM KeyZwW KeyXxX KeyCcC KeyVvV KeyBbB KeyNnN KeyM,? Comma;. Period:/ Slash=+`);
const LAYOUTS = { US, BE };

/** What a computer with layout `host` gets from a scanner that is set to layout `scanner`. */
function typed(text, scanner, host, capsLock = false) {
  return [...text].map((char) => {
    const [code, , shifted] = LAYOUTS[scanner].find(([, plain, shift]) => plain === char || shift === char);
    const shift = shifted === char;
    const [, plain, over] = LAYOUTS[host].find(([name]) => name === code);
    return { code, key: shift !== capsLock ? over : plain, shift };
  });
}

test("the check character is that of the labels", () => {
  assert.ok(right.every(isAssetCode));
  assert.ok(!wrong.some(isAssetCode));
  assert.ok(isLabel(URLS[0]) && isLabel(URLS[0].toLowerCase()) && isLabel(`${right[0].slice(0, 4)}-${right[0].slice(4)}`));
  assert.ok(!isLabel(`https://x.org/B/${right[0]}`));
});

for (const scanner of ["US", "BE"]) {
  for (const host of ["US", "BE"]) {
    test(`a ${scanner} scanner at a ${host} keyboard gives the label's own text`, () => {
      for (const text of [...URLS, ...right, ...right.map((code) => code.toLowerCase())]) {
        const scan = choose(typed(text, scanner, host));
        assert.deepEqual([scan.text, scan.ours, scan.certain], [text, true, true], text);
      }
    });
  }
}

test("HA112 is not HA&&é", () => {
  assert.equal(typed("HA112", "US", "BE").map(({ key }) => key).join(""), "HQ&&é");
  assert.equal(choose(typed("HA112", "US", "BE")).text, "HA112");
});

test("CapsLock plays no part", () => {
  for (const host of ["US", "BE"]) assert.equal(choose(typed(URLS[0], "US", host, true)).text, URLS[0]);
});

test("the number pad gives digits", () => {
  const pad = [..."4901542"].map((digit) => ({ code: `Numpad${digit}`, key: digit, shift: false }));
  assert.deepEqual(readings(pad).map(([, text]) => text), ["4901542", "4901542", "4901542"]);
});

test("a label with a wrong check character stays what was printed, and is none of ours", () => {
  for (const host of ["US", "BE"]) {
    const scan = choose(typed(`HTTPS://FLEET.EXAMPLE.ORG/A/${wrong[0]}`, "US", host));
    assert.deepEqual([scan.text, scan.ours], [`HTTPS://FLEET.EXAMPLE.ORG/A/${wrong[0]}`, false]);
  }
});

test("a maker's serial number is read by what no barcode holds", () => {
  for (const scanner of ["US", "BE"]) assert.equal(choose(typed("5CG1234XYZ", scanner, "BE")).text, "5CG1234XYZ");
});

test("where nothing tells, the reading that was right before is believed", () => {
  const letters = typed("ZAQWM", "BE", "BE");
  assert.equal(choose(letters, isLabel, "typed").text, "ZAQWM");
  assert.equal(choose(letters, isLabel, "us").certain, false);
});

test("a page may say what its own codes are", () => {
  const scan = choose(typed("HPBCCC", "US", "BE"), (text) => text.startsWith("HPB"));
  assert.deepEqual([scan.text, scan.ours], ["HPBCCC", true]);
});

test("keys that no layout has are read as typed; without any reading there is no scan", () => {
  assert.deepEqual(readings([{ code: "", key: "a", shift: false }]), [["typed", "a"]]);
  assert.equal(choose([{ code: "", key: "Unidentified", shift: false }]), null);
});

test("a burst is as fast as a scanner, long enough, and ended in time", () => {
  const gathered = (gaps, end) => {
    const burst = new Burst();
    let time = 0;
    for (const gap of gaps) burst.add({ code: "KeyA", key: "a", shift: false, time: (time += gap) });
    return burst.end(time + end)?.length ?? null;
  };
  assert.equal(gathered([0, 30, 30, 30], 30), 4);
  assert.equal(gathered([0, 80, 80, 80], 80), 4);
  assert.equal(gathered([0, 30, 30], 30), null);
  assert.equal(gathered([0, 30, 30, 30], 81), null);
  assert.equal(gathered([0, 30, 30, 81, 30, 30], 30), null);
});

test("only what no person can type is taken for a scan where a person may be typing", () => {
  const at = (count, gap) => Array.from({ length: count }, (_, index) => ({ time: index * gap }));
  assert.ok(tooFastForAPerson(at(8, 30), 240));
  assert.ok(!tooFastForAPerson(at(8, 70), 560));
  assert.ok(!tooFastForAPerson(at(5, 10), 50));
});
