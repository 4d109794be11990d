/**
 * The caller's script: one sentence after another by keys. Digits answer the sentence in hand (1 and 2 are yes
 * and no, "-" is 10, "." is no answer) and lead on, Enter goes on from what is answered or only said, Backspace
 * goes back. Without this script every sentence is simply there.
 */
const form = document.querySelector("[data-qa-form]");

/** @type {HTMLElement[]} */
const lines = form ? [...form.querySelectorAll("[data-qa-line]")] : [];
let at = 0;

/** @param {number} index @param {boolean} [move] */
function show(index, move = true) {
  at = Math.max(0, Math.min(index, lines.length - 1));
  lines.forEach((line, n) => {
    line.toggleAttribute("data-js-current", n === at);
    if (n === at) line.setAttribute("aria-current", "step");
    else line.removeAttribute("aria-current");
  });
  const progress = document.querySelector("[data-qa-progress]");
  if (progress) progress.textContent = `${at + 1} / ${lines.length}`;
  if (!move) return;
  const line = lines[at];
  const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;
  line.scrollIntoView({ block: "center", behavior: calm ? "auto" : "smooth" });
  /** @type {HTMLElement | null} */ (line.querySelector("input:checked, input, textarea, button"))?.focus({ preventScroll: true });
}

function goOn() {
  if (at < lines.length - 1) show(at + 1);
  else /** @type {HTMLElement | null} */ (form?.querySelector("[name=outcome]"))?.focus();
}

/** @param {string} key @returns {boolean} whether the sentence in hand has an answer under this key */
function answer(key) {
  const input = lines[at].querySelector(`[data-qa-key="${CSS.escape(key)}"]`);
  if (!(input instanceof HTMLInputElement)) return false;
  input.checked = true;
  input.dispatchEvent(new Event("change", { bubbles: true }));
  goOn();
  return true;
}

/** @param {HTMLElement} line @returns {boolean} whether it has answers to choose from and none is chosen */
function asksForChoice(line) {
  return line.querySelector("[data-qa-key]") !== null && line.querySelector("input:checked") === null;
}

/** @param {EventTarget | null} target */
function isTyping(target) {
  return target instanceof Element && target.matches("textarea, select, input:not([type=radio], [type=hidden])");
}

/** @param {KeyboardEvent} event */
function keyed(event) {
  if (event.defaultPrevented || event.altKey || event.metaKey || document.querySelector("dialog[open]")) return;
  const target = /** @type {Element} */ (event.target);
  if (target.closest?.("textarea") && form?.contains(target)) {
    if (event.key === "Enter" && event.ctrlKey) event.preventDefault(), goOn();
    return;
  }
  if (isTyping(target) || event.ctrlKey) return;
  const elsewhere = target !== document.body && target.id !== "main" && !form?.contains(target);
  if (elsewhere) return;
  if (event.key === "Enter") {
    if (target.matches("button[type=submit], a")) return;
    event.preventDefault();
    // A digit has led on already: Enter after it must not jump over the question that follows.
    if (!asksForChoice(lines[at])) goOn();
  } else if (event.key === "Backspace") {
    event.preventDefault();
    show(at - 1);
  } else if (/^[0-9.-]$/.test(event.key) && answer(event.key)) {
    event.preventDefault();
  }
}

/** A sentence that is pointed at is the one in hand; a pointed answer leads on to the next. */
function pointed(/** @type {Event} */ event) {
  const target = /** @type {Element} */ (event.target);
  const index = lines.findIndex((line) => line.contains(target));
  if (index < 0) return;
  const pressed = target.matches("[data-qa-key]") && /** @type {MouseEvent} */ (event).detail > 0; // 0: an arrow key
  if (pressed || target.closest("[data-qa-next]")) show(index + 1);
  else if (index !== at) show(index, false);
}

/** What was wrong is right once it is answered; "the rest is not answered" answers all but what must be asked. */
function settle(/** @type {HTMLInputElement} */ input) {
  const rest = input.name === "rest" && input.checked;
  const settled = rest ? lines.filter((line) => !line.querySelector("[name=fixed]")) : [input.closest("[data-qa-line]")];
  for (const line of settled) {
    if (!line?.hasAttribute("data-error")) continue;
    line.removeAttribute("data-error");
    line.querySelector(".error")?.remove();
    line.querySelector("[aria-describedby]")?.removeAttribute("aria-describedby");
  }
}

function chose(/** @type {Event} */ event) {
  const input = /** @type {Element} */ (event.target);
  if (input instanceof HTMLInputElement) settle(input);
  if (input instanceof HTMLInputElement && input.name === "with") follow(input.value);
}

/** Who is being talked with is the same for both forms of the page. */
function follow(/** @type {string} */ role) {
  const other = document.querySelector("[data-qa-with]");
  if (other instanceof HTMLInputElement) other.value = role;
  const pick = form?.querySelector(`input[name=with][value="${CSS.escape(role)}"]`);
  if (pick instanceof HTMLInputElement) pick.checked = true;
}

/** Dialling somebody says who is talked with; a typed time is the other time. */
function noticed(/** @type {Event} */ event) {
  const target = /** @type {Element} */ (event.target);
  const dialled = target.closest?.("[data-qa-dialled]")?.getAttribute("data-qa-dialled");
  if (dialled) follow(dialled);
  if (event.type === "input" && target.matches("[data-qa-other]")) {
    const other = document.querySelector("input[name=back][value=other]");
    if (other instanceof HTMLInputElement) other.checked = true;
  }
}

/** Why somebody is rung outside the hours is typed once and goes with whichever form is sent. */
function explained(/** @type {Event} */ event) {
  const typed = event.target;
  if (!(typed instanceof HTMLInputElement) || !typed.matches("[data-qa-why]")) return;
  for (const too of document.querySelectorAll("[data-qa-why-too]")) if (too instanceof HTMLInputElement) too.value = typed.value;
}

document.addEventListener("input", explained);
if (form && lines.length) {
  document.addEventListener("keydown", keyed);
  form.addEventListener("click", pointed);
  form.addEventListener("change", chose);
  document.addEventListener("click", noticed);
  document.addEventListener("input", noticed);
  const wrong = lines.findIndex((line) => line.hasAttribute("data-error"));
  show(Math.max(0, wrong), wrong >= 0);
}
