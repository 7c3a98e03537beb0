// The progress of ingest, shown above the gallery while files are processed.

import { fill, h } from '../base/dom.js';
import { count, number } from '../words.js';
import { library } from './library.js';

/** A banner that is hidden unless files are being processed. */
export class IngestBanner {
  #words = h('span', {});
  #bar = h('progress', { class: 'progress', 'aria-label': 'Files processed' });
  element = h('div', { class: 'ingest', hidden: true }, this.#words, this.#bar);

  /** @param {AbortSignal} signal stops the updates */
  constructor(signal) {
    library.addEventListener('ingest', () => this.#show(), { signal });
    this.#show();
  }

  #show() {
    const { total, ready, failed, processing } = library.ingest;
    this.element.hidden = processing === 0;
    if (processing === 0) return;
    const done = ready + failed;
    const trouble = failed ? ` · ${count(failed, 'file')} could not be read` : '';
    fill(this.#words, `Preparing previews: ${number(done)} of ${count(total, 'asset')}${trouble}`);
    this.#bar.setAttribute('max', String(total));
    this.#bar.setAttribute('value', String(done));
  }
}
