// Finds the page for the address, and follows links within the app.

import { sourceOf } from './dom.js';

/** @typedef {'library' | 'folder' | 'asset' | 'links' | 'link' | 'users'} PageName */
/** @typedef {{ page: PageName | null, id: string | null, query: URLSearchParams }} Route */

/** @type {[RegExp, PageName][]} */
const PATHS = [
  [/^\/$/, 'library'],
  [/^\/folders\/([^/]+)$/, 'folder'],
  [/^\/assets\/([^/]+)$/, 'asset'],
  [/^\/links$/, 'links'],
  [/^\/links\/([^/]+)$/, 'link'],
  [/^\/users$/, 'users'],
];

let show = () => {};

/**
 * Calls `render` now and at every change of the address.
 * @param {(route: Route) => void} render
 */
export function startRouter(render) {
  show = () => render(readRoute());
  addEventListener('popstate', show);
  document.addEventListener('click', followLink);
  show();
}

/**
 * The page of the current address; `page` is null for an unknown address.
 * @returns {Route}
 */
function readRoute() {
  const query = new URLSearchParams(location.search);
  for (const [pattern, page] of PATHS) {
    const found = pattern.exec(location.pathname);
    if (found) return { page, id: found[1] ? decodeURIComponent(found[1]) : null, query };
  }
  return { page: null, id: null, query };
}

/**
 * Goes to a path of the app.
 * @param {string} path
 */
export function navigate(path, { replace = false } = {}) {
  history[replace ? 'replaceState' : 'pushState'](null, '', path);
  show();
}

/**
 * Changes the query of the address and stays on the page. Empty values are removed.
 * @param {Record<string, string>} values
 */
export function replaceQuery(values) {
  const query = new URLSearchParams(location.search);
  for (const [name, value] of Object.entries(values)) {
    if (value) query.set(name, value);
    else query.delete(name);
  }
  history.replaceState(history.state, '', query.size ? `${location.pathname}?${query}` : location.pathname);
}

/**
 * Handles plain clicks on links to the app's pages; all others are left to the browser.
 * @param {MouseEvent} event
 */
function followLink(event) {
  if (event.defaultPrevented || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  const anchor = /** @type {HTMLAnchorElement | null} */ (sourceOf(event).closest('a[href]'));
  if (!anchor || anchor.target || anchor.hasAttribute('download') || anchor.origin !== location.origin) return;
  if (!PATHS.some(([pattern]) => pattern.test(anchor.pathname))) return;
  event.preventDefault();
  navigate(anchor.pathname + anchor.search);
}
