/** Leaflet is fetched only by pages that show a map. */

/** Start the maps in the page, if there are any. */
export async function startMaps() {
  if (!document.querySelector("[data-map]")) return;
  const { startMaps: start } = await import("./map.js");
  await start();
}
