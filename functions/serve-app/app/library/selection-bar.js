// The bar that slides in when assets are selected: their number, Share and Clear.

import { fill, h, icon, iconButton } from '../base/dom.js';
import { picture } from '../base/picture.js';
import { count } from '../words.js';
import { selection } from './selection.js';
import { shareSelection } from './share.js';

const SHOWN = 4;

/** The bar; it listens to the selection. */
export function selectionBar() {
  const pictures = h('span', { class: 'stack', 'aria-hidden': 'true' });
  const words = h('span', { class: 'selection-count', role: 'status' });
  const bar = h('div', { class: 'selection-bar', role: 'region', 'aria-label': 'Selection', inert: true },
    pictures, words,
    h('button', { type: 'button', class: 'button primary', onclick: () => shareSelection() }, icon('share'), 'Share'),
    iconButton('close', 'Clear the selection', { onclick: () => selection.clear() }));
  selection.addEventListener('change', () => {
    const { assets, size } = selection;
    bar.classList.toggle('up', size > 0);
    bar.inert = size === 0;
    // The bar keeps its text while it slides out.
    if (size === 0) return;
    fill(words, `${count(size, 'asset')} selected`);
    fill(pictures, assets.slice(-SHOWN).map(asset => h('span', { class: 'thumb' }, picture(asset, { eager: true }))));
  });
  return bar;
}
