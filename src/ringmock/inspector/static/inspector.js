// Shows what has come since, without losing what somebody has opened, marked or typed.
const EVERY_MILLISECONDS = 2000;

function isTyped(field) {
  return field.value !== field.defaultValue;
}

function isBeingRead(main) {
  return document.hidden || [...main.querySelectorAll("input")].some(isTyped) || main.querySelector("details[open]") || main.contains(document.activeElement)
    || !getSelection().isCollapsed;
}

async function renew() {
  const main = document.querySelector("main");
  if (isBeingRead(main)) return;
  try {
    const answer = await fetch(location.href);
    if (!answer.ok) return;
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    if (!isBeingRead(main)) main.replaceWith(page.querySelector("main"));
  } catch {
    // The server has stopped: what it said last stays.
  }
}

setInterval(renew, EVERY_MILLISECONDS);
