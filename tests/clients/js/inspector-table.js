// Every page of the inspector: its address below /_mock/ui, by what the world has, and what stands there once it is shown.

const { PAGES } = require("./inspector-parts-pages.js");

/** `world`: `{ conversation, department, phone, refused, message, thread }`, ids as texts. */
module.exports = (world) => [
  { name: "worlds", path: "/worlds", ready: "tbody tr" },
  { name: "conversations", path: "/conversations", ready: ".item" },
  { name: "conversation", path: `/conversations/101/${world.conversation}`, ready: ".bubble" },
  { name: "department", path: `/conversations/101/${world.department}`, ready: ".outcomes" },
  { name: "both-sides", path: `/conversations/101/${world.conversation}?both=${world.phone}`, ready: ".is-phone .bubble" },
  { name: "threads", path: "/threads", ready: ".item" },
  { name: "thread", path: `/threads/${world.thread}`, ready: ".thread-note" },
  { name: "phones", path: "/phones", ready: ".item" },
  { name: "phone", path: `/phones/${world.phone}`, ready: ".bubble" },
  { name: "search", path: "/search?q=order", ready: ".results .item", isStill: true },
  ...PAGES.map((each) => ({ ...each, path: each.path.replace(":message", world.message).replace(":refused", world.refused) })),
];
