// Finding the elements that the server's pages have.

/**
 * The one element that a selector names, of the kind that it has to be.
 * @template {Element} Kind
 * @param {ParentNode} place
 * @param {string} selector
 * @param {new () => Kind} kind
 */
export function find(place, selector, kind) {
  const found = place.querySelector(selector);
  if (!(found instanceof kind)) throw new Error(`The page has no ${kind.name} ${selector}.`);
  return found;
}

/**
 * Every element that a selector names.
 * @template {Element} Kind
 * @param {ParentNode} place
 * @param {string} selector
 * @param {new () => Kind} kind
 */
export function findAll(place, selector, kind) {
  return [...place.querySelectorAll(selector)].flatMap(found => (found instanceof kind ? [found] : []));
}

/**
 * The element that an event comes from, or the nearest around it that a selector names.
 * @param {Event} event
 * @param {string} selector
 */
export function closest(event, selector) {
  const found = event.target instanceof Element ? event.target.closest(selector) : null;
  return found instanceof HTMLElement ? found : null;
}
