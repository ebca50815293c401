// Runs before the page is painted (a plain script in the head), so that a theme once
// chosen never flashes as the other one. Without a choice the system's preference rules.
;(() => {
  try {
    const chosen = localStorage.getItem('theme')
    if (chosen === 'day' || chosen === 'night') document.documentElement.dataset.theme = chosen
  } catch {
    // Storage is blocked: the system's preference it is.
  }
})()
