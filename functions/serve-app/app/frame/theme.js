// Light or dark theme. early.js applies the stored choice before the first paint.

const KEY = 'vitrine-theme';

/** `light`, `dark`, or null to follow the system. */
export function readTheme() {
  return document.documentElement.dataset.theme ?? null;
}

/**
 * Applies and stores a theme; null follows the system again.
 * @param {'light' | 'dark' | null} theme
 */
export function chooseTheme(theme) {
  if (theme) {
    document.documentElement.dataset.theme = theme;
    localStorage.setItem(KEY, theme);
  } else {
    delete document.documentElement.dataset.theme;
    localStorage.removeItem(KEY);
  }
}
