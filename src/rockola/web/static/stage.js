// The big screen: the first rows, and nothing else unless something is wrong.

import { drawBoard } from "./board.js";
import { inOneFrame, listen } from "./feed.js";
import { _, say } from "./format.js";

const SAID = { stale: _("not updating"), recounting: _("recounting"), lost: _("connection lost") };
const notice = document.getElementById("notice");
let newest = null;
let state = document.body.dataset.state;

function hear(results) {
  if (results) newest = results;
  if (newest) state = newest.state;
  draw();
}

function lose() {
  state = "lost";
  draw();
}

const draw = inOneFrame(() => {
  document.body.dataset.state = state;
  say(notice, SAID[state] ?? "");
  if (newest) drawBoard(newest.candidates);
});

listen(hear, lose);
