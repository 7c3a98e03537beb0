// The gallery: assets of the library, a folder or a search, to look at, pick and share.

import { assetMenu, folderMenu } from './actions.js';
import { get } from './api.js';
import { fill, h, icon, iconButton } from './dom.js';
import { EndlessList, notice } from './endless-list.js';
import { count } from './format.js';
import { IngestBanner } from './ingest-banner.js';
import { isPlain, onKey } from './keys.js';
import { library } from './library.js';
import { openMenu } from './menu.js';
import { noteQuery } from './router.js';
import { selection } from './selection.js';
import { shareAsset, shareFolder, shareSelection } from './share.js';
import { Tile } from './tile.js';

const PAGE = 100;
const TYPING_MS = 250;
// After a picture could not be loaded: how long others are waited for, and how often it is tried again.
const SETTLE_MS = 500;
const TRIES = 3;
const SORTS = [['name', 'Name'], ['-created', 'Newest first']];

let kept = null;

/** The page of the whole library (`id` null) or of a folder. Coming back to it finds it as it was left. */
export function galleryPage({ id, query }) {
  const key = `${location.pathname}${location.search}`;
  if (kept?.key === key && !kept.gallery.element.isConnected) return kept.gallery;
  kept?.gallery.dispose();
  const gallery = new Gallery(id, query);
  kept = { key, gallery };
  return gallery;
}

/** The neighbours of an asset in the gallery it was opened from, and that gallery's address. */
export function neighbours(assetId) {
  const tiles = kept?.gallery.tiles ?? [];
  const at = tiles.findIndex(tile => tile.asset.id === assetId);
  return at < 0
    ? { back: null }
    : { back: kept.key, previous: tiles[at - 1]?.asset, next: tiles[at + 1]?.asset, focus: () => kept.gallery.makeCurrent(tiles[at]) };
}

class Gallery {
  tiles = [];
  #byId = new Map();
  #starts = [];
  #current = null;
  #gone = new AbortController();
  #grid = h('ul', { class: 'grid' });
  #scrollTop = 0;

  constructor(id, query) {
    this.folder = id && library.folder(id);
    this.search = query.get('q') ?? '';
    this.sort = SORTS.some(([sort]) => sort === query.get('sort')) ? query.get('sort') : 'name';
    this.title = this.folder?.name ?? 'All assets';
    const { signal } = this.#gone;
    this.element = h('section', { class: 'page gallery', 'aria-label': this.title });
    if (id && !this.folder) {
      fill(this.element, notice({
        picture: 'folder', title: 'This folder is not here',
        text: 'It may have been renamed or removed.',
        action: h('a', { class: 'button', href: '/' }, 'Show all assets'),
      }));
      return;
    }
    this.subfolders = h('div', { class: 'subfolders' });
    this.#showSubfolders();
    library.addEventListener('folders', () => this.#showSubfolders(), { signal });
    library.addEventListener('ingest', () => this.#follow(), { signal });
    selection.addEventListener('change', () => this.#markSelected(), { signal });
    this.#listen(signal);
    this.list = this.#newList();
    this.body = h('div', { class: 'gallery-body' }, this.subfolders, this.#grid, this.list.foot);
    fill(this.element, this.#header(), new IngestBanner(signal).element, this.body);
    this.list.start();
  }

  dispose() {
    this.#gone.abort();
  }

  /** Called by the frame when the page is shown (again) and when it is left. */
  shown(scroller) {
    scroller.scrollTop = this.#scrollTop;
    if (this.#current && this.#scrollTop) this.#current.anchor.focus({ preventScroll: true });
  }

  left(scroller) {
    this.#scrollTop = scroller.scrollTop;
  }

  #header() {
    const trail = this.folder ? library.trail(this.folder).slice(0, -1) : [];
    const crumbs = this.folder && h('nav', { class: 'crumbs', 'aria-label': 'Path' },
      h('a', { href: '/' }, 'All assets'), trail.map(folder => [icon('chevron-right'), h('a', { href: `/folders/${folder.id}` }, folder.name)]));
    this.searchBox = h('input', {
      type: 'search', class: 'search-input', value: this.search, 'aria-label': `Search in ${this.title}`,
      placeholder: this.folder ? `Search in ${this.title}` : 'Search', spellcheck: 'false', autocomplete: 'off',
    });
    let typing;
    this.searchBox.addEventListener('input', () => {
      clearTimeout(typing);
      typing = setTimeout(() => this.#restart(), TYPING_MS);
    });
    this.searchBox.addEventListener('keydown', event => {
      if (event.key === 'Escape') this.searchBox.blur();
      if (event.key === 'ArrowDown' && this.tiles.length) this.makeCurrent(this.#current ?? this.tiles[0], true);
    });
    const sort = h('select', { class: 'sort', 'aria-label': 'Sort' }, SORTS.map(([value, label]) =>
      h('option', { value, selected: value === this.sort }, label)));
    sort.addEventListener('change', () => {
      this.sort = sort.value;
      this.#restart();
    });
    this.subtitle = h('p', { class: 'subtitle' }, this.#subtitle());
    const share = this.folder && library.mayShare
      && h('button', { type: 'button', class: 'button primary', onclick: () => shareFolder(this.folder) }, icon('share'), 'Share');
    return h('header', { class: 'page-header' },
      h('div', { class: 'page-title' }, crumbs, h('h1', {}, this.title), this.subtitle),
      h('div', { class: 'page-tools' },
        h('label', { class: 'search' }, icon('search'), this.searchBox, h('kbd', { 'aria-hidden': 'true' }, '/')), sort, share));
  }

  #subtitle() {
    if (this.search) return `Results for “${this.search}”`;
    if (!this.folder) return library.ingest.total ? count(library.ingest.total, 'asset') : '';
    return count(library.folder(this.folder.id)?.asset_count ?? this.folder.asset_count, 'asset');
  }

  #showSubfolders() {
    const inside = this.folder && !this.search ? library.children(this.folder.id) : [];
    fill(this.subfolders, inside.map(folder => h('a', {
      class: 'folder-card', href: `/folders/${folder.id}`,
      oncontextmenu: event => { event.preventDefault(); openMenu(folderMenu(folder), event); },
    }, icon('folder'), h('span', { class: 'folder-name' }, folder.name), h('span', { class: 'muted' }, count(folder.asset_count, 'asset')))));
    this.subfolders.hidden = inside.length === 0;
    if (this.subtitle) fill(this.subtitle, this.#subtitle());
  }

  #newList() {
    return new EndlessList({
      signal: this.#gone.signal,
      fetchPage: cursor => this.#fetch(cursor),
      addPage: (assets, cursor) => {
        this.#starts.push({ cursor, id: assets[0]?.id });
        this.#insert(assets, this.tiles.length);
      },
      skeleton: () => h('div', { class: 'grid', 'aria-busy': 'true', 'aria-label': 'Loading' }, Array.from({ length: 18 }, () =>
        h('div', { class: 'tile' }, h('span', { class: 'mat skeleton' }), h('span', { class: 'skeleton line' }), h('span', { class: 'skeleton line short' })))),
      empty: () => this.#empty(),
    });
  }

  #fetch(cursor) {
    const within = this.folder ? `folder:${this.folder.id}` : null;
    return get('/api/assets', { in: within, q: this.search, sort: this.sort, cursor, limit: PAGE }, this.#gone.signal);
  }

  #empty() {
    if (this.search) {
      return notice({
        picture: 'search', title: 'Nothing found',
        text: `No asset ${this.folder ? `in ${this.title} ` : ''}matches “${this.search}”.`,
        action: h('button', { type: 'button', class: 'button', onclick: () => { this.searchBox.value = ''; this.#restart(); } }, 'Clear the search'),
      });
    }
    if (!this.subfolders.hidden) {
      return notice({ picture: 'folder', title: 'Only folders here', text: 'Open one of the folders above to see its assets.' });
    }
    return this.folder
      ? notice({ picture: 'image', title: 'This folder is empty', text: 'Files put into this folder of the library appear here.' })
      : notice({ picture: 'image', title: 'The library is empty', text: 'Files put into the library appear here within seconds.' });
  }

  #restart() {
    this.search = this.searchBox.value.trim();
    noteQuery({ q: this.search, sort: this.sort === 'name' ? '' : this.sort });
    kept.key = `${location.pathname}${location.search}`;
    this.tiles = [];
    this.#byId.clear();
    this.#starts = [];
    this.#current = null;
    fill(this.#grid);
    this.#showSubfolders();
    const foot = this.list.foot;
    this.list = this.#newList();
    foot.replaceWith(this.list.foot);
    this.list.start();
  }

  #insert(assets, at) {
    const added = assets.filter(asset => !this.#byId.has(asset.id)).map(asset => new Tile(asset, { selectable: library.mayShare }));
    for (const tile of added) {
      this.#byId.set(tile.asset.id, tile);
      tile.select(selection.has(tile.asset.id));
    }
    const next = this.tiles[at];
    this.tiles.splice(at, 0, ...added);
    const fragment = document.createDocumentFragment();
    fragment.append(...added.map(tile => tile.element));
    this.#grid.insertBefore(fragment, next?.element ?? null);
    if (!this.#current && this.tiles.length) this.makeCurrent(this.tiles[0]);
  }

  // While ingest goes on, what is in or near view is read again; when it is done, all that was
  // loaded, since new files may belong anywhere among the others.
  async #follow() {
    fill(this.subtitle, this.#subtitle());
    const all = library.ingest.processing === 0 && { starts: this.#starts[0], last: Infinity };
    await this.#refresh(all || this.#nearView());
  }

  async #refresh({ starts, last } = this.#nearView()) {
    if (!this.element.isConnected || !starts) return;
    const known = this.#starts;
    let cursor = starts.cursor;
    let at = Math.max(0, this.tiles.findIndex(tile => tile.asset.id === starts.id));
    try {
      do {
        const page = await this.#fetch(cursor);
        if (known !== this.#starts) return;
        at = this.#merge(page.items, at);
        cursor = page.next;
      } while (cursor && at <= Math.min(last, this.tiles.length - 1));
      if (cursor && !this.list.next && at === this.tiles.length) this.list.resumeFrom(cursor);
    } catch (error) {
      // The tiles stay as they are until the next round.
      if (error.name !== 'AbortError') console.info('The gallery was not refreshed:', error.message);
    }
  }

  // The page in which the first tile near view was loaded, and the last such tile's place.
  #nearView() {
    const isNear = tile => {
      const box = tile.element.getBoundingClientRect();
      return box.bottom > -innerHeight && box.top < innerHeight * 2;
    };
    const first = Math.max(0, this.tiles.findIndex(isNear));
    const before = new Set(this.tiles.slice(0, first + 1).map(tile => tile.asset.id));
    return {
      starts: this.#starts.findLast(start => before.has(start.id)) ?? this.#starts[0],
      last: this.tiles.findLastIndex(isNear),
    };
  }

  #merge(assets, from) {
    let at = from;
    for (const asset of assets) {
      const tile = this.#byId.get(asset.id);
      if (tile) tile.show(asset);
      else this.#insert([asset], at);
      at = this.tiles.indexOf(this.#byId.get(asset.id)) + 1;
    }
    if (this.tiles.length) this.list.hideEmpty();
    return at;
  }

  #markSelected() {
    for (const tile of this.tiles) tile.select(selection.has(tile.asset.id));
    this.#grid.classList.toggle('picking', selection.size > 0);
  }

  makeCurrent(tile, focus = false) {
    this.#current?.setCurrent(false);
    this.#current = tile;
    tile.setCurrent(true);
    if (focus) {
      tile.anchor.focus({ preventScroll: true });
      tile.element.scrollIntoView({ block: 'nearest' });
    }
  }

  #tileOf(event) {
    return this.#byId.get(event.target.closest('.tile')?.dataset.id);
  }

  #listen(signal) {
    this.#grid.addEventListener('click', event => this.#click(event));
    this.#grid.addEventListener('contextmenu', event => {
      const tile = this.#tileOf(event);
      if (!tile) return;
      event.preventDefault();
      this.makeCurrent(tile);
      // A menu asked for by the keyboard has no pointer: it opens beneath the tile.
      openMenu(assetMenu(tile.asset), event.clientX || event.clientY ? event : tile.anchor);
    });
    this.#grid.addEventListener('focusin', event => {
      const tile = this.#tileOf(event);
      if (tile && tile !== this.#current) this.makeCurrent(tile);
    });
    // The addresses of pictures hold for some minutes only: those that ran out are asked for anew.
    let renewal;
    this.#grid.addEventListener('error', event => {
      const tile = this.#tileOf(event);
      tile.failures += 1;
      clearTimeout(renewal);
      if (tile.failures <= TRIES) renewal = setTimeout(() => this.#refresh(), SETTLE_MS);
    }, { capture: true });
    this.#grid.addEventListener('load', event => { this.#tileOf(event).failures = 0; }, { capture: true });
    onKey(event => { if (this.element.isConnected) this.#key(event); }, signal);
  }

  #click(event) {
    const tile = this.#tileOf(event);
    if (!tile) return;
    if (tile.more.contains(event.target)) {
      openMenu(assetMenu(tile.asset), tile.more);
    } else if (library.mayShare && event.shiftKey) {
      event.preventDefault();
      selection.extendTo(tile.asset, this.tiles.map(other => other.asset));
      this.makeCurrent(tile, true);
    } else if (tile.check && (event.target === tile.check || event.ctrlKey || event.metaKey)) {
      // The box shows what the selection says, which answers before the browser's own toggle.
      if (event.target !== tile.check) event.preventDefault();
      selection.toggle(tile.asset);
      this.makeCurrent(tile, event.target !== tile.check);
    }
  }

  #key(event) {
    if (event.key === '/' && isPlain(event)) {
      event.preventDefault();
      this.searchBox.select();
    } else if (event.key === 'Escape') {
      selection.clear();
    } else if (event.key.toLowerCase() === 'a' && (event.ctrlKey || event.metaKey)) {
      event.preventDefault();
      if (library.mayShare) selection.addAll(this.tiles.map(tile => tile.asset));
    } else if (isPlain(event)) {
      this.#plainKey(event);
    }
  }

  #plainKey(event) {
    const onTile = this.#tileOf(event);
    const columns = getComputedStyle(this.#grid).gridTemplateColumns.split(' ').length;
    const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns, ArrowDown: columns };
    if (event.key in steps && this.tiles.length && (onTile || !event.target.closest('a, button, input'))) {
      event.preventDefault();
      this.#step(onTile ? steps[event.key] : 0, event.shiftKey);
    } else if (event.key === ' ' && onTile && event.target === onTile.anchor && library.mayShare) {
      event.preventDefault();
      selection.toggle(onTile.asset);
    } else if (event.key.toLowerCase() === 's' && library.mayShare) {
      event.preventDefault();
      if (selection.size) shareSelection();
      else if (onTile) shareAsset(onTile.asset);
      else if (this.folder) shareFolder(this.folder);
    }
  }

  #step(by, extend) {
    const from = this.tiles.indexOf(this.#current);
    const to = from + by;
    if (to < 0 || (to >= this.tiles.length && by !== 0)) return;
    const tile = this.tiles[to];
    if (extend && library.mayShare) {
      selection.startAt(this.tiles[from].asset);
      selection.extendTo(tile.asset, this.tiles.map(other => other.asset));
    }
    this.makeCurrent(tile, true);
  }
}
