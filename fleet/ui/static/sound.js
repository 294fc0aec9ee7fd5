// Three short sounds, made by the browser itself: no file to load, nothing to hear in a page that was never touched.
// Up is good, down is bad: the difference is heard without a good ear for pitch, and without Dutch.

let context = null;

function ready() {
  if (typeof AudioContext === "undefined") return null;
  context ??= new AudioContext();
  // a browser keeps sound back until the person pressed a key or touched the page; a scan is such a key
  if (context.state === "suspended") context.resume().catch(() => {});
  return context;
}

/** Plays tones one after another. tones: [[hertz, seconds], …]; 0 hertz is a rest. */
function play(tones, shape, loudness) {
  const audio = ready();
  if (!audio) return;
  let at = audio.currentTime + 0.01;
  for (const [hertz, seconds] of tones) {
    if (hertz) {
      const tone = audio.createOscillator();
      const volume = audio.createGain();
      tone.type = shape;
      tone.frequency.value = hertz;
      volume.gain.setValueAtTime(0, at);
      volume.gain.linearRampToValueAtTime(loudness, at + 0.01); // without a ramp it clicks
      volume.gain.setValueAtTime(loudness, at + seconds - 0.02);
      volume.gain.linearRampToValueAtTime(0, at + seconds);
      tone.connect(volume).connect(audio.destination);
      tone.start(at);
      tone.stop(at + seconds);
    }
    at += seconds;
  }
}

/** Done, found, right: two tones up. */
export function good() {
  play([[880, 0.09], [1320, 0.16]], "sine", 0.35);
}

/** Wrong, refused, not found: two low tones down. */
export function bad() {
  play([[220, 0.18], [0, 0.04], [160, 0.36]], "square", 0.22);
}

/** Something to look at: three equal short tones. */
export function attention() {
  play([[660, 0.1], [0, 0.07], [660, 0.1], [0, 0.07], [660, 0.1]], "triangle", 0.35);
}
