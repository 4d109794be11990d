/**
 * The offer on the technician's day to be told of new jobs on this phone: [data-push] with the installation's key.
 * Nothing is asked before he presses the button. A browser that is told already says so again on every visit, because
 * its address may have changed.
 */
const WORKER = "/m/worker.js";
const SCOPE = "/m";

/** @param {string} part */
function show(part) {
  const box = document.querySelector("[data-push]");
  for (const each of box?.querySelectorAll("[data-push-part]") ?? []) {
    each.toggleAttribute("hidden", each.getAttribute("data-push-part") !== part);
  }
  box?.toggleAttribute("hidden", part === "");
}

/** @param {string} address @param {PushSubscription} subscription */
async function say(address, subscription) {
  const { endpoint = "", keys = {} } = subscription.toJSON();
  const body = new URLSearchParams({ endpoint, p256dh: keys.p256dh ?? "", auth: keys.auth ?? "" });
  const answer = await fetch(address, { method: "POST", body });
  if (!answer.ok) throw new Error(String(answer.status));
}

/** @param {string} key */
async function turnOn(key) {
  if ((await Notification.requestPermission()) !== "granted") return showState(key);
  try {
    const registration = await navigator.serviceWorker.register(WORKER, { scope: SCOPE });
    await navigator.serviceWorker.ready;
    const wanted = { userVisibleOnly: true, applicationServerKey: key };
    await say("/m/devices", await registration.pushManager.subscribe(wanted));
    show("on");
  } catch {
    show("failed");
  }
}

async function turnOff() {
  const subscription = await subscribed();
  if (subscription) await say("/m/devices/end", subscription).catch(() => undefined);
  await subscription?.unsubscribe();
  show("ask");
}

async function subscribed() {
  const registration = await navigator.serviceWorker.getRegistration(SCOPE);
  return (await registration?.pushManager.getSubscription()) ?? null;
}

/** @param {string} key */
async function showState(key) {
  if (!key) return show("");
  if (!("serviceWorker" in navigator && "PushManager" in window)) return show("standalone" in navigator ? "install" : "");
  if (Notification.permission === "denied") return show("denied");
  const subscription = Notification.permission === "granted" ? await subscribed() : null;
  if (!subscription) return show("ask");
  await say("/m/devices", subscription).then(() => show("on"), () => show("failed"));
}

const box = document.querySelector("[data-push]");
const key = box?.getAttribute("data-push") ?? "";
box?.addEventListener("click", (event) => {
  const button = /** @type {Element} */ (event.target).closest("[data-push-do]");
  if (button) void (button.getAttribute("data-push-do") === "on" ? turnOn(key) : turnOff());
});
void showState(key);
