/**
 * Every page's script. Behaviour is asked for by marks in the markup (docs/frontend.md); nothing is
 * page-specific here. The page is ready, body data-ready="1", when clocks, timeline, maps and live updates stand.
 */
import htmx from "htmx.org";
import { drawClocks, startClocks } from "./js/clock.js";
import { fillKeys, startForms } from "./js/forms.js";
import { refreshAll, startLive } from "./js/live.js";
import { startLock } from "./js/lock.js";
import { startMaps } from "./js/maps.js";
import { startNarrowing } from "./js/narrowing.js";
import { syncClock } from "./js/now.js";
import { startPhone } from "./js/phone.js";
import { isThere } from "./js/sending.js";
import { startSheets } from "./js/sheets.js";
import { loadTexts } from "./js/texts.js";
import { startTimelines } from "./js/timeline.js";
import { startToasts } from "./js/toast.js";
import { openDialogs, startWidgets } from "./js/widgets.js";

// What scripts add to the page must survive a morph from the server, which does not know of it.
htmx.config.morphIgnore = ["data-htmx-powered", "data-js-", "style", "open"];
// No settling: it copies style attributes from old to new elements, which the content policy refuses aloud.
htmx.config.defaultSettleDelay = 0;

/** Bring freshly swapped markup to life. */
function refreshPage() {
  drawClocks();
  fillKeys();
  startTimelines();
  openDialogs();
  void startMaps();
}

/** A refused form stands where it was opened: Back and reload must not ask whether to send it again. */
function standWhereItWasOpened() {
  const opened = URL.canParse(document.referrer) ? new URL(document.referrer) : null;
  if (!document.body.hasAttribute("data-posted") || opened?.origin !== location.origin) return;
  history.replaceState(null, "", opened);
}

/** What a change says by the address (`?done=noted`) is said once: a reload or a bookmark repeats nothing. */
function sayOnce() {
  const here = new URL(location.href);
  const said = ["done", "billed", "paid", "saved", "gone"].filter((name) => here.searchParams.has(name));
  for (const name of said) here.searchParams.delete(name);
  if (said.length) history.replaceState(history.state, "", here);
}

async function start() {
  standWhereItWasOpened();
  sayOnce();
  syncClock();
  loadTexts();
  startToasts(isThere);
  startForms();
  startNarrowing();
  startSheets();
  startWidgets();
  startPhone();
  startLock(refreshAll);
  startClocks();
  startTimelines();
  document.addEventListener("htmx:after:swap", refreshPage);
  await Promise.allSettled([startMaps(), startLive()]);
  document.body.dataset.ready = "1";
}

void start();
