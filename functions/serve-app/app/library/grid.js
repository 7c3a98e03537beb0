// The tiles of a gallery: their order, the selected ones, the current one, and clicks.

import { h, sourceOf } from '../base/dom.js';
import { openMenu } from '../base/menu.js';
import { assetMenu } from './actions.js';
import { library } from './library.js';
import { selection } from './selection.js';
import { Tile } from './tile.js';

// After a picture could not be loaded: how long to wait for others that fail too, and how many tries there are.
const SETTLE_MS = 500;
const TRIES = 3;

/** A grid of tiles. */
export class Grid {
  /** @type {Tile[]} */
  tiles = [];
  /** @type {Map<string, Tile>} */
  #byId = new Map();
  /** @type {Tile | null} */
  #current = null;
  element = h('ul', { class: 'grid' });

  /**
   * @param {object} options
   * @param {() => void} options.onStale is called when pictures could not be loaded because their URLs have expired
   * @param {AbortSignal} options.signal removes the grid's listeners
   */
  constructor({ onStale, signal }) {
    selection.addEventListener('change', () => this.#markSelected(), { signal });
    this.element.addEventListener('click', event => this.#click(event));
    this.element.addEventListener('contextmenu', event => {
      const tile = this.tileOf(event);
      if (!tile) return;
      event.preventDefault();
      this.makeCurrent(tile);
      // A menu opened by the keyboard has no pointer position, so it opens below the tile.
      openMenu(assetMenu(tile.asset), event.clientX || event.clientY ? event : tile.anchor);
    });
    this.element.addEventListener('focusin', event => {
      const tile = this.tileOf(event);
      if (tile && tile !== this.#current) this.makeCurrent(tile);
    });
    // Pictures' URLs are valid for some minutes; a picture that fails to load needs a new one.
    /** @type {number | undefined} */
    let renewal;
    this.element.addEventListener('error', event => {
      const tile = this.tileOf(event);
      if (!tile) return;
      tile.failures += 1;
      clearTimeout(renewal);
      if (tile.failures <= TRIES) renewal = setTimeout(onStale, SETTLE_MS);
    }, { capture: true });
    this.element.addEventListener('load', event => {
      const tile = this.tileOf(event);
      if (tile) tile.failures = 0;
    }, { capture: true });
  }

  /** The assets of the tiles, in order. */
  get assets() {
    return this.tiles.map(tile => tile.asset);
  }

  /** The one tile that the Tab key reaches. */
  get current() {
    return this.#current;
  }

  clear() {
    this.tiles = [];
    this.#byId.clear();
    this.#current = null;
    this.element.replaceChildren();
  }

  /**
   * Adds tiles for the assets that have none yet.
   * @param {Api.Asset[]} assets
   * @param {number} [at] the index of the first new tile
   */
  insert(assets, at = this.tiles.length) {
    const added = assets.filter(asset => !this.#byId.has(asset.id)).map(asset => new Tile(asset, { selectable: library.mayShare }));
    for (const tile of added) {
      this.#byId.set(tile.asset.id, tile);
      tile.select(selection.has(tile.asset.id));
    }
    const next = this.tiles[at];
    this.tiles.splice(at, 0, ...added);
    const fragment = document.createDocumentFragment();
    fragment.append(...added.map(tile => tile.element));
    this.element.insertBefore(fragment, next?.element ?? null);
    const [first] = this.tiles;
    if (!this.#current && first) this.makeCurrent(first);
  }

  /**
   * Updates the tiles of assets that were read again, and inserts new ones. Returns the index after the last of them.
   * @param {Api.Asset[]} assets
   * @param {number} from the index of the first of them
   */
  merge(assets, from) {
    let at = from;
    for (const asset of assets) {
      const tile = this.#byId.get(asset.id);
      if (tile) tile.show(asset);
      else this.insert([asset], at);
      at = this.tiles.findIndex(other => other.asset.id === asset.id) + 1;
    }
    return at;
  }

  /**
   * @param {Tile} tile
   * @param {{ focus?: boolean }} [options]
   */
  makeCurrent(tile, { focus = false } = {}) {
    this.#current?.setCurrent(false);
    this.#current = tile;
    tile.setCurrent(true);
    if (focus) {
      tile.anchor.focus({ preventScroll: true });
      tile.element.scrollIntoView({ block: 'nearest' });
    }
  }

  /**
   * The tile that contains an event's target.
   * @param {Event} event
   */
  tileOf(event) {
    const element = /** @type {HTMLElement | null} */ (sourceOf(event).closest('.tile'));
    return this.#byId.get(element?.dataset.id ?? '');
  }

  #markSelected() {
    for (const tile of this.tiles) tile.select(selection.has(tile.asset.id));
    this.element.classList.toggle('picking', selection.size > 0);
  }

  /** @param {MouseEvent} event */
  #click(event) {
    const tile = this.tileOf(event);
    if (!tile) return;
    if (tile.more.contains(sourceOf(event))) {
      openMenu(assetMenu(tile.asset), tile.more);
    } else if (library.mayShare && event.shiftKey) {
      event.preventDefault();
      selection.extendTo(tile.asset, this.assets);
      this.makeCurrent(tile, { focus: true });
    } else if (tile.check && (event.target === tile.check || event.ctrlKey || event.metaKey)) {
      // On the tick box the browser's own toggle is right; elsewhere the browser would follow the link.
      if (event.target !== tile.check) event.preventDefault();
      selection.toggle(tile.asset);
      this.makeCurrent(tile, { focus: event.target !== tile.check });
    }
  }
}
