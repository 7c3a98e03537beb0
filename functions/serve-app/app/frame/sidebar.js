// The side bar: assets, links, users (for administrators), the tree of folders, and the signed-in user's menu.

import { fill, h, icon, iconButton } from '../base/dom.js';
import { capital } from '../base/format.js';
import { messageOf } from '../base/errors.js';
import { openMenu } from '../base/menu.js';
import { signOut } from '../base/session.js';
import { toast } from '../base/toast.js';
import { folderMenu } from '../library/actions.js';
import { library } from '../library/library.js';
import { number } from '../words.js';
import { openShortcuts } from './shortcuts.js';
import { chooseTheme, readTheme } from './theme.js';

// A tree of at most this many folders is open at the start.
const MAX_OPEN = 30;

/** @import { Entry } from '../base/menu.js' */
/** @import { Route } from '../base/router.js' */

/**
 * Ids of folders that the user opened; with the prefix `closed `, of those they closed.
 * @type {Set<string>}
 */
const open = new Set();

/** The side bar; `mark(route)` marks the entry of the current page. */
export function sidebar() {
  /** @type {Pick<Route, 'page' | 'id'>} */
  let route = { page: 'library', id: null };
  const all = h('a', { class: 'side-link', href: '/' }, icon('grid'), h('span', { class: 'side-name' }, 'All assets'));
  const links = library.mayShare
    && h('a', { class: 'side-link', href: '/links' }, icon('link'), h('span', { class: 'side-name' }, 'Links'));
  const users = library.isAdministrator
    && h('a', { class: 'side-link', href: '/users' }, icon('user'), h('span', { class: 'side-name' }, 'Users'));
  const tree = h('ul', { class: 'tree' });
  const folders = h('div', { class: 'side-group' }, h('h2', {}, 'Folders'), tree);
  const show = () => {
    markCurrent(all, route.page === 'library');
    if (links) markCurrent(links, route.page === 'links' || route.page === 'link');
    if (users) markCurrent(users, route.page === 'users');
    fill(tree, library.top.map(folder => branch(folder, route, show)));
    folders.hidden = library.folders.length === 0;
  };
  const user = h('button', { type: 'button', class: 'side-user', 'aria-haspopup': 'menu' },
    h('span', { class: 'avatar', 'aria-hidden': 'true' }, library.me.name.slice(0, 1).toUpperCase()),
    h('span', { class: 'side-user-words' }, h('strong', {}, library.me.name), h('span', { class: 'muted' }, capital(library.me.level))),
    icon('more'));
  user.addEventListener('click', () => openMenu(userMenu(), user));
  const element = h('nav', { class: 'sidebar', id: 'sidebar', 'aria-label': 'Library' },
    h('a', { class: 'brand', href: '/' }, mark(), 'Vitrine'),
    h('div', { class: 'side-scroll' },
      h('div', { class: 'side-group' }, all, links, users),
      folders),
    user);
  library.addEventListener('folders', show);
  show();
  return {
    element,
    /** @param {Route} present */
    mark(present) {
      route = present;
      const here = present.page === 'folder' && present.id ? library.folder(present.id) : null;
      if (here) for (const folder of library.trail(here).slice(0, -1)) open.add(folder.id);
      show();
    },
  };
}

/** The brand's logo. */
export function mark() {
  const glyph = icon('mark');
  glyph.setAttribute('class', 'mark');
  return glyph;
}

/**
 * @param {Element} link
 * @param {boolean} isCurrent
 */
function markCurrent(link, isCurrent) {
  if (isCurrent) link.setAttribute('aria-current', 'page');
  else link.removeAttribute('aria-current');
}

/**
 * A folder with its subfolders.
 * @param {Api.Folder} folder
 * @param {Pick<Route, 'page' | 'id'>} route
 * @param {() => void} show
 * @returns {HTMLElement}
 */
function branch(folder, route, show) {
  // The library's root folder is listed beside its subfolders, not above them.
  const inside = folder.path === '' ? [] : library.children(folder.id);
  const isOpen = open.has(folder.id) || (library.folders.length <= MAX_OPEN && !open.has(`closed ${folder.id}`));
  const toggle = () => {
    open[isOpen ? 'delete' : 'add'](folder.id);
    open[isOpen ? 'add' : 'delete'](`closed ${folder.id}`);
    show();
    const again = document.querySelector(`[data-toggles="${CSS.escape(folder.id)}"]`);
    if (again instanceof HTMLElement) again.focus();
  };
  const isHere = route.page === 'folder' && route.id === folder.id;
  const more = iconButton('more', `Actions for ${folder.name}`, { class: 'button icon quiet small side-more', 'aria-haspopup': 'menu' });
  more.addEventListener('click', () => openMenu(folderMenu(folder), more));
  const row = h('div', { class: 'side-row' },
    inside.length
      ? h('button', {
        type: 'button', class: 'side-toggle', 'aria-expanded': String(isOpen), 'data-toggles': folder.id,
        'aria-label': `${isOpen ? 'Close' : 'Open'} ${folder.name}`, onclick: toggle,
      }, icon('chevron-right'))
      : h('span', { class: 'side-toggle' }),
    h('a', { class: 'side-link', href: `/folders/${folder.id}`, 'aria-current': isHere ? 'page' : null },
      icon('folder'), h('span', { class: 'side-name', title: folder.path || folder.name }, folder.name),
      h('span', { class: 'side-count', 'aria-hidden': 'true' }, number(folder.asset_count))),
    more);
  row.addEventListener('contextmenu', event => {
    event.preventDefault();
    openMenu(folderMenu(folder), event.clientX || event.clientY ? event : row);
  });
  return h('li', {}, row, inside.length > 0 && isOpen && h('ul', { class: 'tree' }, inside.map(child => branch(child, route, show))));
}

/** @returns {Entry[]} */
function userMenu() {
  const theme = readTheme();
  const choice = (/** @type {'light' | 'dark' | null} */ value, /** @type {string} */ label, /** @type {string} */ glyph) => ({
    icon: glyph, label, checked: theme === value, run: () => chooseTheme(value),
  });
  return [
    choice('light', 'Light', 'sun'),
    choice('dark', 'Dark', 'moon'),
    choice(null, 'As the system', 'settings'),
    null,
    { icon: 'info', label: 'Keyboard shortcuts', shortcut: '?', run: openShortcuts },
    { icon: 'sign-out', label: 'Sign out', run: () => signOut().catch(error => toast(messageOf(error), 'danger')) },
  ];
}
