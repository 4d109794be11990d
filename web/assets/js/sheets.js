/**
 * A dialog that the server sent counts as a step of the browser's history: Back closes it instead of leaving
 * the page, and closing it takes the step back. Nothing typed is lost to a Back.
 *
 * Tells pages:  sheet:left  (closed, by whatever way), sheet:again (Forward, or a reload, to where one was open).
 */
import { text } from "./texts.js";
import { toast } from "./toast.js";

const OPEN = "dialog[data-auto-open][open]";

/** Listen once. */
export function startSheets() {
  window.addEventListener("popstate", moved);
}

/** @returns {boolean} whether the browser stands on a step that a sheet has made */
export function onSheetStep() {
  return Boolean(window.history.state?.sheet);
}

/** One step, however many dialogs follow each other in it. */
export function enterSheet(/** @type {HTMLDialogElement} */ dialog) {
  if (!onSheetStep()) window.history.pushState({ sheet: true }, "");
  dialog.addEventListener("close", leaveSheet, { once: true });
}

function leaveSheet() {
  if (document.querySelector(OPEN)) return;
  if (onSheetStep()) window.history.back();
  else tell("sheet:left");
}

/** @param {PopStateEvent} event */
function moved(event) {
  const dialog = document.querySelector(OPEN);
  if (event.state?.sheet) {
    if (!dialog) tell("sheet:again");
  } else if (!(dialog instanceof HTMLDialogElement)) {
    tell("sheet:left");
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
