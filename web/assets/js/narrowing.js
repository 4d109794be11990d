/**
 * A text field narrows a choice: <input data-narrows="ID"> beside <select id="ID">. Every typed word has to
 * stand in an option's text or in its data-words. What does not fit leaves the list: Safari shows hidden options.
 * The key / leads to a page's <input data-find>.
 */

/** @type {WeakMap<HTMLSelectElement, HTMLOptionElement[]>} */
const whole = new WeakMap();

/** Listen once for the whole document. */
export function startNarrowing() {
  document.addEventListener("input", (event) => {
    const field = /** @type {Element} */ (event.target);
    if (field instanceof HTMLInputElement && field.dataset.narrows) narrow(field);
  });
  document.addEventListener("keydown", (event) => {
    const field = /** @type {Element} */ (event.target);
    // Enter looks for something here; it must not decide.
    if (event.key === "Enter" && field.matches("[data-narrows]")) event.preventDefault();
    if (event.key === "/" && !event.ctrlKey && !event.altKey && !event.metaKey) lookFor(event, field);
  });
}

function lookFor(/** @type {KeyboardEvent} */ event, /** @type {Element} */ from) {
  const field = document.querySelector("input[data-find]");
  const busy = from.matches("input, textarea, select") || document.querySelector("dialog:modal");
  if (busy || !(field instanceof HTMLInputElement)) return;
  event.preventDefault();
  field.select();
}

function narrow(/** @type {HTMLInputElement} */ field) {
  const choice = document.getElementById(field.dataset.narrows ?? "");
  if (!(choice instanceof HTMLSelectElement)) return;
  const options = whole.get(choice) ?? [...choice.options];
  whole.set(choice, options);
  const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
  const chosen = choice.value;
  const fitting = options.filter((option) => option.value && fits(option, words));
  choice.replaceChildren(...options.filter((option) => !option.value), ...fitting);
  const kept = fitting.some((option) => option.value === chosen);
  choice.value = kept ? chosen : words.length && fitting.length === 1 ? fitting[0].value : "";
}

function fits(/** @type {HTMLOptionElement} */ option, /** @type {string[]} */ words) {
  const text = `${option.text} ${option.dataset.words ?? ""}`.toLowerCase();
  return words.every((word) => text.includes(word));
}
