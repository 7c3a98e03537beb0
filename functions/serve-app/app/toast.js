// Short notices at the foot of the page, read out as they come.

import { h } from './dom.js';

const region = h('div', { class: 'toasts', role: 'status', 'aria-live': 'polite' });
// There before its first notice, or that one may not be read out.
document.body.append(region);

/** Shows `message` for a few seconds. `tone` is `ok` or `danger`. */
export function toast(message, tone = 'ok') {
  // A modal dialog makes all else inert: notices then belong inside it.
  const home = [...document.querySelectorAll('dialog[open]')].at(-1) ?? document.body;
  if (region.parentElement !== home) home.append(region);
  const notice = h('div', { class: `toast ${tone}` }, message);
  region.append(notice);
  setTimeout(() => notice.remove(), tone === 'danger' ? 8000 : 4000);
}

/** Puts `text` on the clipboard and says so. */
export async function copy(text, what) {
  try {
    await navigator.clipboard.writeText(text);
    toast(`${what} copied`);
  } catch {
    toast(`Your browser does not let Vitrine copy. Select the ${what.toLowerCase()} and copy it yourself.`, 'danger');
  }
}
