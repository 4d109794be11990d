/**
 * Live updates: one EventSource a browser, shared by all its tabs of one person.
 *
 * Server (body data-live-url) sends:  event: change, data {"topics": ["ticket:ON-1", "queue"]}
 *                                     event: resync (something may have been missed), data ignored
 *                                     event: hello, data {"mark": "..."}: the state this stream starts from
 * Page: an element with data-live="ticket queue" and data-live-src="/…/fragment" is fetched and morphed;
 * without data-live-src it only gets a "live:refresh" event (the map does its own loading).
 */
import htmx from "htmx.org";
import { isLocked } from "./lock.js";
import { shareStream } from "./live_share.js";
import { text } from "./texts.js";
import { toast } from "./toast.js";

const COALESCE_MS = 60;
const REST_TIMES = 2; // a part rests twice as long as its last look took: a server with much to do is asked less often
const REST_MOST_MS = 3000; // a page that is not told to rest is never far behind without saying so
const LOOKS_AT_ONCE = 2; // of one page
const REST_WHEN_PUT_OFF_MS = 3000; // of the whole page; twice as long each time in a row, eight times at most
const OUT_OF_SIGHT_LOOKS = 4; // of all parts of a page that nobody can see, in so long a time
const OUT_OF_SIGHT_MS = 20_000;
const POLL_MS = 15_000;

/** @typedef {{busy: boolean, again: boolean, timer: number, last: string, restsUntil: number, hurried: boolean}} Refresh */
/** @type {WeakMap<Element, Refresh>} */
const refreshes = new WeakMap();
const waiting = new Set();
/** @type {WeakSet<Element>} */
const outOfSight = new WeakSet();
/** @type {number[]} */
const outOfSightLooks = [];
let connected = false;
let looking = 0;
let putOffs = 0;
let pageRestsUntil = 0;
let hearMore = () => {};

/**
 * Start listening. Resolves when the first connection stands, or after a short wait without one.
 * @returns {Promise<void>}
 */
export function startLive() {
  const url = document.body.dataset.liveUrl;
  if (!url || !("EventSource" in window)) return Promise.resolve();
  showState("wait");
  document.addEventListener("visibilitychange", flushWaiting);
  document.addEventListener("htmx:after:swap", () => hearMore());
  window.setInterval(() => connected || refreshAll(), POLL_MS);
  return new Promise((resolve) => {
    window.setTimeout(resolve, 2000);
    hearMore = shareStream(url, document.body.dataset.liveKey ?? "", wantedTopics, (kind, data) => {
      receive(kind, data);
      if (kind === "on" || kind === "hello") resolve();
    });
  });
}

/** @param {string} kind @param {any} data */
function receive(kind, data) {
  if (kind === "change") scheduleOutermost(touchedBy(topicsOf(data)));
  else if (kind === "resync") refreshAll();
  else if (kind === "hello") catchUp(data?.mark);
  else if (kind === "ended") void lookWhy();
  else if (kind === "on" || kind === "off") setConnected(kind === "on");
}

/** The server ended this log-in's stream: locked, logged out elsewhere, or over. */
async function lookWhy() {
  const headers = { "HX-Request": "true" };
  const answer = await fetch("/live/here", { cache: "no-store", headers }).catch(() => null);
  if (answer && !isLocked(answer) && answer.status === 401) toast(text("signed_out"), "bad");
}

/** @param {any} data @returns {string[]} */
function topicsOf(data) {
  if (Array.isArray(data?.topics)) return data.topics.map(String);
  return data?.topic ? [String(data.topic)] : [];
}

/** What happened between the page being written and the stream starting would be missed: look once. */
function catchUp(/** @type {unknown} */ mark) {
  if (mark === undefined || String(mark) !== document.body.dataset.liveMark) refreshAll();
}

/** @param {boolean} on */
function setConnected(on) {
  connected = on;
  showState(on ? "on" : "off");
}

/** @param {"on" | "off" | "wait"} state */
function showState(state) {
  for (const element of document.querySelectorAll("[data-live-state]")) {
    element.setAttribute("data-live-state", state);
    const label = element.querySelector("[data-live-label]");
    if (label) label.textContent = text(`live_${state}`);
  }
}

/**
 * What the person did touches these: they are fetched at once, however long their last look took.
 * @param {string[]} topics
 */
export function refreshTopics(topics) {
  const touched = touchedBy(topics);
  touched.forEach(hurry);
  scheduleOutermost(touched);
}

/** @param {string[]} topics */
function touchedBy(topics) {
  return [...document.querySelectorAll("[data-live]")].filter((element) => {
    const wanted = (element.getAttribute("data-live") ?? "").split(/\s+/);
    return topics.some((topic) => wanted.some((want) => matches(want, topic)));
  });
}

/** What the parts of this page wait for. */
function wantedTopics() {
  const wanted = [...document.querySelectorAll("[data-live]")].flatMap((element) => (element.getAttribute("data-live") ?? "").split(/\s+/));
  return [...new Set(wanted.filter(Boolean))];
}

/** A person waits for it. */
function hurry(/** @type {Element} */ element) {
  const state = refreshes.get(element);
  if (!state) return;
  state.restsUntil = 0;
  state.hurried = true;
  window.clearTimeout(state.timer);
  state.timer = 0;
}

/** "ticket" takes every "ticket:…", "ticket:ON-1" only that one, "*" everything. */
function matches(/** @type {string} */ want, /** @type {string} */ topic) {
  return want !== "" && (want === "*" || want === topic || topic.startsWith(`${want}:`));
}

/** Refresh every live element of the page. */
export function refreshAll() {
  scheduleOutermost([...document.querySelectorAll("[data-live]:not([data-lazy])")]); // the rest comes as it is seen
}

/** A whole timeline that is fetched anew brings its lanes along: do not fetch them one by one too. */
function scheduleOutermost(/** @type {Element[]} */ elements) {
  const fetched = new Set(elements.filter((element) => element.hasAttribute("data-live-src")));
  for (const element of elements) {
    let around = element.parentElement?.closest("[data-live-src]");
    while (around && !fetched.has(around)) around = around.parentElement?.closest("[data-live-src]");
    if (!around || !element.hasAttribute("data-live-src")) schedule(element);
  }
}

/**
 * A part that nobody can see need not be true this second; once it is seen it is.
 * @param {Element} element
 * @param {boolean} is
 */
export function setInSight(element, is) {
  if (!is) {
    outOfSight.add(element);
    return;
  }
  outOfSight.delete(element);
  const state = refreshes.get(element);
  if (!state?.timer) return;
  window.clearTimeout(state.timer);
  state.timer = 0;
  schedule(element);
}

/** Gather what comes close together; a tab nobody sees waits until it is looked at. */
function schedule(/** @type {Element} */ element) {
  if (document.hidden) {
    waiting.add(element);
    return;
  }
  const state = refreshes.get(element) ?? { busy: false, again: false, timer: 0, last: "", restsUntil: 0, hurried: false };
  refreshes.set(element, state);
  if (state.busy) state.again = true;
  else if (!state.timer) {
    const pause = Math.max(COALESCE_MS, state.restsUntil - Date.now());
    state.timer = window.setTimeout(() => refresh(element, state), pause);
  }
}

function flushWaiting() {
  if (document.hidden) return;
  for (const element of waiting) schedule(element);
  waiting.clear();
}

/** @param {Element} element @param {Refresh} state */
async function refresh(element, state) {
  state.timer = 0;
  if (!element.isConnected) return;
  const restsUntil = Math.max(pageRestsUntil, outOfSight.has(element) ? outOfSightRestsUntil() : 0);
  if (!state.hurried && (looking >= LOOKS_AT_ONCE || Date.now() < restsUntil)) {
    state.timer = window.setTimeout(() => refresh(element, state), Math.max(COALESCE_MS, restsUntil - Date.now()));
    return;
  }
  if (outOfSight.has(element)) outOfSightLooks.push(Date.now());
  const source = element.getAttribute("data-live-src");
  if (!source) {
    element.dispatchEvent(new CustomEvent("live:refresh"));
    return;
  }
  state.busy = true;
  const byHand = state.hurried;
  state.hurried = false;
  looking += 1;
  const began = Date.now();
  try {
    await loadInto(element, source, state, byHand);
  } catch {
    // The network is away: the connection mark says so, and the poll or a resync comes back here.
  } finally {
    state.busy = false;
    looking -= 1;
    const rest = Math.min(REST_TIMES * (Date.now() - began), REST_MOST_MS);
    state.restsUntil = state.hurried ? 0 : Date.now() + rest;
    if (state.again) {
      state.again = false;
      schedule(element);
    }
  }
}

/** A few look at once, for a page that little happens on; many take their time. */
function outOfSightRestsUntil() {
  while (outOfSightLooks.length && outOfSightLooks[0] < Date.now() - OUT_OF_SIGHT_MS) outOfSightLooks.shift();
  return outOfSightLooks.length < OUT_OF_SIGHT_LOOKS ? 0 : outOfSightLooks[0] + OUT_OF_SIGHT_MS;
}

/** The server had no turn for this look: come again, and do not say meanwhile that the page is true. */
function putOff(/** @type {Refresh} */ state, /** @type {boolean} */ late) {
  if (late !== putOffs > 0) showState(late ? "wait" : connected ? "on" : "off");
  if (late) {
    state.again = true;
    const spread = 0.75 + Math.random() / 2; // pages that were put off together come again one by one
    pageRestsUntil = Date.now() + REST_WHEN_PUT_OFF_MS * 2 ** Math.min(putOffs, 3) * spread;
  }
  putOffs = late ? putOffs + 1 : 0;
}

/** @param {Element} element @param {string} source @param {Refresh} state @param {boolean} byHand */
async function loadInto(element, source, state, byHand) {
  /** @type {Record<string, string>} */
  const headers = { "HX-Request": "true", "HX-Request-Type": "partial" };
  if (!byHand) headers["X-Ondol-Live"] = "1"; // a look of the page itself: nobody's use of it, and not in a hurry
  const response = await fetch(source, { headers, signal: AbortSignal.timeout(20_000) });
  if (isLocked(response)) return;
  putOff(state, response.status === 429);
  if (response.status === 401) toast(text("signed_out"), "bad"); // the stream outlives the log-in: do not look alive
  if (!response.ok || response.redirected) return; // an error page or a log-in form must not replace the board
  const body = await response.text();
  if (body === state.last || !element.isConnected) return;
  if (element.getAttribute("data-live-src") !== source) return; // a filter has changed meanwhile: this is its past
  state.last = body;
  const swap = element.getAttribute("data-live-swap") ?? "outerMorph";
  await htmx.swap({ target: element, sourceElement: element, text: body, swap });
  hearMore();
}
