// Drag over the histogram to see only what was received then; the span is whole bars, and becomes the URL.

import { moment, say } from "./format.js";

const histogram = document.getElementById("histogram");

function follow() {
  const chosen = document.getElementById("chosen");
  const span = document.getElementById("span");
  const bars = Number(histogram.dataset.bars);
  const step = Number(histogram.dataset.step) * 1000;
  const start = Date.parse(histogram.dataset.start);
  const hint = span.textContent;
  let from = null;
  let to = null;

  const barAt = (event) => {
    const box = histogram.getBoundingClientRect();
    return Math.min(bars - 1, Math.max(0, Math.floor(((event.clientX - box.left) / box.width) * bars)));
  };
  const edges = () => [start + Math.min(from, to) * step, start + (Math.max(from, to) + 1) * step];

  function show() {
    const [first, last] = from === null ? [0, 0] : [Math.min(from, to), Math.max(from, to) + 1];
    chosen.setAttribute("x", first);
    chosen.setAttribute("width", last - first);
    say(span, from === null ? hint : edges().map(moment).join(" – "));
  }

  function forget() {
    from = to = null;
    show();
  }

  function narrow() {
    const url = new URL(location.href);
    const [first, last] = edges();
    for (const name of ["after", "before"]) url.searchParams.delete(name);
    url.searchParams.set("from", new Date(first).toISOString());
    url.searchParams.set("to", new Date(last).toISOString());
    forget();
    location.assign(url);
  }

  histogram.addEventListener("pointerdown", (event) => {
    histogram.setPointerCapture(event.pointerId);
    from = to = barAt(event);
    show();
  });
  histogram.addEventListener("pointermove", (event) => {
    if (from === null) return;
    to = barAt(event);
    show();
  });
  histogram.addEventListener("pointerup", () => from !== null && narrow());
  histogram.addEventListener("pointercancel", forget);
  document.addEventListener("keydown", (event) => event.key === "Escape" && forget());
  span.hidden = false;
}

if (histogram) follow();
