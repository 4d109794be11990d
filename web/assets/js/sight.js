/**
 * Where the chosen ticket stands on the console: marked in queue and timeline, and brought into sight there once
 * its row and its bar are on the page. What is in sight already does not move.
 */

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
  find("#queue [data-testid=queue-ticket]")?.scrollIntoView({ block: "nearest" });
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
    else sought = "";
    reveal(block);
  }
}

/** @returns {HTMLElement | null} */
function find(/** @type {string} */ what) {
  return document.querySelector(`${what}[data-number="${CSS.escape(current)}"]`);
}

function reveal(/** @type {HTMLElement} */ thing) {
  const frame = document.getElementById("timeline")?.getBoundingClientRect();
  const box = thing.getBoundingClientRect();
  if (!frame || !box.width) return;
  const isBar = thing.matches("[data-testid=job]");
  const above = box.top < frame.top + 48 || box.top + 24 > frame.bottom;
  const beside = isBar && (box.left < frame.left + 120 || box.left + 24 > frame.right);
  if (above || beside) thing.scrollIntoView({ block: isBar ? "center" : "start", inline: isBar ? "center" : "nearest" });
}
