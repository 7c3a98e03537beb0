// Keyboard shortcuts: when they apply, and the list of them.

import { openDialog } from './dialog.js';
import { h } from './dom.js';
import { isMenuOpen } from './menu.js';

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

/** Calls `handle(event)` for keys pressed outside of fields, dialogs and menus, till `signal` aborts. */
export function onKey(handle, signal) {
  document.addEventListener('keydown', event => {
    if (event.defaultPrevented || isMenuOpen() || document.querySelector('dialog[open]')) return;
    if (event.target.closest('input:not([type=checkbox]), textarea, select, [contenteditable]')) return;
    handle(event);
  }, { signal });
}

/** Whether a key came alone or with Shift: combinations belong to the browser. */
export function isPlain(event) {
  return !event.ctrlKey && !event.metaKey && !event.altKey;
}

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
