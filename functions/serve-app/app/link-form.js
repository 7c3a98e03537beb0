// The settings of a link, the same for a new one and for one being edited.

import { fill, freshId, h } from './dom.js';
import { DurationField } from './duration-field.js';
import { OPTIONS } from './link-words.js';
import { PasswordField } from './password-field.js';

// As the API has it.
const MAX_TITLE = 200;

/** The fields of a link in two parts: `settings`, and `options` for Download access. */
export class LinkForm {
  #link;
  #errors = {};
  #inputs = {};

  /** `link` is the one being edited, or null; `title` is what the title starts as. */
  constructor({ link, title, head, onAccess }) {
    this.#link = link;
    this.duration = new DurationField(link);
    this.password = new PasswordField(link ? link.has_password : null);
    const [titleId, errorId] = [freshId('title'), freshId('error')];
    this.title = h('input', { id: titleId, type: 'text', value: link?.title ?? title.slice(0, MAX_TITLE), maxlength: MAX_TITLE, 'aria-describedby': errorId, autocomplete: 'off', autofocus: true });
    this.#errors.title = h('p', { class: 'error', id: errorId, hidden: true });
    const access = freshId('access');
    const choice = (value, label, text) => h('label', { class: 'choice' },
      h('input', { type: 'radio', name: access, value, checked: (link?.access ?? 'download') === value, onchange: onAccess }),
      h('span', {}, h('strong', {}, label), h('small', {}, text)));
    this.#errors.access = h('p', { class: 'error', hidden: true });
    this.access = h('fieldset', { class: 'setting' }, h('legend', {}, 'Access'),
      h('div', { class: 'choices' },
        choice('download', 'Download', 'Previews and downloads'),
        choice('view_only', 'View only', 'Previews, no downloads')),
      this.#errors.access);
    this.settings = h('div', { class: 'dialog-body settings' }, head,
      h('div', { class: 'field' }, h('label', { for: titleId }, 'Title'), this.title,
        h('p', { class: 'hint' }, 'Recipients see it at the top of the page.'), this.#errors.title),
      this.duration.element, this.password.element, this.access);
    this.#errors.options = h('p', { class: 'error', hidden: true, tabindex: '-1' });
    this.boxes = h('div', { class: 'choices stacked', 'aria-busy': 'true' }, [0, 1].map(() => h('span', { class: 'choice skeleton' }, '\u00a0')));
    this.options = h('div', { class: 'dialog-body settings', hidden: true },
      h('fieldset', { class: 'setting' }, h('legend', {}, 'What recipients can download'), this.boxes, this.#errors.options));
    this.#errors = { ...this.#errors, ...this.duration.errors, ...this.password.errors };
    this.#inputs = { title: this.title, options: this.#errors.options, ...this.duration.inputs, ...this.password.inputs };
    this.#inputs.access = this.access.querySelector('input');
    for (const part of [this.settings, this.options]) {
      part.addEventListener('input', event => this.#forgive(event.target));
    }
  }

  get isDownload() {
    return this.access.querySelector('input:checked').value === 'download';
  }

  /** Shows the options that the target may offer, as `/api/share-options` says, and those the link has already. */
  offer(offered) {
    const chosen = this.#link?.options ?? { original: true };
    this.checks = OPTIONS.filter(([name]) => offered[name] || (this.#link && chosen[name])).map(([name, label, text]) => {
      const check = h('input', { type: 'checkbox', name, checked: Boolean(chosen[name]) });
      return [name, check, h('label', { class: 'choice' }, check, h('span', {}, h('strong', {}, label), h('small', {}, text)))];
    });
    fill(this.boxes, this.checks.map(([, , row]) => row));
    this.boxes.removeAttribute('aria-busy');
  }

  /** The fields as the API takes them; `password` only where it is set, changed or removed. */
  values() {
    return {
      title: this.title.value.trim(),
      ...this.duration.values(),
      ...this.password.values(),
      access: this.isDownload ? 'download' : 'view_only',
      options: this.isDownload ? this.#options() : null,
    };
  }

  /** Of `values`, what differs from the link being edited. */
  changes() {
    const values = this.values();
    const changed = Object.entries(values).filter(([name, value]) => {
      if (name === 'password') return true;
      if (name === 'options' && value && this.#link.options) {
        return Object.keys(value).some(option => (this.#link.options[option] ?? false) !== value[option]);
      }
      return JSON.stringify(value) !== JSON.stringify(this.#link[name] ?? null);
    });
    const body = Object.fromEntries(changed);
    // A date means the end of that day in a zone: the two go together or not at all.
    if ('expires' in body) body.time_zone = values.time_zone;
    else delete body.time_zone;
    return body;
  }

  #options() {
    const boxes = Object.fromEntries(OPTIONS.map(([name]) => [name, false]));
    for (const [name, check] of this.checks ?? []) boxes[name] = check.checked;
    return { ...this.#link?.options, ...boxes };
  }

  /** What can't be right on the settings, or with `withOptions` on the options. */
  problems({ withOptions }) {
    if (withOptions) {
      return this.checks?.some(([, check]) => check.checked)
        ? []
        : [{ field: 'options', message: 'Choose at least one, or go back and make the link view only.' }];
    }
    const title = this.title.value.trim() ? [] : [{ field: 'title', message: 'Give the link a title.' }];
    return [...title, ...this.duration.problems(), ...this.password.problems()];
  }

  /** Shows errors beneath their fields and focuses the first; answers those that have no field here. */
  showErrors(errors) {
    this.clearErrors();
    const homeless = [];
    for (const { field, message } of errors) {
      const name = field.split(/[.[]/)[0] === 'time_zone' ? 'expires' : field.split(/[.[]/)[0];
      const place = this.#errors[name];
      if (!place) {
        homeless.push(message);
        continue;
      }
      fill(place, place.textContent, place.textContent && ' ', message).hidden = false;
      this.#inputs[name].setAttribute('aria-invalid', 'true');
    }
    const first = Object.entries(this.#inputs).find(([, input]) => input.getAttribute('aria-invalid'));
    first?.[1].focus();
    return homeless;
  }

  /** Whether any of `errors` belongs to the settings rather than to the options. */
  static concernsSettings(errors) {
    return errors.some(({ field }) => !field.startsWith('options'));
  }

  clearErrors() {
    for (const place of Object.values(this.#errors)) fill(place).hidden = true;
    for (const input of Object.values(this.#inputs)) input.removeAttribute('aria-invalid');
  }

  #forgive(target) {
    const name = Object.keys(this.#inputs).find(field => this.#inputs[field] === target) ?? (target.closest('.choices.stacked') && 'options');
    if (!name || !this.#errors[name]) return;
    fill(this.#errors[name]).hidden = true;
    this.#inputs[name].removeAttribute('aria-invalid');
  }
}
