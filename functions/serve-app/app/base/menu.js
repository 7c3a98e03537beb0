// Menus: at the pointer after a right click, otherwise below a button.

import { h, icon } from './dom.js';

const EDGE = 8;

/** @type {{ menu: HTMLElement, close: () => void } | null} */
let open = null;

/**
 * An entry of a menu; null is a separator.
 * @typedef {{ icon: string, label: string, run: () => void, shortcut?: string, danger?: boolean, checked?: boolean } | null} Entry
 */

/** Whether a menu is open; keys then belong to it. */
export function isMenuOpen() {
  return open !== null;
}

/**
 * Opens a menu at a point or below an element. When it closes, the focus returns to where it was.
 * @param {Entry[]} entries
 * @param {Element | { x: number, y: number }} place
 */
export function openMenu(entries, place) {
  open?.close();
  const before = document.activeElement;
  /** @type {HTMLElement[]} */
  const items = [];
  const menu = h('div', { class: 'menu', role: 'menu', popover: 'manual' }, entries.map(entry => {
    if (entry === null) return h('hr', { role: 'separator' });
    const item = h('button', {
      type: 'button',
      role: entry.checked === undefined ? 'menuitem' : 'menuitemradio',
      'aria-checked': entry.checked === undefined ? null : String(entry.checked),
      class: entry.danger ? 'menu-item danger' : 'menu-item',
      tabindex: '-1',
      onclick: () => { close(); entry.run(); },
    }, icon(entry.icon), h('span', { class: 'menu-label' }, entry.label), entry.shortcut && h('kbd', {}, entry.shortcut));
    items.push(item);
    return item;
  }));
  const lifetime = new AbortController();
  const close = () => {
    if (open?.menu !== menu) return;
    open = null;
    lifetime.abort();
    menu.remove();
    if (place instanceof Element) place.setAttribute('aria-expanded', 'false');
    if (before instanceof HTMLElement) before.focus({ preventScroll: true });
  };
  open = { menu, close };
  document.body.append(menu);
  menu.showPopover();
  moveTo(menu, place);
  if (place instanceof Element) place.setAttribute('aria-expanded', 'true');
  menu.addEventListener('keydown', event => handleKey(event, items, close));
  menu.addEventListener('contextmenu', event => event.preventDefault());
  const closeOutside = (/** @type {Event} */ event) => { if (!menu.contains(/** @type {Node} */ (event.target))) close(); };
  document.addEventListener('pointerdown', closeOutside, { capture: true, signal: lifetime.signal });
  addEventListener('blur', close, { signal: lifetime.signal });
  addEventListener('resize', close, { signal: lifetime.signal });
  addEventListener('popstate', close, { signal: lifetime.signal });
  document.addEventListener('scroll', close, { capture: true, signal: lifetime.signal });
  items[0]?.focus({ preventScroll: true });
}

/**
 * Moves a menu so that it is wholly visible.
 * @param {HTMLElement} menu
 * @param {Element | { x: number, y: number }} place
 */
function moveTo(menu, place) {
  const size = menu.getBoundingClientRect();
  let [x, y] = [0, 0];
  if (place instanceof Element) {
    const button = place.getBoundingClientRect();
    x = button.left + size.width > innerWidth - EDGE ? button.right - size.width : button.left;
    y = button.bottom + 4 + size.height > innerHeight - EDGE ? button.top - 4 - size.height : button.bottom + 4;
  } else {
    ({ x, y } = place);
  }
  menu.style.left = `${Math.max(EDGE, Math.min(x, innerWidth - size.width - EDGE))}px`;
  menu.style.top = `${Math.max(EDGE, Math.min(y, innerHeight - size.height - EDGE))}px`;
}

/**
 * Moves the focus between items by arrow keys and first letters; Escape and Tab close the menu.
 * @param {KeyboardEvent} event
 * @param {HTMLElement[]} items
 * @param {() => void} close
 */
function handleKey(event, items, close) {
  const at = items.findIndex(item => item === document.activeElement);
  const focus = (/** @type {number} */ index) => items.at(index % items.length)?.focus();
  /** @type {Record<string, () => void>} */
  const moves = {
    ArrowDown: () => focus(at + 1),
    ArrowUp: () => focus(at - 1),
    Home: () => focus(0),
    End: () => focus(-1),
    Escape: close,
    Tab: close,
  };
  const move = moves[event.key];
  if (move) {
    event.preventDefault();
    move();
  } else if (event.key.length === 1 && event.key !== ' ') {
    const wanted = event.key.toLowerCase();
    const rest = [...items.slice(at + 1), ...items.slice(0, at + 1)];
    rest.find(item => item.textContent.toLowerCase().startsWith(wanted))?.focus();
  }
  event.stopPropagation();
}
