// The pages: what each address shows, and by which module. Paths are below /_mock/ui; a part with a colon is a parameter.

/** In the order in which they are compared. `tab` is the place in the navigation that a page belongs to. */
export const PAGES = [
  { path: "/worlds", module: "worlds", tab: "worlds", title: "Worlds" },
  { path: "/conversations", module: "conversations", tab: "conversations", title: "Conversations" },
  { path: "/conversations/:extension", module: "conversations", tab: "conversations", title: "Conversations" },
  { path: "/conversations/:extension/:conversation", module: "conversations", tab: "conversations", title: "Conversation" },
  { path: "/threads", module: "threads", tab: "threads", title: "Threads" },
  { path: "/threads/:thread", module: "threads", tab: "threads", title: "Thread" },
  { path: "/phones", module: "phones", tab: "phones", title: "Phones" },
  { path: "/phones/:phone", module: "phones", tab: "phones", title: "Phone" },
  { path: "/search", module: "search", tab: "", title: "Search" },
  { path: "/messages/:id", module: "message", tab: "conversations", title: "Message" },
  { path: "/messages/:extension/:id", module: "message", tab: "conversations", title: "Message" },
  { path: "/calls", module: "calls", tab: "calls", title: "Calls" },
  { path: "/calls/:id", module: "calls", tab: "calls", title: "Call" },
  { path: "/world", module: "world", tab: "world", title: "World" },
  { path: "/text", module: "text", tab: "text", title: "Text" },
  { path: "/contract", module: "contract", tab: "contract", title: "Contract" },
  { path: "/contract/:part", module: "contract", tab: "contract", title: "Contract" },
];

/** The navigation: where each place leads, its drawing and its keys. */
export const TABS = [
  { tab: "conversations", path: "/conversations", label: "Conversations", icon: "messages", key: "g c" },
  { tab: "threads", path: "/threads", label: "Threads", icon: "users", key: "g m" },
  { tab: "phones", path: "/phones", label: "Phones", icon: "phone", key: "g p" },
  { tab: "calls", path: "/calls", label: "Calls", icon: "calls", key: "g l" },
  { tab: "world", path: "/world", label: "World", icon: "world", key: "g w" },
  { tab: "text", path: "/text", label: "Text", icon: "text", key: "g t" },
  { tab: "contract", path: "/contract", label: "Contract", icon: "contract", key: "g a" },
  { tab: "worlds", path: "/worlds", label: "Worlds", icon: "worlds", key: "g o" },
];

/** The page of a path below /_mock/ui, and its parameters; null for none. */
export function find(path) {
  const parts = path.split("/").filter(Boolean);
  for (const page of PAGES) {
    const wanted = page.path.split("/").filter(Boolean);
    if (wanted.length !== parts.length) continue;
    if (!wanted.every((part, at) => part.startsWith(":") || part === parts[at])) continue;
    const params = {};
    wanted.forEach((part, at) => {
      if (part.startsWith(":")) params[part.slice(1)] = decodeURIComponent(parts[at]);
    });
    return { page, params };
  }
  return null;
}
