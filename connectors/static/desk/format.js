/** Times and numbers as Danish text. Pure; `now` is in milliseconds. */

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const clockFormat = new Intl.DateTimeFormat("da-DK", { hour: "2-digit", minute: "2-digit" });
const dayFormat = new Intl.DateTimeFormat("da-DK", { weekday: "short", day: "numeric", month: "short" });

/** How long something has lasted: "under 1 min", "12 min", "2 t 5 min", "3 dage". @param {number} ms */
export function duration(ms) {
  if (ms < MINUTE) return "under 1 min";
  if (ms < HOUR) return `${Math.floor(ms / MINUTE)} min`;
  if (ms < DAY) {
    const minutes = Math.floor((ms % HOUR) / MINUTE);
    return `${Math.floor(ms / HOUR)} t${minutes ? ` ${minutes} min` : ""}`;
  }
  const days = Math.floor(ms / DAY);
  return days === 1 ? "1 dag" : `${days} dage`;
}

/** "14.05" @param {string} iso */
export const clock = (iso) => valid(iso, (date) => clockFormat.format(date));

/** "fre. 21. nov." @param {string} iso */
export const day = (iso) => valid(iso, (date) => dayFormat.format(date));

/** The clock today, else day and clock. @param {string} iso @param {number} [now] */
export function moment(iso, now = Date.now()) {
  return valid(iso, (date) =>
    date.toDateString() === new Date(now).toDateString()
      ? clockFormat.format(date)
      : `${dayFormat.format(date)} ${clockFormat.format(date)}`,
  );
}

/** "21.11.2026" @param {string} iso */
export const date = (iso) =>
  valid(iso, (value) =>
    [value.getDate(), value.getMonth() + 1].map((n) => String(n).padStart(2, "0")).join(".") + `.${value.getFullYear()}`,
  );

/** A confidence of 0 to 1 as "83 %". @param {number} share */
export const percent = (share) => `${Math.round(share * 100)} %`;

/** Whether a promise (a date, or a time) has passed; a date lasts until its evening. @param {string|null|undefined} iso @param {number} [now] */
export function isPast(iso, now = Date.now()) {
  if (!iso) return false;
  const end = new Date(iso);
  if (iso.length === 10) end.setHours(23, 59, 59);
  return end.getTime() < now;
}

/** @param {string} iso @param {(date: Date) => string} show */
function valid(iso, show) {
  const value = new Date(iso);
  return Number.isNaN(value.getTime()) ? String(iso ?? "") : show(value);
}
