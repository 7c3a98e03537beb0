// Keyboard shortcuts, and when they apply.

import { sourceOf } from './dom.js';
import { isMenuOpen } from './menu.js';

/**
 * Calls `handle` for keys outside of fields, dialogs and menus, until `signal` aborts.
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
 * Whether no modifier but Shift is held; other combinations are left to the browser.
 * @param {KeyboardEvent | MouseEvent} event
 */
export function isPlain(event) {
  return !event.ctrlKey && !event.metaKey && !event.altKey;
}
