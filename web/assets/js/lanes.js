/**
 * The lanes of the console's timeline: fetched as they come into view or as something happens on them; going to
 * a day.
 */
import { setInSight } from "./live.js";
import { swapIn } from "./swapping.js";

const NEAR = "400px 0px";
const WORKDAY_BEGINS_S = 3 * 3600; // the operating day begins at 05:00, the working day about 08:00

const timeline = document.getElementById("timeline");

const seen = new IntersectionObserver(
  (entries) => {
    for (const { target, isIntersecting } of entries) {
      setInSight(target, isIntersecting);
      if (isIntersecting) loadBlock(/** @type {HTMLElement} */ (target));
    }
  },
  { root: timeline, rootMargin: NEAR },
);

/** Lanes that are not there yet are fetched once they come near, or once something happens on them. */
export function watchBlocks() {
  for (const block of document.querySelectorAll(".lane-block:not([data-js-watched])")) {
    block.setAttribute("data-js-watched", "");
    seen.observe(block);
    if (!block.hasAttribute("data-lazy")) continue;
    /** @type {HTMLElement} */ (block).style.setProperty("--lanes", block.getAttribute("data-size") ?? "1");
    block.addEventListener("live:refresh", changedOutOfSight);
  }
}

/** It was never in sight: its lanes come when it is, or now for whoever seeks what has just happened. */
function changedOutOfSight(/** @type {Event} */ event) {
  loadBlock(/** @type {HTMLElement} */ (event.currentTarget));
}

/** @param {HTMLElement} block */
export function loadBlock(block) {
  const source = block.dataset.lazy;
  if (!source) return;
  delete block.dataset.lazy;
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
