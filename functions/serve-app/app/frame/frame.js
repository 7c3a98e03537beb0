// The frame around every page: side bar (on a phone a drawer) and selection bar.

import { fill, h, icon } from '../base/dom.js';
import { notice } from '../base/endless-list.js';
import { isPlain, onKey } from '../base/keys.js';
import { startRouter } from '../base/router.js';
import { library } from '../library/library.js';
import { selectionBar } from '../library/selection-bar.js';
import { openShortcuts } from './shortcuts.js';
import { mark, sidebar } from './sidebar.js';

/** @import { PageName, Route } from '../base/router.js' */

/**
 * A page of the app. `onShown` and `onLeft` get the element that scrolls. A page with `onLeft` is cached for Back and
 * disposes of itself; the frame disposes of the others.
 * @typedef {{
 *   title: string,
 *   element: HTMLElement,
 *   dispose?: () => void,
 *   onShown?: (scroller: Element) => void,
 *   onLeft?: (scroller: Element) => void,
 * }} Page
 */

/**
 * Shows the frame in `root`, and in it the page of the address.
 * @param {HTMLElement} root
 * @param {Record<PageName, (route: Route) => Page>} pages
 */
export function showFrame(root, pages) {
  const side = sidebar();
  const main = h('main', { class: 'main', id: 'main', tabindex: '-1' });
  const burger = h('button', {
    type: 'button', class: 'button icon quiet', 'aria-label': 'Library', 'aria-controls': 'sidebar', 'aria-expanded': 'false',
  }, icon('list'));
  const top = h('div', { class: 'top-bar' }, burger, h('a', { class: 'brand', href: '/' }, mark(), 'Vitrine'));
  const shade = h('div', { class: 'shade' });
  fill(root, h('a', { class: 'button skip-link visually-hidden', href: '#main' }, 'Skip to content'),
    side.element, shade, top, main, library.mayShare && selectionBar());

  const setDrawer = (/** @type {boolean} */ isOpen) => {
    root.classList.toggle('drawer-open', isOpen);
    burger.setAttribute('aria-expanded', String(isOpen));
    if (isOpen) side.element.querySelector('a')?.focus();
  };
  burger.addEventListener('click', () => setDrawer(true));
  shade.addEventListener('click', () => setDrawer(false));
  side.element.addEventListener('keydown', event => {
    if (event.key !== 'Escape' || !root.classList.contains('drawer-open')) return;
    setDrawer(false);
    burger.focus();
  });

  /** @type {Page | null} */
  let page = null;
  startRouter(route => {
    setDrawer(false);
    page?.onLeft?.(main);
    if (!page?.onLeft) page?.dispose?.();
    page = route.page ? pages[route.page](route) : notFoundPage();
    side.mark(route);
    root.dataset.page = route.page ?? 'none';
    document.title = `${page.title} · Vitrine`;
    fill(main, page.element);
    main.scrollTop = 0;
    page.onShown?.(main);
    if (document.activeElement === document.body) main.focus({ preventScroll: true });
  });

  onKey(event => {
    if (event.key === '?' && isPlain(event)) openShortcuts();
  });
}

/** @returns {Page} */
function notFoundPage() {
  return {
    title: 'Not found',
    element: h('section', { class: 'page' }, notice({
      picture: 'search', title: 'There is nothing here', text: 'The address may be mistyped.',
      action: h('a', { class: 'button', href: '/' }, 'Show all assets'),
    })),
  };
}
