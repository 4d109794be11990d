/**
 * Words for people. The page carries them translated, in <script type="application/json" id="texts">,
 * so that no sentence lives in a script.
 */

/** @type {Record<string, string>} */
let words = {};

/** Read the words of this page. */
export function loadTexts() {
  const holder = document.getElementById("texts");
  words = holder ? JSON.parse(holder.textContent || "{}") : {};
}

/**
 * The words for a key, with {name} places filled in.
 * @param {string} key
 * @param {Record<string, string | number>} [values]
 */
export function text(key, values = {}) {
  const found = words[key] ?? key;
  return found.replace(/\{(\w+)\}/g, (whole, name) => String(values[name] ?? whole));
}
