// Building elements. Text always becomes a text node, so hostile names can't become markup,
// and styles are set by class, because the page's policy allows no inline style.

const PROPERTIES = new Set(['checked', 'disabled', 'hidden', 'indeterminate', 'readOnly', 'selected', 'value']);
const SVG = 'http://www.w3.org/2000/svg';

/** An element: `h('button', {class: 'button', onclick: save}, 'Save')`. Absent values are left out. */
export function h(tag, attributes, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes ?? {})) {
    if (value === undefined || value === null) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (PROPERTIES.has(name)) element[name] = value;
    else if (value !== false) element.setAttribute(name, value === true ? '' : value);
  }
  element.append(...present(children));
  return element;
}

/** Puts `children` in the place of what `element` held. */
export function fill(element, ...children) {
  element.replaceChildren(...present(children));
  return element;
}

function present(children) {
  return children.flat(Infinity).filter(child => child !== undefined && child !== null && child !== false);
}

let lastId = 0;

/** An id that no other element of the page has, to tie labels and descriptions to fields. */
export function freshId(prefix) {
  lastId += 1;
  return `${prefix}-${lastId}`;
}

// The sprite that all pages share: its address carries a hash, so the shell says it.
const SPRITE = document.querySelector('meta[name="icons"]').content;

/** An icon of the shared sprite by its name; decoration only, so hidden from screen readers. */
export function icon(name) {
  const svg = document.createElementNS(SVG, 'svg');
  const use = document.createElementNS(SVG, 'use');
  svg.setAttribute('class', 'glyph');
  svg.setAttribute('aria-hidden', 'true');
  use.setAttribute('href', `${SPRITE}#${name}`);
  svg.append(use);
  return svg;
}

/** A button that shows an icon alone and says `label` to screen readers and on hover. */
export function iconButton(name, label, attributes) {
  return h('button', { type: 'button', class: 'button icon quiet', 'aria-label': label, title: label, ...attributes }, icon(name));
}
