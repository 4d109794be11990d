/** Parts of a page that a script fetches into their place. */
import htmx from "htmx.org";
import { text } from "./texts.js";
import { toast, toastWhileAway } from "./toast.js";

/** A refused part answers in words of its own (web/problems.py). */
function whyNot(/** @type {Response} */ response, /** @type {string} */ body) {
  return response.headers.get("content-type")?.startsWith("text/plain") ? body : text("load_failed");
}

/** Bad news, until it is clicked away or, when the server only rests, until it is back. */
function tell(/** @type {Response} */ response, /** @type {string} */ words) {
  if (response.status === 503) toastWhileAway(words);
  else toast(words, "bad");
}

/** Fetch a part of the page into its place; an error page never replaces anything. */
export async function swapIn(/** @type {Element} */ target, /** @type {string} */ source, /** @type {string} */ swap) {
  try {
    const response = await fetch(source, { headers: { "HX-Request": "true" }, signal: AbortSignal.timeout(20_000) });
    if (response.redirected) throw new Error(response.url);
    const body = await response.text();
    if (!response.ok) return tell(response, whyNot(response, body));
    if (target.isConnected) await htmx.swap({ target, sourceElement: target, text: body, swap });
  } catch {
    toastWhileAway(text("load_failed"));
  }
}
