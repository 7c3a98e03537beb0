// A session that ends while somebody works: they sign in again in a second window, and what they
// typed here stays.

import { openDialog } from '../base/dialog.js';
import { fill, h } from '../base/dom.js';
import { messageOf } from '../base/errors.js';
import { awaitSignIn, buildSignInWindowUrl } from '../base/session.js';

/** Asks somebody to sign in again. Returns when it is done; fails when they choose not to. */
export async function askToSignInAgain() {
  const given = new AbortController();
  const done = await openDialog({
    title: 'Sign in again',
    kind: 'narrow',
    build({ close }) {
      awaitSignIn(given.signal).then(() => close(true));
      const note = h('p', { class: 'notice danger', role: 'alert', hidden: true });
      // The address is built before the click, since browsers open windows only while a click is handled.
      const address = buildSignInWindowUrl();
      const button = h('button', { type: 'button', class: 'button primary', disabled: true, autofocus: true }, 'Sign in');
      address.then(url => {
        button.disabled = false;
        button.focus();
        button.addEventListener('click', () => {
          const opened = window.open(url, 'sign-in', 'popup,width=480,height=680');
          note.hidden = opened !== null;
          if (!opened) fill(note, 'Your browser kept the sign-in window from opening. Allow pop-ups for this site, then try again.');
        });
      }, error => { fill(note, messageOf(error)).hidden = false; });
      return {
        body: h('div', { class: 'dialog-body' },
          h('p', {}, 'Your session has ended. Sign in again to carry on: what you typed is still here.'), note),
        footer: h('footer', { class: 'dialog-foot' },
          h('button', { type: 'button', class: 'button', onclick: () => close() }, 'Not now'), button),
      };
    },
  });
  given.abort();
  if (!done) throw new Error('You are signed out. Sign in again to go on.');
}
