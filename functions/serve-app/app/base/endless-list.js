// A list that loads its next page when its end comes into view.

import { fill, h, icon } from './dom.js';
import { isAborted, messageOf } from './errors.js';

/**
 * A picture and text in place of a list: why it is empty, or what went wrong and what to do.
 * @param {{ picture: string, title: string, text: string, action?: Node }} words
 */
export function notice({ picture, title, text, action }) {
  return h('div', { class: 'empty' }, icon(picture), h('h2', {}, title), h('p', {}, text), action);
}

/**
 * An error with a Retry button, in place of content that could not be loaded.
 * @param {unknown} error
 * @param {() => void} retry
 */
export function failureNotice(error, retry) {
  return notice({
    picture: 'alert',
    title: 'This could not be loaded',
    text: messageOf(error),
    action: h('button', { type: 'button', class: 'button', onclick: retry }, icon('retry'), 'Retry'),
  });
}

/**
 * `foot` is the element after the list; it shows loading, errors and the notice of an empty list.
 * @template Item
 */
export class EndlessList {
  #fetchPage;
  #addPage;
  #skeleton;
  #empty;
  #loading = false;
  #count = 0;
  #watch;
  /** @type {string | null} */
  next = null;
  foot = h('div', { class: 'list-foot' });

  /**
   * @param {object} options
   * @param {(cursor: string | null) => Promise<Api.List<Item>>} options.fetchPage
   * @param {(items: Item[], cursor: string | null) => void} options.addPage shows the items of the page at `cursor`
   * @param {() => Node} options.skeleton is shown while the first page loads
   * @param {() => Node} options.empty builds the notice of a list without items
   * @param {AbortSignal} options.signal stops loading
   */
  constructor({ fetchPage, addPage, skeleton, empty, signal }) {
    this.#fetchPage = fetchPage;
    this.#addPage = addPage;
    this.#skeleton = skeleton;
    this.#empty = empty;
    // Loads one and a half screens early, so that people seldom wait while they scroll.
    this.#watch = new IntersectionObserver(seen => {
      if (seen.some(entry => entry.isIntersecting)) this.#loadMore();
    }, { rootMargin: '150% 0px' });
    signal.addEventListener('abort', () => this.#watch.disconnect());
  }

  /** Loads the first page into an empty list. */
  async start() {
    fill(this.foot, this.#skeleton());
    let page;
    try {
      page = await this.#fetchPage(null);
    } catch (error) {
      if (!isAborted(error)) fill(this.foot, failureNotice(error, () => this.start()));
      return;
    }
    this.#show(page, null);
  }

  /** Shows the notice of an empty list. */
  showEmpty() {
    fill(this.foot, this.#empty());
  }

  /** Removes the notice of an empty list. */
  hideEmpty() {
    this.foot.querySelector('.empty')?.remove();
  }

  /**
   * Continues at the cursor `next`, after a reloaded last page turned out to have a successor.
   * @param {string} next
   */
  resumeFrom(next) {
    this.next = next;
    this.#watchFoot();
  }

  // An observer reports at once when it starts, so a foot that is still in view loads the next page.
  #watchFoot() {
    this.#watch.disconnect();
    if (this.next) this.#watch.observe(this.foot);
  }

  async #loadMore() {
    if (this.#loading || !this.next) return;
    this.#loading = true;
    const cursor = this.next;
    fill(this.foot, h('p', { class: 'loading-more', role: 'status' }, h('span', { class: 'spinner' }), 'Loading more'));
    let page;
    try {
      page = await this.#fetchPage(cursor);
    } catch (error) {
      if (isAborted(error)) return;
      this.#watch.disconnect();
      const retry = h('button', { type: 'button', class: 'button' }, icon('retry'), 'Retry');
      retry.addEventListener('click', () => { this.#loadMore(); });
      fill(this.foot, h('p', { class: 'loading-more', role: 'alert' }, messageOf(error), retry));
      return;
    } finally {
      this.#loading = false;
    }
    this.#show(page, cursor);
  }

  /**
   * @param {Api.List<Item>} page
   * @param {string | null} cursor
   */
  #show(page, cursor) {
    fill(this.foot);
    this.#addPage(page.items, cursor);
    this.next = page.next;
    // A search may return empty pages before the last one.
    this.#count += page.items.length;
    if (this.#count === 0 && !page.next) this.showEmpty();
    this.#watchFoot();
  }
}
