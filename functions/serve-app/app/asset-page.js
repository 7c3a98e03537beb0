// One asset: its preview large, what is known of it, and Share.

import { get } from './api.js';
import { fill, h, icon } from './dom.js';
import { failureNotice } from './endless-list.js';
import { bytes, capital, fileInformation, fileType, moment } from './format.js';
import { neighbours } from './gallery.js';
import { isPlain, onKey } from './keys.js';
import { library } from './library.js';
import { navigate } from './router.js';
import { shareAsset } from './share.js';
import { nameLine, picture, typeIcon } from './tile.js';

const AGAIN_MS = 2_000;

/** The page of the asset `id`. */
export function assetPage({ id }) {
  const gone = new AbortController();
  const { back, previous, next, focus } = neighbours(id);
  focus?.();
  const page = {
    title: 'Asset',
    element: h('section', { class: 'page asset-page', 'aria-busy': 'true' }),
    dispose: () => gone.abort(),
  };
  let asset = null;

  const load = async () => {
    try {
      asset = await get(`/api/assets/${id}`, {}, gone.signal);
    } catch (error) {
      if (error.name !== 'AbortError') fill(page.element, bar(null), failureNotice(error, load));
      return;
    }
    page.title = asset.name;
    document.title = `${asset.name} · Vitrine`;
    page.element.setAttribute('aria-label', asset.name);
    page.element.removeAttribute('aria-busy');
    fill(page.element, bar(asset), h('div', { class: 'asset-columns' }, stage(asset), aside(asset)));
    if (asset.state === 'processing') setTimeout(() => { if (!gone.signal.aborted) load(); }, AGAIN_MS);
  };

  const step = (to, label, name) => h('a', {
    class: 'button icon quiet', href: to ? `/assets/${to.id}` : null, 'aria-label': label, title: label,
    role: to ? null : 'link', 'aria-disabled': to ? null : 'true',
  }, icon(name));

  const bar = shown => {
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
  }, gone.signal);

  fill(page.element, bar(null), h('div', { class: 'asset-columns' },
    h('div', { class: 'stage skeleton' }), h('aside', {}, [1, 2, 3].map(() => h('p', { class: 'skeleton line' }, '\u00a0')))));
  load();
  return page;
}

function stage(asset) {
  if (asset.preview || asset.thumbnail_url) return h('figure', { class: 'stage' }, picture(asset, { large: true, eager: true }));
  const words = {
    processing: 'The preview is being made.',
    failed: asset.reason ?? 'This file could not be read.',
    ready: 'This kind of file has no preview.',
  };
  return h('figure', { class: 'stage' }, h('span', { class: 'no-picture' }, typeIcon(asset), h('span', {}, words[asset.state])));
}

function aside(asset) {
  const folder = library.folder(asset.folder);
  const attributes = Object.entries(asset.attributes ?? {});
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
    attributes.length > 0 && facts('Attributes', attributes.map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : String(value)])),
    asset.renditions?.length > 0 && facts('Renditions', asset.renditions.map(rendition)));
}

function rendition(given) {
  const name = given.name ?? given.rendition ?? given;
  const size = [given.width && `${given.width} × ${given.height}`, given.size && bytes(given.size)].filter(Boolean).join(' · ');
  return [capital(name), size || 'Available'];
}

function facts(title, rows) {
  return h('section', {}, h('h2', {}, title), h('dl', {}, rows.filter(([, value]) => value)
    .map(([name, value]) => h('div', {}, h('dt', {}, name), h('dd', {}, value)))));
}
