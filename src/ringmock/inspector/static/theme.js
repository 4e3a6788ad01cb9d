// Light, dark, or as the system prefers. The choice is kept in the browser.

import { icon, refill } from "./dom.js";

const KEY = "ringmock.theme";
const NEXT = { system: "light", light: "dark", dark: "system" };
const ICONS = { system: "system", light: "sun", dark: "moon" };

/** Which one is chosen: "system", "light" or "dark". */
export function chosen() {
  return document.documentElement.dataset.theme ?? "system";
}

/** Choose one. */
export function choose(theme) {
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  try {
    if (theme === "system") localStorage.removeItem(KEY);
    else localStorage.setItem(KEY, theme);
  } catch {
    // It holds until the page is left.
  }
}

/** Let a button change it and say what it is. */
export function bind(button) {
  const show = () => {
    refill(button, icon(ICONS[chosen()]));
    button.setAttribute("aria-label", `Colours: ${chosen()}. Change to ${NEXT[chosen()]}`);
    button.title = `Colours: ${chosen()}`;
  };
  const next = () => {
    choose(NEXT[chosen()]);
    show();
  };
  button.addEventListener("click", next);
  show();
  return next;
}
