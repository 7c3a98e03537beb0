// The duration of a link: a date, a number of uses, both or neither, and in words what that means.

import { fill, freshId, h } from '../base/dom.js';
import { TIME_ZONE } from '../base/format.js';
import { number } from '../words.js';
import { consequence } from './link-words.js';

// The API's limit.
const MAX_USES = 1_000_000;

/** @type {[days: number, label: string][]} */
const DAYS = [[7, '1 week'], [30, '30 days'], [90, '90 days']];

/** The fields `expires`, `time_zone` and `max_uses` of a link. */
export class DurationField {
  #link;
  #isDateTouched = false;

  /** @param {Api.Link | null} link the one being edited */
  constructor(link) {
    this.#link = link;
    const errorIds = { expires: freshId('error'), max_uses: freshId('error') };
    const expires = link?.expires ?? '';
    const at = link?.expires_at ? new Date(link.expires_at) : null;
    const exact = at && expires.includes('T') ? at : null;
    this.hasDate = h('input', { type: 'checkbox', class: 'switch', role: 'switch', checked: Boolean(at) });
    this.date = h('input', {
      type: 'date', min: isoDay(new Date()), 'aria-label': 'Expiration date', 'aria-describedby': errorIds.expires,
      value: exact ? isoDay(exact) : expires,
    });
    this.time = h('input', {
      type: 'time', 'aria-label': 'Time, optional', title: 'Without a time the link lasts to the end of the day', value: exact ? isoTime(exact) : '',
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
      if (this.hasDate.checked) this.#enter(this.date);
    });
    this.hasUses.addEventListener('change', () => { if (this.hasUses.checked) this.#enter(this.uses); });
    for (const field of [this.date, this.time, this.hasDate]) field.addEventListener('input', () => { this.#isDateTouched = true; });
    this.element.addEventListener('input', () => this.#show());
    this.#show();
  }

  /**
   * The fields in the API's form. A date that was not touched keeps its exact value.
   * @returns {Pick<Api.LinkTerms, 'expires' | 'time_zone' | 'max_uses'>}
   */
  values() {
    const max_uses = this.hasUses.checked ? Number(this.uses.value) : null;
    if (this.#link && !this.#isDateTouched) return { expires: this.#link.expires, time_zone: this.#link.time_zone, max_uses };
    if (!this.hasDate.checked) return { expires: null, time_zone: TIME_ZONE, max_uses };
    const expires = this.time.value ? this.#instant().toISOString().replace('.000Z', 'Z') : this.date.value;
    return { expires, time_zone: TIME_ZONE, max_uses };
  }

  /** Errors that can be found without the API, in its form. */
  problems(now = new Date()) {
    /** @type {Api.FieldError[]} */
    const found = [];
    if (this.hasDate.checked && this.#isDateTouched) {
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

  /** @param {number} days */
  #setDays(days) {
    const date = new Date();
    date.setDate(date.getDate() + days);
    this.date.value = isoDay(date);
    this.#isDateTouched = true;
  }

  /** @param {HTMLInputElement} field */
  #enter(field) {
    this.#show();
    field.focus();
    field.select();
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
    if (this.problems().length > 0) {
      fill(this.words, '');
      return;
    }
    const unchanged = this.#isDateTouched ? null : this.#link;
    const uses = this.hasUses.checked ? Math.max(0, Number(this.uses.value) - (this.#link?.used ?? 0)) : null;
    fill(this.words, consequence({
      expires: this.hasDate.checked ? (unchanged ? unchanged.expires_at : this.#instant()) : null,
      zone: unchanged?.time_zone ?? TIME_ZONE,
      uses,
    }));
  }
}

/** @param {Date} date */
function isoDay(date) {
  const pad = (/** @type {number} */ value) => String(value).padStart(2, '0');
  return `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
}

/** @param {Date} date */
function isoTime(date) {
  return date.toTimeString().slice(0, 5);
}
