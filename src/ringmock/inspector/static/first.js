// Before anything is painted: the scheme that somebody chose on an earlier visit.
try {
  const chosen = localStorage.getItem("ringmock.theme");
  if (chosen === "dark" || chosen === "light") document.documentElement.dataset.theme = chosen;
} catch {
  // A browser that stores nothing shows what its system prefers.
}
