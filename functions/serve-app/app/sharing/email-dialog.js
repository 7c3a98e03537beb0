// Mailing a link: addresses and a message, then the status of each mail.

import { get, post } from '../base/api.js';
import { openDialog } from '../base/dialog.js';
import { fill, freshId, h, icon } from '../base/dom.js';
import { ApiError, isAborted, messageOf } from '../base/errors.js';
import { moment } from '../base/format.js';
import { count } from '../words.js';

const FIELDS = /** @type {const} */ (['to', 'message']);
// The API's limit.
const MAX_MESSAGE = 2000;
// Waiting times between reads of the mails' statuses: short at first, then longer.
const POLLS_MS = [500, 800, 1200, 2000, 3000];
const LAST_POLL_MS = 5000;
const RECENT = 200;

/**
 * The statuses of a mail in words, with their badge's tone.
 * @type {Record<Api.Mail['status'], [label: string, tone: string]>}
 */
const STATUSES = {
  queued: ['Queued', ''],
  sent: ['Sent', 'ok'],
  failed: ['Failed', 'danger'],
  bounced: ['Bounced', 'danger'],
};

/** Why a link that has ended can't be mailed, and what to do. */
const ENDED = {
  expired: 'This link has expired, so nobody could open it. Edit it and give it a later end, then send it.',
  used_up: 'This link’s uses are spent, so nobody could open it. Edit it and allow more of them, then send it.',
  owner_gone: 'This link can’t be opened any more, because its creator’s account is disabled.',
};

/** @import { Controls } from '../base/dialog.js' */

/**
 * Opens the dialog that mails `link`.
 * @param {Api.Link} link
 * @returns {Promise<null>}
 */
export function openEmailDialog(link) {
  return openDialog({
    title: 'Email link',
    kind: 'email-dialog',
    unsaved: 'The mail has not been sent.',
    build: controls => new EmailDialog(link, controls),
  });
}

class EmailDialog {
  #isBusy = false;
  #lifetime = new AbortController();
  #newestPoll = 0;
  #request = crypto.randomUUID();
  /** @type {Map<string, Api.Mail>} */
  #mails = new Map();
  #shown = '';

  /**
   * @param {Api.Link} link
   * @param {Controls<null>} controls
   */
  constructor(link, { close, settle, dialog }) {
    this.link = link;
    this.settle = settle;
    this.dialog = dialog;
    const [toId, toHint, toError] = [freshId('to'), freshId('hint'), freshId('error')];
    const [messageId, messageError] = [freshId('message'), freshId('error')];
    this.to = h('textarea', {
      id: toId, rows: '2', 'aria-describedby': `${toHint} ${toError}`, autocomplete: 'off', autocapitalize: 'off', spellcheck: 'false', inputmode: 'email', autofocus: true,
    });
    this.message = h('textarea', { id: messageId, rows: '4', maxlength: MAX_MESSAGE, 'aria-describedby': messageError });
    this.errors = {
      to: h('ul', { class: 'error errors', id: toError, hidden: true }),
      message: h('ul', { class: 'error errors', id: messageError, hidden: true }),
    };
    this.problem = h('p', { class: 'notice danger', role: 'alert', hidden: true });
    const { status } = link;
    const isEnded = status !== 'active';
    this.sendButton = h('button', { type: 'submit', class: 'button primary' });
    this.mails = h('ul', { class: 'mails' });
    this.summary = h('p', { class: 'hint', role: 'status' });
    // On the page from the start, since screen readers may skip a region that appears with its text.
    this.sentTo = h('section', { class: 'sent-to none', 'aria-label': 'Mails of this link' },
      h('h3', {}, 'Mailed to'), this.summary, this.mails);
    const consequence = h('p', { class: 'hint' }, 'Everyone gets a mail of their own, with the title, your name, the message and the URL.'
      + (link.has_password ? ' The password is not in it: send it by another way.' : ''));
    this.fields = isEnded ? [] : [
      h('div', { class: 'field' }, h('label', { for: toId }, 'To'), this.to,
        h('p', { class: 'hint', id: toHint }, 'Addresses, with commas between them'), this.errors.to),
      h('div', { class: 'field' }, h('label', { for: messageId }, 'Message (optional)'), this.message, this.errors.message),
      consequence,
    ];
    this.closeButton = h('button', { type: 'button', class: 'button', onclick: () => close() }, 'Close');
    this.body = h('form', { class: 'dialog-form', novalidate: true },
      h('div', { class: 'dialog-body' },
        h('p', { class: 'mailed-title' }, icon('mail'), h('strong', {}, link.title)),
        this.fields,
        this.sentTo),
      this.problem,
      h('div', { class: 'dialog-foot' }, this.closeButton, !isEnded && this.sendButton));
    this.body.addEventListener('submit', event => {
      event.preventDefault();
      this.#send();
    });
    this.body.addEventListener('input', event => {
      this.#showErrors(event.target === this.to ? 'to' : 'message', []);
      // A changed mail is a new request, not a retry of the last one.
      this.#request = crypto.randomUUID();
    });
    this.to.addEventListener('keydown', event => {
      // Enter sends, as in a field of one line.
      if (event.key !== 'Enter' || event.isComposing) return;
      event.preventDefault();
      this.body.requestSubmit();
    });
    dialog.addEventListener('close', () => this.#lifetime.abort());
    if (isEnded) this.#turnOff(ENDED[status]);
    this.#setBusy(false);
    this.#follow({ isOpening: true });
  }

  /**
   * Removes the fields and says why nothing can be sent; mails sent before stay listed.
   * @param {string} reason
   */
  #turnOff(reason) {
    const hadFocus = this.body.contains(document.activeElement);
    for (const element of [...this.fields, this.sendButton]) element.remove();
    fill(this.problem, reason).hidden = false;
    // Screen readers may skip an alert that had its text before it was shown, so the dialog's description names it.
    this.problem.id ||= freshId('off');
    this.dialog.setAttribute('aria-describedby', this.problem.id);
    if (hadFocus) this.closeButton.focus();
  }

  /** @param {boolean} isBusy */
  #setBusy(isBusy) {
    this.#isBusy = isBusy;
    this.dialog.ariaBusy = String(isBusy);
    fill(this.sendButton, isBusy ? [h('span', { class: 'spinner' }), 'One moment'] : 'Send');
    this.sendButton.disabled = isBusy;
    for (const field of [this.to, this.message]) field.readOnly = isBusy;
  }

  async #send() {
    if (this.#isBusy) return;
    this.problem.hidden = true;
    if (!this.to.value.trim()) {
      this.#showRefusals([{ field: 'to', message: 'Enter at least one address.' }]);
      return;
    }
    this.#setBusy(true);
    try {
      // The request's id makes a retry after a lost answer safe: nobody gets the mail twice.
      /** @type {Api.Mails} */
      const sent = await post(`/api/links/${this.link.id}/emails`, {
        to: this.to.value, message: this.message.value, request_id: this.#request,
      });
      this.#setBusy(false);
      this.#request = crypto.randomUUID();
      this.to.value = '';
      this.settle(null);
      this.#show(sent.items, { isNew: true });
      this.#follow({ isOpening: false });
      // Ready for more addresses, with the mails just sent in view.
      this.to.focus({ preventScroll: true });
      this.sentTo.scrollIntoView({ block: 'nearest' });
    } catch (error) {
      this.#setBusy(false);
      const errors = error instanceof ApiError ? error.errors : [];
      const unplaced = this.#showRefusals(errors);
      if (unplaced.length || !errors.length) fill(this.problem, unplaced.join(' ') || messageOf(error)).hidden = false;
    } finally {
      // A disabled button loses the focus.
      if (!this.body.contains(document.activeElement)) this.sendButton.focus();
    }
  }

  /**
   * Shows errors below their fields and focuses the first; returns the messages of those without a field here.
   * @param {Api.FieldError[]} errors
   */
  #showRefusals(errors) {
    for (const name of FIELDS) this.#showErrors(name, errors.filter(({ field }) => field === name));
    const first = FIELDS.find(name => errors.some(({ field }) => field === name));
    if (first) this[first].focus();
    return errors.filter(({ field }) => !(field in this.errors)).map(({ message }) => message);
  }

  /**
   * @param {'to' | 'message'} name
   * @param {Api.FieldError[]} errors
   */
  #showErrors(name, errors) {
    fill(this.errors[name], errors.map(({ message }) => h('li', {}, message))).hidden = errors.length === 0;
    if (errors.length) this[name].setAttribute('aria-invalid', 'true');
    else this[name].removeAttribute('aria-invalid');
  }

  /**
   * Reads the mails until none is queued, and a few times more, because a sent mail may still bounce.
   * @param {{ isOpening: boolean }} moment
   */
  async #follow({ isOpening }) {
    this.#newestPoll += 1;
    const mine = this.#newestPoll;
    for (let poll = 0, settled = 0; settled < 3 && mine === this.#newestPoll; poll += 1) {
      try {
        /** @type {Api.Mails} */
        const { items, off } = await get(`/api/links/${this.link.id}/emails`, { limit: RECENT }, this.#lifetime.signal);
        this.#show(items, { isNew: false });
        if (off && this.sendButton.isConnected) this.#turnOff(off);
      } catch (error) {
        if (isAborted(error)) return;
        fill(this.summary, `The status of the mails could not be read. ${messageOf(error)}`);
      }
      const isSettled = [...this.#mails.values()].every(mail => mail.status !== 'queued');
      settled = isSettled ? settled + 1 : 0;
      if (isSettled && isOpening) return;
      await new Promise(resolve => { setTimeout(resolve, POLLS_MS[poll] ?? LAST_POLL_MS); });
      if (this.#lifetime.signal.aborted) return;
    }
  }

  /**
   * Shows the current statuses of mails; with `isNew` the mails come before those shown already.
   * @param {Api.Mail[]} items
   * @param {{ isNew: boolean }} order
   */
  #show(items, { isNew }) {
    const known = this.#mails;
    this.#mails = new Map(isNew ? items.map(mail => [mail.id, mail]) : known);
    for (const mail of isNew ? known.values() : items) this.#mails.set(mail.id, mail);
    const mails = [...this.#mails.values()];
    const shown = mails.map(mail => `${mail.id} ${mail.status} ${mail.reason}`).join();
    this.sentTo.classList.toggle('none', mails.length === 0);
    if (shown === this.#shown) return;
    this.#shown = shown;
    fill(this.mails, mails.map(mailRow));
    fill(this.summary, mails.length > 0 && summarise(mails));
  }
}

/** @param {Api.Mail} mail */
function mailRow(mail) {
  const [label, tone] = STATUSES[mail.status] ?? [mail.status, ''];
  return h('li', {},
    h('span', { class: 'address', title: mail.address }, mail.address),
    h('span', { class: `badge ${tone}` }, label),
    h('span', { class: 'reason' }, moment(mail.at), mail.reason && ` · ${mail.reason}`));
}

/**
 * The statuses of the mails in one sentence, for people who use a screen reader.
 * @param {Api.Mail[]} mails
 */
function summarise(mails) {
  const parts = Object.entries(STATUSES).map(([status, [label]]) => {
    const { length } = mails.filter(mail => mail.status === status);
    return length > 0 && `${length} ${label.toLowerCase()}`;
  }).filter(Boolean);
  return `${count(mails.length, 'mail')}: ${parts.join(', ')}`;
}
