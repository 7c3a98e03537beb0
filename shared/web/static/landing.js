// Improvements of the landing page by script; its links also work without it.

import './preview.js';
import { download } from './bundle.js';
import { closest, find, findAll } from './elements.js';
import { bytes, count, number } from './words.js';

const root = document.documentElement;
const main = find(document, 'main', HTMLElement);

// -- the toggle of cards and list, stored in the browser -------------------------------

const toggles = findAll(document, '.segmented a[data-view]', HTMLAnchorElement);

/** @param {string | undefined} view */
function setView(view) {
  root.dataset.view = view;
  for (const toggle of toggles) {
    if (toggle.dataset.view === view) toggle.setAttribute('aria-current', 'true');
    else toggle.removeAttribute('aria-current');
  }
}

for (const toggle of toggles) {
  toggle.addEventListener('click', event => {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    setView(toggle.dataset.view);
    try {
      localStorage.setItem('vitrine-view', toggle.dataset.view ?? '');
    } catch {
      // The browser refuses storage: the choice is lost at the next page.
    }
    // A view in the address would have priority over the stored one.
    const url = new URL(location.href);
    url.searchParams.delete('view');
    history.replaceState(null, '', url);
  });
}
setView(root.dataset.view);

// -- the end of the link, in the reader's time zone, as a tooltip ---------------------------

for (const time of findAll(document, 'time[datetime]', HTMLTimeElement)) {
  const at = new Date(time.dateTime);
  time.title = at.toLocaleString(undefined, { dateStyle: 'full', timeStyle: 'short' });
}

// -- the next page of assets -------------------------------------------------------------------

const [more] = findAll(document, '#more', HTMLAnchorElement);

/** How far below the window the next page is loaded, so that nobody who scrolls has to wait. */
const AHEAD = '800px';

/**
 * Loads the next page. After a click the focus goes to its first asset; while somebody scrolls it stays.
 * @param {HTMLAnchorElement} more
 * @param {boolean} clicked
 */
async function showMore(more, clicked) {
  if (more.getAttribute('aria-busy') === 'true') return;
  more.setAttribute('aria-busy', 'true');
  more.textContent = 'Loading…';
  more.parentElement?.querySelector('.failed')?.remove();
  try {
    const answer = await fetch(more.href, { headers: { accept: 'text/html' } });
    const page = new DOMParser().parseFromString(await answer.text(), 'text/html');
    const rows = findAll(page, 'tbody > .asset', HTMLElement);
    const [first] = rows;
    if (!answer.ok || !first) throw new Error('no assets in the answer');
    find(document, '.asset-table > tbody', HTMLElement).append(...rows);
    const [control] = findAll(first, 'a, input, button', HTMLElement);
    if (clicked) control?.focus({ preventScroll: true });
    const next = page.querySelector('#more')?.getAttribute('href');
    if (next) more.href = next;
    else more.parentElement?.remove();
    more.textContent = 'Show more';
    watch(more);
  } catch {
    const failed = document.createElement('span');
    failed.className = 'failed';
    failed.setAttribute('role', 'alert');
    failed.textContent = 'The next assets could not be loaded. Check the connection, then try again.';
    more.before(failed);
    more.textContent = 'Retry';
  } finally {
    more.removeAttribute('aria-busy');
  }
}

more?.addEventListener('click', event => {
  event.preventDefault();
  showMore(more, true);
});

const approach = new IntersectionObserver(entries => {
  for (const { target, isIntersecting } of entries) {
    if (!isIntersecting || !(target instanceof HTMLAnchorElement)) continue;
    // After a failure it is loaded on request only.
    approach.unobserve(target);
    showMore(target, false);
  }
}, { rootMargin: `0px 0px ${AHEAD} 0px` });

/** @param {HTMLAnchorElement} more */
function watch(more) {
  if (more.isConnected) approach.observe(more);
}

if (more) watch(more);

// -- downloads of several files, as a bundle --------------------------------------------------------

const [choose] = findAll(document, '#choose', HTMLDialogElement);

/**
 * Downloads assets as a bundle. If the link offers several renditions, a dialog asks which ones first.
 * @param {HTMLDialogElement} choose
 * @param {'all' | string[]} assets
 * @param {string} heading
 */
function downloadChosen(choose, assets, heading) {
  const boxes = findAll(choose, 'input[name=rendition]', HTMLInputElement);
  const [only, ...others] = boxes;
  if (only && others.length === 0) {
    download(assets, [only.value]);
    return;
  }
  find(choose, 'h2', HTMLElement).textContent = heading;
  find(choose, '.choose-error', HTMLElement).hidden = true;
  choose.returnValue = '';
  choose.onclose = () => {
    if (choose.returnValue === 'download') download(assets, boxes.filter(box => box.checked).map(box => box.value));
  };
  choose.showModal();
}

if (choose) {
  find(choose, 'form', HTMLFormElement).addEventListener('submit', event => {
    const isNone = !choose.querySelector('input:checked');
    find(choose, '.choose-error', HTMLElement).hidden = !isNone;
    const { submitter } = event;
    if (isNone && submitter instanceof HTMLButtonElement && submitter.value === 'download') event.preventDefault();
  });

  document.querySelector('#download-all')?.addEventListener('click', () => downloadChosen(choose, 'all', 'Download all'));

  document.addEventListener('click', event => {
    const several = closest(event, '.get-together');
    const asset = closest(event, '[data-asset]');
    if (!several || !asset?.dataset.asset) return;
    closest(event, '[popover]')?.hidePopover();
    find(document, '#stage', HTMLDialogElement).close();
    downloadChosen(choose, [asset.dataset.asset], 'Download one asset');
  });
  // Choosing a download closes its menu.
  document.addEventListener('click', event => {
    if (closest(event, '.get-menu a')) closest(event, '[popover]')?.hidePopover();
  });

  // -- selected assets ----------------------------------------------------------------------------------

  const bar = find(document, '#picked', HTMLElement);
  const listPicked = () => findAll(document, '.asset:has(.pick input:checked)', HTMLElement);
  const boxOf = (/** @type {Element} */ asset) => find(asset, '.pick input', HTMLInputElement);
  /** @type {HTMLInputElement | undefined} */
  let last;

  const showPicked = () => {
    const assets = listPicked();
    bar.hidden = assets.length === 0;
    const size = assets.reduce((sum, asset) => sum + Number(asset.dataset.bytes), 0);
    find(bar, '.picked-words', HTMLElement).textContent = `${number(assets.length)} selected · ${bytes(size)}`;
    main.classList.toggle('picking', assets.length > 0);
  };

  main.addEventListener('click', event => {
    const box = closest(event, '.pick input');
    if (!(box instanceof HTMLInputElement)) return;
    const boxes = findAll(document, '.asset .pick input', HTMLInputElement);
    const ends = [last ? boxes.indexOf(last) : -1, boxes.indexOf(box)];
    const [from, to] = [Math.min(...ends), Math.max(...ends)];
    if (event.shiftKey && from >= 0) {
      for (const between of boxes.slice(from, to + 1)) between.checked = box.checked;
    }
    last = box;
    showPicked();
  });
  find(bar, '.picked-clear', HTMLElement).addEventListener('click', () => {
    for (const asset of listPicked()) boxOf(asset).checked = false;
    showPicked();
    last?.focus();
  });
  find(bar, '.picked-get', HTMLElement).addEventListener('click', () => {
    const assets = listPicked().map(asset => asset.dataset.asset ?? '');
    downloadChosen(choose, assets, `Download ${count(assets.length, 'asset')}`);
  });
  showPicked();
}
