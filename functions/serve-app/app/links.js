// The links: a table of one's own, for administrators of all, with what can be done with each.

import { get, remove } from './api.js';
import { confirmDialog } from './dialog.js';
import { fill, h, icon, iconButton } from './dom.js';
import { openEmailDialog } from './email-dialog.js';
import { EndlessList, notice } from './endless-list.js';
import { count, day, moment, number } from './format.js';
import { isPlain, onKey } from './keys.js';
import { library } from './library.js';
import { openLinkDialog } from './link-dialog.js';
import { ACCESS, durationLeft, KINDS, STATUSES, targetWords } from './link-words.js';
import { openMenu } from './menu.js';
import { navigate, noteQuery } from './router.js';
import { copy, toast } from './toast.js';

const PAGE = 50;
const TYPING_MS = 250;

/** The page of the links; with an `id` that link's dialog is opened over it. */
export function linksPage({ id, query }) {
  const page = new LinksPage(query);
  if (id) page.editById(id);
  return page;
}

class LinksPage {
  title = 'Links';
  #gone = new AbortController();
  #rows = h('tbody', {});

  constructor(query) {
    this.q = query.get('q') ?? '';
    this.status = query.get('status') in STATUSES ? query.get('status') : '';
    this.owner = library.isAdministrator && query.get('owner') === 'all' ? 'all' : 'me';
    this.sort = query.get('sort') ?? '-created';
    this.table = h('table', { class: 'table links-table' }, h('caption', { class: 'visually-hidden' }, 'Share links'), this.#head(), this.#rows);
    this.scroll = h('div', { class: 'table-scroll' }, this.table);
    this.list = this.#newList();
    this.element = h('section', { class: 'page links-page', 'aria-label': this.title }, this.#header(), this.scroll, this.list.foot);
    onKey(event => {
      if (event.key !== '/' || !isPlain(event)) return;
      event.preventDefault();
      this.searchBox.select();
    }, this.#gone.signal);
    this.#start();
  }

  dispose() {
    this.#gone.abort();
  }

  /** Opens the dialog of one link, wherever it stands in the list. */
  async editById(id) {
    try {
      await this.#edit(await get(`/api/links/${id}`, {}, this.#gone.signal));
    } catch (error) {
      if (error.name === 'AbortError') return;
      toast(error.message, 'danger');
    }
    if (!this.#gone.signal.aborted) history.replaceState(null, '', '/links');
  }

  #header() {
    this.searchBox = h('input', {
      type: 'search', class: 'search-input', value: this.q, placeholder: 'Search links', 'aria-label': 'Search links', spellcheck: 'false', autocomplete: 'off',
    });
    let typing;
    this.searchBox.addEventListener('input', () => {
      clearTimeout(typing);
      typing = setTimeout(() => { this.q = this.searchBox.value.trim(); this.#restart(); }, TYPING_MS);
    });
    const status = h('select', { class: 'sort', 'aria-label': 'Status' }, [['', 'Any status'], ...Object.entries(STATUSES).map(([value, [label]]) => [value, label])]
      .map(([value, label]) => h('option', { value, selected: value === this.status }, label)));
    status.addEventListener('change', () => { this.status = status.value; this.#restart(); });
    const owner = (value, label) => h('button', {
      type: 'button', class: 'button', 'aria-pressed': String(this.owner === value),
      onclick: event => {
        this.owner = value;
        for (const other of event.currentTarget.parentElement.children) other.setAttribute('aria-pressed', String(other === event.currentTarget));
        this.#restart();
      },
    }, label);
    return h('header', { class: 'page-header' },
      h('div', { class: 'page-title' }, h('h1', {}, 'Links'), h('p', { class: 'subtitle' }, 'What you have shared, and what is left of it')),
      h('div', { class: 'page-tools' },
        library.isAdministrator && h('div', { class: 'segmented', role: 'group', 'aria-label': 'Whose links' }, owner('me', 'Mine'), owner('all', 'Everyone’s')),
        h('label', { class: 'search' }, icon('search'), this.searchBox, h('kbd', { 'aria-hidden': 'true' }, '/')), status));
  }

  #head() {
    const sortable = (label, key, first) => {
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
    const plain = label => h('th', { scope: 'col' }, label);
    return h('thead', {}, h('tr', {},
      sortable('Title', 'title', 'title'), h('th', { scope: 'col', class: 'creator' }, 'Creator'), sortable('Created', 'created', '-created'), plain('Duration'),
      plain('Security'), plain('Access'), plain('Status'), h('th', { scope: 'col', class: 'number' }, 'Visits'),
      h('th', { scope: 'col' }, h('span', { class: 'visually-hidden' }, 'Actions'))));
  }

  #newList() {
    return new EndlessList({
      signal: this.#gone.signal,
      fetchPage: cursor => get('/api/links', {
        status: this.status, q: this.q, sort: this.sort, owner: this.owner, cursor, limit: PAGE,
      }, this.#gone.signal),
      addPage: links => {
        this.scroll.hidden = links.length === 0 && this.#rows.childElementCount === 0;
        this.#rows.append(...links.map(link => this.#row(link)));
      },
      skeleton: () => h('div', { 'aria-busy': 'true', 'aria-label': 'Loading' }, Array.from({ length: 6 }, () => h('div', { class: 'skeleton row-skeleton' }))),
      empty: () => this.#empty(),
    });
  }

  #empty() {
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
      text: 'Share an asset, a folder or a selection from the library: its link then stands here.',
      action: h('a', { class: 'button primary', href: '/' }, 'Browse the library'),
    });
  }

  #start() {
    this.table.classList.toggle('with-creator', this.owner === 'all');
    for (const cell of this.table.querySelectorAll('th[data-sort]')) {
      const { sort } = cell.dataset;
      const way = { [sort]: 'ascending', [`-${sort}`]: 'descending' }[this.sort];
      cell.setAttribute('aria-sort', way ?? 'none');
    }
    this.scroll.hidden = true;
    this.list.start();
  }

  #restart() {
    noteQuery({ q: this.q, status: this.status, owner: this.owner === 'me' ? '' : this.owner, sort: this.sort === '-created' ? '' : this.sort });
    fill(this.#rows);
    const foot = this.list.foot;
    this.list = this.#newList();
    foot.replaceWith(this.list.foot);
    this.#start();
  }

  #row(link) {
    const [status, tone] = STATUSES[link.status] ?? [link.status, ''];
    const more = iconButton('more', `Actions for ${link.title}`, { 'aria-haspopup': 'menu' });
    const row = h('tr', {},
      h('th', { scope: 'row', class: 'link-title' },
        h('a', { href: `/links/${link.id}`, onclick: event => { if (event.button === 0 && isPlain(event) && !event.shiftKey) { event.preventDefault(); this.#edit(link, row); } } }, link.title),
        h('span', { class: 'target' }, `${KINDS[link.target.kind] ?? link.target.kind} · ${targetName(link.target)}`)),
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

  async #edit(link, row) {
    const saved = await openLinkDialog({
      link, target: link.target, name: targetName(link.target), detail: targetWords(link.target, link.target.count), pictures: () => pictures(link),
    });
    if (!saved || saved === link) return;
    const renewed = { ...link, ...saved, target: { ...link.target, ...saved.target } };
    if (row?.isConnected) {
      const next = this.#row(renewed);
      const hadFocus = row.contains(document.activeElement);
      row.replaceWith(next);
      if (hadFocus) next.querySelector('a').focus();
    } else {
      this.#restart();
    }
    toast('Link saved');
  }

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
    (neighbour?.querySelector('a') ?? this.searchBox).focus();
    toast('Link deleted');
    if (this.#rows.childElementCount === 0 && !this.list.next) this.list.showEmpty();
  }
}

// Visits are counted where the gate is: of a link that opens at once there are none to tell, not "0".
function visitsCell({ visits = 0, has_password, max_uses }) {
  if (!visits && !has_password && !max_uses) {
    return h('td', { class: 'number none', title: 'Visits are counted for links with a password or a number of uses.' },
      h('span', { 'aria-hidden': 'true', class: 'muted' }, '–'), h('span', { class: 'visually-hidden' }, 'Not counted'));
  }
  return h('td', { class: 'number' }, number(visits), h('span', { class: 'unit' }, visits === 1 ? ' visit' : ' visits'));
}

function targetName(target) {
  return target.name ?? 'no longer there';
}

async function pictures({ id, target }) {
  if (target.kind === 'folder') return (await get('/api/assets', { in: `folder:${target.id}`, limit: 4 })).items;
  if (target.kind === 'asset') return [await get(`/api/assets/${target.id}`)];
  const { assets } = (await get(`/api/links/${id}`)).target;
  return Promise.all(assets.slice(0, 4).map(asset => get(`/api/assets/${asset}`)));
}
