// The settings of a link, the same for a new link and for one that is edited.

import { fill, freshId, h, sourceOf } from '../base/dom.js';
import { DurationField } from './duration-field.js';
import { OPTIONS } from './link-words.js';
import { PasswordField } from './password-field.js';

// The API's limit.
const MAX_TITLE = 200;

/** @import { Child } from '../base/dom.js' */

/** The fields of a link in two parts: `settings`, and `options` for Download access. */
export class LinkForm {
  #link;
  /**
   * The element that shows the errors of a field, by the field's name.
   * @type {Record<string, HTMLElement>}
   */
  #errors;
  /**
   * The element that takes the focus if a field has an error, by the field's name.
   * @type {Record<string, HTMLElement>}
   */
  #inputs;
  /**
   * The download options that are offered.
   * @type {[name: Api.OptionName, check: HTMLInputElement][]}
   */
  #checks = [];

  /**
   * @param {object} options
   * @param {Api.Link | null} options.link the link that is edited
   * @param {string} options.title the first title of a new link
   * @param {Child} options.head is shown above the fields
   * @param {() => void} options.onAccess is called when another access is chosen
   */
  constructor({ link, title, head, onAccess }) {
    this.#link = link;
    this.duration = new DurationField(link);
    this.password = new PasswordField(link?.has_password ?? false);
    const [titleId, errorId] = [freshId('title'), freshId('error')];
    this.title = h('input', { id: titleId, type: 'text', value: link?.title ?? title.slice(0, MAX_TITLE), maxlength: MAX_TITLE, 'aria-describedby': errorId, autocomplete: 'off', autofocus: true });
    const titleError = h('p', { class: 'error', id: errorId, hidden: true });
    const access = freshId('access');
    const choice = (/** @type {string} */ value, /** @type {string} */ label, /** @type {string} */ text) => h('label', { class: 'choice' },
      h('input', { type: 'radio', name: access, value, checked: (link?.access ?? 'download') === value, onchange: onAccess }),
      h('span', {}, h('strong', {}, label), h('small', {}, text)));
    const accessError = h('p', { class: 'error', hidden: true });
    this.access = h('fieldset', { class: 'setting' }, h('legend', {}, 'Access'),
      h('div', { class: 'choices' },
        choice('download', 'Download', 'Previews and downloads'),
        choice('view_only', 'View only', 'Previews, no downloads')),
      accessError);
    this.settings = h('div', { class: 'dialog-body settings' }, head,
      h('div', { class: 'field' }, h('label', { for: titleId }, 'Title'), this.title,
        h('p', { class: 'hint' }, 'Recipients see it at the top of the page.'), titleError),
      this.duration.element, this.password.element, this.access);
    const optionsError = h('p', { class: 'error', hidden: true, tabindex: '-1' });
    this.boxes = h('div', { class: 'choices stacked', 'aria-busy': 'true' }, [0, 1].map(() => h('span', { class: 'choice skeleton' }, '\u00a0')));
    this.options = h('div', { class: 'dialog-body settings', hidden: true },
      h('fieldset', { class: 'setting' }, h('legend', {}, 'What recipients can download'), this.boxes, optionsError));
    this.#errors = {
      title: titleError, access: accessError, options: optionsError, ...this.duration.errors, ...this.password.errors,
    };
    this.#inputs = { title: this.title, options: optionsError, ...this.duration.inputs, ...this.password.inputs };
    const firstAccess = this.access.querySelector('input');
    if (firstAccess) this.#inputs.access = firstAccess;
    for (const part of [this.settings, this.options]) {
      part.addEventListener('input', event => this.#clearError(sourceOf(event)));
    }
  }

  get isDownload() {
    return this.access.querySelector('input[value=download]:checked') !== null;
  }

  /**
   * Shows the options that `/api/share-options` allows for the target, and those that the link has already.
   * @param {Api.Options} offered
   */
  offer(offered) {
    const chosen = this.#link?.options ?? { original: true, preview: false, thumbnail: false };
    this.#checks = [];
    fill(this.boxes, OPTIONS.filter(([name]) => offered[name] || (this.#link && chosen[name])).map(([name, label, text]) => {
      const check = h('input', { type: 'checkbox', name, checked: chosen[name] });
      this.#checks.push([name, check]);
      return h('label', { class: 'choice' }, check, h('span', {}, h('strong', {}, label), h('small', {}, text)));
    }));
    this.boxes.removeAttribute('aria-busy');
  }

  /**
   * The fields in the API's form; `password` only if it is set, changed or removed.
   * @returns {Api.LinkBody}
   */
  values() {
    return {
      title: this.title.value.trim(),
      ...this.duration.values(),
      ...this.password.values(),
      access: this.isDownload ? 'download' : 'view_only',
      options: this.isDownload ? this.#options() : null,
    };
  }

  /**
   * The fields of `values` that differ from the edited link.
   * @param {Api.Link} link
   * @returns {Partial<Api.LinkBody>}
   */
  changesTo(link) {
    const values = this.values();
    /** @type {Partial<Api.LinkBody>} */
    const body = { ...values };
    for (const name of /** @type {const} */ (['title', 'expires', 'max_uses', 'access'])) {
      if (values[name] === link[name]) delete body[name];
    }
    // A date means the end of that day in a time zone, so the API needs both or neither.
    if (!('expires' in body)) delete body.time_zone;
    const [now, before] = [values.options, link.options];
    if (now && before ? OPTIONS.every(([name]) => now[name] === before[name]) : now === before) delete body.options;
    return body;
  }

  /** @returns {Api.Options} */
  #options() {
    const chosen = { original: false, preview: false, thumbnail: false };
    for (const [name, check] of this.#checks) chosen[name] = check.checked;
    return { ...this.#link?.options, ...chosen };
  }

  /**
   * Errors that can be found without the API, of the settings or (`withOptions`) of the options.
   * @param {{ withOptions: boolean }} part
   * @returns {Api.FieldError[]}
   */
  problems({ withOptions }) {
    if (withOptions) {
      return this.#checks.some(([, check]) => check.checked)
        ? []
        : [{ field: 'options', message: 'Choose at least one, or go back and make the link view only.' }];
    }
    const title = this.title.value.trim() ? [] : [{ field: 'title', message: 'Give the link a title.' }];
    return [...title, ...this.duration.problems(), ...this.password.problems()];
  }

  /**
   * Shows errors below their fields and focuses the first; returns the messages of those without a field here.
   * @param {Api.FieldError[]} errors
   */
  showErrors(errors) {
    this.clearErrors();
    /** @type {string[]} */
    const unplaced = [];
    for (const { field, message } of errors) {
      const [name = ''] = field.replace(/^time_zone/, 'expires').split(/[.[]/);
      const place = this.#errors[name];
      if (!place) {
        unplaced.push(message);
        continue;
      }
      fill(place, place.textContent, place.textContent && ' ', message).hidden = false;
      this.#inputs[name]?.setAttribute('aria-invalid', 'true');
    }
    const first = Object.entries(this.#inputs).find(([, input]) => input.getAttribute('aria-invalid'));
    first?.[1].focus();
    return unplaced;
  }

  /**
   * Whether any of `errors` is about the settings, not the options.
   * @param {Api.FieldError[]} errors
   */
  static concernsSettings(errors) {
    return errors.some(({ field }) => !field.startsWith('options'));
  }

  clearErrors() {
    for (const place of Object.values(this.#errors)) fill(place).hidden = true;
    for (const input of Object.values(this.#inputs)) input.removeAttribute('aria-invalid');
  }

  /** @param {HTMLElement} target the field that was changed */
  #clearError(target) {
    const name = Object.keys(this.#inputs).find(field => this.#inputs[field] === target)
      ?? (target.closest('.choices.stacked') ? 'options' : '');
    const place = this.#errors[name];
    if (!place) return;
    fill(place).hidden = true;
    this.#inputs[name]?.removeAttribute('aria-invalid');
  }
}
