// Sizes, counts, dates and durations in words.

// The interface speaks English, so dates follow the reader's own kind of English and are never
// half in another language.
const LOCALE = navigator.languages.find(language => language.startsWith('en')) ?? 'en-GB';

/** The browser's IANA time zone, such as `Europe/Paris`. */
export const TIME_ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;

const numbers = new Intl.NumberFormat(LOCALE);

/** A whole number with its separators: `5,000`. */
export function number(value) {
  return numbers.format(value);
}

/** A number with its noun: `1 asset`, `24 assets`. */
export function count(value, noun, plural = `${noun}s`) {
  return `${number(value)} ${value === 1 ? noun : plural}`;
}

/** Bytes in decimal units: `5.9 MB`. */
export function bytes(value) {
  if (value < 1000) return count(value, 'byte');
  const units = ['KB', 'MB', 'GB', 'TB'];
  let scaled = value;
  let unit = -1;
  do {
    scaled /= 1000;
    unit += 1;
  } while (scaled >= 999.5 && unit < units.length - 1);
  // As recipients' pages have it.
  const digits = unit > 0 && scaled < 99.95 ? 1 : 0;
  return `${scaled.toLocaleString(LOCALE, { maximumFractionDigits: digits })} ${units[unit]}`;
}

/** A running time in milliseconds: `3:07`, `1:02:09`. */
export function runningTime(milliseconds) {
  const seconds = Math.round(milliseconds / 1000);
  const pad = value => String(value).padStart(2, '0');
  const [hours, minutes] = [Math.floor(seconds / 3600), Math.floor(seconds / 60) % 60];
  return hours ? `${hours}:${pad(minutes)}:${pad(seconds % 60)}` : `${minutes}:${pad(seconds % 60)}`;
}

/** A day in short: `4 Dec 2026`. */
export function day(instant, zone = TIME_ZONE) {
  return new Intl.DateTimeFormat(LOCALE, { dateStyle: 'medium', timeZone: zone }).format(new Date(instant));
}

/** A day and time in short, for facts and tooltips. */
export function moment(instant, zone = TIME_ZONE) {
  return new Intl.DateTimeFormat(LOCALE, { dateStyle: 'medium', timeStyle: 'short', timeZone: zone }).format(new Date(instant));
}

/** A day and time in full with its zone: `Friday 4 December 2026, 23:59 Europe/Paris`. */
export function fullMoment(instant, zone = TIME_ZONE) {
  const at = new Date(instant);
  const options = { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric', timeZone: zone };
  const date = new Intl.DateTimeFormat(LOCALE, options).format(at);
  const time = new Intl.DateTimeFormat(LOCALE, { timeStyle: 'short', timeZone: zone }).format(at);
  return `${date}, ${time} ${zone}`;
}

const relative = new Intl.RelativeTimeFormat(LOCALE, { numeric: 'auto' });

/** How far an instant lies from now: `in 3 days`, `2 hours ago`. */
export function distance(instant, now = Date.now()) {
  const minutes = (new Date(instant).getTime() - now) / 60_000;
  const size = Math.abs(minutes);
  if (size < 60) return relative.format(Math.trunc(minutes), 'minute');
  if (size < 60 * 24) return relative.format(Math.trunc(minutes / 60), 'hour');
  if (size < 60 * 24 * 60) return relative.format(Math.trunc(minutes / 60 / 24), 'day');
  if (size < 60 * 24 * 700) return relative.format(Math.trunc(minutes / 60 / 24 / 30), 'month');
  return relative.format(Math.trunc(minutes / 60 / 24 / 365), 'year');
}

const TYPE_NAMES = { jpg: 'JPEG', jpe: 'JPEG', jfif: 'JPEG', tif: 'TIFF', webp: 'WebP' };

/** A file type as people write it: `JPEG`, `PDF`. */
export function fileType(type) {
  return TYPE_NAMES[type] ?? (type ? type.toUpperCase() : 'File');
}

/** What is known of an asset's file: `JPEG · 6000 × 4000 · 5.9 MB`. */
export function facts(asset) {
  return [fileType(asset.file_type), fileInformation(asset), bytes(asset.size)].filter(Boolean).join(' · ');
}

/** An asset's file information alone: pixels, running time or pages; empty when there is none. */
export function fileInformation(asset) {
  if (asset.duration_ms) return runningTime(asset.duration_ms);
  if (asset.pages) return count(asset.pages, 'page');
  return asset.width && asset.height ? `${asset.width} × ${asset.height}` : '';
}

/** A file name as its stem and its extension, so that the extension stays when the stem is cut. */
export function splitName(name) {
  const dot = name.lastIndexOf('.');
  const short = dot > 0 && name.length - dot <= 6;
  return short ? [name.slice(0, dot), name.slice(dot)] : [name, ''];
}

/** The first character in upper case. */
export function capital(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
