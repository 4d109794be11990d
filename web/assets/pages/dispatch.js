/**
 * The dispatcher's console: opens tickets in a dialog from queue, timeline and map, filters the queue while typing,
 * keys j k / Enter, and keeps the map from being redrawn too often. Its lanes are in js/lanes.js, what is dragged
 * onto them in js/dragging.js.
 */
import { proposeMove, startDialogParts } from "../js/dialog_parts.js";
import { startDragging } from "../js/dragging.js";
import { goToAskedDay, goToDay, loadBlock, watchBlocks } from "../js/lanes.js";
import { refreshTopics } from "../js/live.js";
import { onSheetStep } from "../js/sheets.js";
import { bringIntoSight, choose, currentTicket } from "../js/sight.js";
import { swapIn } from "../js/swapping.js";
import { text } from "../js/texts.js";
import { toast } from "../js/toast.js";

const TYPING_MS = 200;
const MAP_PAUSE_MS = 5000;

const filters = document.getElementById("queue-filters");

function start() {
  document.addEventListener("click", clicked);
  document.addEventListener("keydown", keyed);
  document.addEventListener("map:open", mapOpened);
  document.addEventListener("htmx:after:swap", () => {
    watchBlocks();
    window.setTimeout(() => bringIntoSight(loadBlock)); // bars get their place in the same event
  });
  document.addEventListener("sheet:left", () => {
    writeAddress();
    keepInQueue("");
  });
  document.addEventListener("sheet:again", () => void openTicket(askedTicket()));
  startDialogParts();
  startDragging(dropped);
  startFilters();
  startPointSearch();
  startMapPulse();
  watchBlocks();
  goToAskedDay();
  const asked = document.getElementById("console")?.dataset.openTicket;
  const dead = document.getElementById("console")?.hasAttribute("data-no-ticket");
  if (dead || (asked && !onSheetStep())) writeAddress(); // Back from the ticket leads to the board without it
  if (asked) void openTicket(asked);
}

/** @returns {string} */
function askedTicket() {
  return new URLSearchParams(window.location.search).get("ticket") ?? "";
}

/* --- dialogs ------------------------------------------------------------------------------------------ */

/** @param {string} number */
function openTicket(number) {
  if (document.querySelector("#ticket-dialog:not(:modal) form[data-js-dirty]")) {
    toast(text("unsaved"), "warn");
    return Promise.resolve();
  }
  if (!number) return Promise.resolve();
  choose(number);
  followOnMap(`ticket:${number}`);
  return openDialog(`/dispatch/tickets/${encodeURIComponent(number)}`).then(() => {
    if (!document.getElementById("ticket-dialog")) return;
    writeAddress(number);
    keepInQueue(number);
  });
}

/** A job was let go on a lane: its dialog says what that would do, and asks why before anything changes. */
async function dropped(/** @type {import("../js/dragging.js").Drop} */ drop) {
  await openTicket(drop.number);
  if (currentTicket() === drop.number) await proposeMove(drop);
}

/** The map goes where the choice is; what is not drawn yet is shown once it is. */
function followOnMap(/** @type {string} */ key) {
  document.getElementById("map")?.dispatchEvent(new CustomEvent("map:show", { detail: { key } }));
}

/** @param {string} source */
async function openDialog(source) {
  const slot = document.getElementById("dialog-slot");
  if (slot) await swapIn(slot, source, "innerHTML");
}

/** @param {MouseEvent} event */
function clicked(event) {
  if (event.defaultPrevented || event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
  const target = /** @type {HTMLElement} */ (event.target);
  const thing = /** @type {HTMLElement | null} */ (target.closest("[data-testid=queue-ticket], [data-testid=job], [data-ticket]"));
  const number = thing?.dataset.ticket ?? thing?.dataset.number;
  const dialog = target.closest("[data-dialog]")?.getAttribute("data-dialog");
  const chip = target.closest("[data-show]");
  const day = target.closest("[data-day-from]");
  const more = target.closest("[data-more]");
  const clear = target.closest("[data-clear]");
  if (!number && !dialog && !chip && !day && !more && !clear) {
    showPanelOf(target);
    return;
  }
  event.preventDefault();
  if (number) void openTicket(number);
  else if (dialog) void openDialog(dialog);
  else if (chip) setField("show", chip.getAttribute("data-show") ?? "");
  else if (day) goToDay(day);
  else if (more) aim(more.getAttribute("href") ?? "");
  else if (clear) clearFilters();
}

/** On a narrow screen a button may lead to another panel, such as the map. */
function showPanelOf(/** @type {Element} */ target) {
  const panel = target.closest("[data-to-panel]")?.getAttribute("data-to-panel");
  if (panel) document.getElementById(`tab-${panel}`)?.click();
}

/** A ticket opens its dialog; a point narrows the console, which is a page of its own. */
function mapOpened(/** @type {any} */ event) {
  const number = event.detail?.thing?.number;
  if (!number) return;
  event.preventDefault();
  void openTicket(number);
}

/* --- the queue's filters -------------------------------------------------------------------------------- */

let typing = 0;

function startFilters() {
  if (!(filters instanceof HTMLFormElement)) return;
  filters.addEventListener("submit", (event) => {
    event.preventDefault();
    event.stopPropagation();
    filter();
  });
  filters.addEventListener("input", () => {
    window.clearTimeout(typing);
    typing = window.setTimeout(filter, TYPING_MS);
  });
}

function setField(/** @type {string} */ name, /** @type {string} */ value) {
  const field = filters?.querySelector(`[name="${name}"]`);
  if (field instanceof HTMLInputElement) field.value = value;
  filter();
}

/** Everything but the chosen points: those narrow the whole page. */
function clearFilters() {
  for (const name of ["show", "q", "priority", "status"]) {
    const field = filters?.querySelector(`[name="${name}"]`);
    if (field instanceof HTMLInputElement || field instanceof HTMLSelectElement) field.value = "";
  }
  filter();
  document.getElementById("queue-search")?.focus();
}

/** The queue, and the address of the page, say what the form says. */
function filter() {
  const wanted = wishes();
  const opened = document.getElementById("ticket-dialog") ? currentTicket() : "";
  writeAddress(opened);
  if (opened) wanted.append("ticket", opened);
  aim(wanted.size ? `/dispatch/queue?${wanted}` : "/dispatch/queue");
}

function wishes() {
  const wanted = new URLSearchParams();
  if (!(filters instanceof HTMLFormElement)) return wanted;
  for (const [name, value] of new FormData(filters)) if (value) wanted.append(name, String(value));
  return wanted;
}

/** The page's address with the filters and the open ticket; the step of the history stays what it is. */
function writeAddress(number = "") {
  const wanted = wishes();
  if (number) wanted.append("ticket", number);
  window.history.replaceState(window.history.state, "", wanted.size ? `/dispatch?${wanted}` : "/dispatch");
}

/** The open ticket stands in the queue, calm or not; once it is closed it counts like any other. */
function keepInQueue(/** @type {string} */ number) {
  const source = new URL(document.getElementById("queue")?.getAttribute("data-live-src") ?? "/", window.location.href);
  if (source.pathname === "/" || (source.searchParams.get("ticket") ?? "") === number) return;
  if (number) source.searchParams.set("ticket", number);
  else source.searchParams.delete("ticket");
  aim(source.pathname + source.search);
}

/** Let the live queue be fetched from another address from now on. */
function aim(/** @type {string} */ source) {
  document.getElementById("queue")?.setAttribute("data-live-src", source);
  refreshTopics(["queue"]);
}

/* --- keys --------------------------------------------------------------------------------------------- */

/** @param {KeyboardEvent} event */
function keyed(event) {
  const target = /** @type {HTMLElement} */ (event.target);
  if (event.ctrlKey || event.altKey || event.metaKey || document.querySelector("dialog:modal")) return;
  if (target.matches("input, textarea, select")) {
    if (event.key === "Escape") target.blur();
    return;
  }
  if (event.key === "/") {
    event.preventDefault();
    document.getElementById("queue-search")?.focus();
  } else if (event.key === "j" || event.key === "k") {
    event.preventDefault();
    step(event.key === "j" ? 1 : -1);
  }
}

/** @param {number} way */
function step(way) {
  const rows = [...document.querySelectorAll("#queue [data-testid=queue-ticket]")];
  const active = document.activeElement;
  const focused = active ? rows.indexOf(active) : -1;
  const at = focused < 0 ? rows.findIndex((row) => row.hasAttribute("data-js-current")) : focused;
  const next = at < 0 ? rows[way > 0 ? 0 : rows.length - 1] : rows[at + way];
  if (next instanceof HTMLElement) next.focus();
}

/* --- choosing a point ------------------------------------------------------------------------------------ */

function startPointSearch() {
  const field = document.getElementById("point-search");
  if (!(field instanceof HTMLInputElement)) return;
  const rows = [...document.querySelectorAll(".point-list > li")];
  field.addEventListener("input", () => {
    const wanted = field.value.trim().toLowerCase();
    for (const row of rows) row.toggleAttribute("hidden", !(row.getAttribute("data-find") ?? "").toLowerCase().includes(wanted));
  });
  field.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    /** @type {HTMLElement | null} */ (document.querySelector(".point-list > li:not([hidden]) > a"))?.click();
  });
  field.closest("details")?.addEventListener("toggle", () => field.closest("details")?.open && field.focus());
}

/* --- the map -------------------------------------------------------------------------------------------- */

/** Two thousand dots are drawn at most once in a while, the first change at once. */
function startMapPulse() {
  let last = 0;
  let timer = 0;
  const redraw = () => {
    timer = 0;
    last = Date.now();
    document.getElementById("map")?.dispatchEvent(new CustomEvent("live:refresh"));
  };
  document.getElementById("map-pulse")?.addEventListener("live:refresh", () => {
    timer ||= window.setTimeout(redraw, Math.max(0, last + MAP_PAUSE_MS - Date.now()));
  });
}

start();
