/** Leaflet is fetched only by pages that show a map. */

/** Start the maps in the page, if there are any. */
export async function startMaps() {
  if (!document.querySelector("[data-map]")) return;
  const board = await import("./map.js").catch(() => null); // away: the next swap tries again
  await board?.startMaps();
}
