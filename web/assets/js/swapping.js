/** Parts of a page that a script fetches into their place. */
import htmx from "htmx.org";
import { text } from "./texts.js";
import { toast } from "./toast.js";

/** Fetch a part of the page into its place; an error page never replaces anything. */
export async function swapIn(/** @type {Element} */ target, /** @type {string} */ source, /** @type {string} */ swap) {
  try {
    const response = await fetch(source, { headers: { "HX-Request": "true" }, signal: AbortSignal.timeout(20_000) });
    if (!response.ok || response.redirected) throw new Error(String(response.status));
    const body = await response.text();
    if (target.isConnected) await htmx.swap({ target, sourceElement: target, text: body, swap });
  } catch {
    toast(text("send_failed"), "bad");
  }
}
