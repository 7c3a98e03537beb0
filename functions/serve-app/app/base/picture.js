// The picture and the name of an asset, for every place that shows one.

import { splitName } from '../words.js';
import { h, icon } from './dom.js';

const ICONS = new Map(Object.entries({
  pdf: 'pdf', wav: 'audio', mp3: 'audio', flac: 'audio', m4a: 'audio', mp4: 'video', mov: 'video', webm: 'video',
  zip: 'archive', svg: 'vector', ai: 'vector', csv: 'sheet', xlsx: 'sheet', ttf: 'font', otf: 'font', jpg: 'image', png: 'image',
}));

/**
 * The icon of an asset without a picture, by its file type.
 * @param {Api.Asset} asset
 */
export function typeIcon(asset) {
  return icon(ICONS.get(asset.file_type) ?? 'document');
}

/**
 * An asset's picture, never cropped, or the reason why there is none (yet). `large` prefers the preview.
 * @param {Api.Asset} asset
 * @param {{ large?: boolean, eager?: boolean }} [options]
 */
export function picture(asset, { large = false, eager = false } = {}) {
  const source = large ? asset.preview?.url ?? asset.thumbnail_url : asset.thumbnail_url;
  if (source) {
    // Width and height reserve the space, so that the page does not move when pictures arrive.
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

/**
 * A file name in one line; if it is shortened, its extension stays visible.
 * @param {string} name
 */
export function nameLine(name) {
  const [stem, extension] = splitName(name);
  return h('span', { class: 'name', title: name }, h('span', { class: 'stem' }, stem), h('span', {}, extension));
}
