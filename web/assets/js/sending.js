/**
 * A press while the network or the server is away: the page and what was typed stay, it says that nothing was sent
 * and whom to ring, and offers to send again. The form keeps its key, so nothing can happen twice.
 *
 * A plain form leaves the page for whatever the browser finds, its own error page too; so before one is sent the
 * server is asked whether it is there. (htmx forms stay on the page by themselves.)
 */
import { isLocked } from "./lock.js";
import { text } from "./texts.js";
import { toastWhileAway } from "./toast.js";

const ASK = "/live/here";
const PATIENCE_MS = 15_000;

/** @typedef {"here" | "away" | "signed_out" | "locked"} Found */

/** Whether this page can ask: somebody is logged in. */
export function canAsk() {
  return Boolean(document.body.dataset.liveKey);
}

/** @returns {Promise<Found>} */
export async function askServer() {
  try {
    const headers = { "HX-Request": "true" }; // an ended log-in then answers 401 instead of leading to its page
    const answer = await fetch(ASK, { cache: "no-store", headers, signal: AbortSignal.timeout(PATIENCE_MS) });
    if (isLocked(answer)) return "locked";
    if (answer.status === 401) return "signed_out";
    return answer.status < 500 ? "here" : "away";
  } catch {
    return "away";
  }
}

/** Whether the server answers, also somebody who is not logged in (any more). */
export async function isThere() {
  return (await askServer()) !== "away";
}

/**
 * Say that a form was not sent.
 * @param {HTMLFormElement} form @param {() => void} again
 */
export function showNotSent(form, again) {
  const words = document.getElementById("not-sent-words");
  const region = form.closest("dialog") ?? document.getElementById("toasts");
  if (!(words instanceof HTMLTemplateElement) || !region) return toastWhileAway(text("send_failed"));
  hideNotSent();
  region.append(words.content.cloneNode(true));
  const box = region.querySelector("[data-not-sent]");
  for (const link of region.querySelectorAll("[data-not-sent] a[data-call]")) link.setAttribute("href", `tel:${link.getAttribute("data-call")}`);
  box?.querySelector("[data-send-again]")?.addEventListener("click", () => {
    hideNotSent();
    again();
  });
}

/** It was sent, or is being tried again. */
export function hideNotSent() {
  for (const box of document.querySelectorAll("[data-not-sent]")) box.remove();
}
