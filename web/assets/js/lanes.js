/**
 * The lanes of the console's timeline: fetched as they come into view or as something happens on them; going to
 * a day.
 */
import { swapIn } from "./swapping.js";

const NEAR = "400px 0px";
const WORKDAY_BEGINS_S = 3 * 3600; // the operating day begins at 05:00, the working day about 08:00

const timeline = document.getElementById("timeline");

const seen = new IntersectionObserver(
  (entries) => {
    for (const entry of entries) if (entry.isIntersecting) loadBlock(/** @type {HTMLElement} */ (entry.target));
  },
  { root: timeline, rootMargin: NEAR },
);

/** Lanes that are not there yet are fetched once they come near, or once something happens on them. */
export function watchBlocks() {
  for (const block of document.querySelectorAll(".lane-block[data-lazy]:not([data-js-watched])")) {
    block.setAttribute("data-js-watched", "");
    /** @type {HTMLElement} */ (block).style.setProperty("--lanes", block.getAttribute("data-size") ?? "1");
    block.addEventListener("live:refresh", changedOutOfSight);
    seen.observe(block);
  }
}

/** Every block is told at once after a gap in the stream: only what is in sight is worth fetching then. */
function changedOutOfSight(/** @type {Event} */ event) {
  const block = /** @type {HTMLElement} */ (event.currentTarget);
  pulses.push(Date.now());
  while (pulses.length && Date.now() - pulses[0] > 500) pulses.shift();
  if (pulses.length < 6) loadBlock(block);
}

/** @type {number[]} */
const pulses = [];

/** @param {HTMLElement} block */
export function loadBlock(block) {
  const source = block.dataset.lazy;
  if (!source) return;
  delete block.dataset.lazy;
  seen.unobserve(block);
  void swapIn(block, source, "outerHTML").then(() => {
    if (block.isConnected) block.dataset.lazy = source; // it did not come: the next change asks again
  });
}

export function goToDay(/** @type {Element} */ link) {
  for (const each of document.querySelectorAll("[data-day-from]")) each.removeAttribute("aria-current");
  link.setAttribute("aria-current", "date");
  const from = Number(link.getAttribute("data-day-from"));
  if (from === 0) {
    /** @type {HTMLElement | null} */ (document.querySelector("[data-zoom=now]"))?.click();
    return;
  }
  scrollTo(from + WORKDAY_BEGINS_S);
}

export function goToAskedDay() {
  const link = document.querySelector("[data-day-from][aria-current]");
  const from = Number(link?.getAttribute("data-day-from"));
  if (from > 0) window.setTimeout(() => scrollTo(from + WORKDAY_BEGINS_S));
}

/** @param {number} seconds since the timeline's start */
function scrollTo(seconds) {
  if (!timeline) return;
  const hour = Number.parseFloat(getComputedStyle(timeline).getPropertyValue("--hour-w")) || 96;
  timeline.scrollLeft = (seconds / 3600) * hour;
}
