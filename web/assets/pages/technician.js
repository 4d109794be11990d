/**
 * The technician's job page: − and + beside an amount. Without scripts the number field does the same.
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
