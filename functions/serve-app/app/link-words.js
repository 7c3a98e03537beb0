// What a link's settings mean, in words.

import { count, day, distance, fullMoment, number, TIME_ZONE } from './format.js';

/** The kinds of target as people call them. */
export const KINDS = { asset: 'Asset', folder: 'Folder', selection: 'Selection', search: 'Saved search', collection: 'Collection' };

/** A target in words: `Folder and its subfolders · 24 assets`; without the count where it is not known. */
export function targetWords(target, assets) {
  const kind = target.include_subfolders ? `${KINDS[target.kind]} and its subfolders` : KINDS[target.kind];
  return assets === undefined || assets === null ? kind : `${kind} · ${count(assets, 'asset')}`;
}

/** Status words and the tone of their badge. */
export const STATUSES = {
  active: ['Active', 'ok'],
  expired: ['Expired', ''],
  used_up: ['Used up', ''],
  owner_gone: ['Owner gone', 'danger'],
};

export const ACCESS = { download: 'Download', view_only: 'View only' };

/** What each download option is. */
export const OPTIONS = [
  ['original', 'Original', 'The files as they are in the library'],
  ['preview', 'Preview', 'JPEG, longest side 500 px'],
  ['thumbnail', 'Thumbnail', 'JPEG, longest side 150 px'],
];

/** How a link will end: `expires` is an instant or null, `uses` the number left or null. */
export function consequence({ expires, zone = TIME_ZONE, uses }) {
  const date = expires && fullMoment(expires, zone);
  if (date && new Date(expires) <= new Date()) return `Expired ${date}. A later date opens it again.`;
  if (date && uses !== null) return `Ends after ${count(uses, 'use')} or on ${date}, whichever comes first.`;
  if (date) return `Expires ${date}.`;
  if (uses !== null) return `Ends after ${count(uses, 'use')}. It has no expiration date.`;
  return 'Never ends by itself. It works until you delete it.';
}

/** What is left of a link in short: `Ends in 9 days`, `2 of 3 uses left`. */
export function durationLeft(link) {
  const words = [];
  if (link.expires_at) {
    words.push(link.status === 'expired' ? `Expired ${day(link.expires_at)}` : `Ends ${distance(link.expires_at)}`);
  }
  if (link.max_uses) words.push(`${number(link.uses_left)} of ${count(link.max_uses, 'use')} left`);
  return words.length ? words : ['Permanent'];
}
