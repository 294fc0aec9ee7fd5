// Passkeys: a button that signs in with one, and a form that makes one. Whoever cannot use them signs in with a password.
const bytes = (text) => Uint8Array.from(atob(text.replace(/-/g, "+").replace(/_/g, "/")), (sign) => sign.charCodeAt(0));
const text = (buffer) =>
  btoa(String.fromCharCode(...new Uint8Array(buffer))).replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");

async function call(path, body, token) {
  const headers = { "Content-Type": "application/json", Accept: "application/json" };
  if (token) headers["X-CSRF-Token"] = token;
  const answer = await fetch(path, { method: "POST", headers, body: JSON.stringify(body), credentials: "same-origin" });
  const told = await answer.json();
  if (!answer.ok) throw new Refused(told.detail);
  return told;
}

class Refused extends Error {}

const descriptor = (one) => ({ ...one, id: bytes(one.id) });

function askedFor(options) {
  const asked = { ...options, challenge: bytes(options.challenge) };
  if (options.user) asked.user = { ...options.user, id: bytes(options.user.id) };
  for (const list of ["excludeCredentials", "allowCredentials"]) {
    if (options[list]) asked[list] = options[list].map(descriptor);
  }
  return asked;
}

function told(credential) {
  const { response } = credential;
  const told = { id: credential.id, rawId: text(credential.rawId), type: credential.type, response: {} };
  for (const part of ["clientDataJSON", "attestationObject", "authenticatorData", "signature", "userHandle"]) {
    if (response[part]) told.response[part] = text(response[part]);
  }
  // what some browsers give beside a new key is not asked for
  if (told.response.attestationObject) {
    delete told.response.authenticatorData;
    told.response.transports = response.getTransports?.() ?? [];
  }
  return told;
}

// what went wrong, in the page's language: the service's own words, else the words that the page brings
function tell(place, error) {
  const note = place.querySelector("[data-said]");
  const silent = error.name === "InvalidStateError" ? note.dataset.known : note.dataset.stopped;
  note.querySelector("span").textContent = error instanceof Refused ? error.message : silent;
  note.hidden = false;
  note.focus();
}

async function busy(place, work) {
  const button = place.querySelector("button");
  place.querySelector("[data-said]").hidden = true;
  button.disabled = true;
  try {
    await work();
  } catch (error) {
    tell(place, error);
  } finally {
    button.disabled = false;
  }
}

async function signIn(place) {
  const { publicKey } = await call("/api/v1/session/passkey/options", {});
  const credential = await navigator.credentials.get({ publicKey: askedFor(publicKey) });
  await call("/api/v1/session/passkey", { credential: told(credential) });
  location.assign(place.dataset.next);
}

async function add(form) {
  const { csrf_token: token, name, password } = form.elements;
  const { publicKey } = await call("/api/v1/me/passkeys/options", password?.value ? { password: password.value } : {}, token.value);
  const credential = await navigator.credentials.create({ publicKey: askedFor(publicKey) });
  await call("/api/v1/me/passkeys", { name: name.value, credential: told(credential) }, token.value);
  location.assign(form.dataset.next);
}

for (const place of document.querySelectorAll("[data-passkey]")) {
  if (!window.PublicKeyCredential) continue;
  place.hidden = false;
  for (const without of document.querySelectorAll("[data-no-passkey]")) without.hidden = true;
  if (place.dataset.passkey === "sign-in") {
    place.querySelector("button").addEventListener("click", () => busy(place, () => signIn(place)));
  } else {
    place.addEventListener("submit", (event) => {
      event.preventDefault();
      busy(place, () => add(place));
    });
  }
}
