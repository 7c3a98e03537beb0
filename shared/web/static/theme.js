// The theme switch: any button of class `theme-switch`. early.js applies the stored choice before the first paint.

import { closest, findAll } from './elements.js';

const KEY = 'vitrine-theme';
const dark = matchMedia('(prefers-color-scheme: dark)');

// The stored theme, else the system's.
function currentTheme() {
  return document.documentElement.dataset.theme ?? (dark.matches ? 'dark' : 'light');
}

function labelSwitches() {
  const other = currentTheme() === 'dark' ? 'light' : 'dark';
  for (const button of findAll(document, '.theme-switch', HTMLElement)) {
    button.ariaLabel = `Use ${other} theme`;
    button.title = button.ariaLabel;
    button.dataset.shows = other;
  }
}

document.addEventListener('click', event => {
  if (!closest(event, '.theme-switch')) return;
  const next = currentTheme() === 'dark' ? 'light' : 'dark';
  document.documentElement.dataset.theme = next;
  try {
    localStorage.setItem(KEY, next);
  } catch {
    // The browser refuses storage: the choice is lost at the next page.
  }
  labelSwitches();
});
dark.addEventListener('change', labelSwitches);
labelSwitches();
