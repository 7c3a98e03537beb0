// The settings of a link in words.

import { day, distance, fullMoment, TIME_ZONE } from '../base/format.js';
import { count, number } from '../words.js';

/** The kinds of target, for people. */
export const KINDS = { asset: 'Asset', folder: 'Folder', selection: 'Selection' };

/**
 * A target in words: `Folder and its subfolders · 24 assets`; without the count if it is unknown.
 * @param {Api.Target | Api.SharedTarget} target
 * @param {number | null} [assets]
 */
export function targetWords(target, assets) {
  const kind = 'include_subfolders' in target && target.include_subfolders ? `${KINDS[target.kind]} and its subfolders` : KINDS[target.kind];
  return assets === undefined || assets === null ? kind : `${kind} · ${count(assets, 'asset')}`;
}

/**
 * Status words and the tone of their badge.
 * @type {Record<Api.Link['status'], [label: string, tone: string]>}
 */
export const STATUSES = {
  active: ['Active', 'ok'],
  expired: ['Expired', ''],
  used_up: ['Used up', ''],
  owner_gone: ['Owner gone', 'danger'],
};

export const ACCESS = { download: 'Download', view_only: 'View only' };

/**
 * The download options with their labels and explanations.
 * @type {[name: Api.OptionName, label: string, text: string][]}
 */
export const OPTIONS = [
  ['original', 'Original', 'The files as they are in the library'],
  ['preview', 'Preview', 'JPEG, longest side 500 px'],
  ['thumbnail', 'Thumbnail', 'JPEG, longest side 150 px'],
];

/**
 * When a link will end, in words.
 * @param {{ expires: string | Date | null, zone?: string, uses: number | null }} end `expires` is an instant, `uses`
 *   the number of uses left
 */
export function consequence({ expires, zone = TIME_ZONE, uses }) {
  const date = expires && fullMoment(expires, zone);
  if (expires && new Date(expires) <= new Date()) return `Expired ${date}. A later date opens it again.`;
  if (date && uses !== null) return `Ends after ${count(uses, 'use')} or on ${date}, whichever comes first.`;
  if (date) return `Expires ${date}.`;
  if (uses !== null) return `Ends after ${count(uses, 'use')}. It has no expiration date.`;
  return 'Never ends by itself. It works until you delete it.';
}

/**
 * The time and uses that a link has left: `Ends in 9 days`, `2 of 3 uses left`.
 * @param {Api.Link} link
 */
export function durationLeft(link) {
  const words = [];
  if (link.expires_at) {
    words.push(link.status === 'expired' ? `Expired ${day(link.expires_at)}` : `Ends ${distance(link.expires_at)}`);
  }
  if (link.max_uses) words.push(`${number(link.uses_left ?? 0)} of ${count(link.max_uses, 'use')} left`);
  return words.length ? words : ['Permanent'];
}
