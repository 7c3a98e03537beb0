// Creates or edits a link: first the settings, then with Download access the download options.

import { get, patch, post } from '../base/api.js';
import { openDialog } from '../base/dialog.js';
import { fill, h, icon } from '../base/dom.js';
import { ApiError, messageOf } from '../base/errors.js';
import { picture } from '../base/picture.js';
import { copy } from '../base/toast.js';
import { openEmailDialog } from './email-dialog.js';
import { LinkForm } from './link-form.js';
import { consequence, KINDS, targetWords } from './link-words.js';

/** @import { Controls } from '../base/dialog.js' */
/** @import { Child } from '../base/dom.js' */

/**
 * The target of a dialog: its name, a line of detail, whether it is a folder with subfolders that can be included, and
 * `pictures`, which reads a few of its assets to show.
 * @typedef {{
 *   target: Api.Target,
 *   name: string,
 *   detail?: string,
 *   hasSubfolders?: boolean,
 *   pictures: () => Promise<Api.Asset[]>,
 * }} Subject
 */

/**
 * Creates a link. Returns it, or null if the dialog was cancelled.
 * @param {Subject} subject
 * @returns {Promise<Api.Link | null>}
 */
export function openLinkDialog(subject) {
  return openDialog({
    title: `Share ${KINDS[subject.target.kind].toLowerCase()}`,
    kind: 'link-dialog',
    unsaved: 'The link has not been created.',
    build: controls => new LinkDialog(subject, null, controls),
  });
}

/**
 * Edits a link. Returns the changed link, or null if the dialog was cancelled.
 * @param {Api.Link} link
 * @param {Omit<Subject, 'target'>} subject
 * @returns {Promise<Api.Link | null>}
 */
export function openEditDialog(link, subject) {
  return openDialog({
    title: 'Edit link',
    kind: 'link-dialog',
    unsaved: 'Your changes have not been saved.',
    build: controls => new LinkDialog({ ...subject, target: null }, link, controls),
  });
}

class LinkDialog {
  /** @type {'settings' | 'options'} */
  #step = 'settings';
  #isBusy = false;
  /** @type {Api.ShareOptions | null} */
  #shareOptions = null;
  // Whether the API refused to share the target.
  #isRefused = false;

  /**
   * @param {Omit<Subject, 'target'> & { target: Api.Target | null }} subject has a target if a link is created
   * @param {Api.Link | null} link the link that is edited
   * @param {Controls<Api.Link>} controls
   */
  constructor({ target, name, detail, hasSubfolders = false, pictures }, link, { close, settle, setTitle, dialog }) {
    this.target = target;
    this.link = link;
    this.close = close;
    this.settle = settle;
    this.setTitle = setTitle;
    this.dialog = dialog;
    this.detail = h('span', { class: 'hint' }, detail ?? (target && targetWords(target)));
    const head = [describeSubject(name, this.detail, pictures), link && sendButtons(link), target?.kind === 'folder' && hasSubfolders && this.#subfolders(target)];
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

  /** @param {Api.Target & { kind: 'folder' }} folder */
  #subfolders(folder) {
    const include = h('input', { type: 'checkbox', class: 'switch', role: 'switch', checked: folder.include_subfolders });
    include.addEventListener('change', () => {
      const target = { ...folder, include_subfolders: include.checked };
      this.target = target;
      fill(this.detail, targetWords(target));
      this.#readOptions();
    });
    return h('label', { class: 'switch-row' }, include, 'Include subfolders');
  }

  async #readOptions() {
    const { target, link } = this;
    this.#shareOptions = null;
    this.#isRefused = false;
    this.problem.hidden = true;
    this.#showStep();
    try {
      const offered = await readShareOptions(target, link);
      if (target !== this.target) return;
      this.#shareOptions = offered;
      this.form.offer(offered);
      const shared = target ?? link?.target;
      if (shared?.kind === 'folder') fill(this.detail, targetWords(shared, offered.count));
    } catch (error) {
      if (target !== this.target) return;
      // A retry would be refused again.
      const isFinal = error instanceof ApiError && error.status >= 400 && error.status < 500;
      this.#isRefused = isFinal;
      this.#showProblem(messageOf(error), !isFinal && h('button', { type: 'button', class: 'button', onclick: () => this.#readOptions() }, 'Retry'));
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
    fill(this.nextButton, this.#isBusy ? [h('span', { class: 'spinner' }), 'One moment'] : last ? finish : 'Next');
    this.dialog.ariaBusy = String(this.#isBusy);
    // Input during the request would be lost.
    for (const part of [this.form.settings, this.form.options]) part.inert = this.#isBusy;
    this.nextButton.disabled = this.#isBusy || this.#isRefused || (last && !this.#shareOptions);
    fill(this.stepWords, isDownload ? `Step ${this.#step === 'options' ? 2 : 1} of 2` : '');
  }

  /** @param {'settings' | 'options'} step */
  #go(step) {
    this.#step = step;
    this.#showStep();
    const part = this.form[step];
    part.scrollTop = 0;
    part.querySelector('input')?.focus();
  }

  async #submit() {
    if (this.#isBusy) return;
    this.problem.hidden = true;
    const onOptions = this.#step === 'options';
    const problems = this.form.problems({ withOptions: onOptions });
    this.form.showErrors(problems);
    if (problems.length) return;
    if (this.form.isDownload && !onOptions) {
      this.#go('options');
      return;
    }
    this.#isBusy = true;
    this.#showStep();
    try {
      const done = await this.#save();
      this.#isBusy = false;
      this.#showStep();
      if (this.link) this.close(done);
      else this.#showCreated(done);
    } catch (error) {
      this.#isBusy = false;
      this.#showRefusal(error);
    }
  }

  /** @returns {Promise<Api.Link>} */
  async #save() {
    if (!this.link) {
      const { options, ...values } = this.form.values();
      return post('/api/links', { target: this.target, ...values, ...(options && { options }) });
    }
    const changes = this.form.changesTo(this.link);
    return Object.keys(changes).length ? patch(`/api/links/${this.link.id}`, changes) : this.link;
  }

  /** @param {unknown} error */
  #showRefusal(error) {
    const errors = error instanceof ApiError ? error.errors : [];
    if (this.#step === 'options' && LinkForm.concernsSettings(errors) && errors.length) this.#step = 'settings';
    this.#showStep();
    const unplaced = this.form.showErrors(errors);
    if (unplaced.length || errors.length === 0) this.#showProblem(unplaced.join(' ') || messageOf(error));
    // A disabled button loses the focus.
    if (!this.body.contains(document.activeElement)) this.nextButton.focus();
  }

  /**
   * @param {string} message
   * @param {...Child} actions
   */
  #showProblem(message, ...actions) {
    fill(this.problem, h('span', {}, message), actions).hidden = false;
  }

  /** @param {Api.Link} link */
  #showCreated(link) {
    this.setTitle('Link created');
    /** @type {HTMLInputElement} */
    const url = h('input', { type: 'text', class: 'url', value: link.url, readOnly: true, 'aria-label': 'URL', onfocus: () => url.select() });
    const copyButton = h('button', { type: 'button', class: 'button primary', onclick: () => copy(link.url, 'URL') }, icon('copy'), 'Copy URL');
    const words = consequence({ expires: link.expires_at, zone: link.time_zone ?? undefined, uses: link.uses_left });
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

/**
 * Reads which download options a new link on this target, or an existing link, may offer.
 * @param {Api.Target | null} target
 * @param {Api.Link | null} link
 * @returns {Promise<Api.ShareOptions>}
 */
function readShareOptions(target, link) {
  if (!target) return get('/api/share-options', { link: link?.id });
  if (target.kind === 'selection') return post('/api/share-options', target);
  const { kind, id } = target;
  return get('/api/share-options', { kind, id, include_subfolders: kind === 'folder' && target.include_subfolders || null });
}

/**
 * The buttons that copy or mail the URL of the edited link.
 * @param {Api.Link} link
 */
function sendButtons(link) {
  return h('div', { class: 'row' },
    h('button', { type: 'button', class: 'button small', onclick: () => copy(link.url, 'URL') }, icon('copy'), 'Copy URL'),
    h('button', { type: 'button', class: 'button small', onclick: () => openEmailDialog(link) }, icon('mail'), 'Email link'));
}

/**
 * The target's name and some of its pictures. The target can't be changed here.
 * @param {string} name
 * @param {Node} detail
 * @param {() => Promise<Api.Asset[]>} pictures
 */
function describeSubject(name, detail, pictures) {
  const stack = h('span', { class: 'stack', 'aria-hidden': 'true' }, h('span', { class: 'thumb skeleton' }));
  pictures().then(
    assets => fill(stack, assets.length
      ? assets.map(asset => h('span', { class: 'thumb' }, picture(asset, { eager: true })))
      : h('span', { class: 'thumb' }, icon('folder'))),
    // The dialog works without the pictures.
    () => fill(stack, h('span', { class: 'thumb' }, icon('image'))),
  );
  return h('div', { class: 'subject' }, stack, h('span', { class: 'subject-words' }, h('strong', { title: name }, name), detail));
}
