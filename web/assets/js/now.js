/**
 * The server's clock. A desk computer may be minutes off, and a count-down must not be,
 * so the page carries the server's time (body data-now) and we keep the difference.
 */

let offset = 0;

/** Take the difference once, while the page is young. */
export function syncClock() {
  const stated = Date.parse(document.body.dataset.now ?? "");
  if (Number.isNaN(stated)) return;
  const written = performance.timeOrigin + firstByte();
  offset = stated - written;
}

/** Milliseconds since 1970 as the server sees it. */
export function now() {
  return Date.now() + offset;
}

/** When the server began to answer, in ms after navigation; the page's data-now was written about then. */
function firstByte() {
  const [entry] = performance.getEntriesByType("navigation");
  return entry instanceof PerformanceNavigationTiming ? entry.responseStart : 0;
}
