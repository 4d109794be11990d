/**
 * A browser that nobody used for a while is locked by the server. The page stays as it is, covered, and asks for
 * the password in its place: nothing that was typed is lost. Typing and pointing count as use, at most once a minute.
 */
import { text } from "./texts.js";

const TOLD_MS = 60_000;
const LOOK_MS = 15_000;
const LOCKED = "X-Ondol-Locked";

let told = Date.now();
let look = 0;
/** @type {() => void} */
let whenOpen = () => {};

/** @param {() => void} opened  what to do once the page may be looked at again */
export function startLock(opened) {
  if (!document.body.dataset.liveKey) return;
  whenOpen = opened;
  for (const kind of ["keydown", "pointerdown", "input"]) document.addEventListener(kind, noteUse, { passive: true, capture: true });
  document.addEventListener("htmx:response:error", (/** @type {any} */ event) => event.detail?.ctx?.response?.headers?.get?.(LOCKED) && showLock());
}

/** Whether an answer says that this browser is locked; then the page is covered. @param {Response} answer */
export function isLocked(answer) {
  const locked = answer.status === 401 && answer.headers.has(LOCKED);
  if (locked) showLock();
  return locked;
}

function noteUse() {
  if (document.querySelector("#lock") || Date.now() - told < TOLD_MS) return;
  told = Date.now();
  fetch("/live/active", { method: "POST", headers: { "HX-Request": "true" } }).then(isLocked, () => {});
}

/** Cover the page. */
export function showLock() {
  const words = document.getElementById("lock-words");
  if (document.querySelector("#lock") || !(words instanceof HTMLTemplateElement)) return;
  document.body.append(words.content.cloneNode(true));
  const dialog = /** @type {HTMLDialogElement} */ (document.querySelector("#lock"));
  dialog.addEventListener("cancel", (event) => event.preventDefault());
  dialog.querySelector("form[data-unlock]")?.addEventListener("submit", (event) => void unlock(event, dialog), true);
  dialog.showModal();
  look = window.setInterval(() => void lookAgain(dialog), LOOK_MS);
}

/** @param {Event} event @param {HTMLDialogElement} dialog */
async function unlock(event, dialog) {
  event.preventDefault();
  event.stopImmediatePropagation();
  const form = /** @type {HTMLFormElement} */ (event.target);
  const field = /** @type {HTMLInputElement} */ (form.elements.namedItem("password"));
  const said = /** @type {HTMLElement} */ (dialog.querySelector("[data-said]"));
  try {
    const body = new URLSearchParams({ password: field.value });
    const answer = await fetch("/unlock", { method: "POST", body, headers: { "HX-Request": "true" } });
    if (answer.ok) return uncover(dialog);
    if (answer.status === 401) return location.assign("/login");
    said.textContent = await answer.text();
  } catch {
    said.textContent = text("send_failed");
  }
  field.value = "";
  field.focus();
}

/** Another tab may have unlocked this browser meanwhile. @param {HTMLDialogElement} dialog */
async function lookAgain(dialog) {
  const answer = await fetch("/live/here", { cache: "no-store", headers: { "HX-Request": "true" } }).catch(() => null);
  if (answer?.ok) uncover(dialog);
}

/** @param {HTMLDialogElement} dialog */
function uncover(dialog) {
  window.clearInterval(look);
  told = Date.now();
  dialog.close();
  dialog.remove();
  whenOpen();
}
