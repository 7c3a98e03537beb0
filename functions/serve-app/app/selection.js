// The assets picked for sharing. There is one selection, kept while folders are browsed.

class Selection extends EventTarget {
  #assets = new Map();
  #anchor = null;

  /** The picked assets, in the order they were picked. */
  get assets() {
    return [...this.#assets.values()];
  }

  get size() {
    return this.#assets.size;
  }

  has(id) {
    return this.#assets.has(id);
  }

  /** Picks an asset or lets it go; a following range starts here. */
  toggle(asset) {
    if (!this.#assets.delete(asset.id)) this.#assets.set(asset.id, asset);
    this.#anchor = asset.id;
    this.#changed();
  }

  /** Picks all from where the last pick was to `asset`, among those `shown`. */
  extendTo(asset, shown) {
    const to = shown.findIndex(other => other.id === asset.id);
    const anchor = shown.findIndex(other => other.id === this.#anchor);
    const from = anchor < 0 ? to : anchor;
    for (const other of shown.slice(Math.min(from, to), Math.max(from, to) + 1)) this.#assets.set(other.id, other);
    if (anchor < 0) this.#anchor = asset.id;
    this.#changed();
  }

  /** Where a range starts if nothing was picked before: the asset the arrows left from. */
  startAt(asset) {
    if (this.size === 0) this.#anchor = asset.id;
  }

  addAll(shown) {
    for (const asset of shown) this.#assets.set(asset.id, asset);
    this.#changed();
  }

  clear() {
    this.#assets.clear();
    this.#anchor = null;
    this.#changed();
  }

  #changed() {
    this.dispatchEvent(new Event('change'));
  }
}

/** The selection of this window; `change` is dispatched on it. */
export const selection = new Selection();
