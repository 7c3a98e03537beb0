// An optional password for a link: set, kept, changed or removed.

import { fill, freshId, h, icon, iconButton } from './dom.js';
import { copy } from './toast.js';

const STRENGTHS = ['Too easy to guess', 'Weak', 'Fair', 'Good', 'Strong'];
// Without letters and digits that are mistaken for one another when read out.
const ALPHABET = 'abcdefghjkmnpqrstuvwxyz23456789';
const COMMON = ['password', 'passwort', 'qwerty', 'azerty', 'letmein', 'welcome', 'vitrine', '123456', 'abc123'];

/** The field `password`: `values()` answers nothing where it stays, a text, or null to remove it. */
export class PasswordField {
  /** `hasPassword` is whether the link being edited has one; null for a new link. */
  constructor(hasPassword) {
    const name = freshId('password-choice');
    const [hint, error] = [freshId('strength'), freshId('error')];
    this.choices = {};
    const choice = (value, label, checked) => {
      this.choices[value] = h('input', { type: 'radio', name, value, checked });
      return h('label', { class: 'radio-row' }, this.choices[value], label);
    };
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
      h('p', { class: 'hint' }, 'Nobody sees what the link holds without it. It is never shown again, so note it now.'));
    this.editing = hasPassword;
    this.element = h('fieldset', { class: 'setting' }, h('legend', {}, 'Security'),
      hasPassword
        ? h('div', { class: 'radio-rows' }, choice('keep', 'Keep the password', true), choice('change', 'Change it'), choice('remove', 'Remove it'))
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

  /** What the API is to be sent. */
  values() {
    if (this.#isGiven()) return { password: this.input.value };
    return this.editing && this.choices.remove.checked ? { password: null } : {};
  }

  /** What can't be right, as the API would say it. */
  problems() {
    return this.#isGiven() && !this.input.value
      ? [{ field: 'password', message: 'Enter a password, or generate one.' }]
      : [];
  }

  #isGiven() {
    return this.editing ? this.choices.change.checked : this.on.checked;
  }

  #show() {
    this.field.hidden = !this.#isGiven();
  }

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
    const rating = this.input.value ? strength(this.input.value) : 0;
    this.meter.dataset.strength = rating;
    fill(this.words, this.input.value ? STRENGTHS[rating] : '');
  }
}

/** Four groups of four characters: 79 bits, easy to read out. */
export function generatePassword() {
  const characters = [];
  // Octets beyond the last whole multiple are drawn again, so that no character is likelier.
  const limit = 256 - (256 % ALPHABET.length);
  while (characters.length < 16) {
    const [octet] = crypto.getRandomValues(new Uint8Array(1));
    if (octet < limit) characters.push(ALPHABET[octet % ALPHABET.length]);
  }
  return characters.join('').replace(/(.{4})(?=.)/g, '$1-');
}

/** A rough rating from 0 to 4, by length, kinds of characters and the commonest patterns. */
export function strength(password) {
  const lower = password.toLowerCase();
  if (COMMON.some(word => lower.includes(word)) && password.length < 16) return 0;
  const kinds = [[/[a-z]/, 26], [/[A-Z]/, 26], [/\d/, 10], [/[^a-zA-Z\d]/, 30]];
  const pool = kinds.reduce((sum, [kind, size]) => sum + (kind.test(password) ? size : 0), 0);
  const bits = Math.log2(pool) * new Set(password).size + 0.5 * (password.length - new Set(password).size);
  return [28, 40, 56, 70].filter(limit => bits >= limit).length;
}
