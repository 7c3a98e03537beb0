// Builds elements. Text always becomes a text node, so hostile names can't become markup, and styles are set by class,
// because the content security policy allows no inline styles.
// In the app, a function that only builds an element or a text is named after it, without a verb.

const PROPERTIES = new Set(['checked', 'disabled', 'hidden', 'indeterminate', 'readOnly', 'selected', 'value']);
const SVG = 'http://www.w3.org/2000/svg';

/** @typedef {Node | string | number | false | null | undefined} Piece */
/** @typedef {Piece | Child[]} Child */

/**
 * Attributes, properties and, with names that begin with `on`, event listeners.
 * @typedef {{
 *   [name: string]: unknown,
 *   onclick?: (event: PointerEvent & { currentTarget: HTMLElement }) => void,
 *   oncontextmenu?: (event: PointerEvent & { currentTarget: HTMLElement }) => void,
 *   onchange?: (event: Event) => void,
 *   onfocus?: (event: FocusEvent) => void,
 * }} Attributes
 */

/**
 * An element: `h('button', {class: 'button', onclick: save}, 'Save')`. Null and undefined are left out.
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
 * Replaces the children of `element`.
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
 * The target of an event.
 * @param {Event} event
 */
export function sourceOf(event) {
  return /** @type {HTMLElement} */ (event.target);
}

let lastId = 0;

/**
 * An id that is unique on the page, to connect labels and descriptions with fields.
 * @param {string} prefix
 */
export function freshId(prefix) {
  lastId += 1;
  return `${prefix}-${lastId}`;
}

// The icons that all pages share. Their URL contains a hash, so it is read from the shell.
const SPRITE = /** @type {HTMLMetaElement} */ (document.querySelector('meta[name="icons"]')).content;

/**
 * An icon by its id in icons.svg; it is only decoration, so screen readers skip it.
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
 * A button with only an icon; `label` is for screen readers and the tooltip.
 * @param {string} name
 * @param {string} label
 * @param {Attributes} attributes
 */
export function iconButton(name, label, attributes) {
  return h('button', { type: 'button', class: 'button icon quiet', 'aria-label': label, title: label, ...attributes }, icon(name));
}
