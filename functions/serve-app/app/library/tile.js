// One asset in the gallery: picture, name, file information and controls.

import { fill, h, iconButton } from '../base/dom.js';
import { facts } from '../base/format.js';
import { nameLine, picture } from '../base/picture.js';

/** A tile. Its grid handles clicks on it. */
export class Tile {
  /** How often its picture failed to load since the last success. */
  failures = 0;

  /**
   * @param {Api.Asset} asset
   * @param {{ selectable: boolean }} options `selectable` is whether the user may share
   */
  constructor(asset, { selectable }) {
    this.asset = asset;
    this.check = selectable ? h('input', { type: 'checkbox', class: 'tile-check', tabindex: '-1' }) : null;
    this.more = iconButton('more', 'Actions', { class: 'button icon quiet tile-more', tabindex: '-1', 'aria-haspopup': 'menu' });
    this.mat = h('span', { class: 'mat' });
    this.caption = h('span', { class: 'caption' });
    this.anchor = h('a', { class: 'tile-open', href: `/assets/${asset.id}`, tabindex: '-1', draggable: 'false' }, this.mat, this.caption);
    this.element = h('li', { class: 'tile', 'data-id': asset.id }, this.anchor, this.check, this.more);
    this.#draw();
  }

  /**
   * Updates the asset, and draws the tile again if it looks different.
   * @param {Api.Asset} asset
   */
  show(asset) {
    const isUnchanged = this.asset.state === asset.state && this.asset.modified === asset.modified
      && Boolean(this.asset.thumbnail_url) === Boolean(asset.thumbnail_url);
    this.asset = asset;
    if (!isUnchanged || this.failures > 0) this.#draw();
  }

  #draw() {
    const { asset } = this;
    fill(this.mat, picture(asset, { large: true }));
    fill(this.caption, nameLine(asset.name), h('span', { class: 'facts' }, facts(asset)));
    this.element.title = asset.state === 'failed' ? asset.reason ?? 'This file could not be read.' : '';
    this.check?.setAttribute('aria-label', `Select ${asset.name}`);
    this.more.setAttribute('aria-label', `Actions for ${asset.name}`);
  }

  /** @param {boolean} isSelected */
  select(isSelected) {
    this.element.classList.toggle('selected', isSelected);
    if (this.check) this.check.checked = isSelected;
  }

  /**
   * Makes this tile reachable by the Tab key, or not; the arrow keys reach the others.
   * @param {boolean} isCurrent
   */
  setCurrent(isCurrent) {
    for (const control of [this.anchor, this.check, this.more]) {
      if (control) control.tabIndex = isCurrent ? 0 : -1;
    }
  }
}
