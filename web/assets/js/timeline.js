/**
 * The server-rendered timeline ([data-timeline]): places lanes' bars, draws the now-line, zooms, moves focus.
 * Bars carry data-from and data-to in seconds from data-start; they become CSS variables here, because a
 * strict content policy forbids style attributes in the page. Safe to call again after every swap.
 */
import { now } from "./now.js";

const HOUR_WIDTHS = [28, 44, 64, 96, 150, 230];
const FIRST_ZOOM = 3;
const STORE = "ondol-timeline-zoom";
const BARS = "[data-from]";

/** @type {WeakMap<Element, string>} */
const placed = new WeakMap();
let timer = 0;

/** Bring every timeline of the page up to date. */
export function startTimelines() {
  const timelines = document.querySelectorAll("[data-timeline]");
  for (const element of timelines) enhance(/** @type {HTMLElement} */ (element));
  if (timelines.length && !timer) timer = window.setInterval(drawNowLines, 30_000);
}

/** @param {HTMLElement} timeline */
function enhance(timeline) {
  const isNew = !timeline.hasAttribute("data-js-timeline");
  if (isNew) {
    timeline.setAttribute("data-js-timeline", "");
    setZoom(timeline, storedZoom());
    timeline.addEventListener("keydown", moveFocus);
    const frame = timeline.closest("[data-timeline-frame]") ?? timeline;
    frame.addEventListener("click", (event) => zoomClicked(timeline, event));
  }
  for (const bar of timeline.querySelectorAll(BARS)) place(/** @type {HTMLElement} */ (bar));
  drawNowLine(timeline);
  if (isNew) scrollToNow(timeline);
}

/** @param {HTMLElement} bar */
function place(bar) {
  const { from = "0", to = from, travel = "0" } = bar.dataset;
  const wanted = `${from},${to},${travel}`;
  if (placed.get(bar) === wanted) return;
  placed.set(bar, wanted);
  bar.style.setProperty("--from", from);
  bar.style.setProperty("--to", to);
  if (travel !== "0") bar.style.setProperty("--travel", travel);
}

function drawNowLines() {
  for (const element of document.querySelectorAll("[data-timeline]")) drawNowLine(/** @type {HTMLElement} */ (element));
}

/** @param {HTMLElement} timeline */
function drawNowLine(timeline) {
  const line = /** @type {HTMLElement | null} */ (timeline.querySelector("[data-now-line]"));
  if (!line) return;
  const seconds = secondsNow(timeline);
  line.hidden = seconds < 0 || seconds > Number(timeline.dataset.hours ?? 24) * 3600;
  line.style.setProperty("--from", String(seconds));
}

/** @param {HTMLElement} timeline */
function secondsNow(timeline) {
  return Math.round((now() - Date.parse(timeline.dataset.start ?? "")) / 1000);
}

/** @param {HTMLElement} timeline */
function scrollToNow(timeline) {
  const seconds = Math.max(0, secondsNow(timeline));
  timeline.scrollLeft = (seconds / 3600) * hourWidth(timeline) - (timeline.clientWidth - nameWidth(timeline)) * 0.3;
}

/** @param {HTMLElement} timeline */
function nameWidth(timeline) {
  return timeline.querySelector(".lane-name, .timeline-corner")?.clientWidth ?? 0;
}

/** How wide an hour is drawn, px. @param {HTMLElement} timeline */
export function hourWidth(timeline) {
  return Number.parseFloat(timeline.style.getPropertyValue("--hour-w")) || HOUR_WIDTHS[FIRST_ZOOM];
}

/** Buttons with data-zoom="in", "out" or "now" inside the frame. */
function zoomClicked(/** @type {HTMLElement} */ timeline, /** @type {Event} */ event) {
  const button = /** @type {Element} */ (event.target).closest("[data-zoom]");
  const wish = button?.getAttribute("data-zoom");
  if (wish === "now") scrollToNow(timeline);
  else if (wish) zoomBy(timeline, wish === "in" ? 1 : -1);
}

/** Zoom about the middle of what is seen. */
function zoomBy(/** @type {HTMLElement} */ timeline, /** @type {number} */ step) {
  const seen = timeline.clientWidth - nameWidth(timeline);
  const middle = (timeline.scrollLeft + seen / 2) / hourWidth(timeline);
  const wanted = Math.min(HOUR_WIDTHS.length - 1, Math.max(0, storedZoom() + step));
  localStorage.setItem(STORE, String(wanted));
  setZoom(timeline, wanted);
  timeline.scrollLeft = middle * hourWidth(timeline) - seen / 2;
}

/** @param {HTMLElement} timeline @param {number} level */
function setZoom(timeline, level) {
  timeline.style.setProperty("--hour-w", `${HOUR_WIDTHS[level]}px`);
  timeline.toggleAttribute("data-js-tight", HOUR_WIDTHS[level] < 44);
}

function storedZoom() {
  const stored = Number(localStorage.getItem(STORE) ?? FIRST_ZOOM);
  return stored in HOUR_WIDTHS ? stored : FIRST_ZOOM;
}

/** Left and right go along a lane, up and down to the nearest bar of the next lane that has one. */
function moveFocus(/** @type {KeyboardEvent} */ event) {
  const job = /** @type {Element} */ (event.target).closest(".job");
  const lane = job?.closest(".lane");
  if (!job || !lane) return;
  const jobs = [...lane.querySelectorAll(".job")];
  const place = jobs.indexOf(job);
  const goal = {
    ArrowLeft: () => jobs[place - 1],
    ArrowRight: () => jobs[place + 1],
    ArrowUp: () => nearestJob(lane, "previousElementSibling", job),
    ArrowDown: () => nearestJob(lane, "nextElementSibling", job),
  }[event.key]?.();
  if (!goal) return;
  event.preventDefault();
  /** @type {HTMLElement} */ (goal).focus();
}

/** @param {Element} lane @param {"previousElementSibling" | "nextElementSibling"} way @param {Element} job */
function nearestJob(lane, way, job) {
  const from = Number(job.getAttribute("data-from"));
  const distance = (/** @type {Element} */ other) => Math.abs(Number(other.getAttribute("data-from")) - from);
  for (let next = lane[way]; next; next = next[way]) {
    const jobs = [...next.querySelectorAll(".job")];
    if (jobs.length) return jobs.reduce((best, other) => (distance(other) < distance(best) ? other : best));
  }
  return undefined;
}
