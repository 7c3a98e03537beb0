// A session that ends while someone works: they sign in again in a second window, and what they
// typed here stays.

import { openDialog } from './dialog.js';
import { fill, h } from './dom.js';
import { signedInElsewhere, signInWindowUrl } from './session.js';

/** Asks to sign in again. Answers when it is done; fails when the person would rather not. */
export async function askToSignInAgain() {
  const given = new AbortController();
  const done = await openDialog({
    title: 'Sign in again',
    kind: 'narrow',
    build({ close }) {
      signedInElsewhere(given.signal).then(() => close(true));
      const note = h('p', { class: 'notice danger', role: 'alert', hidden: true });
      // The address is made ahead, for browsers open windows only straight from a click.
      const address = signInWindowUrl();
      const button = h('button', { type: 'button', class: 'button primary', disabled: true, autofocus: true }, 'Sign in');
      address.then(url => {
        button.disabled = false;
        button.focus();
        button.addEventListener('click', () => {
          const opened = window.open(url, 'sign-in', 'popup,width=480,height=680');
          note.hidden = opened !== null;
          if (!opened) fill(note, 'Your browser kept the sign-in window from opening. Allow pop-ups for this site, then try again.');
        });
      }, error => { fill(note, error.message).hidden = false; });
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
