/**
 * Forms: one press sends once, a repeat of the same content carries the same Idempotency-Key,
 * and what was typed is neither lost to a failed send nor to a click elsewhere.
 *
 *   <form data-once>          guard against double sending (every POST form; added by the form macro)
 *   <input name="idempotency_key" data-idempotency>   filled with a UUID; renewed when the content changes
 *   <form data-guard>         ask before leaving with unsaved changes
 */
import { askServer, canAsk, hideNotSent, showNotSent } from "./sending.js";
import { toast, toastWhileAway } from "./toast.js";
import { text } from "./texts.js";

/** Forms that may leave the page: the server was there a moment ago. */
const mayLeave = new WeakSet();
const KEY = "[data-idempotency]";

/** Listen once for the whole document; new forms need nothing but their marks. */
export function startForms() {
  fillKeys();
  document.addEventListener("submit", guardSubmit, true);
  document.addEventListener("input", noteChange);
  document.addEventListener("change", noteChange);
  window.addEventListener("pageshow", (event) => event.persisted && releaseAll());
  window.addEventListener("beforeunload", askBeforeLeaving);
  document.addEventListener("htmx:config:request", sendKeyAsHeader);
  document.addEventListener("htmx:finally:request", (event) => release(sentForm(event)));
  document.addEventListener("htmx:error", keepAndTell);
  document.addEventListener("htmx:response:error", keepForm);
}

/** Give every idempotent form its key; call after a swap too. */
export function fillKeys() {
  for (const field of document.querySelectorAll(KEY)) {
    if (field instanceof HTMLInputElement && !field.value) field.value = uuid();
  }
}

/** @param {SubmitEvent} event */
function guardSubmit(event) {
  const form = /** @type {HTMLFormElement} */ (event.target);
  if (form.method === "dialog" || form.hasAttribute("data-through")) return;
  if (form.hasAttribute("data-js-sending")) {
    event.preventDefault();
    event.stopImmediatePropagation();
    return;
  }
  form.removeAttribute("data-js-dirty");
  if (leavesByGet(event)) return;
  if (form.method !== "post" && !form.matches("[hx-post],[hx-put],[hx-delete],[data-once]")) return;
  form.setAttribute("data-js-sending", "");
  form.setAttribute("aria-busy", "true");
  form.setAttribute("data-js-sent", "");
  if (canAsk() && !isHtmx(form) && !mayLeave.delete(form)) return void sendOnceReached(event, form);
  // A disabled button would drop its own name and value from the submission, so only look and refuse.
  window.setTimeout(() => event.defaultPrevented && !isHtmx(form) && release(form));
}

/**
 * Hold a plain form back until the server answers; without an answer it stays with what was typed.
 * @param {SubmitEvent} event @param {HTMLFormElement} form
 */
async function sendOnceReached(event, form) {
  event.preventDefault();
  event.stopImmediatePropagation();
  const pressed = event.submitter instanceof HTMLElement ? event.submitter : null;
  const meant = meaningOf(pressed);
  const still = () => !pressed || (meaningOf(pressed) === meant && formAround(pressed) === form);
  const again = () => (still() ? form.requestSubmit(pressed) : chooseAgain(form));
  const found = await askServer();
  release(form);
  if (!form.isConnected) return;
  hideNotSent();
  if (found === "here") {
    if (still()) mayLeave.add(form);
    again();
    mayLeave.delete(form);
    return;
  }
  form.setAttribute("data-js-dirty", "");
  if (found === "locked") return; // covered; the press is made again by whoever unlocks
  if (found === "signed_out") toast(text("signed_out_unsent"), "bad");
  else showNotSent(form, again);
}

/** What a button says beside its form: a live update may have given it another meaning since it was pressed. */
function meaningOf(/** @type {Element | null} */ button) {
  return ["name", "value", "formaction"].map((name) => button?.getAttribute(name)).join("\n");
}

/** @param {Element} button @returns {HTMLFormElement | null} */
function formAround(button) {
  return button.isConnected && "form" in button ? /** @type {HTMLFormElement | null} */ (button.form) : null;
}

/** The page followed its live data while the server was asked: what was pressed is not there any more. */
function chooseAgain(/** @type {HTMLFormElement} */ form) {
  form.setAttribute("data-js-dirty", "");
  toast(text("choose_again"), "warn");
}

/** A button of a POST form that only goes to another page. @param {SubmitEvent} event */
function leavesByGet(event) {
  return event.submitter?.getAttribute("formmethod") === "get";
}

/** @param {HTMLFormElement} form */
function isHtmx(form) {
  return form.matches("[hx-post],[hx-put],[hx-get],[hx-delete],[hx-patch]");
}

/** After a try, other content needs another key: the same key with another body is refused. */
function noteChange(/** @type {Event} */ event) {
  const field = /** @type {Element} */ (event.target);
  const form = field.closest("form");
  if (!form || field.matches(KEY)) return;
  form.setAttribute("data-js-dirty", "");
  if (!form.hasAttribute("data-js-sent") || form.hasAttribute("data-js-sending")) return;
  form.removeAttribute("data-js-sent");
  const key = form.querySelector(KEY);
  if (key instanceof HTMLInputElement) key.value = uuid();
}

/** @param {BeforeUnloadEvent} event */
function askBeforeLeaving(event) {
  if (document.querySelector("form[data-guard][data-js-dirty]:not([data-js-sending])")) event.preventDefault();
}

/** @param {any} event */
function sendKeyAsHeader(event) {
  const key = formOf(event)?.querySelector(KEY);
  if (key instanceof HTMLInputElement) event.detail.ctx.request.headers["Idempotency-Key"] = key.value;
}

/** @param {any} event */
function formOf(event) {
  const source = event.detail?.ctx?.sourceElement;
  return source instanceof Element ? source.closest("form") : null;
}

/** The form that was sent itself: what a field of it asks meanwhile ends no sending. @param {any} event */
function sentForm(event) {
  const source = event.detail?.ctx?.sourceElement;
  return source instanceof HTMLFormElement ? source : null;
}

/** What was not taken is still unsaved, and a repeat of it carries the same key. */
function keepForm(/** @type {any} */ event) {
  const form = sentForm(event);
  form?.setAttribute("data-js-dirty", "");
  form?.setAttribute("data-js-sent", "");
}

/** No answer from the server: pressing again is safe. A field that asked for itself has sent nothing. */
function keepAndTell(/** @type {any} */ event) {
  if (!event.detail?.ctx) return; // a fault of the page itself
  keepForm(event);
  const pressed = event.detail.ctx.sourceElement instanceof HTMLButtonElement;
  toastWhileAway(text(sentForm(event) || pressed ? "send_failed" : "ask_failed"));
}

/** @param {HTMLFormElement | null} form */
function release(form) {
  form?.removeAttribute("data-js-sending");
  form?.removeAttribute("aria-busy");
}

function releaseAll() {
  for (const form of document.querySelectorAll("form[data-js-sending]")) release(/** @type {HTMLFormElement} */ (form));
}

/** A version 4 UUID, also where crypto.randomUUID is absent (plain http on another machine). */
export function uuid() {
  if (crypto.randomUUID) return crypto.randomUUID();
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
