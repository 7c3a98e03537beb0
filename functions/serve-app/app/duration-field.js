// How long a link lasts: a date, a number of uses, both or neither, with the consequence in words.

import { fill, freshId, h } from './dom.js';
import { number, TIME_ZONE } from './format.js';
import { consequence } from './link-words.js';

// As the API has it.
const MAX_USES = 1_000_000;

const DAYS = [[7, '1 week'], [30, '30 days'], [90, '90 days']];

/** The fields `expires`, `time_zone` and `max_uses` of a link. */
export class DurationField {
  #link;
  #touchedDate = false;

  /** `link` is the one being edited, or null. */
  constructor(link) {
    this.#link = link;
    const errorIds = { expires: freshId('error'), max_uses: freshId('error') };
    const at = link?.expires ? new Date(link.expires_at) : null;
    const exact = at && link.expires.includes('T');
    this.hasDate = h('input', { type: 'checkbox', class: 'switch', role: 'switch', checked: Boolean(at) });
    this.date = h('input', {
      type: 'date', min: isoDay(new Date()), 'aria-label': 'Expiration date', 'aria-describedby': errorIds.expires,
      value: at ? (exact ? isoDay(at) : link.expires) : '',
    });
    this.time = h('input', {
      type: 'time', 'aria-label': 'Time, optional', title: 'Without a time the link lasts to the end of the day', value: exact ? isoTime(at) : '',
    });
    this.hasUses = h('input', { type: 'checkbox', class: 'switch', role: 'switch', checked: Boolean(link?.max_uses) });
    this.uses = h('input', {
      type: 'number', min: '1', max: MAX_USES, step: '1', inputmode: 'numeric', 'aria-label': 'Number of uses',
      'aria-describedby': errorIds.max_uses, value: link?.max_uses ?? '1',
    });
    this.errors = {
      expires: h('p', { class: 'error', id: errorIds.expires, hidden: true }),
      max_uses: h('p', { class: 'error', id: errorIds.max_uses, hidden: true }),
    };
    this.inputs = { expires: this.date, time_zone: this.date, max_uses: this.uses };
    this.chips = h('span', { class: 'chips', role: 'group', 'aria-label': 'Lasts for' }, DAYS.map(([days, label]) => h('button', {
      type: 'button', class: 'chip', onclick: () => {
        this.#setDays(days);
        this.date.dispatchEvent(new Event('input', { bubbles: true }));
      },
    }, label)));
    this.dateRow = h('div', { class: 'reveal' },
      h('div', { class: 'row' }, this.date, this.time), this.errors.expires);
    this.usesRow = h('div', { class: 'reveal' },
      h('div', { class: 'row' }, this.uses, h('span', { class: 'hint' }, this.#usedWords())), this.errors.max_uses);
    this.words = h('p', { class: 'consequence', 'aria-live': 'polite' });
    this.element = h('fieldset', { class: 'setting' }, h('legend', {}, 'Duration'),
      h('div', { class: 'switch-line' }, h('label', { class: 'switch-row' }, this.hasDate, 'Expiration date'), this.chips), this.dateRow,
      h('label', { class: 'switch-row' }, this.hasUses, 'Number of uses'), this.usesRow,
      this.words);
    this.hasDate.addEventListener('change', () => {
      if (this.hasDate.checked && !this.date.value) this.#setDays(30);
      if (this.hasDate.checked) this.#whenShown(this.date);
    });
    this.hasUses.addEventListener('change', () => { if (this.hasUses.checked) this.#whenShown(this.uses); });
    for (const field of [this.date, this.time, this.hasDate]) field.addEventListener('input', () => { this.#touchedDate = true; });
    this.element.addEventListener('input', () => this.#show());
    this.#show();
  }

  /** The fields as the API takes them. An untouched date stays exactly as it was. */
  values() {
    const max_uses = this.hasUses.checked ? Number(this.uses.value) : null;
    if (this.#link && !this.#touchedDate) return { expires: this.#link.expires, time_zone: this.#link.time_zone, max_uses };
    if (!this.hasDate.checked) return { expires: null, time_zone: TIME_ZONE, max_uses };
    const expires = this.time.value ? this.#instant().toISOString().replace('.000Z', 'Z') : this.date.value;
    return { expires, time_zone: TIME_ZONE, max_uses };
  }

  /** What can't be right, as the API would say it. */
  problems(now = new Date()) {
    const found = [];
    if (this.hasDate.checked && this.#touchedDate) {
      if (!this.date.value) found.push({ field: 'expires', message: 'Choose a date, or switch the expiration date off.' });
      else if (this.#instant() <= now) found.push({ field: 'expires', message: 'This is already past. Choose a later time.' });
    }
    const uses = Number(this.uses.value);
    if (this.hasUses.checked && !(Number.isInteger(uses) && uses >= 1 && uses <= MAX_USES)) {
      found.push({ field: 'max_uses', message: `Enter a whole number from 1 to ${number(MAX_USES)}.` });
    }
    return found;
  }

  #instant() {
    return new Date(`${this.date.value}T${this.time.value || '23:59:59'}`);
  }

  #setDays(days) {
    const date = new Date();
    date.setDate(date.getDate() + days);
    this.date.value = isoDay(date);
    this.#touchedDate = true;
  }

  #whenShown(field) {
    this.#show();
    field.focus();
    field.select?.();
  }

  #usedWords() {
    return this.#link?.used
      ? `${this.#link.used} already used: they count towards this number.`
      : 'Each visitor who opens the link spends one.';
  }

  #show() {
    this.dateRow.hidden = !this.hasDate.checked;
    this.chips.hidden = !this.hasDate.checked;
    this.usesRow.hidden = !this.hasUses.checked;
    if (this.problems().length > 0) return fill(this.words, '');
    const untouched = this.#link && !this.#touchedDate;
    const uses = this.hasUses.checked ? Math.max(0, Number(this.uses.value) - (this.#link?.used ?? 0)) : null;
    return fill(this.words, consequence({
      expires: this.hasDate.checked ? (untouched ? this.#link.expires_at : this.#instant()) : null,
      zone: untouched ? this.#link.time_zone ?? TIME_ZONE : TIME_ZONE,
      uses,
    }));
  }
}

function isoDay(date) {
  const pad = value => String(value).padStart(2, '0');
  return `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
}

function isoTime(date) {
  return date.toTimeString().slice(0, 5);
}
