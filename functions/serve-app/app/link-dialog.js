// Making or editing a link: settings, then with Download access the download options.

import { get, patch, post } from './api.js';
import { openDialog } from './dialog.js';
import { fill, h, icon } from './dom.js';
import { openEmailDialog } from './email-dialog.js';
import { LinkForm } from './link-form.js';
import { consequence, KINDS, targetWords } from './link-words.js';
import { picture } from './tile.js';
import { copy } from './toast.js';

/**
 * Makes a link on `target` (the API's form), or edits `link`. `name` is the target's, `detail` says more
 * of it, `hasSubfolders` offers to include a folder's subfolders, `pictures()` answers some of them to show.
 * Answers the link as it then is, or null when nothing was done.
 */
export function openLinkDialog({ target, name, detail, hasSubfolders = false, pictures, link = null }) {
  return openDialog({
    title: link ? 'Edit link' : `Share ${KINDS[target.kind].toLowerCase()}`,
    kind: 'link-dialog',
    unsaved: link ? 'Your changes have not been saved.' : 'The link has not been created.',
    build: controls => new LinkDialog({ target, name, detail, hasSubfolders, pictures, link }, controls),
  });
}

class LinkDialog {
  #step = 'settings';
  #busy = false;

  constructor({ target, name, detail, hasSubfolders, pictures, link }, { close, settle, setTitle, dialog }) {
    Object.assign(this, { target, link, close, settle, setTitle, dialog });
    this.detail = h('span', { class: 'hint' }, detail ?? targetWords(target));
    const head = [subject(name, this.detail, pictures), link && passOn(link), hasSubfolders && this.#subfolders()];
    this.form = new LinkForm({ link, title: name, head, onAccess: () => this.#showStep() });
    this.problem = h('p', { class: 'notice danger', role: 'alert', hidden: true });
    this.stepWords = h('span', { class: 'steps' });
    this.backButton = h('button', { type: 'button', class: 'button', onclick: () => this.#go('settings') }, 'Back');
    this.nextButton = h('button', { type: 'submit', class: 'button primary' });
    this.buttons = h('div', { class: 'dialog-foot' }, this.stepWords,
      h('button', { type: 'button', class: 'button quiet', onclick: () => close() }, 'Cancel'), this.backButton, this.nextButton);
    this.body = h('form', { class: 'dialog-form', novalidate: true }, this.form.settings, this.form.options, this.problem, this.buttons);
    this.body.addEventListener('submit', event => {
      event.preventDefault();
      this.#submit();
    });
    this.#showStep();
    this.#readOptions();
  }

  #subfolders() {
    const include = h('input', { type: 'checkbox', class: 'switch', role: 'switch', checked: this.target.include_subfolders });
    include.addEventListener('change', () => {
      this.target = { ...this.target, include_subfolders: include.checked };
      fill(this.detail, targetWords(this.target));
      this.#readOptions();
    });
    return h('label', { class: 'switch-row' }, include, 'Include subfolders');
  }

  async #readOptions() {
    const { target, link } = this;
    const { kind, id, assets, include_subfolders } = target;
    this.offered = null;
    this.isImpossible = false;
    this.problem.hidden = true;
    this.#showStep();
    try {
      const named = link ? { link: link.id } : { kind, id, include_subfolders: include_subfolders || null };
      const offered = assets && !link ? await post('/api/share-options', { kind, assets }) : await get('/api/share-options', named);
      if (target !== this.target) return;
      this.offered = offered;
      this.form.offer(offered);
      if (kind === 'folder') fill(this.detail, targetWords(target, offered.count));
    } catch (error) {
      if (target !== this.target) return;
      // What can't be shared at all won't be by asking again.
      const isFinal = error.status >= 400 && error.status < 500;
      this.isImpossible = isFinal;
      this.#complain(error.message, !isFinal && h('button', { type: 'button', class: 'button', onclick: () => this.#readOptions() }, 'Retry'));
    }
    this.#showStep();
  }

  #showStep() {
    const { isDownload } = this.form;
    const last = this.#step === 'options' || !isDownload;
    this.form.settings.hidden = this.#step !== 'settings';
    this.form.options.hidden = this.#step !== 'options';
    this.backButton.hidden = this.#step !== 'options';
    const finish = this.link ? 'Save changes' : 'Create link';
    fill(this.nextButton, this.#busy ? [h('span', { class: 'spinner' }), 'One moment'] : last ? finish : 'Next');
    this.dialog.ariaBusy = String(this.#busy);
    // What is typed while the answer is on its way would be in none.
    for (const part of [this.form.settings, this.form.options]) part.inert = this.#busy;
    this.nextButton.disabled = this.#busy || this.isImpossible || (last && !this.offered);
    fill(this.stepWords, isDownload ? `Step ${this.#step === 'options' ? 2 : 1} of 2` : '');
  }

  #go(step) {
    this.#step = step;
    this.#showStep();
    const part = this.form[step];
    part.scrollTop = 0;
    part.querySelector('input')?.focus();
  }

  async #submit() {
    if (this.#busy) return;
    this.problem.hidden = true;
    const onOptions = this.#step === 'options';
    const problems = this.form.problems({ withOptions: onOptions });
    this.form.showErrors(problems);
    if (problems.length) return;
    if (this.form.isDownload && !onOptions) {
      this.#go('options');
      return;
    }
    this.#busy = true;
    this.#showStep();
    try {
      const done = await this.#save();
      this.#busy = false;
      this.#showStep();
      if (this.link) this.close(done);
      else this.#showCreated(done);
    } catch (error) {
      this.#busy = false;
      this.#refused(error);
    }
  }

  #save() {
    if (!this.link) {
      const { options, ...values } = this.form.values();
      return post('/api/links', { target: this.target, ...values, ...(options && { options }) });
    }
    const changes = this.form.changes();
    return Object.keys(changes).length ? patch(`/api/links/${this.link.id}`, changes) : this.link;
  }

  #refused(error) {
    const errors = error.errors ?? [];
    if (this.#step === 'options' && LinkForm.concernsSettings(errors) && errors.length) this.#step = 'settings';
    this.#showStep();
    const homeless = this.form.showErrors(errors);
    if (homeless.length || errors.length === 0) this.#complain(homeless.join(' ') || error.message);
    // The button was disabled meanwhile, which lost it the focus.
    if (!this.body.contains(document.activeElement)) this.nextButton.focus();
  }

  #complain(message, ...actions) {
    fill(this.problem, h('span', {}, message), actions).hidden = false;
  }

  #showCreated(link) {
    this.setTitle('Link created');
    const url = h('input', { type: 'text', class: 'url', value: link.url, readOnly: true, 'aria-label': 'URL', onfocus: event => event.target.select() });
    const copyButton = h('button', { type: 'button', class: 'button primary', onclick: () => copy(link.url, 'URL') }, icon('copy'), 'Copy URL');
    const words = consequence({ expires: link.expires_at, zone: link.time_zone ?? undefined, uses: link.uses_left ?? null });
    const done = h('div', { class: 'dialog-body created' },
      h('p', { class: 'created-title' }, h('span', { class: 'tick' }, icon('check')), h('strong', {}, link.title)),
      h('div', { class: 'row' }, url, copyButton),
      h('ul', { class: 'facts-list' },
        h('li', {}, icon('clock'), words),
        h('li', {}, icon(link.has_password ? 'lock' : 'link'), link.has_password
          ? 'Asks for the password. Send it by another way than the URL.'
          : 'Opens for anyone who has the URL.'),
        h('li', {}, icon(link.access === 'download' ? 'download' : 'eye'), link.access === 'download'
          ? 'Recipients can look and download.' : 'Recipients can look, but download nothing.')));
    const footer = h('div', { class: 'dialog-foot' },
      h('a', { class: 'button', href: link.url, target: '_blank', rel: 'noopener' }, 'Open'),
      h('button', { type: 'button', class: 'button', onclick: () => openEmailDialog(link) }, icon('mail'), 'Email link'),
      h('button', { type: 'button', class: 'button', onclick: () => this.close() }, 'Done'));
    this.settle(link);
    fill(this.body, done, footer);
    copyButton.focus();
  }
}

// What can be done with a link that stands, while it is being edited.
function passOn(link) {
  return h('div', { class: 'row' },
    h('button', { type: 'button', class: 'button small', onclick: () => copy(link.url, 'URL') }, icon('copy'), 'Copy URL'),
    h('button', { type: 'button', class: 'button small', onclick: () => openEmailDialog(link) }, icon('mail'), 'Email link'));
}

// What is shared: its kind, name and some of its pictures. It can't be changed here.
function subject(name, detail, pictures) {
  const stack = h('span', { class: 'stack', 'aria-hidden': 'true' }, h('span', { class: 'thumb skeleton' }));
  pictures().then(
    assets => fill(stack, assets.length
      ? assets.map(asset => h('span', { class: 'thumb' }, picture(asset, { eager: true })))
      : h('span', { class: 'thumb' }, icon('folder'))),
    // The pictures only adorn: the dialog works without them.
    () => fill(stack, h('span', { class: 'thumb' }, icon('image'))),
  );
  return h('div', { class: 'subject' }, stack, h('span', { class: 'subject-words' }, h('strong', { title: name }, name), detail));
}
