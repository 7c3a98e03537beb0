// The page of links: a table of the user's own links, for administrators of all, with the actions of each.

import { get, remove } from '../base/api.js';
import { confirmDialog } from '../base/dialog.js';
import { fill, h, icon, iconButton } from '../base/dom.js';
import { EndlessList, notice } from '../base/endless-list.js';
import { day, moment } from '../base/format.js';
import { isAborted, messageOf } from '../base/errors.js';
import { isPlain } from '../base/keys.js';
import { openMenu } from '../base/menu.js';
import { navigate, replaceQuery } from '../base/router.js';
import { searchBox } from '../base/search-box.js';
import { copy, toast } from '../base/toast.js';
import { library } from '../library/library.js';
import { openEmailDialog } from '../sharing/email-dialog.js';
import { openEditDialog } from '../sharing/link-dialog.js';
import { ACCESS, durationLeft, KINDS, STATUSES, targetWords } from '../sharing/link-words.js';
import { count, number } from '../words.js';

/** @import { Entry } from '../base/menu.js' */
/** @import { Route } from '../base/router.js' */

const PAGE = 50;

/**
 * The page of links; with an `id` it opens the dialog of that link.
 * @param {Route} route
 */
export function linksPage({ id, query }) {
  const page = new LinksPage(query);
  if (id) page.editById(id);
  return page;
}

class LinksPage {
  title = 'Links';
  #lifetime = new AbortController();
  #rows = h('tbody', {});

  /** @param {URLSearchParams} query */
  constructor(query) {
    this.q = query.get('q') ?? '';
    this.status = Object.keys(STATUSES).find(status => status === query.get('status')) ?? '';
    this.owner = library.isAdministrator && query.get('owner') === 'all' ? 'all' : 'me';
    this.sort = query.get('sort') ?? '-created';
    this.table = h('table', { class: 'table links-table' }, h('caption', { class: 'visually-hidden' }, 'Share links'), this.#head(), this.#rows);
    this.scroll = h('div', { class: 'table-scroll' }, this.table);
    this.list = this.#newList();
    this.searchBox = searchBox({
      value: this.q, label: 'Search links', signal: this.#lifetime.signal,
      onSearch: () => {
        this.q = this.searchBox.input.value.trim();
        this.#restart();
      },
    });
    this.element = h('section', { class: 'page links-page', 'aria-label': this.title }, this.#header(), this.scroll, this.list.foot);
    this.#start();
  }

  dispose() {
    this.#lifetime.abort();
  }

  /**
   * Opens the dialog of one link, which need not be in the loaded part of the list.
   * @param {string} id
   */
  async editById(id) {
    try {
      await this.#edit(await get(`/api/links/${id}`, {}, this.#lifetime.signal), null);
    } catch (error) {
      if (isAborted(error)) return;
      toast(messageOf(error), 'danger');
    }
    if (!this.#lifetime.signal.aborted) history.replaceState(null, '', '/links');
  }

  #header() {
    const option = (/** @type {string} */ value, /** @type {string} */ label) =>
      h('option', { value, selected: value === this.status }, label);
    const status = h('select', { class: 'sort', 'aria-label': 'Status' },
      option('', 'Any status'), Object.entries(STATUSES).map(([value, [label]]) => option(value, label)));
    status.addEventListener('change', () => { this.status = status.value; this.#restart(); });
    const owners = h('div', { class: 'segmented', role: 'group', 'aria-label': 'Whose links' });
    const owner = (/** @type {string} */ value, /** @type {string} */ label) => h('button', {
      type: 'button', class: 'button', 'aria-pressed': String(this.owner === value),
      onclick: event => {
        this.owner = value;
        for (const other of owners.children) other.setAttribute('aria-pressed', String(other === event.currentTarget));
        this.#restart();
      },
    }, label);
    owners.append(owner('me', 'Mine'), owner('all', 'Everyone’s'));
    return h('header', { class: 'page-header' },
      h('div', { class: 'page-title' }, h('h1', {}, 'Links'), h('p', { class: 'subtitle' }, 'What you have shared, and what is left of it')),
      h('div', { class: 'page-tools' },
        library.isAdministrator && owners, this.searchBox.label, status));
  }

  #head() {
    const sortable = (/** @type {string} */ label, /** @type {string} */ key, /** @type {string} */ first) => {
      const cell = h('th', { scope: 'col', 'data-sort': key });
      cell.append(h('button', {
        type: 'button', onclick: () => {
          const flipped = this.sort === key ? `-${key}` : key;
          this.sort = [key, `-${key}`].includes(this.sort) ? flipped : first;
          this.#restart();
        },
      }, label, icon('chevron-down')));
      return cell;
    };
    const plain = (/** @type {string} */ label) => h('th', { scope: 'col' }, label);
    return h('thead', {}, h('tr', {},
      sortable('Title', 'title', 'title'), h('th', { scope: 'col', class: 'creator' }, 'Creator'), sortable('Created', 'created', '-created'), plain('Duration'),
      plain('Security'), plain('Access'), plain('Status'), h('th', { scope: 'col', class: 'number' }, 'Visits'),
      h('th', { scope: 'col' }, h('span', { class: 'visually-hidden' }, 'Actions'))));
  }

  /** @returns {EndlessList<Api.Link>} */
  #newList() {
    return new EndlessList({
      signal: this.#lifetime.signal,
      fetchPage: cursor => get('/api/links', {
        status: this.status, q: this.q, sort: this.sort, owner: this.owner, cursor, limit: PAGE,
      }, this.#lifetime.signal),
      addPage: links => {
        this.scroll.hidden = links.length === 0 && this.#rows.childElementCount === 0;
        this.#rows.append(...links.map(link => this.#row(link)));
      },
      skeleton: () => h('div', { 'aria-busy': 'true', 'aria-label': 'Loading' }, Array.from({ length: 6 }, () => h('div', { class: 'skeleton row-skeleton' }))),
      empty: () => this.#emptyNotice(),
    });
  }

  #emptyNotice() {
    this.scroll.hidden = true;
    if (this.q || this.status) {
      return notice({ picture: 'search', title: 'No link matches', text: 'Try another word or another status.', action:
        h('button', { type: 'button', class: 'button', onclick: () => navigate('/links') }, 'Show all links') });
    }
    if (!library.mayShare) {
      return notice({
        picture: 'link', title: 'No links',
        text: 'You can look at the library. To share from it as well, ask an administrator.',
        action: h('a', { class: 'button primary', href: '/' }, 'Browse the library'),
      });
    }
    return notice({
      picture: 'link', title: 'No links yet',
      text: 'Share an asset, a folder or a selection from the library: its link is then listed here.',
      action: h('a', { class: 'button primary', href: '/' }, 'Browse the library'),
    });
  }

  #start() {
    this.table.classList.toggle('with-creator', this.owner === 'all');
    for (const cell of this.table.querySelectorAll('th[data-sort]')) {
      const key = cell.getAttribute('data-sort');
      cell.setAttribute('aria-sort', this.sort === key ? 'ascending' : this.sort === `-${key}` ? 'descending' : 'none');
    }
    this.scroll.hidden = true;
    this.list.start();
  }

  #restart() {
    replaceQuery({ q: this.q, status: this.status, owner: this.owner === 'me' ? '' : this.owner, sort: this.sort === '-created' ? '' : this.sort });
    fill(this.#rows);
    const foot = this.list.foot;
    this.list = this.#newList();
    foot.replaceWith(this.list.foot);
    this.#start();
  }

  /**
   * @param {Api.Link} link
   * @returns {HTMLElement}
   */
  #row(link) {
    const [status, tone] = STATUSES[link.status] ?? [link.status, ''];
    const more = iconButton('more', `Actions for ${link.title}`, { 'aria-haspopup': 'menu' });
    const edit = (/** @type {MouseEvent} */ event) => {
      if (event.button !== 0 || !isPlain(event) || event.shiftKey) return;
      event.preventDefault();
      this.#edit(link, row);
    };
    const row = h('tr', {},
      h('th', { scope: 'row', class: 'link-title' },
        h('a', { href: `/links/${link.id}`, onclick: edit }, link.title),
        h('span', { class: 'target' }, `${KINDS[link.target.kind] ?? link.target.kind} · ${link.target.name}`)),
      h('td', { class: 'creator' }, link.creator.name ?? 'No longer here'),
      h('td', { title: moment(link.created) }, day(link.created)),
      h('td', {}, durationLeft(link).map(words => h('span', { class: 'line' }, words))),
      h('td', { class: link.has_password ? null : 'none' }, link.has_password ? h('span', { class: 'with-glyph' }, icon('lock'), 'Password') : h('span', { class: 'muted' }, 'None')),
      h('td', {}, ACCESS[link.access] ?? link.access),
      h('td', {}, h('span', { class: `badge ${tone}` }, status)),
      visitsCell(link),
      h('td', { class: 'row-actions' }, iconButton('copy', `Copy URL of ${link.title}`, { onclick: () => copy(link.url, 'URL') }),
        iconButton('mail', `Email link ${link.title}`, { onclick: () => openEmailDialog(link) }), more));
    more.addEventListener('click', () => openMenu(this.#menu(link, row), more));
    row.addEventListener('contextmenu', event => {
      event.preventDefault();
      openMenu(this.#menu(link, row), event);
    });
    return row;
  }

  /**
   * @param {Api.Link} link
   * @param {HTMLElement} row
   * @returns {Entry[]}
   */
  #menu(link, row) {
    return [
      { icon: 'copy', label: 'Copy URL', run: () => copy(link.url, 'URL') },
      { icon: 'mail', label: 'Email link…', run: () => openEmailDialog(link) },
      { icon: 'eye', label: 'Open', run: () => window.open(link.url, '_blank', 'noopener') },
      { icon: 'edit', label: 'Edit…', run: () => this.#edit(link, row) },
      null,
      { icon: 'trash', label: 'Delete…', danger: true, run: () => this.#delete(link, row) },
    ];
  }

  /**
   * @param {Api.Link} link
   * @param {HTMLElement | null} row
   */
  async #edit(link, row) {
    const saved = await openEditDialog(link, {
      name: link.target.name, detail: targetWords(link.target, link.target.count), pictures: () => readPictures(link),
    });
    if (!saved || saved === link) return;
    const changed = { ...link, ...saved, target: { ...link.target, ...saved.target } };
    if (row?.isConnected) {
      const next = this.#row(changed);
      const hadFocus = row.contains(document.activeElement);
      row.replaceWith(next);
      if (hadFocus) next.querySelector('a')?.focus();
    } else {
      this.#restart();
    }
    toast('Link saved');
  }

  /**
   * @param {Api.Link} link
   * @param {HTMLElement} row
   */
  async #delete(link, row) {
    const uses = link.visits ? ` It has been visited ${link.visits === 1 ? 'once' : count(link.visits, 'time')}.` : '';
    const done = await confirmDialog({
      title: `Delete “${link.title}”?`,
      consequence: `Recipients lose access at once: the page, its previews and its downloads stop working, also for those who have it open.${uses} This can’t be undone.`,
      action: 'Delete link',
      act: () => remove(`/api/links/${link.id}`),
    });
    if (!done) return;
    const neighbour = row.nextElementSibling ?? row.previousElementSibling;
    row.remove();
    (neighbour?.querySelector('a') ?? this.searchBox.input).focus();
    toast('Link deleted');
    if (this.#rows.childElementCount === 0 && !this.list.next) this.list.showEmpty();
  }
}

/**
 * The visits of a link. They are counted at the gate, so a link without a gate shows a dash, not "0".
 * @param {Api.Link} link
 */
function visitsCell({ visits, has_password, max_uses }) {
  if (!visits && !has_password && !max_uses) {
    return h('td', { class: 'number none', title: 'Visits are counted for links with a password or a number of uses.' },
      h('span', { 'aria-hidden': 'true', class: 'muted' }, '–'), h('span', { class: 'visually-hidden' }, 'Not counted'));
  }
  return h('td', { class: 'number' }, number(visits), h('span', { class: 'unit' }, visits === 1 ? ' visit' : ' visits'));
}

/**
 * Up to four assets of a link, to show their pictures.
 * @param {Api.Link} link
 * @returns {Promise<Api.Asset[]>}
 */
async function readPictures({ id, target }) {
  if (target.kind === 'folder') return (await get('/api/assets', { in: `folder:${target.id}`, limit: 4 })).items;
  if (target.kind === 'asset') return [await get(`/api/assets/${target.id}`)];
  /** @type {Api.Link} */
  const link = await get(`/api/links/${id}`);
  return Promise.all((link.target.assets ?? []).slice(0, 4).map(asset => get(`/api/assets/${asset}`)));
}
