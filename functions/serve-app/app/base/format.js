// Dates and file information in words. Words that recipients' pages share come from words.js.

import { bytes, count, dimensions, duration, fileType } from '../words.js';

// The interface is in English, so dates use the reader's preferred kind of English, never another language.
const LOCALE = navigator.languages.find(language => language.startsWith('en')) ?? 'en-GB';

/** The browser's IANA time zone, such as `Europe/Paris`. */
export const TIME_ZONE = Intl.DateTimeFormat().resolvedOptions().timeZone;

/**
 * A short day: `4 Dec 2026`.
 * @param {string} instant
 */
export function day(instant, zone = TIME_ZONE) {
  return new Intl.DateTimeFormat(LOCALE, { dateStyle: 'medium', timeZone: zone }).format(new Date(instant));
}

/**
 * A short day and time, for details and tooltips.
 * @param {string} instant
 */
export function moment(instant, zone = TIME_ZONE) {
  return new Intl.DateTimeFormat(LOCALE, { dateStyle: 'medium', timeStyle: 'short', timeZone: zone }).format(new Date(instant));
}

/**
 * A day and time in full with its zone: `Friday 4 December 2026, 23:59 Europe/Paris`.
 * @param {string | Date} instant
 */
export function fullMoment(instant, zone = TIME_ZONE) {
  const at = new Date(instant);
  /** @type {Intl.DateTimeFormatOptions} */
  const options = { weekday: 'long', day: 'numeric', month: 'long', year: 'numeric', timeZone: zone };
  const date = new Intl.DateTimeFormat(LOCALE, options).format(at);
  const time = new Intl.DateTimeFormat(LOCALE, { timeStyle: 'short', timeZone: zone }).format(at);
  return `${date}, ${time} ${zone}`;
}

const relative = new Intl.RelativeTimeFormat(LOCALE, { numeric: 'auto' });

/**
 * The time from now to an instant: `in 3 days`, `2 hours ago`.
 * @param {string} instant
 */
export function distance(instant, now = Date.now()) {
  const minutes = (new Date(instant).getTime() - now) / 60_000;
  const size = Math.abs(minutes);
  if (size < 60) return relative.format(Math.trunc(minutes), 'minute');
  if (size < 60 * 24) return relative.format(Math.trunc(minutes / 60), 'hour');
  if (size < 60 * 24 * 60) return relative.format(Math.trunc(minutes / 60 / 24), 'day');
  if (size < 60 * 24 * 700) return relative.format(Math.trunc(minutes / 60 / 24 / 30), 'month');
  return relative.format(Math.trunc(minutes / 60 / 24 / 365), 'year');
}

/**
 * An asset's type, file information and size: `JPEG · 6000 × 4000 · 5.9 MB`.
 * @param {Api.Asset} asset
 */
export function facts(asset) {
  return [fileType(asset.file_type), fileInformation(asset), bytes(asset.size)].filter(Boolean).join(' · ');
}

/**
 * An asset's file information: dimensions, duration, pages; empty if there is none.
 * @param {Api.Asset} asset
 */
export function fileInformation({ width, height, duration_ms, pages }) {
  return [width && height && dimensions(width, height), duration_ms && duration(duration_ms), pages && count(pages, 'page')]
    .filter(Boolean).join(' · ');
}

/**
 * The first character in upper case.
 * @param {string} text
 */
export function capital(text) {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
