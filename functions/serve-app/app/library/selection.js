// The assets selected for sharing. There is one selection, kept when one goes to another folder.

class Selection extends EventTarget {
  /** @type {Map<string, Api.Asset>} */
  #assets = new Map();
  /** @type {string | null} */
  #anchor = null;

  /** The selected assets, in the order of selection. */
  get assets() {
    return [...this.#assets.values()];
  }

  get size() {
    return this.#assets.size;
  }

  /** @param {string} id */
  has(id) {
    return this.#assets.has(id);
  }

  /**
   * Selects or deselects an asset; the next range starts at it.
   * @param {Api.Asset} asset
   */
  toggle(asset) {
    if (!this.#assets.delete(asset.id)) this.#assets.set(asset.id, asset);
    this.#anchor = asset.id;
    this.#notify();
  }

  /**
   * Selects the range from the last selected asset to `asset`, among those `shown`.
   * @param {Api.Asset} asset
   * @param {Api.Asset[]} shown
   */
  extendTo(asset, shown) {
    const to = shown.findIndex(other => other.id === asset.id);
    const anchor = shown.findIndex(other => other.id === this.#anchor);
    const from = anchor < 0 ? to : anchor;
    for (const other of shown.slice(Math.min(from, to), Math.max(from, to) + 1)) this.#assets.set(other.id, other);
    if (anchor < 0) this.#anchor = asset.id;
    this.#notify();
  }

  /**
   * Sets where a range starts if nothing is selected yet.
   * @param {Api.Asset} asset
   */
  startAt(asset) {
    if (this.size === 0) this.#anchor = asset.id;
  }

  /** @param {Api.Asset[]} shown */
  addAll(shown) {
    for (const asset of shown) this.#assets.set(asset.id, asset);
    this.#notify();
  }

  clear() {
    this.#assets.clear();
    this.#anchor = null;
    this.#notify();
  }

  #notify() {
    this.dispatchEvent(new Event('change'));
  }
}

/** The selection of this window; it dispatches `change`. */
export const selection = new Selection();
