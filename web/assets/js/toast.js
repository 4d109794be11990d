/**
 * Short messages in the page's aria-live region. The server shows one with the header
 * HX-Trigger: {"toast": {"text": "…", "kind": "ok"}}; kinds are ok, info, warn, bad.
 */

const STAY_MS = 6000;

/** Listen for the server's toasts. */
export function startToasts() {
  document.addEventListener("toast", (event) => {
    const detail = /** @type {CustomEvent} */ (event).detail ?? {};
    toast(detail.text ?? detail.value ?? "", detail.kind);
  });
}

/** @param {string} words @param {string} [kind] */
export function toast(words, kind = "info") {
  const region = document.getElementById("toasts");
  if (!region || !words || region.lastElementChild?.textContent === words) return;
  const box = document.createElement("div");
  box.className = "toast";
  box.dataset.tone = kind;
  box.textContent = words;
  region.append(box);
  // Bad news stays until it is clicked away; the rest goes by itself.
  box.addEventListener("click", () => box.remove());
  if (kind !== "bad") window.setTimeout(() => box.remove(), STAY_MS);
}
