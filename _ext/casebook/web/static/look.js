// The page works without this file; it adds what HTML and CSS cannot do alone.
"use strict";

// What a session prints is marked, line by line: its button copies what was typed (conf.py).
for (const pre of document.querySelectorAll(".highlight pre:has(.gp)")) {
  const printed = /^(?!.*<span class="gp">).*\n/gm;
  pre.innerHTML = pre.innerHTML.replace(printed, '<span class="printed">$&</span>');
}

// A box that scrolls sideways can be reached by keyboard, and has a name, while it overflows.
const nameOf = (box) => {
  const around = box.closest("figure, .table-wrapper, .literal-block-wrapper, .session");
  const caption = around?.querySelector(".caption-number, .caption-text, .hang-label");
  return (caption?.textContent.trim() || "Part of the page") + ", scrolls sideways";
};
const mind = (box) => {
  if (box.scrollWidth > box.clientWidth) {
    box.tabIndex = 0;
    box.setAttribute("role", "group");
    box.setAttribute("aria-label", nameOf(box));
  } else {
    for (const name of ["tabindex", "role", "aria-label"]) box.removeAttribute(name);
  }
};
const observer = new ResizeObserver((entries) => {
  for (const { target } of entries) mind(target.closest("[data-scroller]"));
});
for (const box of document.querySelectorAll(".table-wrapper, .drawing, .highlight pre")) {
  box.dataset.scroller = "";
  observer.observe(box);
  if (box.firstElementChild) observer.observe(box.firstElementChild);
}

// On a narrow screen these tables are laid out as records, which takes their meaning as tables
// from some screen readers; the roles give it back.
const roles = { TABLE: "table", THEAD: "rowgroup", TBODY: "rowgroup", TR: "row", TD: "cell" };
for (const table of document.querySelectorAll(".metrics-table, .package, .chunk-index")) {
  for (const part of [table, ...table.querySelectorAll("thead, tbody, tr, td, th")]) {
    const heads = part.closest("thead") ? "columnheader" : "rowheader";
    part.setAttribute("role", roles[part.tagName] ?? heads);
  }
}

// furo opens its drawers by labels, which the keyboard does not reach.
for (const label of document.querySelectorAll(".nav-overlay-icon, .toc-overlay-icon")) {
  const icon = label.firstElementChild;
  const toggle = label.control;
  icon.tabIndex = 0;
  icon.setAttribute("role", "button");
  icon.setAttribute("aria-label", toggle.getAttribute("aria-label"));
  icon.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" && event.key !== " ") return;
    event.preventDefault();
    toggle.click();
  });
}

// The note on a link stands at the end of the page, and shows here beside the link that is pointed
// at or has the focus: one at a time, until pointer and focus leave both, or Escape is pressed.
const NOTED = "a[aria-describedby^='slip-']";
const slip = document.createElement("div");
slip.className = "slip";
slip.setAttribute("role", "tooltip");
slip.hidden = true;
document.querySelector("article")?.append(slip);
let noted = null;
let dismissed = null;
let waiting = 0;
const showSlip = (link) => {
  clearTimeout(waiting);
  const note = link && document.getElementById(link.getAttribute("aria-describedby"));
  noted = note ? link : null;
  slip.hidden = !note;
  if (!note) return;
  slip.replaceChildren(...note.cloneNode(true).childNodes);
  slip.removeAttribute("style");
  const { bottom } = [...link.getClientRects()].at(-1);
  if (matchMedia("(max-width: 48em)").matches) {
    // It stands at the foot of the screen, and the link moves out from under it.
    const hidden = bottom + 8 - (innerHeight - slip.offsetHeight);
    if (hidden > 0) scrollBy({ top: hidden, behavior: "instant" });
    return;
  }
  // As wide as its block, under the last line of the link; over the first if there is no room.
  const page = slip.parentElement.getBoundingClientRect();
  const blocks = ["table", "p, li, dt, dd, figcaption, .code-block-caption, summary, h1, h2, h3, h4"];
  const block = blocks.map((name) => link.closest(name)).find(Boolean) ?? link;
  const { left, right } = block.getBoundingClientRect();
  slip.style.left = `${Math.max(left, page.left) - page.left}px`;
  slip.style.width = `${Math.min(right, page.right) - Math.max(left, page.left)}px`;
  const lines = [...link.getClientRects()];
  const height = slip.offsetHeight + 6;
  const above = bottom + height > innerHeight && lines[0].top > height;
  slip.style.top = `${(above ? lines[0].top - height : bottom + 6) - page.top}px`;
};
const focused = () => {
  const link = document.activeElement?.closest(NOTED) ?? null;
  return link === dismissed ? null : link;
};
addEventListener("pointerover", ({ target }) => {
  if (slip.contains(target)) return clearTimeout(waiting);
  const link = target.closest?.(NOTED) ?? null;
  if (link === noted) return clearTimeout(waiting);
  // A pause lets the pointer pass over links, and a longer one lets it reach the note.
  clearTimeout(waiting);
  waiting = setTimeout(showSlip, link ? 120 : 300, link ?? focused());
});
addEventListener("focusin", () => {
  dismissed = null;
  showSlip(focused());
});
addEventListener("focusout", () => showSlip(null));
addEventListener("resize", () => showSlip(noted));

// Escape hides the note until pointer or focus comes again, and closes furo's drawers.
addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  dismissed = focused();
  showSlip(null);
  for (const toggle of document.querySelectorAll(".sidebar-toggle")) toggle.checked = false;
});
