// A blocking script in <head>: sets the stored theme and view before the first paint, so that the page does not flash.
{
  const root = document.documentElement;
  root.classList.add('js');
  try {
    const theme = localStorage.getItem('vitrine-theme');
    if (theme === 'light' || theme === 'dark') root.dataset.theme = theme;
    const view = localStorage.getItem('vitrine-view');
    // A view in the address has priority over the stored one.
    if (root.dataset.view && (view === 'cards' || view === 'list') && !new URLSearchParams(location.search).has('view')) {
      root.dataset.view = view;
    }
  } catch {
    // The browser refuses storage, for example in a private window: the system’s theme and the page’s view are used.
  }
}
