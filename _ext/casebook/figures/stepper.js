// Lets a reader step through states; without this file the page shows a table of some of them.
"use strict";
const add = (box, name, kind = "", words = "") => {
  const made = document.createElement(name);
  // An empty class would count: furo tells lists with one from those without.
  if (kind) made.className = kind;
  made.textContent = words;
  return box.appendChild(made);
};

// All that may be said at a place lies in one cell of a grid, so that nothing moves from step to
// step.
const stacked = (box, texts) => {
  box.classList.add("stepper-stack");
  const lines = new Map([...new Set(texts)].map((text) => [text, add(box, "span", "", text || "–")]));
  return (shown) => {
    for (const [text, line] of lines) line.classList.toggle("shown", text === shown);
  };
};

const begin = (place) => {
  const { columns, states, events, phases } = JSON.parse(place.dataset.steps);
  const box = place.closest(".stepper");
  const caption = box.querySelector("caption");
  const view = document.createElement("div");
  view.className = "stepper-view";
  view.role = "group";
  view.ariaLabel = `${caption.querySelector(".caption-number")?.textContent ?? ""} step by step`.trim();

  const segments = add(view, "div", "stepper-phases");
  segments.ariaHidden = "true";
  const names = phases.map(([first, last, name]) => {
    const segment = add(segments, "span", "", name);
    segment.style.flexGrow = last - first + 1;
    return segment;
  });
  const slider = add(view, "input");
  Object.assign(slider, { type: "range", min: 1, max: states.length, value: 1, ariaLabel: "Step" });
  view.style.setProperty("--steps", states.length);

  const bar = add(view, "div", "stepper-bar");
  const back = add(bar, "button", "", "Back");
  const next = add(bar, "button", "", "Next");
  back.type = next.type = "button";
  const where = add(bar, "p", "stepper-where");
  const counted = add(where, "span");
  const showPhase = stacked(add(where, "span", "stepper-phase"), phases.map(([, , name]) => name));
  const showEvent = stacked(add(view, "p", "stepper-event"), events);
  const list = add(view, "dl");
  const cells = columns.map((name, column) => {
    const cell = add(list, "div");
    add(cell, "dt", "", name);
    return [cell, stacked(add(cell, "dd"), states.map((state) => state[column]))];
  });
  const live = add(view, "p", "stepper-said");
  live.ariaLive = "polite";

  let at = 0;
  const go = (step) => {
    const from = at;
    at = Math.min(Math.max(step, 1), states.length);
    if (at === from) return;
    const state = states[at - 1];
    const changed = (other) => columns.map((_, i) => other && state[i] !== other[i]);
    const phase = phases.findIndex(([first, last]) => first <= at && at <= last);
    const name = phases[phase]?.[2];
    const place = `Step ${at} of ${states.length}`;
    names.forEach((segment, i) => segment.classList.toggle("current", i === phase));
    slider.value = at;
    slider.ariaValueText = name ? `${place}, ${name}` : place;
    back.ariaDisabled = String(at === 1);
    next.ariaDisabled = String(at === states.length);
    counted.textContent = place;
    showPhase(name);
    showEvent(events[at - 1]);
    const marked = changed(states[at - 2]);
    cells.forEach(([cell, show], i) => {
      cell.classList.toggle("changed", Boolean(marked[i]));
      show(state[i]);
    });
    if (!from) return;
    // What differs from the state that was said last; all of it would be long to hear.
    const differs = changed(states[from - 1]);
    const news = columns.map((column, i) => differs[i] && `${column}: ${state[i] || "nothing"}`);
    const said = [events[at - 1], ...news].filter(Boolean).join("; ");
    live.textContent = slider.ariaValueText + (said ? `: ${said}.` : ".");
  };
  slider.addEventListener("input", () => go(Number(slider.value)));
  back.addEventListener("click", () => go(at - 1));
  next.addEventListener("click", () => go(at + 1));
  bar.addEventListener("keydown", (event) => {
    const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
    if (!by || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    go(at + by);
  });

  // Where a name has no room in its segment, the current one stands beside the count instead.
  const fit = () => {
    view.classList.remove("narrow");
    // All in bold, as each will be.
    view.classList.add("fitting");
    const cut = (name) => name.scrollWidth > name.clientWidth || name.scrollHeight > name.clientHeight;
    view.classList.toggle("narrow", names.some(cut));
    view.classList.remove("fitting");
  };
  go(1);
  place.replaceWith(view);
  box.classList.add("stepping");
  box.querySelector("table").role = "figure";
  new ResizeObserver(fit).observe(segments);
  document.fonts.ready.then(fit);
};
document.querySelectorAll(".stepper-steps").forEach(begin);
