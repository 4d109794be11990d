/**
 * A dialog that the server sent counts as a step of the browser's history: Back closes it instead of leaving
 * the page, and closing it takes the step back. Nothing typed is lost to a Back.
 *
 * Tells pages:  sheet:left  (closed, by whatever way), sheet:again (Forward, or a reload, to where one was open).
 */
import { text } from "./texts.js";
import { toast } from "./toast.js";

const OPEN = "dialog[data-auto-open][open]";

/** Its step is being taken back; the browser says later that it has done so. */
let leaving = false;
/** The fragment of the page's own address: a link within the page is no way back. */
let fragment = "";

/** Listen once. */
export function startSheets() {
  fragment = window.location.hash;
  window.addEventListener("popstate", moved);
  // A reload with a dialog open that no address brings back: its step would be a press of Back for nothing.
  if (onSheetStep() && !new URLSearchParams(window.location.search).has("ticket")) window.history.back();
}

/** @returns {boolean} whether the browser stands on a step that a sheet has made */
export function onSheetStep() {
  return Boolean(window.history.state?.sheet);
}

/** One step, however many dialogs follow each other in it. */
export function enterSheet(/** @type {HTMLDialogElement} */ dialog) {
  if (!onSheetStep()) pushStep();
  dialog.addEventListener("close", leaveSheet, { once: true });
}

function pushStep() {
  fragment = window.location.hash;
  window.history.pushState({ sheet: true }, "");
}

function leaveSheet() {
  if (document.querySelector(OPEN)) return;
  leaving = onSheetStep();
  if (leaving) window.history.back();
  else tell("sheet:left");
}

/** @param {PopStateEvent} event */
function moved(event) {
  const dialog = document.querySelector(OPEN);
  if (leaving) {
    leaving = false;
    if (dialog) pushStep(); // opened while the last one's step was being taken back
    else tell("sheet:left");
  } else if (event.state?.sheet) {
    if (!dialog) tell("sheet:again");
  } else if (!(dialog instanceof HTMLDialogElement)) {
    tell("sheet:left");
  } else if (window.location.hash !== fragment) {
    return; // a link within the page
  } else if (dialog.querySelector("form[data-js-dirty]")) {
    window.history.forward();
    toast(text("unsaved"), "warn");
  } else {
    dialog.close();
  }
}

function tell(/** @type {string} */ what) {
  document.dispatchEvent(new CustomEvent(what));
}
