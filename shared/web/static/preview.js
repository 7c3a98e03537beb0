// The preview stage: one asset large; arrow keys, buttons or a swipe show the next one.

import { closest, find, findAll } from './elements.js';
import { number, splitName } from './words.js';

const stage = find(document, '#stage', HTMLDialogElement);
const part = (/** @type {string} */ name) => find(stage, `.stage-${name}`, HTMLElement);
const view = part('window');

/** The largest factor by which a preview (at most 500 px long) is enlarged; more would look blurred. */
const ENLARGED = 1.8;

/** @typedef {{ kind: string, url: string, width: number, height: number }} Source */

/** @type {HTMLElement | undefined} */
let shown;

const listAssets = () => findAll(document, '.asset', HTMLElement);

/**
 * How to show an asset large, from the attributes of its thumbnail's link.
 * @param {Element} asset
 * @returns {Source}
 */
function sourceOf(asset) {
  const open = asset.querySelector('.open');
  const { kind = 'none', width = 0, height = 0 } = open instanceof HTMLElement ? open.dataset : {};
  const url = open instanceof HTMLAnchorElement ? open.href : '';
  return { kind, url, width: Number(width), height: Number(height) };
}

/**
 * @param {Source} source
 * @param {string} name
 */
function buildImage({ url, width, height }, name) {
  const image = new Image(width, height);
  image.className = 'waiting';
  image.alt = name;
  image.style.inlineSize = `${width * ENLARGED}px`;
  image.addEventListener('load', () => image.classList.remove('waiting'));
  image.addEventListener('error', () => {
    if (view.contains(image)) view.replaceChildren(buildWords('The preview could not be loaded. Close it and reload the page.'));
  });
  image.src = url;
  if (image.complete && image.naturalWidth > 0) image.classList.remove('waiting');
  return image;
}

/**
 * @param {string} text
 * @param {Node | null} [glyph]
 */
function buildWords(text, glyph) {
  const box = document.createElement('span');
  box.className = 'stand-in';
  if (glyph) box.append(glyph.cloneNode(true));
  const state = document.createElement('span');
  state.className = 'state';
  state.textContent = text;
  box.append(state);
  return box;
}

/**
 * @param {'video' | 'audio'} kind
 * @param {Source} source
 */
function buildPlayer(kind, { url, width, height }) {
  const media = document.createElement(kind);
  media.controls = true;
  media.preload = 'metadata';
  media.src = url;
  if (media instanceof HTMLVideoElement) [media.width, media.height] = [width, height];
  return media;
}

/** @param {HTMLElement} asset */
function buildContent(asset) {
  const source = sourceOf(asset);
  switch (source.kind) {
    case 'image':
      return buildImage(source, asset.dataset.name ?? '');
    case 'video':
    case 'audio':
      return buildPlayer(source.kind, source);
    default: {
      const reason = asset.querySelector('.state')?.textContent ?? 'No preview for this file type';
      return buildWords(reason, asset.querySelector('.stand-in > .glyph'));
    }
  }
}

/**
 * Copies the asset's download buttons into the stage.
 * @param {HTMLElement} asset
 */
function copyDownloads(asset) {
  const place = part('get');
  const hadFocus = place.contains(document.activeElement);
  place.replaceChildren();
  for (const control of findAll(asset, '.get-cell > *, .one-get > *', HTMLElement)) {
    const copy = /** @type {HTMLElement} */ (control.cloneNode(true));
    if (copy.id) copy.id = `stage-${copy.id}`;
    const target = copy.getAttribute('popovertarget');
    if (target) copy.setAttribute('popovertarget', `stage-${target}`);
    if (copy.matches('.button')) {
      copy.className = 'button quiet icon get';
      copy.ariaLabel = `Download ${asset.dataset.name}`;
      copy.replaceChildren(...findAll(copy, '.glyph', SVGElement).slice(0, 1));
    }
    place.append(copy);
  }
  place.dataset.asset = asset.dataset.asset;
  // A replaced button loses the focus, which must stay in the stage.
  if (hadFocus) (findAll(place, 'a, button', HTMLElement)[0] ?? part('close')).focus();
}

/** @param {HTMLElement} asset */
function show(asset) {
  shown = asset;
  const all = listAssets();
  const at = all.indexOf(asset);
  const { name = '', facts = '' } = asset.dataset;
  const [stem, extension] = splitName(name);
  find(stage, 'h2 > .stem', HTMLElement).textContent = stem;
  find(stage, 'h2 > .extension', HTMLElement).textContent = extension;
  part('facts').textContent = facts;
  // The link may share more assets than the pages loaded so far.
  const total = Math.max(all.length, Number(find(document, 'main', HTMLElement).dataset.count));
  part('place').textContent = total > 1 ? `${at + 1} of ${number(total)}` : '';
  view.replaceChildren(buildContent(asset));
  copyDownloads(asset);
  for (const [name, other] of /** @type {const} */ ([['previous', all[at - 1]], ['next', all[at + 1]]])) {
    const button = find(stage, `.stage-${name}`, HTMLButtonElement);
    button.hidden = total < 2;
    button.disabled = !other;
    if (other) {
      const neighbour = sourceOf(other);
      if (neighbour.kind === 'image') new Image().src = neighbour.url;
    }
  }
}

/** @param {number} by */
function step(by) {
  const all = listAssets();
  const next = shown && all[all.indexOf(shown) + by];
  if (next) show(next);
}

document.addEventListener('click', event => {
  const open = closest(event, '.asset a.open');
  const asset = closest(event, '.asset');
  if (!open || !asset || event.button !== 0 || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  event.preventDefault();
  show(asset);
  stage.showModal();
});

part('close').addEventListener('click', () => stage.close());
part('previous').addEventListener('click', () => step(-1));
part('next').addEventListener('click', () => step(1));
// A click beside the asset closes the stage.
view.addEventListener('click', event => {
  if (event.target === view && !isSwiped) stage.close();
});

// On the document, because a button that becomes disabled at the first or last asset loses the focus.
document.addEventListener('keydown', event => {
  if (!stage.open) return;
  // A player keeps its own arrow keys, and so does an open menu.
  if (closest(event, 'video, audio, .menu') || event.altKey || event.ctrlKey || event.metaKey) return;
  const by = new Map([['ArrowLeft', -1], ['ArrowRight', 1]]).get(event.key);
  if (by) {
    event.preventDefault();
    step(by);
  } else if (event.key === 'Home' || event.key === 'End') {
    event.preventDefault();
    const asset = listAssets().at(event.key === 'Home' ? 0 : -1);
    if (asset) show(asset);
  }
});

stage.addEventListener('close', () => {
  view.replaceChildren();
  part('get').replaceChildren();
  if (!shown) return;
  // Focus returns to the asset shown last, which may be another one than was clicked.
  const [open] = [...findAll(shown, 'a.open', HTMLElement), ...findAll(shown, 'a, button, input', HTMLElement)];
  open?.focus({ preventScroll: true });
  open?.scrollIntoView({ block: 'nearest' });
});

/** @type {PointerEvent | undefined} */
let start;
let isSwiped = false;
view.addEventListener('pointerdown', event => {
  start = event.isPrimary && event.pointerType !== 'mouse' ? event : undefined;
  isSwiped = false;
});
view.addEventListener('pointerup', event => {
  if (!start) return;
  const [x, y] = [event.clientX - start.clientX, event.clientY - start.clientY];
  start = undefined;
  if (Math.abs(x) > 48 && Math.abs(x) > 2 * Math.abs(y)) {
    isSwiped = true;
    step(x < 0 ? 1 : -1);
  }
});
