// The optional password of a link: set, keep, change or remove it.

import { fill, freshId, h, icon, iconButton } from '../base/dom.js';
import { copy } from '../base/toast.js';

const STRENGTHS = ['Too easy to guess', 'Weak', 'Fair', 'Good', 'Strong'];
// Without letters and digits that look or sound like others.
const ALPHABET = 'abcdefghjkmnpqrstuvwxyz23456789';
const COMMON = ['password', 'passwort', 'qwerty', 'azerty', 'letmein', 'welcome', 'vitrine', '123456', 'abc123'];

/** The field `password` of a link. */
export class PasswordField {
  /** @param {boolean} hasPassword whether the edited link has one */
  constructor(hasPassword) {
    const name = freshId('password-choice');
    const [hint, error] = [freshId('strength'), freshId('error')];
    const radio = (/** @type {string} */ value) => h('input', { type: 'radio', name, value, checked: value === 'keep' });
    this.choices = { keep: radio('keep'), change: radio('change'), remove: radio('remove') };
    const choice = (/** @type {keyof PasswordField['choices']} */ value, /** @type {string} */ label) =>
      h('label', { class: 'radio-row' }, this.choices[value], label);
    this.on = h('input', { type: 'checkbox', class: 'switch', role: 'switch' });
    this.input = h('input', {
      type: 'password', 'aria-label': 'Password', 'aria-describedby': `${hint} ${error}`, autocomplete: 'new-password', spellcheck: 'false',
    });
    this.errors = { password: h('p', { class: 'error', id: error, hidden: true }) };
    this.inputs = { password: this.input };
    this.eye = iconButton('eye', 'Show password', { onclick: () => this.#reveal(this.input.type === 'password') });
    const generate = h('button', { type: 'button', class: 'button', onclick: () => this.#generate() }, icon('key'), 'Generate');
    const copyIt = iconButton('copy', 'Copy password', { onclick: () => { if (this.input.value) copy(this.input.value, 'Password'); } });
    this.meter = h('span', { class: 'strength', 'data-strength': '0' }, h('i', {}), h('i', {}), h('i', {}), h('i', {}));
    this.words = h('span', { class: 'hint', id: hint, 'aria-live': 'polite' });
    this.field = h('div', { class: 'reveal' },
      h('div', { class: 'row' }, h('span', { class: 'with-buttons' }, this.input, this.eye, copyIt), generate),
      h('div', { class: 'row strength-row' }, this.meter, this.words), this.errors.password,
      h('p', { class: 'hint' }, 'Without it nobody sees what the link shares. It is never shown again, so save it now.'));
    this.isEditing = hasPassword;
    this.element = h('fieldset', { class: 'setting' }, h('legend', {}, 'Security'),
      hasPassword
        ? h('div', { class: 'radio-rows' }, choice('keep', 'Keep the password'), choice('change', 'Change it'), choice('remove', 'Remove it'))
        : h('label', { class: 'switch-row' }, this.on, 'Password'),
      this.field);
    this.element.addEventListener('change', event => {
      this.#show();
      if (this.#isGiven() && event.target !== this.input) this.input.focus();
    });
    this.input.addEventListener('input', () => this.#rate());
    this.#show();
    this.#rate();
  }

  /**
   * The field in the API's form: absent to keep the password, a text to set it, null to remove it.
   * @returns {{ password?: string | null }}
   */
  values() {
    if (this.#isGiven()) return { password: this.input.value };
    return this.isEditing && this.choices.remove.checked ? { password: null } : {};
  }

  /**
   * Errors that can be found without the API, in its form.
   * @returns {Api.FieldError[]}
   */
  problems() {
    return this.#isGiven() && !this.input.value
      ? [{ field: 'password', message: 'Enter a password, or generate one.' }]
      : [];
  }

  #isGiven() {
    return this.isEditing ? this.choices.change.checked : this.on.checked;
  }

  #show() {
    this.field.hidden = !this.#isGiven();
  }

  /** @param {boolean} show */
  #reveal(show) {
    this.input.type = show ? 'text' : 'password';
    const label = show ? 'Hide password' : 'Show password';
    this.eye.setAttribute('aria-label', label);
    this.eye.title = label;
    this.eye.setAttribute('aria-pressed', String(show));
  }

  #generate() {
    this.input.value = generatePassword();
    this.#reveal(true);
    this.#rate();
    this.input.dispatchEvent(new Event('input', { bubbles: true }));
  }

  #rate() {
    const rating = this.input.value ? rateStrength(this.input.value) : 0;
    this.meter.dataset.strength = String(rating);
    fill(this.words, this.input.value && STRENGTHS[rating]);
  }
}

/** Draws a password of four groups of four characters: 79 bits, easy to read aloud. */
function generatePassword() {
  let characters = '';
  // Octets above the largest multiple of the alphabet's length are drawn again, so that every character is as likely.
  const limit = 256 - (256 % ALPHABET.length);
  while (characters.length < 16) {
    const [octet = limit] = crypto.getRandomValues(new Uint8Array(1));
    if (octet < limit) characters += ALPHABET.charAt(octet % ALPHABET.length);
  }
  return characters.replace(/(.{4})(?=.)/g, '$1-');
}

/**
 * Rates a password from 0 to 4, roughly: by length, kinds of characters and common words.
 * @param {string} password
 */
function rateStrength(password) {
  const lower = password.toLowerCase();
  if (COMMON.some(word => lower.includes(word)) && password.length < 16) return 0;
  /** @type {[kind: RegExp, size: number][]} */
  const kinds = [[/[a-z]/, 26], [/[A-Z]/, 26], [/\d/, 10], [/[^a-zA-Z\d]/, 30]];
  const pool = kinds.reduce((sum, [kind, size]) => sum + (kind.test(password) ? size : 0), 0);
  const bits = Math.log2(pool) * new Set(password).size + 0.5 * (password.length - new Set(password).size);
  return [28, 40, 56, 70].filter(limit => bits >= limit).length;
}
