// The app: signs in, then shows the page that the address names.

import { assetPage } from './asset-page.js';
import { fill, h, icon } from './dom.js';
import { notice } from './endless-list.js';
import { galleryPage } from './gallery.js';
import { isPlain, onKey, openShortcuts } from './keys.js';
import { library } from './library.js';
import { linksPage } from './links.js';
import { startRouter } from './router.js';
import { selectionBar } from './selection-bar.js';
import { askToSignInAgain } from './session-ended.js';
import * as session from './session.js';
import { mark, sidebar } from './sidebar.js';
import { usersPage } from './users.js';

const PAGES = { library: galleryPage, folder: galleryPage, asset: assetPage, links: linksPage, link: linksPage, users: usersPage };

const root = document.getElementById('app');

async function start() {
  await session.configure();
  if (location.pathname === '/signed-in') {
    const path = await session.finishSignIn();
    if (path === null) {
      fill(root, card('You are signed in', 'You can close this window and carry on in the other.'));
      return;
    }
    history.replaceState(null, '', path);
  }
  if (!session.bearerToken()) {
    if (session.hasLeft()) showSignedOut();
    else await session.signIn(location.pathname + location.search);
    return;
  }
  await library.load();
  session.onSessionEnded(askToSignInAgain);
  if (!library.hasAccess) {
    fill(root, card('No access yet', 'Your account has no level in Vitrine. Ask an administrator to give you one.', signOutButton()));
    return;
  }
  showFrame();
  library.followIngest();
}

function showSignedOut() {
  const button = h('button', { type: 'button', class: 'button primary' }, 'Sign in');
  button.addEventListener('click', () => session.signIn('/').catch(showFailure));
  fill(root, card('You are signed out', 'Sign in to browse the library and share from it.', button));
}

function showFailure(error) {
  // An account that is disabled, for instance: trying again helps nobody, another account may.
  if (error.status === 403) {
    fill(root, card('No access', error.message, signOutButton()));
    return;
  }
  fill(root, card('Vitrine could not start', error.message,
    h('button', { type: 'button', class: 'button primary', onclick: () => location.replace('/') }, 'Try again')));
}

function signOutButton() {
  return h('button', { type: 'button', class: 'button', onclick: () => session.signOut() }, 'Sign out');
}

function card(title, text, action) {
  return h('main', { class: 'lone' }, h('div', { class: 'card' },
    h('span', { class: 'brand' }, mark(), 'Vitrine'), h('h1', {}, title), h('p', { class: 'muted' }, text), action));
}

function showFrame() {
  const side = sidebar();
  const main = h('main', { class: 'main', id: 'main', tabindex: '-1' });
  const burger = h('button', {
    type: 'button', class: 'button icon quiet', 'aria-label': 'Library', 'aria-controls': 'sidebar', 'aria-expanded': 'false',
  }, icon('list'));
  const top = h('div', { class: 'top-bar' }, burger, h('a', { class: 'brand', href: '/' }, mark(), 'Vitrine'));
  const shade = h('div', { class: 'shade' });
  fill(root, h('a', { class: 'button skip-link visually-hidden', href: '#main' }, 'Skip to content'),
    side.element, shade, top, main, library.mayShare && selectionBar());

  const drawer = isOpen => {
    root.classList.toggle('drawer-open', isOpen);
    burger.setAttribute('aria-expanded', String(isOpen));
    if (isOpen) side.element.querySelector('a').focus();
  };
  burger.addEventListener('click', () => drawer(true));
  shade.addEventListener('click', () => drawer(false));
  side.element.addEventListener('keydown', event => {
    if (event.key !== 'Escape' || !root.classList.contains('drawer-open')) return;
    drawer(false);
    burger.focus();
  });

  let page = null;
  startRouter(route => {
    drawer(false);
    page?.left?.(main);
    // A gallery outlives its page, to be come back to; it disposes of itself.
    if (!page?.left) page?.dispose?.();
    page = route.page ? PAGES[route.page](route) : nowhere();
    side.mark(route);
    root.dataset.page = route.page ?? 'none';
    document.title = `${page.title} · Vitrine`;
    fill(main, page.element);
    main.scrollTop = 0;
    page.shown?.(main);
    if (document.activeElement === document.body) main.focus({ preventScroll: true });
  });

  onKey(event => {
    if (event.key === '?' && isPlain(event)) openShortcuts();
  });
}

function nowhere() {
  return {
    title: 'Not found',
    element: h('section', { class: 'page' }, notice({
      picture: 'search', title: 'There is nothing here', text: 'The address may be mistyped.',
      action: h('a', { class: 'button', href: '/' }, 'Show all assets'),
    })),
  };
}

start().catch(showFailure);
