// Modal dialogs on the browser's own <dialog>, which keeps the focus inside and gives it back.

import { fill, freshId, h, iconButton } from './dom.js';

/**
 * Opens a dialog and answers a promise for what it was closed with (null when cancelled).
 * `build({close, settle, setTitle, dialog})` answers `{body, footer}`; the first `[autofocus]` takes the focus.
 */
export function openDialog({ title, kind = '', build }) {
  return new Promise(resolve => {
    const titleId = freshId('dialog-title');
    const heading = h('h2', { id: titleId, tabindex: '-1' }, title);
    const dialog = h('dialog', { class: `dialog ${kind}`, 'aria-labelledby': titleId });
    let result = null;
    const close = value => {
      if (value !== undefined) result = value;
      dialog.close();
    };
    // What the dialog answers from now on, even when it is closed by Escape.
    const settle = value => { result = value; };
    const setTitle = text => fill(heading, text);
    dialog.addEventListener('close', () => {
      dialog.remove();
      resolve(result);
    });
    const { body, footer } = build({ close, settle, setTitle, dialog });
    dialog.append(
      h('header', { class: 'dialog-head' }, heading, iconButton('close', 'Close', { onclick: () => close() })),
      body,
      footer ?? '',
    );
    document.body.append(dialog);
    dialog.showModal();
  });
}

/** Asks before something that can't be undone. `act` runs on confirmation; its error is shown and kept open. */
export function confirmDialog({ title, consequence, action, act }) {
  return openDialog({
    title,
    kind: 'narrow',
    build({ close }) {
      const error = h('p', { class: 'notice danger', role: 'alert', hidden: true });
      const confirm = h('button', { type: 'button', class: 'button primary danger' }, action);
      confirm.addEventListener('click', async () => {
        confirm.disabled = true;
        error.hidden = true;
        try {
          await act();
          close(true);
        } catch (failure) {
          fill(error, failure.message).hidden = false;
          confirm.disabled = false;
          confirm.focus();
        }
      });
      const cancel = h('button', { type: 'button', class: 'button', autofocus: true, onclick: () => close() }, 'Cancel');
      return {
        body: h('div', { class: 'dialog-body' }, h('p', {}, consequence), error),
        footer: h('footer', { class: 'dialog-foot' }, cancel, confirm),
      };
    },
  });
}
