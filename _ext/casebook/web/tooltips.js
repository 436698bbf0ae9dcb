// The page works without this file: then a link leads to what its note tells of.
"use strict";

// The note on a link stands at the end of the page, and shows here beside the link that is pointed
// at or has the focus: one at a time, until pointer and focus leave both, or Escape is pressed.
const NOTED = "a[aria-describedby^='tooltip-']";
const tooltip = document.createElement("div");
tooltip.className = "tooltip";
tooltip.setAttribute("role", "tooltip");
tooltip.hidden = true;
(document.querySelector("article, [role=main], main") ?? document.body).append(tooltip);
let noted = null;
let dismissed = null;
let waiting = 0;
const showTooltip = (link) => {
  clearTimeout(waiting);
  const note = link && document.getElementById(link.getAttribute("aria-describedby"));
  noted = note ? link : null;
  tooltip.hidden = !note;
  if (!note) return;
  tooltip.replaceChildren(...note.cloneNode(true).childNodes);
  tooltip.removeAttribute("style");
  const { bottom } = [...link.getClientRects()].at(-1);
  if (matchMedia("(max-width: 48em)").matches) {
    // It stands at the foot of the screen, and the link moves out from under it.
    const hidden = bottom + 8 - (innerHeight - tooltip.offsetHeight);
    if (hidden > 0) scrollBy({ top: hidden, behavior: "instant" });
    return;
  }
  // As wide as its block, under the last line of the link; over the first if there is no room.
  const page = tooltip.parentElement.getBoundingClientRect();
  const blocks = ["table", "p, li, dt, dd, figcaption, .code-block-caption, summary, h1, h2, h3, h4"];
  const block = blocks.map((name) => link.closest(name)).find(Boolean) ?? link;
  const { left, right } = block.getBoundingClientRect();
  tooltip.style.left = `${Math.max(left, page.left) - page.left}px`;
  tooltip.style.width = `${Math.min(right, page.right) - Math.max(left, page.left)}px`;
  const lines = [...link.getClientRects()];
  const height = tooltip.offsetHeight + 6;
  const above = bottom + height > innerHeight && lines[0].top > height;
  tooltip.style.top = `${(above ? lines[0].top - height : bottom + 6) - page.top}px`;
};
const focused = () => {
  const link = document.activeElement?.closest(NOTED) ?? null;
  return link === dismissed ? null : link;
};
addEventListener("pointerover", ({ target }) => {
  if (tooltip.contains(target)) return clearTimeout(waiting);
  const link = target.closest?.(NOTED) ?? null;
  if (link === noted) return clearTimeout(waiting);
  // A pause lets the pointer pass over links, and a longer one lets it reach the note.
  clearTimeout(waiting);
  waiting = setTimeout(showTooltip, link ? 120 : 300, link ?? focused());
});
addEventListener("focusin", () => {
  dismissed = null;
  showTooltip(focused());
});
addEventListener("focusout", () => showTooltip(null));
addEventListener("resize", () => showTooltip(noted));

// Escape hides the note until pointer or focus comes again.
addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  dismissed = focused();
  showTooltip(null);
});
