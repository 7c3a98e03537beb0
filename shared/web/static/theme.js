// The theme switch: any button of class `theme-switch`. Remembered; early.js applies it before the first paint.

import { closest, findAll } from './elements.js';

const KEY = 'vitrine-theme';
const dark = matchMedia('(prefers-color-scheme: dark)');

// The theme in force: the remembered one, else the system's.
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
    // Storage is refused: the choice holds for this page.
  }
  labelSwitches();
});
dark.addEventListener('change', labelSwitches);
labelSwitches();
