/**
 * A job, or a ticket of the queue, is taken with the mouse or a pen and let go on a technician's lane. Nothing is
 * decided by that: whoever listens is told whom and when. A finger scrolls, and keys open the dialog instead.
 */
import { now } from "./now.js";
import { hourWidth } from "./timeline.js";

const STARTS_PX = 6;
const STEP_S = 300;
const GHOST_S = 3600; // what comes from the queue has no length yet
const EDGE_PX = 48;
const SCROLL_PX = 14;
const THINGS = ".job[data-state=planned], .job[data-state=agreed], [data-testid=queue-ticket]";

/** @typedef {{number: string, technician: string, start: number}} Drop start in milliseconds */
/** @typedef {{number: string, length: number, grabbed: number, x: number, y: number, ghost: HTMLElement | null, drop: Drop | null}} Drag */

/** @type {Drag | null} */
let drag = null;
let frame = 0;

/** @param {(drop: Drop) => void} dropped */
export function startDragging(dropped) {
  document.addEventListener("pointerdown", take);
  document.addEventListener("pointermove", move);
  document.addEventListener("pointerup", () => letGo(dropped));
  document.addEventListener("pointercancel", forget);
  document.addEventListener("dragstart", (event) => drag && event.preventDefault()); // a link's own dragging
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !drag?.ghost) return;
    event.preventDefault();
    event.stopPropagation();
    forget();
  }, true);
}

/** @param {PointerEvent} event */
function take(event) {
  const thing = /** @type {Element} */ (event.target).closest(THINGS);
  if (!(thing instanceof HTMLElement) || event.button || event.pointerType === "touch" || event.ctrlKey || event.metaKey) return;
  const { from, to, number = "" } = thing.dataset;
  const length = from && to ? Number(to) - Number(from) : GHOST_S;
  const grabbed = from ? event.clientX - thing.getBoundingClientRect().left : 0;
  drag = { number, length, grabbed, x: event.clientX, y: event.clientY, ghost: null, drop: null };
}

/** @param {PointerEvent} event */
function move(event) {
  if (!drag) return;
  if (!drag.ghost && Math.hypot(event.clientX - drag.x, event.clientY - drag.y) < STARTS_PX) return;
  drag.x = event.clientX;
  drag.y = event.clientY;
  if (drag.ghost) return;
  drag.ghost = Object.assign(document.createElement("div"), { className: "job-ghost" });
  document.documentElement.setAttribute("data-js-dragging", "");
  document.getSelection()?.removeAllRanges();
  frame = requestAnimationFrame(follow);
}

/** Once a picture: the board may have been drawn anew below the mouse, or scroll because it is at the edge. */
function follow() {
  if (!drag?.ghost) return;
  show(drag, drag.ghost);
  frame = requestAnimationFrame(follow);
}

/** @param {Drag} held @param {HTMLElement} ghost */
function show(held, ghost) {
  const below = document.elementFromPoint(held.x, held.y);
  const timeline = below?.closest("[data-timeline]");
  const lane = below?.closest("[data-testid=lane]");
  const track = lane?.querySelector(".lane-track");
  held.drop = null;
  if (timeline instanceof HTMLElement) scrollAtEdge(timeline, held);
  if (!(timeline instanceof HTMLElement) || !(lane instanceof HTMLElement) || !track) {
    ghost.remove();
    return;
  }
  const left = held.x - held.grabbed - track.getBoundingClientRect().left;
  const begins = Date.parse(timeline.dataset.start ?? "");
  const earliest = Math.ceil((now() - begins) / 1000 / STEP_S) * STEP_S;
  const from = Math.max(earliest, Math.round(((left / hourWidth(timeline)) * 3600) / STEP_S) * STEP_S);
  ghost.style.setProperty("--from", String(from));
  ghost.style.setProperty("--to", String(from + held.length));
  ghost.textContent = `${clock(begins + from * 1000)} ${lane.querySelector(".lane-name > span")?.textContent ?? ""}`;
  if (ghost.parentElement !== track) track.append(ghost);
  held.drop = { number: held.number, technician: lane.dataset.technician ?? "", start: begins + from * 1000 };
}

/** @param {HTMLElement} timeline @param {Drag} held */
function scrollAtEdge(timeline, held) {
  const box = timeline.getBoundingClientRect();
  const names = timeline.querySelector(".timeline-corner")?.clientWidth ?? 0;
  timeline.scrollLeft += pull(held.x, box.left + names, box.right);
  timeline.scrollTop += pull(held.y, box.top, box.bottom);
}

/** @param {number} at @param {number} low @param {number} high */
function pull(at, low, high) {
  if (at < low + EDGE_PX) return -SCROLL_PX;
  return at > high - EDGE_PX ? SCROLL_PX : 0;
}

/** @param {number} moment */
function clock(moment) {
  return new Intl.DateTimeFormat("ko-KR", { timeZone: "Asia/Seoul", hour: "2-digit", minute: "2-digit", hourCycle: "h23" }).format(moment);
}

/** @param {(drop: Drop) => void} dropped */
function letGo(dropped) {
  const held = drag;
  const moved = Boolean(held?.ghost);
  forget();
  if (!held || !moved) return;
  // The click that follows is the end of the drag, and opens nothing.
  const swallow = (/** @type {Event} */ event) => {
    event.preventDefault();
    event.stopPropagation();
  };
  document.addEventListener("click", swallow, { capture: true, once: true });
  window.setTimeout(() => document.removeEventListener("click", swallow, true));
  if (held.drop) dropped(held.drop);
}

function forget() {
  cancelAnimationFrame(frame);
  drag?.ghost?.remove();
  drag = null;
  document.documentElement.removeAttribute("data-js-dragging");
}
