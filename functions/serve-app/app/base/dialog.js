// Modal dialogs on the browser's own <dialog>, which keeps the focus inside and gives it back.

import { fill, freshId, h, iconButton } from './dom.js';
import { messageOf } from './errors.js';

/**
 * What a dialog is built with: `close` without a value dismisses it, `settle` sets what it answers from now on, even
 * when it is closed by Escape.
 * @template Result
 * @typedef {{
 *   close: (value?: Result) => Promise<void>,
 *   settle: (value: Result | null) => void,
 *   setTitle: (text: string) => void,
 *   dialog: HTMLDialogElement,
 * }} Controls
 */

/**
 * Opens a dialog and answers a promise for what it was closed with (null when cancelled).
 * The first `[autofocus]` takes the focus.
 * With `unsaved`, which says what has not been done yet, it asks before what was typed is thrown away. While
 * `dialog.ariaBusy` says so nobody can dismiss it: an answer that is on its way must not be thrown away.
 * @template Result
 * @param {object} options
 * @param {string} options.title
 * @param {string} [options.kind]
 * @param {string} [options.unsaved]
 * @param {(controls: Controls<Result>) => { body: Node, footer?: Node }} options.build
 * @returns {Promise<Result | null>}
 */
export function openDialog({ title, kind = '', unsaved = '', build }) {
  return new Promise(resolve => {
    const titleId = freshId('dialog-title');
    const heading = h('h2', { id: titleId, tabindex: '-1' }, title);
    const dialog = h('dialog', { class: `dialog ${kind}`, 'aria-labelledby': titleId });
    /** @type {Result | null} */
    let result = null;
    let isTyped = false;
    dialog.addEventListener('input', () => { isTyped = true; });
    const close = async (/** @type {Result | undefined} */ value = undefined) => {
      if (value !== undefined) {
        result = value;
      } else {
        if (dialog.ariaBusy === 'true') return;
        if (unsaved && isTyped && !await confirmDiscard(unsaved)) return;
      }
      dialog.close();
    };
    const settle = (/** @type {Result | null} */ value) => {
      result = value;
      // What was typed is done with.
      isTyped = false;
    };
    const setTitle = (/** @type {string} */ text) => { fill(heading, text); };
    dialog.addEventListener('close', () => {
      dialog.remove();
      resolve(result);
    });
    const { body, footer } = build({ close, settle, setTitle, dialog });
    const dismiss = (/** @type {Event} */ event) => {
      if (event.defaultPrevented || !event.cancelable) return;
      event.preventDefault();
      close();
    };
    // Browsers let a page refuse one cancel alone between two clicks or keys, so Escape is handled as a key. A phone's
    // Back is none: of several in a row only the first is refused.
    dialog.addEventListener('keydown', event => { if (event.key === 'Escape' && !event.isComposing) dismiss(event); });
    dialog.addEventListener('cancel', dismiss);
    dialog.append(
      h('header', { class: 'dialog-head' }, heading, iconButton('close', 'Close', { onclick: () => close() })),
      body,
      footer ?? '',
    );
    document.body.append(dialog);
    dialog.showModal();
  });
}

/** @param {string} unsaved */
function confirmDiscard(unsaved) {
  return confirmDialog({
    title: 'Discard what you entered?', consequence: unsaved, action: 'Discard', stay: 'Keep editing', act: async () => {},
  });
}

/**
 * Asks before something that can't be undone; answers true where it was done. `act` runs on confirmation; where it
 * fails, its error is shown and the dialog stays.
 * @param {object} options
 * @param {string} options.title
 * @param {string} options.consequence
 * @param {string} options.action
 * @param {string} [options.stay]
 * @param {() => Promise<void>} options.act
 * @returns {Promise<true | null>}
 */
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
          fill(error, messageOf(failure)).hidden = false;
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
