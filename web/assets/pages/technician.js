/**
 * The technician's job page: − and + beside an amount. Without scripts the number field does the same.
 * And what whoever pays has answered holds on the whole page at once, not only in its head.
 */
document.addEventListener("click", (event) => {
  const button = /** @type {Element} */ (event.target).closest("[data-step-by]");
  const field = button?.closest(".stepper")?.querySelector("input");
  if (!(field instanceof HTMLInputElement)) return;
  const wanted = (Number.parseInt(field.value, 10) || 0) + Number(button?.getAttribute("data-step-by"));
  field.value = String(Math.min(Number(field.max), Math.max(Number(field.min), wanted)));
  field.dispatchEvent(new Event("input", { bubbles: true }));
  field.dispatchEvent(new Event("change", { bubbles: true }));
});

const answerOf = () => document.querySelector("[data-testid='approval']")?.getAttribute("data-asking") ?? "";
let answer = answerOf();
new MutationObserver(() => {
  if (answerOf() === answer) return;
  answer = answerOf();
  document.querySelector("[data-until-answered]")?.remove(); // what was refused is asked anew
  document.getElementById("completion")?.dispatchEvent(new Event("change", { bubbles: true }));
}).observe(document.body, { subtree: true, childList: true, attributes: true, attributeFilter: ["data-asking"] });
