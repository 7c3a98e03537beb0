// Short notices at the bottom of the page, announced by screen readers.

import { h } from './dom.js';

const region = h('div', { class: 'toasts', role: 'status', 'aria-live': 'polite' });
// On the page before its first notice, since screen readers may skip a region that appears with its text.
document.body.append(region);

/**
 * Shows `message` for a few seconds.
 * @param {string} message
 * @param {'ok' | 'danger'} [tone]
 */
export function toast(message, tone = 'ok') {
  // A modal dialog makes everything else inert, so the notice must be inside it.
  const home = [...document.querySelectorAll('dialog[open]')].at(-1) ?? document.body;
  if (region.parentElement !== home) home.append(region);
  const notice = h('div', { class: `toast ${tone}` }, message);
  region.append(notice);
  setTimeout(() => notice.remove(), tone === 'danger' ? 8000 : 4000);
}

/**
 * Copies `text` to the clipboard and shows a notice; `what` names the text.
 * @param {string} text
 * @param {string} what
 */
export async function copy(text, what) {
  try {
    await navigator.clipboard.writeText(text);
    toast(`${what} copied`);
  } catch {
    toast(`Your browser does not let Vitrine copy. Select the ${what.toLowerCase()} and copy it yourself.`, 'danger');
  }
}
