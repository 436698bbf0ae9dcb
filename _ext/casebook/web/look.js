// The page works without this file; it adds what HTML and CSS cannot do alone.
"use strict";

// What a session prints is marked, line by line: its button copies what was typed (conf.py).
for (const pre of document.querySelectorAll(".highlight pre:has(.gp)")) {
  const printed = /^(?!.*<span class="gp">).*\n/gm;
  pre.innerHTML = pre.innerHTML.replace(printed, '<span class="printed">$&</span>');
}

// A box that scrolls sideways can be reached by keyboard, and has a name, while it overflows.
const nameOf = (box) => {
  const around = box.closest("figure, .table-wrapper, :not(details) > .literal-block-wrapper, .session, .stored-output, .math-block, details");
  const caption = around?.querySelector(".caption-number, .caption-text, .hang-label, .eqno");
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
for (const box of document.querySelectorAll(".table-wrapper, .drawing, .highlight pre, .math-line")) {
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

// Escape closes furo's drawers, and so does a link in one, which may lead to a place on this page.
const close = () => {
  for (const toggle of document.querySelectorAll(".sidebar-toggle")) toggle.checked = false;
};
addEventListener("keydown", (event) => {
  if (event.key === "Escape") close();
});
addEventListener("click", (event) => {
  if (event.target.closest(".sidebar-drawer a, .toc-drawer a")) close();
});
