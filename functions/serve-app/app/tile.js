// One asset in the gallery: picture on its mat, name, facts, and the controls that appear on it.

import { fill, h, icon, iconButton } from './dom.js';
import { facts, splitName } from './format.js';

const PICTURES = {
  pdf: 'pdf', wav: 'audio', mp3: 'audio', flac: 'audio', m4a: 'audio', mp4: 'video', mov: 'video', webm: 'video',
  zip: 'archive', svg: 'vector', ai: 'vector', csv: 'sheet', xlsx: 'sheet', ttf: 'font', otf: 'font', jpg: 'image', png: 'image',
};

/** The icon of an asset that has no picture of its own. */
export function typeIcon(asset) {
  return icon(PICTURES[asset.file_type] ?? 'document');
}

/** An asset's picture, never cropped, or in words why there is none (yet). `large` prefers the preview. */
export function picture(asset, { large = false, eager = false } = {}) {
  const source = large ? asset.preview?.url ?? asset.thumbnail_url : asset.thumbnail_url;
  if (source) {
    // Known dimensions reserve the space, so nothing jumps as pictures arrive.
    const shape = asset.preview ?? asset;
    return h('img', {
      src: source, alt: '', width: shape.width, height: shape.height, decoding: 'async',
      loading: eager ? null : 'lazy', draggable: 'false',
    });
  }
  if (asset.state === 'processing') return h('span', { class: 'no-picture skeleton' }, h('span', { class: 'visually-hidden' }, 'Being processed'));
  return h('span', { class: 'no-picture' }, typeIcon(asset),
    asset.state === 'failed' && h('span', { class: 'no-picture-why' }, 'No preview'));
}

/** A file name in one line that keeps its extension when it is cut short. */
export function nameLine(name) {
  const [stem, extension] = splitName(name);
  return h('span', { class: 'name', title: name }, h('span', { class: 'stem' }, stem), h('span', {}, extension));
}

/** A tile; `selectable` is whether the user may share. What a press does is the gallery's affair. */
export class Tile {
  /** How often its picture failed to load since one did. */
  failures = 0;

  constructor(asset, { selectable }) {
    this.check = selectable ? h('input', { type: 'checkbox', class: 'tile-check', tabindex: '-1' }) : null;
    this.more = iconButton('more', 'Actions', { class: 'button icon quiet tile-more', tabindex: '-1', 'aria-haspopup': 'menu' });
    this.mat = h('span', { class: 'mat' });
    this.caption = h('span', { class: 'caption' });
    this.anchor = h('a', { class: 'tile-open', href: `/assets/${asset.id}`, tabindex: '-1', draggable: 'false' }, this.mat, this.caption);
    this.element = h('li', { class: 'tile', 'data-id': asset.id }, this.anchor, this.check, this.more);
    this.show(asset);
  }

  /** Shows the asset, anew if ingest has come further since. */
  show(asset) {
    const unchanged = this.asset && this.asset.state === asset.state && this.asset.modified === asset.modified
      && Boolean(this.asset.thumbnail_url) === Boolean(asset.thumbnail_url);
    this.asset = asset;
    if (unchanged && this.failures === 0) return;
    fill(this.mat, picture(asset, { large: true }));
    fill(this.caption, nameLine(asset.name), h('span', { class: 'facts' }, facts(asset)));
    this.element.title = asset.state === 'failed' ? asset.reason ?? 'This file could not be read.' : '';
    this.check?.setAttribute('aria-label', `Select ${asset.name}`);
    this.more.setAttribute('aria-label', `Actions for ${asset.name}`);
  }

  select(isSelected) {
    this.element.classList.toggle('selected', isSelected);
    if (this.check) this.check.checked = isSelected;
  }

  /** Only one tile is a tab stop; arrows move among the others. */
  setCurrent(isCurrent) {
    for (const control of [this.anchor, this.check, this.more]) {
      if (control) control.tabIndex = isCurrent ? 0 : -1;
    }
  }
}
