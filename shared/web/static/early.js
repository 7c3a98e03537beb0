// Blocking, in <head>: sets the remembered theme before the first paint, so that nothing flashes.
try {
  const theme = localStorage.getItem("vitrine-theme");
  if (theme === "light" || theme === "dark") document.documentElement.dataset.theme = theme;
} catch {
  // Storage is refused here (a private window, say): the system's theme stands.
}
document.documentElement.classList.add("js");
