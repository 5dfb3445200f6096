// The live results: shows each state the stream sends, and says so when there is no stream.

import { drawBoard } from "./board.js";
import { inOneFrame, listen } from "./feed.js";
import { _, clock, moment, number, percent, plural, say } from "./format.js";
import { followMinutes } from "./minutes.js";
import { drawRanks } from "./ranks.js";

const RATE_OVER = 5_000; // ms
const VERIFIED_EVERY = 10_000; // ms
const SAID = {
  live: _("live"),
  empty: _("waiting for votes"),
  stale: _("not updating"),
  recounting: _("recounting"),
  lost: _("connection lost"),
  away: _("no data"),
};
const NOTICES = {
  stale: _("The count cannot be read. These are the last numbers, of {}. Trying again."),
  recounting: _("The count is being made again and is not yet where it was: votes are still missing."),
  lost: _("The connection is lost. These are the last numbers received, of {}. Trying again."),
  away: _("The count cannot be read, and there are no numbers to show yet. Trying again."),
};
const VEILED = {
  shares: _("Names and votes are hidden until the organiser reveals the results."),
  nothing: _("The results are hidden until the organiser reveals them."),
};
const REFUSED = {
  duplicate: (value) => plural("repeated", "repeated", value),
  over_limit: (value) => plural("over the limit", "over the limit", value),
  not_in_catalogue: () => _("not in the catalogue"),
  unreadable: (value) => plural("unreadable", "unreadable", value),
};
const id = (name) => document.getElementById(name);

let results = null; // the newest state received
let receivedAt = Date.now(); // the numbers that came with the page
let changedAt = 0; // when the count was seen to rise
let furthest = null; // the state that had been read furthest, of this log
let isLost = false;
let samples = [];

function hear(newer) {
  isLost = false;
  if (newer) receive(newer);
  draw();
}

function receive(newer) {
  if (results && newer.counted > results.counted) changedAt = Date.now();
  if (results && newer.counted < results.counted) samples = [];
  if (!furthest || read(newer) >= read(furthest) || (newer.generation && newer.generation !== furthest.generation)) furthest = newer;
  results = newer;
  receivedAt = Date.now();
  samples.push([receivedAt, newer.counted]);
}

function lose() {
  isLost = true;
  draw();
}

const draw = inOneFrame(() => {
  drawState();
  if (results) drawCounts();
});

// The state, in words and colour

function state() {
  if (isLost) return results || document.body.dataset.state !== "away" ? "lost" : "away";
  if (!results) return document.body.dataset.state;
  return results.state === "live" && results.counted === 0 ? "empty" : results.state;
}

function drawState() {
  const now = state();
  document.body.dataset.state = now;
  say(id("state"), SAID[now]);
  id("empty").hidden = now !== "empty";
  if (results) id("counts").hidden = results.counted === 0 && now === "empty";
  const notice = NOTICES[now];
  id("notice").hidden = !notice;
  if (notice) say(id("notice-text"), notice.replace("{}", clock(now === "stale" ? results.as_of : receivedAt)));
  drawProgress(now);
  drawAge(now);
}

const read = (one) => Object.values(one.positions).reduce((sum, position) => sum + position, 0);

// How far the recount is of what this page has seen read before.
function drawProgress(now) {
  const share = results && read(furthest) ? read(results) / read(furthest) : 1;
  id("progress").hidden = now !== "recounting" || share >= 1;
  id("progress-bar").value = share;
  say(id("progress-text"), percent(share));
}

function drawAge(now) {
  const seconds = (Date.now() - changedAt) / 1000;
  say(id("changed"), changedAt > 0 && now === "live" ? "· " + _("last vote {} ago").replace("{}", age(seconds)) : "");
}

function age(seconds) {
  if (seconds < 10) return number(seconds, 1) + " s";
  if (seconds < 120) return number(Math.floor(seconds)) + " s";
  return number(Math.floor(seconds / 60)) + " min";
}

// The counts

function drawCounts() {
  say(id("counted"), number(results.counted));
  say(id("counted-unit"), plural("vote counted", "votes counted", results.counted));
  say(id("refused"), refused());
  for (const cell of id("doors").querySelectorAll("[data-door]")) say(cell, number(results.doors[cell.dataset.door]));
  const positions = Object.entries(results.positions).map(([partition, position]) => `${partition}.${position}`);
  say(id("positions"), positions.join(" · ") || "–");
  say(id("generation"), results.generation ?? "–");
  id("rebuilt").hidden = !results.rebuilds;
  drawRate();
  drawVeil();
  const hidden = results.candidates.length - drawBoard(results.candidates);
  id("more").hidden = hidden === 0;
  say(id("more"), _("and {} more").replace("{}", number(hidden)));
  drawRanks(results.candidates);
  followMinutes(results);
}

function refused() {
  const told = Object.entries(REFUSED).filter(([verdict]) => results.verdicts[verdict]);
  const texts = told.map(([verdict, said]) => `${number(results.verdicts[verdict])} ${said(results.verdicts[verdict])}`);
  return texts.join(" · ") || (results.counted ? _("every vote that was read counted") : "");
}

// Before a reveal: what is hidden, in words. Who may see everything is told by the page as it came.
function drawVeil() {
  const isWhole = results.sight === "all";
  id("ranks").hidden = !isWhole;
  if (results.revealed) id("veil").hidden = true;
  else if (!isWhole) say(id("veil-text"), VEILED[results.sight]);
}

function drawRate() {
  const now = Date.now();
  while (samples.length > 1 && samples[1][0] <= now - RATE_OVER) samples.shift();
  const seconds = (now - samples[0][0]) / 1000;
  const rate = seconds >= 1 ? (results.counted - samples[0][1]) / seconds : 0;
  id("rate").hidden = rate <= 0 || isLost;
  say(id("rate-number"), number(rate, rate < 10 ? 1 : 0) + "/s");
}

function tick() {
  if (!results) return;
  drawAge(state());
  drawRate();
}

// Whether a recount said the same; it is asked for, since it changes while no vote comes.
async function askVerification() {
  const answer = await fetch("/api/verification").catch(() => null);
  if (!answer?.ok) return;
  const { at, same } = await answer.json();
  id("verified").hidden = !at;
  if (at) say(id("verified-at"), (same ? _("{} · the same") : _("{} · differs")).replace("{}", moment(at)));
}

listen(hear, lose);
setInterval(tick, 250);
setInterval(askVerification, VERIFIED_EVERY);
