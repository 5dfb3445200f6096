// How the reader's language says things and writes numbers and times. The page brings what it needs.

const data = JSON.parse(document.getElementById("words").textContent);
const times = { hour: "2-digit", minute: "2-digit", hourCycle: "h23", timeZone: data.zone };
const toMinutes = new Intl.DateTimeFormat(data.locale, times);
const toSeconds = new Intl.DateTimeFormat(data.locale, { ...times, second: "2-digit" });

export const _ = (text) => data.texts[text];
export const plural = (one, _many, value) => data.texts[one][value === 1 ? 0 : 1];
export const clock = (time) => toSeconds.format(new Date(time));
export const minute = (time) => toMinutes.format(new Date(time));

const toMoments = new Intl.DateTimeFormat(data.locale, { day: "numeric", month: "short", year: "numeric", timeZone: data.zone });

// 28 nov 2026, 18:04:05, as words.py writes it.
export function moment(time) {
  const parts = Object.fromEntries(toMoments.formatToParts(new Date(time)).map((part) => [part.type, part.value]));
  return `${parts.day} ${parts.month} ${parts.year}, ${clock(time)}`;
}

export function number(value, decimals = 0) {
  const [whole, rest] = value.toFixed(decimals).split(".");
  const grouped = whole.replace(/\B(?=(\d{3})+$)/g, data.group);
  return rest ? grouped + data.decimal + rest : grouped;
}

export const percent = (share) => number(share * 100, 1) + data.percent;

// Touches the page only where something changed.
export function say(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
