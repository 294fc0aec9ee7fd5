// Reads texts aloud with the voices of the browser. Where there is none for a language, it is silent: the pictograms say it all.

const engine = "speechSynthesis" in window ? window.speechSynthesis : null;
engine?.getVoices(); // some browsers load their voices when they are first asked

function voiceFor(language) {
  const voices = engine.getVoices();
  return voices.find((voice) => voice.lang.toLowerCase().startsWith(`${language}-be`)) ?? voices.find((voice) => voice.lang.toLowerCase().startsWith(language));
}

/** Says texts in their languages, after one another. parts: [[language, text], …]; what was being said ends. */
export function say(parts) {
  if (!engine) return;
  engine.cancel();
  for (const [language, text] of parts) {
    const voice = voiceFor(language.toLowerCase());
    if (!voice) continue;
    const utterance = new SpeechSynthesisUtterance(text);
    utterance.voice = voice;
    utterance.lang = voice.lang;
    utterance.rate = 0.9;
    engine.speak(utterance);
  }
}
