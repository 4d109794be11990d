/**
 * The technician's phone: says when the network is away, and after a one-tap call brings the person back to
 * the form that records how the call went ([data-dial="FORM-ID"] on the tel: link).
 */
import { now } from "./now.js";
import { text } from "./texts.js";
import { toast } from "./toast.js";

/** Listen once. */
export function startPhone() {
  document.addEventListener("click", noteDial);
  document.addEventListener("visibilitychange", backFromCall);
  document.addEventListener("click", stayOffline, true);
  for (const kind of ["online", "offline"]) window.addEventListener(kind, showNetwork);
  showNetwork();
}

let dialled = "";

/** @param {MouseEvent} event */
function noteDial(event) {
  const link = /** @type {Element} */ (event.target).closest("[data-dial]");
  if (!link) return;
  dialled = link.getAttribute("data-dial") ?? "";
  const form = document.getElementById(dialled);
  form?.removeAttribute("hidden");
  const at = form?.querySelector("input[name=dialled_at]");
  if (at instanceof HTMLInputElement) at.value = new Date(now()).toISOString();
}

function backFromCall() {
  if (document.hidden || !dialled) return;
  const form = document.getElementById(dialled);
  dialled = "";
  form?.scrollIntoView({ block: "start" });
  /** @type {HTMLElement | null | undefined} */ (form?.querySelector("input:not([type=hidden]), select, button"))?.focus();
}

/** Without a network a link would lose the page for the browser's own error page. @param {MouseEvent} event */
function stayOffline(event) {
  if (navigator.onLine) return;
  const target = /** @type {Element} */ (event.target);
  if (!target.closest(".handset a[href^='/'], .handset button[formmethod=get]")) return;
  event.preventDefault();
  toast(text("offline"), "bad");
}

function showNetwork() {
  for (const element of document.querySelectorAll("[data-offline]")) element.toggleAttribute("hidden", navigator.onLine);
}
