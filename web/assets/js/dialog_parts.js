/** The parts of a ticket's dialog that are fetched when they are opened, and what a choice in them would do. */
import htmx from "htmx.org";
import { swapIn } from "./swapping.js";
import { text } from "./texts.js";
import { toast } from "./toast.js";

const PREVIEW_MS = 250;
const KST_MS = 9 * 3600_000;

let previewTimer = 0;

export function startDialogParts() {
  document.addEventListener("toggle", (event) => void load(/** @type {HTMLDetailsElement} */ (event.target)), true);
  document.addEventListener("change", changed);
}

/** @type {WeakMap<Element, Promise<void>>} */
const loading = new WeakMap();

/** Fetch what belongs into an opened part, once. @param {HTMLDetailsElement} details */
function load(details) {
  const source = details.dataset?.load;
  if (source && details.open) {
    delete details.dataset.load;
    loading.set(details, fill(details, source));
  }
  return loading.get(details) ?? Promise.resolve();
}

/** @param {HTMLElement} details @param {string} source */
async function fill(details, source) {
  const place = document.getElementById(details.dataset.loadInto ?? "");
  if (!place) return;
  await swapIn(place, source, "innerHTML");
  const chosen = place.dataset.chosen?.trim();
  const radio = chosen ? place.querySelector(`input[value="${CSS.escape(chosen)}"]`) : null;
  if (radio instanceof HTMLInputElement && !radio.disabled) radio.checked = true;
}

/**
 * Fill in the form that decides who goes and when, and show what it would do; nothing is decided yet.
 * @param {{technician: string, start: number}} wish start in milliseconds
 */
export async function proposeMove({ technician, start }) {
  const details = document.getElementById("act-assign");
  if (!(details instanceof HTMLDetailsElement)) return toast(text("drag_not_now"), "warn");
  details.open = true;
  await load(details);
  const form = details.querySelector("form[data-preview]");
  const moment = details.querySelector("[name=start]");
  const radio = details.querySelector(`[name=technician_id][value="${CSS.escape(technician)}"]`);
  details.scrollIntoView({ block: "nearest" }); // who may not come says why in the list
  if (!(radio instanceof HTMLInputElement)) return toast(text("drag_other_point"), "warn");
  if (radio.disabled) return toast(text("drag_may_not"), "warn");
  radio.checked = true;
  if (moment instanceof HTMLInputElement) moment.value = new Date(start + KST_MS).toISOString().slice(0, 16);
  const reason = details.querySelector("[name=reason]");
  if (reason instanceof HTMLElement) reason.focus({ preventScroll: true });
  if (form instanceof HTMLFormElement) await preview(form);
  document.getElementById("assign-preview")?.scrollIntoView({ block: "center" });
}

/** @param {Event} event */
function changed(event) {
  const field = /** @type {HTMLInputElement} */ (event.target);
  const form = field.closest("form[data-preview]");
  if (!(form instanceof HTMLFormElement) || !["technician_id", "start", "pin"].includes(field.name)) return;
  window.clearTimeout(previewTimer);
  previewTimer = window.setTimeout(() => void preview(form), PREVIEW_MS);
}

/** What the choice would do, before it is made. */
async function preview(/** @type {HTMLFormElement} */ form) {
  const place = document.getElementById("assign-preview");
  const fields = new FormData(form);
  if (!place || !fields.get("technician_id")) return;
  const response = await fetch(form.dataset.preview ?? "", {
    method: "POST",
    headers: { "HX-Request": "true" },
    body: new URLSearchParams(/** @type {any} */ (fields)),
  }).catch(() => null);
  if (response?.ok && place.isConnected) {
    await htmx.swap({ target: place, sourceElement: place, text: await response.text(), swap: "innerHTML" });
  }
}
