/**
 * Short messages in the page's aria-live region. The server shows one with the header
 * HX-Trigger: {"toast": {"text": "…", "kind": "ok"}}; kinds are ok, info, warn, bad.
 */

const STAY_MS = 6000;
const ASK_AGAIN_MS = 4000;

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
  return box;
}

/**
 * A toast that holds only while the server is away: it goes by itself once the server answers.
 * @param {string} words @param {() => Promise<unknown>} isBack  resolves to true when it answers
 * @param {() => void} [then]  what could not be done meanwhile
 */
export function toastWhileAway(words, isBack, then = () => {}) {
  const box = toast(words, "bad");
  if (!box) return;
  const askAgain = async () => {
    if ((await isBack()) !== true) return void window.setTimeout(askAgain, ASK_AGAIN_MS);
    box.remove();
    then();
  };
  window.setTimeout(askAgain, ASK_AGAIN_MS);
}
