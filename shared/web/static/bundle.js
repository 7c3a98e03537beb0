// A download of several files: asked for, followed while it is prepared, left and found again, then fetched.

import { find } from './elements.js';
import { bytes, count, timeLeft } from './words.js';

/**
 * What is asked for: ids of assets or all of them, and as what.
 * @typedef {{ assets: 'all' | string[], renditions: string[] }} Request
 */

/**
 * How far a bundle is.
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
// A rate says nothing before it has been watched for a while.
const WATCH_MS = 3000;
const RETRIES = 5;
const UNREACHED = 'The connection was lost. Check it, then press Retry.';
const UNKNOWN = 'Something went wrong. Press Retry to start again.';

/** A request that failed: whether another try may succeed, and whether what it asked for is gone. */
class AskError extends Error {
  /**
   * @param {string} message
   * @param {{ isPassing?: boolean, isMissing?: boolean }} [kind]
   */
  constructor(message, { isPassing = false, isMissing = false } = {}) {
    super(message);
    this.isPassing = isPassing;
    this.isMissing = isMissing;
  }
}

// Counts the downloads of this page: an answer to an older one is not shown.
let turn = 0;
/** @type {Request | undefined} */
let request;

const remembered = {
  /** @returns {{ id: string, request: Request } | null} */
  get() {
    try {
      return JSON.parse(localStorage.getItem(KEY) ?? 'null');
    } catch {
      return null;
    }
  },
  /** @param {{ id: string, request: Request } | null} value */
  set(value) {
    try {
      if (value) localStorage.setItem(KEY, JSON.stringify(value));
      else localStorage.removeItem(KEY);
    } catch {
      // Storage is refused: the download goes on, but is not found again after the page is left.
    }
  },
};

/** @param {number} ms */
const pause = ms => new Promise(done => { setTimeout(done, ms); });

/**
 * An answer's JSON, or an error in words for the recipient.
 * @param {string} url
 * @param {{ method?: string, headers?: Record<string, string>, body?: string }} [options]
 * @returns {Promise<Progress>}
 */
async function ask(url, options) {
  let answer;
  try {
    answer = await fetch(url, { ...options, headers: { accept: 'application/json', ...options?.headers } });
  } catch {
    throw new AskError(UNREACHED, { isPassing: true });
  }
  const body = await answer.json().catch(() => ({}));
  if (answer.ok) return body;
  if (answer.status === 401) throw new AskError('Your visit has ended. Reload the page to open the link again.');
  throw new AskError(body.detail ?? UNKNOWN, {
    isPassing: answer.status >= 500 || answer.status === 429,
    isMissing: answer.status === 404,
  });
}

/**
 * Shows how far the download is: `progress` is from 0 to 1, `ready` what can be fetched.
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
  // A screen reader says it when it changes, which it does not with every byte.
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
 * Follows a bundle until it can be fetched. `isStarted` is whether it was asked for on this page: coming back to a page
 * should not start a download by itself.
 * @param {string} id
 * @param {number} mine
 * @param {boolean} isStarted
 */
async function follow(id, mine, isStarted) {
  const url = `${link}/bundles/${encodeURIComponent(id)}`;
  /** @type {{ now: number, done: number } | undefined} */
  let first;
  let misses = 0;
  while (mine === turn) {
    let job;
    try {
      job = await ask(url);
      misses = 0;
    } catch (error) {
      misses += 1;
      if (!(error instanceof AskError && error.isPassing) || misses > RETRIES) throw error;
      await pause(POLL_MS * 2 ** misses);
      continue;
    }
    if (mine !== turn) return;
    if (job.status === 'ready') {
      const file = `${url}/file`;
      const note = `${count(job.files, 'file')}, ${bytes(job.bytes)}`;
      if (isStarted) {
        remembered.set(null);
        show({ text: 'Your download has started', note, ready: { file, label: 'Download again' } });
        location.assign(file);
      } else {
        show({ text: 'Your download is ready', note, ready: { file, label: 'Download' } });
      }
      return;
    }
    if (job.status === 'failed') throw new AskError(job.reason ?? UNKNOWN);
    const now = performance.now();
    first ??= { now, done: job.done_bytes };
    const rate = (job.done_bytes - first.done) / (now - first.now);
    const isKnown = now - first.now >= WATCH_MS && rate > 0;
    const time = isKnown ? ` · ${timeLeft((job.bytes - job.done_bytes) / rate / 1000)}` : '';
    show({
      text: `Preparing ${count(job.files, 'file')}`,
      note: isStarted ? 'You can leave this page and come back: it goes on meanwhile.' : 'Still being prepared since your last visit.',
      time: `${bytes(job.done_bytes)} of ${bytes(job.bytes)}${time}`,
      progress: job.bytes > 0 ? job.done_bytes / job.bytes : undefined,
    });
    await pause(POLL_MS);
  }
}

/**
 * Asks for a zip of assets as these renditions, and fetches it when it is ready.
 * @param {'all' | string[]} assets
 * @param {string[]} renditions
 */
export async function download(assets, renditions) {
  const mine = ++turn;
  request = { assets, renditions };
  show({ text: 'Preparing your download' });
  panel?.scrollIntoView({ block: 'nearest' });
  try {
    const job = await ask(`${link}/bundles`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(request),
    });
    remembered.set({ id: job.id, request });
    await follow(job.id, mine, true);
  } catch (error) {
    if (mine !== turn) return;
    remembered.set(null);
    showFailure(error);
  }
}

if (panel instanceof HTMLElement) {
  find(panel, '.bundle-retry', HTMLElement).addEventListener('click', () => {
    if (request) download(request.assets, request.renditions);
  });
  find(panel, '.bundle-close', HTMLElement).addEventListener('click', () => {
    remembered.set(null);
    panel.hidden = true;
  });
  find(panel, '.bundle-file', HTMLElement).addEventListener('click', () => remembered.set(null));
  const before = remembered.get();
  if (before?.id && before.request) {
    const mine = ++turn;
    request = before.request;
    follow(before.id, mine, false).catch(error => {
      remembered.set(null);
      // A zip that is no longer kept is nothing to bother the recipient with.
      if (mine === turn && !(error instanceof AskError && error.isMissing)) showFailure(error);
    });
  }
}
