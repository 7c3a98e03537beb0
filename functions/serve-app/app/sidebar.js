// The side bar: the folders' tree, the links, for administrators the users, and who is signed in.

import { folderMenu } from './actions.js';
import { fill, h, icon, iconButton } from './dom.js';
import { capital, number } from './format.js';
import { openShortcuts } from './keys.js';
import { library } from './library.js';
import { openMenu } from './menu.js';
import { signOut } from './session.js';
import { chosenTheme, chooseTheme } from './theme.js';
import { toast } from './toast.js';

// The whole tree stands open while it is short.
const FEW = 30;

const open = new Set();

/** The side bar; `mark(route)` says which entry is the present one. */
export function sidebar() {
  let route = { page: 'library', id: null };
  const all = h('a', { class: 'side-link', href: '/' }, icon('grid'), h('span', { class: 'side-name' }, 'All assets'));
  const links = library.mayShare
    && h('a', { class: 'side-link', href: '/links' }, icon('link'), h('span', { class: 'side-name' }, 'Links'));
  const users = library.isAdministrator
    && h('a', { class: 'side-link', href: '/users' }, icon('user'), h('span', { class: 'side-name' }, 'Users'));
  const tree = h('ul', { class: 'tree' });
  const show = () => {
    markCurrent(all, route.page === 'library');
    if (links) markCurrent(links, route.page === 'links' || route.page === 'link');
    if (users) markCurrent(users, route.page === 'users');
    fill(tree, library.top.map(folder => branch(folder, route, show)));
    tree.parentElement.hidden = library.folders.length === 0;
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
      h('div', { class: 'side-group' }, h('h2', {}, 'Folders'), tree)),
    user);
  library.addEventListener('folders', show);
  show();
  return {
    element,
    mark(present) {
      route = present;
      const here = present.page === 'folder' && library.folder(present.id);
      if (here) for (const folder of library.trail(here).slice(0, -1)) open.add(folder.id);
      show();
    },
  };
}

/** The brand's mark. */
export function mark() {
  const glyph = icon('mark');
  glyph.setAttribute('class', 'mark');
  return glyph;
}

function markCurrent(link, isCurrent) {
  if (isCurrent) link.setAttribute('aria-current', 'page');
  else link.removeAttribute('aria-current');
}

function branch(folder, route, show) {
  // The library itself stands beside its folders, not above them.
  const inside = folder.path === '' ? [] : library.children(folder.id);
  const isOpen = open.has(folder.id) || (library.folders.length <= FEW && !open.has(`closed ${folder.id}`));
  const toggle = () => {
    open[isOpen ? 'delete' : 'add'](folder.id);
    open[isOpen ? 'add' : 'delete'](`closed ${folder.id}`);
    show();
    document.querySelector(`[data-toggles="${CSS.escape(folder.id)}"]`)?.focus();
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

function userMenu() {
  const theme = chosenTheme();
  const choice = (value, label, glyph) => ({ icon: glyph, label, checked: theme === value, run: () => chooseTheme(value) });
  return [
    choice('light', 'Light', 'sun'),
    choice('dark', 'Dark', 'moon'),
    choice(null, 'As the system', 'settings'),
    null,
    { icon: 'info', label: 'Keyboard shortcuts', shortcut: '?', run: openShortcuts },
    { icon: 'sign-out', label: 'Sign out', run: () => signOut().catch(error => toast(error.message, 'danger')) },
  ];
}
