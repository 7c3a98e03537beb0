// A list that loads page by page as its end comes into view, and says what it is doing.

import { fill, h, icon } from './dom.js';

/** The text and picture in place of a list: why it is empty, or what went wrong and what to do. */
export function notice({ picture, title, text, action }) {
  return h('div', { class: 'empty' }, icon(picture), h('h2', {}, title), h('p', {}, text), action);
}

/** An error with Retry, in place of what could not be shown. */
export function failureNotice(error, retry) {
  return notice({
    picture: 'alert',
    title: 'This could not be loaded',
    text: error.message,
    action: h('button', { type: 'button', class: 'button', onclick: retry }, icon('retry'), 'Retry'),
  });
}

/**
 * `fetchPage(cursor)` answers `{items, next}`; `addPage(items, cursor)` shows them; `skeleton` is
 * shown while the first page loads, `empty()` builds the notice of a list without items.
 * `foot` is the element after the list that holds all of this.
 */
export class EndlessList {
  #fetchPage;
  #addPage;
  #skeleton;
  #empty;
  #loading = false;
  #count = 0;
  #watch;
  next = null;
  foot = h('div', { class: 'list-foot' });

  constructor({ fetchPage, addPage, skeleton, empty, signal }) {
    this.#fetchPage = fetchPage;
    this.#addPage = addPage;
    this.#skeleton = skeleton;
    this.#empty = empty;
    // Starts a screen and a half early, so that scrolling seldom meets the end.
    this.#watch = new IntersectionObserver(seen => {
      if (seen.some(entry => entry.isIntersecting)) this.#more();
    }, { rootMargin: '150% 0px' });
    signal.addEventListener('abort', () => this.#watch.disconnect());
  }

  /** Loads the first page; the list is to be empty. */
  async start() {
    fill(this.foot, this.#skeleton());
    let page;
    try {
      page = await this.#fetchPage(null);
    } catch (error) {
      if (error.name !== 'AbortError') fill(this.foot, failureNotice(error, () => this.start()));
      return;
    }
    this.#take(page, null);
  }

  /** Puts the notice of an empty list in its place. */
  showEmpty() {
    fill(this.foot, this.#empty());
  }

  /** Takes that notice away again, since items came after all. */
  hideEmpty() {
    this.foot.querySelector('.empty')?.remove();
  }

  /** Goes on from `next`, after a page seen again turned out not to be the last. */
  resumeFrom(next) {
    this.next = next;
    this.#follow();
  }

  #follow() {
    this.#watch.disconnect();
    if (this.next) this.#watch.observe(this.foot);
  }

  async #more() {
    if (this.#loading || !this.next) return;
    this.#loading = true;
    const cursor = this.next;
    fill(this.foot, h('p', { class: 'loading-more', role: 'status' }, h('span', { class: 'spinner' }), 'Loading more'));
    let page;
    try {
      page = await this.#fetchPage(cursor);
    } catch (error) {
      if (error.name === 'AbortError') return;
      this.#watch.disconnect();
      const retry = h('button', { type: 'button', class: 'button' }, icon('retry'), 'Retry');
      retry.addEventListener('click', () => { this.#more(); });
      fill(this.foot, h('p', { class: 'loading-more', role: 'alert' }, error.message, retry));
      return;
    } finally {
      this.#loading = false;
    }
    this.#take(page, cursor);
  }

  #take(page, cursor) {
    fill(this.foot);
    this.#addPage(page.items, cursor);
    this.next = page.next;
    // A search may answer with pages that hold nothing before the last one.
    this.#count += page.items.length;
    if (this.#count === 0 && !page.next) this.showEmpty();
    // Observing anew reports at once where the foot is still in view.
    this.#follow();
  }
}
