// The page of one asset: a large preview, its details, and Share.

import { get } from '../base/api.js';
import { fill, h, icon } from '../base/dom.js';
import { failureNotice } from '../base/endless-list.js';
import { isAborted } from '../base/errors.js';
import { capital, fileInformation, moment } from '../base/format.js';
import { isPlain, onKey } from '../base/keys.js';
import { nameLine, picture, typeIcon } from '../base/picture.js';
import { navigate } from '../base/router.js';
import { bytes, fileType } from '../words.js';
import { findNeighbours } from './gallery-page.js';
import { library } from './library.js';
import { shareAsset } from './share.js';

// How often an asset that is being processed is read again.
const RELOAD_MS = 2_000;

/** @import { Child } from '../base/dom.js' */
/** @import { Route } from '../base/router.js' */

/**
 * The page of the asset `id`.
 * @param {Route} route
 */
export function assetPage({ id: routeId }) {
  const id = routeId ?? '';
  const lifetime = new AbortController();
  const { back, previous, next, focus } = findNeighbours(id);
  focus?.();
  const page = {
    title: 'Asset',
    element: h('section', { class: 'page asset-page', 'aria-busy': 'true' }),
    dispose: () => lifetime.abort(),
  };
  /** @type {Api.Asset | null} */
  let asset = null;

  const load = async () => {
    /** @type {Api.Asset} */
    let loaded;
    try {
      loaded = await get(`/api/assets/${id}`, {}, lifetime.signal);
    } catch (error) {
      if (!isAborted(error)) fill(page.element, bar(null), failureNotice(error, load));
      return;
    }
    asset = loaded;
    page.title = asset.name;
    document.title = `${asset.name} · Vitrine`;
    page.element.setAttribute('aria-label', asset.name);
    page.element.removeAttribute('aria-busy');
    fill(page.element, bar(asset), h('div', { class: 'asset-columns' }, stage(asset), aside(asset)));
    if (asset.state === 'processing') setTimeout(() => { if (!lifetime.signal.aborted) load(); }, RELOAD_MS);
  };

  const step = (/** @type {Api.Asset | undefined} */ to, /** @type {string} */ label, /** @type {string} */ name) => h('a', {
    class: 'button icon quiet', href: to ? `/assets/${to.id}` : null, 'aria-label': label, title: label,
    role: to ? null : 'link', 'aria-disabled': to ? null : 'true',
  }, icon(name));

  const bar = (/** @type {Api.Asset | null} */ shown) => {
    const folder = shown && library.folder(shown.folder);
    const home = back ?? (folder ? `/folders/${folder.id}` : '/');
    return h('header', { class: 'asset-bar' },
      h('a', { class: 'button quiet', href: home }, icon('arrow-left'), folder && home === `/folders/${folder.id}` ? folder.name : 'Back'),
      h('span', { class: 'asset-bar-tools' },
        (previous || next) && [step(previous, 'Previous asset', 'chevron-left'), step(next, 'Next asset', 'chevron-right')],
        shown && library.mayShare
          && h('button', { type: 'button', class: 'button primary', onclick: () => shareAsset(shown) }, icon('share'), 'Share')));
  };

  onKey(event => {
    if (!isPlain(event)) return;
    if (event.key === 'ArrowLeft' && previous) navigate(`/assets/${previous.id}`, { replace: true });
    else if (event.key === 'ArrowRight' && next) navigate(`/assets/${next.id}`, { replace: true });
    else if (event.key === 'Escape') navigate(back ?? (asset ? `/folders/${asset.folder}` : '/'));
    else if (event.key.toLowerCase() === 's' && asset && library.mayShare) {
      event.preventDefault();
      shareAsset(asset);
    }
  }, lifetime.signal);

  fill(page.element, bar(null), h('div', { class: 'asset-columns' },
    h('div', { class: 'stage skeleton' }), h('aside', {}, [1, 2, 3].map(() => h('p', { class: 'skeleton line' }, '\u00a0')))));
  load();
  return page;
}

/** @param {Api.Asset} asset */
function stage(asset) {
  if (asset.preview || asset.thumbnail_url) return h('figure', { class: 'stage' }, picture(asset, { large: true, eager: true }));
  const words = {
    processing: 'The preview is being made.',
    failed: asset.reason ?? 'This file could not be read.',
    ready: 'This kind of file has no preview.',
  };
  return h('figure', { class: 'stage' }, h('span', { class: 'no-picture' }, typeIcon(asset), h('span', {}, words[asset.state])));
}

/** @param {Api.Asset} asset */
function aside(asset) {
  const folder = library.folder(asset.folder);
  const attributes = Object.entries(asset.attributes);
  return h('aside', { class: 'asset-facts' },
    h('h1', { class: 'asset-name' }, nameLine(asset.name)),
    facts('Details', [
      ['File type', fileType(asset.file_type)],
      ['Size', bytes(asset.size)],
      ['File information', fileInformation(asset)],
      ['Folder', folder && h('a', { href: `/folders/${folder.id}` }, folder.path || folder.name)],
      ['Created', asset.created && moment(asset.created)],
      ['Modified', asset.modified && moment(asset.modified)],
    ]),
    attributes.length > 0 && facts('Attributes', attributes),
    asset.renditions.length > 0 && facts('Renditions', asset.renditions.map(name => [capital(name), 'Available'])));
}

/**
 * @param {string} title
 * @param {[name: string, value: Child][]} rows
 */
function facts(title, rows) {
  return h('section', {}, h('h2', {}, title), h('dl', {}, rows.filter(([, value]) => value)
    .map(([name, value]) => h('div', {}, h('dt', {}, name), h('dd', {}, value)))));
}
