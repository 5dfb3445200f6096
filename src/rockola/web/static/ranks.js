// The histograms of ranks as a table, while it is open.

import { _, number } from "./format.js";
import { fillTable } from "./tables.js";

const table = document.getElementById("ranks-table");
const details = table.closest("details");
const BUCKETS = Array.from({ length: 11 }, (_empty, rank) => String(rank));
let candidates = [];

export function drawRanks(newest) {
  candidates = newest;
  if (details.open) draw();
}

function draw() {
  const shown = candidates.slice(0, Number(table.dataset.rows));
  fillTable(table, [_("Album"), ...BUCKETS], shown.map((one) => [one.album, ...one.rank_histogram.map((votes) => number(votes))]));
}

details.addEventListener("toggle", () => candidates.length && draw());
