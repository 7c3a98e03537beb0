// Keyboard shortcuts: when they apply.

import { sourceOf } from './dom.js';
import { isMenuOpen } from './menu.js';

/**
 * Calls `handle` for keys pressed outside of fields, dialogs and menus, until `signal` aborts.
 * @param {(event: KeyboardEvent) => void} handle
 * @param {AbortSignal} [signal]
 */
export function onKey(handle, signal) {
  document.addEventListener('keydown', event => {
    if (event.defaultPrevented || isMenuOpen() || document.querySelector('dialog[open]')) return;
    if (sourceOf(event).closest('input:not([type=checkbox]), textarea, select, [contenteditable]')) return;
    handle(event);
  }, { signal });
}

/**
 * Whether a key came alone or with Shift: combinations belong to the browser.
 * @param {KeyboardEvent | MouseEvent} event
 */
export function isPlain(event) {
  return !event.ctrlKey && !event.metaKey && !event.altKey;
}
