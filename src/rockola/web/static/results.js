// The live results: shows each state the stream sends, and says so when there is no stream.

const words = JSON.parse(document.getElementById("words").textContent);
const ROWS = 100; // as pages.py
const COLOURS = 7;
const SILENCE = 40_000; // ms: two heartbeats and a half
const RETRY = 4_000; // ms, and up to as many more by chance, so that a hall does not come back at once
const RATE_OVER = 5_000; // ms
const calm = matchMedia("(prefers-reduced-motion: reduce)");
const REFUSED = ["duplicate", "over_limit", "not_in_catalogue", "unreadable"];

let results = null; // the newest state received
let receivedAt = Date.now(); // the numbers that came with the page
let heardAt = 0;
let changedAt = 0; // when the count was seen to rise
let isLost = false;
let isDrawing = false;
let samples = [];
const rows = new Map();

const id = (name) => document.getElementById(name);
const key = (candidate) => candidate.name + "\u0000" + candidate.album; // sorts as pages.py does
const plural = (name, value) => words[name][value === 1 ? 0 : 1];
const clock = (time) => new Date(time).toLocaleTimeString(document.documentElement.lang, { hourCycle: "h23" });

function number(value, decimals = 0) {
  const [whole, rest] = value.toFixed(decimals).split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, words.thousands);
  return rest ? grouped + words.decimal + rest : grouped;
}

function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

// What came in

function receive(newer) {
  if (results && newer.counted > results.counted) changedAt = Date.now();
  if (results && newer.counted < results.counted) samples = [];
  results = newer;
  receivedAt = heardAt = Date.now();
  samples.push([receivedAt, newer.counted]);
  isLost = false;
  draw();
}

function draw() {
  if (isDrawing) return;
  isDrawing = true;
  requestAnimationFrame(() => {
    isDrawing = false;
    drawState();
    if (results) drawCounts();
  });
}

// The state, in words and colour

function state() {
  if (isLost) return results ? "lost" : document.body.dataset.state === "away" ? "away" : "lost";
  if (!results) return document.body.dataset.state;
  return results.state === "live" && results.counted === 0 ? "empty" : results.state;
}

function drawState() {
  const now = state();
  document.body.dataset.state = now;
  say(id("state"), words[now]);
  id("empty").hidden = now !== "empty";
  if (results) id("counts").hidden = results.counted === 0 && now === "empty";
  const notice = words["notice_" + now];
  id("notice").hidden = !notice;
  if (notice) say(id("notice"), notice.replace("{}", clock(now === "stale" ? results.as_of : receivedAt)));
  drawAge(now);
}

function drawAge(now) {
  const seconds = (Date.now() - changedAt) / 1000;
  const isShown = changedAt > 0 && now === "live";
  say(id("changed"), isShown ? "· " + words.changed.replace("{}", age(seconds)) : "");
}

function age(seconds) {
  if (seconds < 10) return number(seconds, 1) + " s";
  if (seconds < 120) return number(Math.floor(seconds)) + " s";
  return number(Math.floor(seconds / 60)) + " min";
}

// The counts

function drawCounts() {
  say(id("counted"), number(results.counted));
  say(id("counted-unit"), plural("counted", results.counted));
  say(id("refused"), refused());
  for (const cell of id("doors").querySelectorAll("[data-door]")) say(cell, number(results.doors[cell.dataset.door]));
  const read = Object.entries(results.positions).map(([partition, position]) => `${partition}.${position}`);
  say(id("positions"), read.join(" · ") || "–");
  say(id("generation"), results.generation ?? "–");
  id("rebuilt").hidden = !results.rebuilds;
  drawRate();
  drawBoard();
}

function refused() {
  const told = REFUSED.filter((verdict) => results.verdicts[verdict]);
  const texts = told.map((verdict) => `${number(results.verdicts[verdict])} ${plural(verdict, results.verdicts[verdict])}`);
  return texts.join(" · ") || (results.counted ? words.each_counted : "");
}

function drawRate() {
  const now = Date.now();
  while (samples.length > 1 && samples[1][0] <= now - RATE_OVER) samples.shift();
  const seconds = (now - samples[0][0]) / 1000;
  const rate = seconds >= 1 ? (results.counted - samples[0][1]) / seconds : 0;
  id("rate").hidden = rate <= 0 || isLost;
  say(id("rate-number"), number(rate, rate < 10 ? 1 : 0) + "/s");
}

function drawBoard() {
  const shown = results.candidates.slice(0, ROWS);
  const colours = new Map(shown.map(key).sort().map((name, index) => [name, index]));
  const before = tops();
  shown.forEach((candidate, index) => {
    const row = rows.get(key(candidate)) ?? added(candidate);
    fill(row, candidate, colours.get(key(candidate)), shown[0].votes);
    if (id("board").children[index] !== row) id("board").insertBefore(row, id("board").children[index] ?? null);
  });
  const kept = new Set(shown.map(key));
  for (const [name, row] of rows) if (!kept.has(name)) rows.delete(name) && row.remove();
  glide(before);
  const hidden = results.candidates.length - shown.length;
  id("more").hidden = hidden === 0;
  say(id("more"), words.more.replace("{}", number(hidden)));
}

function added(candidate) {
  const row = id("row").content.firstElementChild.cloneNode(true);
  rows.set(key(candidate), row);
  return row;
}

function fill(row, candidate, colour, most) {
  const texts = {
    place: String(candidate.place),
    album: candidate.album,
    name: candidate.name,
    votes: number(candidate.votes),
    unit: " " + plural("votes", candidate.votes),
    share: number(candidate.share * 100, 1) + words.percent,
    mean: number(candidate.rank_mean, 2),
  };
  for (const cell of row.querySelectorAll("[data-is]")) say(cell, texts[cell.dataset.is]);
  row.dataset.place = texts.place;
  row.dataset.colour = String(colour % COLOURS);
  row.toggleAttribute("data-striped", Math.floor(colour / COLOURS) % 2 === 1);
  const width = ((100 * candidate.votes) / most).toFixed(2) + "%";
  for (const rect of row.querySelectorAll("rect")) if (rect.getAttribute("width") !== width) rect.setAttribute("width", width);
}

// A row that changes its place glides there

function tops() {
  return calm.matches ? new Map() : new Map([...rows.values()].map((row) => [row, row.offsetTop]));
}

function glide(before) {
  for (const [row, top] of before) {
    const way = top - row.offsetTop;
    if (way && row.isConnected) row.animate([{ transform: `translateY(${way}px)` }, { transform: "none" }], { duration: 180, easing: "ease-out" });
  }
}

// The stream

let stream = null;

function listen() {
  stream?.close();
  stream = new EventSource("/api/results/stream");
  heardAt = Date.now();
  stream.addEventListener("results", (event) => receive(JSON.parse(event.data)));
  stream.addEventListener("heartbeat", hear);
  stream.addEventListener("error", () => (stream.readyState === EventSource.CLOSED ? refusedStream() : lose()));
}

function hear() {
  heardAt = Date.now();
  isLost = false;
  draw();
}

function lose() {
  isLost = true;
  draw();
}

// No seat for another reader, or no server: ask now and then instead, and try the stream again.
async function refusedStream() {
  try {
    const answer = await fetch("/api/results");
    if (!answer.ok) throw new Error(String(answer.status));
    receive(await answer.json());
  } catch {
    lose();
  }
  setTimeout(listen, RETRY * (1 + Math.random()));
}

function tick() {
  if (stream.readyState !== EventSource.CLOSED && Date.now() - heardAt > SILENCE) {
    lose();
    listen();
  }
  if (!results) return;
  drawAge(state());
  drawRate();
}

function adoptRows() {
  for (const row of id("board").children) {
    const cells = Object.fromEntries([...row.querySelectorAll("[data-is]")].map((cell) => [cell.dataset.is, cell.textContent]));
    rows.set(key(cells), row);
  }
}

function switchTheme(event) {
  event.preventDefault();
  const theme = event.currentTarget.dataset.themeTo;
  document.documentElement.dataset.theme = theme;
  document.cookie = `theme=${theme}; path=/; max-age=31536000; samesite=lax`;
}

for (const link of document.querySelectorAll("[data-theme-to]")) link.addEventListener("click", switchTheme);
adoptRows();
listen();
setInterval(tick, 250);
