// The pages of calls, of a message, of the world, of a text and of the contract: where each is, when it is shown, and
// whether nothing that happens changes it.

exports.PAGES = [
  { name: "message", path: "/messages/101/:message", ready: ".copies .card" },
  { name: "calls", path: "/calls", ready: ".call-row" },
  { name: "call", path: "/calls/:refused", ready: ".good-card" },
  { name: "world", path: "/world", ready: ".extension-row" },
  { name: "text", path: "/text?text=One%20emoji%20%F0%9F%93%A6", ready: ".ruler-preview", isStill: true },
  { name: "api", path: "/contract/api", ready: "[data-ready] .opblock-tag", isStill: true },
  { name: "control-api", path: "/contract/control", ready: "[data-ready] .opblock-tag", isStill: true },
  { name: "rules", path: "/contract/rules", ready: ".rule" },
];
