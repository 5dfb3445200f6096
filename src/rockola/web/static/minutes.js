// Votes by minute: a line for each of the leading candidates and one for the rest, and the same as a table.

import { COLOURS, colourOf, colours } from "./board.js";
import { _, minute, number } from "./format.js";
import { fillTable } from "./tables.js";

const LEADING = 5; // as timeline.py
const EVERY = 5_000; // ms
const MINUTE = 60_000; // ms
const HEIGHT = 13; // rem, as in rockola.css
const box = document.getElementById("minutes-chart");
const table = document.getElementById("minutes-table");
const details = table.closest("details");
const legend = document.getElementById("minutes-legend");
let chart = null;
let drawn = ""; // what the chart was made for: its lines, its width, its colours
let series = null;
let standings = [];
let askedAt = 0;
let counted = -1;

// Asks for the minutes when there are new votes, or a new minute.
export async function followMinutes(results) {
  standings = results.candidates;
  if (Date.now() - askedAt < EVERY || (counted === results.counted && Date.now() - askedAt < MINUTE)) return;
  askedAt = Date.now();
  counted = results.counted;
  const answer = await fetch("/api/timeseries").catch(() => null);
  if (!answer?.ok) return;
  series = await answer.json();
  draw();
}

// The lines that are shown: those of the leading candidates in the order of the board, and the rest together.
function lines() {
  const found = new Map(series.candidates.map((line) => [line.name + "\u0000" + line.album, line.votes]));
  const zeros = Array(series.candidates[0]?.votes.length ?? 0).fill(0);
  const named = colours(standings);
  const palette = getComputedStyle(document.documentElement); // as board.css has it
  const leading = standings.slice(0, series.candidates[0]?.name === null ? 0 : LEADING).map((one, index) => {
    const colour = colourOf(named, one, index);
    const key = one.name + "\u0000" + one.album;
    const votes = found.get(key) ?? zeros;
    found.delete(key);
    const shade = palette.getPropertyValue(`--candidate-${colour % COLOURS}`).trim();
    return { place: String(one.place), label: one.album, votes, colour: shade, dashed: colour >= COLOURS };
  });
  if (!found.size) return leading;
  const rest = [...found.values()].reduce((sum, votes) => sum.map((value, index) => value + votes[index]), zeros);
  return [...leading, { place: "+", label: leading.length ? _("the others") : _("all"), votes: rest, colour: null, dashed: true }];
}

function draw() {
  const shown = lines();
  const start = Date.parse(series.start);
  const times = (shown[0]?.votes ?? []).map((_votes, index) => (start + index * MINUTE) / 1000);
  drawChart(shown, times);
  if (details.open) drawTable(shown, times);
}

function drawChart(shown, times) {
  const style = getComputedStyle(document.body);
  const look = [style.color, box.clientWidth, ...shown.map((line) => line.place + line.label + line.colour)].join("\u0000");
  const data = [times, ...shown.map((line) => line.votes)];
  if (look === drawn) return chart.setData(data);
  drawn = look;
  chart?.destroy();
  chart = new uPlot(options(shown, style), data, box);
  drawLegend(shown, style.color);
}

function options(shown, style) {
  const muted = getComputedStyle(box).color;
  const grid = { stroke: getComputedStyle(box).borderColor, width: 1 };
  const rem = parseFloat(getComputedStyle(document.documentElement).fontSize);
  const font = `${Math.round(0.75 * rem)}px ${style.fontFamily}`;
  const axis = { stroke: muted, grid, ticks: grid, font };
  return {
    width: box.clientWidth,
    height: HEIGHT * rem,
    padding: [1.25 * rem, 0.75 * rem, 0, 0],
    legend: { show: false },
    cursor: { show: false },
    scales: { y: { range: (_chart, _low, high) => [0, Math.max(high, 4)] } },
    axes: [
      { ...axis, space: 4 * rem, size: 2.5 * rem, values: (_chart, splits) => splits.map((time) => minute(time * 1000)) },
      { ...axis, size: 2.75 * rem, incrs: [1, 2, 5, 10, 20, 50, 100, 200, 500, 1e3, 2e3, 5e3, 1e4, 2e4, 5e4, 1e5, 1e6], values: (_chart, splits) => splits.map((value) => number(value)) },
    ],
    series: [{}, ...shown.map((line) => ({ label: line.label, stroke: line.colour ?? muted, width: 2.5, dash: line.dashed ? [8, 5] : [], points: { show: false } }))],
    hooks: { draw: [(drawn) => drawPlaces(drawn, shown, style.color, font)] },
  };
}

// The place at the highest point of each line, so that its colour does not stand alone.
function drawPlaces(plot, shown, ink, font) {
  plot.ctx.save();
  plot.ctx.font = font.replace(/[\d.]+/, (size) => String(size * window.devicePixelRatio));
  plot.ctx.fillStyle = ink;
  plot.ctx.textAlign = "center";
  shown.forEach((line, index) => {
    const votes = plot.data[index + 1];
    const peak = votes.indexOf(Math.max(...votes));
    if (peak < 0) return;
    const above = plot.valToPos(votes[peak], "y", true) - 5 * window.devicePixelRatio;
    plot.ctx.fillText(line.place, plot.valToPos(plot.data[0][peak], "x", true), above);
  });
  plot.ctx.restore();
}

function drawLegend(shown, ink) {
  legend.replaceChildren(
    ...shown.map((line) => {
      const item = document.createElement("li");
      const swatch = document.createElement("span");
      swatch.className = "swatch";
      swatch.style.borderColor = line.colour ?? ink;
      swatch.style.borderStyle = line.dashed ? "dashed" : "solid";
      item.append(swatch, `${line.place} ${line.label}`);
      return item;
    }),
  );
}

function drawTable(shown, times) {
  const rows = times.map((time, index) => [minute(time * 1000), ...shown.map((line) => number(line.votes[index]))]);
  fillTable(table, [_("Minute"), ...shown.map((line) => line.label)], rows.reverse());
}

details.addEventListener("toggle", () => series && draw());
document.addEventListener("themechange", () => series && draw());
matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => series && draw());
new ResizeObserver(() => series && draw()).observe(box);
