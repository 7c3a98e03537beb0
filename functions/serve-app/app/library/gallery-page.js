// The gallery: the assets of the library, a folder or a search, to view, select and share.

import { count } from '../words.js';
import { get } from '../base/api.js';
import { fill, h, icon } from '../base/dom.js';
import { EndlessList, notice } from '../base/endless-list.js';
import { isAborted, messageOf } from '../base/errors.js';
import { openMenu } from '../base/menu.js';
import { replaceQuery } from '../base/router.js';
import { searchBox } from '../base/search-box.js';
import { folderMenu } from './actions.js';
import { handleGridKeys } from './grid-keys.js';
import { Grid } from './grid.js';
import { IngestBanner } from './ingest-banner.js';
import { library } from './library.js';
import { shareFolder } from './share.js';

/** @import { Route } from '../base/router.js' */

const PAGE = 100;
// The first is the order of the API, which it has for any number of assets.
const FOLDER_SORTS = [['', 'Name'], ['-created', 'Newest first']];
const LIBRARY_SORTS = [['', 'Folder'], ['-created', 'Newest first']];

/**
 * The last gallery and its address, cached for Back.
 * @type {{ key: string, gallery: Gallery } | null}
 */
let cached = null;

/**
 * The page of the whole library (`id` null) or of a folder; the cached one if it has the same address.
 * @param {Route} route
 */
export function galleryPage({ id, query }) {
  const key = `${location.pathname}${location.search}`;
  if (cached?.key === key && !cached.gallery.element.isConnected) return cached.gallery;
  cached?.gallery.dispose();
  const gallery = new Gallery(id, query);
  cached = { key, gallery };
  return gallery;
}

/**
 * The neighbours of an asset in the gallery it was opened from, and that gallery's address.
 * @param {string} assetId
 * @returns {{ back: string | null, previous?: Api.Asset, next?: Api.Asset, focus?: () => void }}
 */
export function findNeighbours(assetId) {
  const { grid } = cached?.gallery ?? {};
  const tiles = grid?.tiles ?? [];
  const at = tiles.findIndex(tile => tile.asset.id === assetId);
  const tile = tiles[at];
  if (!cached || !tile) return { back: null };
  return { back: cached.key, previous: tiles[at - 1]?.asset, next: tiles[at + 1]?.asset, focus: () => grid?.makeCurrent(tile) };
}

class Gallery {
  /**
   * The start of each loaded page: its cursor and the id of its first asset.
   * @type {{ cursor: string | null, id: string | undefined }[]}
   */
  #starts = [];
  #lifetime = new AbortController();
  #scrollTop = 0;
  #subtitle = h('p', { class: 'subtitle' });
  #subfolders = h('div', { class: 'subfolders' });

  /**
   * @param {string | null} id
   * @param {URLSearchParams} query
   */
  constructor(id, query) {
    const { signal } = this.#lifetime;
    this.folder = id ? library.folder(id) : null;
    this.search = query.get('q') ?? '';
    this.sorts = this.folder ? FOLDER_SORTS : LIBRARY_SORTS;
    this.sort = this.sorts.find(([sort]) => sort === query.get('sort'))?.[0] ?? '';
    this.title = this.folder?.name ?? 'All assets';
    this.element = h('section', { class: 'page gallery', 'aria-label': this.title });
    this.grid = new Grid({ onStale: () => this.#refresh(), signal });
    this.searchBox = searchBox({
      value: this.search, label: `Search in ${this.title}`, placeholder: this.folder ? undefined : 'Search',
      onSearch: () => this.#restart(), signal,
    });
    this.list = this.#newList();
    if (id && !this.folder) {
      fill(this.element, notice({
        picture: 'folder', title: 'This folder does not exist',
        text: 'It may have been renamed or removed.',
        action: h('a', { class: 'button', href: '/' }, 'Show all assets'),
      }));
      return;
    }
    this.searchBox.input.addEventListener('keydown', event => {
      if (event.key === 'Escape') this.searchBox.input.blur();
      const tile = this.grid.current;
      if (event.key === 'ArrowDown' && tile) this.grid.makeCurrent(tile, { focus: true });
    });
    library.addEventListener('folders', () => this.#showSubfolders(), { signal });
    library.addEventListener('ingest', () => this.#followIngest(), { signal });
    handleGridKeys(this.grid, this.folder, signal);
    fill(this.element, this.#header(), new IngestBanner(signal).element,
      h('div', { class: 'gallery-body' }, this.#subfolders, this.grid.element, this.list.foot));
    this.#showSubfolders();
    this.list.start();
  }

  dispose() {
    this.#lifetime.abort();
  }

  /**
   * Called by the frame when the page is shown (again).
   * @param {Element} scroller
   */
  onShown(scroller) {
    scroller.scrollTop = this.#scrollTop;
    if (this.#scrollTop) this.grid.current?.anchor.focus({ preventScroll: true });
  }

  /**
   * Called by the frame when the page is left.
   * @param {Element} scroller
   */
  onLeft(scroller) {
    this.#scrollTop = scroller.scrollTop;
  }

  #header() {
    const { folder } = this;
    const trail = folder ? library.trail(folder).slice(0, -1) : [];
    const crumbs = folder && h('nav', { class: 'crumbs', 'aria-label': 'Path' },
      h('a', { href: '/' }, 'All assets'), trail.map(above => [icon('chevron-right'), h('a', { href: `/folders/${above.id}` }, above.name)]));
    const sort = h('select', { class: 'sort', 'aria-label': 'Sort' }, this.sorts.map(([value, label]) =>
      h('option', { value, selected: value === this.sort }, label)));
    sort.addEventListener('change', () => {
      this.sort = sort.value;
      this.#restart();
    });
    const share = folder && library.mayShare
      && h('button', { type: 'button', class: 'button primary', onclick: () => shareFolder(folder) }, icon('share'), 'Share');
    return h('header', { class: 'page-header' },
      h('div', { class: 'page-title' }, crumbs, h('h1', {}, this.title), this.#subtitle),
      h('div', { class: 'page-tools' }, this.searchBox.label, sort, share));
  }

  #showSubtitle() {
    fill(this.#subtitle, this.#subtitleWords());
  }

  #subtitleWords() {
    if (this.search) return `Results for “${this.search}”`;
    if (!this.folder) return library.ingest.total ? count(library.ingest.total, 'asset') : '';
    return count(library.folder(this.folder.id)?.asset_count ?? this.folder.asset_count, 'asset');
  }

  #showSubfolders() {
    const inside = this.folder && !this.search ? library.children(this.folder.id) : [];
    fill(this.#subfolders, inside.map(folder => h('a', {
      class: 'folder-card', href: `/folders/${folder.id}`,
      oncontextmenu: event => { event.preventDefault(); openMenu(folderMenu(folder), event); },
    }, icon('folder'), h('span', { class: 'folder-name' }, folder.name), h('span', { class: 'muted' }, count(folder.asset_count, 'asset')))));
    this.#subfolders.hidden = inside.length === 0;
    this.#showSubtitle();
  }

  /** @returns {EndlessList<Api.Asset>} */
  #newList() {
    return new EndlessList({
      signal: this.#lifetime.signal,
      fetchPage: cursor => this.#fetch(cursor),
      addPage: (assets, cursor) => {
        this.#starts.push({ cursor, id: assets[0]?.id });
        this.grid.insert(assets);
      },
      skeleton: () => h('div', { class: 'grid', 'aria-busy': 'true', 'aria-label': 'Loading' }, Array.from({ length: 18 }, () =>
        h('div', { class: 'tile' }, h('span', { class: 'mat skeleton' }), h('span', { class: 'skeleton line' }), h('span', { class: 'skeleton line short' })))),
      empty: () => this.#emptyNotice(),
    });
  }

  /**
   * @param {string | null} cursor
   * @returns {Promise<Api.List<Api.Asset>>}
   */
  #fetch(cursor) {
    const within = this.folder ? `folder:${this.folder.id}` : null;
    return get('/api/assets', { in: within, q: this.search, sort: this.sort, cursor, limit: PAGE }, this.#lifetime.signal);
  }

  #emptyNotice() {
    if (this.search) {
      const clear = () => {
        this.searchBox.input.value = '';
        this.#restart();
      };
      return notice({
        picture: 'search', title: 'Nothing found',
        text: `No asset ${this.folder ? `in ${this.title} ` : ''}matches “${this.search}”.`,
        action: h('button', { type: 'button', class: 'button', onclick: clear }, 'Clear the search'),
      });
    }
    if (!this.#subfolders.hidden) {
      return notice({ picture: 'folder', title: 'Only folders here', text: 'Open one of the folders above to see its assets.' });
    }
    return this.folder
      ? notice({ picture: 'image', title: 'This folder is empty', text: 'Files put into this folder of the library appear here.' })
      : notice({ picture: 'image', title: 'The library is empty', text: 'Files put into the library appear here within seconds.' });
  }

  #restart() {
    this.search = this.searchBox.input.value.trim();
    replaceQuery({ q: this.search, sort: this.sort });
    if (cached) cached.key = `${location.pathname}${location.search}`;
    this.#starts = [];
    this.grid.clear();
    this.#showSubfolders();
    const { foot } = this.list;
    this.list = this.#newList();
    foot.replaceWith(this.list.foot);
    this.list.start();
  }

  // During ingest only assets in or near view are read again. After it all loaded pages are, because new files may
  // belong between the others.
  async #followIngest() {
    this.#showSubtitle();
    await this.#refresh(library.ingest.processing === 0 ? { start: this.#starts[0], last: Infinity } : undefined);
  }

  async #refresh({ start, last } = this.#nearView()) {
    if (!this.element.isConnected || !start) return;
    const { grid } = this;
    const known = this.#starts;
    let { cursor } = start;
    let at = Math.max(0, grid.tiles.findIndex(tile => tile.asset.id === start.id));
    try {
      do {
        const page = await this.#fetch(cursor);
        if (known !== this.#starts) return;
        at = grid.merge(page.items, at);
        if (grid.tiles.length) this.list.hideEmpty();
        cursor = page.next;
      } while (cursor && at <= Math.min(last, grid.tiles.length - 1));
      if (cursor && !this.list.next && at === grid.tiles.length) this.list.resumeFrom(cursor);
    } catch (error) {
      // The tiles stay as they are; the next change of ingest's figures tries again.
      if (!isAborted(error)) console.info('The gallery was not refreshed:', messageOf(error));
    }
  }

  // The start of the page that contains the first tile near view, and the index of the last tile near view.
  #nearView() {
    const { tiles } = this.grid;
    const isNear = (/** @type {{ element: Element }} */ tile) => {
      const box = tile.element.getBoundingClientRect();
      return box.bottom > -innerHeight && box.top < innerHeight * 2;
    };
    const first = Math.max(0, tiles.findIndex(isNear));
    const before = new Set(tiles.slice(0, first + 1).map(tile => tile.asset.id));
    return {
      start: this.#starts.findLast(start => start.id !== undefined && before.has(start.id)) ?? this.#starts[0],
      last: tiles.findLastIndex(isNear),
    };
  }
}
