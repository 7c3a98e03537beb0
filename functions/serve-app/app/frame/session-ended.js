// When a session ends while somebody works, they sign in again in a second window, so that their input is not lost.

import { openDialog } from '../base/dialog.js';
import { fill, h } from '../base/dom.js';
import { messageOf } from '../base/errors.js';
import { awaitSignIn, buildSignInWindowUrl } from '../base/session.js';

/** Asks the user to sign in again; throws if they refuse. */
export async function askToSignInAgain() {
  const waiting = new AbortController();
  const done = await openDialog({
    title: 'Sign in again',
    kind: 'narrow',
    build({ close }) {
      awaitSignIn(waiting.signal).then(() => close(true));
      const note = h('p', { class: 'notice danger', role: 'alert', hidden: true });
      // The address is built before the click, because browsers open windows only while they handle a click.
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
          h('p', {}, 'Your session has ended. Sign in again to continue: what you typed is still here.'), note),
        footer: h('footer', { class: 'dialog-foot' },
          h('button', { type: 'button', class: 'button', onclick: () => close() }, 'Not now'), button),
      };
    },
  });
  waiting.abort();
  if (!done) throw new Error('You are signed out. Sign in again to continue.');
}
