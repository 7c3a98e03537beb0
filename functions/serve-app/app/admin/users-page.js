// The page of users, for administrators: list, disable, enable and delete accounts.

import { get, patch, remove } from '../base/api.js';
import { confirmDialog } from '../base/dialog.js';
import { h, iconButton } from '../base/dom.js';
import { messageOf } from '../base/errors.js';
import { EndlessList, notice } from '../base/endless-list.js';
import { capital } from '../base/format.js';
import { toast } from '../base/toast.js';
import { library } from '../library/library.js';

const PAGE = 50;

/** The page of users. */
export function usersPage() {
  return new UsersPage();
}

class UsersPage {
  title = 'Users';
  #lifetime = new AbortController();
  #rows = h('tbody', {});

  constructor() {
    const column = (/** @type {string} */ label) => h('th', { scope: 'col' }, label);
    const head = h('thead', {}, h('tr', {}, column('Name'), column('Address'), column('Level'), column('Account'),
      h('th', { scope: 'col' }, h('span', { class: 'visually-hidden' }, 'Actions'))));
    const table = h('table', { class: 'table links-table' }, h('caption', { class: 'visually-hidden' }, 'Users'), head, this.#rows);
    this.scroll = h('div', { class: 'table-scroll', hidden: true }, table);
    const list = library.isAdministrator ? this.#newList() : null;
    const header = h('header', { class: 'page-header' },
      h('div', { class: 'page-title' }, h('h1', { tabindex: '-1' }, 'Users'), h('p', { class: 'subtitle' }, 'Everybody who has signed in to Vitrine')));
    this.element = h('section', { class: 'page links-page', 'aria-label': this.title }, header, this.scroll, list?.foot ?? forAdministrators());
    list?.start();
  }

  dispose() {
    this.#lifetime.abort();
  }

  /** @returns {EndlessList<Api.User>} */
  #newList() {
    return new EndlessList({
      signal: this.#lifetime.signal,
      fetchPage: cursor => get('/api/users', { cursor, limit: PAGE }, this.#lifetime.signal),
      addPage: users => {
        this.#rows.append(...users.map(user => this.#row(user)));
        this.scroll.hidden = this.#rows.childElementCount === 0;
      },
      skeleton: () => h('div', { 'aria-busy': 'true', 'aria-label': 'Loading' }, Array.from({ length: 6 }, () => h('div', { class: 'skeleton row-skeleton' }))),
      empty: () => notice({ picture: 'user', title: 'Nobody yet', text: 'People are listed here after they sign in for the first time.' }),
    });
  }

  /** @param {Api.User} user */
  #row(user) {
    const row = h('tr', {});
    row.append(
      h('th', { scope: 'row', class: 'link-title' }, h('span', { class: 'user-name' }, user.name)),
      h('td', { class: user.email ? null : 'none' }, user.email || h('span', { class: 'muted' }, 'None')),
      h('td', { title: 'As of their last sign-in' }, capital(user.level.replaceAll('_', ' '))),
      h('td', {}, user.enabled ? h('span', { class: 'badge ok' }, 'Active') : h('span', { class: 'badge danger' }, 'Disabled')),
      h('td', { class: 'row-actions account-actions' }, user.id === library.me.id ? h('span', { class: 'muted' }, 'You') : this.#actions(user, row)));
    return row;
  }

  /**
   * @param {Api.User} user
   * @param {HTMLElement} row
   */
  #actions(user, row) {
    /** @type {HTMLButtonElement} */
    const change = user.enabled
      ? h('button', { type: 'button', class: 'button small', 'aria-label': `Disable ${user.name}`, onclick: () => this.#disable(user, row) }, 'Disable')
      : h('button', { type: 'button', class: 'button small', 'aria-label': `Enable ${user.name}`, onclick: () => this.#enable(user, row, change) }, 'Enable');
    return [change, iconButton('trash', `Delete ${user.name}`, { onclick: () => this.#delete(user, row) })];
  }

  /**
   * @param {Api.User} user
   * @param {HTMLElement} row
   */
  async #disable(user, row) {
    let changed = user;
    const done = await confirmDialog({
      title: `Disable ${user.name}?`,
      consequence: 'Their links stop working at once, also for recipients who have them open, and they can’t use Vitrine. '
        + 'Nothing is lost: once you enable the account, everything works again.',
      action: 'Disable account',
      act: async () => { changed = await patch(path(user), { enabled: false }); },
    });
    if (done) this.#replace(row, changed, `${user.name} is disabled`);
  }

  /**
   * @param {Api.User} user
   * @param {HTMLElement} row
   * @param {HTMLButtonElement} button
   */
  async #enable(user, row, button) {
    button.disabled = true;
    try {
      this.#replace(row, await patch(path(user), { enabled: true }), `${user.name} is enabled: their links open again`);
    } catch (error) {
      button.disabled = false;
      button.focus();
      toast(messageOf(error), 'danger');
    }
  }

  /**
   * @param {Api.User} user
   * @param {HTMLElement} row
   */
  async #delete(user, row) {
    const done = await confirmDialog({
      title: `Delete ${user.name}?`,
      consequence: 'Their links never open again, and nobody can sign in with this account again. '
        + 'To block an account for a while, disable it instead. This can’t be undone.',
      action: 'Delete account',
      act: () => remove(path(user)),
    });
    if (!done) return;
    const neighbour = row.nextElementSibling ?? row.previousElementSibling;
    row.remove();
    (neighbour?.querySelector('button') ?? this.element.querySelector('h1'))?.focus();
    toast(`${user.name} is deleted`);
  }

  /**
   * Replaces the row of a changed account, and keeps the focus in it for people who use the keyboard.
   * @param {HTMLElement} row
   * @param {Api.User} user
   * @param {string} words
   */
  #replace(row, user, words) {
    const next = this.#row(user);
    row.replaceWith(next);
    next.querySelector('button')?.focus();
    toast(words);
  }
}

/** @param {Api.User} user */
function path(user) {
  return `/api/users/${encodeURIComponent(user.id)}`;
}

function forAdministrators() {
  return h('div', { class: 'list-foot' }, notice({
    picture: 'lock', title: 'For administrators', text: 'Accounts are managed by administrators. Ask one of them.',
    action: h('a', { class: 'button', href: '/' }, 'Show all assets'),
  }));
}
