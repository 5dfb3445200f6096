// Light or dark by a link, at once and without another page.

function choose(event) {
  event.preventDefault();
  const theme = event.currentTarget.dataset.themeTo;
  document.documentElement.dataset.theme = theme;
  document.cookie = `theme=${theme}; path=/; max-age=31536000; samesite=lax`;
  document.dispatchEvent(new Event("themechange"));
  document.querySelector(`[data-theme-to]:not([data-theme-to="${theme}"])`).focus();
}

for (const link of document.querySelectorAll("[data-theme-to]")) link.addEventListener("click", choose);
