// Mailing a link: addresses and a message, then how far each mail is.

import { get, post } from './api.js';
import { openDialog } from './dialog.js';
import { fill, freshId, h, icon } from './dom.js';
import { count, moment } from './format.js';

// As the API has it.
const MAX_MESSAGE = 2000;
// How long to wait between looks at the mails, in milliseconds: at first often, then seldom.
const LOOKS = [500, 800, 1200, 2000, 3000, 5000];
const RECENT = 200;

/** The statuses of a mail in words, with their badge's tone. */
const STATUSES = {
  queued: ['Queued', ''],
  sent: ['Sent', 'ok'],
  failed: ['Failed', 'danger'],
  bounced: ['Bounced', 'danger'],
};

/** Why a link that has ended is not mailed, and what to do. */
const ENDED = {
  expired: 'This link has expired, so nobody could open it. Edit it and give it a later end, then send it.',
  used_up: 'This link’s uses are spent, so nobody could open it. Edit it and allow more of them, then send it.',
  owner_gone: 'This link opens no more, since its creator’s account is disabled.',
};

/** Opens the dialog that mails `link`. */
export function openEmailDialog(link) {
  return openDialog({
    title: 'Email link',
    kind: 'email-dialog',
    unsaved: 'The mail has not been sent.',
    build: controls => new EmailDialog(link, controls),
  });
}

class EmailDialog {
  #busy = false;
  #gone = new AbortController();
  #following = 0;
  #request = crypto.randomUUID();
  #items = new Map();

  constructor(link, { close, settle, dialog }) {
    Object.assign(this, { link, settle, dialog });
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
    const { status = 'active' } = link;
    const isEnded = status !== 'active';
    this.sendButton = h('button', { type: 'submit', class: 'button primary' });
    this.mails = h('ul', { class: 'mails' });
    this.summary = h('p', { class: 'hint', role: 'status' });
    // It is there from the start, though empty: what appears together with its words may not be read out.
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
      const name = event.target === this.to ? 'to' : 'message';
      this.#showErrors(name, []);
      // What is sent from now on is another request than the one that was tried before.
      this.#request = crypto.randomUUID();
    });
    this.to.addEventListener('keydown', event => {
      // A list of addresses is one line to whoever types it.
      if (event.key !== 'Enter' || event.isComposing) return;
      event.preventDefault();
      this.body.requestSubmit();
    });
    dialog.addEventListener('close', () => this.#gone.abort());
    if (isEnded) this.#turnOff(ENDED[status]);
    this.#setBusy(false);
    this.#follow({ isOpening: true });
  }

  /** Leaves only what was sent before, and says why nothing can be sent. */
  #turnOff(reason) {
    const hadFocus = this.body.contains(document.activeElement);
    for (const gone of [...this.fields, this.sendButton]) gone.remove();
    fill(this.problem, reason).hidden = false;
    // What an alert says before it is on the page may not be read out.
    this.problem.id ||= freshId('off');
    this.dialog.setAttribute('aria-describedby', this.problem.id);
    if (hadFocus) this.closeButton.focus();
  }

  #setBusy(busy) {
    this.#busy = busy;
    this.dialog.ariaBusy = String(busy);
    fill(this.sendButton, busy ? [h('span', { class: 'spinner' }), 'One moment'] : 'Send');
    this.sendButton.disabled = busy;
    for (const field of [this.to, this.message]) field.readOnly = busy;
  }

  async #send() {
    if (this.#busy) return;
    this.problem.hidden = true;
    if (!this.to.value.trim()) {
      this.#refuse([{ field: 'to', message: 'Enter at least one address.' }]);
      return;
    }
    this.#setBusy(true);
    try {
      // The same request again, after an answer that was lost, mails nobody twice.
      const sent = await post(`/api/links/${this.link.id}/emails`, {
        to: this.to.value, message: this.message.value, request_id: this.#request,
      });
      this.#setBusy(false);
      this.#request = crypto.randomUUID();
      this.to.value = '';
      this.settle(null);
      this.#take(sent.items, true);
      this.#follow({ isOpening: false });
      // Ready for more addresses, with what becomes of these in view.
      this.to.focus({ preventScroll: true });
      this.sentTo.scrollIntoView({ block: 'nearest' });
    } catch (error) {
      this.#setBusy(false);
      const homeless = this.#refuse(error.errors ?? []);
      if (homeless.length || !error.errors?.length) fill(this.problem, homeless.join(' ') || error.message).hidden = false;
    } finally {
      // A button that is disabled loses the focus.
      if (!this.body.contains(document.activeElement)) this.sendButton.focus();
    }
  }

  /** Shows errors beneath their fields and focuses the first; answers those that have no field here. */
  #refuse(errors) {
    for (const name of Object.keys(this.errors)) {
      this.#showErrors(name, errors.filter(({ field }) => field === name));
    }
    const first = ['to', 'message'].find(name => errors.some(({ field }) => field === name));
    if (first) this[first].focus();
    return errors.filter(({ field }) => !(field in this.errors)).map(({ message }) => message);
  }

  #showErrors(name, errors) {
    fill(this.errors[name], errors.map(({ message }) => h('li', {}, message))).hidden = errors.length === 0;
    if (errors.length) this[name].setAttribute('aria-invalid', 'true');
    else this[name].removeAttribute('aria-invalid');
  }

  /** Looks at the mails until each has settled. A mail that was sent may still bounce, for which it looks a while longer. */
  async #follow({ isOpening }) {
    this.#following += 1;
    const mine = this.#following;
    for (let look = 0, calm = 0; calm < 3 && mine === this.#following; look += 1) {
      try {
        const { items, off } = await get(`/api/links/${this.link.id}/emails`, { limit: RECENT }, this.#gone.signal);
        this.#take(items, false);
        if (off && this.sendButton.isConnected) this.#turnOff(off);
      } catch (error) {
        if (error.name === 'AbortError') return;
        fill(this.summary, `What became of the mails could not be read. ${error.message}`);
      }
      const isSettled = [...this.#items.values()].every(mail => mail.status !== 'queued');
      calm = isSettled ? calm + 1 : 0;
      if (isSettled && isOpening) return;
      await new Promise(later => { setTimeout(later, LOOKS[Math.min(look, LOOKS.length - 1)]); });
      if (this.#gone.signal.aborted) return;
    }
  }

  /** Shows mails as they stand; `isNew` puts them before those that are shown. */
  #take(items, isNew) {
    const known = this.#items;
    this.#items = new Map(isNew ? items.map(mail => [mail.id, mail]) : known);
    for (const mail of isNew ? known.values() : items) this.#items.set(mail.id, mail);
    const mails = [...this.#items.values()];
    const shown = mails.map(mail => `${mail.id} ${mail.status} ${mail.reason}`).join();
    this.sentTo.classList.toggle('none', mails.length === 0);
    if (shown === this.shown) return;
    this.shown = shown;
    fill(this.mails, mails.map(row));
    fill(this.summary, mails.length > 0 && summary(mails));
  }
}

function row(mail) {
  const [label, tone] = STATUSES[mail.status] ?? [mail.status, ''];
  return h('li', {},
    h('span', { class: 'address', title: mail.address }, mail.address),
    h('span', { class: `badge ${tone}` }, label),
    h('span', { class: 'reason' }, moment(mail.at), mail.reason && ` · ${mail.reason}`));
}

// In words, for those who don't see the list change.
function summary(mails) {
  const words = { queued: 'queued', sent: 'sent', failed: 'failed', bounced: 'bounced' };
  const parts = Object.keys(words)
    .map(status => [status, mails.filter(mail => mail.status === status).length])
    .filter(([, number]) => number > 0)
    .map(([status, number]) => `${number} ${words[status]}`);
  return `${count(mails.length, 'mail')}: ${parts.join(', ')}`;
}
