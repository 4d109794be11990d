/**
 * The intake desk by keyboard: "/" finds, arrows walk through what was found, one letter opens what bears
 * data-key, Enter goes to the next field of the intake form and Ctrl+Enter files it.
 */
const TYPING = "input:not([type=radio], [type=checkbox]), select, textarea";
const HITS = "#found [data-hit]";

document.addEventListener("keydown", (event) => {
  const target = event.target instanceof Element ? event.target : document.body;
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) return submitForm(event, target);
  if (event.key === "Enter") return stepOn(event, target);
  if (event.key === "ArrowDown" || event.key === "ArrowUp") return walkHits(event, target);
  if (!event.ctrlKey && !event.metaKey && !event.isComposing) pressKey(event, target);
  return undefined;
});

/** What was refused is typed or chosen anew: the old complaint goes, the echo below speaks again. */
function dropComplaint(/** @type {Event} */ event) {
  const target = event.target instanceof Element ? event.target : null;
  if (!target?.closest("[data-intake]")) return;
  let field = target.closest(".field");
  while (field && !field.querySelector(".error")) field = field.parentElement?.closest(".field") ?? null;
  if (!field) return;
  for (const part of field.querySelectorAll("[aria-invalid]")) part.removeAttribute("aria-invalid");
  field.querySelector(".error")?.remove();
  tidySummary();
}

document.addEventListener("input", dropComplaint);
document.addEventListener("change", dropComplaint); // a place picked on the map
document.addEventListener("input", keepNumber);
document.addEventListener("change", giveNumberToCaller);

// A guide that is drawn anew has none of the old complaints.
document.addEventListener("htmx:after:swap", tidySummary);

document.addEventListener("click", (event) => {
  const target = event.target instanceof Element ? event.target : null;
  const fill = target?.closest("[data-fill]");
  if (fill) fillField(fill);
  const carrier = target?.closest("a[data-carry]");
  if (carrier instanceof HTMLAnchorElement) carry(carrier);
});

/** What was typed into the field, or gone on from with Enter, is the resident's own number. */
function keepNumber(/** @type {Event} */ event) {
  if (event.isTrusted && event.target instanceof HTMLInputElement) event.target.removeAttribute("data-searched");
}

/** The number that was searched for is the caller's: when somebody else calls, it goes to them. */
function giveNumberToCaller(/** @type {Event} */ event) {
  const target = event.target;
  if (!(target instanceof HTMLInputElement) || target.name !== "caller" || target.value !== "other") return;
  const from = document.querySelector("#f-resident_phone[data-searched]");
  const to = document.getElementById("f-requester_phone");
  if (!(from instanceof HTMLInputElement) || !(to instanceof HTMLInputElement) || to.value) return;
  [from.value, to.value] = ["", from.value];
  from.removeAttribute("data-searched");
  for (const field of [from, to]) field.dispatchEvent(new Event("input", { bubbles: true }));
}

/** The summary above the form counts and leads to the complaints that are still there, and goes with the last. */
function tidySummary() {
  const summary = document.querySelector("[data-intake] .error-summary");
  const count = summary?.querySelector(":scope > span");
  if (!summary || !count) return;
  const links = [...summary.querySelectorAll(":scope > a")];
  const left = links.filter((link) => document.getElementById((link.getAttribute("href") ?? "").slice(1)));
  if (left.length === links.length) return;
  if (left.length) {
    count.textContent = (count.textContent ?? "").replace(/\d+/, String(left.length));
    const rest = left.flatMap((link, n) => (n ? [", ", link] : [" ", link]));
    for (const node of [...summary.childNodes]) {
      if (node.nodeType === Node.TEXT_NODE || links.includes(/** @type {HTMLAnchorElement} */ (node))) node.remove();
    }
    count.before(" ");
    count.after(...rest);
  } else if (summary.querySelector("ul")) {
    for (const link of links) link.remove();
    count.remove();
  } else summary.remove();
}

/** @param {KeyboardEvent} event @param {Element} target */
function submitForm(event, target) {
  const form = target.closest("form");
  if (!form) return;
  event.preventDefault();
  form.requestSubmit(form.querySelector("[data-submit]") ?? undefined);
}

/** Enter in a field of the intake form goes on; in the search box it goes to what was found. */
function stepOn(/** @type {KeyboardEvent} */ event, /** @type {Element} */ target) {
  if (event.isComposing || !(target instanceof HTMLInputElement || target instanceof HTMLSelectElement)) return;
  if (target.matches("#f-q")) {
    const first = document.querySelector(HITS);
    if (first instanceof HTMLElement) {
      event.preventDefault();
      first.focus();
    }
    return;
  }
  const form = target.closest("[data-intake]");
  if (!form) return;
  event.preventDefault();
  target.removeAttribute("data-searched");
  const fields = [...form.querySelectorAll("input:not([type=hidden]), select, textarea, [data-submit]")].filter(isShown);
  const after = fields.slice(fields.indexOf(target) + 1).find((field) => !sameGroup(field, target));
  if (after instanceof HTMLElement) after.focus();
}

/** @param {Element} field @param {HTMLInputElement | HTMLSelectElement} target */
function sameGroup(field, target) {
  return field instanceof HTMLInputElement && target.type === "radio" && field.name === target.name;
}

/** What lies in a closed fold has a box in some browsers, and is not there to be typed into. @param {Element} element */
function isShown(element) {
  return element.getClientRects().length > 0 && !element.closest("details:not([open])");
}

/** @param {KeyboardEvent} event @param {Element} target */
function walkHits(event, target) {
  const hits = /** @type {HTMLElement[]} */ ([...document.querySelectorAll(HITS)]);
  const at = hits.indexOf(/** @type {HTMLElement} */ (target));
  const step = event.key === "ArrowDown" ? 1 : -1;
  if (at < 0 && !(target.matches("#f-q") && step === 1)) return;
  event.preventDefault();
  const next = at + step < 0 ? document.getElementById("f-q") : hits[at + step];
  next?.focus();
}

/** @param {KeyboardEvent} event @param {Element} target */
function pressKey(event, target) {
  const typing = target.matches(TYPING);
  if (typing && !event.altKey) return;
  if (event.key === "/") {
    event.preventDefault();
    const box = document.getElementById("f-q");
    if (box) box.focus();
    else window.location.assign("/agent");
    return;
  }
  const key = event.code.startsWith("Key") ? event.code.slice(3).toLowerCase() : event.key.toLowerCase();
  const wanted = document.querySelector(`[data-key="${CSS.escape(key)}"]`);
  if (wanted instanceof HTMLElement) {
    event.preventDefault();
    wanted.click();
  }
}

/** One of several places of the same name was chosen: write it out and let it be read again. */
function fillField(/** @type {Element} */ button) {
  const field = document.getElementById(`f-${button.getAttribute("data-fill")}`);
  if (!(field instanceof HTMLInputElement)) return;
  field.value = button.getAttribute("data-value") ?? "";
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.focus();
}

/** What was searched for goes along into the new ticket. */
function carry(/** @type {HTMLAnchorElement} */ link) {
  const name = link.dataset.carry ?? "";
  const field = document.getElementById(`f-${name}`);
  if (!(field instanceof HTMLInputElement) || !field.value.trim()) return;
  const url = new URL(link.href);
  url.searchParams.set(name, field.value.trim());
  link.href = url.toString();
}

/** What was refused, or asked for by the address, is in view with its first field in hand. */
function showWanted() {
  const problem = document.querySelector("[data-first-error]");
  const field = document.querySelector("[aria-invalid=true]");
  const wanted = document.querySelector("[data-wanted] :is([data-map], textarea, input:not([type=hidden]))");
  for (const element of [field, problem, wanted]) {
    if (element instanceof HTMLElement) {
      element.focus();
      return;
    }
  }
}

showWanted();
