// The list of keyboard shortcuts.

import { openDialog } from '../base/dialog.js';
import { h } from '../base/dom.js';

/** @type {[where: string, keys: [key: string, what: string][]][]} */
const LIST = [
  ['Anywhere', [['/', 'Search'], ['?', 'Show this list']]],
  ['Gallery', [
    ['← → ↑ ↓', 'Move between assets'],
    ['Enter', 'Open'],
    ['Space', 'Select or deselect'],
    ['Shift + arrows', 'Extend the selection'],
    ['Ctrl + A', 'Select all that are shown'],
    ['Esc', 'Clear the selection'],
    ['S', 'Share the selection, else the asset or folder'],
    ['Shift + F10', 'Open the menu of an asset'],
  ]],
  ['Asset', [['← →', 'Previous or next asset'], ['S', 'Share'], ['Esc', 'Back']]],
];

/** Shows every shortcut. */
export function openShortcuts() {
  return openDialog({
    title: 'Keyboard shortcuts',
    kind: 'narrow',
    build: () => ({
      body: h('div', { class: 'dialog-body shortcuts' }, LIST.map(([where, keys]) => h('section', {},
        h('h3', {}, where),
        h('dl', {}, keys.map(([key, what]) => h('div', {}, h('dt', {}, what), h('dd', {}, h('kbd', {}, key))))),
      ))),
    }),
  });
}
