// Numbers, times and names, the same on every page.

/** A phone number as it is dialled, or an extension number as it is. Digits come from the control API. */
export function number(digits) {
  if (!/^\d{7,15}$/.test(digits)) return digits;
  const home = /^1(\d{3})(\d{3})(\d{4})$/.exec(digits);
  return home ? `+1 ${home[1]} ${home[2]}-${home[3]}` : `+${digits}`;
}

/** Whether it is a phone number, and no extension's. */
export function isPhone(digits) {
  return /^\d{7,15}$/.test(digits);
}

/** The time of day of a moment, in UTC as the API says it. */
export function time(iso) {
  return iso.slice(11, 19);
}

/** The time of a moment, with its day where that is not the day of `now`. */
export function moment(iso, now) {
  return now && iso.slice(0, 10) === now.slice(0, 10) ? time(iso) : `${day(iso)} ${iso.slice(11, 16)}`;
}

const DAY = new Intl.DateTimeFormat("en-GB", { day: "numeric", month: "short", year: "numeric", timeZone: "UTC" });

/** The day of a moment. */
export function day(iso) {
  const date = new Date(iso);
  return Number.isNaN(date.valueOf()) ? iso.slice(0, 10) : DAY.format(date);
}

/** How long something takes or has been, in the two largest units. */
export function duration(seconds) {
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  const units = [["d", 86400], ["h", 3600], ["min", 60], ["s", 1]];
  const first = units.findIndex(([, size]) => seconds >= size);
  const [name, size] = units[first];
  const whole = Math.floor(seconds / size);
  const next = units[first + 1];
  const rest = next ? Math.floor((seconds - whole * size) / next[1]) : 0;
  return rest ? `${whole} ${name} ${rest} ${next[0]}` : `${whole} ${name}`;
}

const COUNT = new Intl.NumberFormat("en-GB");

/** A number of things. */
export function count(value) {
  return COUNT.format(value);
}

/** A number of things with their name, in the plural unless there is one. */
export function several(value, one, many = `${one}s`) {
  return `${count(value)} ${value === 1 ? one : many}`;
}

/** A size of a file. */
export function bytes(size) {
  if (size < 1024) return `${size} B`;
  return size < 1048576 ? `${(size / 1024).toFixed(1)} kB` : `${(size / 1048576).toFixed(1)} MB`;
}
