/**
 * The technician's service worker: shows a pushed job on the lock screen, and opens it when tapped. It answers no
 * request of a page: its scope /m is also the beginning of other screens' paths.
 */
const sw = /** @type {ServiceWorkerGlobalScope} */ (/** @type {unknown} */ (self));

sw.addEventListener("install", () => void sw.skipWaiting());
sw.addEventListener("activate", (event) => event.waitUntil(sw.clients.claim()));

sw.addEventListener("push", (event) => {
  /** @type {{ title: string, body: string, notice: number, tag: string }} */
  const told = event.data?.json() ?? { title: "온돌", body: "", notice: 0, tag: "ondol" };
  const shown = { body: told.body, tag: told.tag, renotify: true, lang: "ko", data: { notice: told.notice } };
  event.waitUntil(sw.registration.showNotification(told.title, shown));
});

sw.addEventListener("notificationclick", (event) => {
  event.notification.close();
  event.waitUntil(openJob(Number(event.notification.data?.notice)));
});

/** He has seen it; without a network the job's own page still asks him to say so. @param {number} notice */
async function openJob(notice) {
  const address = notice ? `/m/told/${notice}` : "/m";
  if (notice) await fetch(address, { method: "POST" }).catch(() => undefined);
  const pages = await sw.clients.matchAll({ type: "window", includeUncontrolled: true });
  const open = pages.find((page) => /^\/m(\/|$)/.test(new URL(page.url).pathname));
  const shown = await open?.focus().then((page) => page.navigate(address)).catch(() => null);
  if (!shown) await sw.clients.openWindow(address);
}
