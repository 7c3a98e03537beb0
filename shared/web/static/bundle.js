// A download of several files as one zip: requests a bundle, shows its progress, finds it again after a reload, then
// downloads it.

import { find } from './elements.js';
import { bytes, count, timeLeft } from './words.js';

/**
 * A bundle to be built: assets by id or all of them, and their renditions.
 * @typedef {{ assets: 'all' | string[], renditions: string[] }} BundleRequest
 */

/**
 * The state of a bundle.
 * @typedef {{
 *   id: string,
 *   status: 'preparing' | 'ready' | 'failed',
 *   reason?: string,
 *   files: number,
 *   bytes: number,
 *   done_bytes: number,
 * }} Progress
 */

const link = document.body.dataset.link;
const panel = document.querySelector('#bundle');
const KEY = `vitrine-bundle:${link}`;

const POLL_MS = 1000;
// The remaining time is estimated only after this long, since earlier rates vary too much.
const WATCH_MS = 3000;
const RETRIES = 5;
const UNREACHED = 'The connection was lost. Check it, then press Retry.';
const UNKNOWN = 'Something went wrong. Press Retry to start again.';

/** A failed request: `isTemporary` if another try may succeed, `isMissing` if the bundle no longer exists. */
class RequestError extends Error {
  /**
   * @param {string} message
   * @param {{ isTemporary?: boolean, isMissing?: boolean }} [kind]
   */
  constructor(message, { isTemporary = false, isMissing = false } = {}) {
    super(message);
    this.isTemporary = isTemporary;
    this.isMissing = isMissing;
  }
}

// The number of the newest download of this page; answers to older ones are not shown.
let newest = 0;
/** @type {BundleRequest | undefined} */
let request;

const storedBundle = {
  /** @returns {{ id: string, request: BundleRequest } | null} */
  get() {
    try {
      return JSON.parse(localStorage.getItem(KEY) ?? 'null');
    } catch {
      return null;
    }
  },
  /** @param {{ id: string, request: BundleRequest } | null} value */
  set(value) {
    try {
      if (value) localStorage.setItem(KEY, JSON.stringify(value));
      else localStorage.removeItem(KEY);
    } catch {
      // The browser refuses storage: the download works, but is not found again after a reload.
    }
  },
};

/** @param {number} ms */
const pause = ms => new Promise(done => { setTimeout(done, ms); });

/**
 * The answer's JSON; throws an error with a message for the recipient.
 * @param {string} url
 * @param {{ method?: string, headers?: Record<string, string>, body?: string }} [options]
 * @returns {Promise<Progress>}
 */
async function fetchProgress(url, options) {
  let answer;
  try {
    answer = await fetch(url, { ...options, headers: { accept: 'application/json', ...options?.headers } });
  } catch {
    throw new RequestError(UNREACHED, { isTemporary: true });
  }
  const body = await answer.json().catch(() => ({}));
  if (answer.ok) return body;
  if (answer.status === 401) throw new RequestError('Your visit has ended. Reload the page to open the link again.');
  throw new RequestError(body.detail ?? UNKNOWN, {
    isTemporary: answer.status >= 500 || answer.status === 429,
    isMissing: answer.status === 404,
  });
}

/**
 * Shows the state of the download: `progress` is from 0 to 1, `ready` the finished file.
 * @param {{
 *   text: string,
 *   note?: string,
 *   time?: string,
 *   failed?: boolean,
 *   ready?: { file: string, label: string },
 *   progress?: number,
 * }} state
 */
function show({ text, note = '', time = '', failed = false, ready, progress }) {
  const panel = find(document, '#bundle', HTMLElement);
  const bar = find(panel, 'progress', HTMLProgressElement);
  const part = (/** @type {string} */ name) => find(panel, `.bundle-${name}`, HTMLElement);
  panel.hidden = false;
  panel.classList.toggle('failed', failed);
  // Set only when it changes, because a screen reader announces every change.
  if (part('words').textContent !== text) part('words').textContent = text;
  part('note').textContent = note;
  part('time').textContent = time;
  bar.hidden = failed || Boolean(ready);
  if (progress === undefined) bar.removeAttribute('value');
  else bar.value = progress;
  part('retry').hidden = !failed;
  part('close').hidden = !failed && !ready;
  const file = find(panel, '.bundle-file', HTMLAnchorElement);
  file.hidden = !ready;
  if (ready) {
    file.href = ready.file;
    if (file.lastChild) file.lastChild.textContent = ready.label;
  }
}

/** @param {unknown} error */
function showFailure(error) {
  show({ text: 'Your download could not be prepared', note: error instanceof Error ? error.message : UNKNOWN, failed: true });
}

/**
 * Polls a bundle until it is ready. The download starts by itself only if it was requested on this page (`isStarted`),
 * not when the recipient comes back to the page.
 * @param {string} id
 * @param {number} mine the number of this download, to compare with `newest`
 * @param {boolean} isStarted
 */
async function follow(id, mine, isStarted) {
  const url = `${link}/bundles/${encodeURIComponent(id)}`;
  /** @type {{ now: number, done: number } | undefined} */
  let first;
  let failures = 0;
  while (mine === newest) {
    let bundle;
    try {
      bundle = await fetchProgress(url);
      failures = 0;
    } catch (error) {
      failures += 1;
      if (!(error instanceof RequestError && error.isTemporary) || failures > RETRIES) throw error;
      await pause(POLL_MS * 2 ** failures);
      continue;
    }
    if (mine !== newest) return;
    if (bundle.status === 'ready') {
      const file = `${url}/file`;
      const note = `${count(bundle.files, 'file')}, ${bytes(bundle.bytes)}`;
      if (isStarted) {
        storedBundle.set(null);
        show({ text: 'Your download has started', note, ready: { file, label: 'Download again' } });
        location.assign(file);
      } else {
        show({ text: 'Your download is ready', note, ready: { file, label: 'Download' } });
      }
      return;
    }
    if (bundle.status === 'failed') throw new RequestError(bundle.reason ?? UNKNOWN);
    const now = performance.now();
    first ??= { now, done: bundle.done_bytes };
    const rate = (bundle.done_bytes - first.done) / (now - first.now);
    const hasRate = now - first.now >= WATCH_MS && rate > 0;
    const time = hasRate ? ` · ${timeLeft((bundle.bytes - bundle.done_bytes) / rate / 1000)}` : '';
    show({
      text: `Preparing ${count(bundle.files, 'file')}`,
      note: isStarted ? 'You can leave this page and come back: preparing continues.' : 'Still being prepared since your last visit.',
      time: `${bytes(bundle.done_bytes)} of ${bytes(bundle.bytes)}${time}`,
      progress: bundle.bytes > 0 ? bundle.done_bytes / bundle.bytes : undefined,
    });
    await pause(POLL_MS);
  }
}

/**
 * Requests a bundle of assets in these renditions, and downloads it when it is ready.
 * @param {'all' | string[]} assets
 * @param {string[]} renditions
 */
export async function download(assets, renditions) {
  const mine = ++newest;
  request = { assets, renditions };
  show({ text: 'Preparing your download' });
  panel?.scrollIntoView({ block: 'nearest' });
  try {
    const bundle = await fetchProgress(`${link}/bundles`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(request),
    });
    storedBundle.set({ id: bundle.id, request });
    await follow(bundle.id, mine, true);
  } catch (error) {
    if (mine !== newest) return;
    storedBundle.set(null);
    showFailure(error);
  }
}

if (panel instanceof HTMLElement) {
  find(panel, '.bundle-retry', HTMLElement).addEventListener('click', () => {
    if (request) download(request.assets, request.renditions);
  });
  find(panel, '.bundle-close', HTMLElement).addEventListener('click', () => {
    storedBundle.set(null);
    panel.hidden = true;
  });
  find(panel, '.bundle-file', HTMLElement).addEventListener('click', () => storedBundle.set(null));
  const stored = storedBundle.get();
  if (stored?.id && stored.request) {
    const mine = ++newest;
    request = stored.request;
    follow(stored.id, mine, false).catch(error => {
      storedBundle.set(null);
      // A bundle that has been deleted is no failure that the recipient must know of.
      if (mine === newest && !(error instanceof RequestError && error.isMissing)) showFailure(error);
    });
  }
}
