/**
 * Short messages in the page's aria-live region. The server shows one with the header
 * HX-Trigger: {"toast": {"text": "…", "kind": "ok"}}; kinds are ok, info, warn, bad, and away: bad until the
 * server answers again.
 */

const STAY_MS = 6000;
const ASK_AGAIN_MS = 4000;

/** @type {() => Promise<boolean>} */
let isBack = async () => false;

/** Listen for the server's toasts, and let those it drew with the page go as all do. @param {() => Promise<boolean>} answers  whether the server does */
export function startToasts(answers) {
  isBack = answers;
  for (const box of document.querySelectorAll("#toasts .toast")) goAway(/** @type {HTMLElement} */ (box));
  document.addEventListener("toast", (event) => {
    const detail = /** @type {CustomEvent} */ (event).detail ?? {};
    const words = detail.text ?? detail.value ?? "";
    if (detail.kind === "away") toastWhileAway(words);
    else toast(words, detail.kind);
  });
}

/** @param {string} words @param {string} [kind] */
export function toast(words, kind = "info") {
  const region = document.getElementById("toasts");
  if (!region || !words || [...region.children].some((shown) => shown.textContent === words)) return;
  const box = document.createElement("div");
  box.className = "toast";
  box.dataset.tone = kind;
  box.textContent = words;
  region.append(box);
  goAway(box);
  return box;
}

/** A click takes it away. Bad news stays until then; the rest goes by itself. @param {HTMLElement} box */
function goAway(box) {
  box.addEventListener("click", () => box.remove());
  if (box.dataset.tone !== "bad") window.setTimeout(() => box.remove(), STAY_MS);
}

/** Bad news that is over once the server answers again. @param {string} words */
export function toastWhileAway(words) {
  const box = toast(words, "bad");
  if (!box) return;
  const ask = async () => {
    if (box.isConnected && !(await isBack())) return;
    box.remove();
    window.clearInterval(timer);
    window.removeEventListener("online", ask);
  };
  const timer = window.setInterval(ask, ASK_AGAIN_MS);
  window.addEventListener("online", ask);
}
