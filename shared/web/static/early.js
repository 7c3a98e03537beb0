// Blocking, in <head>: sets the remembered theme and view before the first paint, so that nothing flashes.
{
  const root = document.documentElement;
  root.classList.add('js');
  try {
    const theme = localStorage.getItem('vitrine-theme');
    if (theme === 'light' || theme === 'dark') root.dataset.theme = theme;
    const view = localStorage.getItem('vitrine-view');
    // What the address asks for goes before what is remembered.
    if (root.dataset.view && (view === 'cards' || view === 'list') && !new URLSearchParams(location.search).has('view')) {
      root.dataset.view = view;
    }
  } catch {
    // Storage is refused here (a private window, say): the system’s theme and the page’s view are used.
  }
}
