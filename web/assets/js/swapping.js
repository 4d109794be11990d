/** Parts of a page that a script fetches into their place. */
import htmx from "htmx.org";
import { text } from "./texts.js";
import { toast } from "./toast.js";

/** A refused part answers in words of its own (web/problems.py). */
function whyNot(/** @type {Response} */ response, /** @type {string} */ body) {
  return response.headers.get("content-type")?.startsWith("text/plain") ? body : text("send_failed");
}

/** Fetch a part of the page into its place; an error page never replaces anything. */
export async function swapIn(/** @type {Element} */ target, /** @type {string} */ source, /** @type {string} */ swap) {
  try {
    const response = await fetch(source, { headers: { "HX-Request": "true" }, signal: AbortSignal.timeout(20_000) });
    if (response.redirected) throw new Error(response.url);
    const body = await response.text();
    if (!response.ok) return toast(whyNot(response, body), "bad");
    if (target.isConnected) await htmx.swap({ target, sourceElement: target, text: body, swap });
  } catch {
    toast(text("send_failed"), "bad");
  }
}
