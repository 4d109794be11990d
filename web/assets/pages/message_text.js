/**
 * The editor of a wording: a press on a name puts it where the writing mark stands. The preview beside it hears of
 * that as of any other writing. Without this script names are typed by hand and a button shows the preview.
 */
const field = document.querySelector("textarea[data-wording]");

/** @param {HTMLTextAreaElement} into @param {string} token */
function insert(into, token) {
  into.setRangeText(token, into.selectionStart, into.selectionEnd, "end");
  into.focus();
  into.dispatchEvent(new Event("input", { bubbles: true }));
}

if (field instanceof HTMLTextAreaElement) {
  document.addEventListener("click", (event) => {
    const button = /** @type {Element} */ (event.target).closest?.("[data-token]");
    const token = button?.getAttribute("data-token");
    if (token) insert(field, token);
  });
}
