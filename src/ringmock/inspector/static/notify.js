// Notifications of the browser about messages that come while nobody looks, where somebody wants them.

import { el, icon } from "./dom.js";
import { number, several } from "./format.js";

const KEPT = "ringmock.notify";
const LONGEST = 160;

/**
 * A button that lets the browser notify, and `told(data)` for what the stream tells. `say(text)` is told what the button
 * came to, `open(message)` which notification was pressed.
 */
export function createNotifier({ say, open }) {
  const canNotify = "Notification" in window && isSecureContext;
  const button = el("button", { class: "icon-button notify", type: "button", hidden: !canNotify, "aria-label": "Notify me of messages", onclick: toggle }, icon("bell"));
  let isOn = canNotify && kept() && Notification.permission === "granted";
  shows();

  function shows() {
    button.setAttribute("aria-pressed", String(isOn));
    button.title = isOn ? "The browser notifies of messages while this page is out of sight" : "Let the browser notify of messages while this page is out of sight";
  }

  async function toggle() {
    const permission = isOn ? "off" : await Notification.requestPermission();
    isOn = permission === "granted";
    keep(isOn);
    shows();
    say(isOn ? "The browser notifies of messages" : permission === "off" ? "No notifications any more" : "The browser lets no page notify here");
  }

  function told({ messages }) {
    if (!isOn || !messages?.length || !document.hidden) return;
    const last = messages.at(-1);
    const title = messages.length === 1 ? `${last.type} from ${number(last.from)}` : several(messages.length, "message");
    const note = new Notification(title, { body: last.text.slice(0, LONGEST), tag: "ringmock" });
    note.onclick = () => { window.focus(); open(last); note.close(); };
  }

  return { button, told, get isOn() { return isOn; } };
}

function kept() {
  try {
    return localStorage.getItem(KEPT) === "on";
  } catch {
    return false;
  }
}

function keep(isOn) {
  try {
    localStorage.setItem(KEPT, isOn ? "on" : "off");
  } catch {
    // A browser that stores nothing asks again.
  }
}
