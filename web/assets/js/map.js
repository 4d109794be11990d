/**
 * Maps ([data-map]) on Leaflet's canvas. Needs no tile server: the outlines of cities and districts are drawn
 * from data-basemap; data-tiles adds a tile layer when the house has one. What is shown comes as JSON from
 * data-src: {"points": [...], "tickets": [...], "routes": [...]} (shapes in docs/frontend.md) and is loaded
 * again on "live:refresh". data-pick="FORM" makes it a map-pick: a click fills that form's lat, lon and, where it
 * asks for it, pick_zoom: how far the map was zoomed in, so how surely the place is a house.
 */
import {
  Map as LeafletMap, canvas, circle, circleMarker, divIcon, latLngBounds, layerGroup, marker, polygon, polyline, tileLayer,
} from "leaflet/dist/leaflet-src.esm.js";
import { text } from "./texts.js";

const KOREA = latLngBounds([33.1, 125.8], [38.65, 129.65]);
const MOST_NAMES = 45;
/** From here on a house can be told from its neighbours; the server asks the same (dispatch/places.py). */
const HOUSE_ZOOM = 16;
const PRECISION_RADIUS_M = { dong: 700, ri: 900, sgg: 6000 };
const ROUTE_COLOURS = ["#1d5fa8", "#0f766e", "#7c3aed", "#b4430f", "#15803d", "#be185d", "#4d6b00", "#6b4f2a"];

/** @type {Map<string, Promise<any>>} */
const basemaps = new Map();
/** @type {WeakMap<Element, Board>} */
const boards = new WeakMap();

/** Start the maps of the page that are not started yet. Resolves when what they show is drawn. */
export async function startMaps() {
  const started = [];
  for (const element of document.querySelectorAll("[data-map]")) {
    if (boards.has(element) || element.closest("dialog:not([open])")) continue;
    const board = new Board(/** @type {HTMLElement} */ (element));
    boards.set(element, board);
    started.push(board.load());
  }
  await Promise.allSettled(started);
}

/** A link or button with data-map-show="ticket:ON-1" brings that thing into view. */
document.addEventListener("click", (event) => {
  const trigger = /** @type {Element} */ (event.target).closest("[data-map-show]");
  const key = trigger?.getAttribute("data-map-show");
  if (!key) return;
  for (const element of document.querySelectorAll("[data-map]")) boards.get(element)?.show(key);
});

class Board {
  /** @param {HTMLElement} element */
  constructor(element) {
    this.element = element;
    this.fitted = false;
    /** @type {Map<string, any>} */
    this.marks = new Map();
    /** @type {any} the mark of a map-pick, once there is one */
    this.picked = null;
    this.asked = "";
    /** @type {any[] | null} the districts, once their outlines are there */
    this.areas = null;
    this.map = new LeafletMap(element, {
      preferCanvas: true,
      zoomSnap: 0.5,
      attributionControl: Boolean(element.dataset.tiles),
      maxBounds: KOREA.pad(0.5),
      minZoom: 5,
      fadeAnimation: !calm(),
      zoomAnimation: !calm(),
      markerZoomAnimation: !calm(),
    });
    this.lookAtStart();
    this.map.createPane("land").style.zIndex = "150"; // below tiles (200) and everything we draw (400)
    this.outlines = layerGroup().addTo(this.map);
    this.names = layerGroup().addTo(this.map);
    this.routes = layerGroup().addTo(this.map);
    this.points = layerGroup().addTo(this.map);
    this.tickets = layerGroup().addTo(this.map);
    this.listen();
  }

  /** data-view="lat,lon,zoom", data-bounds="south,west,north,east", or all of Korea. */
  lookAtStart() {
    const [lat, lon, zoom] = (this.element.dataset.view ?? "").split(",").map(Number);
    const [south, west, north, east] = (this.element.dataset.bounds ?? "").split(",").map(Number);
    if (lat && lon) this.map.setView([lat, lon], zoom || 12);
    else this.map.fitBounds(east ? latLngBounds([south, west], [north, east]) : KOREA);
  }

  listen() {
    const { tiles, tilesBy } = this.element.dataset;
    if (tiles) tileLayer(tiles, { maxZoom: 19, attribution: tilesBy ?? "" }).addTo(this.map);
    this.element.addEventListener("live:refresh", () => void this.load());
    this.element.addEventListener("map:show", (/** @type {any} */ event) => this.show(event.detail.key));
    this.map.on("moveend zoomend", () => this.drawNames());
    if (this.element.dataset.pick !== undefined) this.map.on("click", (event) => this.pick(event.latlng));
    new ResizeObserver(() => this.map.invalidateSize({ animate: false })).observe(this.element);
  }

  async load() {
    await Promise.all([this.areas || this.loadOutlines(), this.loadThings()]);
    this.element.setAttribute("data-js-map", "ready");
  }

  async loadOutlines() {
    const source = this.element.dataset.basemap;
    if (!source) return;
    if (!basemaps.has(source)) basemaps.set(source, json(source));
    const basemap = await basemaps.get(source);
    if (!basemap) basemaps.delete(source); // not kept: the next refresh asks again
    if (!basemap || this.areas) return;
    const { sgg } = basemap;
    const renderer = canvas({ padding: 0.3, pane: "land" });
    const style = {
      renderer, pane: "land", interactive: false, weight: 1, smoothFactor: 0.7,
      color: token(this.element, "--map-line"), fillColor: token(this.element, "--map-land"), fillOpacity: 1,
    };
    this.areas = sgg.map((/** @type {any} */ area) => {
      polygon(area.rings.map(flip), style).addTo(this.outlines);
      return { name: area.sgg || area.sido, centre: biggest(area.rings) };
    });
    this.drawNames();
  }

  /** Names of the districts in view, once they have room. */
  drawNames() {
    this.names.clearLayers();
    if (!this.areas || this.element.dataset.tiles) return;
    const view = this.map.getBounds();
    const seen = this.areas.filter((/** @type {any} */ area) => view.contains(area.centre));
    if (seen.length > MOST_NAMES) return;
    for (const { name, centre } of seen) {
      const icon = divIcon({ className: "map-name", html: label(name), iconSize: [0, 0] });
      marker(centre, { icon, interactive: false, keyboard: false }).addTo(this.names);
    }
  }

  async loadThings() {
    const source = this.element.dataset.src;
    const inline = this.element.querySelector("script[type='application/json']");
    const things = source ? await json(source) : JSON.parse(inline?.textContent ?? "null");
    if (!things) return;
    this.marks.clear();
    for (const group of [this.routes, this.points, this.tickets]) group.clearLayers();
    (things.routes ?? []).forEach((/** @type {any} */ route, /** @type {number} */ index) => this.drawRoute(route, index));
    (things.points ?? []).forEach((/** @type {any} */ point) => this.drawPoint(point));
    (things.tickets ?? []).forEach((/** @type {any} */ ticket) => this.drawTicket(ticket));
    this.fit();
    if (this.asked) this.show(this.asked);
  }

  drawRoute(/** @type {any} */ route, /** @type {number} */ index) {
    const colour = route.colour ?? ROUTE_COLOURS[(route.technician ?? index) % ROUTE_COLOURS.length];
    const line = polyline(route.path, { color: colour, weight: 3, opacity: 0.75, smoothFactor: 1.2 });
    line.bindTooltip(words(route.name), { sticky: true }).addTo(this.routes);
    this.marks.set(`technician:${route.technician}`, line);
  }

  drawPoint(/** @type {any} */ point) {
    const mark = circleMarker([point.lat, point.lon], {
      radius: 6, weight: 2.5, color: token(this.element, "--ink"), fillColor: "#fff", fillOpacity: 1,
    });
    this.explain(mark, point, `point:${point.code}`, point.name).addTo(this.points);
  }

  drawTicket(/** @type {any} */ ticket) {
    const urgent = ticket.safety || ticket.priority === 0;
    const colour = token(this.element, ticket.tone ? `--${ticket.tone}-fill` : `--prio-${ticket.safety ? "safety" : ticket.priority ?? 4}`);
    const at = [ticket.lat, ticket.lon];
    const reach = PRECISION_RADIUS_M[/** @type {keyof typeof PRECISION_RADIUS_M} */ (ticket.precision)];
    if (reach) circle(at, { radius: reach, weight: 0, fillColor: colour, fillOpacity: 0.08, interactive: false }).addTo(this.tickets);
    const done = ["COMPLETED", "CLOSED", "CANCELLED", "SELF_FIXED"].includes(ticket.state);
    const mark = circleMarker(at, {
      radius: urgent ? 8 : 5.5, weight: urgent ? 2.5 : 1.5, color: "#fff",
      fillColor: done ? token(this.element, "--grey-5") : colour, fillOpacity: done ? 0.7 : 1,
    });
    this.explain(mark, ticket, `ticket:${ticket.number}`, ticket.label ?? ticket.number).addTo(this.tickets);
  }

  /** Tooltip on hover; a click opens the thing's page, or tells the page ("map:open"). */
  explain(/** @type {any} */ mark, /** @type {any} */ thing, /** @type {string} */ key, /** @type {string} */ name) {
    mark.bindTooltip(words(name, thing.detail), { direction: "top", offset: [0, -6] });
    mark.on("click", (/** @type {any} */ event) => {
      event.originalEvent?.stopPropagation();
      const told = this.element.dispatchEvent(new CustomEvent("map:open", { bubbles: true, cancelable: true, detail: { key, thing } }));
      if (told && thing.href) window.location.assign(thing.href);
    });
    this.marks.set(key, mark);
    return mark;
  }

  /** Show everything the first time; later loads must not pull the map from under the person. */
  fit() {
    if (this.fitted || this.element.dataset.view) return;
    const places = [...this.marks.values()].map((mark) => mark.getBounds?.() ?? mark.getLatLng());
    if (!places.length) return;
    const bounds = latLngBounds([]);
    for (const place of places) bounds.extend(place);
    this.map.fitBounds(bounds, { padding: [24, 24], maxZoom: 14, animate: false });
    this.fitted = true;
  }

  /** @param {string} key for example "ticket:ON-1", "point:P03", "technician:7" */
  show(key) {
    const mark = this.marks.get(key);
    this.asked = mark ? "" : key; // it may come with what is being loaded
    if (!mark) return;
    const bounds = mark.getBounds?.();
    if (bounds) this.map.fitBounds(bounds, { padding: [32, 32], maxZoom: 14 });
    else this.map.setView(mark.getLatLng(), Math.max(this.map.getZoom(), 13));
    mark.openTooltip();
  }

  pick(/** @type {{lat: number, lng: number}} */ at) {
    const form = document.getElementById(this.element.dataset.pick ?? "") ?? this.element.closest("form");
    if (!(form instanceof HTMLFormElement)) return;
    setField(form, "lat", at.lat.toFixed(6));
    setField(form, "lon", at.lng.toFixed(6));
    const zoom = this.map.getZoom();
    setField(form, "pick_zoom", String(zoom));
    const roughly = form.elements.namedItem("pick_zoom") && zoom < HOUSE_ZOOM;
    this.picked ??= circleMarker(at, { radius: 9, weight: 3, color: token(this.element, "--accent"), fillColor: "#fff", fillOpacity: 1 }).addTo(this.map);
    this.picked.setLatLng(at).bindTooltip(words(text(roughly ? "map_picked_roughly" : "map_picked")), { permanent: true, direction: "top" });
  }
}

/** Coordinates written by hand are meant as they are written, however the map was zoomed before. */
document.addEventListener("input", (event) => {
  const field = event.target;
  if (!(field instanceof HTMLInputElement) || !field.form || !["lat", "lon"].includes(field.name)) return;
  setField(field.form, "pick_zoom", "");
});

/** @param {HTMLFormElement} form @param {string} name @param {string} value */
function setField(form, name, value) {
  const field = form.elements.namedItem(name);
  if (!(field instanceof HTMLInputElement)) return;
  field.value = value;
  field.dispatchEvent(new Event("change", { bubbles: true }));
}

/** Rings come as lon, lat (as in GeoJSON); Leaflet wants lat, lon. */
function flip(/** @type {[number, number][]} */ ring) {
  return ring.map(([lon, lat]) => /** @type {[number, number]} */ ([lat, lon]));
}

/** The middle of an area's biggest ring, for its name. */
function biggest(/** @type {[number, number][][]} */ rings) {
  const boxes = rings.map((ring) => latLngBounds(flip(ring)));
  const size = (/** @type {any} */ box) => (box.getNorth() - box.getSouth()) * (box.getEast() - box.getWest());
  return boxes.reduce((best, box) => (size(box) > size(best) ? box : best)).getCenter();
}

/** What the server sends; null while it is away: the next refresh comes back here. @param {string} source */
async function json(source) {
  const response = await fetch(source, { headers: { Accept: "application/json", "X-Ondol-Live": "1" } }).catch(() => null);
  return response?.ok ? response.json().catch(() => null) : null;
}

/** Text as nodes: names and addresses are people's input and never become markup. */
function words(/** @type {string} */ title, /** @type {string | undefined} */ detail = undefined) {
  const box = document.createElement("div");
  const strong = document.createElement("strong");
  strong.textContent = title;
  box.append(strong);
  if (detail) box.append(document.createElement("br"), detail);
  return box;
}

/** @param {string} name */
function label(name) {
  const span = document.createElement("span");
  span.textContent = name;
  return span;
}

/** @param {Element} element @param {string} name */
function token(element, name) {
  return getComputedStyle(element).getPropertyValue(name).trim() || "#555";
}

function calm() {
  return window.matchMedia("(prefers-reduced-motion: reduce)").matches;
}
