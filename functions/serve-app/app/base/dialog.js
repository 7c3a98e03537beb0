// Modal dialogs, made with <dialog>: the browser keeps the focus inside and restores it afterwards.

import { fill, freshId, h, iconButton } from './dom.js';
import { messageOf } from './errors.js';

/**
 * What a dialog's content can do: `close` without a value dismisses the dialog; `settle` sets its result, which then
 * holds even if it is closed by Escape.
 * @template Result
 * @typedef {{
 *   close: (value?: Result) => Promise<void>,
 *   settle: (value: Result | null) => void,
 *   setTitle: (text: string) => void,
 *   dialog: HTMLDialogElement,
 * }} Controls
 */

/**
 * Opens a dialog and returns a promise of its result (null if it was cancelled).
 * The first `[autofocus]` takes the focus.
 * With `unsaved`, a sentence that says what is not done yet, it asks before it discards input. While `dialog.ariaBusy`
 * is true the dialog can't be dismissed, so that the answer of a pending request is not lost.
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
      // The input was sent, so closing loses nothing.
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
    // Between two clicks or keys a page may refuse only one `cancel`, so Escape is handled as a key. A phone's Back is
    // not a key: of several in a row only the first can be refused.
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
 * Asks before something that can't be undone; the result is true if it was done. `act` runs on confirmation; if it
 * fails, the dialog stays open and shows the error.
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
