// The candidates in order, each with its bar; a row that changes its place glides there.

import { _, number, percent, plural, say } from "./format.js";

const COLOURED = 100; // as pages.py: colours go by name among these
export const COLOURS = 7; // of board.css
const HEIGHT = 24; // of a histogram
const calm = matchMedia("(prefers-reduced-motion: reduce)");
const key = (candidate, index) => (candidate.name === null ? `\u0000${String(index).padStart(3, "0")}` : candidate.name + "\u0000" + candidate.album); // sorts as pages.py does
const size = (candidate) => candidate.votes ?? candidate.share;
const rows = new Map();
const list = document.getElementById("board");
const pattern = document.getElementById("row").content.firstElementChild;

// The number of each candidate's colour.
export function colours(candidates) {
  const names = candidates.slice(0, COLOURED).map(key).sort();
  return new Map(names.map((name, index) => [name, index]));
}

export const colourOf = (named, candidate, index) => named.get(key(candidate, index));

export function drawBoard(candidates) {
  const shown = candidates.slice(0, Number(list.dataset.rows));
  const named = colours(candidates);
  const before = tops();
  shown.forEach((candidate, index) => {
    const row = rows.get(key(candidate, index)) ?? added(key(candidate, index));
    fill(row, candidate, colourOf(named, candidate, index), size(shown[0]) || 1);
    if (list.children[index] !== row) list.insertBefore(row, list.children[index] ?? null);
  });
  const kept = new Set(shown.map(key));
  for (const [name, row] of rows) if (!kept.has(name)) rows.delete(name) && row.remove();
  glide(before);
  return shown.length;
}

function added(name) {
  const row = pattern.cloneNode(true);
  rows.set(name, row);
  return row;
}

function fill(row, candidate, colour, most) {
  const isHidden = candidate.name === null;
  const texts = {
    place: String(candidate.place),
    album: isHidden ? _("hidden") : candidate.album,
    name: candidate.name ?? "",
    votes: isHidden ? "" : number(candidate.votes),
    unit: isHidden ? "" : " " + plural("vote", "votes", candidate.votes),
    share: percent(candidate.share),
    mean: isHidden ? "" : number(candidate.rank_mean, 2),
  };
  for (const cell of row.querySelectorAll(".mean, .ranks")) cell.toggleAttribute("hidden", isHidden);
  for (const cell of row.querySelectorAll("[data-is]")) say(cell, texts[cell.dataset.is]);
  row.dataset.place = texts.place;
  row.dataset.colour = String(colour % COLOURS);
  row.toggleAttribute("data-striped", Math.floor(colour / COLOURS) % 2 === 1);
  for (const rect of row.querySelectorAll(".bar rect")) set(rect, "width", ((100 * size(candidate)) / most).toFixed(2) + "%");
  fillRanks(row, candidate.rank_histogram);
}

function fillRanks(row, histogram) {
  const highest = Math.max(...histogram, 1);
  row.querySelectorAll(".ranks rect").forEach((rect, rank) => {
    const height = Math.floor((HEIGHT * (histogram[rank] ?? 0)) / highest + 0.5);
    set(rect, "height", String(height));
    set(rect, "y", String(HEIGHT - height));
  });
}

function set(element, name, value) {
  if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

function tops() {
  return calm.matches ? new Map() : new Map([...rows.values()].map((row) => [row, row.offsetTop]));
}

function glide(before) {
  for (const [row, top] of before) {
    const way = top - row.offsetTop;
    if (way && row.isConnected) row.animate([{ transform: `translateY(${way}px)` }, { transform: "none" }], { duration: 180, easing: "ease-out" });
  }
}

// The rows that came with the page
[...list.children].forEach((row, index) => {
  const cells = Object.fromEntries([...row.querySelectorAll("[data-is]")].map((cell) => [cell.dataset.is, cell.textContent]));
  rows.set(key({ ...cells, name: cells.name || null }, index), row);
});
