// The theme switch: any button of class `theme-switch`. Remembered; early.js applies it before the first paint.

const KEY = "vitrine-theme";
const dark = matchMedia("(prefers-color-scheme: dark)");

/** The theme in force: the remembered one, else the system's. */
export function theme() {
  return document.documentElement.dataset.theme ?? (dark.matches ? "dark" : "light");
}

function label() {
  const other = theme() === "dark" ? "light" : "dark";
  for (const button of document.querySelectorAll(".theme-switch")) {
    button.ariaLabel = `Use ${other} theme`;
    button.title = button.ariaLabel;
    button.dataset.shows = other;
  }
}

document.addEventListener("click", (event) => {
  if (!event.target.closest(".theme-switch")) return;
  const next = theme() === "dark" ? "light" : "dark";
  document.documentElement.dataset.theme = next;
  try {
    localStorage.setItem(KEY, next);
  } catch {
    // Storage is refused: the choice holds for this page.
  }
  label();
});
dark.addEventListener("change", label);
label();
