// Building elements. Text always becomes a text node, so hostile names can't become markup,
// and styles are set by class, because the page's policy allows no inline style.
// In the whole app a function that only builds an element, or words, is named for it.

const PROPERTIES = new Set(['checked', 'disabled', 'hidden', 'indeterminate', 'readOnly', 'selected', 'value']);
const SVG = 'http://www.w3.org/2000/svg';

/** @typedef {Node | string | number | false | null | undefined} Piece */
/** @typedef {Piece | Child[]} Child */

/**
 * Attributes, properties and, by `on…`, what is called on an event.
 * @typedef {{
 *   [name: string]: unknown,
 *   onclick?: (event: PointerEvent & { currentTarget: HTMLElement }) => void,
 *   oncontextmenu?: (event: PointerEvent & { currentTarget: HTMLElement }) => void,
 *   onchange?: (event: Event) => void,
 *   onfocus?: (event: FocusEvent) => void,
 * }} Attributes
 */

/**
 * An element: `h('button', {class: 'button', onclick: save}, 'Save')`. Absent values are left out.
 * @template {keyof HTMLElementTagNameMap} Tag
 * @param {Tag} tag
 * @param {Attributes} attributes
 * @param {...Child} children
 */
export function h(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), /** @type {EventListener} */ (value));
    else if (PROPERTIES.has(name)) Object.assign(element, { [name]: value });
    else if (value !== false) element.setAttribute(name, value === true ? '' : String(value));
  }
  element.append(...listPresent(children));
  return element;
}

/**
 * Puts `children` in the place of what `element` held.
 * @template {Element} Holder
 * @param {Holder} element
 * @param {...Child} children
 */
export function fill(element, ...children) {
  element.replaceChildren(...listPresent(children));
  return element;
}

/**
 * @param {Child[]} children
 * @returns {(Node | string)[]}
 */
function listPresent(children) {
  const pieces = /** @type {Piece[]} */ (/** @type {unknown[]} */ (children).flat(Infinity));
  return pieces.filter(piece => piece !== undefined && piece !== null && piece !== false)
    .map(piece => (piece instanceof Node ? piece : String(piece)));
}

/**
 * The element that an event comes from.
 * @param {Event} event
 */
export function sourceOf(event) {
  return /** @type {HTMLElement} */ (event.target);
}

let lastId = 0;

/**
 * An id that no other element of the page has, to tie labels and descriptions to fields.
 * @param {string} prefix
 */
export function freshId(prefix) {
  lastId += 1;
  return `${prefix}-${lastId}`;
}

// The sprite that all pages share. Its address has a hash in it, so it is read from the shell.
const SPRITE = /** @type {HTMLMetaElement} */ (document.querySelector('meta[name="icons"]')).content;

/**
 * An icon of the shared sprite by its name; decoration only, so hidden from screen readers.
 * @param {string} name
 */
export function icon(name) {
  const svg = document.createElementNS(SVG, 'svg');
  const use = document.createElementNS(SVG, 'use');
  svg.setAttribute('class', 'glyph');
  svg.setAttribute('aria-hidden', 'true');
  use.setAttribute('href', `${SPRITE}#${name}`);
  svg.append(use);
  return svg;
}

/**
 * A button that shows an icon alone and says `label` to screen readers and on hover.
 * @param {string} name
 * @param {string} label
 * @param {Attributes} attributes
 */
export function iconButton(name, label, attributes) {
  return h('button', { type: 'button', class: 'button icon quiet', 'aria-label': label, title: label, ...attributes }, icon(name));
}
