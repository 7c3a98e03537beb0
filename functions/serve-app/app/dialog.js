// Modal dialogs on the browser's own <dialog>, which keeps the focus inside and gives it back.

import { fill, freshId, h, iconButton } from './dom.js';

/**
 * Opens a dialog and answers a promise for what it was closed with (null when cancelled).
 * `build({close, settle, setTitle, dialog})` answers `{body, footer}`; the first `[autofocus]` takes the focus.
 * With `unsaved`, which says what has not been done yet, it asks before what was typed is thrown away. While
 * `dialog.ariaBusy` says so nobody can dismiss it: an answer that is on its way must not be thrown away.
 */
export function openDialog({ title, kind = '', unsaved = '', build }) {
  return new Promise(resolve => {
    const titleId = freshId('dialog-title');
    const heading = h('h2', { id: titleId, tabindex: '-1' }, title);
    const dialog = h('dialog', { class: `dialog ${kind}`, 'aria-labelledby': titleId });
    let result = null;
    let isTyped = false;
    dialog.addEventListener('input', () => { isTyped = true; });
    const close = async value => {
      if (value !== undefined) {
        result = value;
      } else {
        // Without a value somebody dismisses it.
        if (dialog.ariaBusy === 'true') return;
        if (unsaved && isTyped && !await confirmDiscard(unsaved)) return;
      }
      dialog.close();
    };
    // What the dialog answers from now on, even when it is closed by Escape. What was typed is done with.
    const settle = value => {
      result = value;
      isTyped = false;
    };
    const setTitle = text => fill(heading, text);
    dialog.addEventListener('close', () => {
      dialog.remove();
      resolve(result);
    });
    const { body, footer } = build({ close, settle, setTitle, dialog });
    const onDismiss = event => {
      if (event.defaultPrevented || !event.cancelable) return;
      event.preventDefault();
      close();
    };
    // A browser lets a cancel be refused only once between two touches or keys of another kind, so Escape is met before
    // it becomes one. What remains is a phone's way back, of which the first is met.
    dialog.addEventListener('keydown', event => { if (event.key === 'Escape' && !event.isComposing) onDismiss(event); });
    dialog.addEventListener('cancel', onDismiss);
    dialog.append(
      h('header', { class: 'dialog-head' }, heading, iconButton('close', 'Close', { onclick: () => close() })),
      body,
      footer ?? '',
    );
    document.body.append(dialog);
    dialog.showModal();
  });
}

function confirmDiscard(unsaved) {
  return confirmDialog({
    title: 'Discard what you entered?', consequence: unsaved, action: 'Discard', stay: 'Keep editing', act: () => {},
  });
}

/** Asks before something that can't be undone. `act` runs on confirmation; its error is shown and kept open. */
export function confirmDialog({ title, consequence, action, stay = 'Cancel', act }) {
  return openDialog({
    title,
    kind: 'narrow',
    build({ close, dialog }) {
      const error = h('p', { class: 'notice danger', role: 'alert', hidden: true });
      const confirm = h('button', { type: 'button', class: 'button primary danger' }, action);
      confirm.addEventListener('click', async () => {
        confirm.disabled = true;
        dialog.ariaBusy = 'true';
        error.hidden = true;
        try {
          await act();
          close(true);
        } catch (failure) {
          dialog.ariaBusy = 'false';
          fill(error, failure.message).hidden = false;
          confirm.disabled = false;
          confirm.focus();
        }
      });
      const cancel = h('button', { type: 'button', class: 'button', autofocus: true, onclick: () => close() }, stay);
      return {
        body: h('div', { class: 'dialog-body' }, h('p', {}, consequence), error),
        footer: h('footer', { class: 'dialog-foot' }, cancel, confirm),
      };
    },
  });
}
