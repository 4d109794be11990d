/**
 * Where the chosen ticket stands on the console: marked in queue and timeline, and brought into sight there once
 * its row and its bar are on the page. What is in sight already does not move.
 */

const HEAD_HEIGHT = 48; // the hours stay in sight above the lanes, the names beside them
const NAMES_WIDTH = 130;

let current = "";
let sought = "";

/** @returns {string} the ticket that was opened last */
export function currentTicket() {
  return current;
}

/** It stays marked until another is chosen. */
export function choose(/** @type {string} */ number) {
  current = sought = number;
  mark();
  revealRow();
}

/** Mark it on what has come in meanwhile. */
export function mark() {
  for (const each of document.querySelectorAll(".console [data-js-current]")) {
    if (each.getAttribute("data-number") !== current) each.removeAttribute("data-js-current");
  }
  for (const each of document.querySelectorAll(`.console [data-testid][data-number="${CSS.escape(current)}"]`)) {
    each.setAttribute("data-js-current", "");
  }
}

/**
 * Its bar, once the lane is there; before that the place of its point, whose lanes `load` fetches.
 * @param {(block: HTMLElement) => void} load
 */
export function bringIntoSight(load) {
  if (current) mark();
  if (!sought) return;
  const bar = find("#timeline [data-testid=job]");
  const point = document.getElementById("ticket-dialog")?.dataset.point;
  const block = point ? document.getElementById(`block-${point}`) : null;
  if (bar) {
    sought = "";
    reveal(bar);
  } else if (block) {
    if (block.dataset.lazy) load(block);
    else if (block.dataset.liveSrc) sought = ""; // its lanes are there: nobody is planned to go
    reveal(block);
  }
}

/** @returns {HTMLElement | null} */
function find(/** @type {string} */ what) {
  return document.querySelector(`${what}[data-number="${CSS.escape(current)}"]`);
}

/** Scrolls the timeline alone: the page around it stays where it is. */
function reveal(/** @type {HTMLElement} */ thing) {
  const timeline = document.getElementById("timeline");
  const frame = timeline?.getBoundingClientRect();
  const box = thing.getBoundingClientRect();
  if (!timeline || !frame || !box.width) return;
  const isBar = thing.matches("[data-testid=job]");
  const isAside = box.left < frame.left + NAMES_WIDTH || box.left + 24 > frame.right;
  if (box.top < frame.top + HEAD_HEIGHT || box.top + 24 > frame.bottom) {
    timeline.scrollTop += box.top - frame.top - (isBar ? frame.height / 2 : HEAD_HEIGHT);
  }
  if (isBar && isAside) timeline.scrollLeft += box.left - frame.left - frame.width / 2;
}

/** The same in the queue. */
function revealRow() {
  const list = document.getElementById("queue-list");
  const row = find("#queue [data-testid=queue-ticket]")?.getBoundingClientRect();
  if (!list || !row) return;
  const frame = list.getBoundingClientRect();
  if (row.top < frame.top || row.bottom > frame.bottom) list.scrollTop += row.top - frame.top - (frame.height - row.height) / 2;
}
