// What every page needs: the signed-in user, the folders, and the progress of ingest.

import { get } from '../base/api.js';
import { messageOf } from '../base/errors.js';

// From lowest to highest.
const LEVELS = ['browser', 'consumer', 'importer', 'producer', 'manager', 'director', 'administrator'];
const BUSY_MS = 2_000;
const IDLE_MS = 20_000;
// Of 200 folders each.
const MOST_PAGES = 50;

class Library extends EventTarget {
  /** @type {Api.Me} */
  me = { id: '', name: '', level: '' };
  /** @type {Api.Folder[]} */
  folders = [];
  /** @type {Api.Ingest} */
  ingest = { total: 0, ready: 0, failed: 0, processing: 0 };
  /** @type {Map<string, Api.Folder>} */
  #byId = new Map();

  /** Reads the user and the folders; pages need both. */
  async load() {
    this.me = await get('/api/me');
    if (this.hasAccess) await this.reloadFolders();
  }

  async reloadFolders() {
    /** @type {Api.Folder[]} */
    const folders = [];
    let cursor = '';
    for (let page = 0; page < MOST_PAGES; page++) {
      /** @type {Api.List<Api.Folder>} */
      const answer = await get(`/api/folders?limit=200${cursor && `&cursor=${cursor}`}`);
      folders.push(...answer.items);
      if (!answer.next) break;
      cursor = answer.next;
    }
    this.folders = folders;
    this.#byId = new Map(this.folders.map(folder => [folder.id, folder]));
    this.dispatchEvent(new Event('folders'));
  }

  /** @param {string} id */
  folder(id) {
    return this.#byId.get(id) ?? null;
  }

  /**
   * The folders directly inside `id`, by name.
   * @param {string | null} id
   */
  children(id) {
    return this.folders
      .filter(folder => folder.parent === id)
      .sort((a, b) => a.name.localeCompare(b.name, undefined, { numeric: true }));
  }

  /** The topmost folders; first the root folder, if it has assets of its own. */
  get top() {
    const root = this.folders.find(folder => folder.path === '');
    return root ? [...(root.asset_count > 0 ? [root] : []), ...this.children(root.id)] : this.children(null);
  }

  /**
   * The path of folders from the topmost down to `folder`.
   * @param {Api.Folder} folder
   * @returns {Api.Folder[]}
   */
  trail(folder) {
    const parent = folder.parent ? this.folder(folder.parent) : null;
    return parent?.path ? [...this.trail(parent), folder] : [folder];
  }

  get hasAccess() {
    return LEVELS.includes(this.me.level);
  }

  /** Consumers and above can make links; browsers can't. */
  get mayShare() {
    return LEVELS.indexOf(this.me.level) >= LEVELS.indexOf('consumer');
  }

  get isAdministrator() {
    return this.me.level === 'administrator';
  }

  /** Polls the progress of ingest while the window is open, and dispatches `ingest` when it changes. */
  async followIngest() {
    for (;;) {
      if (!document.hidden) await this.#readIngest();
      await new Promise(resolve => { setTimeout(resolve, this.ingest.processing > 0 ? BUSY_MS : IDLE_MS); });
    }
  }

  async #readIngest() {
    try {
      const before = this.ingest;
      this.ingest = await get('/api/ingest');
      if (JSON.stringify(before) === JSON.stringify(this.ingest)) return;
      if (before.total !== this.ingest.total) await this.reloadFolders();
      this.dispatchEvent(new Event('ingest'));
    } catch (error) {
      // Only figures are missing; the next round reads them again.
      console.info('Progress of ingest is unknown:', messageOf(error));
    }
  }
}

/** The library of this window; it dispatches `folders` and `ingest`. */
export const library = new Library();
