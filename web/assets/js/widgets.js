/**
 * Small behaviours by mark:
 *   data-open="ID" opens the <dialog> with that id, data-close closes the one around it;
 *   <dialog data-auto-open> (swapped in by htmx) opens itself, and leaves the page when closed;
 *   <dialog data-side> stands beside the page where there is room, and data-close="modal" leaves it there;
 *   data-tabs: role=tab buttons with aria-controls; data-print; data-reveal="ID" shows what is hidden;
 *   <details data-menu> closes on a click elsewhere and on Escape.
 */
import { startMaps } from "./maps.js";
import { enterSheet } from "./sheets.js";

const ROOM_BESIDE = "(width >= 1280px)"; // the same as in pages/dispatch.css

/** Listen once. */
export function startWidgets() {
  document.addEventListener("click", clicked);
  document.addEventListener("keydown", keyed);
  paintBrand();
  openDialogs();
}

/** Open what the server sent to be open; call after a swap. */
export function openDialogs() {
  for (const dialog of document.querySelectorAll("dialog[data-auto-open]:not([open])")) {
    if (!(dialog instanceof HTMLDialogElement) || dialog.hasAttribute("data-js-closed")) continue;
    openOn(dialog);
    dialog.addEventListener("close", () => dialog.remove(), { once: true });
    enterSheet(dialog);
  }
}

/** The company's colour, with ink that can be read on it; a style attribute would break the content policy. */
function paintBrand() {
  const colour = document.documentElement.dataset.brand ?? "";
  if (!/^#[0-9a-f]{6}$/i.test(colour)) return;
  const root = document.documentElement.style;
  root.setProperty("--brand", colour);
  root.setProperty("--on-brand", luminance(colour) > 0.36 ? "#1c1917" : "#fff");
}

/** WCAG relative luminance of #rrggbb. */
function luminance(/** @type {string} */ colour) {
  const parts = [1, 3, 5].map((at) => {
    const value = Number.parseInt(colour.slice(at, at + 2), 16) / 255;
    return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * parts[0] + 0.7152 * parts[1] + 0.0722 * parts[2];
}

/** @param {MouseEvent} event */
function clicked(event) {
  const target = /** @type {Element} */ (event.target);
  closeMenus(target);
  const opener = target.closest("[data-open]");
  if (opener) showDialog(opener.getAttribute("data-open") ?? "");
  if (target.closest("[data-print]")) window.print();
  closeAround(target);
  if (isBackdrop(target)) /** @type {HTMLDialogElement} */ (target).close();
  const tab = target.closest("[role=tab]");
  if (tab) chooseTab(tab);
  const reveal = target.closest("[data-reveal]")?.getAttribute("data-reveal");
  if (reveal) document.getElementById(reveal)?.removeAttribute("hidden");
  if (target.closest("[data-print]")) window.print();
}

function closeAround(/** @type {Element} */ target) {
  const closer = target.closest("[data-close]");
  const dialog = closer?.closest("dialog");
  if (dialog?.matches(":modal") || closer?.getAttribute("data-close") !== "modal") dialog?.close();
}

/** A click beside an open dialog closes it, unless something was typed into it. */
function isBackdrop(/** @type {Element} */ target) {
  return target instanceof HTMLDialogElement && target.matches("[data-light]:modal") && !target.querySelector("form[data-js-dirty]");
}

/** @param {string} id */
function showDialog(id) {
  const dialog = document.getElementById(id);
  if (!(dialog instanceof HTMLDialogElement) || dialog.open) return;
  openOn(dialog);
  void startMaps();
}

/** Open it with the first field in hand, not the close button that comes first in the markup. */
function openOn(/** @type {HTMLDialogElement} */ dialog) {
  if (dialog.hasAttribute("data-side") && window.matchMedia(ROOM_BESIDE).matches) dialog.show();
  else dialog.showModal();
  if (dialog.querySelector("[autofocus]")) return;
  const field = dialog.querySelector(".dialog-body :is(input:not([type=hidden]), select, textarea, button, a[href])");
  if (field instanceof HTMLElement) field.focus();
}

/** @param {KeyboardEvent} event */
function keyed(event) {
  if (event.key === "Escape") escaped(/** @type {Element} */ (event.target));
  const tab = /** @type {Element} */ (event.target).closest?.("[role=tab]");
  const step = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
  if (!tab || !step) return;
  const tabs = [...(tab.closest("[role=tablist]")?.querySelectorAll("[role=tab]") ?? [])];
  const next = /** @type {HTMLElement} */ (tabs[(tabs.indexOf(tab) + step + tabs.length) % tabs.length]);
  chooseTab(next);
  next.focus();
}

/** Menus first; a dialog beside the page closes from within, unless something was typed into it. */
function escaped(/** @type {Element} */ target) {
  const menu = document.querySelector("details[data-menu][open]");
  closeMenus(null);
  const side = target.closest?.("dialog[data-side]");
  if (!menu && side instanceof HTMLDialogElement && !side.matches(":modal") && !side.querySelector("form[data-js-dirty]")) side.close();
}

/** @param {Element} tab */
function chooseTab(tab) {
  for (const other of tab.closest("[role=tablist]")?.querySelectorAll("[role=tab]") ?? []) {
    const chosen = other === tab;
    other.setAttribute("aria-selected", String(chosen));
    other.setAttribute("tabindex", chosen ? "0" : "-1");
    document.getElementById(other.getAttribute("aria-controls") ?? "")?.toggleAttribute("data-js-off", !chosen);
  }
}

/** @param {Element | null} except the click's place: the menu around it stays */
function closeMenus(except) {
  for (const menu of document.querySelectorAll("details[data-menu][open]")) {
    if (!except || !menu.contains(except)) menu.removeAttribute("open");
  }
}
