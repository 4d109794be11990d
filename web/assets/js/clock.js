/**
 * Count-downs: <span data-due="RFC 3339" data-state="running"> with a child [data-clock-text].
 * One timer for the whole page. The state itself belongs to the server; past its due time a running
 * clock only gets data-js-late, never a state of our own making.
 */
import { now } from "./now.js";
import { text } from "./texts.js";

const SECOND = 1000;
const WARN_SECONDS = 15 * 60;
let timer = 0;

/** Start (once) and draw all clocks now. */
export function startClocks() {
  drawClocks();
  if (!timer) timer = window.setInterval(drawClocks, SECOND);
}

/** Write every running clock's text. */
export function drawClocks() {
  const at = now();
  for (const clock of document.querySelectorAll("[data-due]")) drawClock(/** @type {HTMLElement} */ (clock), at);
}

/** @param {HTMLElement} clock @param {number} at */
function drawClock(clock, at) {
  const state = clock.dataset.state ?? "running";
  if (state !== "running" && !(state === "breached" && !clock.dataset.stopped)) return;
  const due = Date.parse(clock.dataset.due ?? "");
  if (Number.isNaN(due)) return;
  const left = Math.round((due - at) / SECOND);
  const label = clock.querySelector("[data-clock-text]");
  const words = text(left < 0 ? "clock_late" : "clock_left", { time: duration(Math.abs(left)) });
  if (label && label.textContent !== words) label.textContent = words;
  mark(clock, "data-js-late", left < 0);
  mark(clock, "data-js-soon", left >= 0 && left <= Number(clock.dataset.warn ?? WARN_SECONDS));
}

/** @param {HTMLElement} element @param {string} name @param {boolean} on */
function mark(element, name, on) {
  if (on !== element.hasAttribute(name)) element.toggleAttribute(name, on);
}

/**
 * Seconds in words: hours and minutes, minutes, or minutes and seconds when it is close.
 * @param {number} seconds
 */
export function duration(seconds) {
  const hours = Math.floor(seconds / 3600);
  const minutes = Math.floor((seconds % 3600) / 60);
  if (hours >= 24) return text("time_d", { d: Math.floor(hours / 24) });
  if (hours > 0 && !minutes) return text("time_h", { h: hours });
  if (hours > 0) return text("time_hm", { h: hours, m: minutes });
  if (minutes >= 10) return text("time_m", { m: minutes });
  if (!minutes) return text("time_s", { s: seconds });
  return text(seconds % 60 ? "time_ms" : "time_m", { m: minutes, s: seconds % 60 });
}
