// Starts the app: signs in, then shows the page of the address.

import { usersPage } from './admin/users-page.js';
import { fill, h } from './base/dom.js';
import { ApiError, messageOf } from './base/errors.js';
import * as session from './base/session.js';
import { showFrame } from './frame/frame.js';
import { askToSignInAgain } from './frame/session-ended.js';
import { mark } from './frame/sidebar.js';
import { assetPage } from './library/asset-page.js';
import { galleryPage } from './library/gallery-page.js';
import { library } from './library/library.js';
import { linksPage } from './links/links-page.js';

const PAGES = { library: galleryPage, folder: galleryPage, asset: assetPage, links: linksPage, link: linksPage, users: usersPage };

const root = /** @type {HTMLElement} */ (document.getElementById('app'));

async function start() {
  await session.configure();
  if (location.pathname === '/signed-in') {
    const path = await session.finishSignIn();
    if (path === null) {
      fill(root, card('You are signed in', 'You can close this window and continue in the other.'));
      return;
    }
    history.replaceState(null, '', path);
  }
  if (!session.bearerToken()) {
    if (session.isSignedOut()) showSignedOut();
    else await session.signIn(location.pathname + location.search);
    return;
  }
  await library.load();
  session.onSessionEnded(askToSignInAgain);
  if (!library.hasAccess) {
    fill(root, card('No access yet', 'Your account has no level in Vitrine. Ask an administrator to give you one.', signOutButton()));
    return;
  }
  showFrame(root, PAGES);
  library.followIngest();
}

function showSignedOut() {
  const button = h('button', { type: 'button', class: 'button primary' }, 'Sign in');
  button.addEventListener('click', () => session.signIn('/').catch(showFailure));
  fill(root, card('You are signed out', 'Sign in to browse the library and share from it.', button));
}

/** @param {unknown} error */
function showFailure(error) {
  // For example a disabled account: another try would fail again, but another account may work.
  if (error instanceof ApiError && error.status === 403) {
    fill(root, card('No access', error.message, signOutButton()));
    return;
  }
  fill(root, card('Vitrine could not start', messageOf(error),
    h('button', { type: 'button', class: 'button primary', onclick: () => location.replace('/') }, 'Try again')));
}

function signOutButton() {
  return h('button', { type: 'button', class: 'button', onclick: () => session.signOut() }, 'Sign out');
}

/**
 * A single card, shown without the frame.
 * @param {string} title
 * @param {string} text
 * @param {Node} [action]
 */
function card(title, text, action) {
  return h('main', { class: 'lone' }, h('div', { class: 'card' },
    h('span', { class: 'brand' }, mark(), 'Vitrine'), h('h1', {}, title), h('p', { class: 'muted' }, text), action));
}

start().catch(showFailure);
