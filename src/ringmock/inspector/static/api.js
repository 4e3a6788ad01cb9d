// The control API: what is read, what is done, and the same as a command line.

/** A refusal: what the server says, and its status; 0 where there was no answer. */
export class ApiError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

const WORLD = "X-Ringmock-World";

const AS_JSON = "application/json";

let isLeft = false;
addEventListener("pagehide", () => { isLeft = true; });
addEventListener("pageshow", () => { isLeft = false; });

/**
 * The whole answer of a request: `{ ok, status, headers, text }`. Raises an `AbortError` where the page is left or the
 * request is broken off, and `ApiError` where the server does not answer or its answer ends early.
 */
export async function answered(address, options) {
  try {
    const answer = await fetch(address, options);
    return { ok: answer.ok, status: answer.status, headers: answer.headers, text: await answer.text() };
  } catch (error) {
    // A browser that leaves the page breaks off what the page has asked, also in the middle of an answer.
    if (isLeft || error.name === "AbortError") throw new DOMException("The page is left", "AbortError");
    throw new ApiError(0, "The server does not answer: it may have stopped.");
  }
}

/**
 * Calls of the control API at `base`, about one world: its name, "" for the fixture's own. `hasToken`: whether callers
 * from elsewhere send a token, which command lines then have. `onAction` is told of each action, done or refused:
 * `{ label, curl, status, message }`.
 */
export function createApi(base, world, hasToken, onAction) {
  async function call(method, path, { query, body, signal, keepalive } = {}) {
    const headers = world ? { [WORLD]: world } : {};
    const isForm = body instanceof FormData;
    if (body !== undefined && !isForm) headers["Content-Type"] = "application/json";
    const answer = await answered(base + path + queryOf(query), { method, headers, signal, keepalive, body: body === undefined ? undefined : isForm ? body : JSON.stringify(body) });
    if (!answer.ok) throw new ApiError(answer.status, sentenceOf(answer));
    return answer;
  }

  /** The address of something of this world that a browser loads by itself: a picture, a file, a stream. */
  function url(path, query = {}) {
    return base + path + queryOf(world ? { ...query, [WORLD]: world } : query);
  }

  /** The command line of a call. */
  function curl(method, path, body) {
    const parts = ["curl"];
    if (method !== "GET" && !(method === "POST" && body !== undefined)) parts.push("-X", method);
    if (hasToken) parts.push("-H", '"X-Ringmock-Token: $RINGMOCK_CONTROL_TOKEN"');
    if (world) parts.push("-H", quoted(`${WORLD}: ${world}`));
    if (body instanceof FormData) {
      for (const [name, value] of body) parts.push("-F", quoted(value instanceof File ? `${name}=@${value.name}` : `${name}=${value}`));
    } else if (body !== undefined) {
      parts.push("-d", quoted(JSON.stringify(body)));
    }
    parts.push(quoted(location.origin + base + path));
    return parts.join(" ");
  }

  // --- calls of the API itself, as an extension ---

  const tokens = new Map();
  const root = base.replace(/\/_mock$/, "");

  async function tokenOf(extension) {
    if (!tokens.has(extension)) tokens.set(extension, JSON.parse((await call("POST", "/tokens", { body: { extension } })).text).access_token);
    return tokens.get(extension);
  }

  async function signed(extension, method, path, body) {
    const headers = { Authorization: `Bearer ${await tokenOf(extension)}`, ...(body === undefined ? {} : { "Content-Type": AS_JSON }) };
    const answer = await answered(root + path, { method, headers, body: body === undefined ? undefined : JSON.stringify(body) });
    if (answer.status !== 401) return { answer, headers };
    // A token ends by the world's clock.
    tokens.delete(extension);
    return { answer: await answered(root + path, { method, headers: { ...headers, Authorization: `Bearer ${await tokenOf(extension)}` }, body: body === undefined ? undefined : JSON.stringify(body) }), headers };
  }

  return {
    base,
    world,
    url,
    curl,
    /**
     * Make a call of the API as an extension, with an access token of the world, and have it shown with its command line;
     * the status of its answer, whatever that is.
     */
    async send(label, extension, method, path, body) {
      const { answer, headers } = await signed(extension, method, path, body);
      const parts = ["curl", ...(method === "GET" || (method === "POST" && body !== undefined) ? [] : ["-X", method]), ...Object.entries(headers).flatMap(([name, value]) => ["-H", quoted(`${name}: ${value}`)]), ...(body === undefined ? [] : ["-d", quoted(JSON.stringify(body))]), quoted(location.origin + root + path)];
      const said = answer.ok ? "" : messageOf(answer);
      onAction({ label, curl: parts.join(" "), status: answer.status, message: said });
      return answer.status;
    },
    /** What a GET answers, as JSON. `query`: parameters; null and undefined are left out. */
    async get(path, query, signal) {
      return JSON.parse((await call("GET", path, { query, signal })).text);
    },
    /** What a GET answers, as text. */
    async text(path, query, signal) {
      return (await call("GET", path, { query, signal })).text;
    },
    /** What a POST that changes nothing answers, as JSON. */
    async ask(path, body) {
      return JSON.parse((await call("POST", path, { body })).text);
    },
    /** Do something, and have it shown with its command line; what it answers, as JSON. Raises `ApiError`. */
    async act(label, method, path, body) {
      const line = curl(method, path, body);
      try {
        const answer = await call(method, path, { body });
        onAction({ label, curl: line, status: answer.status, message: "" });
        const type = answer.headers.get("Content-Type") ?? "";
        return type.includes("json") ? JSON.parse(answer.text) : answer.text;
      } catch (error) {
        onAction({ label, curl: line, status: error.status ?? 0, message: error.message });
        throw error;
      }
    },
  };
}

/** What the control API says about a refusal. */
function sentenceOf({ status, text }) {
  try {
    return JSON.parse(text).error ?? text;
  } catch {
    return text || `The server answers ${status}.`;
  }
}

/** What the API says about a refusal. */
function messageOf({ status, text }) {
  try {
    return JSON.parse(text).message;
  } catch {
    return `The API answers ${status}.`;
  }
}

function queryOf(query) {
  const given = Object.entries(query ?? {}).filter(([, value]) => value !== null && value !== undefined);
  return given.length ? `?${new URLSearchParams(given)}` : "";
}

/** As a shell reads it. */
function quoted(text) {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}
