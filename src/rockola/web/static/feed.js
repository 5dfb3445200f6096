// The stream of results: each state whole, and a word when there is no stream.

const STREAM = "/api/results/stream?per_second=5"; // quicker than an eye that reads numbers
const SILENCE = 40_000; // ms: two heartbeats and a half
const RETRY = 4_000; // ms, and up to as many more by chance, so that a hall does not come back at once

// A function that paints in the next frame, once however often it is called before.
export function inOneFrame(paint) {
  let isAsked = false;
  return () => {
    if (isAsked) return;
    isAsked = true;
    requestAnimationFrame(() => {
      isAsked = false;
      paint();
    });
  };
}

// Calls hear(results) with each state, hear(null) with a sign of life, and lose() when there is none.
export function listen(hear, lose) {
  let stream = null;
  let heardAt = 0;

  function pass(results) {
    heardAt = Date.now();
    hear(results);
  }

  function open() {
    stream?.close();
    stream = new EventSource(STREAM);
    heardAt = Date.now();
    stream.addEventListener("results", (event) => pass(JSON.parse(event.data)));
    stream.addEventListener("heartbeat", () => pass(null));
    stream.addEventListener("error", () => (stream.readyState === EventSource.CLOSED ? ask() : lose()));
  }

  // No seat for another reader, or no server: ask now and then instead, and try the stream again.
  async function ask() {
    try {
      const answer = await fetch("/api/results");
      if (!answer.ok) throw new Error(String(answer.status));
      hear(await answer.json());
    } catch {
      lose();
    }
    setTimeout(open, RETRY * (1 + Math.random()));
  }

  function watch() {
    if (stream.readyState === EventSource.CLOSED || Date.now() - heardAt <= SILENCE) return;
    lose();
    open();
  }

  open();
  setInterval(watch, 1_000);
}
