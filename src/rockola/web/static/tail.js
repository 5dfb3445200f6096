// New votes as they are archived, whenever they were received: shown at once or counted while paused.

import { _, moment, number, plural, say } from "./format.js";

const EVERY = 1_000; // ms
const SHOWN = 200; // rows
const WAITING = 1_000; // votes kept while paused
const tail = document.getElementById("tail");
const rows = document.getElementById("rows-body");

function follow() {
  const [button, pause, state] = ["follow", "pause", "tail-state"].map((id) => document.getElementById(id));
  const there = new Set([...rows.querySelectorAll(".receipt a")].map((link) => link.title)); // came with the page
  let since = tail.dataset.since;
  let timer = null;
  let paused = false;
  let waiting = [];
  let missed = 0; // left out while paused: the page is no memory

  async function ask() {
    const url = new URL(tail.dataset.url, location.href);
    if (since) url.searchParams.set("since", since);
    const answer = await fetch(url);
    if (!answer.ok) throw new Error(String(answer.status));
    const arrivals = await answer.json();
    since = arrivals.next;
    return arrivals;
  }

  async function look() {
    try {
      const { votes, more } = await ask();
      take(votes.filter((vote) => !there.has(vote.receipt)));
      tell();
      schedule(more ? 0 : EVERY);
    } catch {
      say(state, _("connection lost"));
      schedule(EVERY);
    }
  }

  function schedule(pause) {
    if (timer !== null) timer = setTimeout(look, pause);
  }

  function take(votes) {
    waiting = [...votes, ...waiting];
    missed += Math.max(0, waiting.length - WAITING);
    waiting = waiting.slice(0, WAITING);
    if (!paused) flush();
  }

  function flush() {
    rows.prepend(...waiting.slice(0, SHOWN).map(rowOf));
    while (rows.rows.length > SHOWN) rows.lastElementChild.remove();
    if (rows.rows.length) {
      rows.closest("table").hidden = false;
      document.getElementById("nothing")?.remove();
    }
    waiting = [];
    missed = 0;
  }

  function tell() {
    const held = waiting.length + missed;
    say(state, paused ? plural("{} vote waiting", "{} votes waiting", held).replace("{}", number(held)) : _("live"));
  }

  function setPaused(value) {
    paused = value;
    say(pause, paused ? _("Go on") : _("Pause"));
    if (!paused) flush();
    tell();
  }

  function turn(on) {
    button.setAttribute("aria-pressed", String(on));
    pause.hidden = !on;
    clearTimeout(timer);
    timer = on ? setTimeout(look, 0) : null;
    setPaused(false);
    if (!on) say(state, "");
  }

  button.addEventListener("click", () => turn(timer === null));
  pause.addEventListener("click", () => setPaused(!paused));
  tail.hidden = false;
}

function rowOf(vote) {
  const row = document.getElementById("row").content.firstElementChild.cloneNode(true);
  const put = (selector, text) => say(row.querySelector(selector), text ?? "–");
  put("time", vote.received_at && moment(vote.received_at));
  put(".album", vote.album);
  put(".band", vote.name ?? "");
  put(".rank", vote.rank === null ? null : number(vote.rank, 2));
  put(".door", vote.door);
  put(".receipt a", vote.receipt.split(".").slice(1).join("."));
  Object.assign(row.querySelector(".receipt a"), { href: `/votes/${vote.receipt}`, title: vote.receipt });
  row.querySelector(".what").append(document.querySelector(`[data-kind="${vote.verdict}"]`).content.cloneNode(true));
  return row;
}

if (tail) follow();
