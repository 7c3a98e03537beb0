// A search field that searches its page while one types.

import { h, icon } from './dom.js';
import { isPlain, onKey } from './keys.js';

const TYPING_MS = 250;

/**
 * A search field in a label; the key `/` focuses it. `onSearch` is called after a pause in typing.
 * @param {object} options
 * @param {string} options.value
 * @param {string} options.label names what is searched
 * @param {string} [options.placeholder]
 * @param {() => void} options.onSearch
 * @param {AbortSignal} options.signal removes the shortcut
 */
export function searchBox({ value, label, placeholder = label, onSearch, signal }) {
  const input = h('input', {
    type: 'search', class: 'search-input', value, placeholder, 'aria-label': label, spellcheck: 'false', autocomplete: 'off',
  });
  /** @type {number | undefined} */
  let pause;
  input.addEventListener('input', () => {
    clearTimeout(pause);
    pause = setTimeout(onSearch, TYPING_MS);
  });
  onKey(event => {
    if (event.key !== '/' || !isPlain(event) || !input.isConnected) return;
    event.preventDefault();
    input.select();
  }, signal);
  return { input, label: h('label', { class: 'search' }, icon('search'), input, h('kbd', { 'aria-hidden': 'true' }, '/')) };
}
